"""What single values say: moments, currencies, ids that nobody chose. Pure functions over text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_LEAP_SECOND = re.compile(r"(?<=T\d\d:\d\d:)60")
_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$", re.IGNORECASE)

PLACEHOLDERS = frozenset(
    {
        "undefined", "null", "none", "nil", "nan", "[object object]", "object object", "true", "false", "n/a", "na",
        "unknown", "(null)", "<null>", "{}", "[]", "[object promise]",
    }
)  # fmt: skip
INVENTED = PLACEHOLDERS | {
    "test", "testing", "test123", "test_click", "test-click", "testclick", "test_click_id", "test-click-id", "demo",
    "dummy", "fake", "foo", "bar", "foobar", "xxx", "abc", "abc123", "asdf", "example", "sample", "placeholder",
    "click", "clickid", "click_id", "click-id", "your_click_id", "your-click-id", "your_clickid", "string", "todo",
    "changeme", "default", "organic", "direct", "0", "1", "-1", "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
_TEMPLATE = re.compile(r"\$\{|\{\{|^<[^>]*>$|^%\w*%?$|^\{[\w.]+\}$")
_ONE_LETTER = re.compile(r"([A-Za-z])\1{2,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+\.[A-Za-z]{2,}")
# Written in groups of four, as people do: of bare digits one number in ten passes by chance.
_CARD = re.compile(r"(?<!\d)(?:\d{4}[ -]){3}\d{4}(?!\d)")

_SECRET_NAMES = re.compile(
    r"passw(?:or)?d|api_?key|secret_?key|access_?token|card_?number|cvv|cvc|\bssn\b|social_?security|\biban\b|passport|date_?of_?birth|\bdob\b",
    re.IGNORECASE,
)

_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
    "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XCD XCG XDR XOF XPD "
    "XPF XPT XSU XUA YER ZAR ZMW ZWG ZWL"
)
CURRENCIES = frozenset(_CODES.split())


def moment(text: str) -> float | None:
    """ISO 8601 text as seconds since 1970, without a zone as UTC; None when it is no date and time."""
    if text[-1:] == "Z" and text[10:11] == "T":
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            pass  # it may be a leap second
    if "T" not in text:
        text = text.upper()
        if "T" not in text:
            return None
    if ":60" in text:
        text = _LEAP_SECOND.sub("59", text)
    try:
        found = datetime.fromisoformat(text if text[-1] != "z" else text.upper())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def has_zone(text: str) -> bool:
    """Whether ISO 8601 text says which zone it is in."""
    return text[-1:] == "Z" or _ZONE.search(text) is not None


def distance(seconds: float) -> str:
    """A length of time as people say it."""
    size = abs(seconds)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if size >= length:
            number = round(size / length, 1)
            shown = f"{number:g}"
            return f"{shown} {unit}" + ("" if shown == "1" else "s")
    shown = f"{round(size, 1):g}"
    return f"{shown} second" + ("" if shown == "1" else "s")


def is_placeholder(text: str) -> bool:
    """Whether a text is what an empty variable leaves behind."""
    return text.strip().lower() in PLACEHOLDERS or _TEMPLATE.search(text) is not None


def is_invented(click: str) -> bool:
    """Whether a click id is one that nobody's click ever had."""
    if click.strip().lower() in INVENTED or _TEMPLATE.search(click) is not None:
        return True
    return _ONE_LETTER.fullmatch(click) is not None


def is_uuid(text: str) -> bool:
    """Whether a text is a random id as programs make them."""
    return _UUID.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def is_secret_name(key: str) -> bool:
    """Whether a field is called after something that nobody should send."""
    return _SECRET_NAMES.search(key) is not None


def has_card_number(text: str) -> bool:
    """Whether a text holds what passes for the number of a payment card."""
    return any(_luhn(re.sub(r"\D", "", found)) for found in _CARD.findall(text))


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - the rule itself
