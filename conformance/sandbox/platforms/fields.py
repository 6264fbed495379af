"""Reads one field of a body: its value in our form, or a sentence that says what is wrong with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = TypeVar("Value")

LONGEST_TEXT = 4096
_LARGEST_EXPONENT = 400
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_]{2,63}")
_PUNYCODE_EMAIL = re.compile(r"[^\s@]+@\S+\.xn--[a-z0-9-]+", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_LEAP_SECOND = re.compile(r"(T\d\d:?\d\d:?)60")


class FieldProblem(Exception):
    """One field cannot be used as it was sent."""


def read(
    body: Mapping[str, Any], name: str, understand: Callable[[Any], Value | None], problems: dict[str, str]
) -> Value | None:
    """The value of one field; a problem is noted under the field's name, and None takes its place."""
    try:
        return understand(body.get(name))
    except FieldProblem as problem:
        problems[name] = str(problem)
        return None


def optional_text(value: Any) -> str | None:
    """Text, or None when it is missing or null."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise FieldProblem("must be text")
    if len(value) > LONGEST_TEXT:
        raise FieldProblem(f"must have at most {LONGEST_TEXT} characters")
    if not value.isascii() and not value.isprintable() and _has_surrogate(value):
        raise FieldProblem("must be Unicode text without lone surrogates")
    return value


def text(value: Any) -> str:
    """Text of at least one character."""
    understood = optional_text(value)
    if not understood:
        raise FieldProblem("is required" if understood is None else "must not be empty")
    return understood


def click_id(value: Any) -> str | None:
    """A click id; blank means absent."""
    return optional_text(value) or None


def email(value: Any) -> str | None:
    """An e-mail address, or None when it is missing or null."""
    understood = optional_text(value)
    if understood is not None and not (_EMAIL.fullmatch(understood) or _PUNYCODE_EMAIL.fullmatch(understood)):
        raise FieldProblem("must be an e-mail address")
    return understood


def address(value: Any) -> str | None:
    """An absolute address of something on the web, or None when it is missing or null."""
    understood = optional_text(value)
    if understood is not None and not _ADDRESS.fullmatch(understood):
        raise FieldProblem("must be an absolute address")
    return understood


def timestamp(value: Any) -> str | None:
    """An ISO 8601 date and time as text in UTC; one without a zone is taken as UTC."""
    understood = optional_text(value)
    if understood is None:
        return None
    normal = understood.upper()
    on_time = _LEAP_SECOND.sub(r"\g<1>59", normal)
    try:
        moment = datetime.fromisoformat(on_time)
    except ValueError:
        moment = None
    if moment is None or "T" not in normal:
        raise FieldProblem("must be a date and time of ISO 8601")
    try:
        if on_time != normal:
            moment += timedelta(seconds=1)
        return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return understood


def utc_text(moment: datetime) -> str:
    """A moment as ISO 8601 text in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def amount(value: Any) -> Decimal:
    """A number that is not negative."""
    if value is None:
        raise FieldProblem("is required")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FieldProblem("must be a number")
    number = Decimal(value)
    if number < 0:
        raise FieldProblem("must not be negative")
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise FieldProblem("is out of range")
    return number


def currency(value: Any) -> str:
    """A currency code of three letters."""
    if value is None:
        raise FieldProblem("is required")
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise FieldProblem("must be a code of three letters")
    return value


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)
