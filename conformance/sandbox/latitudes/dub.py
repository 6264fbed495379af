"""What only Dub leaves free."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from conformance.sandbox.faults.fault import DUB
from conformance.sandbox.faults.wire import OK, Sent, answers, around, with_body
from conformance.sandbox.latitudes.latitude import LAG, Latitude
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.platforms.dub.errors import error
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import RecordedCustomer
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.platforms.dub.messages import Lead
    from conformance.sandbox.platforms.dub.workspace import Customer, Workspace
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around


class _ListsLater(Conversions):
    """Leads are listed a while after they were accepted."""

    def _count_lead(
        self, workspace: Workspace, customer: Customer, recorded: RecordedCustomer, lead: Lead, click: str | None
    ) -> None:
        later = partial(super()._count_lead, workspace, customer, recorded, lead, click)
        asyncio.get_running_loop().call_later(LAG, later)


def _one_spelling(_: Surroundings) -> Around:
    """Ids are compared without regard to letter case; the first spelling stays."""
    first: dict[str, str] = {}

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent = Sent(request)
        if sent.posted and sent.customer:
            known = first.get(sent.customer.casefold(), sent.customer)
            if known != sent.customer:
                request = with_body(request, {**sent.body, "customerExternalId": known})
        answer = await answering(request)
        if sent.customer and answer.status == OK:
            first.setdefault(sent.customer.casefold(), sent.customer)
        return answer

    return answered


def _stores_later(_: Surroundings) -> Around:
    """A lead that nobody waits for cannot be used by a sale for a moment."""
    ready: dict[str, float] = {}

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent, moment = Sent(request), asyncio.get_running_loop().time()
        if sent.is_sale and ready.get(sent.customer, 0.0) > moment:
            return error("not_found", "Lead event not found.")
        answer = await answering(request)
        if sent.is_plain_lead and sent.body.get("mode") != "wait" and answer.status == OK:
            ready.setdefault(sent.customer, moment + LAG)
        return answer

    return answered


DUBS: tuple[Latitude, ...] = (
    Latitude("lists-lag", "Leads are listed a while later.", DUB, "lists", Variation(conversions=_ListsLater)),
    Latitude(
        "mismatch-answered-404",
        "An event 2 of an unknown customer is refused with 404.",
        DUB,
        "mismatch",
        answers(
            lambda sent: sent.is_follow_up and bool(sent.customer),
            lambda _: error("not_found", "Customer not found."),
            statuses=(400,),
        ),
        lacks=("mismatched-external-id.refused",),
    ),
    Latitude(
        "ids-fold-letters",
        "External ids are compared as the database does, without regard to letter case.",
        DUB,
        "ids",
        lambda: around(_one_spelling),
    ),
    Latitude(
        "async-leads-come-later",
        "A lead in mode async cannot be used by a sale for a moment.",
        DUB,
        "async",
        lambda: around(_stores_later),
    ),
    Latitude(
        "zero-sales-count",
        "A sale of nothing is recorded like any other.",
        DUB,
        "zero-sale",
        Variation(rules={"zero_sale": "count"}),
    ),
    Latitude(
        "event-names-exact",
        "Event names are compared letter by letter.",
        DUB,
        "event-names",
        Variation(rules={"event_names": "exact"}),
        lacks=("retry.event-names-compared-loosely",),
    ),
    Latitude(
        "later-details-fill-gaps",
        "A later event adds the details of a customer that are still missing.",
        DUB,
        "details",
        Variation(rules={"customer_details": "fill"}),
    ),
    Latitude(
        "event-1-needs-click",
        "An event 1 without a click id is refused, whoever sends it.",
        DUB,
        "event-1-without-click",
        Variation(rules={"deferred_without_click": "refuse"}),
    ),
)
