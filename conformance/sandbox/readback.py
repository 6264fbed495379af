"""The read-back contract on the wire: what is recorded of a customer, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from conformance.ledger import RecordedCustomer, RecordedLead, RecordedSale

_PLAIN_DIGITS = 40


def customer_document(customer: RecordedCustomer) -> bytes:
    """The body of a read-back answer; amounts stand there digit by digit as they were sent."""
    members = (
        _member("customerExternalId", customer.customer),
        _member("clickId", customer.click),
        _member("name", customer.name),
        _member("email", customer.email),
        _member("avatar", customer.avatar),
        f'"leads":[{",".join(map(_lead, customer.leads))}]',
        f'"sales":[{",".join(map(_sale, customer.sales))}]',
    )
    return _object(*members).encode()


def _lead(lead: RecordedLead) -> str:
    return _object(
        _member("eventName", lead.event),
        _member("status", lead.status.value),
        _member("clickId", lead.click),
        _member("timestamp", lead.timestamp),
    )


def _sale(sale: RecordedSale) -> str:
    return _object(
        _member("invoiceId", sale.invoice),
        _member("eventName", sale.event),
        f'"amount":{_number(sale.amount)}',
        _member("currency", sale.currency),
        _member("clickId", sale.click),
        _member("timestamp", sale.timestamp),
    )


def _object(*members: str) -> str:
    return "{" + ",".join(members) + "}"


def _member(name: str, value: str | None) -> str:
    return f'"{name}":{json.dumps(value)}'


def _number(amount: Decimal | None) -> str:
    if amount is None:
        return "null"
    # json knows no Decimal, and a float would change the value.
    return format(amount, "f") if abs(amount.adjusted()) < _PLAIN_DIGITS else str(amount)
