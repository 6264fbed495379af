"""Lets the doctor look at a sandbox over ASGI whose answers a test may alter; no sockets, so that it is quick."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx

from conformance.contract import load_profile
from conformance.doctor import examine, examine_readback
from conformance.engine.runner import RunOptions
from conformance.sandbox import create_app
from conformance.target.clicks import ClickSource, GivenClicks, NoClicks, ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import TargetOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.doctor import Finding

PROFILE = load_profile("cutmeshort")
TOKEN = "a-doctors-token"
BASE = "http://platform"
LINK = ShortLinks([f"{BASE}/l/demo"], PROFILE.click_parameter)
NONE = NoClicks()
WRONG = GivenClicks(["never-minted"])
MOMENT = 0.6

PassOn = Callable[[httpx.Request], Awaitable[httpx.Response]]
Alter = Callable[[httpx.Request, PassOn], Awaitable[httpx.Response]]


class Altered(httpx.AsyncBaseTransport):
    """A sandbox behind a function that sees each request and may answer in its stead."""

    def __init__(self, alter: Alter) -> None:
        self.alter = alter
        self.sandbox = httpx.ASGITransport(create_app(PROFILE, token=TOKEN))
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return await self.alter(request, self.sandbox.handle_async_request)


async def unchanged(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    return await pass_on(request)


def options(
    alter: Alter = unchanged,
    *,
    base: str = BASE,
    token: str = TOKEN,
    clicks: ClickSource = LINK,
    readback: str | None = f"{BASE}/readback",
) -> RunOptions:
    shared = Altered(alter)
    transport = Transport(make=lambda: shared)
    return RunOptions(PROFILE, TargetOptions(base, token, clicks=clicks, readback=readback, transport=transport))


def found(findings: AsyncIterator[Finding]) -> dict[str, Finding]:
    """What the doctor says, by its subject; each subject has one line."""

    async def every() -> list[Finding]:
        return [finding async for finding in findings]

    told = asyncio.run(every())
    by_subject = {finding.subject: finding for finding in told}
    assert len(by_subject) == len(told)
    return by_subject


def look(alter: Alter = unchanged, seconds: float = MOMENT, **further: Any) -> dict[str, Finding]:
    return found(examine(options(alter, **further), seconds))


def look_at_handler(alter: Alter = unchanged, base: str = f"{BASE}/readback", token: str = TOKEN) -> dict[str, Finding]:
    return found(examine_readback(options(alter, base=base, token=token, clicks=NONE, readback=None), MOMENT))


def states(findings: dict[str, Finding]) -> dict[str, str]:
    return {subject: finding.state.value for subject, finding in findings.items()}
