"""Whether two ids that differ are one customer's all the same, and how they differ."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from conformance.judge.values import EMAIL

if TYPE_CHECKING:
    from conformance.findings import EventRef

_INVISIBLE = re.compile(r"[\s\u00a0\u200b-\u200f\u2028\u2029\u2060\ufeff\u00ad]+")
_SIGNS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f-]+")
_RANDOM = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[47][0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}", re.IGNORECASE)
_HEAD = re.compile(r"(?=.{0,15}[a-f])(?=.{0,15}\d)[0-9a-f]{16}")
_SHORTEST = 3
_LONG = 10
_VERY_LONG = 24
_LONGEST_KEYED = 64
_LONG_KEY = 16
_SHORT = 6


@dataclass(slots=True)
class Party:
    """One customer with what may tell that another id is the same person's.

    `number` says that the id was sent as a JSON number; `first` is the event in question, `event` its name.
    """

    customer: str
    first: EventRef
    event: str = ""
    number: bool = False
    emails: frozenset[str] = frozenset()
    clicks: frozenset[str] = frozenset()
    severity: str = ""
    told: bool = False
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kinship:
    """How two ids differ: a word for it, in how many edits, and whether that is beyond doubt."""

    how: str
    problem: str
    sure: bool = True
    rank: int = 0


def kinship(one: Party, other: Party) -> Kinship | None:
    """How the ids of two parties differ when they are one customer's; None when nothing says that they are."""
    a, b = one.customer, other.customer
    if a == b:
        return Kinship("type", "one is a number, the other a text") if one.number != other.number else None
    found = _same_text(a, b)
    if found:
        return found
    if _mail(a) in other.emails or _mail(b) in one.emails:
        return Kinship("email", "one is the e-mail address, the other the id", rank=2)
    shared = one.emails & other.emails
    if shared:
        return Kinship("other", min(shared), rank=2)
    return _near(a, b)


def normal(customer: str) -> str:
    """What is left of an id when case, blanks, signs and Unicode forms are taken away."""
    if customer.isascii() and customer.isalnum():
        return customer.lower()
    return _SIGNS.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", customer)).casefold())


def _mail(text: str) -> str:
    folded = text.strip().casefold()
    return folded if EMAIL.fullmatch(folded) else "\0"


def _same_text(a: str, b: str) -> Kinship | None:  # noqa: PLR0911 - a list of ways
    tight_a, tight_b = _INVISIBLE.sub("", a), _INVISIBLE.sub("", b)
    if tight_a == tight_b:
        return Kinship("blank", "in blanks or invisible characters")
    form_a, form_b = unicodedata.normalize("NFKC", a), unicodedata.normalize("NFKC", b)
    if form_a == form_b:
        return Kinship("unicode", "in their Unicode form")
    if a.casefold() == b.casefold():
        return Kinship("case", "in letter case")
    if unicodedata.normalize("NFKC", tight_a).casefold() == unicodedata.normalize("NFKC", tight_b).casefold():
        return Kinship("case", "in letter case and more", rank=1)
    if a in (unquote(b), unquote_plus(b), unescape(b)) or b in (unquote(a), unquote_plus(a), unescape(a)):
        return Kinship("near-miss", "in how signs are encoded", rank=1)
    if a.strip("\"'") == b.strip("\"'"):
        return Kinship("near-miss", "in quotes", rank=1)
    return None


def _near(a: str, b: str) -> Kinship | None:  # noqa: PLR0911 - a list of ways
    normal_a, normal_b = normal(a), normal(b)
    if min(len(normal_a), len(normal_b)) < 1:
        return None
    if normal_a == normal_b:
        sure = len(normal_a) >= _SHORTEST and _DIGITS.findall(a) == _DIGITS.findall(b)
        return Kinship("near-miss", "in punctuation", sure, rank=3)
    digits_a, digits_b = _DIGITS.findall(normal_a), _DIGITS.findall(normal_b)
    same_digits = bool(digits_a) and [d.lstrip("0") for d in digits_a] == [d.lstrip("0") for d in digits_b]
    letters_a, letters_b = _DIGITS.sub("", normal_a), _DIGITS.sub("", normal_b)
    if same_digits and len("".join(digits_a)) >= 2:  # noqa: PLR2004 - one digit alone tells nobody from another
        if letters_a == letters_b:
            return Kinship("near-miss", "in leading zeros", rank=3)
        if not letters_a or not letters_b:
            return Kinship("near-miss", "in a prefix", rank=4)
    if found := _part(a.casefold(), b.casefold()):
        return found
    most = 2 if min(len(a), len(b)) >= _SHORT else 1
    if min(len(a), len(b)) <= _SHORTEST:
        return None
    count = edits(a, b, most)
    if count > most:
        return None
    return Kinship(
        "near-miss", f"by {count} character{'s' * (count > 1)}", _is_slip(a, b, same_digits=same_digits), rank=4 + count
    )


def _part(a: str, b: str) -> Kinship | None:
    """Whether one id is the other with something put before it, or is cut off."""
    short, long = sorted((a, b), key=len)
    if len(short) < _SHORT or short == long:
        return None
    head = long.removesuffix(short)
    if head != long and (len(short) >= _LONG or not head[-1].isalnum()):
        return Kinship("near-miss", "in a prefix", len(short) >= _LONG or any(map(str.isdigit, short)), rank=4)
    if len(short) >= _LONG_KEY and long.startswith(short):
        return Kinship("near-miss", "in length: one is cut off", len(short) >= _VERY_LONG, rank=4)
    return None


def _is_slip(a: str, b: str, *, same_digits: bool) -> bool:
    """Whether ids that almost agree do so by a slip: those that are made one after the other do too, at their ends."""
    if len(a) != len(b):
        wordy = not any(sign.isdigit() for sign in a + b)
        return same_digits or min(len(a), len(b)) >= (_LONG if wordy else _VERY_LONG)
    if a[-2:] == b[-2:] and any(map(_is_random, (a, b))):
        return True
    return same_digits and a[-2:] == b[-2:] and not (_HEXADECIMAL.fullmatch(a) and _HEXADECIMAL.fullmatch(b))


def _is_random(text: str) -> bool:
    """Whether nobody else has an id that is almost this one: a random UUID, and none of a test's own making."""
    return _RANDOM.fullmatch(text) is not None and len(set(text)) >= _SHORT + _SHORTEST


def edits(a: str, b: str, most: int) -> int:
    """How many characters have to be put in, left out, changed or swapped; anything above `most` is `most` + 1."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    if not a or not b:
        return len(a) + len(b)
    if abs(len(a) - len(b)) > most or max(len(a), len(b)) > 4 * most + 64:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def blocking_keys(party: Party, *, near: bool) -> set[str]:
    """Keys of which two parties share one if they may be kin; with `near` also those of ids that almost agree."""
    plain = normal(party.customer)
    keys = {"n" + plain, *("e" + email for email in party.emails)}
    mail = _mail(party.customer)
    if mail != "\0":
        keys.add("e" + mail)
    tail = _DIGITS.findall(plain)
    if tail and len("".join(tail)) >= 2:  # noqa: PLR2004 - as above
        keys.add("d" + "-".join(digits.lstrip("0") for digits in tail))
    decoded = unquote_plus(unescape(party.customer))
    if decoded != party.customer:
        keys.add("n" + normal(decoded))
    if near and _SHORTEST < len(party.customer) <= _LONGEST_KEYED:
        keys |= {"x" + party.customer[:i] + party.customer[i + 1 :] for i in range(len(party.customer))}
        keys.add("x" + party.customer)
        # Of other ids very many begin alike.
        if _HEAD.match(plain):
            keys.add("c" + plain[:_LONG_KEY])
    return keys
