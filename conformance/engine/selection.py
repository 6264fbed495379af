"""Which scenarios run, and which of their checks are made."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.contract import Level
from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario


_LISTED = 20


@dataclass(frozen=True)
class Selection:
    """What the operator asked for; empty tuples ask for everything.

    `scenarios` may name a scenario without its variant, which means all of them. Dense ones are among what is run with
    `dense`, or where they are named.
    """

    suites: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    level: Level = Level.MAY
    dense: bool = False

    def wants(self, profile: Profile, requirement_id: str) -> bool:
        """Whether a check of this requirement is made: promised by the profile, high enough, and asked for."""
        if not profile.promises(requirement_id):
            return False
        if profile.requirement(requirement_id).level.rank < self.level.rank:
            return False
        return not self.requirements or requirement_id in self.requirements

    def choose(self, scenarios: Iterable[Scenario], profile: Profile) -> tuple[Scenario, ...]:
        """The scenarios that are run, in their order; those without a wanted check are left out."""
        return tuple(
            scenario
            for scenario in scenarios
            if (not self.suites or scenario.suite in self.suites)
            and (not self.scenarios or scenario.id in self.scenarios or _base(scenario.id) in self.scenarios)
            and (self.dense or self.scenarios or not scenario.dense)
            and any(self.wants(profile, requirement) for requirement in scenario.verifies)
            and scenario.exists_for(profile)
        )

    def resolved(self, scenarios: Sequence[Scenario], profile: Profile) -> Selection:
        """The same with aliases replaced; raises UsageError when something named does not exist."""
        of_profile = [scenario for scenario in scenarios if scenario.exists_for(profile)]
        _known("suite", self.suites, {scenario.suite for scenario in of_profile})
        _known("scenario", self.scenarios, {s.id for s in of_profile} | {_base(s.id) for s in of_profile})
        wanted = tuple(profile.aliases.get(requirement, requirement) for requirement in self.requirements)
        _known("requirement", wanted, set(profile.requirements))
        for requirement_id in wanted:
            requirement = profile.requirements[requirement_id]
            if not requirement.verifiable:
                why = requirement.unverifiable or "it binds the integrator, not the platform"
                raise UsageError(f"no scenario checks the requirement {requirement_id}: {why}")
        return replace(self, requirements=wanted)


def _base(scenario_id: str) -> str:
    return scenario_id.partition("[")[0]


def _known(kind: str, named: Iterable[str], known: set[str]) -> None:
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else _listed(name, known)
            raise UsageError(f"there is no {kind} {name!r} in this profile", hint)


def _listed(name: str, known: Iterable[str]) -> str:
    """The names that there are: those of the same suite if any, without their variants, and not too many."""
    names = sorted({_base(one) for one in known})
    alike = [one for one in names if one.partition("/")[0] == name.partition("/")[0]] or names
    more = f" and {len(alike) - _LISTED} more" if len(alike) > _LISTED else ""
    return f"Known: {', '.join(alike[:_LISTED])}{more}."
