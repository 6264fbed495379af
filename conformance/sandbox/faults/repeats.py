"""Defects in what makes a sale a repeat, and in what a repeat does to the sale that counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import SaleEvent
from conformance.sandbox.faults.books import FaultyLedger, counts_again, rules, sales_of
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, Ruling
    from conformance.ledger.records import RecordedSale
    from conformance.sandbox.variation import Variation

    Differ = Callable[[SaleEvent, SaleEvent], bool]
    Change = Callable[[RecordedSale, SaleEvent], RecordedSale]


def _first(ledger: FaultyLedger, event: Event) -> SaleEvent | None:
    """What the customer sent first under the invoice of this event, if that counts already."""
    if not isinstance(event, SaleEvent) or event.invoice is None:
        return None
    if not ledger.is_used(event.invoice):
        ledger.first_sales[event.invoice] = event
        return None
    first = ledger.first_sales.get(event.invoice)
    return first if first is not None and first.customer == event.customer else None


def _key_has(differ: Differ) -> Variation:
    """A repeat of an invoice counts again when it differs so from what came first."""

    def when(ledger: FaultyLedger, event: Event) -> bool:
        first = _first(ledger, event)
        return first is not None and isinstance(event, SaleEvent) and differ(first, event)

    return counts_again(when)


def _repeat_makes_of_it(change: Change) -> Variation:
    """A repeat of an invoice is written over the sale that counts, so that this comes of it."""

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        if _first(ledger, event) is not None and isinstance(event, SaleEvent):
            sales = sales_of(ledger, event)
            sales[:] = [change(sale, event) if sale.invoice == event.invoice else sale for sale in sales]
        return ledger.rightly(event)

    return rules(ruling)


def _unless_it_made_its_customer(ledger: FaultyLedger, event: Event) -> Ruling:
    """Whose customer came with the sale itself is not looked up before there is a customer, and so never found."""
    if isinstance(event, SaleEvent) and event.invoice in ledger.marked and ledger.is_used(event.invoice):
        return ledger.once_more(event)
    stranger = ledger.account(event.customer) is None
    found = ledger.rightly(event)
    if stranger and isinstance(event, SaleEvent) and event.invoice and found.click and found.accepted:
        ledger.marked.add(event.invoice)
    return found


def _plus(sale: RecordedSale, event: SaleEvent) -> RecordedSale:
    return replace(sale, amount=None if sale.amount is None else sale.amount + event.amount)


REPEATS: tuple[Fault, ...] = (
    Fault(
        "key-has-timestamp",
        "A sale counts again when its timestamp differs: the key is invoice and time.",
        CUTMESHORT,
        "duplicate-sale.counted-once",
        _key_has(lambda first, again: first.timestamp != again.timestamp),
    ),
    Fault(
        "key-has-click",
        "A sale counts again when the click id that it brings differs: the key is invoice and click.",
        BOTH,
        "duplicate-sale.counted-once",
        _key_has(lambda first, again: first.click != again.click),
    ),
    Fault(
        "key-has-details",
        "A sale counts again when its customer's name or address differs: the key is made of them too.",
        BOTH,
        "duplicate-sale.counted-once",
        _key_has(lambda first, again: first.details != again.details),
    ),
    Fault(
        "key-is-the-whole-body",
        "Only a sale that says the same in every field is a repeat: the key is a hash of the body.",
        BOTH,
        "duplicate-sale.counted-once",
        _key_has(lambda first, again: replace(first, received=None) != replace(again, received=None)),
        also=("duplicate-sale.*",),
    ),
    Fault(
        "strangers-invoice-not-remembered",
        "The invoice of a sale that brought its customer is not remembered.",
        BOTH,
        "duplicate-sale.counted-once",
        rules(_unless_it_made_its_customer),
    ),
    Fault(
        "repeat-adds-its-amount",
        "A repeated invoice adds its amount to the sale that counts.",
        CUTMESHORT,
        "duplicate-sale.first-amount-stays",
        _repeat_makes_of_it(_plus),
        also=("duplicate-sale.counted-once",),
    ),
    Fault(
        "latest-currency-stays",
        "An invoice that is sent again in another currency keeps its amount, and is given the currency.",
        CUTMESHORT,
        "duplicate-sale.first-amount-stays",
        _repeat_makes_of_it(lambda sale, event: replace(sale, currency=event.currency)),
    ),
)
