"""What a survey keeps of texts and amounts of which there may be millions: numbers in place of them."""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_AMOUNTS = 200_000
_LARGEST = 10**15
_PARTS, _SHIFT = 64, 58


def digest(text: str) -> int:
    """A number that stands for a text, the same in every process."""
    return digest_of(text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass"))


def digest_of(data: bytes) -> int:
    """The number that stands for a text of which these are the bytes."""
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def note_amount(amounts: dict[tuple[str, int], int], currency: str | None, amount: Any) -> None:
    """Keeps in which form an amount occurs: 1 with a fraction, 2 whole, under what it is in cents."""
    kind = type(amount)
    if not currency or (kind is not float and kind is not int) or not abs(amount) < _LARGEST:
        return
    if kind is float and not amount.is_integer():
        key, form = (currency, round(amount * 100)), 1
    else:
        key, form = (currency, int(amount)), 2
    if key in amounts:
        amounts[key] |= form
    elif len(amounts) <= _MOST_AMOUNTS:
        amounts[key] = form


def repeated(digests: Iterable[int], least: int) -> frozenset[int]:
    """The numbers of which there are so many; a part is looked at after the other, so that few are held at once."""
    parts: list[array[int]] = [array("Q") for _ in range(_PARTS)]
    for each in digests:
        parts[each >> _SHIFT].append(each)
    found: set[int] = set()
    for part in parts:
        if len(set(part)) < len(part):
            found |= {each for each, count in Counter(part).items() if count >= least}
    return frozenset(found)
