"""Exchanges that no HTTP client offers: requests that arrive at the same instant, and a client that hangs up.

A burst sends all but the last byte of every request first and then the last bytes together, so that the target sees
them within microseconds of one another whatever this machine is doing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11
import httpx

from conformance.target.connections import BODY_LIMIT
from conformance.target.messages import Answer, Fault

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from conformance.target.messages import Request

_READ = 65536


@dataclass(frozen=True)
class Wire:
    """What a raw exchange needs to know: TLS, the deadline in seconds, and the run's clock."""

    ssl_context: ssl.SSLContext | None
    deadline: float
    clock: Callable[[], float]


async def burst(requests: Sequence[Request], wire: Wire) -> list[Answer]:
    """Sends all requests at the same moment, each on a connection of its own, and reads their answers."""
    opened = await asyncio.gather(*(_open(request, wire) for request in requests))
    pairs = [pair for pair in opened if not isinstance(pair, Answer)]
    for _, writer, last in pairs:
        writer.write(last)
    sent = wire.clock()
    return list(
        await asyncio.gather(
            *(
                _immediately(pair) if isinstance(pair, Answer) else _read(request, pair[0], pair[1], sent, wire)
                for request, pair in zip(requests, opened, strict=True)
            )
        )
    )


async def hang_up(request: Request, wire: Wire, *, after_answer_began: bool) -> Answer:
    """Sends a whole request and closes the connection without reading the answer.

    With `after_answer_began` it waits for the first byte, so that the target has certainly done its work.
    """
    opened = await _open(request, wire)
    if isinstance(opened, Answer):
        return opened
    reader, writer, last = opened
    sent = wire.clock()
    try:
        async with asyncio.timeout(wire.deadline):
            writer.write(last)
            await writer.drain()
            if after_answer_began:
                await reader.read(1)
    except (OSError, TimeoutError):
        pass
    finally:
        writer.close()
    return Answer(
        0, fault=Fault.NO_ANSWER, detail="hung up on purpose", step=request.step, sent=sent, arrived=wire.clock()
    )


async def _immediately(answer: Answer) -> Answer:
    return answer


async def _open(request: Request, wire: Wire) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes] | Answer:
    """Connects and sends all but the last byte; returns an Answer with a fault when that is not possible."""
    url = httpx.URL(request.url)
    tls = url.scheme == "https"
    host = url.raw_host.decode("ascii")
    started = wire.clock()
    try:
        async with asyncio.timeout(wire.deadline):
            reader, writer = await asyncio.open_connection(
                host,
                url.port or (443 if tls else 80),
                ssl=wire.ssl_context if tls else None,
                server_hostname=host if tls else None,
            )
            data = _serialise(request, url)
            writer.write(data[:-1])
            await writer.drain()
    except (OSError, TimeoutError) as error:
        fault = Fault.DEADLINE if isinstance(error, TimeoutError) else Fault.NO_ANSWER
        return Answer(0, fault=fault, detail=str(error), step=request.step, sent=started, arrived=wire.clock())
    return reader, writer, data[-1:]


def _serialise(request: Request, url: httpx.URL) -> bytes:
    headers = {
        "host": url.netloc.decode("ascii"),
        "connection": "close",
        "content-length": str(len(request.body)),
        **{name.lower(): value for name, value in request.headers.items()},
    }
    connection = h11.Connection(h11.CLIENT)
    head = connection.send(
        h11.Request(
            method=request.method,
            target=url.raw_path,
            headers=[(n.encode("ascii"), v.encode("latin-1", "replace")) for n, v in headers.items()],
        )
    )
    return (head or b"") + request.body


async def _read(  # noqa: C901 - one loop over one state machine, easier read whole
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: float, wire: Wire
) -> Answer:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=request.method, target="/", headers=[("host", "-"), ("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    status, reason = 0, ""
    came = False
    headers: dict[str, str] = {}
    body = bytearray()
    fault: Fault | None = None
    detail = ""
    try:
        async with asyncio.timeout(wire.deadline):
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    data = await reader.read(_READ)
                    if not data and not status:
                        fault = Fault.NOT_HTTP if came else Fault.NO_ANSWER
                        detail = "the connection ended without an answer"
                        break
                    came = True
                    connection.receive_data(data)
                elif isinstance(event, h11.Response):
                    status, reason = event.status_code, bytes(event.reason).decode("latin-1")
                    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
                elif isinstance(event, h11.Data):
                    body += event.data
                    if len(body) > BODY_LIMIT:
                        fault, detail = Fault.TOO_LARGE, f"more than {BODY_LIMIT} bytes of body"
                        break
                elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    break
    except TimeoutError:
        fault, detail = Fault.DEADLINE, f"no complete answer within {wire.deadline:g} s"
    except h11.RemoteProtocolError as error:
        fault, detail = (Fault.TRUNCATED if status else Fault.NOT_HTTP), str(error)
    except OSError as error:
        fault, detail = Fault.RESET, str(error)
    finally:
        writer.close()
    return Answer(
        status=status,
        headers=headers,
        body=bytes(body[:BODY_LIMIT]),
        reason=reason,
        fault=fault,
        detail=detail,
        step=request.step,
        sent=sent,
        arrived=wire.clock(),
        request=request,
    )
