"""How a sandbox may differ from the platform it plays: the few places where a fault or a latitude takes hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.ledger import Ledger

if TYPE_CHECKING:
    from conformance.ledger import Rules
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings

Answering = Callable[["Incoming"], Awaitable["Answer"]]
Around = Callable[["Incoming", Answering], Awaitable["Answer"]]
Body = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


class PlantedFailure(Exception):
    """The platform breaks down here because it was told to; its answer is a 500."""


@dataclass(frozen=True)
class Variation:
    """What is other than in the reference platform.

    `rules` replace the profile's; `ledger` makes the ledger; `body` rewrites what is read from the body of an event
    (its operation, its fields); each of `around` makes, for one sandbox, a function that is handed every request and
    what would answer it; `conversions` takes the place of a platform's own class of that name.
    """

    rules: Mapping[str, Any] = field(default_factory=dict)
    ledger: Callable[[Rules], Ledger] = Ledger
    body: Body | None = None
    around: tuple[Callable[[Surroundings], Around], ...] = ()
    conversions: Callable[..., Any] | None = None

    def __or__(self, other: Variation) -> Variation:
        """Both at once; where they take hold of the same place and cannot share it, the other one's holds."""
        return Variation(
            rules={**self.rules, **other.rules},
            ledger=self.ledger if other.ledger is Ledger else other.ledger,
            body=_one_after_the_other(self.body, other.body),
            around=(*self.around, *other.around),
            conversions=other.conversions or self.conversions,
        )


NONE = Variation()


def _one_after_the_other(first: Body | None, second: Body | None) -> Body | None:
    if first is None or second is None:
        return first or second
    return lambda operation, body: second(operation, first(operation, body))
