"""Runs scenarios against a sandbox over ASGI whose answers a test may alter; no sockets, so that it is quick."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
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
    from collections.abc import Sequence

    from conformance.engine.events import Event
    from conformance.engine.scenario import Scenario, ScenarioGroup
    from conformance.results import Check, RequirementResult, Results

PROFILE = load_profile("cutmeshort")
# The generated suites wait for a process of their own, which no clock of ours hurries.
EVERYTHING = [one for one in Selection().choose(all_scenarios(), PROFILE) if one.suite not in ("fuzz", "journeys")]
TOKEN = "an-engine-token"
BASE = "http://platform"

PassOn = Callable[[httpx.Request], Awaitable[httpx.Response]]
Alter = Callable[[httpx.Request, PassOn], Awaitable[httpx.Response]]


class Altered(httpx.AsyncBaseTransport):
    """A sandbox behind a function that sees each request and may answer in its stead, or raise what a socket would."""

    def __init__(self, alter: Alter) -> None:
        self.alter = alter
        self.sandbox = httpx.ASGITransport(create_app(PROFILE, token=TOKEN))
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return await self.alter(request, self.sandbox.handle_async_request)


async def unchanged(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    return await pass_on(request)


def options(platform: Altered, *, readback: bool = True, token: str = TOKEN, **limits: Any) -> TargetOptions:
    links = ShortLinks([f"{BASE}/l/demo"], PROFILE.click_parameter)
    return TargetOptions(
        url=BASE,
        token=token,
        clicks=links,
        short_links=links,
        readback=f"{BASE}/readback" if readback else None,
        transport=Transport(make=lambda: platform),
        **limits,
    )


def make_run(
    platform: Altered,
    scenarios: Sequence[Scenario],
    *,
    limits: Limits | None = None,
    target: TargetOptions | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
    **further: Any,
) -> Run:
    return Run(
        RunOptions(
            PROFILE,
            target or options(platform),
            limits=limits or Limits(deadline=1.0, settle=1.0),
            **further,
        ),
        scenarios,
        on_event,
    )


def play(alter: Alter, *scenarios: Scenario | ScenarioGroup, **further: Any) -> Results:
    """The results of a run of these scenarios against a sandbox so altered."""
    return run_at_once(make_run(Altered(alter), flat(scenarios), **further).results())


def flat(scenarios: Sequence[Scenario | ScenarioGroup]) -> list[Scenario]:
    found: list[Scenario] = []
    for one in scenarios:
        found.extend(one.scenarios if hasattr(one, "scenarios") else [one])
    return found


def named(*beginnings: str) -> list[Scenario]:
    """The scenarios of the suites whose ids begin so."""
    found = [scenario for scenario in EVERYTHING if scenario.id.startswith(beginnings)]
    assert found, beginnings
    return found


def only(**what: Any) -> Selection:
    return Selection(**what)


def requirement(results: Results, requirement_id: str) -> RequirementResult:
    return next(one for one in results.requirements if one.id == requirement_id)


def checks(results: Results, requirement_id: str) -> list[Check]:
    return [check for scenario in results.scenarios for check in scenario.checks if check.requirement == requirement_id]


def broken(results: Results) -> set[str]:
    """The requirements that are not simply passed or untested."""
    return {one.id for one in results.requirements if one.verdict not in ("passed", "untested")}


def body_of(request: httpx.Request) -> dict[str, Any]:
    """The JSON object of an event, or nothing."""
    try:
        document = json.loads(request.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def is_event(request: httpx.Request) -> bool:
    return request.url.path.startswith("/track/")


def is_lead(request: httpx.Request) -> bool:
    return request.url.path == "/track/lead"


def is_event_1(request: httpx.Request) -> bool:
    return is_lead(request) and body_of(request).get("mode") == "deferred"


def is_event_2(request: httpx.Request) -> bool:
    return is_lead(request) and not body_of(request).get("clickId") and bool(body_of(request))


def is_sale(request: httpx.Request) -> bool:
    return request.url.path == "/track/sale"


def customer_read(request: httpx.Request) -> str | None:
    """The customer whom a request reads back, or None when it is no look."""
    path = request.url.raw_path.decode()
    return unquote(path.removeprefix("/readback/customers/")) if path.startswith("/readback/") else None


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """An answer as the altered platform gives it."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=names)
    return httpx.Response(status, json=body, headers=names)


async def rewritten(response: httpx.Response, change: Callable[[Any], Any]) -> httpx.Response:
    """The same answer with another JSON body; what is no 200 stays as it is."""
    content = await response.aread()
    if response.status_code != 200:
        return httpx.Response(response.status_code, content=content, headers={"content-type": "application/json"})
    return httpx.Response(200, json=change(json.loads(content)))
