"""Reads the fields of a body as Dub's validator does: the first problem is named, unknown fields are passed over."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.sandbox.platforms.dub.errors import Refused
from conformance.sandbox.waiting import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value = TypeVar("Value")

LONGEST_EVENT = 255
LONGEST_DETAIL = 100
LONGEST_METADATA = 10_000
LARGEST_QUANTITY = 100
LARGEST_AMOUNT = 2**53 - 1
# What JavaScript trims, which is not quite what Python strips.
_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_KINDS: Mapping[type, str] = {str: "string", bool: "boolean", list: "array", dict: "object"}
_SURROGATES = re.compile("[\ud800-\udfff]")
# As the validator has it, but for some punctuation that the documented format allows and nobody uses.
_EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.!#$%&*/=?^`{|}~]*[A-Za-z0-9_'+\-!#$%&*/=?^`{|}~]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+"
    r"[A-Za-z][A-Za-z0-9\-]*[A-Za-z0-9]"
)


class Missing(Enum):
    """The value of a field that is not there, which is something else than null."""

    MISSING = "undefined"


MISSING = Missing.MISSING


class Problem(Exception):
    """A value cannot be used; `issue` is the validator's word for the kind of problem."""

    def __init__(self, issue: str, message: str) -> None:
        super().__init__(message)
        self.issue = issue


def read(body: Mapping[str, Any], name: str, understand: Callable[[Any], Value]) -> Value:
    """The value of one field; raises Refused when it cannot be used."""
    try:
        return understand(body.get(name, MISSING))
    except Problem as problem:
        raise Refused("unprocessable_entity", f"{problem.issue}: {name}: {problem}") from None


def an_object(document: Any) -> Mapping[str, Any]:
    """The document if it is an object; raises Refused."""
    if not isinstance(document, dict):
        raise Refused("unprocessable_entity", f"invalid_type: : {_expected('object', document)}")
    return document


def optional(understand: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    """Reads what may be null or not there."""

    def read_if_there(value: Any) -> Value | None:
        return None if value is None or value is MISSING else understand(value)

    return read_if_there


def default(understand: Callable[[Any], Value], otherwise: Value) -> Callable[[Any], Value]:
    """Reads what need not be there, but must not be null."""

    def read_or_default(value: Any) -> Value:
        return otherwise if value is MISSING else understand(value)

    return read_or_default


def text(value: Any) -> str:
    """Any text; lone surrogates become what they become in UTF-8."""
    if not isinstance(value, str):
        raise Problem("invalid_type", _expected("string", value))
    return value if value.isascii() else _SURROGATES.sub("\ufffd", value)


def trimmed(value: Any) -> str:
    """Text without blanks at its ends."""
    return text(value).strip(_BLANKS)


def at_most(longest: int, understand: Callable[[Any], str] = text) -> Callable[[Any], str]:
    """Text of no more characters than that, counted as JavaScript counts them."""

    def read_bounded(value: Any) -> str:
        understood = understand(value)
        if _length(understood) > longest:
            raise Problem("too_big", f"Too big: expected string to have <={longest} characters")
        return understood

    return read_bounded


def required(name: str, longest: int, understand: Callable[[Any], str] = trimmed) -> Callable[[Any], str]:
    """Text of at least one character."""
    bounded = at_most(longest, understand)

    def read_required(value: Any) -> str:
        if not understand(value):
            raise Problem("too_small", f"{name} is required")
        return bounded(value)

    return read_required


def email(value: Any) -> str:
    """An e-mail address."""
    understood = text(value)
    if not _EMAIL.fullmatch(understood):
        raise Problem("invalid_format", "Invalid email address")
    return at_most(LONGEST_DETAIL)(understood)


def one_of(options: Sequence[str]) -> Callable[[Any], str]:
    """One of a few words."""
    named = "|".join(f'"{option}"' for option in options)

    def read_option(value: Any) -> str:
        if value not in options:
            raise Problem("invalid_value", f"Invalid option: expected one of {named}")
        return str(value)

    return read_option


def quantity(value: Any) -> int:
    """How many leads one event stands for."""
    if not _is_number(value):
        raise Problem("invalid_type", _expected("number", value))
    number = _whole(value)
    if number <= 0:
        raise Problem("too_small", "Too small: expected number to be >0")
    if number > LARGEST_QUANTITY:
        raise Problem("too_big", f"Too big: expected number to be <={LARGEST_QUANTITY}")
    return number


def amount(value: Any) -> int:
    """What was paid, in minor units."""
    if not _is_number(value):
        raise Problem("invalid_type", "amount is required")
    number = _whole(value)
    if number < 0:
        raise Problem("too_small", "amount cannot be negative")
    if number > LARGEST_AMOUNT:
        raise Problem("too_big", f"Too big: expected int to be <={LARGEST_AMOUNT}")
    return number


def metadata(value: Any) -> dict[str, Any]:
    """Anything at all, in an object that is not too long as text."""
    if not isinstance(value, dict):
        raise Problem("invalid_type", _expected("record", value))
    too_long = Problem("custom", f"Metadata must be less than {LONGEST_METADATA:,} characters when stringified")
    try:
        understood: dict[str, Any] = plain(value)
        written = json.dumps(understood, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        raise too_long from None
    if _length(written) > LONGEST_METADATA:
        raise too_long
    return understood


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _whole(value: int | Decimal) -> int:
    if isinstance(value, Decimal) and value:
        # A number of a thousand digits would take long to write out, and is too large in any case.
        if value.adjusted() > len(str(LARGEST_AMOUNT)):
            return LARGEST_AMOUNT + 1 if value > 0 else -1
        if value.adjusted() < -LARGEST_QUANTITY or value != value.to_integral_value():
            raise Problem("invalid_type", "Invalid input: expected int, received number")
    return int(value)


def _length(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


def _expected(kind: str, value: Any) -> str:
    return f"Invalid input: expected {kind}, received {_kind(value)}"


def _kind(value: Any) -> str:
    if value is MISSING:
        return "undefined"
    if value is None:
        return "null"
    return next((word for kind, word in _KINDS.items() if isinstance(value, kind)), "number")
