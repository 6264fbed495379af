"""Puts the sandbox behind a socket: for a command until it is interrupted, or in a thread beside the caller."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import struct
import threading
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conformance.errors import TrackproofError, UsageError
from conformance.sandbox.app import create_app
from conformance.sandbox.misbehave import ABORT, BEGIN
from conformance.sandbox.platforms import platform_module
from conformance.sandbox.variation import NONE, Variation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import FrameType, TracebackType

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.contract.profile import Profile
    from conformance.sandbox.reception import Kit

LOOPBACK = "127.0.0.1"
_READY_WITHIN = 10.0
_GONE_WITHIN = 10.0
_BACKLOG = 2048
_LAST_ANSWERS = 0.05
# Says that the request was received and that its answer follows.
_INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"

_SILENT = logging.getLogger("trackproof.sandbox.http")
_SILENT.setLevel(logging.CRITICAL)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises UsageError when that cannot be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # The protocol must be named: asyncio sends small answers without delay on such sockets only.
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise UsageError(
            f"the sandbox cannot listen on {host} port {port}: {error.strerror or error}",
            "Choose another --port (0 takes a free one) or another --host.",
        ) from None
    return listener


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there; raises UsageError for a host that is not known."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"the host {host!r} is not known: {error.strerror or error}", "Use 127.0.0.1.") from None
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def url_of(listener: socket.socket) -> str:
    """The base URL under which a listening socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound to
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM; `announce` is told the base URL once requests are answered."""
    server = _Server(app, lambda: announce(url_of(listener)))
    server.run(sockets=[listener])


class InBackground:
    """An application in a thread of its own, on a free port of loopback, for the length of a `with` block.

    `at_end` closes, in the loop of that thread, what the application has opened there.
    """

    def __init__(self, app: ASGIApp, port: int = 0, at_end: Callable[[], Awaitable[None]] | None = None) -> None:
        self._app = app
        self._port = port
        self._at_end = at_end

    def __enter__(self) -> str:
        """Begins to serve, and says under which base URL."""
        listener = listen(LOOPBACK, self._port)
        ready = threading.Event()
        self._server = _Server(self._app, ready.set, self._at_end)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="trackproof-sandbox", daemon=True
        )
        self._thread.start()
        if not ready.wait(_READY_WITHIN):
            raise TrackproofError("the embedded sandbox did not start", "Run `trackproof sandbox` to see it start.")
        return url_of(listener)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_GONE_WITHIN)


class EmbeddedSandbox:
    """A sandbox in a thread of its own, on a free port of loopback, for the length of a `with` block.

    `token` is random unless one is given, and the only one that is let in, but for a sandbox that takes `any_token`.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        token: str | None = None,
        any_token: bool = False,
        variation: Variation = NONE,
        kit: Kit | None = None,
    ) -> None:
        self.profile = profile
        self._variation = variation
        self._kit = kit
        self._any_token = any_token
        self.token = token or platform_module(profile).TOKEN_PREFIX + secrets.token_urlsafe(24)
        self.url = ""

    def __enter__(self) -> Self:
        self._app = app = self._make()
        self._background = InBackground(app)
        self.url = self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    def _make(self) -> Starlette:
        token = None if self._any_token else self.token
        return create_app(self.profile, token=token, variation=self._variation, kit=self._kit)

    @property
    def short_link(self) -> str:
        """A short link: each visit gives out a fresh click id."""
        return f"{self.url}/l/demo"

    @property
    def readback(self) -> str:
        """The base URL of read-back."""
        return f"{self.url}/readback"

    def push_webhooks(self, url: str, secret: str) -> None:
        """Tells the running sandbox where to push what it records, in place of what it was told before.

        Raises UsageError when its platform pushes nothing, or the URL is not of this machine.
        """
        self._app.state.traffic.push_webhooks(url, secret)


class _Config(uvicorn.Config):
    """Leaves the loggers of the process as they are."""

    def configure_logging(self) -> None:
        """Does nothing: the caller's process may have a web server of its own."""


class _Protocol(HttpToolsProtocol):
    """Says nothing of clients that misbehave: that is what they are here for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _SILENT
        self.access_log = False

    def connection_made(self, transport: Any) -> None:
        """Lets the application break this connection off, and begin to answer before it knows the answer."""
        super().connection_made(transport)
        app = self.app

        async def breakable(scope: Scope, receive: Receive, send: Send) -> None:
            scope[ABORT] = partial(_reset, transport)
            scope[BEGIN] = partial(transport.write, _INTERIM)
            await app(scope, receive, send)

        self.app = breakable


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection so that its client is told of a reset."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves on a signal as if it had been asked."""

    def __init__(
        self, app: ASGIApp, ready: Callable[[], None], at_end: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        super().__init__(
            _Config(
                app,
                loop="auto",  # uvloop where there is one
                http=_Protocol,
                ws="none",
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                # Longer than any client keeps an idle connection, so that it is never the server that hangs up.
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
            )
        )
        self._ready = ready
        self._at_end = at_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What is complete is answered by then; the rest waits for events or for the rest of a body.
        await asyncio.sleep(_LAST_ANSWERS)
        for task in tuple(self.server_state.tasks):
            task.cancel()
        await super().shutdown(sockets)
        if self._at_end is not None:
            await self._at_end()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._leave) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _leave(self, _number: int, _frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
