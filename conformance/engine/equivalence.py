"""When two values of a field are the same, by the rule that a profile names for it (rules for every profile)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def same(shown: Any, sent: Any, rule: str) -> bool:
    """Whether what is shown is what was sent, by one of the rules.

    `exact`, `number`, `instant`, `ignore-case`, `normalised` (Unicode NFC of a name) or `present`.
    Raises KeyError for a rule that does not exist.
    """
    return _RULES[rule](shown, sent)


def instant(text: str) -> datetime | None:
    """The instant of an ISO 8601 timestamp, UTC when it names no offset; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(shown: Any, sent: Any) -> bool:
    try:
        return Decimal(str(shown)) == Decimal(str(sent))
    except InvalidOperation:
        return False


def _instant(shown: Any, sent: Any) -> bool:
    one, other = instant(str(shown)), instant(str(sent))
    # A platform may keep whole seconds only, cut or rounded.
    return one is not None and other is not None and abs(one - other) <= timedelta(seconds=1)


def _ignore_case(shown: Any, sent: Any) -> bool:
    if shown is None or sent is None:
        return shown is sent
    return str(shown).casefold() == str(sent).casefold()


def _normalised(shown: Any, sent: Any) -> bool:
    if shown is None or sent is None:
        return shown is sent
    return unicodedata.normalize("NFC", str(shown)) == unicodedata.normalize("NFC", str(sent))


_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda shown, sent: bool(shown == sent),
    "number": _number,
    "instant": _instant,
    "ignore-case": _ignore_case,
    "normalised": _normalised,
    "present": lambda shown, sent: (shown is not None) == (sent is not None),
}
