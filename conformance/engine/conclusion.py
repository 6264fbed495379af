"""From what was played to results: verdicts of requirements and of the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.contract import Level
from conformance.results import (
    Missing,
    RequirementResult,
    ScenarioResult,
    Verdict,
)
from conformance.results.verdicts import requirement_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract import Profile
    from conformance.engine.attempt import Played
    from conformance.engine.journey import Judged
    from conformance.engine.selection import Selection
    from conformance.results import Check

EXIT_CODES = {"conformant": 0, "nonconformant": 1, "inconclusive": 3, "cut": 130}


def scenario_result(played: Played, shown: set[str]) -> ScenarioResult:
    """A scenario's result; a detail that the run never saw of anybody is not shown, one that some have is lost."""
    return ScenarioResult(
        id=played.scenario.id,
        suite=played.scenario.suite,
        title=played.scenario.title,
        description=played.scenario.description,
        checks=tuple(_check(judged, shown) for judged in played.judged),
        exchanges=played.exchanges,
        seconds=round(played.seconds, 3),
        attempts=played.attempts,
    )


def _check(judged: Judged, shown: set[str]) -> Check:
    check = judged.check
    never_shown = sorted(judged.hidden - shown)
    lost = bool(judged.hidden & shown)
    if not never_shown or lost or check.verdict not in (Verdict.FAILED, Verdict.WARNED):
        return check
    return replace(
        check,
        verdict=Verdict.INCONCLUSIVE,
        blame=None,
        reason=f"read-back never showed {', '.join(never_shown)} of any customer in this run",
        missing=Missing("--readback", f"a read-back that shows {', '.join(never_shown)}"),
    )


def requirement_results(
    profile: Profile, scenarios: Iterable[ScenarioResult], selection: Selection
) -> tuple[RequirementResult, ...]:
    """Every requirement that binds the platform, with the worst of the checks made of it."""
    checks: dict[str, list[Check]] = {}
    by: dict[str, dict[str, None]] = {}
    for scenario in scenarios:
        for check in scenario.checks:
            checks.setdefault(check.requirement, []).append(check)
            by.setdefault(check.requirement, {}).setdefault(scenario.id)
    results = []
    for requirement in profile.requirements.values():
        if requirement.binds != "platform":
            continue
        made = checks.get(requirement.id, [])
        reason = None
        if not made:
            wanted = selection.wants(profile, requirement.id)
            reason = requirement.unverifiable or ("no scenario of it was run" if wanted else "deselected")
        results.append(
            RequirementResult(
                id=requirement.id,
                suite=requirement.suite,
                level=requirement.level,
                statement=requirement.statement,
                source=requirement.source,
                url=next((source.url for source in requirement.sources if source.url), ""),
                costs=requirement.costs,
                fix=requirement.fix,
                latitude=requirement.latitude,
                verdict=requirement_verdict(check.verdict for check in made),
                scenarios=tuple(by.get(requirement.id, ())),
                reason=reason,
            )
        )
    return tuple(results)


def run_verdict(  # noqa: PLR0911 - the rules stand in their order
    requirements: Sequence[RequirementResult], scenarios: Sequence[ScenarioResult], *, strict: bool, cut: str | None
) -> tuple[str, str]:
    """The run's verdict and one sentence why, by the first rule that applies (interfaces, section 4)."""
    checks = [check for scenario in scenarios for check in scenario.checks]
    failed = [r for r in requirements if r.verdict is Verdict.FAILED]
    warned = [r for r in requirements if r.verdict is Verdict.WARNED]
    if cut:
        return "cut", f"The run was cut short: {cut}."
    if failed:
        return "nonconformant", f"{_count(failed, 'MUST', 'MUSTs')} broken: {_names(failed)}."
    if strict and warned:
        return "nonconformant", f"--strict: {_count(warned, 'recommendation')} not followed: {_names(warned)}."
    if not any(check.verdict is Verdict.PASSED for check in checks):
        return "inconclusive", "Nothing could be judged." if checks else "Nothing was selected, so nothing was judged."
    unjudged = [
        r for r in requirements
        if r.level is Level.MUST and r.verdict in (Verdict.INCONCLUSIVE, Verdict.ERRORED)
    ]  # fmt: skip
    if unjudged:
        return "inconclusive", f"{_count(unjudged, 'MUST', 'MUSTs')} could not be judged: {_names(unjudged)}."
    waived = [r for r in requirements if r.verdict is Verdict.WAIVED]
    but = f" Waived: {_names(waived)}." if waived else ""
    held = "Every MUST holds that is not waived" if waived else "Every MUST holds"
    if warned:
        return "conformant", f"{held}; {_count(warned, 'recommendation')} not followed: {_names(warned)}.{but}"
    return "conformant", f"{held}.{but}" if waived else "Every requirement that could be judged holds."


def flaky(scenarios: Iterable[ScenarioResult]) -> tuple[str, ...]:
    """A remark for each check that passed on its second try only, with both answers; beyond some, their number."""
    told = [
        f"flaky: {check.requirement} in {scenario.id}: {check.note}; second try: {check.actual}"
        for scenario in scenarios
        for check in scenario.checks
        if check.flaky
    ]
    left = len(told) - _FLAKY
    return (*told[:_FLAKY], f"and {left} more flaky checks; report.html has them") if left > 0 else tuple(told)


_FLAKY = 10
_NAMED = 5


def _names(requirements: Sequence[RequirementResult]) -> str:
    named = ", ".join(requirement.id for requirement in requirements[:_NAMED])
    more = len(requirements) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _count(requirements: Sequence[RequirementResult], one: str, many: str = "") -> str:
    number = len(requirements)
    return f"{number} {one if number == 1 else (many or one + 's')}"
