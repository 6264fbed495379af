"""130: a run that was cut writes its reports, and none of them looks finished."""

from __future__ import annotations

import signal
import threading
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from bad_transport import hanging
from command_line import interrupt, options, started, trackproof
from other_platform import OtherPlatform

from conformance.cli.signals import terminated_as_interrupted, undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Ended

PATIENCE = 30.0


def is_marked_cut(ended: Ended) -> None:
    assert ended.code == 130, ended.said
    results = ended.results()
    assert results["verdict"] == "cut"
    assert results["run"]["complete"] is False
    assert results["verdict"].upper() in ended.out
    assert "Traceback" not in ended.said
    reports = ended.folder / "reports"
    assert "cut" in (reports / "summary.md").read_text(encoding="utf-8").lower()
    assert "cut short" in (reports / "report.html").read_text(encoding="utf-8")
    suites = ET.parse(reports / "junit.xml").getroot()  # noqa: S314 - written by our own command
    assert suites.find(".//testcase/error") is not None or suites.find(".//testcase/failure") is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_in_the_middle_of_a_run(tmp_path: Path, number: signal.Signals) -> None:
    with (
        OtherPlatform(lag=0, latency=0.2) as platform,
        started(tmp_path, "run", *options(platform), "--suite", "deferred", "--concurrency", "4") as process,
    ):
        until = time.monotonic() + PATIENCE
        while len(platform.books.customers) < 5 and time.monotonic() < until:
            time.sleep(0.02)
        ended = interrupt(process, number, tmp_path)
    is_marked_cut(ended)
    results = ended.results()
    assert number.name in results["why"]
    assert results["run"]["requests"] >= 5
    assert results["created"]


def test_a_signal_while_the_preflight_waits_for_an_answer(tmp_path: Path) -> None:
    with hanging() as server, started(tmp_path, "run", server.url, "--token", "x") as process:
        ended = interrupt(process, signal.SIGINT, tmp_path)
    is_marked_cut(ended)


def test_max_time_cuts_the_run(tmp_path: Path) -> None:
    with OtherPlatform(lag=0, latency=0.2) as platform:
        ended = trackproof(tmp_path, "run", *options(platform), "--concurrency", "2", "--max-time", "1.5")
    is_marked_cut(ended)
    assert "--max-time" in ended.results()["why"]


def test_before_a_run_begins_sigterm_is_ctrl_c_and_while_reports_are_written_nothing_is() -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.fail("these tests have to run in the main thread, which has the signals")
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminated_as_interrupted():
        signal.raise_signal(signal.SIGTERM)
    with undisturbed():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is handler
