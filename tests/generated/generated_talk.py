"""Runs the generated suites against a sandbox over ASGI whose answers a test may alter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from conformance.contract import load_profile
from conformance.engine.runner import RunOptions, run
from conformance.engine.selection import Selection
from conformance.generated.material import prepare
from conformance.results import Check, Results, Verdict
from conformance.sandbox import create_app
from conformance.suites import all_scenarios
from conformance.target.clicks import ClickSource, ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

PROFILE = load_profile("cutmeshort")
TOKEN = "a-token-of-a-test"
BASE = "http://platform"

_DRAWN_FOR = {"bodies": "fuzz/", "journeys": "journeys/"}

PassOn = Callable[[httpx.Request], Awaitable[httpx.Response]]
Alter = Callable[[httpx.Request, PassOn], Awaitable[httpx.Response]]


class Altered(httpx.AsyncBaseTransport):
    """A sandbox behind a function that may change a request, or answer in its stead."""

    def __init__(self, alter: Alter) -> None:
        self.alter = alter
        self.sandbox = httpx.ASGITransport(create_app(PROFILE, token=TOKEN))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.alter(request, self.sandbox.handle_async_request)


async def unchanged(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    return await pass_on(request)


def play(
    alter: Alter,
    *scenarios: str,
    clicks: ClickSource | None = None,
    readback: bool = True,
    max_requests: int | None = None,
    token: str = TOKEN,
) -> Results:
    """The results of these scenarios, with the examples of seed 0."""
    platform = Altered(alter)
    for kind, size in (("bodies", 25), ("journeys", 5)):
        if any(one.startswith(_DRAWN_FOR[kind]) for one in scenarios):
            prepare(PROFILE, kind, 0, size)
    target = TargetOptions(
        BASE,
        token,
        clicks=clicks or ShortLinks([f"{BASE}/l/demo"], PROFILE.click_parameter),
        readback=f"{BASE}/readback" if readback else None,
        transport=Transport(make=lambda: platform),
    )
    options = RunOptions(
        PROFILE, target, Limits(deadline=2, settle=0.4, max_requests=max_requests), Selection(scenarios=scenarios)
    )
    return asyncio.run(run(options, all_scenarios()))


def red(results: Results) -> list[Check]:
    """The checks that failed or warned."""
    return [
        check
        for scenario in results.scenarios
        for check in scenario.checks
        if check.verdict in (Verdict.FAILED, Verdict.WARNED)
    ]


def event(request: httpx.Request) -> dict[str, Any]:
    """The JSON object of an event, or nothing."""
    if not request.url.path.startswith("/track/"):
        return {}
    try:
        document = json.loads(request.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def with_event(request: httpx.Request, **changes: Any) -> httpx.Request:
    """The same request with some fields of its event replaced."""
    content = json.dumps({**event(request), **changes}).encode()
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    return httpx.Request(request.method, request.url, headers=headers, content=content)
