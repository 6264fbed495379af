"""Sales: counted with the amount that was sent, and tied to the click that brought the customer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    counts,
    has_confirmed_lead,
    has_confirmed_leads,
    has_sale,
    is_attributed_to,
    is_attributed_to_nobody,
    sale_if_counted_has,
    stays_attributed_to,
)
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey


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


@scenario("sale.attributed-to-lead", "sale.accepted")
async def a_sale_after_a_deferred_lead_counts_for_its_click(journey: Journey) -> None:
    """A sale after event 2 counts for event 1's click."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click, deferred=True)
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    answer = await journey.sale(invoice=invoice, click=click)
    journey.must("sale.accepted", answer)
    journey.given(answer)
    await journey.must_record("sale.attributed-to-lead", has_sale(invoice, journey.profile.equivalence, click=click))


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
    "sale.other-customer-not-attributed", variants={"another-id": "", "same-email": "email", "other-case": "case"}
)
async def a_sale_under_another_id_is_not_the_leads(journey: Journey, shared: str) -> None:
    """A sale under another id than the lead's is not tied to the lead's click."""
    click = await journey.click()
    email = {"email": journey.name.email} if shared == "email" else {}
    await journey.given_lead(click=click, **email)
    await journey.given_recorded("non_deferred", is_attributed_to(click))
    stranger = journey.customer.upper() if shared == "case" else journey.another().customer
    await journey.sale(invoice=journey.invoice(), customer=stranger, **email)
    await journey.must_record("sale.other-customer-not-attributed", is_attributed_to_nobody(), customer=stranger)
    await journey.must_record("sale.other-customer-not-attributed", counts())


@scenario("sale.between-events-attributed", "sale.between-events-keeps-pending")
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


@scenario("sale.two-sales-count")
async def two_sales_of_a_customer_both_count(journey: Journey) -> None:
    """A customer who buys twice has two sales, both for the lead's click."""
    click = await journey.click()
    first, second = journey.invoice(), journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=first, click=click, amount=4999)
    await journey.sale(invoice=second, click=click, amount=900)
    await journey.must_record("sale.two-sales-count", counts(first, second))
    rules = journey.profile.equivalence
    await journey.must_record("sale.two-sales-count", has_sale(first, rules, amount=4999, click=click))
    await journey.must_record("sale.two-sales-count", has_sale(second, rules, amount=900, click=click))


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
)
async def a_decimal_amount_keeps_its_value(journey: Journey, amount: float) -> None:
    """A decimal amount keeps its value, where the platform does not count cents and refuse it."""
    await _amount(journey, amount, may_refuse=True)


async def _amount(journey: Journey, amount: float, *, may_refuse: bool) -> None:
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, click=click, amount=amount)
    if may_refuse and answer.fault is None and not answer.taken:
        journey.satisfied(
            "sale.amount-kept", f"amount {amount}, or refused by a platform that counts cents", str(answer)
        )
        return
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
