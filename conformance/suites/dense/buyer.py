"""A customer whose lead carries everything a lead can carry, and whose sales repeat, resemble and overtake one another.

What is odd is odd in a way that every platform has to take; where it may refuse, the story goes on with something
plainer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.engine.equivalence import same
from conformance.engine.payloads import ABSENT
from conformance.generated.screening import Facet
from conformance.suites.resilience import is_labelled_json
from conformance.suites.validation import is_that_time
from conformance.target.connections import now
from conformance.target.target import encode

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.engine.names import Name
    from conformance.generated.screening import Screen
    from conformance.ledger.records import RecordedCustomer, RecordedSale
    from conformance.target.messages import Answer

_SECOND_LEAD = "non-deferred.second-event-name-is-second-lead"
_EACH_ITS_OWN = "non-deferred.each-lead-keeps-its-click"
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
    _SECOND_LEAD,
    _EACH_ITS_OWN,
    "non-deferred.first-profile-stays",
    "sale.answer-shape",
    "sale.own-click-leaves-lead",
    "duplicate-sale.first-answer-again",
    "duplicate-sale.first-answer-again-whatever-differs",
    "privacy.no-other-customer",
)
_NAME = "Zoë 🦄  Анна محمد 王小明"
_SIGNS = " +&<>\"[]{} a/b '#?%ü客🦄"
_LONG, _SHORT = 230, 90
_TIME = "2024-01-15T12:30:00.250+02:00"
_EVENT, _LATER, _DEMO = "sign-up_started", "demo-booked-" + "with-a-name-of-some-length-" * 3, "demo_booked"
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


@dataclass
class _Bought:
    """A sale that was accepted: what its record has to say; `by_itself` where nothing else came at that moment."""

    invoice: str
    amount: Decimal
    currency: str
    event: str
    click: tuple[str, str]
    present: tuple[str, ...]
    once: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass
class _Buyer:
    """The customer of the story, as it was accepted."""

    customer: str
    click: str
    odd: bool
    began: datetime
    name: Name
    later: str | None = None
    later_event: str = _LATER
    sales: list[_Bought] = field(default_factory=list)


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
        again = await journey.sale(
            invoice=invoice, customer=buyer.customer, amount=_OTHER, currency="USD", event="subscription_renewed"
        )
        screen.answered("duplicate-sale.answered", again)
        _same_again(screen, "duplicate-sale.first-answer-again-whatever-differs", first, again)
    stranger = journey.another()
    bought = await _direct_sale(screen, stranger, other)
    if bought is not None:
        await screen.until_live(stranger.customer, lambda record: _is_there(bought, record), "sale")
    await screen.records(buyer.customer, lambda record: _of_buyer(journey.profile, buyer, record), "sale")
    if bought is not None:
        await screen.records(stranger.customer, lambda record: _of_stranger(bought, record), "sale")


async def _signed_up(screen: Screen, click: str) -> _Buyer:
    """The lead with everything, twice at the same moment; where that is refused, a plain one."""
    journey, began = screen.journey, datetime.now(UTC)
    name = journey.another()
    length = _SHORT if "ids-up-to-100" in journey.profile.traits else _LONG
    customer = (name.customer + _SIGNS).ljust(length - 1, "x") + "."
    email = name.email.replace("@", "+tag@")
    details = {"name": _NAME, "email": email, "avatar": name.avatar, "timestamp": _TIME}
    mode = journey.before_a_sale if "wait" in journey.profile.modes else "non_deferred"
    body = journey.lead_body(click=click, customer=customer, event=_EVENT, mode=mode, **details)
    request = replace(journey.request("lead", body), body=encode({**body, **_FURTHER}))
    neighbour = journey.another().customer
    plain = journey.lead_body(click=click, customer=neighbour, name="", event=_EVENT, mode=journey.before_a_sale)
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
        named = {"lead_click": click, "lead_customer": customer, "lead_name": _NAME, "lead_email": email}
        spelt = ("validation.any-script-unchanged", "validation.ids-unchanged")
        screen.says("non-deferred.answer-names-click-and-customer", taken, named, *spelt)
        screen.says("non-deferred.answer-names-link", taken, {"lead_link": ...})
        refused = [answer for answer in answers if 400 <= answer.status < 500 and answer.status != 409]  # noqa: PLR2004 - HTTP's
        screen.expect(
            ("retry.answered-200", "race.answered"), holds=not refused, expected="200 or 409", actual=str(refused)
        )
        return _Buyer(customer, click, odd=True, began=began, name=name)
    if not any(_broke(answer) for answer in answers):
        # The word for a lead that is not deferred may be refused: such a lead need not have a mode.
        body = journey.lead_body(click=click, customer=customer, event=_EVENT, **details)
        without = await journey.send(replace(journey.request("lead", body), body=encode({**body, **_FURTHER})))
        if screen.answered("non-deferred.accepted", without, *_LEAD_SUSPECTS) and without.taken:
            screen.expect(_LEAD_SUSPECTS, holds=True, expected="", actual="")
            return _Buyer(customer, click, odd=True, began=began, name=name)
    name = journey.another()
    journey.given(await journey.lead(click=click, event=_EVENT, customer=name.customer))
    return _Buyer(name.customer, click, odd=False, began=began, name=name)


async def _first_sale(screen: Screen, buyer: _Buyer, invoice: str) -> Answer:
    """A large sale in another currency, without the click; plainer where a platform may refuse that."""
    journey = screen.journey
    amounts = [int(_AMOUNT)] if "whole-amounts" in journey.profile.traits else [_AMOUNT, int(_AMOUNT)]
    ways: list[dict[str, Any]] = [{"amount": amount, "click": ABSENT} for amount in amounts]
    ways.append({"amount": amounts[-1], "click": buyer.click})
    code = _CODE if journey.profile.promises("sale.currency-kept") else "USD"
    for way in ways:
        sale = {"currency": code, "event": "order-paid", **way}
        answer = await journey.sale(invoice=invoice, customer=buyer.customer, **sale)
        if answer.taken:
            break
    screen.answered("sale.accepted", answer)
    left_out = way["click"] is ABSENT
    screen.expect(("sale.click-may-be-left-out",), holds=left_out or not answer.taken, expected="2xx", actual="refused")
    if answer.taken:
        _labelled(screen, answer)
        screen.fits("sale.answer-shape", answer, "sale-success")
        kept = ("sale.amount-kept", "duplicate-sale.first-amount-stays")
        bought = _Bought(
            invoice,
            Decimal(str(way["amount"])),
            code,
            "order-paid",
            (buyer.click, "sale.attributed-to-lead"),
            ("sale.recorded", "sale.invoice-kept"),
            ("duplicate-sale.counted-once",),
            kept,
        )
        buyer.sales.append(bought)
    return answer


async def _sales_at_once(screen: Screen, buyer: _Buyer, invoice: str, other: str) -> None:
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
        bought = _Bought(
            spelt,
            Decimal(str(paid)),
            "USD",
            "order-paid",
            (buyer.click, "sale.lead-click-wins"),
            (*alike, "sale.two-sales-count", "race.different-invoices-all-count"),
            ("race.sales-counted-once", "retry.sale-counted-once", "duplicate-sale.counted-once"),
            ("race.customers-not-mixed-up", "sale.amount-kept"),
        )
        buyer.sales.append(bought)


async def _later_lead(screen: Screen, buyer: _Buyer, other: str) -> None:
    """A lead under another name: without a click, or with one of its own where leads keep theirs."""
    journey = screen.journey
    if journey.profile.promises(_SECOND_LEAD):
        buyer.later, buyer.later_event = other, _DEMO
        answer = await journey.lead(event=_DEMO, customer=buyer.customer, click=other)
    else:
        details = {"avatar": buyer.name.avatar} if buyer.odd else {}
        answer = await journey.lead(event=_LATER, customer=buyer.customer, **details)
    later = ("non-deferred.later-lead-same-click", _SECOND_LEAD)
    screen.expect(later, holds=not _broke(answer), expected="an answer", actual=str(answer))


def _same_again(screen: Screen, requirement: str, first: Answer, again: Answer) -> None:
    alike = again.status == first.status and again.json == first.json
    screen.expect((requirement,), holds=alike, expected="the first answer", actual=f"{again}, after {first}")


async def _direct_sale(screen: Screen, stranger: Name, click: str) -> _Bought | None:
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
    return _Bought(invoice, Decimal(4999), "USD", "purchase_completed", tied, present, once, ("sale.own-click",))


# --- what has to be recorded ------------------------------------------------------------------------------------------


def _of_buyer(profile: Profile, buyer: _Buyer, record: RecordedCustomer | None) -> list[Facet]:
    if record is None:
        suspects = ("validation.ids-unchanged", "validation.ids-with-slash") if buyer.odd else ()
        return [
            Facet((*suspects, "non-deferred.confirmed-at-once"), holds=False, expected=f"customer {buyer.customer}")
        ]
    confirmed, click = record.confirmed, buyer.click
    first = [lead for lead in confirmed if lead.event == _EVENT]
    nameless = all(lead.event is None for lead in confirmed)
    others = [lead for lead in confirmed if lead not in first]
    tied = record.click == click or not record.click_shown
    waits = ("non-deferred.explicit-mode-is-not-deferred", "non-deferred.confirmed-at-once")
    twice = ("race.leads-counted-once", "retry.lead-counted-once", "non-deferred.one-lead")
    once = len(first) <= 1 and len(confirmed) <= 2  # noqa: PLR2004 - the lead and the later one
    rightly = tied and any(lead.click == click for lead in (first or confirmed))
    facets = [
        Facet(waits, bool(confirmed), "a confirmed lead"),
        Facet(twice, once, "each lead once", excess=not once),
        Facet(("non-deferred.attributed",), rightly or not confirmed, f"a lead attributed to click {click}"),
        Facet(
            ("non-deferred.later-lead-same-click", _EACH_ITS_OWN, "non-deferred.attributed"),
            all(lead.click == (buyer.later or click) for lead in (others if first else confirmed)),
            f"a later lead attributed to click {buyer.later or click}",
        ),
        Facet((_SECOND_LEAD,), bool(others), "a second lead under another name"),
        Facet(
            ("non-deferred.event-name-kept",),
            not first or all(lead.event in (None, buyer.later_event) for lead in others),
            f"a later lead named {buyer.later_event}",
        ),
        Facet(
            ("non-deferred.event-name-kept", *waits),
            bool(first) or not confirmed or (not buyer.odd and nameless),
            f"a lead named {_EVENT}",
        ),
    ]
    if buyer.odd:
        facets += _odd(profile, buyer, record)
    return facets + _sold(profile, buyer, record)


def _odd(profile: Profile, buyer: _Buyer, record: RecordedCustomer) -> list[Facet]:
    rules, details = profile.equivalence, ("non-deferred.details-kept",)
    at = next((lead.timestamp for lead in record.leads if lead.event == _EVENT), None)
    return [
        Facet(("validation.ids-unchanged",), record.customer == buyer.customer, f"customer {buyer.customer!r}"),
        Facet(
            (
                "race.customers-not-mixed-up",
                "validation.any-script-unchanged",
                "non-deferred.first-profile-stays",
                *details,
            ),
            same(record.name, _NAME, rules.get("name", "exact")),
            f"the name {_NAME!r}",
        ),
        Facet(
            details,
            same(record.email, buyer.name.email.replace("@", "+tag@"), rules.get("email", "exact")),
            "the e-mail address",
        ),
        Facet(details, same(record.avatar, buyer.name.avatar, rules.get("avatar", "exact")), "the avatar"),
        Facet(("validation.timestamp-same-instant",), is_that_time(at, _TIME, buyer.began), f"the instant {_TIME}"),
    ]


def _sold(profile: Profile, buyer: _Buyer, record: RecordedCustomer) -> list[Facet]:
    facets = []
    for bought in buyer.sales:
        facets += _as_bought(profile, bought, [sale for sale in record.sales if sale.invoice == bought.invoice])
    own = {bought.invoice for bought in buyer.sales}
    foreign = [sale.invoice for sale in record.sales if sale.invoice not in own]
    facets.append(Facet(("sale.invoice-kept", "duplicate-sale.counted-once"), not foreign, "no other invoice"))
    return facets


def _as_bought(profile: Profile, bought: _Bought, sales: list[RecordedSale]) -> list[Facet]:
    rules, told = profile.equivalence, f"sale {bought.invoice}"
    click, tied = bought.click
    facets = [
        Facet(bought.present, bool(sales), told),
        Facet(bought.once, len(sales) <= 1, f"{told} once", excess=len(sales) > 1),
    ]
    if sales:
        kept = any(same(sale.amount, bought.amount, rules.get("amount", "exact")) for sale in sales)
        code = any(same(sale.currency, bought.currency, rules.get("currency", "exact")) for sale in sales)
        named = any(sale.event == bought.event for sale in sales)
        facets += [
            Facet(bought.kept, kept, f"{told} of {bought.amount}"),
            Facet(("sale.currency-kept", *bought.kept), code, f"{told} in {bought.currency}"),
            Facet(("sale.event-name-kept",), named, f"{told} named {bought.event}"),
            Facet((tied,), any(sale.click == click for sale in sales), f"{told} attributed to click {click}"),
        ]
    return facets


def _is_there(bought: _Bought, record: RecordedCustomer | None) -> list[Facet]:
    there = record is not None and any(sale.invoice == bought.invoice for sale in record.sales)
    return [Facet(bought.present, there, f"sale {bought.invoice}")]


def _of_stranger(bought: _Bought, record: RecordedCustomer | None) -> list[Facet]:
    sales = [sale for sale in record.sales if sale.invoice == bought.invoice] if record else []
    click, tied = bought.click
    led = record is not None and any(lead.click == click for lead in record.confirmed)
    return [
        *_is_there(bought, record),
        Facet(("sale.own-click-leaves-lead",), led, f"a lead attributed to click {click}"),
        Facet(bought.once, len(sales) <= 1, f"sale {bought.invoice} once", excess=len(sales) > 1),
        Facet(
            (tied, "click-capture.id-usable"),
            all(sale.click == click for sale in sales),
            f"sale {bought.invoice} attributed to click {click}",
        ),
    ]


def _labelled(screen: Screen, answer: Answer) -> None:
    found = is_labelled_json(answer)
    screen.expect(
        ("resilience.json-content-type",), holds=found.holds, expected="application/json", actual=found.actual
    )


def _broke(answer: Answer) -> bool:
    """No answer, or a server error."""
    return answer.fault is not None or answer.status >= 500  # noqa: PLR2004 - HTTP's own number
