"""What the ledger says of an event: accepted or not, what changed, and why.

A sentence names no customer and no click, so that it can be shown to whoever sent the event.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """What became of an event."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    FURTHER = "further"
    UNLINKED = "unlinked"
    DUPLICATE = "duplicate"
    FIRST_CLICK_STAYS = "first-click-stays"
    IGNORED_RESENT_CLICK = "ignored-resent-click"
    REFUSED_RESENT_CLICK = "refused-resent-click"
    REFUSED_UNKNOWN_CLICK = "refused-unknown-click"
    REFUSED_DEFERRED_WITHOUT_CLICK = "refused-deferred-without-click"
    REFUSED_MISMATCH = "refused-mismatch"
    COUNTED = "counted"
    DIRECT_SALE = "direct-sale"
    UNATTRIBUTED = "unattributed"
    REPEATED_INVOICE = "repeated-invoice"
    REFUSED_REPEATED_INVOICE = "refused-repeated-invoice"
    REFUSED_SALE_WITHOUT_LEAD = "refused-sale-without-lead"
    STRANGERS_SALE = "strangers-sale"
    ZERO_SALE = "zero-sale"


class Change(enum.StrEnum):
    """One thing that an event changed in the ledger."""

    ATTRIBUTION = "attribution"
    LEAD_RECORDED = "lead-recorded"
    LEAD_CONFIRMED = "lead-confirmed"
    SALE_RECORDED = "sale-recorded"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the ledger says of one event; `click` is the one that the event is attributed to, or None."""

    outcome: Outcome
    accepted: bool
    sentence: str
    changes: tuple[Change, ...] = ()
    click: str | None = None


SENTENCES = {
    Outcome.CONFIRMED: "The lead is confirmed and counts for the customer's click.",
    Outcome.PENDING: "The lead is pending: it counts once its event 2 arrives.",
    Outcome.FURTHER: "A further lead of the customer is confirmed on the same click.",
    Outcome.UNLINKED: "No click is known for this customer: the lead is recorded as unlinked and counts for nobody.",
    Outcome.DUPLICATE: "This lead is recorded already; nothing is counted twice.",
    Outcome.FIRST_CLICK_STAYS: "The customer is attributed already; the first click stays.",
    Outcome.IGNORED_RESENT_CLICK: "A follow-up must not carry a click id again; the event is ignored.",
    Outcome.REFUSED_RESENT_CLICK: "Duplicate attribution: event 1 locked the click, a follow-up must not carry one.",
    Outcome.REFUSED_UNKNOWN_CLICK: "The click id is unknown: it has to come from a tracked link.",
    Outcome.REFUSED_DEFERRED_WITHOUT_CLICK: "A deferred lead needs the click id that it is to be attributed to.",
    Outcome.REFUSED_MISMATCH: "The lead brings no click id, and none is known for its customer.",
    Outcome.COUNTED: "The sale counts for the customer's click.",
    Outcome.DIRECT_SALE: "The sale makes its customer and counts for the click that it brings.",
    Outcome.UNATTRIBUTED: "No click is known for this customer: the sale is recorded and counts for nobody's click.",
    Outcome.REPEATED_INVOICE: "A sale with this invoice id is recorded already; it counts once.",
    Outcome.REFUSED_REPEATED_INVOICE: "A sale with this invoice id exists already.",
    Outcome.REFUSED_SALE_WITHOUT_LEAD: "The customer has no lead that the sale could follow.",
    Outcome.STRANGERS_SALE: "The customer is unknown and the sale brings no click id: nothing is recorded.",
    Outcome.ZERO_SALE: "A sale of nothing is not recorded.",
}


def accepted(outcome: Outcome, *changes: Change, click: str | None = None) -> Ruling:
    """The ruling of an event that is accepted."""
    return Ruling(outcome, accepted=True, sentence=SENTENCES[outcome], changes=changes, click=click)


def refused(outcome: Outcome) -> Ruling:
    """The ruling of an event that is refused and leaves nothing behind."""
    return Ruling(outcome, accepted=False, sentence=SENTENCES[outcome])
