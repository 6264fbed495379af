"""The HTTP clients of a run: one for each exchange in flight, each with a connection of its own.

One shared AsyncClient costs several times the CPU at 64 exchanges in flight, since every one of them walks its pool.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.request import getproxies

import httpx

from conformance import __version__
from conformance.target.direct import DirectTransport
from conformance.target.messages import Answer, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from conformance.target.messages import Request

BODY_LIMIT = 1 << 20
_KEEP_ALIVE = 1.0
_PROXIES = {"http", "https", "all"}


@dataclass(frozen=True)
class Transport:
    """How connections are made: certificates, a proxy, and for tests a transport that needs no socket."""

    ca_bundle: Path | None = None
    client_certificate: Path | None = None
    proxy: str | None = None
    trust_environment: bool = True
    make: Callable[[], httpx.AsyncBaseTransport] | None = field(default=None, compare=False)

    def ssl_context(self) -> ssl.SSLContext:
        """The context for TLS; raises ssl.SSLError or OSError when a file cannot be used."""
        context = ssl.create_default_context(cafile=str(self.ca_bundle) if self.ca_bundle else None)
        context.set_alpn_protocols(["http/1.1"])
        if self.client_certificate:
            context.load_cert_chain(str(self.client_certificate))
        return context

    @property
    def direct(self) -> bool:
        """Whether a plain socket reaches the target the same way, so that raw exchanges can be made."""
        return self.make is None and self.proxy is None

    def made(self, ssl_context: ssl.SSLContext | None) -> httpx.AsyncBaseTransport | None:
        """What is below a client, or None for httpx's own: only that one knows proxies."""
        if self.make is not None:
            return self.make()
        if self.proxy is not None or (self.trust_environment and _PROXIES & getproxies().keys()):
            return None
        return DirectTransport(ssl_context, _KEEP_ALIVE)


class Connections:
    """A pool of clients; whoever holds one may have one exchange in flight."""

    def __init__(self, transport: Transport, size: int, *, tls: bool) -> None:
        self.size = max(1, size)
        self.transport = transport
        self.ssl_context = transport.ssl_context() if tls else None
        self._free: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []
        self._slots = asyncio.Semaphore(self.size)
        self._burst = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one exchange."""
        async with self._slots:
            client = self._free.pop() if self._free else self.new()
            try:
                yield client
            finally:
                self._free.append(client)

    @contextlib.asynccontextmanager
    async def several(self, count: int) -> AsyncIterator[int]:
        """Room for up to `count` exchanges that go out at the same moment; yields how many there may be."""
        granted = min(count, self.size)
        # One burst at a time gathers its slots: two that each hold half would wait for each other for ever.
        async with self._burst:
            for _ in range(granted):
                await self._slots.acquire()
        try:
            yield granted
        finally:
            for _ in range(granted):
                self._slots.release()

    async def close(self) -> None:
        """Closes every connection."""
        for client in self._all:
            await client.aclose()

    def new(self) -> httpx.AsyncClient:
        """A client of its own, closed with the others."""
        shared = self.transport
        client = httpx.AsyncClient(
            verify=self.ssl_context if self.ssl_context is not None else False,
            transport=shared.made(self.ssl_context),
            proxy=shared.proxy,
            trust_env=shared.trust_environment and shared.make is None,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - `exchange` has a wall-clock deadline
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=_KEEP_ALIVE),
            # Whoever's cookie came first would go along with everybody's requests.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"user-agent": f"trackproof/{__version__}", "accept": "application/json"},
        )
        # What trackproof reads is capped in bytes; a compressed answer would be larger than it looks.
        client.headers["accept-encoding"] = "identity"
        self._all.append(client)
        return client


async def exchange(client: httpx.AsyncClient, request: Request, deadline: float, clock: Callable[[], float]) -> Answer:
    """Sends one request and reads its answer within a wall-clock deadline in seconds; never raises.

    At most 1 MiB of body is read. Redirects are answers like any other.
    """
    sent = clock()
    status, reason = 0, ""
    headers: Mapping[str, str] = {}
    body = bytearray()
    fault: Fault | None = None
    detail = ""
    try:
        async with (
            asyncio.timeout(deadline),
            client.stream(
                request.method, _parsed(request.url), headers=dict(request.headers), content=request.body
            ) as response,
        ):
            status, reason, headers = response.status_code, response.reason_phrase, _headers(response)
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > BODY_LIMIT:
                    fault, detail = Fault.TOO_LARGE, f"more than {BODY_LIMIT} bytes of body"
                    break
    except TimeoutError:
        fault, detail = Fault.DEADLINE, f"no complete answer within {deadline:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        fault, detail = classify(error, began=status > 0)
    return Answer(
        status=status,
        headers=headers,
        body=bytes(body[:BODY_LIMIT]),
        reason=reason,
        fault=fault,
        detail=detail,
        step=request.step,
        sent=sent,
        arrived=clock(),
        request=request,
    )


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """The URL as httpx takes it apart, which costs a twentieth of an exchange: a run sends nearly all to a few."""
    return httpx.URL(url)


def classify(error: Exception, *, began: bool) -> tuple[Fault, str]:  # noqa: PLR0911 - a table in the shape of code
    """The code for a connection that failed, and what the library said of it."""
    said = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return Fault.DEADLINE, said
    if began:
        # A length that was promised and not kept is a protocol error where the end was polite.
        return (Fault.RESET if isinstance(error, httpx.ReadError) else Fault.TRUNCATED), said
    if isinstance(error, httpx.RemoteProtocolError):
        if "disconnected without sending" in said:
            return Fault.NO_ANSWER, said
        return Fault.NOT_HTTP, said
    if isinstance(error, httpx.ReadError | httpx.WriteError | ConnectionResetError | BrokenPipeError):
        return Fault.RESET, said
    if isinstance(error, httpx.ConnectError | OSError | httpx.ProxyError):
        return Fault.NO_ANSWER, said
    return Fault.NOT_HTTP, said


def _headers(response: httpx.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def now() -> float:
    """The monotonic clock of a run, in seconds."""
    return time.perf_counter()
