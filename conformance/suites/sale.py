"""Sales: counted with the amount that was sent, and tied to the click that brought the customer."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.answers import at, has
from conformance.engine.matchers import (
    Found,
    counts,
    has_confirmed_lead,
    has_confirmed_leads,
    has_no_sale,
    has_sale,
    is_attributed_to,
    is_attributed_to_nobody,
    is_unknown,
    sale_if_counted_has,
    shows,
    stays_attributed_to,
)
from conformance.engine.payloads import ABSENT
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


@scenario(
    "sale.accepted",
    "sale.recorded",
    "sale.attributed-to-lead",
    "sale.amount-kept",
    "sale.currency-kept",
    "sale.invoice-kept",
    "sale.event-name-kept",
)
async def a_sale_counts_for_the_leads_click(journey: Journey) -> None:
    """A sale of a customer with a lead counts as it was sent, for the lead's click."""
    click = await journey.click()
    invoice = journey.invoice()
    rules = journey.profile.equivalence
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, click=click, amount=4999, currency="USD", event="purchase_completed")
    journey.must("sale.accepted", answer)
    journey.given(answer)
    await journey.must_record("sale.invoice-kept", has_sale(invoice, rules))
    await journey.must_record("sale.recorded", counts(invoice))
    await journey.must_record("sale.attributed-to-lead", has_sale(invoice, rules, click=click))
    await journey.must_record("sale.attributed-to-lead", stays_attributed_to(click))
    await journey.must_record("sale.amount-kept", has_sale(invoice, rules, amount=4999))
    await journey.must_record("sale.currency-kept", has_sale(invoice, rules, currency="USD"))
    await journey.must_record("sale.event-name-kept", has_sale(invoice, rules, event="purchase_completed"))


@scenario("sale.attributed-to-lead", "sale.accepted", "sale.currency-kept")
async def a_sale_after_a_deferred_lead_counts_for_its_click(journey: Journey) -> None:
    """A sale after event 2 counts for event 1's click."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click, deferred=True)
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    answer = await journey.sale(invoice=invoice, click=click, amount=4999, currency="EUR")
    journey.must("sale.accepted", answer)
    journey.given(answer)
    rules = journey.profile.equivalence
    await journey.must_record("sale.attributed-to-lead", has_sale(invoice, rules, click=click))
    await journey.must_record("sale.currency-kept", has_sale(invoice, rules, amount=4999, currency="EUR"))


@scenario("sale.click-may-be-left-out", "sale.attributed-to-lead", variants={"non-deferred": False, "deferred": True})
async def a_sale_without_click_takes_the_leads(journey: Journey, deferred: bool) -> None:  # noqa: FBT001 - the variant
    """A sale that leaves the click id out counts for the lead's click."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click, deferred=deferred)
    await journey.given_recorded("event_2" if deferred else "non_deferred", has_confirmed_lead(click=click))
    answer = await journey.sale(invoice=invoice)
    journey.must("sale.click-may-be-left-out", answer)
    if answer.taken:
        await journey.must_record(
            "sale.attributed-to-lead", has_sale(invoice, journey.profile.equivalence, click=click)
        )
    else:
        journey.satisfied("sale.attributed-to-lead", "the lead's click, if accepted", f"refused: {answer}")


@scenario("sale.lead-click-wins", variants={"non-deferred": False, "deferred": True})
async def the_leads_click_wins_over_the_sales_own(journey: Journey, deferred: bool) -> None:  # noqa: FBT001 - the variant
    """A sale that brings another click than the lead's counts for the lead's click, and moves nothing."""
    click, other = await journey.click(), await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click, deferred=deferred)
    await journey.given_recorded("event_2" if deferred else "non_deferred", has_confirmed_lead(click=click))
    await journey.sale(invoice=invoice, click=other)
    await journey.must_record("sale.lead-click-wins", has_sale(invoice, journey.profile.equivalence, click=click))
    await journey.must_record("sale.lead-click-wins", stays_attributed_to(click))


@scenario("sale.without-lead-and-click")
async def a_sale_without_lead_and_with_an_unknown_click_is_nobodys(journey: Journey) -> None:
    """A click id that nobody minted is no click: a sale that brings it is never tied to somebody else's."""
    await journey.given_lead(click=await journey.click(), customer=journey.another().customer)
    invented = f"{journey.name.stem}-never-minted"
    answer = await journey.sale(invoice=journey.invoice(), click=invented)
    journey.must("sale.without-lead-and-click", answer)
    await journey.must_record("sale.without-lead-and-click", is_attributed_to_nobody(besides=invented))


@scenario("sale.own-click")
async def a_sale_without_lead_counts_for_its_own_click(journey: Journey) -> None:
    """A sale of an unknown customer is recorded with the click that it brings."""
    click = await journey.click()
    invoice = journey.invoice()
    answer = await journey.sale(invoice=invoice, click=click)
    journey.must("sale.own-click", answer)
    journey.given(answer)
    await journey.must_record(
        "sale.own-click", has_sale(invoice, journey.profile.equivalence, click=click, amount=4999)
    )


@scenario("sale.without-lead-and-click")
async def a_sale_without_lead_and_click_is_nobodys(journey: Journey) -> None:
    """A sale of an unknown customer without a click is never tied to somebody else's."""
    await journey.given_lead(click=await journey.click(), customer=journey.another().customer)
    answer = await journey.sale(invoice=journey.invoice())
    journey.must("sale.without-lead-and-click", answer)
    await journey.must_record("sale.without-lead-and-click", is_attributed_to_nobody())


@scenario(
    "sale.other-customer-not-attributed",
    variants={"another-id": (), "same-email": ("email",), "same-name-and-avatar": ("name", "avatar")},
)
async def a_sale_under_another_id_is_not_the_leads(journey: Journey, *shared: str) -> None:
    """A sale under another id than the lead's is not tied to the lead's click, whatever else the two share."""
    click = await journey.click()
    details = {name: journey.details[name] for name in shared}
    await journey.given_lead(click=click, **details)
    await journey.given_recorded("non_deferred", is_attributed_to(click))
    stranger = journey.another().customer
    await journey.sale(invoice=journey.invoice(), customer=stranger, **details)
    await journey.must_record("sale.other-customer-not-attributed", is_attributed_to_nobody(), customer=stranger)
    await journey.must_record("sale.other-customer-not-attributed", has_no_sale())


@scenario(
    "sale.other-customer-not-attributed",
    variants={
        "other-case": ("-user.", "-USER."),
        "decomposed-unicode": ("-caf\u00e9.", "-cafe\u0301."),
        "trailing-blank": ("-a", "-a "),
    },
    unless={
        "other-case": "ids-fold-letters",
        "decomposed-unicode": "ids-fold-letters",
        "trailing-blank": "ids-are-trimmed",
    },
)
async def a_sale_under_an_id_that_looks_the_same_is_not_the_leads(journey: Journey, right: str, wrong: str) -> None:
    """A sale under an id that is not byte for byte the lead's is not tied to the lead's click."""
    click = await journey.click()
    buyer, stranger = journey.customer + right, journey.customer + wrong
    await journey.given_lead(click=click, customer=buyer)
    await journey.given_recorded("non_deferred", is_attributed_to(click), customer=buyer)
    await journey.sale(invoice=journey.invoice(), customer=stranger)
    await journey.must_record("sale.other-customer-not-attributed", is_attributed_to_nobody(), customer=stranger)
    await journey.must_record("sale.other-customer-not-attributed", has_no_sale(), customer=buyer)


@scenario("sale.between-events-keeps-pending", "sale.between-events-attributed")
async def a_sale_between_the_two_events_loses_nothing(journey: Journey) -> None:
    """A sale before verification belongs to event 1's click, and event 2 still confirms the lead once."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    await journey.sale(invoice=invoice, click=click)
    await journey.must_record("sale.between-events-attributed", sale_if_counted_has(invoice, click))
    await journey.must_record("sale.between-events-keeps-pending", stays_attributed_to(click))
    await journey.lead(event="email_verified")
    await journey.must_record("sale.between-events-keeps-pending", has_confirmed_leads(1, click=click))
    await journey.must_record("sale.between-events-attributed", sale_if_counted_has(invoice, click))


@scenario("sale.between-events-attributed")
async def a_sale_between_the_two_events_takes_event_1s_click(journey: Journey) -> None:
    """A sale before verification that brings another click belongs to event 1's click all the same."""
    click, other = await journey.click(), await journey.click()
    invoice = journey.invoice()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    await journey.sale(invoice=invoice, click=other)
    await journey.must_record("sale.between-events-attributed", sale_if_counted_has(invoice, click))


@scenario("sale.two-sales-count", "sale.event-name-kept")
async def two_sales_of_a_customer_both_count(journey: Journey) -> None:
    """A customer who buys twice has two sales, both for the lead's click."""
    click = await journey.click()
    first, second = journey.invoice(), journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=first, click=click, amount=4999)
    await journey.sale(invoice=second, click=click, amount=900, event="Plan Upgraded")
    await journey.must_record("sale.two-sales-count", counts(first, second))
    rules = journey.profile.equivalence
    await journey.must_record("sale.two-sales-count", has_sale(first, rules, amount=4999, click=click))
    await journey.must_record("sale.two-sales-count", has_sale(second, rules, amount=900, click=click))
    await journey.must_record("sale.event-name-kept", has_sale(second, rules, event="Plan Upgraded"))


@scenario("sale.accepted", "sale.amount-kept", variants={"one": 1, "large": 1234567, "very-large": 999999999})
async def a_whole_amount_keeps_its_value(journey: Journey, amount: int) -> None:
    """A whole amount, small or large, keeps its value."""
    await _amount(journey, amount, may_refuse=False)


@scenario(
    "sale.amount-kept",
    variants={
        "cents": 49.99,
        "one-digit": 0.1,
        "binary-unfriendly": 1.1,
        "large": 12345678.91,
        "half-cent-near": 19.999,
    },
    unless="whole-amounts",
)
async def a_decimal_amount_keeps_its_value(journey: Journey, amount: float) -> None:
    """A decimal amount keeps its value, where the platform does not count cents and refuse it."""
    await _amount(journey, amount, may_refuse=True)


@scenario("sale.amount-kept")
async def an_amount_beyond_32_bits_keeps_its_value(journey: Journey) -> None:
    """An amount that a column of 32 bits cannot hold keeps its value, or is refused, and is never cut down to fit."""
    await _amount(journey, 3_000_000_000, may_refuse=True)


async def _amount(journey: Journey, amount: float, *, may_refuse: bool) -> None:
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, click=click, amount=amount)
    if may_refuse and answer.fault is None and not answer.taken:
        journey.satisfied(
            "sale.amount-kept", f"amount {amount}, or refused by a platform that does not count so", str(answer)
        )
        return
    if not may_refuse:
        journey.must("sale.accepted", answer)
    journey.given(answer)
    exact = has_sale(invoice, journey.profile.equivalence, amount=Decimal(str(amount)))
    await journey.must_record("sale.amount-kept", exact)


@scenario("sale.currency-kept", variants={"euro": "EUR", "yen": "JPY", "dinar": "KWD", "rupee": "INR"})
async def a_currency_is_kept(journey: Journey, currency: str) -> None:
    """A sale's currency is kept, and its amount with it, whatever the currency's decimals."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=invoice, click=click, amount=500, currency=currency)
    await journey.must_record(
        "sale.currency-kept", has_sale(invoice, journey.profile.equivalence, amount=500, currency=currency)
    )


@scenario("sale.currency-kept")
async def each_sale_of_a_customer_keeps_its_own_currency(journey: Journey) -> None:
    """A customer who pays in two currencies has a sale in each."""
    click = await journey.click()
    invoices = {"USD": journey.invoice(), "GBP": journey.invoice(), "EUR": journey.invoice()}
    await journey.given_buyer(click=click)
    for currency, invoice in invoices.items():
        await journey.given_sale(invoice=invoice, click=click, amount=500, currency=currency)
    for currency, invoice in invoices.items():
        await journey.must_record(
            "sale.currency-kept", has_sale(invoice, journey.profile.equivalence, amount=500, currency=currency)
        )


@scenario("sale.answer-shape", "sale.accepted")
async def the_answer_to_a_sale_is_of_the_documented_shape(journey: Journey) -> None:
    """The answer to a sale names customer and sale, in the documented shape."""
    click = await journey.click()
    await journey.given_buyer(click=click, deferred=False)
    answer = await journey.sale(invoice=journey.invoice())
    journey.must("sale.accepted", answer)
    journey.must_fit("sale.answer-shape", answer, "sale-success")


@scenario("sale.after-wait-lead", needs="wait-mode")
async def a_sale_right_after_a_lead_that_waits_counts(journey: Journey) -> None:
    """A sale sent right after the answer to a lead in mode wait finds that lead."""
    click = await journey.click()
    journey.given(await journey.lead(click=click, mode="wait"))
    answer = await journey.sale(invoice=journey.invoice())
    journey.must("sale.after-wait-lead", answer)
    journey.must("sale.after-wait-lead", answer, partial(_says_sale, journey), "an answer whose sale is not null")


@scenario("sale.after-async-lead", "sale.accepted", "sale.recorded", needs="wait-mode")
async def a_sale_right_after_an_async_lead_is_answered(journey: Journey) -> None:
    """A sale sent right after an asynchronous lead counts, or is refused as having no lead yet."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_lead(click=click)
    answer = await journey.sale(invoice=invoice)
    journey.must("sale.after-async-lead", answer)
    journey.must("sale.accepted", answer, _says_so, "accepted, or refused for now")
    if _says_sale(journey, answer).holds:
        await journey.must_record("sale.recorded", counts(invoice))
    else:
        journey.satisfied("sale.recorded", "counts, if the answer names the sale", str(answer))


def _says_so(answer: Answer) -> Found:
    return Found(holds=answer.taken or 400 <= answer.status < 500, actual=str(answer))  # noqa: PLR2004 - HTTP's


def _says_sale(journey: Journey, answer: Answer) -> Found:
    return Found(holds=answer.taken and journey.at(answer, "sale") is not None, actual=str(answer))


@scenario("sale.named-lead", "sale.unknown-lead-name-refused", "sale.attributed-to-lead")
async def a_sale_can_name_its_lead(journey: Journey) -> None:
    """A sale that names an earlier lead counts for that lead's click; one that names none is refused."""
    first, second = await journey.click(), await journey.click()
    wait = journey.before_a_sale
    journey.given(await journey.lead(click=first, event="signup_started", mode=wait))
    journey.given(await journey.lead(click=second, event="demo_booked", mode=wait))
    await journey.given_recorded("non_deferred", has_confirmed_lead(event="signup_started", click=first))
    await journey.given_recorded("non_deferred", has_confirmed_lead(event="demo_booked", click=second))
    refused = await journey.sale(invoice=journey.invoice(), lead_event=f"no such lead {journey.name.stem}")
    journey.must("sale.unknown-lead-name-refused", refused)
    named, latest = journey.invoice(), journey.invoice()
    rules = journey.profile.equivalence
    await journey.sale(invoice=named, lead_event="signup_started")
    await journey.sale(invoice=latest)
    await journey.must_record("sale.named-lead", has_sale(named, rules, click=first))
    await journey.must_record("sale.attributed-to-lead", has_sale(latest, rules, click=second))


@scenario("sale.between-events-refused")
async def a_sale_between_the_two_events_is_refused(journey: Journey) -> None:
    """A sale of a customer whose lead is still pending has no lead to count for, and is refused."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred")
    journey.must("sale.between-events-refused", await journey.sale(invoice=journey.invoice()))


@scenario("sale.unknown-customer-nulls")
async def a_sale_of_an_unknown_customer_records_nothing(journey: Journey) -> None:
    """A sale of nobody known, without a click, is answered with nulls and leaves no customer."""
    answer = await journey.sale(invoice=journey.invoice())
    journey.must("sale.unknown-customer-nulls", answer)
    judge = partial(_says_null, journey)
    journey.must("sale.unknown-customer-nulls", answer, judge, "customer null and sale null in the answer")
    await journey.must_record("sale.unknown-customer-nulls", is_unknown(about="sale"))


def _says_null(journey: Journey, answer: Answer) -> Found:
    paths = {journey.profile.answer_paths[name].partition(".")[0] for name in ("sale", "sale_customer")}
    return Found(all(has(answer, path) and at(answer, path) is None for path in paths), str(answer))


@scenario("sale.zero-amount", "sale.accepted", "sale.recorded")
async def a_sale_of_nothing_is_no_sale(journey: Journey) -> None:
    """An amount of zero may be answered with nulls, and counts for nothing; then the invoice is still to be paid."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, amount=0)
    journey.must("sale.accepted", answer)
    journey.must_say("sale.zero-amount", answer, {"sale": None})
    await journey.must_record("sale.zero-amount", has_no_sale())
    if answer.taken and not _says_sale(journey, answer).holds:
        await journey.given_sale(invoice=invoice)
        await journey.must_record("sale.recorded", counts(invoice))
    else:
        journey.satisfied("sale.recorded", "counts, unless the sale of nothing did", str(answer))


@scenario("sale.defaults")
async def what_a_sale_leaves_out_has_defaults(journey: Journey) -> None:
    """A sale of nothing but customer and amount is in US dollars, a purchase, through no known processor."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    body = journey.sale_body(invoice=ABSENT, currency=ABSENT, event=ABSENT)
    answer = await journey.send(journey.request("sale", body))
    said = {"sale_currency": "usd", "sale_event": "Purchase", "sale_processor": "custom", "sale_amount": 4999}
    journey.must_say("sale.defaults", answer, said)


@scenario("sale.converted-to-usd", variants={"yen": ("JPY", 5000), "euro": ("EUR", 5000)})
async def another_currency_is_converted(journey: Journey, currency: str, amount: int) -> None:
    """A sale in another currency is answered, and recorded, in US cents."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, amount=amount, currency=currency)

    def converted(answer: Answer) -> Found:
        cents, shown = journey.at(answer, "sale_amount"), journey.at(answer, "sale_currency")
        whole = isinstance(cents, int) and cents > 0 and cents != amount
        return Found(holds=answer.taken and whole and str(shown).lower() == "usd", actual=f"{cents} {shown}")

    journey.must("sale.converted-to-usd", answer, converted, "a whole number of US cents, not the amount as sent")
    journey.given(answer)
    cents = journey.at(answer, "sale_amount")
    await journey.must_record("sale.converted-to-usd", has_sale(invoice, journey.profile.equivalence, amount=cents))


@scenario("sale.unknown-currency-unconverted")
async def an_unknown_currency_is_left_as_it_is(journey: Journey) -> None:
    """A sale in a currency that nobody knows is taken with the amount and the currency as they were sent."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=journey.invoice(), amount=4321, currency="XQZ")
    journey.must_say("sale.unknown-currency-unconverted", answer, {"sale_amount": 4321, "sale_currency": "XQZ"})


@scenario("sale.own-click", "sale.own-click-leaves-lead", needs="direct-sale")
async def a_direct_sale_makes_its_customer(journey: Journey) -> None:
    """A sale that brings a click and an unknown customer makes the customer, with a lead for that click."""
    click = await journey.click()
    invoice = journey.invoice()
    details = {key: journey.details[key] for key in ("name", "email")}
    answer = await journey.sale(invoice=invoice, click=click, lead_event="Direct", **details)
    journey.must("sale.own-click", answer)
    journey.given(answer)
    await journey.must_record("sale.own-click", has_sale(invoice, journey.profile.equivalence, click=click))
    await journey.must_record("sale.own-click", shows(details, journey.profile.equivalence))
    await journey.must_record("sale.own-click-leaves-lead", has_confirmed_lead(click=click, event="Direct"))
    await journey.must_record("sale.own-click-leaves-lead", has_confirmed_leads(1, click=click))


@scenario("sale.own-unknown-click-refused")
async def a_direct_sale_with_an_unknown_click_is_refused(journey: Journey) -> None:
    """A sale of an unknown customer with a click id that nobody minted is refused."""
    answer = await journey.sale(invoice=journey.invoice(), click=f"{journey.name.stem}-never-minted")
    journey.must("sale.own-unknown-click-refused", answer)
