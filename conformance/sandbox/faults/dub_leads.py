"""Defects in leads that only Dub's wire can show: its answers, its lists of customers and events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from conformance.ledger import LeadEvent, Outcome
from conformance.ledger.rulings import accepted
from conformance.sandbox.faults.books import FaultyLedger, is_plain_lead, rules, swallows
from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.faults.wire import (
    CUSTOMERS,
    OK,
    Sent,
    answers,
    around,
    null,
    page,
    reads,
    refusal,
    says,
    without,
)
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import Event, RecordedCustomer, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.platforms.dub.messages import Lead
    from conformance.sandbox.platforms.dub.workspace import Customer, Workspace
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

_EVENTS = b"/events"


def _renamed(document: Any) -> Any:
    customer = document.get("customer")
    return (
        {**document, "customer": {**customer, "externalId": customer["externalId"].upper()}} if customer else document
    )


def _is_by_id(sent: Sent) -> bool:
    return sent.request.path.startswith(CUSTOMERS + b"/ext_") and b"%2F" in sent.request.path


def _is_list_of_leads(sent: Sent) -> bool:
    query = parse_qs(sent.request.query.decode("utf-8", "replace"))
    return sent.request.path == _EVENTS and query.get("event") == ["leads"] and "customerId" in query


def _overwrites_the_name(ledger: FaultyLedger, event: Event) -> Ruling:
    ruling = ledger.rightly(event)
    account = ledger.account(event.customer)
    if isinstance(event, LeadEvent) and event.event == "demo_booked" and account is not None:
        account.name = event.details.name
    return ruling


def _second_lead(ledger: FaultyLedger, event: Event) -> bool:
    account = ledger.account(event.customer)
    known = account is not None and bool(account.confirmed) and not account.deferred
    return isinstance(event, LeadEvent) and is_plain_lead(event) and known and event.event == "demo_booked"


def _is_by_id_at_all(sent: Sent) -> bool:
    return sent.request.path.startswith(CUSTOMERS + b"/ext_")


def _is_filtered(sent: Sent) -> bool:
    return sent.request.path == CUSTOMERS and b"externalId=" in sent.request.query


def _lists_somebody(_: Surroundings) -> Around:
    """A filter that finds nobody is dropped, and the first page of all customers is listed."""

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        if answer.status != OK or answer.body != b"[]" or not _is_filtered(Sent(request)):
            return answer
        return await answering(request._replace(scope={**request.scope, "query_string": b"pageSize=10"}))

    return answered


def _answers_with_the_link(_: Surroundings) -> Around:
    """A repeated lead is answered as the first one was, link and all."""
    links: dict[str, Any] = {}

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if not sent.is_plain_lead or answer.status != OK:
            return answer
        link = json.loads(answer.body)["link"]
        if link is not None:
            links[sent.customer] = link
            return answer
        return says(lambda document: {**document, "link": links.get(sent.customer)})(answer)

    return answered


def _uses_up_the_key(ledger: FaultyLedger, event: Event) -> Ruling:
    """The key for repeats is taken before the click is looked up, and never given back."""
    if not isinstance(event, LeadEvent) or not is_plain_lead(event):
        return ledger.rightly(event)
    key = f"{event.customer} {event.event}"
    if key in ledger.marked:
        return accepted(Outcome.DUPLICATE)
    found = ledger.rightly(event)
    if found.outcome is Outcome.REFUSED_UNKNOWN_CLICK:
        ledger.marked.add(key)
    return found


def _shared_click(ledger: FaultyLedger, event: Event) -> bool:
    return is_plain_lead(event) and any(other.click == event.click for other in ledger.others(event))


class _TwoEvents(Conversions):
    """A booked demo is written to the list of events twice."""

    def _count_lead(
        self, workspace: Workspace, customer: Customer, recorded: RecordedCustomer, lead: Lead, click: str | None
    ) -> None:
        super()._count_lead(workspace, customer, recorded, lead, click)
        if lead.event.event == "demo_booked" and lead.event.click:
            super()._count_lead(workspace, customer, recorded, lead, click)


DUB_LEADS: tuple[Fault, ...] = (
    Fault(
        "lead-answer-without-link-key",
        "The answer to a lead has no key link.",
        DUB,
        "non-deferred.answer-shape",
        answers(lambda sent: sent.is_plain_lead, says(without("link")), statuses=(OK,)),
        also=("non-deferred.answer-names-link", "retry.repeat-answer-has-no-link"),
    ),
    Fault(
        "lead-answer-names-customer-otherwise",
        "The answer to a lead spells the customer's id otherwise.",
        DUB,
        "non-deferred.answer-names-click-and-customer",
        answers(lambda sent: sent.is_plain_lead, says(_renamed), statuses=(OK,)),
    ),
    Fault(
        "lead-answer-names-no-link",
        "The answer to a first lead has no link.",
        DUB,
        "non-deferred.answer-names-link",
        answers(lambda sent: sent.is_plain_lead, says(null("link")), statuses=(OK,)),
    ),
    Fault(
        "lead-recorded-twice",
        "A booked demo is written to the list of events twice.",
        DUB,
        "non-deferred.one-lead",
        Variation(conversions=_TwoEvents),
        also=("non-deferred.second-event-name-is-second-lead",),
    ),
    Fault(
        "one-lead-per-customer",
        "A customer's lead under another event name is taken for a repeat.",
        DUB,
        "non-deferred.second-event-name-is-second-lead",
        swallows(_second_lead),
        also=("non-deferred.first-profile-stays", "non-deferred.each-lead-keeps-its-click", "sale.*"),
    ),
    Fault(
        "one-customer-per-click",
        "A click id that has brought one customer is spent.",
        DUB,
        "non-deferred.several-customers-on-one-click",
        swallows(_shared_click),
        also=("*",),
    ),
    Fault(
        "quantity-ignored",
        "A quantity of leads counts as one.",
        DUB,
        "non-deferred.event-quantity-counted",
        reads(lambda fields: fields.pop("eventQuantity", None) if fields.get("eventQuantity") == 3 else None),  # noqa: PLR2004
    ),
    Fault(
        "customer-with-slash-not-found",
        "A customer whose id has a slash cannot be read by it.",
        DUB,
        "non-deferred.customer-readable",
        answers(_is_by_id, lambda _: refusal(404, "not found")),
    ),
    Fault(
        "event-row-without-link",
        "The rows of the list of events do not say which link.",
        DUB,
        "non-deferred.events-readable",
        answers(_is_list_of_leads, says(lambda rows: [without("link")(row) for row in rows]), statuses=(OK,)),
    ),
    Fault(
        "later-profile-overwrites",
        "A later lead overwrites the customer's name.",
        DUB,
        "non-deferred.first-profile-stays",
        rules(_overwrites_the_name),
    ),
    Fault(
        "later-lead-takes-first-click",
        "Every lead of a customer is counted for the click of the first, whatever it brings itself.",
        DUB,
        "non-deferred.each-lead-keeps-its-click",
        Variation(rules={"lead_click": "customers"}),
    ),
    Fault(
        "filter-that-finds-nobody-dropped",
        "A list of customers by an external id that nobody has is a list of anybody.",
        DUB,
        "non-deferred.customer-readable",
        around(_lists_somebody),
    ),
    Fault(
        "missing-customer-answered-with-a-page",
        "A customer who does not exist is answered with the 404 page of the web framework.",
        DUB,
        "resilience.error-is-json",
        answers(_is_by_id_at_all, page, statuses=(404,)),
        also=("resilience.error-status-agrees",),
    ),
    Fault(
        "repeated-lead-answered-with-link",
        "A repeated lead is answered with the link, as if it had counted.",
        DUB,
        "retry.repeat-answer-has-no-link",
        lambda: around(_answers_with_the_link),
    ),
    Fault(
        "refused-lead-uses-up-its-name",
        "A lead that is refused for its click is remembered: the corrected one is taken for a repeat, and dropped.",
        DUB,
        "retry.rejected-lead-blocks-nothing",
        rules(_uses_up_the_key),
    ),
)
