"""Defects in Dub's webhooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import Outcome, RecordedCustomer
from conformance.sandbox.faults.fault import DUB, Fault
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.platforms.dub.workspace import (
    DEMO,
    Click,
    Customer,
    Payment,
    Recorded,
    instant,
    new_id,
    workspace_of,
)
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.platforms.dub.messages import Lead, Sale
    from conformance.sandbox.platforms.dub.workspace import Workspace
    from conformance.sandbox.store import Namespace


class _OtherClick(Conversions):
    """The push of a lead names no click."""

    def _push(self, workspace: Workspace, name: str, entry: Recorded, recorded: RecordedCustomer) -> None:
        if name == "lead.created":
            entry = replace(entry, click=replace(entry.click, id="unknown"))
        super()._push(workspace, name, entry, recorded)


class _OtherAmount(Conversions):
    """The push of a sale names its amount in whole dollars."""

    def _push(self, workspace: Workspace, name: str, entry: Recorded, recorded: RecordedCustomer) -> None:
        if entry.payment is not None:
            entry = replace(entry, payment=replace(entry.payment, amount=entry.payment.amount // 100))
        super()._push(workspace, name, entry, recorded)


class _Unsigned(Conversions):
    """Webhooks are signed with half the secret."""

    def _signature(self, secret: str, body: bytes) -> str:
        return super()._signature(secret[: len(secret) // 2], body)


class _PushesEvent1(Conversions):
    """Event 1 is pushed as if it were a lead."""

    def lead(self, namespace: Namespace, lead: Lead, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a lead."""
        answer, ruling = super().lead(namespace, lead, size)
        workspace = workspace_of(namespace)
        customer = workspace.customers.get(lead.event.customer)
        recorded = namespace.ledger.recorded(lead.event.customer)
        if ruling.outcome is Outcome.PENDING and customer and recorded:
            entry = Recorded(new_id("evt_"), lead.event.event, customer.click, customer, customer.created, None)
            self._push(workspace, "lead.created", entry, recorded)
        return answer, ruling


class _PushesRepeats(Conversions):
    """A repeated invoice is pushed again."""

    def sale(self, namespace: Namespace, sale: Sale, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a sale."""
        answer, ruling = super().sale(namespace, sale, size)
        workspace = workspace_of(namespace)
        customer = workspace.customers.get(sale.event.customer)
        recorded = namespace.ledger.recorded(sale.event.customer)
        if ruling.outcome is Outcome.REPEATED_INVOICE and customer and recorded:
            payment = Payment(int(sale.event.amount), "usd", sale.processor, sale.event.invoice)
            entry = Recorded(
                new_id("evt_"), sale.name, customer.click, customer, customer.created, None, payment=payment
            )
            self._push(workspace, "sale.created", entry, recorded)
        return answer, ruling


class _PushesWhatIsNoSale(Conversions):
    """A sale that is answered with nulls is pushed, as the branch does that records it."""

    outcome = Outcome.ZERO_SALE

    def sale(self, namespace: Namespace, sale: Sale, size: int) -> tuple[Answer, Ruling]:
        """What becomes of a sale."""
        answer, ruling = super().sale(namespace, sale, size)
        if ruling.outcome is self.outcome:
            workspace, event = workspace_of(namespace), sale.event
            moment = instant(event.received or "")
            known = workspace.customers.get(event.customer)
            click = known.click if known else Click("", workspace.link(DEMO, "", "", moment), moment, "", "")
            customer = known or Customer(new_id("cus_"), event.customer, click, moment)
            recorded = namespace.ledger.recorded(event.customer) or RecordedCustomer(event.customer)
            payment = Payment(int(event.amount), event.currency, sale.processor, event.invoice)
            entry = Recorded(new_id("evt_"), sale.name, click, customer, moment, sale.metadata, payment=payment)
            self._push(workspace, "sale.created", entry, recorded)
        return answer, ruling


class _PushesSalesOfNobody(_PushesWhatIsNoSale):
    """A sale of an unknown customer is pushed."""

    outcome = Outcome.STRANGERS_SALE


class _PushesEachOfAQuantity(Conversions):
    """A quantity of leads is pushed lead by lead."""

    def _push(self, workspace: Workspace, name: str, entry: Recorded, recorded: RecordedCustomer) -> None:
        for _ in range(entry.quantity):
            super()._push(workspace, name, entry, recorded)


DUB_WEBHOOKS: tuple[Fault, ...] = (
    Fault(
        "lead-pushed-without-click",
        "The webhook of a lead names another click.",
        DUB,
        "webhooks.lead-created",
        Variation(conversions=_OtherClick),
        sockets=True,
    ),
    Fault(
        "sale-pushed-in-dollars",
        "The webhook of a sale names its amount in whole dollars.",
        DUB,
        "webhooks.sale-created",
        Variation(conversions=_OtherAmount),
        sockets=True,
    ),
    Fault(
        "webhook-signed-with-half-the-secret",
        "Webhooks are signed with another key than the secret.",
        DUB,
        "webhooks.signed",
        Variation(conversions=_Unsigned),
        sockets=True,
    ),
    Fault(
        "event-1-pushed",
        "Event 1 of a deferred lead is pushed as a lead.",
        DUB,
        "webhooks.none-for-event-1",
        Variation(conversions=_PushesEvent1),
        also=("webhooks.lead-created",),
        sockets=True,
    ),
    Fault(
        "repeat-pushed",
        "A repeated invoice is pushed again.",
        DUB,
        "webhooks.none-for-duplicates",
        Variation(conversions=_PushesRepeats),
        sockets=True,
    ),
    Fault(
        "sale-of-nothing-pushed",
        "A sale of zero is pushed, although it counts for nothing.",
        DUB,
        "webhooks.none-for-zero-sale",
        Variation(conversions=_PushesWhatIsNoSale),
        sockets=True,
    ),
    Fault(
        "sale-of-nobody-pushed",
        "A sale of an unknown customer is pushed, although it is not recorded.",
        DUB,
        "webhooks.none-for-unknown-customer",
        Variation(conversions=_PushesSalesOfNobody),
        sockets=True,
    ),
    Fault(
        "quantity-pushed-one-by-one",
        "A lead with a quantity is pushed so many times.",
        DUB,
        "webhooks.one-for-event-quantity",
        Variation(conversions=_PushesEachOfAQuantity),
        sockets=True,
    ),
)
