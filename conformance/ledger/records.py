"""What is recorded of a customer: the click, the leads, the sales.

The ledger produces these records, and whatever shows what a target recorded is read into the same ones.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


class LeadStatus(enum.StrEnum):
    """How far a lead has come: only a confirmed one counts."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNLINKED = "unlinked"


@dataclass(frozen=True, slots=True)
class RecordedLead:
    """A lead as it is recorded; `timestamp` is ISO 8601 text. What a target does not show is None."""

    event: str | None
    status: LeadStatus
    click: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedSale:
    """A sale that counts; a repeat of its invoice leaves none."""

    invoice: str | None
    event: str | None
    amount: Decimal | None
    currency: str | None
    click: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedCustomer:
    """Everything recorded of one customer; `click` is the one the customer is attributed to, or None.

    `click_shown` is false where a target shows the clicks of leads and sales, but not the customer's own; `copies` is
    how many customers bear this id, of which there should be one.
    """

    customer: str
    click: str | None = None
    name: str | None = None
    email: str | None = None
    avatar: str | None = None
    leads: tuple[RecordedLead, ...] = ()
    sales: tuple[RecordedSale, ...] = ()
    click_shown: bool = True
    copies: int = 1

    @property
    def confirmed(self) -> tuple[RecordedLead, ...]:
        """The leads that count."""
        return self._leads(LeadStatus.CONFIRMED)

    @property
    def pending(self) -> tuple[RecordedLead, ...]:
        """The leads that wait for their event 2."""
        return self._leads(LeadStatus.PENDING)

    @property
    def unlinked(self) -> tuple[RecordedLead, ...]:
        """The leads that were accepted and attributed to nothing."""
        return self._leads(LeadStatus.UNLINKED)

    def _leads(self, status: LeadStatus) -> tuple[RecordedLead, ...]:
        return tuple(lead for lead in self.leads if lead.status is status)
