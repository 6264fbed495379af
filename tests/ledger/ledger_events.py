"""Short ways to say what happened, for the tests of the ledger."""

from __future__ import annotations

from decimal import Decimal

from conformance.ledger import Details, LeadEvent, Ledger, Mode, Rules, SaleEvent

CLICK = "click-1"
OTHER_CLICK = "click-2"


def ledger(rules: Rules | None = None) -> Ledger:
    made = Ledger(rules)
    made.mint(CLICK)
    made.mint(OTHER_CLICK)
    return made


def lead(customer: str = "ada", event: str = "signup", click: str | None = CLICK, **details: str) -> LeadEvent:
    return LeadEvent(customer, event, click, details=Details(**details), received="2026-01-01T00:00:00Z")


def event_1(customer: str = "ada", event: str = "signup", click: str | None = CLICK, **details: str) -> LeadEvent:
    return LeadEvent(customer, event, click, Mode.DEFERRED, details=Details(**details))


def follow_up(customer: str = "ada", event: str = "verified", **details: str) -> LeadEvent:
    return LeadEvent(customer, event, details=Details(**details))


def sale(
    customer: str = "ada", invoice: str = "inv-1", amount: str = "49.99", click: str | None = None, **details: str
) -> SaleEvent:
    return SaleEvent(customer, invoice, Decimal(amount), "USD", "purchase", click, details=Details(**details))


# A platform that takes the click each lead brings, knows customers by their leads only, and refuses what it cannot tie.
DUB = Rules.of(
    {
        "resent_click": "accept",
        "mismatch": "refuse",
        "deferred_without_click": "customers-click",
        "event_names": "loose",
        "lead_click": "own",
        "customer_details": "first",
        "strangers_sale": "ignore",
        "sale_click": "leads",
        "sale_without_lead": "refuse",
        "zero_sale": "ignore",
        "direct_sale_lead": "Direct sale",
    }
)
