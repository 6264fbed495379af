"""How defects are planted in the books: a ledger that rules on some events, or shows its records, otherwise."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import Change, LeadEvent, Ledger, Mode, Outcome, SaleEvent
from conformance.ledger.rulings import accepted
from conformance.sandbox.variation import PlantedFailure, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.ledger import Event, RecordedCustomer, Rules, Ruling
    from conformance.ledger.accounts import Account
    from conformance.ledger.records import RecordedSale

    Rule = Callable[["FaultyLedger", Event], Ruling]
    Show = Callable[[RecordedCustomer], RecordedCustomer]
    When = Callable[["FaultyLedger", Event], bool]

# Set while an event is ruled on that came at the same moment as another one like it.
AT_ONCE: ContextVar[bool] = ContextVar("at_once", default=False)


class FaultyLedger(Ledger):
    """A ledger with a defect: `ruling` rules in its stead, `showing` alters what it shows.

    A defect may note in `marked`, `first_came` and `first_sales` what it has to remember of customers and invoices.
    """

    def __init__(self, rules: Rules, ruling: Rule | None, showing: Show | None) -> None:
        super().__init__(rules)
        self._ruling = ruling
        self._showing = showing
        self.minted: list[str] = []
        self.seen: dict[Event, int] = {}
        self.marked: set[str] = set()
        self.first_came: dict[str, float] = {}
        self.first_sales: dict[str, SaleEvent] = {}

    def mint(self, click: str) -> None:
        """Takes note of a click id, and of the order in which they came."""
        self.minted.append(click)
        super().mint(click)

    def rule(self, event: Event) -> Ruling:
        """Takes the event in and says what became of it, rightly or not."""
        plain = replace(event, received=None)
        self.seen[plain] = self.seen.get(plain, 0) + 1
        return self.rightly(event) if self._ruling is None else self._ruling(self, event)

    def rightly(self, event: Event) -> Ruling:
        """What a ledger without the defect says."""
        return super().rule(event)

    def recorded(self, customer: str) -> RecordedCustomer | None:
        """What is shown of this customer."""
        found = super().recorded(customer)
        return found if found is None or self._showing is None else self._showing(found)

    def everyone(self) -> Iterator[RecordedCustomer]:
        """What is shown of each customer."""
        show = self._showing
        return super().everyone() if show is None else map(show, super().everyone())

    def times(self, event: Event) -> int:
        """How often an event that says the same has come, this one included."""
        return self.seen[replace(event, received=None)]

    def account(self, customer: str) -> Account | None:
        """The account of a customer, if there is one."""
        return self._accounts.get(customer)

    def others(self, event: Event) -> Iterator[Account]:
        """The accounts of everybody else, the oldest first."""
        return (account for name, account in self._accounts.items() if name != event.customer)

    def is_known(self, click: str | None) -> bool:
        """Whether somebody minted this click."""
        return click in self._clicks

    def is_used(self, invoice: str | None) -> bool:
        """Whether a sale with this invoice counts already."""
        return invoice in self._invoices

    def used(self) -> Iterator[str]:
        """The invoices of all sales that count."""
        return iter(self._invoices)

    def drop(self, customer: str) -> None:
        """Forgets a customer altogether."""
        self._accounts.pop(customer, None)

    def once_more(self, event: Event) -> Ruling:
        """Counts an event that was counted already."""
        if isinstance(event, SaleEvent):
            self._invoices.discard(event.invoice or "")
            return self.rightly(event)
        account, key = self._account(event.customer), self._key(event.event)
        earlier = account.confirmed.pop(key, ())
        again = replace(event, click=event.click if event.mode is not Mode.DEFERRED else None, mode=Mode.NON_DEFERRED)
        ruling = self.rightly(again)
        account.confirmed[key] = (*earlier, *account.confirmed.get(key, ()))
        return ruling


def rules(ruling: Rule) -> Variation:
    """Events are ruled on by this function."""
    return Variation(ledger=lambda chosen: FaultyLedger(chosen, ruling, None))


def shows(showing: Show) -> Variation:
    """Records are shown as this function alters them."""
    return Variation(ledger=lambda chosen: FaultyLedger(chosen, None, showing))


def breaks_down(when: When) -> Variation:
    """Such events are answered with a server error, and leave nothing."""

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        if when(ledger, event):
            raise PlantedFailure
        return ledger.rightly(event)

    return rules(ruling)


def counts_again(when: When) -> Variation:
    """Such events are counted although they were counted before."""
    return rules(lambda ledger, event: ledger.once_more(event) if when(ledger, event) else ledger.rightly(event))


def swallows(when: When) -> Variation:
    """Such events are accepted, and forgotten."""
    return rules(
        lambda ledger, event: accepted(_FORGOTTEN[type(event)]) if when(ledger, event) else ledger.rightly(event)
    )


def takes_for(when: When, other: Callable[[FaultyLedger, Event], Event]) -> Variation:
    """Such events are taken for others."""
    return rules(
        lambda ledger, event: ledger.rightly(other(ledger, event)) if when(ledger, event) else ledger.rightly(event)
    )


_FORGOTTEN = {LeadEvent: Outcome.DUPLICATE, SaleEvent: Outcome.ZERO_SALE}


# --- which events -----------------------------------------------------------------------------------------------------


def is_event_1(event: Event) -> bool:
    """The first event of a deferred lead."""
    return isinstance(event, LeadEvent) and event.mode is Mode.DEFERRED


def is_follow_up(event: Event) -> bool:
    """Event 2, or a later lead."""
    return isinstance(event, LeadEvent) and event.mode is not Mode.DEFERRED and event.click is None


def is_plain_lead(event: Event) -> bool:
    """A lead that brings its click and counts at once."""
    return isinstance(event, LeadEvent) and event.mode is not Mode.DEFERRED and event.click is not None


def is_pending(ledger: FaultyLedger, event: Event) -> bool:
    """Whether the event's customer waits for event 2."""
    account = ledger.account(event.customer)
    return account is not None and account.pending is not None


def is_deferred(ledger: FaultyLedger, event: Event) -> bool:
    """Whether the event's customer came with an event 1."""
    account = ledger.account(event.customer)
    return account is not None and account.deferred


def is_stranger(ledger: FaultyLedger, event: Event) -> bool:
    """Whether nothing is recorded of the event's customer."""
    return ledger.account(event.customer) is None


def same_address(ledger: FaultyLedger, event: Event) -> Account | None:
    """Somebody else with the event's e-mail address, or None."""
    address = event.details.email
    return next((other for other in ledger.others(event) if address and other.email == address), None)


def wrong_click(ledger: FaultyLedger, event: Event) -> str | None:  # noqa: ARG001 - as every function of an event
    """A click that is somebody else's: the first that was ever minted."""
    return ledger.minted[0] if ledger.minted else None


def recounted(ruling: Ruling, click: str | None) -> Ruling:
    """The ruling with another click."""
    return replace(ruling, click=click)


def one_more(ledger: FaultyLedger, event: LeadEvent, ruling: Ruling) -> Ruling:
    """After a lead was confirmed, one more of it."""
    account = ledger.account(event.customer)
    if (
        account is not None
        and account.confirmed
        and {Change.LEAD_CONFIRMED, Change.LEAD_RECORDED} & set(ruling.changes)
    ):
        key, leads = list(account.confirmed.items())[-1]
        account.confirmed[key] = (*leads, leads[-1])
    return ruling


def as_mode(event: Event, mode: Mode) -> Event:
    """A lead in another mode; anything else stays what it is."""
    return replace(event, mode=mode) if isinstance(event, LeadEvent) else event


def sales_of(ledger: FaultyLedger, event: Event) -> list[RecordedSale]:
    """What counts of the event's customer, the oldest first."""
    account = ledger.account(event.customer)
    return [] if account is None else account.sales


def is_new_sale(ledger: FaultyLedger, event: Event) -> bool:
    """Whether it is a sale whose invoice does not count yet."""
    return isinstance(event, SaleEvent) and not ledger.is_used(event.invoice)


def loses_click(which: Callable[[FaultyLedger, Event], bool]) -> Variation:
    """The latest lead of such an event is recorded for no click."""

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        hit = which(ledger, event)
        found = ledger.rightly(event)
        account = ledger.account(event.customer)
        if hit and found.changes and account is not None and account.confirmed:
            key, leads = list(account.confirmed.items())[-1]
            account.confirmed[key] = tuple(replace(lead, click=None) for lead in leads)
        return found

    return rules(ruling)


def later_lead_loses_click(*, deferred: bool) -> Variation:
    """A later lead of a customer who came so is recorded for no click."""

    def is_later(ledger: FaultyLedger, event: Event) -> bool:
        account = ledger.account(event.customer)
        return is_follow_up(event) and account is not None and bool(account.confirmed) and account.deferred is deferred

    return loses_click(is_later)
