"""The four files: all of them or the old one, never half of one."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from report_data import hostile, realistic

import conformance.reports
from conformance.reports import remove_reports, write_reports
from conformance.results.document import from_document

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"report.html", "results.json", "junit.xml", "summary.md"}


def test_all_four_reports_are_written_into_a_folder_that_need_not_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "reports"
    written = write_reports(realistic(12), folder)
    assert set(written) == NAMES
    assert {path.name for path in folder.iterdir()} == NAMES
    assert written["junit.xml"] == folder / "junit.xml"


def test_results_json_reads_back_as_the_results(tmp_path: Path) -> None:
    results = hostile()
    written = write_reports(results, tmp_path)
    assert from_document(json.loads(written["results.json"].read_bytes())) == results


def test_a_lone_surrogate_costs_no_report(tmp_path: Path) -> None:
    assert set(write_reports(hostile("\ud800"), tmp_path)) == NAMES


def test_reports_are_readable_by_others_as_any_file_is(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    written = write_reports(realistic(3), tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.values()} == {stat.S_IMODE(other.stat().st_mode)}


def test_a_report_that_cannot_be_made_leaves_the_old_one_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_reports(realistic(3), tmp_path)["summary.md"].read_bytes()

    def fails(_: object) -> str:
        raise RuntimeError("no report today")

    monkeypatch.setitem(conformance.reports._REPORTS, "summary.md", fails)
    with pytest.raises(RuntimeError):
        write_reports(hostile(), tmp_path)
    assert (tmp_path / "summary.md").read_bytes() == old
    assert {path.name for path in tmp_path.iterdir()} == NAMES


def test_the_reports_of_an_earlier_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write_reports(realistic(3), tmp_path)
    (tmp_path / "README.md").touch()
    remove_reports(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    remove_reports(tmp_path)
    remove_reports(tmp_path / "not there")
