"""The journeys of a load: short stories of one customer each, and how often each is played."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.generated.moves import Move, Story
from conformance.generated.oracle import Names

if TYPE_CHECKING:
    import random

    from conformance.engine.names import Name

_LEAST_AMOUNT = 1000
_AMOUNTS = 90_000
# A repeat with this much more: whichever amount stays, it counts once.
_MORE = 7
_INVOICES = 2

_LEAD, _EVENT_1 = Move("lead", 0, click=0), Move("event-1", 0, click=0)
_EVENT_2, _SALE, _AGAIN = Move("event-2", 0), Move("sale", 0), Move("again", 0)


@dataclass(frozen=True)
class Kind:
    """One kind of journey: its story, and how many of a hundred are of it."""

    name: str
    title: str
    weight: int
    story: Story


KINDS: tuple[Kind, ...] = (
    Kind("non-deferred", "lead, sale", 30, (_LEAD, _SALE)),
    Kind("deferred", "event 1, event 2, sale", 30, (_EVENT_1, _EVENT_2, _SALE)),
    Kind("retried", "lead and sale, each sent twice", 10, (_LEAD, _AGAIN, _SALE, _AGAIN)),
    Kind(
        "retried-deferred",
        "event 1, event 2 and sale, each sent twice",
        10,
        (_EVENT_1, _AGAIN, _EVENT_2, _AGAIN, _SALE, _AGAIN),
    ),
    Kind(
        "duplicate-invoice",
        "lead, sale, the same invoice with another amount, a new invoice",
        10,
        (_LEAD, _SALE, replace(_SALE, amount=_SALE.amount + _MORE), replace(_SALE, invoice=1)),
    ),
    Kind(
        "mismatched",
        "event 1, event 2 under another id, event 2, sale",
        10,
        (_EVENT_1, Move("mismatch", 0, form="longer"), _EVENT_2, _SALE),
    ),
)
_BY_NAME = {kind.name: kind for kind in KINDS}
NAMES = tuple(_BY_NAME)


def story_of(kind: str, amount: int) -> Story:
    """The story of a journey of this kind whose sales begin with this amount; raises KeyError for no kind."""
    plain = _SALE.amount
    moved = (
        replace(move, amount=amount + move.amount - plain) if move.act == "sale" else move
        for move in _BY_NAME[kind].story
    )
    return tuple(moved)


def amount_of(number: int) -> int:
    """The amount of a journey's sales: that of its neighbours is another one, so that amounts mixed up are seen."""
    return _LEAST_AMOUNT + number * 37 % _AMOUNTS


def chosen(dice: random.Random) -> str:
    """The kind of the next journey."""
    (kind,) = dice.choices(NAMES, weights=[kind.weight for kind in KINDS])
    return kind


def names_of(name: Name, click: str) -> Names:
    """The names under which this customer plays any of the stories."""
    return Names([name.customer], [click], {number: name.invoice() for number in range(_INVOICES)})
