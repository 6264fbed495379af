"""What holds for all tests.

A skipped test is a failure where TRACKPROOF_NO_SKIP is 1: what was not run proves nothing. Hypothesis measures no time:
a test that is slow on a busy machine is not wrong. Coverage is what the tests of the gated parts themselves reach; that
a whole run passes through a line proves little about it, and to trace the whole runs costs minutes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

settings.register_profile("trackproof", deadline=None)
# `make mutants` asks for this one: a mutant lives or dies by the same examples each time.
settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("trackproof")

NO_SKIP = os.environ.get("TRACKPROOF_NO_SKIP") == "1"
MEASURED = tuple(Path(__file__).parent / name for name in ("contract", "ledger", "engine"))


COVERAGE = Coverage.current()
measures = COVERAGE is not None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    global measures  # noqa: PLW0603 - whether this process is traced is a state of the process
    wanted = any(item.path.is_relative_to(part) for part in MEASURED)
    if COVERAGE is not None and wanted is not measures:
        (COVERAGE.start if wanted else COVERAGE.stop)()
        measures = wanted
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # set by each start; the commands that tests start are not measured


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_to_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_to_skip(report)
    return report


def refuse_to_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NO_SKIP and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which this lane does not allow: {reason}"
