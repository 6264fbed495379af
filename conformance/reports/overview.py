"""What matters first in a report: what is broken, what could not be judged, and how to run it again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.reports.text import one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.results.model import (
        Check,
        Missing,
        ProfileInfo,
        RequirementResult,
        Results,
        ScenarioResult,
        TargetInfo,
    )

_DEFAULT_PROFILE = "cutmeshort"


@dataclass(frozen=True)
class Breach:
    """A requirement that is broken (or waived), with each check that says so."""

    requirement: RequirementResult
    found: tuple[tuple[ScenarioResult, Check], ...]

    @property
    def scenarios(self) -> tuple[ScenarioResult, ...]:
        """The scenarios in which it was seen, each once."""
        return tuple({scenario.id: scenario for scenario, _ in self.found}.values())


@dataclass(frozen=True)
class Gap:
    """What could not be judged for one and the same cause.

    `missing` is the option that would help, None when no option would; `unjudged` are requirements of which nothing
    else was seen, `scenarios` those in which the cause was met.
    """

    missing: Missing | None
    reasons: tuple[str, ...]
    unjudged: tuple[RequirementResult, ...]
    scenarios: tuple[ScenarioResult, ...]


def breaches(results: Results, verdict: Verdict) -> tuple[Breach, ...]:
    """The requirements with this verdict and the checks that gave it to them, in the order of the profile."""
    found: dict[str, list[tuple[ScenarioResult, Check]]] = {}
    for scenario in results.scenarios:
        for check in scenario.checks:
            if check.verdict is verdict:
                found.setdefault(check.requirement, []).append((scenario, check))
    return tuple(
        Breach(requirement, tuple(found.get(requirement.id, ())))
        for requirement in results.requirements
        if requirement.verdict is verdict
    )


def broken_as_a_whole(results: Results) -> bool:
    """Whether the run is nonconformant and no scenario has failed: a waiver is out of date, or `--strict` was said."""
    return results.verdict == "nonconformant" and not results.scenario_counts()[Verdict.FAILED]


def gaps(results: Results) -> tuple[Gap, ...]:
    """What could not be judged, by the option that would help (else by reason); the most telling first."""
    requirements = {requirement.id: requirement for requirement in results.requirements}
    found: dict[tuple[str, str], list[tuple[ScenarioResult, Check]]] = {}
    for scenario in results.scenarios:
        for check in scenario.checks:
            if check.verdict is Verdict.INCONCLUSIVE:
                key = (check.missing.option, "") if check.missing else ("", check.reason or check.actual)
                found.setdefault(key, []).append((scenario, check))
    made = [_gap(pairs, requirements) for pairs in found.values()]
    return tuple(sorted(made, key=lambda gap: (gap.missing is None, -len(gap.unjudged), -len(gap.scenarios))))


def _gap(pairs: list[tuple[ScenarioResult, Check]], requirements: dict[str, RequirementResult]) -> Gap:
    ids = _distinct(check.requirement for _, check in pairs)
    met = [requirements[name] for name in ids if name in requirements]
    return Gap(
        missing=pairs[0][1].missing,
        reasons=_distinct(check.reason for _, check in pairs if check.reason),
        unjudged=tuple(requirement for requirement in met if requirement.verdict is Verdict.INCONCLUSIVE),
        scenarios=tuple({scenario.id: scenario for scenario, _ in pairs}.values()),
    )


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def rerun(results: Results, scenario: ScenarioResult | None = None) -> str:
    """The command that runs this again: all of it, or one scenario."""
    only = ("--scenario", scenario.id) if scenario else ()
    return command(results.target, results.profile, results.run.seed, *only)


def rerun_of(results: Results, requirement: RequirementResult) -> str:
    """The command that judges one requirement again, in all of its scenarios."""
    return command(results.target, results.profile, results.run.seed, "--requirement", requirement.id)


def command(target: TargetInfo, profile: ProfileInfo, seed: int, *only: str) -> str:
    """The command that runs something again against the same target, quoted for a shell; it holds no secret."""
    words = ["trackproof", "run", "sandbox" if target.embedded else target.url]
    if profile.name != _DEFAULT_PROFILE and "--profile" not in target.options:
        words += ["--profile", profile.name]
    words += [*target.options, *only, "--seed", str(seed)]
    return shlex.join(one_line(word) for word in words)


def duration(seconds: float) -> str:
    """A duration as people say it: `12 ms`, `1.9 s`, `3 min 20 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
