"""Waivers: failures that somebody has answered for until a day, and failures that an earlier run had too.

Applied to results they change verdicts to `waived`; one that covers nothing any more is told, so that it goes away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.contract.requirements import Level
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from conformance.results.model import Check, Results, ScenarioResult

FAILURE = "failure"
INCONCLUSIVE = "inconclusive"
_ACCEPTED = {FAILURE: (Verdict.FAILED, Verdict.WARNED), INCONCLUSIVE: (Verdict.INCONCLUSIVE,)}
_OUTDATED = {
    FAILURE: "the waiver of {} covers no failure any more; delete it",
    INCONCLUSIVE: "the waiver of {} covers nothing any more, since it can be observed; delete it",
}
_MARK = "waived: "

# A scenario's id and a requirement's: one check, or several of the same thing.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Waiver:
    """One entry of `[[waivers]]`; `place` is the file and line where it begins.

    It names a requirement or a scenario (without its variant: all of them). `covered` are the checks that it is about:
    scenario and requirement of each, known when the profile is. Those of them that are `optional` are made in few runs,
    and need not have been made for the waiver to be out of date.
    """

    place: str
    reason: str
    owner: str
    issue: str
    expires: date
    requirement: str | None = None
    scenario: str | None = None
    accepts: str = FAILURE
    covered: frozenset[Pair] = frozenset()
    optional: frozenset[Pair] = frozenset()

    @property
    def subject(self) -> str:
        """The id that is waived."""
        return self.requirement or self.scenario or ""

    def covers(self, scenario: str, check: Check) -> bool:
        """Whether this waiver is about such a check, and takes its verdict."""
        return (scenario, check.requirement) in self.covered and check.verdict in _ACCEPTED[self.accepts]

    @property
    def note(self) -> str:
        """Who waived it, why and until when, for the reports."""
        return f"{_MARK}{self.reason} ({self.owner}, until {self.expires.isoformat()}, {self.issue})"


@dataclass(frozen=True)
class KnownFailures:
    """The failures of an earlier run, which `--ratchet` allows; `source` is the file they were read from."""

    source: str
    pairs: frozenset[Pair] = frozenset()

    def gone(self, scenarios: Iterable[ScenarioResult]) -> set[str]:
        """The requirements that failed then, were judged now in every one of those scenarios, and do not fail."""
        now: dict[Pair, set[Verdict]] = {}
        for scenario, check in _checks(scenarios):
            now.setdefault((scenario, check.requirement), set()).add(check.verdict)
        held = {pair for pair in self.pairs if now.get(pair) == {Verdict.PASSED}}
        return {requirement for _, requirement in held} - {requirement for _, requirement in self.pairs - held}


@dataclass(frozen=True)
class Waivers:
    """Everything that is allowed to be broken in a run."""

    entries: tuple[Waiver, ...] = ()
    known: KnownFailures = field(default_factory=lambda: KnownFailures(""))

    def applied(self, result: ScenarioResult) -> ScenarioResult:
        """The same result with the verdict `waived` on each check that is covered, and a note by whom."""
        if not self.entries and not self.known.pairs:
            return result
        return replace(result, checks=tuple(self._judged(result.id, check) for check in result.checks))

    def _judged(self, scenario: str, check: Check) -> Check:
        waiver = next((entry for entry in self.entries if entry.covers(scenario, check)), None)
        if waiver is not None:
            return replace(check, verdict=Verdict.WAIVED, note=waiver.note)
        if check.verdict in _ACCEPTED[FAILURE] and (scenario, check.requirement) in self.known.pairs:
            return replace(check, verdict=Verdict.WAIVED, note=f"{_MARK}{self.known.source} has this failure too")
        return check

    def verdict(self, verdict: str, why: str, scenarios: Sequence[ScenarioResult]) -> tuple[str, str, tuple[str, ...]]:
        """The run's verdict, why, and remarks, once the waivers themselves are judged: one that is stale fails the run.

        A run that was cut stays cut, and where something is broken that is the reason.
        """
        stale = self.stale(scenarios)
        remarks = [f"{entry.place}: {_OUTDATED[entry.accepts].format(entry.subject)}" for entry in stale]
        gone = sorted(self.known.gone(scenarios))
        if gone:
            remarks.append(
                f"no longer broken since {self.known.source}: {', '.join(gone)}; --ratchet with this run's results.json"
                " keeps it so"
            )
        if stale and verdict not in ("cut", "nonconformant"):
            more = f" (and {len(stale) - 1} more)" if stale[1:] else ""
            verdict, why = "nonconformant", f"A waiver is out of date{more}. {remarks[0]}."
        return verdict, why, tuple(remarks)

    def stale(self, scenarios: Iterable[ScenarioResult]) -> tuple[Waiver, ...]:
        """The waivers that cover nothing any more; judged only where every check that they are about was made."""
        made: dict[Pair, list[Check]] = {}
        for scenario, check in _checks(scenarios):
            made.setdefault((scenario, check.requirement), []).append(check)
        return tuple(entry for entry in self.entries if _is_stale(entry, made))


def _is_stale(waiver: Waiver, made: dict[Pair, list[Check]]) -> bool:
    if not all(pair in made for pair in waiver.covered - waiver.optional or waiver.covered):
        return False
    checks = [unwaived(check) for pair in waiver.covered for check in made.get(pair, ())]
    if waiver.accepts == INCONCLUSIVE:
        return not any(check.verdict in (Verdict.INCONCLUSIVE, Verdict.ERRORED) for check in checks)
    # What could not be observed this time may still be broken, and so may what passed on its second try.
    return all(check.verdict is Verdict.PASSED and not check.flaky for check in checks)


def _checks(scenarios: Iterable[ScenarioResult]) -> list[tuple[str, Check]]:
    return [(scenario.id, check) for scenario in scenarios for check in scenario.checks]


def unwaived(check: Check) -> Check:
    """The check as it was found; waivers are those of today."""
    if check.verdict is not Verdict.WAIVED:
        return check
    if check.blame is None:
        found = Verdict.INCONCLUSIVE
    else:
        found = Verdict.FAILED if check.level is Level.MUST else Verdict.WARNED
    note = None if (check.note or "").startswith(_MARK) else check.note
    return replace(check, verdict=found, note=note)


def why_waived(check: Check) -> str:
    """Who answers for a waived check, why and until when."""
    return (check.note or "").removeprefix(_MARK) or "waived"


def failures_of(results: Results, source: str) -> KnownFailures:
    """What was broken in these results, waived or not."""
    broken = _ACCEPTED[FAILURE]
    pairs = {
        (name, check.requirement) for name, check in _checks(results.scenarios) if unwaived(check).verdict in broken
    }
    return KnownFailures(source, frozenset(pairs))
