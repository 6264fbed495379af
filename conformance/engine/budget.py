"""Chooses scenarios for a run that may not send much: those that catch most defects for their exchanges come first.

What a scenario costs and catches was measured by the kill matrix; for a profile that has none, a requirement that is
checked counts as a defect that is caught. A cost is that of a target which keeps the contract: what one did not record
is waited for, and a wait that was cut off to save a few polls would prove nothing; and what strikes in a dense journey
is followed up.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario

    Wants = Callable[[str], bool]

FORMAT = "trackproof-kills/2"
# What every run sends before its first scenario.
PREFLIGHT = 2
_FOLDER = Path(__file__).with_name("kills")
_USUAL_COST = 6
# Peculiarities of a profile from which suites are generated.
_MATERIALS = ("openapi", "rules")


@dataclass(frozen=True)
class Power:
    """What one scenario costs when it is played alone, in exchanges, and what it catches."""

    exchanges: int
    catches: AbstractSet[str]


@dataclass(frozen=True)
class Budgeted:
    """Which scenarios fit into so many exchanges, and which are left out.

    `caught` of the `faults` that can be planted are caught by them; without measurements there are none.
    """

    budget: int
    scenarios: tuple[Scenario, ...]
    left_out: tuple[Scenario, ...]
    caught: int
    faults: int

    @property
    def told(self) -> str:
        """One sentence for the operator: how many are played, what they are worth, and what is left out."""
        number = len(self.scenarios) + len(self.left_out)
        power = f", which catch {self.caught} of {self.faults} planted faults" if self.faults else ""
        suites = Counter(one.suite for one in self.left_out)
        left_out = ", ".join(f"{suite} {count}" for suite, count in suites.items())
        played = f"{len(self.scenarios)} of {number} scenarios{power}"
        return f"--budget {self.budget}: {played}; left out: {left_out or 'none'}"


def choose(scenarios: Sequence[Scenario], profile: Profile, budget: int, wants: Wants | None = None) -> Budgeted:
    """The scenarios that catch most within so many exchanges; in their order.

    What is left of the budget when nothing more is caught goes to requirements that nobody checks yet. Generated suites
    are left out: what they send is not known beforehand. Of what is planted, only what breaks a requirement counts that
    `wants` says is checked.
    """
    powers, faults = _powers([one for one in scenarios if not is_generated(one)], profile, wants or profile.promises)
    chosen, spent = _greedy(powers, budget - PREFLIGHT)
    unchecked = _coverage(scenarios, powers, profile, chosen)
    further, _ = _greedy(unchecked, budget - PREFLIGHT - spent)
    kept = chosen | further
    caught = frozenset[str]().union(*(powers[name].catches for name in kept)) if faults else ()
    return Budgeted(
        budget=budget,
        scenarios=tuple(one for one in scenarios if one.id in kept),
        left_out=tuple(one for one in scenarios if one.id not in kept),
        caught=len(caught),
        faults=faults,
    )


def is_generated(one: Scenario) -> bool:
    """Whether what the scenario sends is made up anew for each run."""
    return one.needs in _MATERIALS


def is_single(one: Scenario) -> bool:
    """Whether the scenario is written by hand and looks at one thing."""
    return not is_generated(one) and not one.dense


def _greedy(powers: Mapping[str, Power], budget: int) -> tuple[set[str], int]:
    """Always the scenario that catches most that is new for its exchanges, as long as one fits; and what they cost."""
    left = dict(powers)
    chosen: set[str] = set()
    caught: set[str] = set()
    spent = 0
    while True:
        fitting = [
            (len(power.catches - caught) / power.exchanges, name)
            for name, power in left.items()
            if spent + power.exchanges <= budget and power.catches - caught
        ]
        if not fitting:
            return chosen, spent
        best = max(fitting, key=lambda pair: pair[0])[1]
        power = left.pop(best)
        chosen.add(best)
        caught |= power.catches
        spent += power.exchanges


def _powers(scenarios: Sequence[Scenario], profile: Profile, wants: Wants) -> tuple[dict[str, Power], int]:
    path = _FOLDER / f"{profile.name}.json"
    if not path.is_file():
        return {one.id: Power(_cost_elsewhere(one), _promised(one, profile)) for one in scenarios}, 0
    document = _measured(path)
    asked = {fault for fault, requirement in document["faults"].items() if wants(requirement)}
    unknown = {"exchanges": _USUAL_COST, "kills": []}
    told = {one.id: document["scenarios"].get(one.id, unknown) for one in scenarios}
    powers = {name: Power(entry["exchanges"], asked.intersection(entry["kills"])) for name, entry in told.items()}
    return powers, len(asked)


def _measured(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _cost_elsewhere(one: Scenario) -> int:
    """What a dense scenario costs on another profile; any other one is reckoned with as usual."""
    if not one.dense:
        return _USUAL_COST
    costs = (_measured(path)["scenarios"].get(one.id) for path in _FOLDER.glob("*.json"))
    return max((entry["exchanges"] for entry in costs if entry), default=_USUAL_COST)


def _coverage(
    scenarios: Sequence[Scenario], powers: Mapping[str, Power], profile: Profile, chosen: set[str]
) -> dict[str, Power]:
    """The scenarios that are not chosen, by the requirements that they would be the first to check."""
    checked = {requirement for one in scenarios if one.id in chosen for requirement in one.verifies}
    return {
        one.id: Power(powers[one.id].exchanges, _promised(one, profile) - checked)
        for one in scenarios
        if one.id in powers and one.id not in chosen
    }


def _promised(one: Scenario, profile: Profile) -> frozenset[str]:
    promised = [name for name in one.verifies if profile.promises(name)]
    return frozenset(name for name in promised if profile.requirement(name).level is Level.MUST) or frozenset(promised)
