"""A transcript of which only what matters was kept: thousands of exchanges that went well tell nobody anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.results import Exchange
    from conformance.target.redaction import Redactor

SAMPLES = 12


class Kept(Transcript):
    """The exchanges of a few examples, in the order in which they were sent."""

    def __init__(self, redactor: Redactor, kept: Iterable[Transcript]) -> None:
        super().__init__(redactor)
        self._kept = [exchange for transcript in kept for exchange in transcript.exchanges]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was kept, and whatever was added since."""
        return tuple(sorted((*self._kept, *super().exchanges), key=lambda exchange: exchange.started))
