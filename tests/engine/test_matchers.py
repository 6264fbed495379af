"""Matchers: what each asks of a record, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.engine import matchers
from conformance.engine.matchers import Kind, Matcher
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale

RULES = {"amount": "number", "currency": "ignore-case", "email": "ignore-case", "name": "normalised"}
CLICKS = ("id_a", "id_b")


def lead(status: str = "confirmed", click: str | None = "id_a", event: str | None = "signup") -> RecordedLead:
    return RecordedLead(event, LeadStatus(status), click)


def sale(invoice: str = "inv-1", click: str | None = "id_a", amount: int = 100) -> RecordedSale:
    return RecordedSale(invoice, "purchase", Decimal(amount), "USD", click)


def customer(*entries: RecordedLead | RecordedSale, click: str | None = "id_a", **details: Any) -> RecordedCustomer:
    return RecordedCustomer(
        "ada",
        click,
        leads=tuple(entry for entry in entries if isinstance(entry, RecordedLead)),
        sales=tuple(entry for entry in entries if isinstance(entry, RecordedSale)),
        **details,
    )


Made = Callable[[], Matcher]
ONE_AND_NO_OTHER = "one lead, confirmed, and no other beside it"

# Each test makes its matchers itself: `make mutants` puts a mutant in place after the tests are collected.
EVERY_MATCHER: tuple[Made, ...] = (
    lambda: matchers.is_attributed_to("id_a"),
    lambda: matchers.stays_attributed_to("id_a"),
    matchers.is_attributed_to_nobody,
    lambda: matchers.is_attributed_to_nobody(besides="id_b"),
    lambda: matchers.has_confirmed_lead(click="id_a", event="signup"),
    lambda: matchers.has_confirmed_leads(1, click="id_a"),
    lambda: matchers.has_confirmed_leads(2),
    matchers.has_one_lead_and_it_is_confirmed,
    lambda: matchers.has_at_most_confirmed_leads(1),
    matchers.has_no_confirmed_lead,
    lambda: matchers.is_pending("id_a"),
    lambda: matchers.has_lead_that_is(LeadStatus.UNLINKED),
    lambda: matchers.later_leads_keep("id_a"),
    lambda: matchers.shows({"name": "Ada", "email": "ada@example.com"}, RULES),
    lambda: matchers.is_shown_under("ada"),
    lambda: matchers.has_sale("inv-1", RULES, amount=100, click="id_a"),
    lambda: matchers.counts("inv-1", "inv-2"),
    lambda: matchers.has_so_many_sales(2),
    matchers.has_no_sale,
    lambda: matchers.sale_if_counted_has("inv-1", "id_a"),
    lambda: matchers.sale_is_not_of("inv-1", "id_a"),
    matchers.is_not_recorded,
)

_clicks = st.sampled_from((*CLICKS, None))
_leads = st.builds(lead, st.sampled_from([str(status) for status in LeadStatus]), _clicks)
_sales = st.builds(sale, st.sampled_from(("inv-1", "inv-2", "inv-3")), _clicks, st.sampled_from((100, 200)))
_customers = st.builds(
    lambda leads, sales, click: customer(*leads, *sales, click=click),
    st.lists(_leads, max_size=3),
    st.lists(_sales, max_size=3),
    _clicks,
)


@pytest.mark.parametrize(
    ("made", "record", "holds"),
    [
        (lambda: matchers.is_attributed_to("id_a"), customer(), True),
        (lambda: matchers.is_attributed_to("id_a"), customer(click="id_b"), False),
        (lambda: matchers.is_attributed_to("id_a"), customer(click=None), False),
        (lambda: matchers.stays_attributed_to("id_a"), customer(), True),
        (lambda: matchers.stays_attributed_to("id_a"), customer(click="id_b"), False),
        (matchers.is_attributed_to_nobody, None, True),
        (matchers.is_attributed_to_nobody, customer(lead("unlinked", None), click=None), True),
        (matchers.is_attributed_to_nobody, customer(click="id_a"), False),
        (matchers.is_attributed_to_nobody, customer(lead(), click=None), False),
        (matchers.is_attributed_to_nobody, customer(sale(), click=None), False),
        (lambda: matchers.is_attributed_to_nobody(besides="id_a"), customer(lead(), sale()), True),
        (lambda: matchers.is_attributed_to_nobody(besides="id_a"), customer(lead(click="id_b")), False),
        (matchers.has_confirmed_lead, customer(lead()), True),
        (matchers.has_confirmed_lead, customer(lead("pending")), False),
        (matchers.has_confirmed_lead, customer(lead("unlinked", None)), False),
        (lambda: matchers.has_confirmed_lead(click="id_b"), customer(lead()), False),
        (lambda: matchers.has_confirmed_lead(event="other"), customer(lead()), False),
        (lambda: matchers.has_confirmed_lead(event="other"), customer(lead(), lead(event="other")), True),
        (lambda: matchers.has_confirmed_leads(1), customer(lead()), True),
        (lambda: matchers.has_confirmed_leads(1), customer(lead(), lead("pending"), lead("unlinked", None)), True),
        (lambda: matchers.has_confirmed_leads(1), customer(lead(), lead()), False),
        (lambda: matchers.has_confirmed_leads(1, click="id_a"), customer(lead(click="id_b")), False),
        (lambda: matchers.has_confirmed_leads(1, click="id_a"), customer(lead(), lead(click="id_b")), False),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead()), True),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead("pending")), False),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead(), lead("pending")), False),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead(), lead("unlinked", None)), False),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead(), lead()), False),
        (lambda: matchers.has_at_most_confirmed_leads(1), None, True),
        (lambda: matchers.has_at_most_confirmed_leads(1), customer(lead()), True),
        (lambda: matchers.has_at_most_confirmed_leads(1), customer(lead(), lead()), False),
        (matchers.has_no_confirmed_lead, customer(lead("pending")), True),
        (matchers.has_no_confirmed_lead, customer(lead()), False),
        (lambda: matchers.is_pending("id_a"), customer(), True),
        (lambda: matchers.is_pending("id_a"), customer(lead("pending")), True),
        (lambda: matchers.is_pending("id_a"), customer(lead("pending"), click=None), False),
        (lambda: matchers.is_pending("id_a"), customer(lead()), False),
        (lambda: matchers.has_lead_that_is(LeadStatus.PENDING), customer(lead("pending")), True),
        (lambda: matchers.has_lead_that_is(LeadStatus.PENDING), customer(lead()), False),
        (lambda: matchers.later_leads_keep("id_a"), customer(lead(), lead(event="demo")), True),
        (lambda: matchers.later_leads_keep("id_a"), customer(lead(), lead(click=None)), False),
        (lambda: matchers.later_leads_keep("id_a"), customer(lead(), click="id_b"), False),
        (lambda: matchers.later_leads_keep("id_a"), customer(), False),
        (lambda: matchers.shows({"name": "Ada"}, RULES), customer(name="Ada"), True),
        (lambda: matchers.shows({"name": "Ada"}, RULES), customer(name="ada"), False),
        (lambda: matchers.shows({"email": "A@example.com"}, RULES), customer(email="a@example.com"), True),
        (lambda: matchers.is_shown_under("ada"), customer(), True),
        (lambda: matchers.is_shown_under("Ada"), customer(), False),
        (lambda: matchers.has_sale("inv-1", RULES), customer(sale()), True),
        (lambda: matchers.has_sale("inv-1", RULES), customer(sale("INV-1")), False),
        (lambda: matchers.has_sale("inv-1", RULES, amount=100, currency="usd"), customer(sale()), True),
        (lambda: matchers.has_sale("inv-1", RULES, amount=10000), customer(sale()), False),
        (lambda: matchers.has_sale("inv-1", RULES, click="id_a"), customer(sale(click=None)), False),
        (lambda: matchers.counts("inv-1"), customer(sale()), True),
        (lambda: matchers.counts("inv-1"), customer(), False),
        (lambda: matchers.counts("inv-1"), customer(sale(), sale()), False),
        (lambda: matchers.counts("inv-2", "inv-1"), customer(sale(), sale("inv-2")), True),
        (lambda: matchers.counts("inv-1"), customer(sale("inv-2")), False),
        (lambda: matchers.has_so_many_sales(1), customer(sale()), True),
        (lambda: matchers.has_so_many_sales(1), customer(sale(), sale()), False),
        (lambda: matchers.has_so_many_sales(2), customer(sale()), False),
        (matchers.has_no_sale, customer(lead()), True),
        (matchers.has_no_sale, customer(sale()), False),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), customer(), True),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), customer(), True),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), customer(sale(click="id_a")), False),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), customer(sale(click="id_b")), True),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), customer(sale("inv-2", click="id_a")), True),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale()), True),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale(click=None)), False),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale("inv-2", click="id_b")), True),
        (matchers.is_not_recorded, None, True),
        (matchers.is_not_recorded, customer(click=None), True),
        (matchers.is_not_recorded, customer(click="id_a"), False),
        (matchers.is_not_recorded, customer(lead("unlinked", None), click=None), False),
        (matchers.is_not_recorded, customer(sale(click=None), click=None), False),
    ],
)
def test_a_matcher_holds_for_what_it_says_and_for_nothing_else(
    made: Made, record: RecordedCustomer | None, *, holds: bool
) -> None:
    matcher = made()
    found = matcher.judge(record)

    assert found.holds is holds
    assert found.actual
    assert matcher.expected


@pytest.mark.parametrize("made", EVERY_MATCHER, ids=lambda made: made().expected)
def test_of_an_unknown_customer_only_absence_holds(made: Made) -> None:
    matcher = made()
    assert matcher.judge(None).holds is (matcher.kind is Kind.ABSENCE)


@pytest.mark.parametrize("made", EVERY_MATCHER, ids=lambda made: made().expected)
def test_waiting_can_only_help_a_matcher_of_presence(made: Made) -> None:
    matcher = made()
    crowd = customer(*[lead(), lead()] * 2, *[sale(), sale("inv-2"), sale("inv-9")] * 2, click="id_x")

    assert matcher.kind is not Kind.PRESENCE or not matcher.judge(crowd).excess


@given(_customers)
def test_excess_never_holds(record: RecordedCustomer) -> None:
    for matcher in (made() for made in EVERY_MATCHER):
        found = matcher.judge(record)
        assert not (found.holds and found.excess), matcher.expected


@given(_customers)
def test_the_order_of_leads_and_sales_means_nothing(record: RecordedCustomer) -> None:
    turned = replace(record, leads=record.leads[::-1], sales=record.sales[::-1])

    for matcher in (made() for made in EVERY_MATCHER):
        assert matcher.judge(record).holds is matcher.judge(turned).holds, matcher.expected


@given(_customers, st.sampled_from(CLICKS))
def test_a_pending_lead_never_counts(record: RecordedCustomer, click: str) -> None:
    more = replace(record, leads=(*record.leads, lead("pending", click)))

    for matcher in (made() for made in EVERY_MATCHER):
        if "confirmed" in matcher.expected and matcher.expected != ONE_AND_NO_OTHER:
            assert matcher.judge(record).holds is matcher.judge(more).holds, matcher.expected


@given(_customers)
def test_one_sale_more_breaks_an_exact_count(record: RecordedCustomer) -> None:
    exact = matchers.counts(*(str(entry.invoice) for entry in record.sales))
    more = replace(record, sales=(*record.sales, sale("inv-more")))

    assert not exact.judge(more).holds
    assert exact.judge(more).excess


@given(_customers)
def test_one_confirmed_lead_more_breaks_an_exact_count(record: RecordedCustomer) -> None:
    exact = matchers.has_confirmed_leads(len(record.confirmed))
    more = exact.judge(replace(record, leads=(*record.leads, lead())))

    assert exact.judge(record).holds
    assert not more.holds
    assert more.excess


@given(_customers)
def test_a_record_is_described_in_one_line_that_names_every_click(record: RecordedCustomer) -> None:
    text = matchers.describe(record)

    assert "\n" not in text
    clicks = {one.click for one in record.leads} | {one.click for one in record.sales}
    assert all(click in text for click in clicks if click)


def test_a_detail_that_is_null_is_named_as_hidden() -> None:
    found = matchers.shows({"name": "Ada"}, RULES).judge(customer())

    assert not found.holds
    assert found.hidden == {"name"}


def test_a_detail_that_is_wrong_is_not_hidden() -> None:
    assert matchers.shows({"name": "Ada"}, RULES).judge(customer(name="Eve")).hidden == frozenset()


def test_one_wrong_detail_beside_a_null_one_is_no_longer_hidden() -> None:
    both = matchers.shows({"name": "Ada", "email": "ada@example.com"}, RULES)

    assert both.judge(customer(name="Eve")).hidden == frozenset()


def test_a_nameless_lead_hides_its_event_name() -> None:
    nameless = customer(lead(event=None))

    assert matchers.has_confirmed_lead(event="signup").judge(nameless).hidden == {"lead event name"}
    assert matchers.has_confirmed_lead(click="id_b", event="signup").judge(nameless).hidden == frozenset()
    assert matchers.has_confirmed_lead(click="id_b").judge(nameless).hidden == frozenset()


def test_a_nameless_sale_hides_its_event_name() -> None:
    nameless = customer(RecordedSale("inv-1", None, Decimal(1), "USD", "id_a"))

    assert matchers.has_sale("inv-1", RULES, event="purchase").judge(nameless).hidden == {"sale event"}
    assert matchers.has_sale("inv-1", RULES, amount=2).judge(nameless).hidden == frozenset()


def test_a_nameless_sale_beside_the_right_one_hides_nothing() -> None:
    both = customer(RecordedSale("inv-1", None, Decimal(1), "USD", "id_a"), sale())

    found = matchers.has_sale("inv-1", RULES, event="purchase").judge(both)
    assert (found.holds, found.hidden) == (True, frozenset())


@pytest.mark.parametrize(
    ("made", "expected", "kind", "about"),
    [
        (lambda: matchers.is_attributed_to("id_a"), "customer attributed to click id_a", Kind.PRESENCE, "lead"),
        (lambda: matchers.stays_attributed_to("id_a"), "customer still attributed to click id_a", Kind.EXACT, "lead"),
        (matchers.is_attributed_to_nobody, "attributed to no click", Kind.ABSENCE, "lead"),
        (
            lambda: matchers.is_attributed_to_nobody(besides="id_b"),
            "attributed to no click but id_b",
            Kind.ABSENCE,
            "lead",
        ),
        (matchers.has_confirmed_lead, "a confirmed lead", Kind.PRESENCE, "lead"),
        (
            lambda: matchers.has_confirmed_lead(click="id_a", event="demo"),
            "a confirmed lead named demo attributed to click id_a",
            Kind.PRESENCE,
            "lead",
        ),
        (lambda: matchers.has_confirmed_leads(1), "exactly 1 confirmed lead", Kind.EXACT, "lead"),
        (
            lambda: matchers.has_confirmed_leads(2, click="id_a"),
            "exactly 2 confirmed leads, attributed to click id_a",
            Kind.EXACT,
            "lead",
        ),
        (matchers.has_one_lead_and_it_is_confirmed, ONE_AND_NO_OTHER, Kind.EXACT, "lead"),
        (lambda: matchers.has_at_most_confirmed_leads(1), "at most 1 confirmed lead", Kind.ABSENCE, "lead"),
        (lambda: matchers.has_at_most_confirmed_leads(2), "at most 2 confirmed leads", Kind.ABSENCE, "lead"),
        (matchers.has_no_confirmed_lead, "no confirmed lead", Kind.ABSENCE, "lead"),
        (lambda: matchers.is_pending("id_a"), "pending: tied to click id_a, no confirmed lead", Kind.EXACT, "lead"),
        (
            lambda: matchers.has_lead_that_is(LeadStatus.UNLINKED),
            "a lead shown as unlinked",
            Kind.PRESENCE,
            "lead",
        ),
        (
            lambda: matchers.later_leads_keep("id_a"),
            "all confirmed leads attributed to click id_a",
            Kind.EXACT,
            "lead",
        ),
        (lambda: matchers.shows({"name": "Ada", "email": "a@b"}, {}), "name 'Ada', email 'a@b'", Kind.PRESENCE, "lead"),
        (lambda: matchers.is_shown_under("ada"), "customer 'ada'", Kind.PRESENCE, "lead"),
        (lambda: matchers.has_sale("inv-1", {}), "sale inv-1", Kind.PRESENCE, "sale"),
        (
            lambda: matchers.has_sale("inv-1", {}, amount=100, click="id_a"),
            "sale inv-1 with amount 100, click id_a",
            Kind.PRESENCE,
            "sale",
        ),
        (lambda: matchers.counts("inv-1"), "exactly 1 sale: inv-1", Kind.EXACT, "sale"),
        (lambda: matchers.counts("inv-1", "inv-2"), "exactly 2 sales: inv-1, inv-2", Kind.EXACT, "sale"),
        (lambda: matchers.has_so_many_sales(2), "exactly 2 sales", Kind.EXACT, "sale"),
        (matchers.has_no_sale, "no sale", Kind.ABSENCE, "sale"),
        (
            lambda: matchers.sale_if_counted_has("inv-1", "id_a"),
            "sale inv-1, if counted, attributed to click id_a",
            Kind.ABSENCE,
            "sale",
        ),
        (
            lambda: matchers.sale_is_not_of("inv-1", "id_a"),
            "sale inv-1, if counted, not attributed to click id_a",
            Kind.ABSENCE,
            "sale",
        ),
        (matchers.is_not_recorded, "nothing recorded", Kind.ABSENCE, "lead"),
        (lambda: matchers.is_not_recorded(about="sale"), "nothing recorded", Kind.ABSENCE, "sale"),
        (matchers.is_unknown, "no such customer", Kind.ABSENCE, "lead"),
        (lambda: matchers.is_unknown(about="sale"), "no such customer", Kind.ABSENCE, "sale"),
    ],
)
def test_a_matcher_says_what_it_expects_how_it_is_believed_and_which_marker_it_needs(
    made: Made, expected: str, kind: Kind, about: str
) -> None:
    matcher = made()

    assert (matcher.expected, matcher.kind, matcher.about) == (expected, kind, about)


BARE = customer(click=None)
NOTHING = "customer attributed to no click; no leads, no sales"


@pytest.mark.parametrize(
    ("made", "record", "actual"),
    [
        (lambda: matchers.is_attributed_to("id_a"), None, "customer unknown"),
        (lambda: matchers.is_attributed_to("id_a"), customer(click="id_b"), "customer attributed to click id_b"),
        (lambda: matchers.stays_attributed_to("id_a"), BARE, "customer attributed to no click"),
        (matchers.is_attributed_to_nobody, None, "customer unknown"),
        (matchers.is_attributed_to_nobody, BARE, NOTHING),
        (matchers.has_confirmed_lead, BARE, NOTHING),
        (lambda: matchers.has_confirmed_leads(1), BARE, NOTHING),
        (matchers.has_one_lead_and_it_is_confirmed, BARE, NOTHING),
        (lambda: matchers.has_at_most_confirmed_leads(1), BARE, NOTHING),
        (lambda: matchers.is_pending("id_a"), BARE, NOTHING),
        (lambda: matchers.has_lead_that_is(LeadStatus.PENDING), BARE, NOTHING),
        (lambda: matchers.later_leads_keep("id_a"), BARE, NOTHING),
        (lambda: matchers.shows({"name": "Ada"}, {}), None, "customer unknown"),
        (lambda: matchers.shows({"name": "Ada", "email": "a@b"}, {}), BARE, "name None, email None"),
        (lambda: matchers.is_shown_under("Ada"), None, "customer unknown"),
        (lambda: matchers.is_shown_under("Ada"), BARE, "customer 'ada'"),
        (lambda: matchers.has_sale("inv-1", {}), BARE, NOTHING),
        (lambda: matchers.counts("inv-1"), BARE, NOTHING),
        (lambda: matchers.has_so_many_sales(1), BARE, NOTHING),
        (matchers.has_no_sale, BARE, NOTHING),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), BARE, NOTHING),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), BARE, NOTHING),
        (matchers.is_not_recorded, BARE, NOTHING),
        (matchers.is_unknown, BARE, NOTHING),
    ],
)
def test_a_matcher_tells_what_it_found(made: Made, record: RecordedCustomer | None, actual: str) -> None:
    assert made().judge(record).actual == actual


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (None, "customer unknown"),
        (BARE, NOTHING),
        (
            customer(lead(), lead("pending", None, None), sale()),
            (
                "customer attributed to click id_a; confirmed signup (click id_a), pending lead (no click), "
                "sale inv-1 100 USD (click id_a)"
            ),
        ),
        (customer(copies=2), "customer attributed to click id_a 2 times; no leads, no sales"),
        (customer(sale(click=None), click_shown=False), "customer known; sale inv-1 100 USD (no click)"),
    ],
)
def test_a_record_in_one_line(record: RecordedCustomer | None, text: str) -> None:
    assert matchers.describe(record) == text


@pytest.mark.parametrize(
    ("made", "record"),
    [
        (matchers.is_attributed_to_nobody, customer()),
        (lambda: matchers.has_confirmed_leads(1), customer(lead(), lead())),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead(), lead())),
        (lambda: matchers.has_at_most_confirmed_leads(1), customer(lead(), lead())),
        (lambda: matchers.is_pending("id_a"), customer(lead())),
        (lambda: matchers.later_leads_keep("id_a"), customer(lead(click="id_b"))),
        (lambda: matchers.counts("inv-1"), customer(sale(), sale("inv-2"))),
        (lambda: matchers.counts("inv-1", "inv-2"), customer(sale(), sale())),
        (lambda: matchers.has_so_many_sales(1), customer(sale(), sale())),
        (matchers.has_no_sale, customer(sale())),
        (lambda: matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale(click="id_b"))),
        (lambda: matchers.sale_is_not_of("inv-1", "id_a"), customer(sale(click="id_a"))),
        (matchers.is_not_recorded, customer()),
        (matchers.is_unknown, customer()),
    ],
)
def test_too_much_is_too_much_at_once(made: Made, record: RecordedCustomer) -> None:
    found = made().judge(record)

    assert (found.holds, found.excess) == (False, True)


@pytest.mark.parametrize(
    ("made", "record"),
    [
        (lambda: matchers.has_confirmed_leads(1), BARE),
        (matchers.has_one_lead_and_it_is_confirmed, customer(lead(), lead("pending"))),
        (matchers.has_one_lead_and_it_is_confirmed, BARE),
        (lambda: matchers.has_confirmed_leads(1, click="id_a"), customer(lead(click="id_b"))),
        (lambda: matchers.is_pending("id_a"), BARE),
        (lambda: matchers.later_leads_keep("id_a"), BARE),
        (lambda: matchers.counts("inv-1"), BARE),
        (lambda: matchers.counts("inv-1"), customer(sale("inv-2"))),
        (lambda: matchers.has_so_many_sales(1), BARE),
    ],
)
def test_too_little_may_still_come(made: Made, record: RecordedCustomer) -> None:
    found = made().judge(record)

    assert (found.holds, found.excess) == (False, False)


def test_where_the_customers_own_click_is_not_shown_the_clicks_of_the_leads_count() -> None:
    matcher = matchers.is_attributed_to("id_a")
    right, astray = (customer(lead(click=click), click=None, click_shown=False) for click in ("id_a", "id_b"))

    assert (matcher.judge(right).holds, matcher.judge(right).excess) == (True, False)
    assert (matcher.judge(astray).holds, matcher.judge(astray).excess) == (False, True)
    assert matcher.judge(right).actual == "customer known; confirmed signup (click id_a)"
    assert matchers.is_pending("id_a").judge(customer(click=None, click_shown=False)).holds
