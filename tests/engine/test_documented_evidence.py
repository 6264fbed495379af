"""Where a platform documents what it shows, what is missing there was lost, and a malformed answer is a defect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from engine_talk import BASE, Altered, requirement, rewritten, unchanged
from virtual_time import run_at_once

from conformance.contract import load_profile
from conformance.engine.runner import Run, RunOptions
from conformance.engine.selection import Selection
from conformance.sandbox import create_app
from conformance.suites import all_scenarios
from conformance.target.clicks import ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine_talk import Alter, PassOn

    from conformance.results import Results

DUB = load_profile("dub")
TOKEN = "dub_of-a-test"
DETAILS = "non-deferred/the-customers-details-are-kept"
LEAD_READ, CUSTOMER_READ = "non-deferred/a-lead-can-be-read", "non-deferred/a-customer-can-be-read"
RACE = "race/different-first-events-at-the-same-moment-make-one-customer"


def play(alter: Alter, *beginnings: str) -> Results:
    platform = Altered(alter)
    platform.sandbox = httpx.ASGITransport(create_app(DUB, token=TOKEN))
    links = ShortLinks([f"{BASE}/l/demo"], DUB.click_parameter)
    target = TargetOptions(
        BASE, TOKEN, clicks=links, short_links=links, transport=Transport(make=lambda: platform), embedded=True
    )
    chosen = [one for one in Selection().choose(all_scenarios(), DUB) if one.id.startswith(beginnings)]
    return run_at_once(Run(RunOptions(DUB, target, Limits(deadline=1.0, settle=1.0)), chosen, lambda _: None).results())


def altering(path: str, change: Callable[[Any], Any]) -> Alter:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)
        return await rewritten(response, change) if request.url.path == path else response

    return alter


def without(*names: str) -> Callable[[Any], Any]:
    """Takes a field out of every row."""

    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: value for name, value in row.items() if name not in names} for row in rows]

    return change


def verdict(results: Results, requirement_id: str) -> str:
    return str(requirement(results, requirement_id).verdict)


def test_all_of_it_holds_for_a_sound_platform() -> None:
    results = play(unchanged, DETAILS, LEAD_READ, CUSTOMER_READ)

    for name in ("details-kept", "events-readable", "customer-readable"):
        assert verdict(results, f"non-deferred.{name}") == "passed"


def test_a_detail_that_nobody_is_shown_was_lost() -> None:
    results = play(altering("/customers", lambda rows: [{**row, "avatar": None} for row in rows]), DETAILS)

    assert verdict(results, "non-deferred.details-kept") == "failed"


@pytest.mark.parametrize("name", ["click", "link"])
def test_a_lead_that_does_not_say_all_that_is_documented_breaks_what_documents_it(name: str) -> None:
    results = play(altering("/events", without(name)), LEAD_READ)

    assert verdict(results, "non-deferred.events-readable") == "failed"


def test_events_that_nobody_serves_break_what_documents_them_and_nothing_else_is_judged() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return httpx.Response(404, json={}) if request.url.path == "/events" else await pass_on(request)

    results = play(alter, LEAD_READ, DETAILS)

    assert verdict(results, "non-deferred.events-readable") == "failed"
    assert verdict(results, "non-deferred.details-kept") == "errored"


def test_an_id_that_the_path_does_not_decode_cannot_be_read() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if request.url.raw_path.startswith(b"/customers/ext_") and b"%" in request.url.raw_path:
            return httpx.Response(404, json={"error": {"code": "not_found", "message": "no", "doc_url": ""}})
        return await pass_on(request)

    assert verdict(play(alter, CUSTOMER_READ), "non-deferred.customer-readable") == "failed"


def test_a_customer_who_is_there_twice_is_not_one_customer() -> None:
    results = play(altering("/customers", lambda rows: rows * 2), RACE)

    assert verdict(results, "race.one-customer") == "warned"
    assert "2 times" in json.dumps([check.actual for one in results.scenarios for check in one.checks])


def test_a_sale_of_nobody_that_makes_a_customer_has_recorded_something() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)
        if request.url.path != "/customers" or "externalId" not in request.url.params:
            return response
        row = {"id": "cus_1", "externalId": request.url.params["externalId"], "name": "Made Up"}
        return await rewritten(response, lambda rows: rows or [row])

    scenario = "sale/a-sale-of-an-unknown-customer-records-nothing"
    assert verdict(play(unchanged, scenario), "sale.unknown-customer-nulls") == "passed"
    assert verdict(play(alter, scenario), "sale.unknown-customer-nulls") == "failed"
