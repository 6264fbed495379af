"""Webhooks: what is recorded is pushed once, signed; what is not recorded is not pushed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.engine.deliveries import delivers
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.evidence.inbox import Delivery

_LEAD = "lead.created"
_SALE = "sale.created"


def _says(values: dict[str, Any], delivery: Delivery) -> str | None:
    """What a delivery gets wrong of these values (by dotted path), or None."""
    for path, value in values.items():
        shown: Any = delivery.document
        for name in path.split("."):
            shown = shown.get(name) if isinstance(shown, dict) else None
        if shown != value and not (value is ... and shown is not None):
            return f"{path} is {shown!r}, not {'there' if value is ... else repr(value)}"
    return None


def _is_signed(delivery: Delivery) -> str | None:
    return None if delivery.signed else "the signature is missing or wrong"


@scenario("webhooks.lead-created", "webhooks.signed")
async def a_lead_is_pushed_once_and_signed(journey: Journey) -> None:
    """A recorded lead is pushed once, with click, customer, link and event name, and rightly signed."""
    click = await journey.click()
    await journey.given_lead(click=click, event="Sign up", email=journey.name.email)
    values = {
        "id": ...,
        "createdAt": ...,
        "data.eventName": "Sign up",
        "data.click.id": click,
        "data.customer.externalId": journey.customer,
        "data.customer.email": journey.name.email,
        "data.link.id": ...,
    }
    await journey.must_deliver("webhooks.lead-created", delivers(_LEAD, 1, partial(_says, values)))
    await journey.must_deliver("webhooks.signed", delivers(_LEAD, 1, _is_signed))


@scenario("webhooks.sale-created", "webhooks.signed")
async def a_sale_is_pushed_once_and_signed(journey: Journey) -> None:
    """A recorded sale is pushed once, with amount, invoice and customer, and rightly signed."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=invoice, amount=4999)
    values = {
        "id": ...,
        "createdAt": ...,
        "data.eventName": "purchase_completed",
        "data.click.id": click,
        "data.customer.externalId": journey.customer,
        "data.link.id": ...,
        "data.sale.amount": 4999,
        "data.sale.invoiceId": invoice,
    }
    await journey.must_deliver("webhooks.sale-created", delivers(_SALE, 1, partial(_says, values)))
    await journey.must_deliver("webhooks.signed", delivers(_SALE, 1, _is_signed))


@scenario("webhooks.none-for-duplicates")
async def a_repeat_is_not_pushed(journey: Journey) -> None:
    """A lead and a sale that are sent again are not pushed again."""
    click = await journey.click()
    lead = await journey.given_lead(click=click, mode=journey.before_a_sale)
    sale = await journey.given_sale(invoice=journey.invoice())
    await journey.repeat(lead)
    await journey.repeat(sale)
    await journey.must_deliver("webhooks.none-for-duplicates", delivers(_LEAD, 1))
    await journey.must_deliver("webhooks.none-for-duplicates", delivers(_SALE, 1))


@scenario("webhooks.none-for-event-1", "webhooks.lead-created")
async def event_1_is_not_pushed_and_event_2_is(journey: Journey) -> None:
    """A pending lead is not pushed; when event 2 confirms it, it is, once."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred")
    await journey.must_deliver("webhooks.none-for-event-1", delivers(_LEAD, 0))
    await journey.given_lead(event="email_verified")
    await journey.must_deliver("webhooks.lead-created", delivers(_LEAD, 1, partial(_says, {"data.click.id": click})))


@scenario("webhooks.none-for-unknown-customer")
async def a_sale_of_nobody_is_not_pushed(journey: Journey) -> None:
    """A sale of an unknown customer records nothing, and nothing is pushed."""
    await journey.sale(invoice=journey.invoice())
    await journey.must_deliver("webhooks.none-for-unknown-customer", delivers(_SALE, 0))


@scenario("webhooks.none-for-zero-sale")
async def a_sale_of_nothing_is_not_pushed(journey: Journey) -> None:
    """A sale of zero counts for nothing, and nothing is pushed."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    await journey.sale(invoice=journey.invoice(), amount=0)
    await journey.must_deliver("webhooks.none-for-zero-sale", delivers(_SALE, 0))


@scenario("webhooks.one-for-event-quantity")
async def a_quantity_of_leads_is_pushed_once(journey: Journey) -> None:
    """A lead event with a quantity of three is pushed once."""
    click = await journey.click()
    await journey.given_lead(click=click, quantity=3)
    await journey.must_deliver("webhooks.one-for-event-quantity", delivers(_LEAD, 1))
