"""Every exchange is journalled as it happens; a run that is killed, or whose worker crashes, leaves what it found."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from command_line import QUICK, entered, options, started
from other_platform import OtherPlatform

from conformance.engine.runner import Run
from conformance.reports.journal import Journal
from conformance.results import Exchange, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from conformance.engine.attempt import Played

EXCHANGE = Exchange(
    RecordedRequest("POST", "http://x/\ud800", {"a": "b"}, "{\n}"), RecordedResponse(200, {}, "ü"), 0.5, 0.1, "sale"
)


def journal_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.ndjson").read_text(encoding="utf-8").splitlines()]


def test_each_exchange_is_on_the_disk_at_once(tmp_path: Path) -> None:
    (tmp_path / "journal.ndjson").write_text("of an earlier run")
    journal = Journal(tmp_path)
    assert list(tmp_path.iterdir()) == []
    journal.begin(run="abc", seed=1)
    for number in range(1, 3):
        journal.add(EXCHANGE)
        head, *exchanges = journal_of(tmp_path)
        assert len(exchanges) == number
    assert (head["run"], head["format"]) == ("abc", "trackproof-journal/1")
    assert (exchanges[0]["step"], exchanges[0]["response"]["body"]) == ("sale", "ü")
    journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_costs_the_journal_and_not_the_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gone")
    journal.begin(run="abc")
    journal.add(EXCHANGE)
    journal.add(EXCHANGE)
    journal.remove()


def test_a_run_that_is_killed_leaves_its_exchanges(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    with (
        OtherPlatform(lag=0, latency=0.1) as platform,
        started(tmp_path, "run", *options(platform), "--suite", "deferred", "--concurrency", "4") as process,
    ):
        until = time.monotonic() + 30
        while len(platform.books.customers) < 3 and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
        process.wait()
        customers = set(platform.books.customers)
        token = platform.token
    head, *exchanges = journal_of(reports)
    assert [path.name for path in reports.iterdir()] == ["journal.ndjson"]
    assert all(customer.startswith(f"tp-{head['run']}-") for customer in customers)
    bodies = "".join(one["request"]["body"] for one in exchanges)
    assert sum(customer in bodies for customer in customers) >= len(customers) - 4
    assert token not in (reports / "journal.ndjson").read_text(encoding="utf-8")


def test_a_worker_that_crashes_leaves_reports_that_are_marked_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    finish = Run._finish
    told: list[Played] = []

    def crash(self: Run, played: Played, play: Any) -> None:
        if len(told) == 3:
            raise ZeroDivisionError("of a worker")
        told.append(played)
        finish(self, played, play)

    monkeypatch.setattr(Run, "_finish", crash)
    ended = entered(tmp_path, "run", *QUICK)
    assert ended.code == 130, ended.said
    results = ended.results()
    assert (results["verdict"], results["run"]["complete"]) == ("cut", False)
    assert "trackproof itself failed (ZeroDivisionError: of a worker)" in results["why"]
    assert len(results["scenarios"]) == 3
    assert "ZeroDivisionError" in caplog.text
