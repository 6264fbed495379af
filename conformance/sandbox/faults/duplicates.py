"""Defects in telling a repeated invoice from a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import LeadEvent, SaleEvent
from conformance.sandbox.faults.books import (
    FaultyLedger,
    breaks_down,
    counts_again,
    is_new_sale,
    rules,
    sales_of,
    swallows,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, DUB, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, Ruling
    from conformance.ledger.records import RecordedSale

_BEGINNING = 40
_ENDING = 30


def _earlier(ledger: FaultyLedger, event: Event) -> RecordedSale | None:
    """The customer's sale with the invoice of this event, if it counts already."""
    if not isinstance(event, SaleEvent):
        return None
    return next((sale for sale in sales_of(ledger, event) if sale.invoice == event.invoice), None)


def _repeat_with(what: str) -> Callable[[FaultyLedger, Event], bool]:
    """A repeat of an invoice in which one field is another."""

    def when(ledger: FaultyLedger, event: Event) -> bool:
        earlier = _earlier(ledger, event)
        return earlier is not None and getattr(earlier, what) != getattr(event, what)

    return when


def _not_the_latest(ledger: FaultyLedger, event: Event) -> bool:
    earlier = _earlier(ledger, event)
    return earlier is not None and sales_of(ledger, event)[-1].invoice != earlier.invoice


def _forgets_with_a_lead(ledger: FaultyLedger, event: Event) -> bool:
    if isinstance(event, LeadEvent):
        ledger.marked.add(event.customer)
        return False
    if _earlier(ledger, event) is None:
        ledger.marked.discard(event.customer)
        return False
    return event.customer in ledger.marked


def _of_another(ledger: FaultyLedger, event: Event) -> bool:
    return isinstance(event, SaleEvent) and ledger.is_used(event.invoice) and _earlier(ledger, event) is None


def _replaces_the_amount(ledger: FaultyLedger, event: Event) -> Ruling:
    earlier = _earlier(ledger, event)
    if earlier is not None and isinstance(event, SaleEvent):
        sales = sales_of(ledger, event)
        sales[sales.index(earlier)] = replace(earlier, amount=event.amount, currency=event.currency)
    return ledger.rightly(event)


def _same_amount(ledger: FaultyLedger, event: Event) -> bool:
    return (
        isinstance(event, SaleEvent)
        and is_new_sale(ledger, event)
        and any(sale.amount == event.amount for sale in sales_of(ledger, event))
    )


def _same_invoice(fold: Callable[[str], str]) -> Callable[[FaultyLedger, Event], bool]:
    """A new invoice that is spelt like one that counts already."""

    def when(ledger: FaultyLedger, event: Event) -> bool:
        if not isinstance(event, SaleEvent) or not event.invoice or not is_new_sale(ledger, event):
            return False
        own = fold(event.invoice)
        return any(fold(invoice) == own for invoice in ledger.used())

    return when


def _has_no_invoice(event: Event) -> bool:
    return isinstance(event, SaleEvent) and event.invoice is None


DUPLICATES: tuple[Fault, ...] = (
    Fault(
        "other-amount-fails",
        "An invoice that is sent again with another amount violates a constraint, and is answered with 500.",
        BOTH,
        "duplicate-sale.answered",
        breaks_down(_repeat_with("amount")),
        also=("duplicate-sale.first-answer-again-whatever-differs", "privacy.*"),
    ),
    Fault(
        "key-has-amount",
        "A sale counts again when the amount differs: the key is invoice and amount.",
        BOTH,
        "duplicate-sale.counted-once",
        counts_again(_repeat_with("amount")),
        also=("duplicate-sale.*",),
    ),
    Fault(
        "key-has-event-name",
        "A sale counts again when the event name differs: the key is invoice and event.",
        BOTH,
        "duplicate-sale.counted-once",
        counts_again(_repeat_with("event")),
        also=("duplicate-sale.first-answer-again-whatever-differs",),
    ),
    Fault(
        "key-has-currency",
        "A sale counts again when the currency differs: the key is invoice and currency.",
        CUTMESHORT,
        "duplicate-sale.counted-once",
        counts_again(_repeat_with("currency")),
        also=("duplicate-sale.first-amount-stays",),
    ),
    Fault(
        "only-latest-invoice-remembered",
        "Only a customer's latest invoice is compared with.",
        BOTH,
        "duplicate-sale.counted-once",
        counts_again(_not_the_latest),
    ),
    Fault(
        "invoices-per-customer",
        "An invoice id counts once for each customer.",
        BOTH,
        "duplicate-sale.counted-once-across-customers",
        counts_again(_of_another),
    ),
    Fault(
        "latest-amount-stays",
        "An invoice that is sent again with another amount overwrites the first.",
        CUTMESHORT,
        "duplicate-sale.first-amount-stays",
        rules(_replaces_the_amount),
    ),
    Fault(
        "same-amount-taken-for-repeat",
        "A customer's sale of an amount that was paid before is taken for a repeat.",
        BOTH,
        "duplicate-sale.new-invoice-counts",
        swallows(_same_amount),
        also=("duplicate-sale.*", "race.*", "sale.*", "validation.*"),
    ),
    Fault(
        "invoice-compared-by-beginning",
        "Invoice ids are compared by their first forty characters.",
        BOTH,
        "duplicate-sale.shared-prefix-is-another-invoice",
        swallows(_same_invoice(lambda invoice: invoice[:_BEGINNING])),
    ),
    Fault(
        "invoice-compared-by-ending",
        "Invoice ids are compared by their last thirty characters.",
        CUTMESHORT,
        "duplicate-sale.new-invoice-counts",
        swallows(_same_invoice(lambda invoice: invoice[-_ENDING:])),
    ),
    Fault(
        "invoice-compared-without-case",
        "Invoice ids are compared without regard to letter case.",
        CUTMESHORT,
        "duplicate-sale.letter-case-is-another-invoice",
        swallows(_same_invoice(str.casefold)),
    ),
    Fault(
        "invoice-compared-trimmed",
        "Invoice ids are compared without the blanks around them.",
        CUTMESHORT,
        "duplicate-sale.blanks-make-another-invoice",
        swallows(_same_invoice(str.strip)),
    ),
    Fault(
        "sale-without-invoice-counts-once",
        "Sales without an invoice id are all taken for the same.",
        DUB,
        "duplicate-sale.without-invoice-all-count",
        swallows(lambda ledger, event: _earlier(ledger, event) is not None and _has_no_invoice(event)),
    ),
    Fault(
        "lead-clears-the-invoices",
        "A further lead of a customer clears the invoices that are compared with.",
        BOTH,
        "duplicate-sale.counted-once",
        counts_again(_forgets_with_a_lead),
    ),
)
