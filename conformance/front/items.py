"""Scenarios as pytest sees them: a suite is a module, a scenario an item of its own class."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr

from conformance.front import telling
from conformance.results import Verdict

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario
    from conformance.results import Results, ScenarioResult


class Front(Protocol):
    """What an item asks of the session."""

    @property
    def profile(self) -> Profile:
        """The contract in force."""

    @property
    def strict(self) -> bool:
        """Whether a broken SHOULD is red."""

    @property
    def run(self) -> Results:
        """What is known of the run so far: target, profile and seed."""

    @property
    def why_cut(self) -> str:
        """Why a scenario has no result."""

    def result_of(self, scenario: Scenario) -> ScenarioResult | None:
        """Waits for a scenario's result; None when the run was cut before it had one."""


class Suite(pytest.Module):
    """A module of `conformance.suites`."""

    def _getobj(self) -> ModuleType:
        return importlib.import_module(f"conformance.suites.{self.path.stem}")


class ScenarioItem(pytest.Item):
    """One scenario; it is played by the engine, beside all others, and this waits for what was found."""

    def __init__(self, *, scenario: Scenario, front: Front, **further: Any) -> None:
        super().__init__(**further)
        self.scenario = scenario
        self.result: ScenarioResult | None = None
        self._front = front
        promised = [name for name in scenario.verifies if front.profile.promises(name)]
        levels = {front.profile.requirement(name).level.value.lower() for name in promised}
        for marker in (scenario.suite.replace("-", "_"), *sorted(levels)):
            self.add_marker(marker)
        self.extra_keyword_matches.add(scenario.id)

    def setup(self) -> None:
        """Waits; a scenario in which the harness or the connection failed is an error, not a failure."""
        self.result = self._front.result_of(self.scenario)
        if self.result is None:
            return
        self.user_properties += [("verdict", self.result.verdict.value), ("scenario", self.scenario.id)]
        names = dict.fromkeys(check.requirement for check in self.result.checks)
        self.user_properties += [("requirement", name) for name in names]
        self.add_report_section("call", "exchanges", telling.exchanges(self.result))
        if self.result.verdict is Verdict.ERRORED:
            self._fail()

    def runtest(self) -> None:
        """Says what was found in pytest's words."""
        result = self.result
        if result is None:
            raise pytest.skip.Exception(f"not judged: {self._front.why_cut}", _use_item_location=True)
        if telling.broken(result, strict=self._front.strict):
            self._fail()
        if result.verdict is Verdict.INCONCLUSIVE:
            raise pytest.skip.Exception(telling.unjudged(result), _use_item_location=True)
        if result.verdict is Verdict.WAIVED:
            if self.config.getoption("runxfail"):
                self._fail()
            pytest.xfail(f"waived: {telling.waived(result)}")

    def _fail(self) -> None:
        raise pytest.fail.Exception(self.scenario.id, pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """What is broken, in the words of the requirement, with no traceback; of anything else what pytest says."""
        if self.result is None or not isinstance(excinfo.value, pytest.fail.Exception):
            return super().repr_failure(excinfo, style)
        checks = telling.broken(self.result, strict=self._front.strict)
        checks = checks or tuple(check for check in self.result.checks if check.verdict is Verdict.WAIVED)
        path, line, _ = self.reportinfo()
        place = ReprFileLocation(str(path), line + 1, telling.headline(checks))
        return _Told(telling.failure(self.result, checks, self._front.profile, self._front.run), place)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the scenario stands."""
        code = getattr(self.scenario.play, "__code__", None)
        return self.path, code.co_firstlineno - 1 if code else 0, self.name


class _Told(TerminalRepr):
    """A text; `reprcrash` is the line of it that pytest's summary and junit.xml show."""

    def __init__(self, text: str, place: ReprFileLocation) -> None:
        self.text = text
        self.reprcrash = place

    def toterminal(self, tw: Any) -> None:
        for line in self.text.splitlines():
            tw.line(line, red=line.startswith(("failed ", "errored ")), yellow=line.startswith("warned "))
