"""Defects in deferred leads: event 1, event 2, and what lies between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import NO_DETAILS, LeadEvent, Mode, Outcome
from conformance.sandbox.faults.books import (
    FaultyLedger,
    as_mode,
    is_event_1,
    is_follow_up,
    is_pending,
    later_lead_loses_click,
    one_more,
    rules,
    shows,
    swallows,
    takes_for,
    wrong_click,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import OK, Sent, answers, around, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, RecordedCustomer, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation


def _first_of_a_customer(when: Callable[[Sent], bool], number: int) -> Callable[[], Variation]:
    """The first such event of each customer is answered with another status."""

    def make(_: Surroundings) -> Around:
        seen: set[str] = set()

        async def answered(request: Incoming, answering: Answering) -> Answer:
            sent = Sent(request)
            answer = await answering(request)
            if not when(sent) or sent.customer in seen or answer.status != OK:
                return answer
            seen.add(sent.customer)
            return status(number)(answer)

        return answered

    return lambda: around(make)


def _while_pending(hide: Callable[[RecordedCustomer], RecordedCustomer]) -> Variation:
    def showing(customer: RecordedCustomer) -> RecordedCustomer:
        return hide(customer) if customer.pending and not customer.confirmed else customer

    return shows(showing)


def _adds_a_lead(ledger: FaultyLedger, event: Event) -> Ruling:
    ruling = ledger.rightly(event)
    with_details = isinstance(event, LeadEvent) and event.details.email is not None and is_follow_up(event)
    return one_more(ledger, event, ruling) if with_details and isinstance(event, LeadEvent) else ruling


def _clears_the_avatar(ledger: FaultyLedger, event: Event) -> Ruling:
    ruling = ledger.rightly(event)
    account = ledger.account(event.customer)
    if is_follow_up(event) and account is not None and event.details.avatar is None:
        account.avatar = None
    return ruling


def _moves_the_pending_lead(ledger: FaultyLedger, event: Event) -> Ruling:
    account = ledger.account(event.customer)
    if is_event_1(event) and account is not None and account.pending is not None:
        account.click = event.click
        account.pending = replace(account.pending, click=event.click)
    return ledger.rightly(event)


def _confirms_everybody(ledger: FaultyLedger, event: Event) -> Ruling:
    if is_follow_up(event) and is_pending(ledger, event):
        for other in list(ledger.others(event)):
            if other.pending is not None:
                ledger.rightly(replace(event, customer=other.customer, details=NO_DETAILS))
    return ledger.rightly(event)


def _confirmed_lead_takes_wrong_click(ledger: FaultyLedger, event: Event) -> Ruling:
    account = ledger.account(event.customer)
    ruling = ledger.rightly(event)
    if is_follow_up(event) and ruling.outcome is Outcome.CONFIRMED and account is not None:
        click = wrong_click(ledger, event)
        key, leads = list(account.confirmed.items())[-1]
        account.confirmed[key] = tuple(replace(lead, click=click) for lead in leads)
        return replace(ruling, click=click)
    return ruling


def _same_name(ledger: FaultyLedger, event: Event) -> bool:
    account = ledger.account(event.customer)
    pending = None if account is None else account.pending
    return isinstance(event, LeadEvent) and is_follow_up(event) and pending is not None and pending.event == event.event


DEFERRED: tuple[Fault, ...] = (
    Fault(
        "event-1-answered-202",
        "Event 1 of a new customer is answered with 202, since it counts later.",
        BOTH,
        "deferred.event-1-accepted",
        _first_of_a_customer(lambda sent: sent.is_event_1, 202),
    ),
    Fault(
        "event-1-with-avatar-counts",
        "Event 1 counts at once when it brings an avatar.",
        BOTH,
        "deferred.pending-until-event-2",
        takes_for(
            lambda _, event: is_event_1(event) and event.details.avatar is not None,
            lambda _, event: as_mode(event, Mode.NON_DEFERRED),
        ),
        also=("deferred.one-lead", "deferred.pending-visible", "mismatched-external-id.*"),
    ),
    Fault(
        "attribution-only-after-event-2",
        "The customer is tied to the click only when event 2 comes.",
        CUTMESHORT,
        "deferred.attribution-locked",
        _while_pending(
            lambda customer: replace(
                customer, click=None, leads=tuple(replace(lead, click=None) for lead in customer.leads)
            )
        ),
    ),
    Fault(
        "pending-lead-hidden",
        "A pending lead is shown to nobody.",
        CUTMESHORT,
        "deferred.pending-visible",
        _while_pending(lambda customer: replace(customer, leads=())),
    ),
    Fault(
        "avatar-only-after-event-2",
        "The avatar of event 1 is fetched, and shown, only after event 2.",
        CUTMESHORT,
        "deferred.details-before-event-2",
        _while_pending(lambda customer: replace(customer, avatar=None)),
    ),
    Fault(
        "event-2-answered-201",
        "An event 2 that brings an e-mail address is answered with 201.",
        BOTH,
        "deferred.event-2-accepted",
        answers(lambda sent: sent.is_follow_up and sent.has("customerEmail"), status(201), statuses=(OK,)),
    ),
    Fault(
        "event-2-ignored",
        "Event 2 is answered with 200 and dropped when it brings an e-mail address.",
        BOTH,
        "deferred.one-lead",
        swallows(
            lambda ledger, event: (
                is_follow_up(event)
                and is_pending(ledger, event)
                and isinstance(event, LeadEvent)
                and event.details.email is not None
            )
        ),
    ),
    Fault(
        "event-2-adds-a-lead",
        "An event 2 that brings an e-mail address confirms the pending lead, and adds one.",
        CUTMESHORT,
        "deferred.one-lead",
        rules(_adds_a_lead),
    ),
    Fault(
        "event-2-takes-wrong-click",
        "Event 2 attributes the lead to a click of somebody else.",
        BOTH,
        "deferred.attributed-to-event-1",
        rules(_confirmed_lead_takes_wrong_click),
        also=(
            *("deferred.*", "mismatched-external-id.*", "resent-click-id.*", "retry.*", "race.*", "sale.*"),
            *("click-capture.id-usable", "webhooks.*", "duplicate-sale.*"),
        ),
    ),
    Fault(
        "event-2-clears-avatar",
        "Event 2 without an avatar overwrites the one of event 1 with nothing.",
        CUTMESHORT,
        "deferred.details-kept",
        rules(_clears_the_avatar),
    ),
    Fault(
        "same-name-taken-for-repeat",
        "An event 2 with event 1's event name is taken for a repeat, and dropped.",
        BOTH,
        "deferred.same-event-name-confirms",
        swallows(_same_name),
    ),
    Fault(
        "second-event-1-moves-click",
        "Event 1 with another click moves the attribution of a pending lead.",
        CUTMESHORT,
        "deferred.first-click-stays",
        rules(_moves_the_pending_lead),
        also=("deferred.attributed-to-event-1",),
    ),
    Fault(
        "event-2-confirms-everybody",
        "Event 2 confirms every pending lead there is.",
        CUTMESHORT,
        "deferred.confirms-only-its-own",
        rules(_confirms_everybody),
        also=("*",),
    ),
    Fault(
        "lead-after-verification-loses-click",
        "A further lead after event 2 is recorded for no click.",
        CUTMESHORT,
        "deferred.later-lead-same-click",
        later_lead_loses_click(deferred=True),
    ),
)
