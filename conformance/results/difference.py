"""What two runs found differently: newly red, newly green, newly unobservable, and answers that changed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.results.answers import changed
from conformance.results.verdicts import Verdict, requirement_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.results.answers import Step
    from conformance.results.model import Check, RequirementResult, Results, ScenarioResult

_BADNESS = {Verdict.FAILED: 3, Verdict.ERRORED: 2, Verdict.WARNED: 1}
_UNSEEN = (Verdict.INCONCLUSIVE, Verdict.UNTESTED)


class Kind(enum.StrEnum):
    """What a change of a verdict means."""

    RED = "newly red"
    UNOBSERVABLE = "newly unobservable"
    GREEN = "newly green"
    OTHER = "otherwise changed"


@dataclass(frozen=True)
class Change:
    """A requirement with another verdict than before, None where a run does not know it.

    With `scenario`, the requirement as a whole has kept its verdict, and this one scenario has not. `seen` is the
    scenario and the check that show it best.
    """

    kind: Kind
    requirement: RequirementResult
    was: Verdict | None
    now: Verdict | None
    scenario: str | None = None
    seen: tuple[ScenarioResult, Check] | None = None

    @property
    def worse(self) -> bool:
        """Whether it is a step back: something is red, or a whole requirement is no longer seen."""
        return self.kind is Kind.RED or (
            self.kind is Kind.UNOBSERVABLE and self.scenario is None and self.now is not None
        )


@dataclass(frozen=True)
class ChangedAnswer:
    """A step that was answered otherwise in scenarios whose verdicts are the same."""

    step: Step
    was: str
    now: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Everything in which a new run differs from an old one; `notes` say what makes them hard to compare."""

    old: Results
    new: Results
    changes: tuple[Change, ...]
    answers: tuple[ChangedAnswer, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(change.worse for change in self.changes)

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of this kind; those that are a step back first."""
        return tuple(
            sorted((each for each in self.changes if each.kind is kind), key=lambda each: each.scenario is not None)
        )


def difference(old: Results, new: Results, aliases: Mapping[str, str]) -> Difference:
    """Compares two runs; `aliases` are the earlier names of requirements, each with the name of today."""
    before, after = _Checks(old, aliases), _Checks(new, aliases)
    changes = tuple(_changes(before, after))
    return Difference(old, new, changes, tuple(_answers(old, new)), tuple(_notes(old, new)))


class _Checks:
    """The checks of a run by requirement and scenario."""

    def __init__(self, results: Results, aliases: Mapping[str, str]) -> None:
        self.requirements = {aliases.get(each.id, each.id): each for each in results.requirements}
        self.scenarios = {each.id: each for each in results.scenarios}
        self.checks: dict[str, dict[str, list[Check]]] = {}
        for scenario in results.scenarios:
            for check in scenario.checks:
                name = aliases.get(check.requirement, check.requirement)
                self.checks.setdefault(name, {}).setdefault(scenario.id, []).append(check)

    def verdict(self, name: str) -> Verdict | None:
        return self.requirements[name].verdict if name in self.requirements else None

    def in_scenarios(self, name: str) -> dict[str, Verdict]:
        found = self.checks.get(name, {})
        return {scenario: requirement_verdict(check.verdict for check in checks) for scenario, checks in found.items()}

    def seen(self, name: str, verdict: Verdict | None, only: str = "") -> tuple[ScenarioResult, Check] | None:
        for scenario, checks in self.checks.get(name, {}).items():
            for check in checks:
                if check.verdict is verdict and only in ("", scenario):
                    return self.scenarios[scenario], check
        return None


def _changes(before: _Checks, after: _Checks) -> Iterator[Change]:
    for name, requirement in (before.requirements | after.requirements).items():
        was, now = before.verdict(name), after.verdict(name)
        kind = _kind(was, now)
        if kind is not None:
            yield Change(kind, requirement, was, now, seen=after.seen(name, now))
        elif was == now:
            yield from _in_scenarios(name, requirement, before, after)


def _in_scenarios(name: str, requirement: RequirementResult, before: _Checks, after: _Checks) -> Iterator[Change]:
    old, new = before.in_scenarios(name), after.in_scenarios(name)
    for scenario, now in new.items():
        was = old.get(scenario)
        kind = _kind(was, now)
        if kind is None or (was is None and kind is not Kind.RED):
            continue
        yield Change(kind, requirement, was, now, scenario, after.seen(name, now, scenario))


def _kind(was: Verdict | None, now: Verdict | None) -> Kind | None:
    if was is now:
        return None
    if now in _BADNESS and _BADNESS[now] > _BADNESS.get(was or Verdict.UNTESTED, 0):
        return Kind.RED
    if now is Verdict.PASSED:
        return Kind.GREEN
    if now is None or now in _UNSEEN:
        # What was not seen before is no loss, nor is what only seemed to be seen.
        return None if was is None or was in (*_UNSEEN, Verdict.ERRORED) else Kind.UNOBSERVABLE
    return Kind.OTHER


def _answers(old: Results, new: Results) -> Iterator[ChangedAnswer]:
    before = {scenario.id: scenario for scenario in old.scenarios}
    found: dict[tuple[Step, str, str], list[str]] = {}
    for scenario in new.scenarios:
        earlier = before.get(scenario.id)
        if earlier is not None and earlier.verdict is scenario.verdict:
            for change in changed(earlier, scenario):
                found.setdefault(change, []).append(scenario.id)
    for (step, was, now), scenarios in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        yield ChangedAnswer(step, was, now, tuple(scenarios))


def _notes(old: Results, new: Results) -> Iterator[str]:
    pairs = {
        "profile": (old.profile.name, new.profile.name),
        "revision of the profile": (old.profile.revision, new.profile.revision),
        "trackproof": (old.tool_version, new.tool_version),
        "target": (_target(old), _target(new)),
        "evidence": (_evidence(old), _evidence(new)),
    }
    for name, (was, now) in pairs.items():
        if was != now:
            yield f"{name}: was {was}, now {now}"
    if not new.run.complete:
        yield f"the new run is not complete: {new.stopped or new.why}"
    if not old.run.complete:
        yield f"the old run is not complete: {old.stopped or old.why}"


def _target(results: Results) -> str:
    return "the embedded sandbox" if results.target.embedded else results.target.url


def _evidence(results: Results) -> str:
    return "the sandbox's own" if results.target.embedded else results.target.evidence
