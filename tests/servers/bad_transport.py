"""Servers that misbehave on the wire: each is a context manager with a `url`, and counts the connections it met.

Raw sockets on purpose, since no HTTP library would send what these send.
"""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

GIGABYTE = 1 << 30
HEADERS = b"Content-Type: application/json\r\n"
ACCEPTED = b'{"status": true, "data": "tracked"}'
HOSTILE_TEXT = "<script>document.title='owned'</script></textarea></style>]]>-->\"'`\x00\x07\x1b[31m\u202e\ufffe\x7f"


class BadServer:
    """Context manager: one misbehaviour on a free loopback port, in a thread with a loop of its own."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.connections = 0
        self.meetings: set[asyncio.Task[None]] = set()
        self.writers: list[asyncio.StreamWriter] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def listen(self) -> None:
        self.server = await asyncio.start_server(self.meet, sock=self.socket)

    async def end(self) -> None:
        await turns()  # for who was let in to be met
        self.server.close()
        for task in self.meetings:
            task.cancel()
        await asyncio.gather(*self.meetings, return_exceptions=True)
        for writer in self.writers:
            writer.transport.abort()  # what nobody reads would keep it open
        await turns()  # for the connections to close

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        meeting = asyncio.current_task()
        assert meeting is not None
        # The loop forgets a task that waits for nothing anybody else knows of.
        self.meetings.add(meeting)
        self.writers.append(writer)
        try:
            request = await read_request(reader)
            await self.behaviour(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client had enough, which is what a test hopes for
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            with contextlib.suppress(ConnectionError):
                writer.close()


async def turns() -> None:
    """Lets the loop go on with what it has begun; a pause would be too short on a busy machine."""
    for _ in range(20):
        await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


def response(status: bytes, body: bytes, headers: bytes = HEADERS) -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, headers, len(body), body)


async def answer(whole: bytes, _request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(whole)


async def hang(_request: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drip(at_once: bytes, then: bytes, pause: float, _request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(at_once)
    for byte in then:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


async def reset(at_once: bytes, _request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(at_once)
    await writer.drain()
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def flood(length_known: bool, _request: bytes, writer: asyncio.StreamWriter) -> None:  # noqa: FBT001 (bound by name)
    length = b"Content-Length: %d\r\n" % GIGABYTE if length_known else b""
    writer.write(b"HTTP/1.1 200 OK\r\n%b%b\r\n" % (HEADERS, length))
    block = b" " * (1 << 16)
    for _ in range(GIGABYTE // len(block)):
        writer.write(block)
        await writer.drain()


async def say_hostile_things(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer an event with one of three hostile answers, chosen by its length, and read-back with a fourth."""
    spiteful = HOSTILE_TEXT.encode()
    headers = HEADERS + b"X-Request-Id: <script>alert(1)</script>\xff\xfe\r\nServer: ]]><b>\r\n"
    fields = {"success": True, "message": HOSTILE_TEXT, HOSTILE_TEXT: [HOSTILE_TEXT], "lone": "\ud800"}
    answers = [
        response(b"200 <script>alert(2)</script>\xff", json.dumps(fields).encode(), headers),
        response(b"422 </td>\xc3\x28", json.dumps({**fields, "success": False}).encode(), headers),
        response(b"500 ]]>", b"Traceback (most recent call last): \xff\xfe\xc3\x28" + spiteful, headers),
    ]
    if request.startswith(b"GET "):
        books = {"customerExternalId": HOSTILE_TEXT, "clickId": HOSTILE_TEXT, "name": HOSTILE_TEXT, "email": None}
        lead = {"eventName": HOSTILE_TEXT, "status": "confirmed", "clickId": HOSTILE_TEXT, "timestamp": HOSTILE_TEXT}
        whole = response(
            b"200 OK", json.dumps({**books, "avatar": None, "leads": [lead], "sales": []}).encode(), headers
        )
    else:
        whole = answers[len(request) % len(answers)]
    writer.write(whole)


def hanging() -> BadServer:
    return BadServer(hang)


def dripping_headers(pause: float = 1.0) -> BadServer:
    return BadServer(partial(drip, b"", response(b"200 OK", ACCEPTED), pause))


def dripping_body(pause: float = 1.0) -> BadServer:
    whole = response(b"200 OK", ACCEPTED)
    return BadServer(partial(drip, whole[: -len(ACCEPTED)], ACCEPTED, pause))


def truncating() -> BadServer:
    """Promise more than is sent, and close."""
    return BadServer(partial(answer, response(b"200 OK", ACCEPTED + b" " * 100)[:-100]))


def truncating_chunks() -> BadServer:
    """Close in the middle of a chunk."""
    head = b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n" % HEADERS
    return BadServer(partial(answer, head + b"ff\r\n" + ACCEPTED))


def resetting() -> BadServer:
    return BadServer(partial(reset, b""))


def resetting_amid_body() -> BadServer:
    return BadServer(partial(reset, response(b"200 OK", ACCEPTED + b" " * 100)[:-100]))


def closing() -> BadServer:
    """Close without a word."""
    return BadServer(partial(answer, b""))


def redirecting(location: bytes = b"/login", status: bytes = b"302 Found") -> BadServer:
    return BadServer(partial(answer, response(status, b"", HEADERS + b"Location: %b\r\n" % location)))


def answering_html() -> BadServer:
    page = b"<!doctype html><title>Welcome</title><p>This is the staging host.</p>"
    return BadServer(partial(answer, response(b"200 OK", page, b"Content-Type: text/html; charset=utf-8\r\n")))


def answering_a_gigabyte(*, length_known: bool = True) -> BadServer:
    return BadServer(partial(flood, length_known))


def answering_garbage() -> BadServer:
    """Speak something that is not HTTP."""
    return BadServer(partial(answer, b"SSH-2.0-OpenSSH_9.2\r\n\x00\x00\x01\xfc\n\x14" + bytes(range(256))))


def answering_endless_headers() -> BadServer:
    return BadServer(partial(answer, b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"a" * 1_000_000))


def limiting(retry_after: str | None = None) -> BadServer:
    """Answer 429 to everything, with the given Retry-After or none."""
    headers = HEADERS + (f"Retry-After: {retry_after}\r\n".encode() if retry_after else b"")
    return BadServer(partial(answer, response(b"429 Too Many Requests", b'{"message": "slow down"}', headers)))


def failing() -> BadServer:
    return BadServer(partial(answer, response(b"500 Internal Server Error", b'{"message": "internal error"}')))


def refusing_the_token() -> BadServer:
    return BadServer(partial(answer, response(b"401 Unauthorized", b'{"message": "invalid token"}')))


def hostile() -> BadServer:
    """Scripts, control characters and broken UTF-8 in bodies, header values and reason phrases."""
    return BadServer(say_hostile_things)


BY_NAME: dict[str, Callable[[], BadServer]] = {
    server.__name__.replace("_", "-"): server
    for server in (
        hanging,
        dripping_headers,
        dripping_body,
        truncating,
        truncating_chunks,
        resetting,
        resetting_amid_body,
        closing,
        redirecting,
        answering_html,
        answering_a_gigabyte,
        answering_garbage,
        answering_endless_headers,
        limiting,
        failing,
        refusing_the_token,
        hostile,
    )
}
