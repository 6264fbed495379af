"""What a run says of the fault that was planted: caught by what it breaks, and by nothing that it does not."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from conformance.contract import Level
from conformance.results import Blame, Verdict

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.results import Results
    from conformance.sandbox.faults import Fault

RED = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED}
_ILL = (Verdict.FAILED, Verdict.WARNED, Verdict.ERRORED)


@dataclass(frozen=True)
class Judgement:
    """One fault and what became of it.

    `caught_by` are the scenarios in which the named requirement turned red, with the exchanges that each took; `kills`
    all in which anything did, unless the fault may break everything, of which a scenario that turns red says nothing of
    its own; `noise` what turned red and has nothing to do with the fault; `crashes` are of the
    harness itself.
    """

    fault: str
    requirement: str
    level: str
    caught_by: dict[str, int]
    kills: tuple[str, ...]
    noise: tuple[str, ...]
    crashes: tuple[str, ...]

    @property
    def killed(self) -> bool:
        """Whether the named requirement turned red and nobody crashed."""
        return bool(self.caught_by) and not self.crashes


def judge(fault: Fault, profile: Profile, results: Results) -> Judgement:
    """Holds the results against what the fault says of itself."""
    level = profile.requirement(fault.breaks).level
    allowed = (fault.breaks, *fault.also)
    caught: dict[str, int] = {}
    kills: dict[str, None] = {}
    noise: dict[str, None] = {}
    crashes: dict[str, None] = {}
    for scenario in results.scenarios:
        for check in scenario.checks:
            if check.blame is Blame.HARNESS:
                crashes[f"{scenario.id}: {check.actual}"] = None
            elif check.verdict is RED[level] and check.requirement == fault.breaks:
                caught[scenario.id] = len(scenario.exchanges)
            if check.verdict is Verdict.FAILED or (check.verdict is Verdict.WARNED and level is not Level.MUST):
                kills[scenario.id] = None
            if check.verdict in _ILL and not any(fnmatchcase(check.requirement, one) for one in allowed):
                noise[f"{check.requirement} {check.verdict} in {scenario.id}: {check.actual[:120]}"] = None
    if results.stopped:
        crashes[f"stopped: {results.stopped}"] = None
    telling = tuple(one for one in kills if one in caught or "*" not in fault.also)
    return Judgement(fault.name, fault.breaks, str(level), caught, telling, tuple(noise), tuple(crashes))
