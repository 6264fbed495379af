"""Workload W, as data and as scenarios of trackproof's engine.

The five scenarios that the project began with, for 20 customers each: 100 scenarios, 200 tracking requests, no chain
longer than three. `python benchmarks/workload.py URL CONCURRENCY [CUSTOMERS]` plays it and writes its results.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERS = 20
TOKEN = "a-benchmark"  # noqa: S105 - of a server that takes any


def chains() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """The name of each scenario, and the operation and body of each of its requests."""
    for number in range(CUSTOMERS):
        event = {"eventName": "signup_started", "customerExternalId": f"user_{number}"}
        click = {"clickId": f"id_{number}"}
        verified = {"eventName": "email_verified", "customerExternalId": f"user_{number}"}
        first = ("lead", {**event, **click, "mode": "deferred"})
        charge = {"eventName": "purchase", "invoiceId": f"inv_{number}", "amount": 4999, "currency": "USD"}
        sale = {**event, **click, **charge}
        yield f"non-deferred {number}", [("lead", {**event, **click})]
        yield f"deferred {number}", [first, ("lead", verified)]
        yield f"mismatched {number}", [first, ("lead", {**verified, "customerExternalId": f"other_{number}"})]
        yield f"resent {number}", [first, ("lead", {**verified, **click})]
        yield f"duplicate {number}", [("lead", {**event, **click}), ("sale", sale), ("sale", sale)]


def play(url: str, concurrency: int, customers: int = CUSTOMERS) -> str:
    """Plays the workload with the engine, transcripts and results document included, and returns the verdict."""
    from conformance.contract import load_profile  # noqa: PLC0415 - its import is part of what is measured
    from conformance.engine.runner import RunOptions, run  # noqa: PLC0415
    from conformance.engine.scenario import scenario  # noqa: PLC0415
    from conformance.results.document import to_document  # noqa: PLC0415
    from conformance.target.clicks import GivenClicks  # noqa: PLC0415
    from conformance.target.connections import Transport  # noqa: PLC0415
    from conformance.target.target import Limits, TargetOptions  # noqa: PLC0415

    if TYPE_CHECKING:
        from conformance.engine.journey import Journey  # noqa: PLC0415

    numbers = {str(number): number for number in range(customers)}

    @scenario("non-deferred.accepted", variants=numbers)
    async def non_deferred(journey: Journey, _: int) -> None:
        """One event."""
        journey.must("non-deferred.accepted", await journey.lead(click=await journey.click()))

    @scenario("deferred.event-1-accepted", "deferred.event-2-accepted", variants=numbers)
    async def deferred(journey: Journey, _: int) -> None:
        """Two events."""
        journey.must("deferred.event-1-accepted", await journey.lead(click=await journey.click(), mode="deferred"))
        journey.must("deferred.event-2-accepted", await journey.lead(event="email_verified"))

    @scenario("mismatched-external-id.answered", variants=numbers)
    async def mismatched(journey: Journey, _: int) -> None:
        """An event 2 of somebody else."""
        await journey.given_lead(click=await journey.click(), mode="deferred")
        other = await journey.lead(event="email_verified", customer=journey.another().customer)
        journey.must("mismatched-external-id.answered", other)

    @scenario("resent-click-id.answered", variants=numbers)
    async def resent(journey: Journey, _: int) -> None:
        """An event 2 that carries the click again."""
        click = await journey.click()
        await journey.given_lead(click=click, mode="deferred")
        body = journey.lead_body(event="email_verified")
        journey.must("resent-click-id.answered", await journey.wrong("lead", body, click=click))

    @scenario("duplicate-sale.answered", variants=numbers)
    async def duplicate(journey: Journey, _: int) -> None:
        """A sale, and the same sale again."""
        click = await journey.click()
        await journey.given_lead(click=click)
        sale = await journey.given_sale(invoice=journey.invoice(), click=click)
        journey.must("duplicate-sale.answered", await journey.repeat(sale))

    groups = (non_deferred, deferred, mismatched, resent, duplicate)
    target = TargetOptions(
        url,
        TOKEN,
        clicks=GivenClicks([f"id_{number}" for number in range(5 * customers)]),
        transport=Transport(trust_environment=False),
    )
    options = RunOptions(load_profile("cutmeshort"), target, Limits(concurrency=concurrency))
    results = asyncio.run(run(options, [one for group in groups for one in group.scenarios]))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results.json").write_text(json.dumps(to_document(results)), encoding="utf-8")
    passed = sum(one.verdict == "passed" for one in results.scenarios)
    return f"{passed} of {len(results.scenarios)} scenarios passed"


if __name__ == "__main__":
    print(play(sys.argv[1], *map(int, sys.argv[2:])))
