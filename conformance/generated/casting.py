"""What a step of a story sends: its operation, and its fields in our words, for the customer who plays it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.engine.payloads import before_a_sale
from conformance.generated.moves import NO_CLICK
from conformance.generated.oracle import LATER, SIGNED_UP, VERIFIED

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.engine.names import Name
    from conformance.generated.moves import Move
    from conformance.generated.oracle import Names


def fields_of(profile: Profile, move: Move, names: Names, name: Name) -> tuple[str, dict[str, Any]]:
    """The operation and the fields of a step that is no `again`; `name` is that of its customer."""
    click = {"click": names.clicks[move.click]} if move.click != NO_CLICK else {}
    if move.act == "sale":
        invoice = names.invoices[move.invoice]
        return "sale", {"customer": name.customer, "invoice": invoice, "amount": move.amount, **click}
    if move.act == "event-1":
        fields: dict[str, Any] = {**click, "event": SIGNED_UP, "customer": name.customer, "mode": "deferred"}
        return "lead", fields | details_of(name)
    customer = names.stranger(move) if move.act == "mismatch" else name.customer
    event = {"lead": SIGNED_UP, "later-lead": LATER}.get(move.act, VERIFIED)
    fields = {**click, "event": event, "customer": customer, "mode": before_a_sale(profile)}
    return "lead", fields | (details_of(name) if move.act == "lead" else {})


def details_of(name: Name) -> dict[str, str]:
    """Name and address of a customer."""
    return {"name": f"Customer {name.stem}", "email": name.email}
