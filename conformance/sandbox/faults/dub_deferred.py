"""Defects in deferred leads that only Dub's wire can show, and in resent click ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import LeadEvent, Outcome
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.faults.books import (
    FaultyLedger,
    is_deferred,
    is_follow_up,
    is_pending,
    is_plain_lead,
    rules,
    swallows,
    takes_for,
)
from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.faults.wire import CUSTOMERS, OK, SUCCESS, Sent, answers, around, null, says
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.platforms.dub.workspace import Recorded, new_id, workspace_of
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import Event, Ruling
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.platforms.dub.messages import Lead
    from conformance.sandbox.store import Namespace
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around


def _first_click(_: Surroundings) -> Around:
    """Event 2 is answered with a click that is not event 1's."""

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        if Sent(request).is_follow_up and answer.status == OK:
            return says(lambda document: {**document, "click": {"id": ""}})(answer)
        return answer

    return answered


def _hides_until_a_lead(_: Surroundings) -> Around:
    """Customers who sent only an event 1 are not listed."""
    waiting: set[str] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if answer.status == OK and sent.customer:
            if sent.is_event_1:
                waiting.add(sent.customer)
            elif sent.is_follow_up or sent.is_plain_lead:
                waiting.discard(sent.customer)
        if request.path == CUSTOMERS and answer.status == OK:
            return says(lambda rows: [row for row in rows if row["externalId"] not in waiting])(answer)
        return answer

    return answered


def _hides_addresses(_: Surroundings) -> Around:
    """The e-mail address of event 1 is listed only after event 2."""
    waiting: set[str] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if answer.status == OK and sent.customer:
            (waiting.add if sent.is_event_1 else waiting.discard)(sent.customer)
        if request.path == CUSTOMERS and answer.status == OK:
            return says(lambda rows: [{**row, "email": None} if row["externalId"] in waiting else row for row in rows])(
                answer
            )
        return answer

    return answered


def _cleared(ledger: FaultyLedger, event: Event) -> Ruling:
    ruling = ledger.rightly(event)
    account = ledger.account(event.customer)
    if is_follow_up(event) and account is not None and event.details.email is None:
        account.email = None
    return ruling


def _other_name(ledger: FaultyLedger, event: Event) -> bool:
    return (
        isinstance(event, LeadEvent)
        and is_follow_up(event)
        and is_pending(ledger, event)
        and event.event == "Qualified"
    )


def _unknown_resend(ledger: FaultyLedger, event: Event) -> bool:
    return is_plain_lead(event) and is_deferred(ledger, event) and not ledger.is_known(event.click)


class _AlsoTheNext(Conversions):
    """A lead that event 2 confirms is also counted for another customer with an event 1."""

    def lead(self, namespace: Namespace, lead: Lead, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a lead."""
        answer, ruling = super().lead(namespace, lead, size)
        workspace = workspace_of(namespace)
        if is_follow_up(lead.event) and ruling.outcome is Outcome.CONFIRMED:
            for other in list(workspace.customers.values()):
                if not other.leads and not other.bought and other.external != lead.event.customer:
                    entry = Recorded(new_id("evt_"), lead.event.event, other.click, other, other.created, None)
                    workspace.record_lead(entry)
        return answer, ruling


DUB_DEFERRED: tuple[Fault, ...] = (
    Fault(
        "event-1-hidden",
        "A customer is known only when event 2 comes.",
        DUB,
        "deferred.attribution-locked",
        lambda: around(_hides_until_a_lead),
        also=("deferred.details-before-event-2",),
    ),
    Fault(
        "address-only-after-event-2",
        "The e-mail address of event 1 is shown only after event 2.",
        DUB,
        "deferred.details-before-event-2",
        lambda: around(_hides_addresses),
    ),
    Fault(
        "event-1-answered-briefly",
        "The answer to event 1 says nothing but that it was received.",
        DUB,
        "deferred.event-1-answer-shape",
        answers(lambda sent: sent.is_event_1, lambda _: json_answer(OK, {"received": True}), statuses=(OK,)),
        also=("deferred.event-1-never-deduplicated",),
    ),
    Fault(
        "event-1-again-without-link",
        "Event 1 that is sent again is answered as a repeat, without the link.",
        DUB,
        "deferred.event-1-never-deduplicated",
        answers(lambda sent: sent.is_event_1, says(null("link")), statuses=(OK,)),
    ),
    Fault(
        "event-2-answered-without-click",
        "The answer to event 2 does not name event 1's click.",
        DUB,
        "deferred.answer-names-event-1",
        around(_first_click),
    ),
    Fault(
        "event-2-needs-event-1s-name",
        "An event 2 with another event name than event 1's is dropped.",
        DUB,
        "deferred.other-event-name-confirms",
        swallows(_other_name),
    ),
    Fault(
        "event-2-loses-address",
        "An event 2 that brings no e-mail address clears the one of event 1.",
        DUB,
        "deferred.details-kept",
        rules(_cleared),
        also=("deferred.answer-names-event-1",),
    ),
    Fault(
        "event-2-confirms-the-others",
        "Event 2 records a lead for every customer who has sent an event 1.",
        DUB,
        "deferred.confirms-only-its-own",
        Variation(conversions=_AlsoTheNext),
        also=("*",),
    ),
    Fault(
        "mismatch-answered-200",
        "An event 2 of an unknown customer is answered with 200 and thrown away.",
        DUB,
        "mismatched-external-id.refused",
        answers(lambda sent: sent.is_follow_up, lambda _: SUCCESS, statuses=(400,)),
        also=("validation.lead-without-customer",),
    ),
    Fault(
        "unknown-resend-taken",
        "An event 2 with a click id that nobody minted is taken as if it had none.",
        DUB,
        "resent-click-id.unknown-click-refused",
        takes_for(_unknown_resend, lambda _, event: replace(event, click=None)),
    ),
    Fault(
        "same-click-refused",
        "An event 2 that repeats event 1's click id is refused.",
        DUB,
        "resent-click-id.same-click-accepted",
        Variation(rules={"resent_click": "refuse"}),
        also=("resent-click-id.*",),
    ),
    Fault(
        "event-names-compared-exactly",
        "Event names are compared letter by letter.",
        DUB,
        "retry.event-names-compared-loosely",
        Variation(rules={"event_names": "exact"}),
    ),
)
