"""The interface of every source of evidence: one look at one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.transcript import Transcript


@dataclass(frozen=True)
class Unreadable:
    """A look that showed nothing that can be judged: why, and the code of a transport fault if it was one.

    `malformed` is an answer that was given, and has not the shape that is documented.
    """

    reason: str
    code: str | None = None
    rate_limited: bool = False
    malformed: bool = False


@dataclass(frozen=True)
class Observation:
    """One look: what is recorded of a customer (None: the target knows of none), or why that cannot be told.

    `looked` is when the look was sent, on the run's clock, in seconds.
    """

    looked: float
    customer: RecordedCustomer | None = None
    unreadable: Unreadable | None = None


class Evidence(Protocol):
    """A source of evidence, such as the read-back endpoint of a staging deployment."""

    @property
    def description(self) -> str:
        """What it is, for the report."""
        ...

    @property
    def available(self) -> bool:
        """Whether there is anything to look at."""
        ...

    @property
    def documented(self) -> bool:
        """Whether the platform's own documents promise what it shows, so that what is missing was lost."""
        ...

    async def look(self, customer: str, transcript: Transcript, since: float | None = None) -> Observation:
        """Looks once at one customer; never raises for the target's sake.

        What others were shown after `since`, a moment of the run's clock, will do as well; without, all is read anew.
        """
        ...
