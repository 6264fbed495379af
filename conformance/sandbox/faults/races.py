"""Defects that show when events arrive at the same moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.ledger import Change, Outcome, SaleEvent
from conformance.sandbox.faults.books import (
    AT_ONCE,
    FaultyLedger,
    counts_again,
    is_event_1,
    is_follow_up,
    is_plain_lead,
    rules,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, DUB, Fault
from conformance.sandbox.faults.wire import FAILURE, SUCCESS, Sent, around, refusal, with_body

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from conformance.ledger import Event, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation

_AT_ONCE_WITHIN = 0.002


def _at_once(
    key: Callable[[Sent], Hashable], then: Callable[[Incoming, Sent, Answering], Any], when: Callable[[Sent], bool]
) -> Callable[[Surroundings], Around]:
    """What is in flight together with another one of the same key is handled by `then`."""

    def make(_: Surroundings) -> Around:
        in_flight: list[Hashable] = []

        async def answered(request: Incoming, answering: Answering) -> Answer:
            sent = Sent(request)
            if not when(sent):
                return await answering(request)
            mine = key(sent)
            late = mine in in_flight
            in_flight.append(mine)
            try:
                # Timers that are due at the same moment end in any order.
                await asyncio.sleep(_AT_ONCE_WITHIN * in_flight.count(mine))
                found: Answer = await (then(request, sent, answering) if late else answering(request))
            finally:
                in_flight.remove(mine)
            return found

        return answered

    return make


def _body_of(sent: Sent) -> Hashable:
    return (sent.operation, sent.request.body)


async def _marked(request: Incoming, _: Sent, answering: Answering) -> Answer:
    token = AT_ONCE.set(True)
    try:
        return await answering(request)
    finally:
        AT_ONCE.reset(token)


async def _fails(_: Incoming, __: Sent, ___: Answering) -> Answer:
    return FAILURE


async def _is_busy(_: Incoming, __: Sent, ___: Answering) -> Answer:
    return refusal(503, "try again")


async def _loses(_: Incoming, __: Sent, ___: Answering) -> Answer:
    return SUCCESS


def _twins_count(which: Callable[[Event], bool], when: Callable[[Sent], bool]) -> Variation:
    """Look-up and record are two steps: identical events in between are both counted."""

    def unguarded(ledger: FaultyLedger, event: Event) -> bool:
        return which(event) and AT_ONCE.get() and ledger.times(event) > 1

    return around(_at_once(_body_of, _marked, when)) | counts_again(unguarded)


def _is_sale(event: Event) -> bool:
    return isinstance(event, SaleEvent)


def _mixes(field: str, when: Callable[[Sent], bool]) -> Variation:
    """One field of such requests stands in a variable that those of one click share."""

    def make(_: Surroundings) -> Around:
        current: dict[Any, Any] = {}

        async def answered(request: Incoming, answering: Answering) -> Answer:
            sent = Sent(request)
            if not when(sent) or not sent.has("clickId") or field not in sent.body:
                return await answering(request)
            click = sent.body["clickId"]
            current[click] = sent.body[field]
            await asyncio.sleep(_AT_ONCE_WITHIN)
            if current[click] != sent.body[field]:
                request = with_body(request, {**sent.body, field: current[click]})
            return await answering(request)

        return answered

    return around(make)


def _two_attributions() -> Variation:
    """Of two event 1s at the same moment the customer keeps one click, and the lead the other."""
    others: dict[str, str | None] = {}

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        found = ledger.rightly(event)
        if is_event_1(event) and AT_ONCE.get() and found.outcome is Outcome.FIRST_CLICK_STAYS:
            others[event.customer] = event.click
        account = ledger.account(event.customer)
        if found.outcome is Outcome.CONFIRMED and event.customer in others and account is not None:
            key, leads = list(account.confirmed.items())[-1]
            account.confirmed[key] = tuple(replace(lead, click=others[event.customer]) for lead in leads)
        return found

    return around(_at_once(lambda sent: sent.customer, _marked, lambda sent: sent.is_event_1)) | rules(ruling)


def _leads_of_direct_sales() -> Variation:
    """Whether a direct sale's customer has a lead is looked up first, and the lead written down afterwards."""

    def ruling(ledger: FaultyLedger, event: Event) -> Ruling:
        found = ledger.rightly(event)
        if isinstance(event, SaleEvent) and event.customer in ledger.marked and AT_ONCE.get():
            return replace(found, changes=(*found.changes, Change.LEAD_RECORDED))
        if found.outcome is Outcome.DIRECT_SALE:
            ledger.marked.add(event.customer)
        return found

    return around(_at_once(lambda sent: sent.customer, _marked, lambda sent: sent.is_sale)) | rules(ruling)


RACES: tuple[Fault, ...] = (
    Fault(
        "twins-fail",
        "Identical events at the same moment run into a unique constraint, and are answered with 500.",
        BOTH,
        "race.answered",
        around(_at_once(_body_of, _fails, lambda sent: sent.posted)),
    ),
    Fault(
        "twin-leads-count",
        "Leads are looked up first and written down afterwards: identical ones at the same moment all count.",
        BOTH,
        "race.leads-counted-once",
        _twins_count(is_plain_lead, lambda sent: sent.is_plain_lead),
        also=("race.answered",),
    ),
    Fault(
        "twin-event-2s-count",
        "Identical event 2s at the same moment each confirm a lead.",
        BOTH,
        "race.event-2s-counted-once",
        _twins_count(is_follow_up, lambda sent: sent.is_follow_up),
        also=("retry.event-2-counted-once",),
    ),
    Fault(
        "twin-sales-count",
        "Sales are looked up first and written down afterwards: identical ones at the same moment all count.",
        BOTH,
        "race.sales-counted-once",
        _twins_count(_is_sale, lambda sent: sent.is_sale),
    ),
    Fault(
        "sale-lost-at-once",
        "Of a customer's sales at the same moment one overwrites the other.",
        BOTH,
        "race.different-invoices-all-count",
        around(_at_once(lambda sent: sent.customer, _loses, lambda sent: sent.is_sale and bool(sent.customer))),
        also=("race.direct-sales-leave-one-lead",),
    ),
    Fault(
        "amounts-mixed-up",
        "Sales of one click at the same moment are given one another's amount.",
        BOTH,
        "race.customers-not-mixed-up",
        lambda: _mixes("amount", lambda sent: sent.is_sale),
    ),
    Fault(
        "names-mixed-up",
        "Leads of one click at the same moment are given one another's name.",
        BOTH,
        "race.customers-not-mixed-up",
        lambda: _mixes("customerName", lambda sent: sent.operation == "lead"),
    ),
    Fault(
        "two-attributions-at-once",
        "Of two event 1s at the same moment the customer keeps one click, and the lead the other.",
        CUTMESHORT,
        "race.one-attribution",
        _two_attributions,
    ),
    Fault(
        "one-customer-at-once-fails",
        "Different events of one customer at the same moment run into a lock, and are answered with 503.",
        BOTH,
        "race.answered",
        around(_at_once(lambda sent: sent.customer, _is_busy, lambda sent: sent.posted and bool(sent.customer))),
        also=("race.*",),
    ),
    Fault(
        "direct-sales-each-leave-a-lead",
        "Direct sales of one customer at the same moment each leave a lead.",
        DUB,
        "race.direct-sales-leave-one-lead",
        _leads_of_direct_sales(),
    ),
)
