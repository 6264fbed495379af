"""Defects that show under load alone: of the events that arrive while others are in hand, one in a thousand goes wrong.

No scenario sends enough to meet one, so they are no part of the kill matrix; `trackproof load` finds them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.sandbox.faults.books import AT_ONCE, counts_again
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import SUCCESS, Sent, around, with_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.ledger import Event
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.faults.books import FaultyLedger
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation

    Goes = Callable[[Incoming, Sent, list[Sent], Answering], Awaitable[Answer]]

_RARELY = 1000
# So long an event is in hand, so that others can arrive meanwhile.
_IN_HAND = 0.002


def one_in(number: int, when: Callable[[Sent], bool], goes: Goes) -> Variation:
    """Of such events, each one of so many that arrives while others are in hand is handled by `goes`."""

    def make(_: Surroundings) -> Around:
        in_hand: list[Sent] = []
        met = 0

        async def answered(request: Incoming, answering: Answering) -> Answer:
            nonlocal met
            sent = Sent(request)
            if not when(sent):
                return await answering(request)
            others = list(in_hand)
            met += bool(others)
            mine = bool(others) and met % number == 0
            in_hand.append(sent)
            try:
                await asyncio.sleep(_IN_HAND)
                return await (goes(request, sent, others, answering) if mine else answering(request))
            finally:
                in_hand.remove(sent)

        return answered

    return around(make)


def loses(number: int) -> Variation:
    """One in so many events is accepted and never written down."""

    async def lost(_: Incoming, __: Sent, ___: list[Sent], ____: Answering) -> Answer:
        return SUCCESS

    return one_in(number, lambda sent: sent.posted, lost)


def doubles(number: int) -> Variation:
    """One in so many sales is written down twice."""

    async def twice(request: Incoming, _: Sent, __: list[Sent], answering: Answering) -> Answer:
        await answering(request)
        token = AT_ONCE.set(True)
        try:
            return await answering(request)
        finally:
            AT_ONCE.reset(token)

    def again(_: FaultyLedger, __: Event) -> bool:
        return AT_ONCE.get()

    return one_in(number, lambda sent: sent.is_sale, twice) | counts_again(again)


def mixes_up(number: int) -> Variation:
    """One in so many leads is written down for the click of another one that is in hand."""

    async def astray(request: Incoming, sent: Sent, others: list[Sent], answering: Answering) -> Answer:
        other = next((one for one in others if one.body.get("clickId") != sent.body.get("clickId")), None)
        if other is None:
            return await answering(request)
        return await answering(with_body(request, {**sent.body, "clickId": other.body["clickId"]}))

    return one_in(number, lambda sent: sent.is_plain_lead or sent.is_event_1, astray)


UNDER_LOAD: tuple[Fault, ...] = (
    Fault(
        "loses-one-in-a-thousand",
        "Of the events that arrive while others are in hand, one in a thousand is answered with success and lost.",
        BOTH,
        "sale.recorded",
        lambda: loses(_RARELY),
        also=("non-deferred.confirmed-at-once", "deferred.*"),
    ),
    Fault(
        "doubles-one-in-a-thousand",
        "Of the sales that arrive while others are in hand, one in a thousand is written down twice.",
        BOTH,
        "duplicate-sale.counted-once",
        lambda: doubles(_RARELY),
    ),
    Fault(
        "mixes-up-one-in-a-thousand",
        "Of the leads that arrive while others are in hand, one in a thousand is written down for another's click.",
        CUTMESHORT,
        "non-deferred.attributed",
        lambda: mixes_up(_RARELY),
        also=("deferred.*", "sale.attributed-to-lead"),
    ),
)
