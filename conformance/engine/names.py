"""The names a run gives to what it creates: its own namespace on the target, never built from a payload."""

from __future__ import annotations

import itertools
import secrets

# Letters and digits that cannot be mistaken for one another in a log.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RUN_LENGTH = 8
_NUMBER_LENGTH = 4


class Names:
    """Hands out the names of one run.

    Every id has the same width and ends in a terminator, so that none is a prefix of another (rules for every profile);
    ids have letters of both cases, so that a platform that folds them is seen.
    """

    def __init__(self, run: str | None = None) -> None:
        self.run = run or new_run_id()
        self._numbers = itertools.count(1)

    def next(self) -> Name:
        """The name of one more customer."""
        return Name(f"tp-{self.run}-{letters(next(self._numbers), _NUMBER_LENGTH)}")

    @property
    def pattern(self) -> str:
        """What matches every customer of this run in SQL `LIKE`."""
        return f"tp-{self.run}-%"


class Name:
    """One customer's ids: external id, e-mail address, invoices; all from the run's namespace."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self.customer = f"{stem}-Cu."
        self.email = f"{stem}@example.com"
        self.avatar = f"https://example.com/{stem}.png?s=64"
        self._invoices = itertools.count(1)

    def invoice(self) -> str:
        """A fresh invoice id of this customer."""
        return f"{self.stem}-In{next(self._invoices):02d}."


def letters(value: int, width: int) -> str:
    """A number in so few characters, so that what tells two names apart stands early in them."""
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def new_run_id() -> str:
    """Eight letters and digits that no other run has had, whatever the seed."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_RUN_LENGTH))
