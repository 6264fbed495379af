"""The one model of attribution: events in, rulings out.

Pure: the same events in the same order always leave the same ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.ledger.accounts import Account
from conformance.ledger.events import Event, LeadEvent, Mode, SaleEvent
from conformance.ledger.rules import (
    CustomerDetails,
    DeferredWithoutClick,
    EventNames,
    LeadClick,
    Mismatch,
    RepeatedInvoice,
    ResentClick,
    Rules,
    SaleClick,
    SaleWithoutLead,
    StrangersSale,
    ZeroSale,
)
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
        self._spent: dict[str, set[str]] = {}

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

    def forget(self, customer: str) -> bool:
        """Deletes a customer; tells whether there was one.

        The leads and invoices stay spent: sent once more, they would count a second time.
        """
        account = self._accounts.pop(customer, None)
        if account is None:
            return False
        self._spent.setdefault(customer, set()).update(account.confirmed)
        return True

    def recorded(self, customer: str) -> RecordedCustomer | None:
        """What is recorded of this customer, or None when nothing is."""
        account = self._accounts.get(customer)
        return None if account is None else account.recorded()

    def everyone(self) -> Iterator[RecordedCustomer]:
        """What is recorded of each customer, in the order in which they came."""
        return (account.recorded() for account in self._accounts.values())

    def _rule_event_1(self, event: LeadEvent) -> Ruling:
        if event.click is None:
            return self._rule_event_1_without_click(event)
        account = self._account(event.customer)
        if account.pending or account.confirmed:
            known = event.click == account.click
            return accepted(Outcome.DUPLICATE if known else Outcome.FIRST_CLICK_STAYS, click=account.click)
        changes = _attribution(account, event.click)
        account.leave_pending(event)
        self._described(account)
        return accepted(Outcome.PENDING, *changes, Change.LEAD_RECORDED, click=account.click)

    def _rule_event_1_without_click(self, event: LeadEvent) -> Ruling:
        if self._rules.deferred_without_click is DeferredWithoutClick.REFUSE:
            return refused(Outcome.REFUSED_DEFERRED_WITHOUT_CLICK)
        account = self._accounts.get(event.customer)
        if account is None or account.click is None:
            return refused(Outcome.REFUSED_MISMATCH)
        return accepted(Outcome.DUPLICATE, click=account.click)

    def _rule_lead_with_click(self, event: LeadEvent, click: str) -> Ruling:
        key = self._key(event.event)
        if self._is_spent(event.customer, key):
            return accepted(Outcome.DUPLICATE)
        account = self._account(event.customer)
        if account.deferred and self._rules.resent_click is not ResentClick.ACCEPT:
            return self._rule_resent_click(event)
        changes = _attribution(account, click)
        if key in account.confirmed:
            return accepted(Outcome.DUPLICATE, click=account.click)
        outcome = Outcome.FURTHER if account.confirmed else Outcome.CONFIRMED
        change = Change.LEAD_CONFIRMED if account.pending else Change.LEAD_RECORDED
        counts_for = click if self._rules.lead_click is LeadClick.OWN else account.click
        account.confirm(key, event, counts_for)
        self._described(account)
        return accepted(outcome, *changes, change, click=counts_for)

    def _rule_resent_click(self, event: LeadEvent) -> Ruling:
        match self._rules.resent_click:
            case ResentClick.REFUSE:
                return refused(Outcome.REFUSED_RESENT_CLICK)
            case ResentClick.IGNORE:
                return accepted(Outcome.IGNORED_RESENT_CLICK, click=self._account(event.customer).click)
            case _:
                return self._rule_follow_up(event)

    def _rule_follow_up(self, event: LeadEvent) -> Ruling:
        known = self._accounts.get(event.customer)
        if self._rules.mismatch is Mismatch.REFUSE and (known is None or known.click is None):
            return refused(Outcome.REFUSED_MISMATCH)
        key = self._key(event.event)
        if self._is_spent(event.customer, key):
            return accepted(Outcome.DUPLICATE, click=None if known is None else known.click)
        account = known or self._account(event.customer)
        if account.pending:
            # Even when an equal event came too early and was left unlinked: that one never counted.
            account.confirm(key, event, account.click)
            return accepted(Outcome.CONFIRMED, Change.LEAD_CONFIRMED, click=account.click)
        if key in account.confirmed or event.event in account.unlinked:
            return accepted(Outcome.DUPLICATE, click=account.click)
        if account.click is None:
            account.leave_unlinked(event)
            return accepted(Outcome.UNLINKED, Change.LEAD_RECORDED)
        account.confirm(key, event, account.click)
        return accepted(Outcome.FURTHER, Change.LEAD_RECORDED, click=account.click)

    def _rule_sale(self, event: SaleEvent) -> Ruling:
        if event.invoice in self._invoices:
            if self._rules.repeated_invoice is RepeatedInvoice.REFUSE:
                return refused(Outcome.REFUSED_REPEATED_INVOICE)
            return accepted(Outcome.REPEATED_INVOICE)
        if not event.amount and self._rules.zero_sale is ZeroSale.IGNORE:
            return accepted(Outcome.ZERO_SALE)
        known = self._accounts.get(event.customer)
        if known is None and self._rules.strangers_sale is StrangersSale.IGNORE:
            return self._rule_direct_sale(event)
        lead = None if known is None else known.lead(event.lead)
        if lead is None and self._rules.sale_without_lead is SaleWithoutLead.REFUSE:
            return refused(Outcome.REFUSED_SALE_WITHOUT_LEAD)
        account = known or self._account(event.customer)
        # The payment happened: an unknown click leaves the sale without attribution, it does not undo it.
        minted = event.click is not None and event.click in self._clicks
        changes = _attribution(account, event.click) if minted and event.click else ()
        counts_for = lead.click if lead and self._rules.sale_click is SaleClick.LEADS else account.click
        self._sell(account, event, counts_for)
        outcome = Outcome.UNATTRIBUTED if counts_for is None else Outcome.COUNTED
        return accepted(outcome, *changes, Change.SALE_RECORDED, click=counts_for)

    def _rule_direct_sale(self, event: SaleEvent) -> Ruling:
        if event.click is None:
            return accepted(Outcome.STRANGERS_SALE)
        if event.click not in self._clicks:
            return refused(Outcome.REFUSED_UNKNOWN_CLICK)
        account = self._account(event.customer)
        changes = _attribution(account, event.click)
        if self._rules.direct_sale_lead:
            name = event.lead or self._rules.direct_sale_lead
            account.leave_implicit(self._key(name), name, event)
            changes = (*changes, Change.LEAD_RECORDED)
        self._sell(account, event, account.click)
        return accepted(Outcome.DIRECT_SALE, *changes, Change.SALE_RECORDED, click=account.click)

    def _sell(self, account: Account, event: SaleEvent, click: str | None) -> None:
        account.sell(event, click)
        self._described(account)
        if event.invoice is not None:
            self._invoices.add(event.invoice)

    def _account(self, customer: str) -> Account:
        account = self._accounts.get(customer)
        if account is None:
            account = self._accounts[customer] = Account(customer)
        return account

    def _described(self, account: Account) -> None:
        account.complete = self._rules.customer_details is CustomerDetails.FIRST

    def _key(self, event: str) -> str:
        return event if self._rules.event_names is EventNames.EXACT else event.strip().lower().replace(" ", "-")

    def _is_spent(self, customer: str, key: str) -> bool:
        return key in self._spent.get(customer, ())


def _attribution(account: Account, click: str) -> tuple[Change, ...]:
    return (Change.ATTRIBUTION,) if account.attribute(click) else ()
