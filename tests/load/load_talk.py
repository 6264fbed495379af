"""Journeys as a platform without a defect would record them, and what a defect makes of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract import load_profile
from conformance.engine.names import Name
from conformance.generated.casting import details_of
from conformance.generated.oracle import Oracle
from conformance.ledger import Details, LeadEvent, Ledger, Mode, Rules
from conformance.load.hand_in import Outcome, Played
from conformance.load.mix import names_of, story_of
from conformance.load.reconciling import customers_of, is_primary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.contract import Profile
    from conformance.ledger import RecordedCustomer

PROFILES = {name: load_profile(name) for name in ("cutmeshort", "dub")}
SHOWN = frozenset({"name", "email"})
CLICK = "click_1"


def stem(number: int = 1) -> str:
    return f"tp-testtest-{number:07d}"


def played(kind: str, *outcomes: Outcome, number: int = 1, click: str = CLICK) -> Played:
    """A journey of this kind; every step is accepted unless outcomes are given."""
    steps = outcomes or (Outcome.ACCEPTED,) * len(story_of(kind, 4999))
    return Played(stem(number), kind, click, 4999, steps)


def cut_where_users_stop(journey: Played) -> Played:
    """The journey as far as a user plays it: not on after a step that the rest stands on and that was not accepted."""
    story = journey.story
    for place, outcome in enumerate(journey.outcomes):
        if outcome is not Outcome.ACCEPTED and is_primary(story, place):
            return Played(journey.stem, journey.kind, journey.click, journey.amount, journey.outcomes[: place + 1])
    return journey


def recorded(
    profile: Profile, journey: Played, taken: Sequence[bool] = (), ledger: Ledger | None = None
) -> dict[str, RecordedCustomer | None]:
    """The records of a platform without a defect, which took what it accepted, and of the rest what `taken` says."""
    books = ledger or Ledger(Rules.of(profile.rules))
    name = Name(journey.stem)
    names = names_of(name, journey.click)
    books.mint(journey.click)
    oracle = Oracle(profile, names)
    unclear = iter(taken)
    for move, outcome in zip(journey.story, journey.outcomes, strict=True):
        event = oracle.event(move)
        oracle.taken_in(move, taken=True)
        if isinstance(event, LeadEvent) and (event.click or event.mode is Mode.DEFERRED):
            sent = details_of(name)
            event = LeadEvent(event.customer, event.event, event.click, event.mode, details=Details(**sent))
        if outcome is Outcome.ACCEPTED or next(unclear, False):
            books.rule(event)
    return {customer: books.recorded(customer) for customer in customers_of(journey)}
