"""Duplicate sales: the invoice id is the key, and one charge counts once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.engine.matchers import Found, counts, has_no_sale, has_sale, has_so_many_sales, is_attributed_to
from conformance.engine.payloads import ABSENT
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

_PAUSE = 1.5
_MANY = 5


async def _sold(journey: Journey, invoice: str, **fields: Any) -> str:
    """A customer with a lead and one sale that is recorded; returns the click."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=invoice, click=click, **fields)
    await journey.given_recorded("sale", has_sale(invoice, journey.profile.equivalence))
    return click


@scenario("duplicate-sale.answered", "duplicate-sale.counted-once", variants={"once": 1, "many-times": _MANY})
async def an_identical_sale_counts_once(journey: Journey, repeats: int) -> None:
    """A sale sent again, byte for byte, counts once."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    sale = await journey.given_sale(invoice=invoice, click=click)
    for _ in range(repeats):
        journey.must("duplicate-sale.answered", await journey.repeat(sale))
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))
    once = has_sale(invoice, journey.profile.equivalence, amount=4999)
    await journey.must_record("duplicate-sale.counted-once", once)


@scenario(
    "duplicate-sale.answered",
    "duplicate-sale.counted-once",
    "duplicate-sale.first-amount-stays",
    variants={
        "other-amount": {"amount": 9900},
        "smaller-amount": {"amount": 100},
        "other-currency": {"currency": "EUR"},
        "other-event-name": {"event": "subscription_renewed"},
        "later-timestamp": {"timestamp": "2024-02-15T10:30:00Z"},
        "without-click": {"click": ABSENT},
        "other-details": {"name": "Somebody Else", "email": "somebody.else@example.com"},
    },
    unless={"later-timestamp": "receipt-time-counts"},
)
async def the_same_invoice_counts_once_whatever_else_it_says(journey: Journey, changes: dict[str, Any]) -> None:
    """The same invoice id counts once whatever amount, currency, name or time comes with it, and the first stays."""
    invoice = journey.invoice()
    click = await _sold(journey, invoice, timestamp="2024-01-15T10:30:00Z")
    answer = await journey.sale(invoice=invoice, **{"click": click, "timestamp": "2024-01-15T10:30:00Z", **changes})
    journey.must("duplicate-sale.answered", answer)
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))
    first = has_sale(invoice, journey.profile.equivalence, amount=4999, currency="USD")
    await journey.must_record("duplicate-sale.first-amount-stays", first)


@scenario("duplicate-sale.answered", "duplicate-sale.counted-once-across-customers")
async def somebody_elses_invoice_does_not_count_again(journey: Journey) -> None:
    """An invoice id that another customer's sale has used counts once, for the first."""
    invoice = journey.invoice()
    await _sold(journey, invoice)
    neighbour = journey.another().customer
    click = await journey.click()
    await journey.given_buyer(click=click, customer=neighbour)
    await journey.given_recorded("non_deferred", is_attributed_to(click), customer=neighbour)
    answer = await journey.sale(invoice=invoice, click=click, customer=neighbour)
    journey.must("duplicate-sale.answered", answer)
    await journey.must_record("duplicate-sale.counted-once-across-customers", has_no_sale(), customer=neighbour)
    await journey.must_record("duplicate-sale.counted-once-across-customers", counts(invoice))


@scenario("duplicate-sale.counted-once")
async def a_repeat_after_a_pause_counts_once(journey: Journey) -> None:
    """A sale sent again after a while counts once: the key is kept, not just the last request."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    sale = await journey.given_sale(invoice=invoice, click=click)
    await journey.given_recorded("sale", has_sale(invoice, journey.profile.equivalence))
    await journey.pause(_PAUSE)
    await journey.repeat(sale)
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))


@scenario("duplicate-sale.counted-once", "duplicate-sale.new-invoice-counts")
async def repeats_between_other_sales_count_once(journey: Journey) -> None:
    """Repeats count once also when other invoices of the same customer come in between."""
    click = await journey.click()
    invoices = [journey.invoice() for _ in range(4)]
    await journey.given_buyer(click=click)
    sales = [await journey.sale(invoice=invoice, click=click, amount=1000) for invoice in invoices]
    for sale in (*sales, *reversed(sales)):
        await journey.repeat(sale)
    await journey.must_record("duplicate-sale.counted-once", counts(*invoices))
    await journey.must_record("duplicate-sale.new-invoice-counts", has_sale(invoices[-1], journey.profile.equivalence))


@scenario("duplicate-sale.counted-once")
async def repeats_between_other_customers_sales_count_once(journey: Journey) -> None:
    """Repeats count once also when other customers' sales come in between."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    sale = await journey.given_sale(invoice=invoice, click=click)
    for _ in range(3):
        name = journey.another()
        await journey.given_buyer(click=click, customer=name.customer)
        await journey.sale(invoice=name.invoice(), click=click, customer=name.customer)
    await journey.repeat(sale)
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))


@scenario("duplicate-sale.counted-once")
async def a_sale_without_lead_counts_once_too(journey: Journey) -> None:
    """A sale that came with its own click and no lead before it is no exception: one invoice, one sale."""
    click = await journey.click()
    invoice = journey.invoice()
    sale = await journey.given_sale(invoice=invoice, click=click)
    await journey.given_recorded("sale", has_sale(invoice, journey.profile.equivalence))
    await journey.repeat(sale)
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))


@scenario("duplicate-sale.counted-once")
async def a_lead_in_between_does_not_make_the_sale_new(journey: Journey) -> None:
    """A sale repeated after a further lead of the same customer counts once."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click, deferred=True)
    sale = await journey.given_sale(invoice=invoice, click=click)
    await journey.given_recorded("sale", has_sale(invoice, journey.profile.equivalence))
    await journey.lead(event="demo_booked")
    await journey.repeat(sale)
    await journey.must_record("duplicate-sale.counted-once", counts(invoice))


@scenario("duplicate-sale.new-invoice-counts")
async def a_new_invoice_counts_although_all_else_is_the_same(journey: Journey) -> None:
    """The same amount for the same customer under a new invoice id is a second sale."""
    first, second = journey.invoice(), journey.invoice()
    click = await _sold(journey, first)
    await journey.sale(invoice=second, click=click)
    await journey.must_record("duplicate-sale.new-invoice-counts", counts(first, second))


@scenario(
    "duplicate-sale.new-invoice-counts",
    variants={"same-ending": ("1" + "x" * 60, "2" + "x" * 60), "other-punctuation": ("1-1", "11")},
)
async def invoices_that_look_alike_are_two_sales(journey: Journey, one: str, other: str) -> None:
    """Invoice ids are opaque: two that end alike, or differ only in punctuation, are two sales."""
    stem = journey.invoice()
    first, second = stem + one, stem + other
    click = await _sold(journey, first)
    await journey.sale(invoice=second, click=click)
    await journey.must_record("duplicate-sale.new-invoice-counts", counts(first, second))


@scenario(
    "duplicate-sale.shared-prefix-is-another-invoice",
    variants={
        "one-is-the-others-beginning": ("", "-2"),
        "long-shared-prefix": ("x" * 120 + "-1", "x" * 120 + "-2"),
        "leading-zero": ("42", "042"),
    },
)
async def invoices_that_begin_alike_are_two_sales(journey: Journey, one: str, other: str) -> None:
    """Invoice ids are opaque: two that share a beginning, however long, are two sales."""
    stem = journey.invoice()
    first, second = stem + one, stem + other
    click = await _sold(journey, first)
    await journey.sale(invoice=second, click=click)
    await journey.must_record("duplicate-sale.shared-prefix-is-another-invoice", counts(first, second))


@scenario("duplicate-sale.letter-case-is-another-invoice")
async def invoices_in_other_letter_case_are_two_sales(journey: Journey) -> None:
    """Invoice ids are opaque: two that differ in letter case are two sales."""
    stem = journey.invoice()
    first, second = f"{stem}abc", f"{stem}ABC"
    click = await _sold(journey, first)
    await journey.sale(invoice=second, click=click)
    await journey.must_record("duplicate-sale.letter-case-is-another-invoice", counts(first, second))


@scenario("duplicate-sale.blanks-make-another-invoice", variants={"leading": " {}", "trailing": "{} "})
async def invoices_with_a_blank_more_are_two_sales(journey: Journey, spelling: str) -> None:
    """Invoice ids are opaque: one with a blank before or after it is another one."""
    first = journey.invoice()
    second = spelling.format(first)
    click = await _sold(journey, first)
    await journey.sale(invoice=second, click=click)
    await journey.must_record("duplicate-sale.blanks-make-another-invoice", counts(first, second))


@scenario("duplicate-sale.first-answer-again")
async def a_repeat_is_answered_as_the_first(journey: Journey) -> None:
    """A sale sent again, byte for byte, is answered with what the first was answered."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    first = await journey.given_sale(invoice=journey.invoice())
    again = await journey.repeat(first)
    journey.must("duplicate-sale.first-answer-again", again, partial(_same_as, first), "the first answer")


@scenario(
    "duplicate-sale.first-answer-again-whatever-differs",
    variants={"amount": {"amount": 9900}, "event-name": {"event": "Renewal"}, "currency": {"currency": "EUR"}},
)
async def a_changed_repeat_is_answered_as_the_first(journey: Journey, changes: dict[str, Any]) -> None:
    """The same invoice id with something else changed is answered with what the first was answered."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    first = await journey.given_sale(invoice=invoice)
    again = await journey.sale(invoice=invoice, **changes)
    requirement = "duplicate-sale.first-answer-again-whatever-differs"
    journey.must(requirement, again, partial(_same_as, first), "the first answer")


def _same_as(first: Answer, again: Answer) -> Found:
    same = again.status == first.status and again.json == first.json
    return Found(holds=same, actual=f"{again}, after {first}")


@scenario("duplicate-sale.without-invoice-all-count", variants={"missing": ABSENT, "null": None, "empty": ""})
async def sales_without_invoice_all_count(journey: Journey, invoice: Any) -> None:
    """Sales that carry no invoice id cannot be told apart from repeats, and all count."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    body = journey.sale_body(invoice=invoice)
    for _ in range(2):
        await journey.send(journey.request("sale", body))
    await journey.must_record("duplicate-sale.without-invoice-all-count", has_so_many_sales(2))
