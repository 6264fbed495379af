"""What happened: a lead or a sale, in our words, free of any platform's wire names.

A blank click id is no click id: whoever reads an event off a wire turns it into None.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class Mode(enum.StrEnum):
    """Whether a lead counts at once, or waits for its event 2."""

    NON_DEFERRED = "non-deferred"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Details:
    """What an event says of its customer."""

    name: str | None = None
    email: str | None = None
    avatar: str | None = None


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """A lead: non-deferred or event 1 with a click, a follow-up (event 2, or a later lead) without.

    `timestamp` is what the sender says, `received` when it came; both ISO 8601 text, and data to the ledger.
    `quantity` is how many leads the one event stands for.
    """

    customer: str
    event: str
    click: str | None = None
    mode: Mode = Mode.NON_DEFERRED
    timestamp: str | None = None
    details: Details = NO_DETAILS
    received: str | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class SaleEvent:
    """A sale; `click` is what the sale itself brings, which counts only for a customer who has none.

    Without an invoice it is never a repeat. `lead` names the event of the lead that it follows; None means the latest.
    """

    customer: str
    invoice: str | None
    amount: Decimal
    currency: str
    event: str | None = None
    click: str | None = None
    timestamp: str | None = None
    details: Details = NO_DETAILS
    received: str | None = None
    lead: str | None = None


Event = LeadEvent | SaleEvent
