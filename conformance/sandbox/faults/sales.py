"""Defects in sales: their amount, their click, and whether they count at all."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.ledger import Outcome, SaleEvent
from conformance.ledger.rulings import accepted, refused
from conformance.sandbox.faults.books import (
    FaultyLedger,
    is_deferred,
    is_follow_up,
    is_new_sale,
    is_pending,
    is_stranger,
    rules,
    sales_of,
    same_address,
    swallows,
    takes_for,
    wrong_click,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import OK, answers, instead, reads, refusal, status, text_becomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, Ruling
    from conformance.ledger.accounts import Account
    from conformance.sandbox.variation import Variation

_LARGE = 1_000_000
_HIGHEST = Decimal(99_999_999)


def _smaller_than_before(ledger: FaultyLedger, event: Event) -> bool:
    return (
        isinstance(event, SaleEvent)
        and is_new_sale(ledger, event)
        and any(sale.amount is not None and sale.amount > event.amount for sale in sales_of(ledger, event))
    )


def _sold_for(
    click: Callable[[FaultyLedger, Event], str | None], when: Callable[[FaultyLedger, Event], bool]
) -> Variation:
    """Such a sale is recorded for this click."""

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        hit = isinstance(event, SaleEvent) and when(ledger, event)
        before = len(sales_of(ledger, event))
        found = ledger.rightly(event)
        sales = sales_of(ledger, event)
        if hit and len(sales) > before:
            sales[-1] = replace(sales[-1], click=click(ledger, event))
            return replace(found, click=sales[-1].click)
        return found

    return rules(ruling)


def _no_click(_: FaultyLedger, __: Event) -> None:
    return None


def _own_click(_: FaultyLedger, event: Event) -> str | None:
    return event.click


def _brings_another(ledger: FaultyLedger, event: Event) -> bool:
    account = ledger.account(event.customer)
    return account is not None and event.click is not None and account.click not in (None, event.click)


def _is_nobodys(ledger: FaultyLedger, event: Event) -> bool:
    return isinstance(event, SaleEvent) and event.click is None and is_stranger(ledger, event)


def _with_address(ledger: FaultyLedger, event: Event) -> bool:
    return _is_nobodys(ledger, event) and same_address(ledger, event) is not None


def _click_of_address(ledger: FaultyLedger, event: Event) -> Event:
    found = same_address(ledger, event)
    return replace(event, click=None if found is None else found.click)


def _looks_the_same(ledger: FaultyLedger, event: Event) -> Account | None:
    """Somebody else whose id is the event's but for blanks at its end and the form of its Unicode."""
    own = unicodedata.normalize("NFC", event.customer).rstrip()
    return next((other for other in ledger.others(event) if unicodedata.normalize("NFC", other.customer) == own), None)


def _of_a_look_alike(ledger: FaultyLedger, event: Event) -> bool:
    return _is_nobodys(ledger, event) and _looks_the_same(ledger, event) is not None


def _click_of_the_look_alike(ledger: FaultyLedger, event: Event) -> Event:
    found = _looks_the_same(ledger, event)
    return replace(event, click=None if found is None else found.click)


def _brings_an_unknown_click(ledger: FaultyLedger, event: Event) -> bool:
    return (
        isinstance(event, SaleEvent)
        and is_stranger(ledger, event)
        and event.click is not None
        and not ledger.is_known(event.click)
    )


def _in_the_first_currency(ledger: FaultyLedger, event: Event) -> Event:
    first = sales_of(ledger, event)[0].currency
    return replace(event, currency=first) if isinstance(event, SaleEvent) and first else event


def _spends_the_pending_lead(ledger: FaultyLedger, event: Event) -> Ruling:
    if isinstance(event, SaleEvent) and is_pending(ledger, event):
        ledger.marked.add(event.customer)
    elif is_follow_up(event) and event.customer in ledger.marked:
        return accepted(Outcome.DUPLICATE)
    return ledger.rightly(event)


def _other_invoice(change: Callable[[str], str]) -> Variation:
    return text_becomes("invoiceId", change, operation="sale")


def _amount(change: Callable[[Decimal], Decimal]) -> Variation:
    def apply(fields: dict[str, Any]) -> None:
        value = fields.get("amount")
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            fields["amount"] = change(Decimal(value))

    return reads(apply, operation="sale")


def _is_large(amount: Any) -> bool:
    return isinstance(amount, int | float) and amount >= _LARGE


SALES: tuple[Fault, ...] = (
    Fault(
        "large-sale-answered-202",
        "A sale of a million or more waits for a review, and is answered with 202.",
        BOTH,
        "sale.accepted",
        answers(lambda sent: sent.is_sale and _is_large(sent.body.get("amount")), status(202), statuses=(OK,)),
    ),
    Fault(
        "sale-not-recorded",
        "A sale is answered with 200 and never written down.",
        BOTH,
        "sale.recorded",
        swallows(is_new_sale),
        also=(
            "sale.*",
            "duplicate-sale.*",
            "race.*",
            "retry.*",
            "validation.*",
            "click-capture.id-usable",
            "webhooks.*",
        ),
    ),
    Fault(
        "amount-capped",
        "An amount above a limit is recorded as the limit.",
        BOTH,
        "sale.amount-kept",
        _amount(lambda value: min(value, _HIGHEST)),
    ),
    Fault(
        "amount-in-single-precision",
        "Amounts are stored as floating point numbers of single precision.",
        CUTMESHORT,
        "sale.amount-kept",
        _amount(lambda value: Decimal(f"{value:.6g}")),
    ),
    Fault(
        "amount-whole",
        "The decimals of an amount are cut off.",
        CUTMESHORT,
        "sale.amount-kept",
        _amount(lambda value: Decimal(int(value)) if value > 0 else value),
    ),
    Fault(
        "currency-always-dollars",
        "Every sale is recorded in US dollars.",
        CUTMESHORT,
        "sale.currency-kept",
        text_becomes("currency", lambda code: "USD" if len(code) == len("USD") and code.isalpha() else code),
    ),
    Fault(
        "invoice-upper-case",
        "Invoice ids are stored in upper case.",
        BOTH,
        "sale.invoice-kept",
        _other_invoice(str.upper),
        also=(
            "sale.*",
            "duplicate-sale.*",
            "race.*",
            "retry.*",
            "validation.*",
            "click-capture.id-usable",
            "webhooks.*",
        ),
    ),
    Fault(
        "sale-event-name-lost",
        "Every sale is recorded under one event name.",
        BOTH,
        "sale.event-name-kept",
        text_becomes("eventName", lambda _: "sale", operation="sale"),
        also=("webhooks.sale-created",),
    ),
    Fault(
        "deferred-customers-sale-takes-wrong-click",
        "A sale of a customer who came with an event 1 is attributed to somebody else's click.",
        BOTH,
        "sale.attributed-to-lead",
        _sold_for(wrong_click, is_deferred),
        also=("sale.lead-click-wins", "sale.between-events-attributed"),
    ),
    Fault(
        "sale-without-click-is-nobodys",
        "A sale that does not repeat the click id is recorded for no click.",
        CUTMESHORT,
        "sale.attributed-to-lead",
        _sold_for(_no_click, lambda ledger, event: event.click is None and not is_stranger(ledger, event)),
    ),
    Fault(
        "sales-own-click-wins",
        "A sale counts for the click that it brings, although its customer has a lead.",
        CUTMESHORT,
        "sale.lead-click-wins",
        _sold_for(_own_click, _brings_another),
        also=("sale.between-events-attributed",),
    ),
    Fault(
        "sale-needs-click",
        "A sale without a click id is refused, although its customer has a lead.",
        CUTMESHORT,
        "sale.click-may-be-left-out",
        instead(lambda sent: sent.is_sale and not sent.body.get("clickId"), refusal(422, "clickId is required")),
    ),
    Fault(
        "sale-needs-lead",
        "A sale without an earlier lead is refused, although it brings its click.",
        BOTH,
        "sale.own-click",
        rules(
            lambda ledger, event: (
                refused(Outcome.REFUSED_UNKNOWN_CLICK)
                if isinstance(event, SaleEvent) and event.click and is_stranger(ledger, event)
                else ledger.rightly(event)
            )
        ),
        also=("click-capture.id-usable", "validation.unknown-fields-ignored", "race.direct-sales-leave-one-lead"),
    ),
    Fault(
        "sales-own-click-lost",
        "The click of a sale without a lead is not recorded.",
        CUTMESHORT,
        "sale.own-click",
        _sold_for(_no_click, is_stranger),
        also=("click-capture.id-usable",),
    ),
    Fault(
        "strangers-sale-takes-wrong-click",
        "A sale of an unknown customer without a click is given to somebody else's.",
        BOTH,
        "sale.without-lead-and-click",
        takes_for(
            lambda ledger, event: _is_nobodys(ledger, event) and event.details.email is None,
            lambda ledger, event: replace(event, click=wrong_click(ledger, event)),
        ),
        also=("sale.*", "webhooks.none-for-unknown-customer"),
    ),
    Fault(
        "sale-matched-by-address",
        "A sale of an unknown customer is given to the click of whoever has its e-mail address.",
        BOTH,
        "sale.other-customer-not-attributed",
        takes_for(_with_address, _click_of_address),
    ),
    Fault(
        "sale-matched-by-look-alike",
        "A sale's customer is looked up without regard to blanks at the end of the id and to the form of its Unicode.",
        CUTMESHORT,
        "sale.other-customer-not-attributed",
        takes_for(_of_a_look_alike, _click_of_the_look_alike),
    ),
    Fault(
        "unknown-click-of-sale-takes-another",
        "The sale of an unknown customer with a click id that nobody minted is given to one that exists.",
        BOTH,
        "sale.without-lead-and-click",
        takes_for(_brings_an_unknown_click, lambda ledger, event: replace(event, click=wrong_click(ledger, event))),
        also=("sale.own-unknown-click-refused",),
    ),
    Fault(
        "first-currency-stays",
        "A customer's further sales are recorded in the currency of the first.",
        CUTMESHORT,
        "sale.currency-kept",
        takes_for(
            lambda ledger, event: is_new_sale(ledger, event) and bool(sales_of(ledger, event)), _in_the_first_currency
        ),
    ),
    Fault(
        "sale-between-events-takes-its-own-click",
        "A sale between event 1 and event 2 counts for the click that it brings.",
        CUTMESHORT,
        "sale.between-events-attributed",
        _sold_for(_own_click, lambda ledger, event: is_pending(ledger, event) and _brings_another(ledger, event)),
    ),
    Fault(
        "sale-between-events-is-nobodys",
        "A sale between event 1 and event 2 is recorded for no click.",
        CUTMESHORT,
        "sale.between-events-attributed",
        _sold_for(_no_click, is_pending),
    ),
    Fault(
        "sale-spends-pending-lead",
        "A sale between event 1 and event 2 is taken for the confirmation, so that event 2 is dropped.",
        BOTH,
        "sale.between-events-keeps-pending",
        rules(_spends_the_pending_lead),
        also=("sale.between-events-attributed",),
    ),
    Fault(
        "smaller-sale-swallowed",
        "A customer's sale that is smaller than an earlier one is taken for a refund, and not counted.",
        BOTH,
        "sale.two-sales-count",
        swallows(_smaller_than_before),
        also=("sale.event-name-kept",),
    ),
)
