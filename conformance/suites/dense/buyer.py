"""A customer whose lead carries everything a lead can carry, and whose sales repeat, resemble and overtake one another.

What is odd is odd in a way that every platform has to take; where it may refuse, the story goes on with something
plainer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.engine.payloads import ABSENT
from conformance.suites.dense.bought import (
    DEMO,
    EACH_ITS_OWN,
    EVENT,
    LATER,
    NAME,
    PAID,
    SECOND_LEAD,
    TIME,
    Bought,
    Buyer,
    is_there,
    of_buyer,
    of_stranger,
)
from conformance.suites.resilience import is_labelled_json
from conformance.target.connections import now
from conformance.target.target import encode

if TYPE_CHECKING:
    from conformance.engine.names import Name
    from conformance.generated.screening import Screen
    from conformance.target.messages import Answer

BUYER = (
    "non-deferred.accepted",
    "non-deferred.confirmed-at-once",
    "non-deferred.explicit-mode-is-not-deferred",
    "non-deferred.one-lead",
    "non-deferred.attributed",
    "non-deferred.event-name-kept",
    "non-deferred.details-kept",
    "non-deferred.later-lead-same-click",
    "validation.ids-accepted",
    "validation.ids-unchanged",
    "validation.ids-with-slash",
    "validation.any-script-accepted",
    "validation.any-script-unchanged",
    "validation.timestamps-accepted",
    "validation.timestamp-same-instant",
    "validation.unknown-fields-ignored",
    "retry.answered",
    "retry.answered-200",
    "retry.lead-counted-once",
    "race.answered",
    "race.leads-counted-once",
    "race.sales-counted-once",
    "race.different-invoices-all-count",
    "race.customers-not-mixed-up",
    "sale.accepted",
    "sale.click-may-be-left-out",
    "sale.recorded",
    "sale.invoice-kept",
    "sale.amount-kept",
    "sale.currency-kept",
    "sale.event-name-kept",
    "sale.attributed-to-lead",
    "sale.lead-click-wins",
    "sale.two-sales-count",
    "sale.own-click",
    "duplicate-sale.answered",
    "duplicate-sale.counted-once",
    "duplicate-sale.first-amount-stays",
    "duplicate-sale.new-invoice-counts",
    "duplicate-sale.shared-prefix-is-another-invoice",
    "duplicate-sale.blanks-make-another-invoice",
    "duplicate-sale.letter-case-is-another-invoice",
    "click-capture.parameter-in-location",
    "click-capture.fresh-id",
    "click-capture.id-usable",
    "resilience.json-content-type",
    "validation.bad-format-no-server-error",
    "non-deferred.answer-shape",
    "non-deferred.answer-names-click-and-customer",
    "non-deferred.answer-names-link",
    SECOND_LEAD,
    EACH_ITS_OWN,
    "non-deferred.first-profile-stays",
    "sale.answer-shape",
    "sale.own-click-leaves-lead",
    "duplicate-sale.first-answer-again",
    "duplicate-sale.first-answer-again-whatever-differs",
    "privacy.no-other-customer",
)
_SIGNS = " +&<>\"[]{}\\ a/b '#?%ü客🦄"
_LONG, _SHORT = 230, 90
_FURTHER = {"utmSource": "newsletter", "x-note": {"nested": [1, "two", None]}}
_AMOUNT = 123456789.01
_SMALL, _OTHER = 900, 4999
_TAIL = "-aBcDeFgHiJkLmNoPqRsTuVwXyZ-2026"
_REMEMBERED = 1.1
_CODE = "EUR"
_LEAD_SUSPECTS = (
    "validation.ids-accepted",
    "validation.ids-with-slash",
    "validation.any-script-accepted",
    "validation.timestamps-accepted",
    "validation.unknown-fields-ignored",
    "non-deferred.explicit-mode-is-not-deferred",
)


async def told(screen: Screen) -> None:
    """The whole story, and what is recorded of it."""
    journey = screen.journey
    click, other = await screen.click(), await screen.click()
    buyer = await _signed_up(screen, click)
    began = now()
    invoice = buyer.name.invoice() + _TAIL
    first = await _first_sale(screen, buyer, invoice)
    if first.taken:
        await _sales_at_once(screen, buyer, invoice, other)
    await _later_lead(screen, buyer, other)
    if first.taken:
        await journey.pause(max(0.0, began + _REMEMBERED - now()))
        again = await journey.sale(invoice=invoice, customer=buyer.customer, click=other, **_otherwise(buyer))
        screen.answered("duplicate-sale.answered", again)
        _same_again(screen, "duplicate-sale.first-answer-again-whatever-differs", first, again)
    stranger = journey.another()
    bought = await _direct_sale(screen, stranger, other)
    if bought is not None:
        await screen.until_live(stranger.customer, lambda record: is_there(bought, record), "sale")
    await screen.records(buyer.customer, lambda record: of_buyer(journey.profile, buyer, record), "sale")
    if bought is not None:
        await screen.records(stranger.customer, lambda record: of_stranger(bought, record), "sale")


async def _signed_up(screen: Screen, click: str) -> Buyer:
    """The lead with everything, twice at the same moment; where that is refused, a plain one."""
    journey, began = screen.journey, datetime.now(UTC)
    name = journey.another()
    length = _SHORT if "ids-up-to-100" in journey.profile.traits else _LONG
    customer = (name.customer + _SIGNS).ljust(length - 1, "x") + "."
    email = name.email.replace("@", "+tag@")
    details = {"name": NAME, "email": email, "avatar": name.avatar, "timestamp": TIME}
    mode = journey.before_a_sale if "wait" in journey.profile.modes else "non_deferred"
    body = journey.lead_body(click=click, customer=customer, event=EVENT, mode=mode, **details)
    request = replace(journey.request("lead", body), body=encode({**body, **_FURTHER}))
    neighbour = journey.another().customer
    plain = journey.lead_body(click=click, customer=neighbour, name="", event=EVENT, mode=journey.before_a_sale)
    beside = journey.request("lead", plain)
    *answers, third = await screen.at_once([request, request, beside])
    besides = ("validation.bad-format-no-server-error", "race.answered")
    screen.expect(besides, holds=not _broke(third), expected="no server error", actual=str(third))
    screen.names_nobody_else(third)
    taken = [answer for answer in answers if answer.taken]
    for answer in answers:
        screen.names_nobody_else(answer)
        repeats = ("race.answered", "retry.answered")
        suspects = repeats if taken else (*repeats, "non-deferred.accepted", *_LEAD_SUSPECTS)
        screen.expect(suspects, holds=not _broke(answer), expected="no server error", actual=str(answer))
    if taken:
        screen.answered("non-deferred.accepted", taken[0], *_LEAD_SUSPECTS)
        screen.expect(_LEAD_SUSPECTS, holds=True, expected="", actual="")
        _labelled(screen, taken[0])
        screen.fits("non-deferred.answer-shape", taken[0], "lead-success")
        named = {"lead_click": click, "lead_customer": customer, "lead_name": NAME, "lead_email": email}
        spelt = ("validation.any-script-unchanged", "validation.ids-unchanged")
        screen.says("non-deferred.answer-names-click-and-customer", taken, named, *spelt)
        screen.says("non-deferred.answer-names-link", taken, {"lead_link": ...})
        refused = [answer for answer in answers if 400 <= answer.status < 500 and answer.status != 409]  # noqa: PLR2004 - HTTP's
        screen.expect(
            ("retry.answered-200", "race.answered"), holds=not refused, expected="200 or 409", actual=str(refused)
        )
        return Buyer(customer, click, odd=True, began=began, name=name)
    if not any(_broke(answer) for answer in answers):
        # The word for a lead that is not deferred may be refused: such a lead need not have a mode.
        body = journey.lead_body(click=click, customer=customer, event=EVENT, **details)
        without = await journey.send(replace(journey.request("lead", body), body=encode({**body, **_FURTHER})))
        if screen.answered("non-deferred.accepted", without, *_LEAD_SUSPECTS) and without.taken:
            screen.expect(_LEAD_SUSPECTS, holds=True, expected="", actual="")
            return Buyer(customer, click, odd=True, began=began, name=name)
    name = journey.another()
    journey.given(await journey.lead(click=click, event=EVENT, customer=name.customer))
    return Buyer(name.customer, click, odd=False, began=began, name=name)


async def _first_sale(screen: Screen, buyer: Buyer, invoice: str) -> Answer:
    """A large sale in another currency, without the click; plainer where a platform may refuse that."""
    journey = screen.journey
    amounts = [int(_AMOUNT)] if "whole-amounts" in journey.profile.traits else [_AMOUNT, int(_AMOUNT)]
    ways: list[dict[str, Any]] = [{"amount": amount, "click": ABSENT} for amount in amounts]
    ways.append({"amount": amounts[-1], "click": buyer.click})
    code = _CODE if journey.profile.promises("sale.currency-kept") else "USD"
    for way in ways:
        sale = {"currency": code, "event": "order-paid", "timestamp": PAID, **way}
        answer = await journey.sale(invoice=invoice, customer=buyer.customer, **sale)
        if answer.taken:
            break
    screen.answered("sale.accepted", answer, "validation.timestamps-accepted")
    left_out = way["click"] is ABSENT
    screen.expect(("sale.click-may-be-left-out",), holds=left_out or not answer.taken, expected="2xx", actual="refused")
    if answer.taken:
        _labelled(screen, answer)
        screen.fits("sale.answer-shape", answer, "sale-success")
        kept = ("sale.amount-kept", "duplicate-sale.first-amount-stays")
        bought = Bought(
            invoice,
            Decimal(str(way["amount"])),
            code,
            "order-paid",
            (buyer.click, "sale.attributed-to-lead"),
            ("sale.recorded", "sale.invoice-kept"),
            ("duplicate-sale.counted-once",),
            kept,
            (PAID, buyer.began),
        )
        buyer.sales.append(bought)
    return answer


async def _sales_at_once(screen: Screen, buyer: Buyer, invoice: str, other: str) -> None:
    """Two sales whose invoices are all but the first one's, and a twin of one of them, at the same moment."""
    journey, first = screen.journey, buyer.sales[0]
    longer, swapped = invoice + " ", invoice.removesuffix(_TAIL) + _TAIL.swapcase()
    amount = int(first.amount) if first.amount == int(first.amount) else float(first.amount)
    common: dict[str, Any] = {"customer": buyer.customer, "click": other, "currency": "USD", "event": "order-paid"}
    one = journey.request("sale", journey.sale_body(invoice=longer, amount=_SMALL, **common))
    two = journey.request("sale", journey.sale_body(invoice=swapped, amount=amount, **common))
    answers = await screen.at_once([one, one, two])
    for answer in answers:
        screen.answered("race.answered", answer, "sale.accepted")
    for spelt, paid, spelling, said in (
        (longer, _SMALL, ("blanks-make-another-invoice", "shared-prefix-is-another-invoice"), answers[:2]),
        (swapped, amount, ("letter-case-is-another-invoice", "new-invoice-counts"), answers[2:]),
    ):
        if not any(answer.taken for answer in said):
            # A server error is told already.
            if not any(_broke(answer) for answer in said):
                screen.answered("sale.accepted", said[0], *(f"duplicate-sale.{one}" for one in spelling))
            continue
        alike = tuple(f"duplicate-sale.{one}" for one in spelling)
        repeated = ("duplicate-sale.first-amount-stays",) if len(said) > 1 else ()
        bought = Bought(
            spelt,
            Decimal(str(paid)),
            "USD",
            "order-paid",
            (buyer.click, "sale.lead-click-wins"),
            (*alike, "sale.two-sales-count", "race.different-invoices-all-count"),
            ("race.sales-counted-once", "retry.sale-counted-once", "duplicate-sale.counted-once"),
            ("race.customers-not-mixed-up", "sale.amount-kept", *repeated),
        )
        buyer.sales.append(bought)


async def _later_lead(screen: Screen, buyer: Buyer, other: str) -> None:
    """A lead under another name: without a click, or with one of its own where leads keep theirs."""
    journey = screen.journey
    if journey.profile.promises(SECOND_LEAD):
        buyer.later, buyer.later_event = other, DEMO
        mode = journey.before_a_sale
        answer = await journey.lead(event=DEMO, customer=buyer.customer, click=other, mode=mode)
    else:
        details = {"avatar": buyer.name.avatar} if buyer.odd else {}
        answer = await journey.lead(event=LATER, customer=buyer.customer, **details)
    later = ("non-deferred.later-lead-same-click", SECOND_LEAD)
    screen.expect(later, holds=not _broke(answer), expected="an answer", actual=str(answer))


def _otherwise(buyer: Buyer) -> dict[str, Any]:
    """All that the first sale does not say; the details are the customer's own, which nothing may come of."""
    details = {"name": NAME, "email": buyer.email} if buyer.odd else {}
    return {"amount": _OTHER, "currency": "USD", "event": "subscription_renewed", "timestamp": TIME, **details}


def _same_again(screen: Screen, requirement: str, first: Answer, again: Answer) -> None:
    alike = again.status == first.status and again.json == first.json
    screen.expect((requirement,), holds=alike, expected="the first answer", actual=f"{again}, after {first}")


async def _direct_sale(screen: Screen, stranger: Name, click: str) -> Bought | None:
    """A sale of somebody without a lead, with its own click, and the same again."""
    journey, invoice = screen.journey, stranger.invoice() + _TAIL
    answer = await journey.sale(invoice=invoice, customer=stranger.customer, click=click)
    if not screen.answered("sale.own-click", answer, "click-capture.id-usable") or not answer.taken:
        return None
    again = await journey.repeat(answer)
    screen.answered("duplicate-sale.answered", again, "retry.answered")
    _same_again(screen, "duplicate-sale.first-answer-again", answer, again)
    tied = (click, "sale.own-click")
    present = ("sale.own-click", "sale.recorded", "duplicate-sale.new-invoice-counts", "click-capture.id-usable")
    once = ("duplicate-sale.counted-once", "retry.sale-counted-once")
    return Bought(invoice, Decimal(4999), "USD", "purchase_completed", tied, present, once, ("sale.own-click",))


def _labelled(screen: Screen, answer: Answer) -> None:
    found = is_labelled_json(answer)
    screen.expect(
        ("resilience.json-content-type",), holds=found.holds, expected="application/json", actual=found.actual
    )


def _broke(answer: Answer) -> bool:
    """No answer, or a server error."""
    return answer.fault is not None or answer.status >= 500  # noqa: PLR2004 - HTTP's own number
