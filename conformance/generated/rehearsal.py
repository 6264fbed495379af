"""A story played against the ledger alone, without a target: what it puts to the test."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from conformance.generated.oracle import Names, Oracle

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.generated.accounts import Facet
    from conformance.generated.moves import Story

_NAMES = Names(("tp-Aa.", "tp-Bb.", "tp-Cc."), ("click-1", "click-2"), {number: f"in-{number}" for number in range(9)})


def exercised(profile: Profile, story: Story) -> set[str]:
    """The requirements that this story puts to the test, whatever a lawful platform makes of it."""
    liberal, strict = (_touched(*rehearsed(profile, story, strict=strict)) for strict in (False, True))
    return liberal & strict


def _touched(owed: set[str], facets: list[Facet]) -> set[str]:
    return owed | {facet.requirement for facet in facets if facet.requirement}


def rehearsed(profile: Profile, story: Story, *, strict: bool) -> tuple[set[str], list[Facet]]:
    """The requirements by which the story's answers are judged, and the facets of what the ledger records of it.

    The platform that is played refuses what it may when it is `strict`, else it does as the profile's rules say.
    """
    oracle = Oracle(profile, _NAMES)
    owed = set()
    for move in story:
        requirement = oracle.owed(move)
        owed.add(requirement)
        may_refuse = strict and requirement is not None and _may_refuse(profile, requirement)
        taken = not may_refuse and deepcopy(oracle.ledger).rule(oracle.event(move)).accepted
        oracle.taken_in(move, taken=taken)
    facets = [
        facet
        for customer, expected in oracle.expected.items()
        for facet in expected.facets(oracle.ledger.recorded(customer), oracle.promised, profile.equivalence, {})
    ]
    return {requirement for requirement in owed if requirement}, facets


def _may_refuse(profile: Profile, requirement: str) -> bool:
    answers = profile.requirement(requirement).answers
    return answers is not None and answers.allow_status(409)
