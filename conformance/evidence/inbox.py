"""A receiver for the webhooks that a platform pushes: what came, for whom, and whether its signature is right."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h11

from conformance.errors import UsageError
from conformance.target.connections import now

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 1 << 20
_MOST = 100_000
_READ = 65536
_PATIENCE = 30.0


@dataclass(frozen=True)
class Delivery:
    """One webhook: its kind (such as `lead.created`), its JSON, whether the signature fits, and when it came."""

    id: str
    kind: str
    document: dict[str, Any]
    signed: bool
    arrived: float


@dataclass(frozen=True)
class InboxOptions:
    """Where to listen (`host:port`, port 0 for a free one), the signing secret, and whom to tell the URL."""

    listen: str
    secret: str
    announce: Callable[[str], None] | None = None


class Inbox:
    """Listens for as long as the run lasts; deliveries are kept by the customer they are about, each id once.

    `header` names the header that carries the signature: hexadecimal HMAC-SHA256 of the raw body.
    """

    def __init__(self, options: InboxOptions, header: str) -> None:
        self._options = options
        self._header = header.lower()
        self._deliveries: dict[str, dict[str, Delivery]] = {}
        self._count = 0
        self._server: asyncio.Server | None = None
        self._arrival = asyncio.Event()

    async def start(self) -> None:
        """Begins to listen; raises UsageError when the address cannot be had."""
        host, _, port = self._options.listen.rpartition(":")
        try:
            self._server = await asyncio.start_server(self._serve, host.strip("[]") or "127.0.0.1", int(port))
        except (OSError, ValueError, OverflowError) as error:
            raise UsageError(
                f"trackproof cannot listen for webhooks on {self._options.listen!r}: {error}",
                "Set listen in [webhooks] to a free address such as 127.0.0.1:8787.",
            ) from None
        if self._options.announce is not None:
            address = self._server.sockets[0].getsockname()
            await asyncio.to_thread(self._options.announce, f"http://{address[0]}:{address[1]}/")

    async def stop(self) -> None:
        """Stops listening."""
        if self._server is not None:
            self._server.close()

    def about(self, customer: str) -> tuple[Delivery, ...]:
        """What came about a customer so far, a delivery that was repeated only once."""
        return tuple(self._deliveries.get(customer, {}).values())

    async def wait(self, seconds: float) -> None:
        """Returns when something arrives, or after so many seconds."""
        self._arrival.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._arrival.wait()
        except TimeoutError:
            return

    def take(self, body: bytes, signature: str) -> None:
        """Keeps one webhook, if it is one: a JSON object that names a customer."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return
        data = document.get("data") if isinstance(document, dict) else None
        customer = data.get("customer") if isinstance(data, dict) else None
        name = customer.get("externalId") if isinstance(customer, dict) else None
        if not isinstance(name, str) or self._count >= _MOST:
            return
        self._count += 1
        right = hmac.new(self._options.secret.encode(), body, hashlib.sha256).hexdigest()
        identity = str(document.get("id") or f"without an id, {self._count}")
        delivery = Delivery(
            id=identity,
            kind=str(document.get("event")),
            document=document,
            signed=hmac.compare_digest(right.encode(), signature.strip().encode()),
            arrived=now(),
        )
        self._deliveries.setdefault(name, {}).setdefault(identity, delivery)
        self._arrival.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            async with asyncio.timeout(_PATIENCE):
                while await self._one(connection, reader, writer):
                    connection.start_next_cycle()
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.CancelledError):
            # Senders may keep their connections open beyond the run.
            pass
        finally:
            writer.close()

    async def _one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Receives one request and answers it; whether another may follow on this connection."""
        signature, body = "", bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_READ))
            elif isinstance(event, h11.Request):
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
                signature = headers.get(self._header, "")
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _LARGEST:
                    return False
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        self.take(bytes(body), signature)
        answer = connection.send(h11.Response(status_code=200, headers=[("content-length", "2")])) or b""
        answer += connection.send(h11.Data(b"ok")) or b""
        answer += connection.send(h11.EndOfMessage()) or b""
        writer.write(answer)
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE
