"""What holds of a ledger on which every lead keeps its own click, whatever happens, in whatever order."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_events import CLICK, DUB, OTHER_CLICK, ledger

from conformance.ledger import (
    Change,
    Details,
    Event,
    LeadEvent,
    Ledger,
    Mode,
    Outcome,
    RecordedCustomer,
    SaleEvent,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# How long an example takes says nothing about the ledger.
UNTIMED = settings(deadline=None)

CUSTOMERS = st.sampled_from(["ada", "Ada", "bob"])
NAMES = st.sampled_from(["signup", "Sign up", "sign-up", " Signup"])
CLICKS = st.sampled_from([None, CLICK, OTHER_CLICK, "made-up"])
DETAILS = st.builds(Details, name=st.sampled_from([None, "A", "B"]))
LEADS = st.builds(
    LeadEvent,
    CUSTOMERS,
    NAMES,
    CLICKS,
    st.sampled_from(Mode),
    details=DETAILS,
    quantity=st.sampled_from([1, 1, 3]),
)
SALES = st.builds(
    SaleEvent,
    CUSTOMERS,
    st.sampled_from([None, "inv-1", "inv-2"]),
    st.sampled_from([Decimal(0), Decimal(100)]),
    st.just("usd"),
    st.just("Purchase"),
    CLICKS,
    details=DETAILS,
    lead=st.sampled_from([None, None, "signup", "unheard-of"]),
)
EVENTS: SearchStrategy[list[Event]] = st.lists(LEADS | SALES, max_size=14)


def played(events: list[Event]) -> Ledger:
    book = ledger(DUB)
    for event in events:
        book.rule(event)
    return book


def contents(book: Ledger) -> dict[str, RecordedCustomer]:
    return {customer.customer: customer for customer in book.everyone()}


@UNTIMED
@given(EVENTS)
def test_nobody_is_recorded_without_a_click_that_was_minted(events: list[Event]) -> None:
    for customer in played(events).everyone():
        shown = {customer.click, *(x.click for x in customer.leads), *(x.click for x in customer.sales)}
        assert shown <= {CLICK, OTHER_CLICK}
        assert customer.unlinked == ()


@UNTIMED
@given(EVENTS)
def test_the_first_event_that_is_recorded_makes_the_customer_for_good(events: list[Event]) -> None:
    book = ledger(DUB)
    first: dict[str, tuple[str | None, str | None]] = {}
    for event in events:
        book.rule(event)
        for customer in book.everyone():
            now = (customer.click, customer.name)
            assert first.setdefault(customer.customer, now) == now


@UNTIMED
@given(EVENTS)
def test_an_event_that_changes_nothing_says_so_and_a_refused_one_changes_nothing(events: list[Event]) -> None:
    book = ledger(DUB)
    for event in events:
        before = contents(book)
        ruling = book.rule(event)
        assert bool(ruling.changes) == (contents(book) != before)
        assert ruling.accepted or not ruling.changes
        assert ruling.accepted != ruling.outcome.value.startswith("refused")


@UNTIMED
@given(EVENTS)
def test_a_lead_counts_once_for_each_event_name_and_as_often_as_it_says(events: list[Event]) -> None:
    book = ledger(DUB)
    for event in events:
        before = book.recorded(event.customer)
        ruling = book.rule(event)
        after = book.recorded(event.customer)
        more = len(after.confirmed if after else ()) - len(before.confirmed if before else ())
        counted = ruling.outcome in (Outcome.CONFIRMED, Outcome.FURTHER)
        if isinstance(event, LeadEvent):
            assert more == (event.quantity if counted else 0)
        else:
            assert more == (Change.LEAD_RECORDED in ruling.changes)
    for customer in book.everyone():
        runs = [x for i, x in enumerate(customer.confirmed) if i == 0 or customer.confirmed[i - 1] is not x]
        names = [str(x.event).strip().lower().replace(" ", "-") for x in runs]
        assert len(names) == len(set(names))


@UNTIMED
@given(EVENTS)
def test_an_invoice_counts_at_most_once_and_every_other_sale_as_often_as_it_is_accepted(events: list[Event]) -> None:
    book = ledger(DUB)
    recorded = sum(Change.SALE_RECORDED in book.rule(event).changes for event in events)
    sales = [sale for customer in book.everyone() for sale in customer.sales]
    invoices = [sale.invoice for sale in sales if sale.invoice is not None]
    assert len(sales) == recorded
    assert len(invoices) == len(set(invoices))
    assert all(sale.amount for sale in sales)


@UNTIMED
@given(EVENTS)
def test_whoever_has_a_sale_has_a_lead_with_its_click(events: list[Event]) -> None:
    for customer in played(events).everyone():
        assert {sale.click for sale in customer.sales} <= {lead.click for lead in customer.confirmed}
        assert not (customer.pending and customer.confirmed)


@UNTIMED
@given(EVENTS)
def test_a_retry_of_what_has_an_invoice_or_is_a_lead_changes_nothing(events: list[Event]) -> None:
    known = [event for event in events if isinstance(event, LeadEvent) or event.invoice is not None]
    retried = [event for event in known for _ in range(3)]
    assert contents(played(retried)) == contents(played(known))


@UNTIMED
@given(EVENTS, st.randoms(use_true_random=False))
def test_customers_are_independent_of_one_anothers_interleaving(events: list[Event], random: Any) -> None:
    own: dict[str, list[Event]] = {}
    for event in events:
        named = event
        if isinstance(event, SaleEvent) and event.invoice is not None:
            named = dataclasses.replace(event, invoice=f"{event.customer} {event.invoice}")
        own.setdefault(event.customer, []).append(named)
    order = [customer for customer, mine in own.items() for _ in mine]
    random.shuffle(order)
    queues = {customer: iter(mine) for customer, mine in own.items()}
    woven = [next(queues[customer]) for customer in order]
    alone = {name: customer for mine in own.values() for name, customer in contents(played(mine)).items()}
    assert contents(played(woven)) == alone


@UNTIMED
@given(EVENTS, CUSTOMERS)
def test_deleting_a_customer_never_lets_anything_count_twice(events: list[Event], customer: str) -> None:
    known = [event for event in events if isinstance(event, LeadEvent) or event.invoice is not None]
    book = played(known)
    leads = {lead.event for lead in (contents(book).get(customer) or RecordedCustomer(customer)).confirmed}
    book.forget(customer)
    for event in known:
        book.rule(event)
    again = contents(book).get(customer)
    sold = [sale.invoice for found in book.everyone() for sale in found.sales]
    assert len(sold) == len(set(sold))
    assert again is None or not leads & {lead.event for lead in again.confirmed}
