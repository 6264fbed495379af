"""The one model of attribution: events in, rulings out.

Pure: the same events in the same order always leave the same ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.ledger.accounts import Account
from conformance.ledger.events import Event, LeadEvent, Mode, SaleEvent
from conformance.ledger.rules import RepeatedInvoice, ResentClick, Rules
from conformance.ledger.rulings import Change, Outcome, Ruling, accepted, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.ledger.records import RecordedCustomer


class Ledger:
    """The customers, clicks and invoices of one workspace."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._clicks: set[str] = set()
        self._invoices: set[str] = set()
        self._accounts: dict[str, Account] = {}

    def mint(self, click: str) -> None:
        """Takes note of a click id that a tracked link gave out."""
        self._clicks.add(click)

    def rule(self, event: Event) -> Ruling:
        """Takes the event in and says what became of it."""
        if isinstance(event, SaleEvent):
            return self._rule_sale(event)
        if event.click is not None and event.click not in self._clicks:
            return refused(Outcome.REFUSED_UNKNOWN_CLICK)
        if event.mode is Mode.DEFERRED:
            return self._rule_event_1(event)
        if event.click is not None:
            return self._rule_lead_with_click(event, event.click)
        return self._rule_follow_up(event)

    def recorded(self, customer: str) -> RecordedCustomer | None:
        """What is recorded of this customer, or None when nothing is."""
        account = self._accounts.get(customer)
        return None if account is None else account.recorded()

    def everyone(self) -> Iterator[RecordedCustomer]:
        """What is recorded of each customer, in the order in which they came."""
        return (account.recorded() for account in self._accounts.values())

    def _rule_event_1(self, event: LeadEvent) -> Ruling:
        if event.click is None:
            return refused(Outcome.REFUSED_DEFERRED_WITHOUT_CLICK)
        account = self._account(event.customer)
        if account.pending or account.confirmed:
            known = event.click == account.click
            return accepted(Outcome.DUPLICATE if known else Outcome.FIRST_CLICK_STAYS, click=account.click)
        changes = _attribution(account, event.click)
        account.leave_pending(event)
        return accepted(Outcome.PENDING, *changes, Change.LEAD_RECORDED, click=account.click)

    def _rule_lead_with_click(self, event: LeadEvent, click: str) -> Ruling:
        account = self._account(event.customer)
        if account.deferred:
            return self._rule_resent_click(event)
        changes = _attribution(account, click)
        if event.event in account.confirmed:
            return accepted(Outcome.DUPLICATE, click=account.click)
        outcome = Outcome.FURTHER if account.confirmed else Outcome.CONFIRMED
        account.confirm(event)
        return accepted(outcome, *changes, Change.LEAD_RECORDED, click=account.click)

    def _rule_resent_click(self, event: LeadEvent) -> Ruling:
        match self._rules.resent_click:
            case ResentClick.REFUSE:
                return refused(Outcome.REFUSED_RESENT_CLICK)
            case ResentClick.IGNORE:
                return accepted(Outcome.IGNORED_RESENT_CLICK, click=self._account(event.customer).click)
            case ResentClick.CONFIRM:
                return self._rule_follow_up(event)

    def _rule_follow_up(self, event: LeadEvent) -> Ruling:
        account = self._account(event.customer)
        if account.pending:
            # Even when an equal event came too early and was left unlinked: that one never counted.
            account.confirm(event)
            return accepted(Outcome.CONFIRMED, Change.LEAD_CONFIRMED, click=account.click)
        if event.event in account.confirmed or event.event in account.unlinked:
            return accepted(Outcome.DUPLICATE, click=account.click)
        if account.click is None:
            account.leave_unlinked(event)
            return accepted(Outcome.UNLINKED, Change.LEAD_RECORDED)
        account.confirm(event)
        return accepted(Outcome.FURTHER, Change.LEAD_RECORDED, click=account.click)

    def _rule_sale(self, event: SaleEvent) -> Ruling:
        if event.invoice in self._invoices:
            if self._rules.repeated_invoice is RepeatedInvoice.REFUSE:
                return refused(Outcome.REFUSED_REPEATED_INVOICE)
            return accepted(Outcome.REPEATED_INVOICE)
        account = self._account(event.customer)
        # The payment happened: an unknown click leaves the sale without attribution, it does not undo it.
        known = event.click is not None and event.click in self._clicks
        changes = _attribution(account, event.click) if known and event.click else ()
        account.sell(event)
        self._invoices.add(event.invoice)
        outcome = Outcome.UNATTRIBUTED if account.click is None else Outcome.COUNTED
        return accepted(outcome, *changes, Change.SALE_RECORDED, click=account.click)

    def _account(self, customer: str) -> Account:
        account = self._accounts.get(customer)
        if account is None:
            account = self._accounts[customer] = Account(customer)
        return account


def _attribution(account: Account, click: str) -> tuple[Change, ...]:
    return (Change.ATTRIBUTION,) if account.attribute(click) else ()
