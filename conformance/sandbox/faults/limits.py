"""Defects in limits that only some platforms document."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.faults.wire import Sent, instead, passed_over, reads, refusal, taken, text_becomes

_LONGEST_EVENT = 255
_LONGEST_DETAIL = 100
_LONGEST_METADATA = 10_000
_MOST_LEADS = 100


def _drops_nulls(fields: dict[str, Any]) -> None:
    for name in ("currency", "eventName", "paymentProcessor"):
        if name in fields and fields[name] is None:
            del fields[name]


def _quantity(value: Any) -> Any:
    return min(max(int(value), 1), _MOST_LEADS)


def _is_long_detail(value: Any) -> bool:
    return isinstance(value, str) and len(value) > _LONGEST_DETAIL


def _just_fits(sent: Sent) -> bool:
    lengths = {"customerName": _LONGEST_DETAIL, "eventName": _LONGEST_EVENT}
    longest = any(len(str(sent.body.get(name, ""))) == length for name, length in lengths.items())
    return sent.posted and (longest or sent.body.get("eventQuantity") == _MOST_LEADS)


LIMITS: tuple[Fault, ...] = (
    Fault(
        "long-event-name-cut",
        "An event name of more than 255 characters is cut off, and taken.",
        DUB,
        "validation.event-name-length",
        text_becomes("eventName", lambda name: name[:_LONGEST_EVENT]),
    ),
    Fault(
        "quantity-clamped",
        "A quantity of leads that is out of range, or half, is taken for the nearest that is not.",
        DUB,
        "validation.event-quantity",
        taken("eventQuantity", lambda value: isinstance(value, int | Decimal), _quantity, operation="lead"),
    ),
    Fault(
        "long-metadata-taken",
        "Metadata that is too long is left aside, and the event taken.",
        DUB,
        "validation.metadata-length",
        passed_over("metadata", lambda value: isinstance(value, dict) and len(json.dumps(value)) > _LONGEST_METADATA),
    ),
    Fault(
        "metadata-of-any-type-taken",
        "Metadata that is no object is left aside, and the event taken.",
        DUB,
        "validation.metadata-not-an-object",
        passed_over("metadata", lambda value: isinstance(value, list | str)),
    ),
    Fault(
        "long-detail-left-aside",
        "A customer's name or address of more than 100 characters is left aside, and the event taken.",
        DUB,
        "validation.detail-length",
        passed_over("customerName", _is_long_detail) | passed_over("customerEmail", _is_long_detail),
    ),
    Fault(
        "limits-are-off-by-one",
        "What is just as long, or as many, as is allowed is refused.",
        DUB,
        "validation.detail-length",
        instead(_just_fits, refusal(422, "too long")),
        also=("validation.event-name-length", "validation.event-quantity"),
    ),
    Fault(
        "aliases-refused",
        "The older names of the external id are not known any more.",
        DUB,
        "validation.aliases-accepted",
        passed_over("externalId", lambda _: True) | passed_over("customerId", lambda _: True),
    ),
    Fault(
        "half-a-cent-rounded",
        "An amount that is not whole is rounded, and taken.",
        DUB,
        "validation.sale-amount-not-whole",
        taken("amount", lambda value: isinstance(value, Decimal), int, operation="sale"),
        also=("validation.sale-negative-amount",),
    ),
    Fault(
        "null-taken-for-default",
        "Null in a field that has a default is taken for it.",
        DUB,
        "validation.sale-null-refused",
        reads(_drops_nulls, operation="sale"),
    ),
    Fault(
        "any-processor-taken",
        "A payment processor that nobody knows is taken for a custom one.",
        DUB,
        "validation.sale-processor-unknown",
        taken("paymentProcessor", lambda value: value == "cash-under-the-table", "custom", operation="sale"),
    ),
)
