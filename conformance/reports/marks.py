"""What machine-readable reports share: one mark for each requirement that a scenario does not keep.

A mark's fingerprint is the same in every run, so that a code host can tell a new one from an old one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.results.verdicts import Verdict, requirement_verdict

if TYPE_CHECKING:
    from conformance.results.model import Check, RequirementResult, Results, ScenarioResult


@dataclass(frozen=True)
class Mark:
    """A requirement that one scenario saw broken, or could not see; `checks` are those of that verdict."""

    requirement: RequirementResult
    scenario: ScenarioResult
    verdict: Verdict
    checks: tuple[Check, ...]
    fingerprint: str


def marks(results: Results) -> tuple[Mark, ...]:
    """Every mark of a run, in the order of its scenarios; a requirement that another scenario judged is not unseen."""
    requirements = {requirement.id: requirement for requirement in results.requirements}
    found: dict[tuple[str, str], list[Check]] = {}
    for scenario in results.scenarios:
        for check in scenario.checks:
            found.setdefault((scenario.id, check.requirement), []).append(check)
    made = []
    for scenario in results.scenarios:
        for name in dict.fromkeys(check.requirement for check in scenario.checks):
            requirement = requirements.get(name)
            checks = found[scenario.id, name]
            verdict = requirement_verdict(check.verdict for check in checks)
            if requirement is None or verdict is Verdict.PASSED:
                continue
            if verdict is Verdict.INCONCLUSIVE and requirement.verdict is not Verdict.INCONCLUSIVE:
                continue
            guilty = tuple(check for check in checks if check.verdict is verdict)
            made.append(Mark(requirement, scenario, verdict, guilty, fingerprint(results, name, scenario.id)))
    return tuple(made)


def fingerprint(results: Results, *words: str) -> str:
    """A digest that is the same in every run with this profile."""
    text = "\0".join((results.profile.name, *words))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def said(mark: Mark) -> str:
    """What was seen, in one sentence for each check."""
    told = []
    for check in mark.checks:
        if mark.verdict is Verdict.INCONCLUSIVE:
            give = f"; give {check.missing.option} ({check.missing.hint})" if check.missing else ""
            told.append(f"could not be judged: {check.reason or check.actual}{give}")
        else:
            blame = f" (blame: {check.blame})" if check.blame else ""
            by = f"; {check.note}" if check.note else ""
            told.append(f"expected {check.expected}; found {check.actual}{blame}{by}")
    return "\n".join(dict.fromkeys(told))


def module_of(suite: str) -> str:
    """The path of the module that holds a suite, as it stands in the project."""
    return f"conformance/suites/{suite.replace('-', '_')}.py"
