"""Defects in fields: what should be refused is taken."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import passed_over, taken, text_becomes

_LETTERS = re.compile(r"[A-Za-z]{3}")
_EMAIL = re.compile(r"[^\s@.]+(\.[^\s@.]+)*@[^\s@.]+(\.[^\s@.]+)+")
_MODES = ("deferred", "non-deferred", "async", "wait")


def _is_no_text(value: Any) -> bool:
    return not isinstance(value, str)


def _is_empty(value: Any) -> bool:
    return not value and not isinstance(value, bool | list | dict)


def _as_text(value: Any) -> str:
    return "anonymous" if value is None or value == "" or str(value).isspace() else str(value)


def _as_number(value: Any) -> Any:
    try:
        number = Decimal(value.lstrip("$"))
    except InvalidOperation:
        return Decimal(0)
    return int(number)


def _is_no_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return "T" not in value or datetime.fromisoformat(value) is None
    except ValueError:
        return True


def _no_currency(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and not _LETTERS.fullmatch(value))


FIELDS: tuple[Fault, ...] = (
    Fault(
        "lead-of-nobody-taken",
        "A lead that names no customer, or names one with anything but text, is taken.",
        BOTH,
        "validation.lead-without-customer",
        taken("customerExternalId", lambda value: _is_no_text(value) or not value.strip(), _as_text, operation="lead"),
        also=("validation.aliases-accepted",),
    ),
    Fault(
        "lead-without-name-taken",
        "A lead without an event name is taken, under a name of the platform's own.",
        BOTH,
        "validation.lead-without-event-name",
        taken("eventName", lambda value: _is_empty(value) or str(value).isspace(), "lead", operation="lead"),
    ),
    Fault(
        "event-name-of-any-type-taken",
        "An event name that is a number or a list is taken as text.",
        BOTH,
        "validation.lead-event-name-not-text",
        taken("eventName", lambda value: value is not None and _is_no_text(value), str, operation="lead"),
    ),
    Fault(
        "unknown-mode-passed-over",
        "A mode that nobody knows is passed over.",
        BOTH,
        "validation.lead-mode-unknown",
        passed_over("mode", lambda value: value is not None and value not in _MODES, operation="lead"),
    ),
    Fault(
        "mode-in-any-case",
        "A mode is taken in any letter case.",
        BOTH,
        "validation.lead-mode-unknown",
        text_becomes("mode", str.lower, operation="lead"),
    ),
    Fault(
        "sale-of-nobody-taken",
        "A sale that names no customer, or names one with a number, is taken.",
        BOTH,
        "validation.sale-without-customer",
        taken(
            "customerExternalId",
            lambda value: value is None or value == "" or isinstance(value, int),
            _as_text,
            operation="sale",
        ),
        also=("validation.aliases-accepted",),
    ),
    Fault(
        "sale-without-amount-taken",
        "A sale without an amount is taken, as one of nothing.",
        BOTH,
        "validation.sale-without-amount",
        taken("amount", lambda value: value is None, 0, operation="sale"),
    ),
    Fault(
        "sale-without-invoice-taken",
        "A sale without an invoice id is taken, under one that the platform makes up.",
        CUTMESHORT,
        "validation.sale-without-invoice",
        taken("invoiceId", lambda value: value is None, lambda _: uuid4().hex, operation="sale"),
    ),
    Fault(
        "empty-invoice-taken",
        "An empty invoice id is taken.",
        CUTMESHORT,
        "validation.sale-empty-invoice",
        taken("invoiceId", lambda value: value == "", lambda _: uuid4().hex, operation="sale"),
    ),
    Fault(
        "amount-as-text-taken",
        "An amount that is text is taken for the number in it.",
        BOTH,
        "validation.sale-amount-as-text",
        taken("amount", lambda value: isinstance(value, str), _as_number, operation="sale"),
    ),
    Fault(
        "any-currency-taken",
        "A currency that is no code of three letters is taken for dollars.",
        CUTMESHORT,
        "validation.sale-currency-not-three-letters",
        taken("currency", _no_currency, "USD", operation="sale"),
    ),
    Fault(
        "no-currency-taken",
        "A sale without a currency is taken for one in dollars.",
        CUTMESHORT,
        "validation.sale-without-currency",
        taken("currency", lambda value: value is None, "USD", operation="sale"),
    ),
    Fault(
        "nameless-sale-taken",
        "A sale without an event name is taken.",
        CUTMESHORT,
        "validation.sale-without-event-name",
        taken("eventName", lambda value: value is None, "sale", operation="sale"),
    ),
    Fault(
        "negative-amount-taken",
        "A negative amount is taken without its sign.",
        BOTH,
        "validation.sale-negative-amount",
        taken("amount", lambda value: isinstance(value, int | Decimal) and value < 0, abs, operation="sale"),
    ),
    Fault(
        "bad-address-taken",
        "An e-mail address that is none is passed over.",
        BOTH,
        "validation.bad-email",
        passed_over("customerEmail", lambda value: isinstance(value, str) and not _EMAIL.fullmatch(value)),
    ),
    Fault(
        "bad-timestamp-taken",
        "A timestamp that is none is passed over.",
        CUTMESHORT,
        "validation.bad-timestamp",
        passed_over("timestamp", _is_no_moment),
    ),
)
