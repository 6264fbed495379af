"""Events that have one thing wrong with them, each another, and of which nothing is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.engine.payloads import ABSENT

if TYPE_CHECKING:
    from conformance.engine.journey import Journey

LEADS = (
    "validation.lead-without-customer",
    "validation.lead-event-name-not-text",
    "validation.bad-email",
    "validation.bad-timestamp",
    "validation.event-name-length",
    "validation.event-quantity",
    "validation.metadata-not-an-object",
    "validation.metadata-length",
    "validation.detail-length",
    "resilience.broken-utf-8",
)
SALES = (
    "validation.sale-without-customer",
    "validation.sale-without-amount",
    "validation.sale-without-invoice",
    "validation.sale-empty-invoice",
    "validation.sale-amount-as-text",
    "validation.sale-without-currency",
    "validation.sale-without-event-name",
    "validation.sale-negative-amount",
    "validation.sale-amount-not-whole",
    "validation.sale-null-refused",
    "validation.sale-processor-unknown",
)
REQUESTS = ("validation.malformed-json", "validation.wrong-method")


async def leads(journey: Journey) -> None:
    """Leads that have one thing wrong with them, each another."""
    body = journey.lead_body(click=await journey.click(), name="X")
    for requirement, changes in (
        ("validation.lead-without-customer", {"customer": 4201}),
        ("validation.lead-event-name-not-text", {"event": 42}),
        ("validation.bad-email", {"email": "john.example.com"}),
        ("validation.bad-timestamp", {"timestamp": "2024-13-45T10:30:00Z"}),
        ("validation.event-name-length", {"event": "x" * 256}),
        ("validation.event-quantity", {"quantity": 101}),
        ("validation.metadata-not-an-object", {"metadata": ["a"]}),
        ("validation.metadata-length", {"metadata": {"k": "x" * 9993}}),
        ("validation.detail-length", {"name": "x" * 101}),
    ):
        if journey.profile.promises(requirement):
            journey.must(requirement, await journey.wrong("lead", body, **changes))
    if not journey.profile.promises("resilience.broken-utf-8"):
        return
    broken = json.dumps(body).encode().replace(b'"X"', b'"\xff\xfe\xe9"')
    journey.must("resilience.broken-utf-8", await journey.post("lead", broken, step="lead in broken UTF-8"))


async def sales(journey: Journey) -> None:
    """Sales that have one thing wrong with them, each another."""
    click = await journey.click()
    for requirement, changes in (
        ("validation.sale-without-customer", {"customer": 4203}),
        ("validation.sale-without-amount", {"amount": ABSENT}),
        ("validation.sale-without-invoice", {"invoice": ABSENT}),
        ("validation.sale-empty-invoice", {"invoice": ""}),
        ("validation.sale-amount-as-text", {"amount": "4999"}),
        ("validation.sale-without-currency", {"currency": ABSENT}),
        ("validation.sale-without-event-name", {"event": ABSENT}),
        ("validation.sale-negative-amount", {"amount": -4999}),
        ("validation.sale-amount-not-whole", {"amount": 49.5}),
        ("validation.sale-null-refused", {"currency": None}),
        ("validation.sale-processor-unknown", {"processor": "cash-under-the-table"}),
    ):
        if journey.profile.promises(requirement):
            body = journey.sale_body(invoice=journey.invoice(), click=click)
            journey.must(requirement, await journey.wrong("sale", body, **changes))


async def requests(journey: Journey) -> None:
    """An empty body, and a method that tracks nothing."""
    journey.must("validation.malformed-json", await journey.post("lead", b"", step="empty lead"))
    journey.must("validation.wrong-method", await journey.post("lead", b"{}", step="PUT lead", method="PUT"))
