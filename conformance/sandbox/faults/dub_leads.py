"""Defects in leads that only Dub's wire can show: its answers, its lists of customers and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from conformance.ledger import LeadEvent
from conformance.sandbox.faults.books import FaultyLedger, is_plain_lead, rules, swallows
from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.faults.wire import CUSTOMERS, OK, Sent, answers, null, reads, refusal, says, without
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import Event, RecordedCustomer, Ruling
    from conformance.sandbox.platforms.dub.messages import Lead
    from conformance.sandbox.platforms.dub.workspace import Customer, Workspace

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
)
