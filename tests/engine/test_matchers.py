"""Matchers: what each asks of a record, and what holds for all of them."""

from __future__ import annotations

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


ONE_AND_NO_OTHER = matchers.has_one_lead_and_it_is_confirmed().expected
EVERY_MATCHER = (
    matchers.is_attributed_to("id_a"),
    matchers.stays_attributed_to("id_a"),
    matchers.is_attributed_to_nobody(),
    matchers.is_attributed_to_nobody(besides="id_b"),
    matchers.has_confirmed_lead(click="id_a", event="signup"),
    matchers.has_confirmed_leads(1, click="id_a"),
    matchers.has_confirmed_leads(2),
    matchers.has_one_lead_and_it_is_confirmed(),
    matchers.has_at_most_confirmed_leads(1),
    matchers.has_no_confirmed_lead(),
    matchers.is_pending("id_a"),
    matchers.has_lead_that_is(LeadStatus.UNLINKED),
    matchers.later_leads_keep("id_a"),
    matchers.shows({"name": "Ada", "email": "ada@example.com"}, RULES),
    matchers.is_shown_under("ada"),
    matchers.has_sale("inv-1", RULES, amount=100, click="id_a"),
    matchers.counts("inv-1", "inv-2"),
    matchers.has_no_sale(),
    matchers.sale_if_counted_has("inv-1", "id_a"),
    matchers.is_not_recorded(),
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
    ("matcher", "record", "holds"),
    [
        (matchers.is_attributed_to("id_a"), customer(), True),
        (matchers.is_attributed_to("id_a"), customer(click="id_b"), False),
        (matchers.is_attributed_to("id_a"), customer(click=None), False),
        (matchers.stays_attributed_to("id_a"), customer(), True),
        (matchers.stays_attributed_to("id_a"), customer(click="id_b"), False),
        (matchers.is_attributed_to_nobody(), None, True),
        (matchers.is_attributed_to_nobody(), customer(lead("unlinked", None), click=None), True),
        (matchers.is_attributed_to_nobody(), customer(click="id_a"), False),
        (matchers.is_attributed_to_nobody(), customer(lead(), click=None), False),
        (matchers.is_attributed_to_nobody(), customer(sale(), click=None), False),
        (matchers.is_attributed_to_nobody(besides="id_a"), customer(lead(), sale()), True),
        (matchers.is_attributed_to_nobody(besides="id_a"), customer(lead(click="id_b")), False),
        (matchers.has_confirmed_lead(), customer(lead()), True),
        (matchers.has_confirmed_lead(), customer(lead("pending")), False),
        (matchers.has_confirmed_lead(), customer(lead("unlinked", None)), False),
        (matchers.has_confirmed_lead(click="id_b"), customer(lead()), False),
        (matchers.has_confirmed_lead(event="other"), customer(lead()), False),
        (matchers.has_confirmed_lead(event="other"), customer(lead(), lead(event="other")), True),
        (matchers.has_confirmed_leads(1), customer(lead()), True),
        (matchers.has_confirmed_leads(1), customer(lead(), lead("pending"), lead("unlinked", None)), True),
        (matchers.has_confirmed_leads(1), customer(lead(), lead()), False),
        (matchers.has_confirmed_leads(1, click="id_a"), customer(lead(click="id_b")), False),
        (matchers.has_confirmed_leads(1, click="id_a"), customer(lead(), lead(click="id_b")), False),
        (matchers.has_one_lead_and_it_is_confirmed(), customer(lead()), True),
        (matchers.has_one_lead_and_it_is_confirmed(), customer(lead("pending")), False),
        (matchers.has_one_lead_and_it_is_confirmed(), customer(lead(), lead("pending")), False),
        (matchers.has_one_lead_and_it_is_confirmed(), customer(lead(), lead("unlinked", None)), False),
        (matchers.has_one_lead_and_it_is_confirmed(), customer(lead(), lead()), False),
        (matchers.has_at_most_confirmed_leads(1), None, True),
        (matchers.has_at_most_confirmed_leads(1), customer(lead()), True),
        (matchers.has_at_most_confirmed_leads(1), customer(lead(), lead()), False),
        (matchers.has_no_confirmed_lead(), customer(lead("pending")), True),
        (matchers.has_no_confirmed_lead(), customer(lead()), False),
        (matchers.is_pending("id_a"), customer(), True),
        (matchers.is_pending("id_a"), customer(lead("pending")), True),
        (matchers.is_pending("id_a"), customer(lead("pending"), click=None), False),
        (matchers.is_pending("id_a"), customer(lead()), False),
        (matchers.has_lead_that_is(LeadStatus.PENDING), customer(lead("pending")), True),
        (matchers.has_lead_that_is(LeadStatus.PENDING), customer(lead()), False),
        (matchers.later_leads_keep("id_a"), customer(lead(), lead(event="demo")), True),
        (matchers.later_leads_keep("id_a"), customer(lead(), lead(click=None)), False),
        (matchers.later_leads_keep("id_a"), customer(lead(), click="id_b"), False),
        (matchers.later_leads_keep("id_a"), customer(), False),
        (matchers.shows({"name": "Ada"}, RULES), customer(name="Ada"), True),
        (matchers.shows({"name": "Ada"}, RULES), customer(name="ada"), False),
        (matchers.shows({"email": "A@example.com"}, RULES), customer(email="a@example.com"), True),
        (matchers.is_shown_under("ada"), customer(), True),
        (matchers.is_shown_under("Ada"), customer(), False),
        (matchers.has_sale("inv-1", RULES), customer(sale()), True),
        (matchers.has_sale("inv-1", RULES), customer(sale("INV-1")), False),
        (matchers.has_sale("inv-1", RULES, amount=100, currency="usd"), customer(sale()), True),
        (matchers.has_sale("inv-1", RULES, amount=10000), customer(sale()), False),
        (matchers.has_sale("inv-1", RULES, click="id_a"), customer(sale(click=None)), False),
        (matchers.counts("inv-1"), customer(sale()), True),
        (matchers.counts("inv-1"), customer(), False),
        (matchers.counts("inv-1"), customer(sale(), sale()), False),
        (matchers.counts("inv-2", "inv-1"), customer(sale(), sale("inv-2")), True),
        (matchers.counts("inv-1"), customer(sale("inv-2")), False),
        (matchers.has_no_sale(), customer(lead()), True),
        (matchers.has_no_sale(), customer(sale()), False),
        (matchers.sale_if_counted_has("inv-1", "id_a"), customer(), True),
        (matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale()), True),
        (matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale(click=None)), False),
        (matchers.sale_if_counted_has("inv-1", "id_a"), customer(sale("inv-2", click="id_b")), True),
        (matchers.is_not_recorded(), None, True),
        (matchers.is_not_recorded(), customer(click=None), True),
        (matchers.is_not_recorded(), customer(click="id_a"), False),
        (matchers.is_not_recorded(), customer(lead("unlinked", None), click=None), False),
        (matchers.is_not_recorded(), customer(sale(click=None), click=None), False),
    ],
)
def test_a_matcher_holds_for_what_it_says_and_for_nothing_else(
    matcher: Matcher, record: RecordedCustomer | None, *, holds: bool
) -> None:
    found = matcher.judge(record)

    assert found.holds is holds
    assert found.actual
    assert matcher.expected


@pytest.mark.parametrize("matcher", EVERY_MATCHER, ids=lambda matcher: matcher.expected)
def test_of_an_unknown_customer_only_absence_holds(matcher: Matcher) -> None:
    assert matcher.judge(None).holds is (matcher.kind is Kind.ABSENCE)


@pytest.mark.parametrize("matcher", EVERY_MATCHER, ids=lambda matcher: matcher.expected)
def test_waiting_can_only_help_a_matcher_of_presence(matcher: Matcher) -> None:
    crowd = customer(*[lead(), lead()] * 2, *[sale(), sale("inv-2"), sale("inv-9")] * 2, click="id_x")

    assert matcher.kind is not Kind.PRESENCE or not matcher.judge(crowd).excess


@given(_customers)
def test_excess_never_holds(record: RecordedCustomer) -> None:
    for matcher in EVERY_MATCHER:
        found = matcher.judge(record)
        assert not (found.holds and found.excess), matcher.expected


@given(_customers)
def test_the_order_of_leads_and_sales_means_nothing(record: RecordedCustomer) -> None:
    turned = replace(record, leads=record.leads[::-1], sales=record.sales[::-1])

    for matcher in EVERY_MATCHER:
        assert matcher.judge(record).holds is matcher.judge(turned).holds, matcher.expected


@given(_customers, st.sampled_from(CLICKS))
def test_a_pending_lead_never_counts(record: RecordedCustomer, click: str) -> None:
    more = replace(record, leads=(*record.leads, lead("pending", click)))

    for matcher in EVERY_MATCHER:
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
