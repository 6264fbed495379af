"""The reports of a load: what is wrong is told in each, and nothing that a target recorded bends one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from conformance.contract import Level
from conformance.errors import UsageError
from conformance.reports.load import prepare_load_reports, write_load_reports
from conformance.results import ProfileInfo, RunInfo, TargetInfo
from conformance.results.files import read_created
from conformance.results.load import (
    ALTERED,
    LOST,
    LoadError,
    LoadFinding,
    LoadOrder,
    LoadResults,
    Reconciliation,
    Second,
    StepTimes,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "load.schema.json").read_text(encoding="utf-8"))
HOSTILE = "<script>alert(1)</script>]]>\x00\x1b[31m\u202e\ud800|`"


def finding(kind: str = LOST, actual: str = "customer unknown") -> LoadFinding:
    customer = "tp-abcdefgh-aaaaaab-Cu."
    return LoadFinding(
        kind,
        "sale.recorded",
        Level.MUST,
        customer,
        f"invoice tp-abcdefgh-aaaaaab-In01. counted for {customer}",
        actual,
        "1. lead of customer A with click 1: accepted; 2. sale of customer A: accepted",
        "id_1",
    )


def results(findings: Sequence[LoadFinding] = (), verdict: str = "conformant", **found: Any) -> LoadResults:
    step = StepTimes("all", 100, 1, 0.5, 3.0, 2.0, 5.0, 6.0, 9.0, 12.0)
    traffic = Traffic(
        2.0, 100, 25, 74, 0, 0, 1, 3, 1.5, {"non-deferred": 25}, (step,), (LoadError("sale", HOSTILE, 1),),
        (Second(1.0, 48.0, 6.0, 10), Second(2.0, 52.0, 7.0, 10)),
    )  # fmt: skip
    told: dict[str, Any] = {
        "available": True,
        "customers": 25,
        "read": 25,
        "live": True,
        "counts": Counter(one.kind for one in findings),
        "findings": tuple(findings),
    }
    return LoadResults(
        tool_version="0.1.0",
        profile=ProfileInfo("cutmeshort", "CutMeShort", "2026"),
        target=TargetInfo("http://platform", embedded=False, evidence="read-back", clicks="1 given click id"),
        run=RunInfo(
            "abcdefgh", 1, "2026-11-28T00:00:00Z", 5.0, 130, complete=True, created=("tp-abcdefgh-aaaaaab-Cu.",)
        ),
        order=LoadOrder(10, 50.0, 2.0, 1000, 10.0),
        verdict=verdict,
        why="Of 74 accepted events, 1 were lost." if findings else "All is as it was sent.",
        traffic=traffic,
        reconciliation=Reconciliation("read-back", **(told | found)),
        warnings=("The machine that sent was busy.",),
    )


def written(folder: Path, one: LoadResults) -> dict[str, str]:
    write_load_reports(one, folder)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_a_loss_stands_in_every_report(tmp_path: Path) -> None:
    reports = written(tmp_path, results([finding()], "nonconformant"))
    assert sorted(reports) == ["junit.xml", "load.json", "report.html", "summary.md"]
    for name, text in reports.items():
        assert "tp-abcdefgh-aaaaaab-Cu." in text, name
        assert "sale.recorded" in text, name
        assert "Of 74 accepted events, 1 were lost." in text or name == "junit.xml", name
    document = json.loads(reports["load.json"])
    jsonschema.validate(document, SCHEMA)
    assert document["reconciliation"]["counts"] == {"lost": 1, "doubled": 0, "misattributed": 0, "altered": 0}
    root = ET.fromstring(reports["junit.xml"])  # noqa: S314 - our own report
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "0")
    assert [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None] == ["nothing-lost"]


def test_a_load_of_which_nothing_could_be_told_looks_like_none_that_found_nothing(tmp_path: Path) -> None:
    nothing = results(verdict="inconclusive", available=False, read=0, live=False)
    root = ET.fromstring(written(tmp_path, nothing)["junit.xml"])  # noqa: S314 - our own report
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("0", "1", "4")
    assert "# ? trackproof load: inconclusive" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_what_a_target_recorded_bends_no_report(tmp_path: Path) -> None:
    reports = written(tmp_path, results([finding(ALTERED, HOSTILE)], "nonconformant"))
    assert "<script" not in reports["report.html"]
    assert "script-src" not in reports["report.html"]
    assert "\x00" not in reports["report.html"] + reports["junit.xml"] + reports["summary.md"]
    assert "\u202e" not in reports["report.html"]
    ET.fromstring(reports["junit.xml"])  # noqa: S314 - our own report
    jsonschema.validate(json.loads(reports["load.json"]), SCHEMA)


def test_a_course_over_time_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    page = written(tmp_path, results())["report.html"]
    assert page.count("<polyline") == 2
    assert 'points="0.0,9.2 640.0,0.0"' in page
    assert "at most 52" in page


def test_cleanup_reads_what_a_load_created(tmp_path: Path) -> None:
    written(tmp_path, results())
    found = read_created(tmp_path / "load.json")
    assert (found.run.created, found.target.url) == (("tp-abcdefgh-aaaaaab-Cu.",), "http://platform")
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "trackproof-load/1"}')
    with pytest.raises(UsageError, match=r"broken.json: .* profile is missing"):
        read_created(broken)


def test_reports_of_an_earlier_run_are_gone_before_a_load_begins(tmp_path: Path) -> None:
    for name in ("results.json", "load.json", "report.html", "journeys.ndjson"):
        (tmp_path / name).write_text("old")
    prepare_load_reports(tmp_path, "journeys.ndjson")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="cannot take reports"):
        prepare_load_reports(Path("/proc/nowhere"))
