"""Defects that show when the same event is sent again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.ledger import SaleEvent
from conformance.sandbox.faults.books import FaultyLedger, counts_again, is_event_1, is_follow_up, is_plain_lead
from conformance.sandbox.faults.fault import BOTH, Fault
from conformance.sandbox.faults.wire import FAILURE, OK, Sent, answers, around, cut_short, refusal
from conformance.sandbox.misbehave import BEGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from conformance.ledger import Event
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation

_NEVER = 3600.0
_HANGS_UP_WITHIN = 0.25
_SENT_BY_AN_SDK = 4
_REMEMBERED = 1.0


def _repeats(
    when: Callable[[Sent], bool], answer: Callable[[Answer], Answer], *, first: int = 2
) -> Callable[[], Variation]:
    """From the so-manieth time on, the same body is answered otherwise."""

    def make(_: Surroundings) -> Around:
        times: dict[Hashable, int] = {}

        async def answered(request: Incoming, answering: Answering) -> Answer:
            found = await answering(request)
            sent = Sent(request)
            if found.status == OK and when(sent):
                key = (request.path, request.body)
                times[key] = times.get(key, 0) + 1
                if times[key] >= first:
                    return answer(found)
            return found

        return answered

    return lambda: around(make)


def _never_answers(when: Callable[[Sent], bool]) -> Callable[[], Variation]:
    """The same body, sent again, is never answered."""

    def make(_: Surroundings) -> Around:
        seen: set[Hashable] = set()

        async def answered(request: Incoming, answering: Answering) -> Answer:
            key = (request.path, request.body)
            if when(Sent(request)) and key in seen:
                await asyncio.sleep(_NEVER)
            seen.add(key)
            return await answering(request)

        return answered

    return lambda: around(make)


def _counted(which: Callable[[Event], bool]) -> Callable[[FaultyLedger, Event], bool]:
    """A repeat of such an event that was counted when it came first."""

    def when(ledger: FaultyLedger, event: Event) -> bool:
        account = ledger.account(event.customer)
        return which(event) and ledger.times(event) > 1 and account is not None and bool(account.confirmed)

    return when


_counts_already = _counted(lambda event: is_plain_lead(event) or is_follow_up(event))


def _is_forgotten(ledger: FaultyLedger, event: Event) -> bool:
    """A repeat that comes more than a second after the first: of a sale's invoice, or of a lead that counts."""
    moment = asyncio.get_running_loop().time()
    invoice = event.invoice if isinstance(event, SaleEvent) else None
    key = invoice or f"{event.customer} {event.event}"
    if moment - ledger.first_came.setdefault(key, moment) <= _REMEMBERED:
        return False
    return ledger.is_used(invoice) if isinstance(event, SaleEvent) else _counts_already(ledger, event)


def _fourth_sale(ledger: FaultyLedger, event: Event) -> bool:
    return isinstance(event, SaleEvent) and ledger.times(event) == _SENT_BY_AN_SDK


def _forgets_who_hangs_up(*, after_the_answer_began: bool) -> Callable[[], Variation]:
    """What was accepted from a client that hung up then is not remembered, and counts again."""

    def plant() -> Variation:
        gone: set[tuple[str, str]] = set()

        def make(_: Surroundings) -> Around:
            async def answered(request: Incoming, answering: Answering) -> Answer:
                sent = Sent(request)
                key = (sent.operation, sent.customer)
                receive, begin = request.scope.get("trackproof.receive"), request.scope.get(BEGIN)
                alone = request.headers.get(b"connection") == b"close"
                if not sent.posted or not alone or receive is None or begin is None:
                    return await answering(request)
                if after_the_answer_began:
                    if await _is_gone(receive):
                        return await answering(request)
                    begin()
                gone.add(key)
                answer = await answering(request)
                if not await _is_gone(receive):
                    gone.discard(key)
                return answer

            return answered

        def when(ledger: FaultyLedger, event: Event) -> bool:
            kind = "sale" if isinstance(event, SaleEvent) else "lead"
            return ledger.times(event) > 1 and (kind, event.customer) in gone

        return around(make) | counts_again(when)

    return plant


async def _is_gone(receive: Callable[[], Any]) -> bool:
    try:
        message = await asyncio.wait_for(receive(), _HANGS_UP_WITHIN)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")


RETRIES: tuple[Fault, ...] = (
    Fault(
        "repeated-event-2-fails",
        "Event 2 that is sent again finds no pending lead, and is answered with 500.",
        BOTH,
        "retry.answered",
        _repeats(lambda sent: sent.is_follow_up, lambda _: FAILURE),
        also=("retry.answered-200", "race.answered"),
    ),
    Fault(
        "repeated-lead-hangs",
        "A lead that is sent again waits for a lock that nobody gives back.",
        BOTH,
        "retry.answered",
        _never_answers(lambda sent: sent.is_plain_lead and sent.has("customerAvatar")),
        also=("retry.*",),
    ),
    Fault(
        "repeated-lead-refused",
        "A lead that is sent again is refused with 422, as if it were wrong.",
        BOTH,
        "retry.answered-200",
        _repeats(lambda sent: sent.is_plain_lead, lambda _: refusal(422, "duplicate")),
        also=("retry.*", "webhooks.none-for-duplicates", "deferred.*"),
    ),
    Fault(
        "repeated-lead-counts-again",
        "A non-deferred lead that is sent again counts again.",
        BOTH,
        "retry.lead-counted-once",
        counts_again(_counted(is_plain_lead)),
        also=("race.leads-counted-once", "retry.*", "webhooks.none-for-duplicates"),
    ),
    Fault(
        "repeats-forgotten-after-a-second",
        "Repeats are recognised for a second, in a cache: of invoices, of leads and of event 2s.",
        BOTH,
        "duplicate-sale.counted-once",
        counts_again(_is_forgotten),
        also=("retry.*-counted-once", "duplicate-sale.counted-once-across-customers"),
    ),
    Fault(
        "late-event-1-adds-a-lead",
        "Event 1 that is sent again after event 2 counts as one more lead.",
        BOTH,
        "retry.event-1-counted-once",
        counts_again(_counted(is_event_1)),
    ),
    Fault(
        "repeated-event-2-counts-again",
        "Event 2 that is sent again counts again.",
        BOTH,
        "retry.event-2-counted-once",
        counts_again(_counted(is_follow_up)),
        also=("race.event-2s-counted-once", "race.customers-not-mixed-up", "retry.after-cut-connection"),
    ),
    Fault(
        "fourth-sale-counts-again",
        "What was sent is remembered three times: the fourth identical sale counts again.",
        BOTH,
        "retry.sale-counted-once",
        counts_again(_fourth_sale),
        also=("duplicate-sale.counted-once", "race.sales-counted-once"),
    ),
    Fault(
        "cut-connection-is-forgotten",
        "What came from a client that hung up is written down, and not remembered as seen.",
        BOTH,
        "retry.after-cut-connection",
        _forgets_who_hangs_up(after_the_answer_began=False),
        also=("race.*", "retry.event-2-counted-once"),
        sockets=True,
    ),
    Fault(
        "answer-cut-off-is-forgotten",
        "What came from a client that hung up when the answer had begun is written down, and not remembered as seen.",
        BOTH,
        "retry.after-cut-connection",
        _forgets_who_hangs_up(after_the_answer_began=True),
        also=("race.*", "retry.event-2-counted-once"),
        sockets=True,
    ),
    Fault(
        "event-2s-answer-cut-short",
        "The answer to an event 2 with an e-mail address ends in the middle.",
        BOTH,
        "deferred.event-2-accepted",
        answers(lambda sent: sent.is_follow_up and sent.has("customerEmail"), cut_short, statuses=(OK,)),
        sockets=True,
        also=("deferred.*",),
    ),
)
