"""Leads and sales as Dub answers them: the ledger rules, this keeps what the ruling changed, and pushes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.ledger import Change, Details, Mode, Outcome, RecordedCustomer
from conformance.sandbox.answers import Answer, json_answer, json_bytes_answer
from conformance.sandbox.platforms.dub.errors import error
from conformance.sandbox.platforms.dub.shapes import (
    brief_customer,
    brief_link,
    full_customer,
    sale_answer,
    webhook_data,
)
from conformance.sandbox.platforms.dub.workspace import Payment, Recorded, instant, new_id, workspace_of
from conformance.sandbox.webhooks import signature

if TYPE_CHECKING:
    from conformance.ledger import LeadEvent, Ruling
    from conformance.sandbox.platforms.dub.messages import Lead, Sale
    from conformance.sandbox.platforms.dub.workspace import Customer, Workspace
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.webhooks import Pusher

_NO_CUSTOMER = (
    "The `clickId` property was not provided in the request, "
    "and no existing customer with the provided `customerExternalId` was found."
)
_SIGNATURE = "Dub-Signature"
_COUNTED = (Outcome.CONFIRMED, Outcome.FURTHER)
_NOTHING = (Outcome.STRANGERS_SALE, Outcome.ZERO_SALE)


class Conversions:
    """Rules on leads and sales, and answers them."""

    def __init__(self, store: Store, pusher: Pusher) -> None:
        self._store = store
        self._pusher = pusher

    def lead(self, namespace: Namespace, lead: Lead, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a lead."""
        event = lead.event
        ruling = self._store.rule(namespace, event, size)
        if ruling.outcome is Outcome.REFUSED_UNKNOWN_CLICK:
            return error("not_found", f"Click event not found for clickId: {event.click}"), ruling
        if not ruling.accepted:
            return error("bad_request", _NO_CUSTOMER), ruling
        workspace = workspace_of(namespace)
        recorded = namespace.ledger.recorded(event.customer) or _as_sent(event.customer, event.details)
        if ruling.changes:
            customer = _customer(workspace, recorded, event.received)
            if ruling.outcome in _COUNTED:
                self._count_lead(workspace, customer, recorded, lead, ruling.click)
        return json_answer(200, _lead_answer(workspace, event, ruling, recorded)), ruling

    def sale(self, namespace: Namespace, sale: Sale, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a sale."""
        event = sale.event
        workspace = workspace_of(namespace)
        ruling = self._store.rule(namespace, event, size)
        if ruling.outcome is Outcome.REPEATED_INVOICE and event.invoice is not None:
            return json_bytes_answer(200, workspace.first_answers[event.invoice]), ruling
        if ruling.outcome is Outcome.REFUSED_UNKNOWN_CLICK:
            return error("not_found", f"Click event not found for clickId: {event.click}"), ruling
        recorded = namespace.ledger.recorded(event.customer)
        if not ruling.accepted:
            named = event.lead or "null"
            message = f"Lead event not found for externalId: {event.customer} and leadEventName: {named}"
            return error("not_found", message), ruling
        if ruling.outcome in _NOTHING or recorded is None:
            return json_answer(200, {"eventName": sale.name, "customer": None, "sale": None}), ruling
        customer = _customer(workspace, recorded, event.received)
        if Change.LEAD_RECORDED in ruling.changes:
            self._count_implicit_lead(workspace, customer, recorded)
        answer = self._count_sale(workspace, customer, recorded, sale, ruling.click)
        if event.invoice is not None:
            workspace.first_answers[event.invoice] = answer.body
        return answer, ruling

    def _count_lead(
        self, workspace: Workspace, customer: Customer, recorded: RecordedCustomer, lead: Lead, click: str | None
    ) -> None:
        entry = Recorded(
            new_id("evt_"),
            lead.event.event,
            workspace.clicks[click or ""],
            customer,
            instant(lead.event.received or ""),
            lead.metadata,
            lead.event.quantity,
        )
        workspace.record_lead(entry)
        self._push(workspace, "lead.created", entry, recorded)

    def _count_implicit_lead(self, workspace: Workspace, customer: Customer, recorded: RecordedCustomer) -> None:
        lead = recorded.confirmed[-1]
        click = workspace.clicks[lead.click or ""]
        entry = Recorded(new_id("evt_"), lead.event or "", click, customer, instant(lead.timestamp or ""), None)
        workspace.record_lead(entry)
        self._push(workspace, "lead.created", entry, recorded)

    def _count_sale(
        self, workspace: Workspace, customer: Customer, recorded: RecordedCustomer, sale: Sale, click: str | None
    ) -> Answer:
        event = sale.event
        payment = Payment(int(event.amount), event.currency, sale.processor, event.invoice)
        moment = instant(event.received or "")
        entry = Recorded(
            new_id("evt_"), sale.name, workspace.clicks[click or ""], customer, moment, sale.metadata, payment=payment
        )
        # A webhook shows the customer's counters as they were before this sale.
        self._push(workspace, "sale.created", entry, recorded)
        workspace.record_sale(entry, payment)
        shown = {"id": customer.id, **brief_customer(recorded)}
        return json_answer(200, sale_answer(sale.name, shown, payment, sale.metadata))

    def _push(self, workspace: Workspace, name: str, entry: Recorded, recorded: RecordedCustomer) -> None:
        to = workspace.receiver
        if to is None:
            return
        customer = full_customer(entry.customer, recorded)
        document = {
            "id": new_id("evt_"),
            "event": name,
            "createdAt": entry.timestamp,
            "data": webhook_data(entry, customer, workspace),
        }
        body = json.dumps(document, separators=(",", ":")).encode()
        self._pusher.push(to, {_SIGNATURE: self._signature(to.secret, body)}, body)

    def _signature(self, secret: str, body: bytes) -> str:
        return signature(secret, body)


def _customer(workspace: Workspace, recorded: RecordedCustomer, received: str | None) -> Customer:
    return workspace.customer(recorded.customer, recorded.click or "", instant(received or ""))


def _as_sent(customer: str, details: Details) -> RecordedCustomer:
    """A customer who is not there any more: deleted, while the lead stays known."""
    return RecordedCustomer(customer, name=details.name, email=details.email, avatar=details.avatar)


def _lead_answer(workspace: Workspace, event: LeadEvent, ruling: Ruling, recorded: RecordedCustomer) -> dict[str, Any]:
    click = event.click or ruling.click or ""
    # Only event 1 names its link each time it is sent.
    repeated = ruling.outcome is Outcome.DUPLICATE and event.mode is not Mode.DEFERRED
    link = None if repeated else brief_link(workspace.clicks[click].link)
    return {"click": {"id": click}, "link": link, "customer": brief_customer(recorded)}
