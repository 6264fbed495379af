"""A pytest session that asked for the suites: collects scenarios, hands them to one engine run, and answers for it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, NoReturn

import pytest

from conformance import __version__
from conformance.cli.resumption import joined
from conformance.cli.running import exit_code
from conformance.cli.signals import terminated_as_interrupted, undisturbed
from conformance.engine.budget import choose
from conformance.engine.cleanup import clean_up
from conformance.engine.conclusion import EXIT_CODES
from conformance.engine.scenario import ScenarioGroup
from conformance.errors import TrackproofError
from conformance.front import telling
from conformance.front.background import BackgroundRun
from conformance.front.items import ScenarioItem, Suite
from conformance.front.keeping import Keeping
from conformance.front.options import here
from conformance.front.ready import ready
from conformance.front.summary import tell, tell_cleaned, tell_html
from conformance.reports.text import one_line
from conformance.results import ProfileInfo, Results, RunInfo, TargetInfo, Verdict
from conformance.suites import SUITES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from conformance.cli.resumption import Earlier
    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.engine.cleanup import CleanUp
    from conformance.engine.events import Event
    from conformance.engine.runner import RunOptions
    from conformance.engine.scenario import Scenario
    from conformance.results import ScenarioResult

_INTERRUPTED = 130
_NOTHING = "Nothing was selected, so nothing was judged."
_FAILED_ITSELF = "trackproof itself failed, so nothing could be concluded."


class FrontSession:
    """The hooks of such a session; `asked` are the paths of the package that the command line names."""

    def __init__(self, config: pytest.Config, package: Path, asked: frozenset[Path]) -> None:
        self._config = config
        self._suites = package / "suites"
        self._asked = asked
        self._session: pytest.Session
        self._settings: Settings
        self._options: RunOptions
        self._background: BackgroundRun | None = None
        self._results: Results | None = None
        self._cleaned: CleanUp | None = None
        self._keeping: Keeping | None = None
        self._earlier: Earlier | None = None
        self._judged: dict[str, ScenarioResult] = {}
        self._red = 0
        self._interrupted = False
        self._told = False
        for suite in SUITES:
            config.addinivalue_line("markers", f"{suite.replace('-', '_')}: scenarios of the suite {suite}")
        for level in ("must", "should", "may"):
            config.addinivalue_line("markers", f"{level}: scenarios that check a {level.upper()}")

    # --- what the items ask -------------------------------------------------------------------------------------

    @property
    def profile(self) -> Profile:
        """The contract in force."""
        return self._options.profile

    @property
    def strict(self) -> bool:
        """Whether a broken SHOULD is red."""
        return self._options.strict

    @cached_property
    def run(self) -> Results:
        """What is known of the run before it has ended."""
        started = self._background.begun() if self._background else None
        profile = self._options.profile
        return Results(
            tool_version=__version__,
            profile=ProfileInfo(profile.name, profile.title, profile.revision),
            target=started.target if started else TargetInfo("", self._options.target.embedded),
            run=RunInfo(started.run if started else "", self._options.seed, "", 0, 0, complete=False),
            verdict="cut",
            why="",
        )

    @property
    def why_cut(self) -> str:
        """Why a scenario has no result."""
        results = self._background.results if self._background else None
        return one_line(here(results.why)) if results else _FAILED_ITSELF

    def result_of(self, scenario: Scenario) -> ScenarioResult | None:
        """Waits for a scenario's result; the first that is asked for starts the run of all that are selected."""
        if self._background is None:
            self._background = self._begin()
        if scenario.id in self._judged:
            return self._judged[scenario.id]
        try:
            result = self._background.result_of(scenario.id)
        except TrackproofError as error:
            _leave(error)
        except Exception:
            # Once is enough: every other scenario would say the same.
            self._session.shouldfail = "trackproof itself failed"
            raise
        results, code = self._background.results, self._background.run.exit_code_when_stopped
        if results is not None and code is not None:
            pytest.exit(one_line(f"trackproof: {results.why}"), returncode=code)
        return result

    def _begin(self) -> BackgroundRun:
        chosen = dict.fromkeys(item.scenario for item in self._session.items if isinstance(item, ScenarioItem))
        remaining = tuple(scenario for scenario in chosen if scenario.id not in self._judged)
        # What fits into a budget was chosen from all that was collected, and pytest says how many were not.
        return BackgroundRun(replace(self._options, budget=None), remaining, self._tell)

    def _tell(self, event: Event) -> None:
        if self._keeping is not None:
            self._keeping.tell(event)

    # --- before the run -----------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Resolves the options; what cannot be used ends the session with one sentence."""
        self._session = session
        _without_the_machine(self._config)
        stack = contextlib.ExitStack()
        self._config.add_cleanup(stack.close)
        try:
            self._settings, self._options, self._earlier = ready(self._config, stack)
            if self._earlier is not None:
                self._judged = {result.id: result for result in self._earlier.kept(self._options.waivers)}
            if not self._config.option.collectonly:
                self._keeping = Keeping(self._settings, self._earlier, self._config)
                stack.enter_context(terminated_as_interrupted())
        except TrackproofError as error:
            _leave(error)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """A suite that was asked for is collected although its name is that of no test."""
        found = yield
        path = file_path.resolve()
        if path.parent != self._suites or path.stem.replace("_", "-") not in SUITES:
            return found
        if self._asked.isdisjoint((path, *path.parents)):
            return found
        # Where the file itself was asked for, pytest has taken it for a plain module.
        others = [node for node in found if type(node) is not pytest.Module]
        return [*others, Suite.from_parent(parent, path=file_path)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
        """The scenarios of a group, each of its variants an item; a suite has nothing else to run."""
        if not isinstance(collector, Suite):
            return None
        return list(self._items(collector, obj)) if isinstance(obj, ScenarioGroup) else []

    def _items(self, collector: Suite, group: ScenarioGroup) -> Iterator[pytest.Item]:
        for scenario in group.scenarios:
            name = group.name if scenario.variant is None else f"{group.name}[{scenario.variant}]"
            # Given as text, so that pytest takes the variant for a parameter, as `--lf` needs it.
            nodeid = f"{collector.nodeid}::{name}"
            yield ScenarioItem.from_parent(collector, name=name, nodeid=nodeid, scenario=scenario, front=self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What the profile does not promise, or the options leave out, is deselected."""
        scenarios = [item.scenario for item in items if isinstance(item, ScenarioItem)]
        fitting = self._options.selection.choose(scenarios, self._options.profile)
        if self._options.budget:
            wants = partial(self._options.selection.wants, self._options.profile)
            fresh = [scenario for scenario in fitting if scenario.id not in self._judged]
            chosen_of_these = choose(fresh, self._options.profile, self._options.budget, wants).scenarios
            left_out_by_budget = {*fresh} - {*chosen_of_these}
            fitting = tuple(scenario for scenario in fitting if scenario not in left_out_by_budget)
        chosen = set(fitting)
        left_out = [item for item in items if isinstance(item, ScenarioItem) and item.scenario not in chosen]
        if left_out:
            self._config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]

    # --- after each scenario ------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Gives the report its text, the scenario's own time, and the row of pytest-html."""
        report = yield
        if not isinstance(item, ScenarioItem):
            return report
        self._red += report.failed
        result = item.result
        if result is None:
            return report
        if report.when == "setup" and call.excinfo is not None:
            report.longrepr = item.repr_failure(call.excinfo)
        report.duration = result.seconds if report.when == "call" else 0.0
        told = report.when == "call" or (report.when == "setup" and result.verdict is Verdict.ERRORED)
        if told and self._config.pluginmanager.hasplugin("html"):
            from pytest_html import extras  # type: ignore[import-untyped] # noqa: PLC0415 - may be blocked

            report.extras = [*getattr(report, "extras", []), extras.html(telling.row(result))]  # type: ignore[attr-defined]
        return report

    # --- at the end ---------------------------------------------------------------------------------------------

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remembers that somebody pressed Ctrl-C (pytest has further interruptions of its own)."""
        self._interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Ends the run, writes what reports were asked for, and sees that nothing but conformance exits with 0."""
        if self._config.option.collectonly:
            return
        code = EXIT_CODES["inconclusive"]
        if self._background is not None:
            why = "interrupted" if self._interrupted else "pytest stopped before every scenario was judged"
            self._results = self._background.finish(why)
            if self._results is not None and self._earlier is not None:
                self._results = joined(self._earlier, self._results, self._options)
        if self._keeping is not None and self._background is not None:
            self._keep(self._keeping)
        if self._background is not None and self._results is not None:
            allow = self._settings["allow_inconclusive"]
            code = exit_code(self._background.run, self._results, allow_inconclusive=allow)
            if self._settings["cleanup"]:
                self._cleaned = asyncio.run(clean_up(self._options, self._results.run.created))
        self._told = True
        session.exitstatus = self._status(exitstatus, code, session.testsfailed)

    def _keep(self, keeping: Keeping) -> None:
        try:
            with undisturbed():
                keeping.keep(self._results, self.profile)
        except TrackproofError as error:
            _leave(error)

    def _status(self, status: int, code: int, failed: int) -> int:
        """The session's exit status; pytest's own, where it says more than the run's code."""
        if self._interrupted:
            return _INTERRUPTED
        if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return code
        only_errors = failed == self._red and code == EXIT_CODES["inconclusive"]
        return code if status == pytest.ExitCode.TESTS_FAILED and only_errors else status

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The verdict first, and one sentence why."""
        if self._told:
            tell(terminalreporter, self._results, self._without_results)
        if self._cleaned is not None and self._background is not None:
            tell_cleaned(terminalreporter, self._cleaned, self._background.run.pattern)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """The same at the head of pytest-html's report."""
        if self._told:
            prefix.append(tell_html(self._results, self._without_results))

    @property
    def _without_results(self) -> str:
        return _NOTHING if self._background is None else _FAILED_ITSELF


def _leave(error: TrackproofError) -> NoReturn:
    pytest.exit(one_line(here(f"trackproof: {error.what}. {error.remedy}".strip())), returncode=error.exit_code)


def _without_the_machine(config: pytest.Config) -> None:
    """Leaves of pytest-metadata what the operator gave with `--metadata`: a report tells of the target, not of us."""
    with contextlib.suppress(ImportError):
        from pytest_metadata.plugin import metadata_key  # type: ignore[import-untyped] # noqa: PLC0415 - may be absent

        about: dict[str, object] = config.stash.get(metadata_key, {})
        about.clear()
        about.update(dict(getattr(config.option, "metadata", None) or []))
