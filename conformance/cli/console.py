"""What a run says on the console: progress on a terminal, plain lines in a log, and a summary for tired eyes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.cli.terminal import Terminal
from conformance.engine.events import RatePaused, RunFinished, RunStarted, ScenarioFinished
from conformance.reports.overview import command, rerun, rerun_of
from conformance.results import Verdict

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console as Rich

    from conformance.engine.cleanup import CleanUp
    from conformance.engine.events import Event
    from conformance.results import Check, RequirementResult, Results, ScenarioResult

COLOURS = {
    "conformant": "bold green",
    "nonconformant": "bold red",
    "inconclusive": "bold yellow",
    "cut": "bold magenta",
}
_RED = (Verdict.FAILED, Verdict.ERRORED, Verdict.WARNED)
_SHOWN = 12
_PER_REQUIREMENT = 2


class Console:
    """Tells one run; a line for each scenario that is not green, or a bar where somebody is watching."""

    told: Results | None = None

    def __init__(self, rich: Rich | None = None) -> None:
        self._rich = rich or Terminal(highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self._bar: object = None
        self._run: RunStarted | None = None

    def tell(self, event: Event) -> None:
        """Shows one event of the engine."""
        match event:
            case RunStarted():
                self._started(event)
            case ScenarioFinished():
                self._finished(event.result)
            case RatePaused():
                self._line(f"[yellow]429[/]: the target limits the rate; waiting {event.seconds:g} s")
            case RunFinished() if self._progress is not None:
                self._progress.stop()

    def _started(self, event: RunStarted) -> None:
        self._run = event
        self._line(
            f"trackproof: {event.scenarios} scenarios of profile {event.profile.name} against "
            f"{escape(event.target.url)} (run {event.run}, seed {event.seed})"
        )
        if self._rich.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._rich, transient=True)
            self._bar = self._progress.add_task("judging", total=event.scenarios)
            self._progress.start()

    def _finished(self, result: ScenarioResult) -> None:
        if self._progress is not None:
            self._progress.advance(self._bar)  # type: ignore[arg-type]
        if any(check.flaky for check in result.checks):
            self._line(f"[yellow]flaky[/] {escape(result.id)}; again: {escape(self._again(result))}")
        if result.verdict in _RED:
            self._line(f"{_coloured(result.verdict)} {escape(result.id)}; again: {escape(self._again(result))}")

    def _again(self, result: ScenarioResult) -> str:
        assert self._run is not None  # noqa: S101 - a scenario ends after its run has begun
        return command(self._run.target, self._run.profile, self._run.seed, "--scenario", result.id)

    def _line(self, text: str) -> None:
        target = self._progress.console if self._progress is not None else self._rich
        target.print(text)

    def summary(self, results: Results, report: Path) -> None:
        """The verdict first, then what is broken, what could not be judged, and where the report is."""
        say = self._rich.print
        self.told = results
        say()
        say(f"[{COLOURS[results.verdict]}]{results.verdict.upper()}[/]  {escape(results.why)}")
        if results.stopped:
            for line in results.stopped.splitlines()[1:]:
                say(escape(line))
        for warning in results.warnings:
            say(f"[yellow]note[/]: {escape(warning)}")
        if results.scenarios:
            self._broken(results)
            self._unjudged(results)
            say()
            say(f"requirements: {_tally(results.requirement_counts())}")
            say(f"scenarios:    {_tally(results.scenario_counts())}")
        run = results.run
        say(f"{run.requests} exchanges in {run.seconds:.1f} s; seed {run.seed}; report: {escape(str(report))}")

    def cleaned(self, cleaned: CleanUp, pattern: str) -> None:
        """What was deleted afterwards, and what is left on the target."""
        say = self._rich.print
        say(f"clean-up: {cleaned.deleted} customers deleted, {cleaned.unknown} were never kept")
        if cleaned.left:
            say(f"left on the target: {len(cleaned.left)} customers; in SQL: LIKE '{pattern}' (listed in results.json)")
            for customer in cleaned.left[:_SHOWN]:
                say(f"  {escape(printable(customer))}")

    def _broken(self, results: Results) -> None:
        broken = [requirement for requirement in results.requirements if requirement.verdict in _RED]
        for requirement in sorted(broken, key=lambda one: _RED.index(one.verdict))[:_SHOWN]:
            self._rich.print()
            verdict, statement = _coloured(requirement.verdict), escape(requirement.statement)
            self._rich.print(f"{verdict} [bold]{requirement.id}[/] ({requirement.level}) {statement}")
            self._rich.print(f"  fix: {escape(requirement.fix)}")
            checks = _first_of_each_scenario(requirement, results.scenarios)
            for scenario, check in checks[:_PER_REQUIREMENT]:
                self._rich.print(f"  in {escape(scenario.id)}")
                self._rich.print(f"    expected {escape(check.expected)}")
                self._rich.print(f"    found    {escape(printable(check.actual))}")
                self._rich.print(f"    blame    {check.blame or 'undecided'}{f' ({check.code})' if check.code else ''}")
                self._rich.print(f"    again    {escape(rerun(results, scenario))}")
            if len(checks) > _PER_REQUIREMENT:
                left = len(checks) - _PER_REQUIREMENT
                self._rich.print(f"  and {left} more; all of them again: {escape(rerun_of(results, requirement))}")
        if len(broken) > _SHOWN:
            self._rich.print(f"\nand {len(broken) - _SHOWN} more; the report has them all")

    def _unjudged(self, results: Results) -> None:
        reasons: dict[tuple[str, str], set[str]] = {}
        unjudged = {r.id for r in results.requirements if r.verdict is Verdict.INCONCLUSIVE}
        for scenario in results.scenarios:
            for check in scenario.checks:
                if check.verdict is Verdict.INCONCLUSIVE and check.requirement in unjudged:
                    remedy = f"{check.missing.option} ({check.missing.hint})" if check.missing else ""
                    reason = check.reason if not check.missing else ""
                    reasons.setdefault((remedy, reason or ""), set()).add(check.requirement)
        if not reasons:
            return
        self._rich.print()
        self._rich.print(f"[yellow]could not be judged[/]: {len(unjudged)} requirements")
        for (remedy, reason), requirements in sorted(reasons.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
            names = sorted(requirements)
            listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")  # noqa: PLR2004
            self._rich.print(f"  {listed}")
            self._rich.print(f"    {'needs ' + escape(remedy) if remedy else escape(printable(reason))}")


def _first_of_each_scenario(
    requirement: RequirementResult, scenarios: Iterable[ScenarioResult]
) -> list[tuple[ScenarioResult, Check]]:
    """The checks that gave a requirement its verdict, one of each scenario: a second one says much the same."""
    verdict = requirement.verdict
    found = (
        (scenario, [one for one in scenario.checks if one.requirement == requirement.id and one.verdict is verdict])
        for scenario in scenarios
    )
    return [(scenario, checks[0]) for scenario, checks in found if checks]


def _coloured(verdict: Verdict) -> str:
    colour = {Verdict.FAILED: "red", Verdict.ERRORED: "magenta", Verdict.WARNED: "yellow"}.get(verdict, "white")
    return f"[{colour}]{verdict}[/]"


def _tally(counts: Counter[Verdict]) -> str:
    order = ("passed", "failed", "warned", "inconclusive", "waived", "errored", "untested")
    named = [
        f"{counts[Verdict(name)]} {name}" for name in order if counts[Verdict(name)] or name in ("passed", "failed")
    ]
    return ", ".join(named)


def printable(text: str) -> str:
    """Text of a target without the control characters that would drive a terminal."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def is_terminal() -> bool:
    """Whether somebody is watching standard output."""
    return sys.stdout.isatty()
