"""The transport below the clients of a run: one connection that is kept, HTTP/1.1 by h11, and nothing besides.

httpx's own brings a pool with it, locks for several kinds of event loop and four layers of streams, which cost a run
more CPU than everything else that it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import TYPE_CHECKING

import h11
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

# As httpx's own: what is longer than this is no head of an answer.
_LONGEST_HEAD = 100 * 1024
# A target that sends faster than it is read must not fill the memory.
_MOST_WAITING = 256 * 1024
_SECOND_ADDRESS_AFTER = 0.25
_PORTS = {"http": 80, "https": 443}


class DirectTransport(httpx.AsyncBaseTransport):
    """Sends one request at a time, over a connection that is kept for `keep_alive` seconds after an answer."""

    def __init__(self, ssl_context: ssl.SSLContext | None, keep_alive: float) -> None:
        self._ssl_context = ssl_context
        self._keep_alive = keep_alive
        self._kept: tuple[tuple[str, str, int], float, _Connection] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request and returns its answer, whose body is still to be read."""
        with _as_httpx():
            connection = await self._connection(request.url)
            try:
                await connection.send(request)
                head = await connection.head()
            except BaseException:
                connection.abort()
                raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(self, connection, request.url),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )

    async def aclose(self) -> None:
        """Ends the connection that is kept."""
        if self._kept is not None:
            await self._kept[2].close()
            self._kept = None

    async def done(self, connection: _Connection, url: httpx.URL) -> None:
        """The answer was read, or nobody wants the rest of it: keeps the connection if it can be used again."""
        if connection.ready_for_another():
            await self.aclose()
            self._kept = (_origin(url), asyncio.get_running_loop().time() + self._keep_alive, connection)
        else:
            connection.abort()

    async def _connection(self, url: httpx.URL) -> _Connection:
        origin = _origin(url)
        if self._kept is not None:
            kept, until, connection = self._kept
            if kept == origin and connection.usable and asyncio.get_running_loop().time() < until:
                self._kept = None
                return connection
            await self.aclose()
        scheme, host, port = origin
        tls = scheme == "https"
        with _as(httpx.ConnectError):
            _, made = await asyncio.get_running_loop().create_connection(
                _Connection,
                host,
                port,
                ssl=self._ssl_context if tls else None,
                server_hostname=host if tls else None,
                # Whoever is cancelled amid such a race leaves a socket open, so there is none for a single address.
                happy_eyeballs_delay=None if _is_address(host) else _SECOND_ADDRESS_AFTER,
            )
        return made


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, transport: DirectTransport, connection: _Connection, url: httpx.URL) -> None:
        self._transport = transport
        self._connection = connection
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            while data := await self._connection.data():
                yield data

    async def aclose(self) -> None:
        await self._transport.done(self._connection, self._url)


class _Connection(asyncio.Protocol):
    """One connection, and what HTTP/1.1 knows of it."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._waiting: asyncio.Future[None] | None = None
        self._came = bytearray()
        self._ended = False
        self._lost: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own promise
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        if len(self._came) > _MOST_WAITING:
            self._transport.pause_reading()
        self._stirred()

    def eof_received(self) -> None:
        self._ended = True
        self._stirred()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._lost = True, error
        self._stirred()

    @property
    def usable(self) -> bool:
        """Whether nothing came, not even an end, since the last answer was read."""
        return not self._ended and not self._came and not self._transport.is_closing()

    async def send(self, request: httpx.Request) -> None:
        """Sends a request; one that the target does not want to hear to its end may still be answered."""
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        events = (head, h11.Data(data=await request.aread()), h11.EndOfMessage())
        self._transport.write(b"".join(filter(None, map(self._http.send, events))))

    async def head(self) -> h11.Response:
        """Status and headers of the answer; those that only tell of progress are passed over."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpx.RemoteProtocolError(f"{event} came before an answer")

    async def data(self) -> bytes:
        """The next piece of the body, or nothing at its end."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            else:
                return b""

    def ready_for_another(self) -> bool:
        """Whether the answer was read to its end, and another request may follow it."""
        done = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if not done or not self.usable or self._http.trailing_data != (b"", False):
            return False
        self._http.start_next_cycle()
        return True

    async def close(self) -> None:
        """Ends the connection as one ends it that is not needed any more."""
        self._transport.close()
        # TLS would say goodbye first, and wait for an answer that nobody owes.
        await asyncio.sleep(0)
        self._transport.abort()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    async def _event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        """What the target says next; never that more is needed."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._more()
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._http.receive_data(data)
        return event

    async def _more(self) -> bytes:
        """What came since, or nothing after the end; raises ReadError when the connection was broken off."""
        while not self._came and not self._ended:
            self._transport.resume_reading()
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        data = bytes(self._came)
        self._came.clear()
        if not data and self._lost is not None:
            raise httpx.ReadError(str(self._lost)) from self._lost
        return data

    def _stirred(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _as(kind: type[httpx.TransportError]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise kind(str(error)) from error


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """What h11 says of a broken message, as httpx says it."""
    try:
        yield
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
