"""Plays suites against a sandbox with something planted in it: in this process and in no time, or over a socket."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import unquote

import httpx

from conformance.contract import load_profile
from conformance.engine.budget import is_generated
from conformance.engine.runner import Run, RunOptions
from conformance.engine.selection import Selection
from conformance.evidence import dub
from conformance.evidence.inbox import InboxOptions
from conformance.sandbox.app import create_app
from conformance.sandbox.server import EmbeddedSandbox
from conformance.suites import all_scenarios
from conformance.target import connections
from conformance.target.clicks import ClickEndpoint, ShortLinks
from conformance.target.connections import Connections, Transport
from conformance.target.target import Limits, TargetOptions

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from virtual_time import run_at_once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import ASGIApp, Message

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario
    from conformance.results import Results
    from conformance.sandbox.variation import Variation

BASE = "http://platform"
TOKENS = {"cutmeshort": "tkn-1234", "dub": "dub_1234"}
LIMITS = Limits(concurrency=512, deadline=5.0, settle=1.0)
# Events are read in pages; large ones cost most of the time, and are tried over sockets.
PAGE_SIZE = 12
_WEBHOOK_SECRET = "whsec_of-the-matrix"


class InProcess:
    """Stands for an HTTP client: hands requests to an ASGI application, one turn of the loop later.

    A real client costs more than everything else together, and is tried over sockets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @contextlib.asynccontextmanager
    async def stream(self, method: str, url: object, *, headers: dict[str, str], content: bytes) -> AsyncIterator[Came]:
        """One exchange."""
        path, _, query = str(url).removeprefix(BASE).partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "headers": [
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
                (b"host", b"platform"),
                (b"content-length", str(len(content)).encode()),
            ],
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "server": ("platform", 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        came = Came()

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        await asyncio.sleep(0)
        await self._app(scope, receive, came.take)
        yield came

    async def aclose(self) -> None:
        """Nothing is open."""


class Came:
    """What came back, in the words of the HTTP client that it stands for."""

    reason_phrase = ""

    def __init__(self) -> None:
        self.status_code = 0
        self.headers = self
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    async def take(self, message: Message) -> None:
        """One message of the application."""
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            self._headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            self._body.append(message.get("body", b""))

    def multi_items(self) -> list[tuple[str, str]]:
        """The headers, with those that are repeated."""
        return self._headers

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body."""
        for part in self._body:
            yield part


def scenarios_of(profile: Profile, *suites: str) -> tuple[Scenario, ...]:
    """The hand-written scenarios of a profile, of these suites if any are named."""
    chosen = Selection(suites=suites).choose(all_scenarios(), profile)
    return tuple(scenario for scenario in chosen if not is_generated(scenario))


def dense_of(profile: Profile) -> tuple[Scenario, ...]:
    """The dense scenarios of a profile."""
    return tuple(one for one in Selection(dense=True).choose(all_scenarios(), profile) if one.dense)


def _options(profile: Profile, target: TargetOptions, limits: Limits, inbox: InboxOptions | None = None) -> RunOptions:
    """Everything that is handed to a run is wanted, dense or not."""
    selection = Selection(dense=True)
    return RunOptions(profile, target, limits=limits, inbox=inbox, selection=selection, further=all_scenarios())


def generated_scenarios_of(profile: Profile, *suites: str) -> tuple[Scenario, ...]:
    """The scenarios of a profile that make up what they send, of these suites if any are named."""
    return tuple(one for one in Selection(suites=suites).choose(all_scenarios(), profile) if is_generated(one))


def play(
    profile: Profile,
    variation: Variation,
    scenarios: Sequence[Scenario],
    limits: Limits = LIMITS,
    *,
    seed: int = 0,
    max_examples: int | None = None,
    **otherwise: Any,
) -> Results:
    """The results of these scenarios against a sandbox varied so; nothing is waited for.

    Options of the target may be given otherwise.
    """
    token = TOKENS[profile.name]
    platform = InProcess(create_app(profile, token=token, variation=variation).state.traffic)
    links = ShortLinks([f"{BASE}/l/demo"], profile.click_parameter)
    endpoint = None
    if "click" in profile.paths:
        endpoint = ClickEndpoint(BASE + profile.paths["click"], "platform", "demo")
    target = TargetOptions(
        BASE,
        token,
        clicks=links,
        short_links=links,
        click_endpoint=endpoint,
        readback=f"{BASE}/readback" if profile.evidence == "readback" else None,
        # Says that there is no plain socket, for the exchanges that need one.
        transport=Transport(make=httpx.AsyncHTTPTransport),
    )
    target = replace(target, **otherwise)
    with (
        patch.object(Connections, "new", lambda _: platform),
        patch.object(connections, "_parsed", str),
        patch.object(dub, "_PAGE", PAGE_SIZE),
    ):
        options = replace(_options(profile, target, limits), seed=seed, max_examples=max_examples)
        return run_at_once(Run(options, scenarios).results())


def play_over_sockets(profile: Profile, variation: Variation, scenarios: Sequence[Scenario]) -> Results:
    """The same over a real socket and in real time, webhooks and all."""
    with EmbeddedSandbox(profile, token=TOKENS[profile.name], variation=variation) as sandbox:
        links = ShortLinks([sandbox.short_link], profile.click_parameter)
        inbox = None
        if profile.signature_header:
            inbox = InboxOptions(
                "127.0.0.1:0", _WEBHOOK_SECRET, lambda url: sandbox.push_webhooks(url, _WEBHOOK_SECRET)
            )
        target = TargetOptions(
            sandbox.url,
            sandbox.token,
            clicks=links,
            short_links=links,
            readback=sandbox.readback if profile.evidence == "readback" else None,
            transport=Transport(trust_environment=False),
        )
        options = _options(profile, target, Limits(deadline=2.0, settle=1.5), inbox)
        return asyncio.run(Run(options, scenarios).results())


PROFILES = {name: load_profile(name) for name in TOKENS}
