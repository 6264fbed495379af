"""What the ledger keeps of one customer while events arrive; it only ever grows, and the first word stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale

if TYPE_CHECKING:
    from conformance.ledger.events import Details, LeadEvent, SaleEvent


@dataclass(slots=True)
class Account:
    """One customer's click, details, leads by the key of their event name, and sales.

    `deferred` is true from the first event 1 on: such a customer's follow-ups carry no click id. `complete` says that
    later events add no details.
    """

    customer: str
    click: str | None = None
    name: str | None = None
    email: str | None = None
    avatar: str | None = None
    deferred: bool = False
    complete: bool = False
    pending: RecordedLead | None = None
    confirmed: dict[str, tuple[RecordedLead, ...]] = field(default_factory=dict)
    unlinked: dict[str, RecordedLead] = field(default_factory=dict)
    sales: list[RecordedSale] = field(default_factory=list)

    def attribute(self, click: str) -> bool:
        """Ties the customer to this click unless there is one already; tells whether it did."""
        if self.click is not None:
            return False
        self.click = click
        return True

    def fill(self, details: Details) -> None:
        """Takes the details that are not known yet, unless none are to be added."""
        if self.complete:
            return
        if self.name is None:
            self.name = details.name
        if self.email is None:
            self.email = details.email
        if self.avatar is None:
            self.avatar = details.avatar

    def leave_pending(self, event: LeadEvent) -> None:
        """Records event 1."""
        self.deferred = True
        self.pending = _lead(event, LeadStatus.PENDING, self.click)
        self.fill(event.details)

    def confirm(self, key: str, event: LeadEvent, click: str | None) -> None:
        """Records a confirmed lead for this click, in place of the pending one if there is one."""
        self.pending = None
        self.confirmed[key] = (_lead(event, LeadStatus.CONFIRMED, click),) * event.quantity
        self.fill(event.details)

    def leave_unlinked(self, event: LeadEvent) -> None:
        """Records a lead that is attributed to nothing."""
        self.unlinked[event.event] = _lead(event, LeadStatus.UNLINKED, None)
        self.fill(event.details)

    def leave_implicit(self, key: str, name: str, event: SaleEvent) -> None:
        """Records the lead that a direct sale leaves."""
        moment = event.timestamp or event.received
        self.confirmed[key] = (RecordedLead(name, LeadStatus.CONFIRMED, self.click, moment),)

    def lead(self, name: str | None) -> RecordedLead | None:
        """The latest confirmed lead, of this event name if one is given."""
        latest_first = (leads[-1] for leads in reversed(self.confirmed.values()))
        return next((lead for lead in latest_first if name is None or lead.event == name), None)

    def sell(self, event: SaleEvent, click: str | None) -> None:
        """Records a sale that counts for this click."""
        self.sales.append(
            RecordedSale(
                invoice=event.invoice,
                event=event.event,
                amount=event.amount,
                currency=event.currency,
                click=click,
                timestamp=event.timestamp or event.received,
            )
        )
        self.fill(event.details)

    def recorded(self) -> RecordedCustomer:
        """The account as a record."""
        pending = () if self.pending is None else (self.pending,)
        return RecordedCustomer(
            customer=self.customer,
            click=self.click,
            name=self.name,
            email=self.email,
            avatar=self.avatar,
            leads=(*self.unlinked.values(), *chain.from_iterable(self.confirmed.values()), *pending),
            sales=tuple(self.sales),
        )


def _lead(event: LeadEvent, status: LeadStatus, click: str | None) -> RecordedLead:
    return RecordedLead(event.event, status, click, event.timestamp or event.received)
