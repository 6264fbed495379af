"""What holds of the ledger whatever happens, in whatever order."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_events import CLICK, OTHER_CLICK, ledger

from conformance.ledger import (
    Details,
    Event,
    LeadEvent,
    LeadStatus,
    Ledger,
    Mode,
    Outcome,
    RecordedCustomer,
    RepeatedInvoice,
    ResentClick,
    Rules,
    SaleEvent,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

# How long an example takes says nothing about the ledger.
UNTIMED = settings(deadline=None)

CUSTOMERS = st.sampled_from(["ada", "Ada", "bob"])
NAMES = st.sampled_from(["signup", "verified", "demo"])
CLICKS = st.sampled_from([None, CLICK, OTHER_CLICK, "made-up"])
DETAILS = st.builds(Details, name=st.sampled_from([None, "A", "B"]), email=st.sampled_from([None, "a@example.com"]))
LEADS = st.builds(LeadEvent, CUSTOMERS, NAMES, CLICKS, st.sampled_from(Mode), st.none(), DETAILS)
AMOUNTS = st.sampled_from([Decimal(1), Decimal("49.99")])
INVOICES = st.sampled_from(["inv-1", "inv-2", "INV-1"])
SALES = st.builds(SaleEvent, CUSTOMERS, INVOICES, AMOUNTS, st.just("USD"), st.just("purchase"), CLICKS)
EVENTS: SearchStrategy[list[Event]] = st.lists(LEADS | SALES, max_size=14)
RULES = st.builds(Rules, st.sampled_from(ResentClick), st.sampled_from(RepeatedInvoice))


def played(rules: Rules, *streams: Sequence[Event]) -> Ledger:
    book = ledger(rules)
    for stream in streams:
        for event in stream:
            book.rule(event)
    return book


def contents(book: Ledger) -> dict[str, RecordedCustomer]:
    return {customer.customer: customer for customer in book.everyone()}


@st.composite
def journeys(draw: DrawFn) -> list[Event]:
    """Customers side by side, none of whom is verified before the event 1 that it verifies."""
    openings: SearchStrategy[Any] = st.sampled_from([CLICK, OTHER_CLICK])
    events: list[Event] = [
        LeadEvent(customer, "signup", draw(openings), draw(st.sampled_from(Mode)), details=draw(DETAILS))
        for customer in ("ada", "Ada", "bob")
    ]
    return events + draw(EVENTS)


@UNTIMED
@given(RULES, EVENTS)
def test_a_customer_never_has_two_attributions(rules: Rules, events: list[Event]) -> None:
    book = ledger(rules)
    first: dict[str, str] = {}
    for event in events:
        book.rule(event)
        for customer in book.everyone():
            if customer.click is not None:
                assert first.setdefault(customer.customer, customer.click) == customer.click
            shown = {lead.click for lead in customer.leads} | {sale.click for sale in customer.sales}
            assert shown <= {customer.click, None}


@UNTIMED
@given(RULES, EVENTS)
def test_nobody_is_attributed_to_a_click_that_was_not_minted(rules: Rules, events: list[Event]) -> None:
    assert {customer.click for customer in played(rules, events).everyone()} <= {None, CLICK, OTHER_CLICK}


@UNTIMED
@given(RULES, EVENTS, st.randoms(use_true_random=False))
def test_an_invoice_counts_once_however_often_and_in_whatever_order(
    rules: Rules, events: list[Event], random: Any
) -> None:
    shuffled = events * 3
    random.shuffle(shuffled)
    counted = [str(sale.invoice) for customer in played(rules, shuffled).everyone() for sale in customer.sales]
    assert sorted(counted) == sorted({str(event.invoice) for event in events if isinstance(event, SaleEvent)})


@UNTIMED
@given(RULES, EVENTS)
def test_the_first_sale_of_an_invoice_stays(rules: Rules, events: list[Event]) -> None:
    first: dict[str | None, tuple[str, Decimal]] = {}
    for event in events:
        if isinstance(event, SaleEvent):
            first.setdefault(event.invoice, (event.customer, event.amount))
    book = played(rules, events)
    assert first == {s.invoice: (c.customer, s.amount) for c in book.everyone() for s in c.sales}


@UNTIMED
@given(RULES, EVENTS)
def test_a_pending_lead_never_counts_before_its_event_2(rules: Rules, events: list[Event]) -> None:
    book = ledger(rules)
    for event in events:
        before = book.recorded(event.customer)
        ruling = book.rule(event)
        after = book.recorded(event.customer)
        counted = 0 if before is None else len(before.confirmed)
        if isinstance(event, SaleEvent) or event.mode is Mode.DEFERRED or not ruling.accepted:
            assert after is None or len(after.confirmed) == counted
        assert after is None or not (after.pending and after.confirmed)
        assert after is None or len(after.pending) <= 1


@UNTIMED
@given(RULES, EVENTS)
def test_a_lead_counts_once_for_each_event_name(rules: Rules, events: list[Event]) -> None:
    for customer in played(rules, events, events).everyone():
        names = [lead.event for lead in customer.confirmed]
        assert len(names) == len(set(names))


@UNTIMED
@given(RULES, EVENTS)
def test_a_retry_changes_nothing(rules: Rules, events: list[Event]) -> None:
    retried = [event for event in events for _ in range(4)]
    assert contents(played(rules, retried)) == contents(played(rules, events))


@UNTIMED
@given(RULES, journeys(), st.data())
def test_retrying_any_prefix_changes_nothing(rules: Rules, events: list[Event], data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(events)))
    book = played(rules, events)
    assert contents(played(rules, events, events[:end])) == contents(book)


@UNTIMED
@given(RULES, EVENTS, st.data())
def test_retrying_any_prefix_can_only_confirm_a_lead_whose_verification_came_too_early(
    rules: Rules, events: list[Event], data: st.DataObject
) -> None:
    prefix = events[: data.draw(st.integers(0, len(events)))]
    once = contents(played(rules, events))
    for name, customer in contents(played(rules, events, prefix)).items():
        assert (customer.click, customer.sales) == (once[name].click, once[name].sales)
        if customer.leads != once[name].leads:
            assert once[name].pending


@UNTIMED
@given(RULES, EVENTS)
def test_an_event_that_changes_nothing_says_so_and_a_refused_one_changes_nothing(
    rules: Rules, events: list[Event]
) -> None:
    book = ledger(rules)
    for event in events:
        before = contents(book)
        ruling = book.rule(event)
        assert bool(ruling.changes) == (contents(book) != before)
        assert ruling.accepted or not ruling.changes
        assert ruling.accepted != ruling.outcome.value.startswith("refused")


@UNTIMED
@given(RULES, EVENTS, st.randoms(use_true_random=False))
def test_customers_are_independent_of_one_anothers_interleaving(rules: Rules, events: list[Event], random: Any) -> None:
    own: dict[str, list[Event]] = {}
    for event in events:
        invoice = {"invoice": f"{event.customer} {event.invoice}"} if isinstance(event, SaleEvent) else {}
        own.setdefault(event.customer, []).append(_replaced(event, invoice))
    order = [customer for customer, mine in own.items() for _ in mine]
    random.shuffle(order)
    queues = {customer: iter(mine) for customer, mine in own.items()}
    woven = [next(queues[customer]) for customer in order]
    alone = {name: customer for mine in own.values() for name, customer in contents(played(rules, mine)).items()}
    assert contents(played(rules, woven)) == alone


@UNTIMED
@given(EVENTS)
def test_the_click_of_a_ruling_is_the_customers(events: list[Event]) -> None:
    book = ledger()
    for event in events:
        ruling = book.rule(event)
        customer = book.recorded(event.customer)
        if ruling.click is not None:
            assert customer is not None
            assert ruling.click == customer.click
        if ruling.outcome is Outcome.UNLINKED:
            assert customer is not None
            assert customer.unlinked[-1].status is LeadStatus.UNLINKED
            assert customer.click is None


def _replaced(event: Event, changes: dict[str, str]) -> Event:
    return dataclasses.replace(event, **changes)  # type: ignore[arg-type]
