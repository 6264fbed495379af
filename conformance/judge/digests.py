"""What a survey keeps of texts and amounts of which there may be millions: numbers in place of them."""

from __future__ import annotations

import zlib
from typing import Any

_MOST_AMOUNTS = 200_000
_LARGEST = 10**15


def digest(text: str) -> int:
    """A number that stands for a text, the same in every process."""
    data = text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def note_amount(amounts: dict[tuple[str, int], int], currency: str | None, amount: Any) -> None:
    """Keeps in which form an amount occurs: 1 with a fraction, 2 whole, under what it is in cents."""
    if not currency or isinstance(amount, bool) or not isinstance(amount, int | float) or len(amounts) > _MOST_AMOUNTS:
        return
    if isinstance(amount, float) and not amount.is_integer():
        if abs(amount) < _LARGEST:
            key = (currency, round(amount * 100))
            amounts[key] = amounts.get(key, 0) | 1
    elif abs(amount) < _LARGEST:
        key = (currency, int(amount))
        amounts[key] = amounts.get(key, 0) | 2
