"""A loopback server that takes every event after a fixed time: what a workload costs beyond this is its driver's.

`python benchmarks/server.py MILLISECONDS` prints its URL. GET /count tells how many events came since it last told.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial

_ACCEPTED = b'{"success":true,"timestamp":"2026-01-01T00:00:00.000Z"}'


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Events(asyncio.Protocol):
    """One connection: requests with a content-length, one after the other, as every peer sends them."""

    count = 0

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while True:
            head, blank, rest = self.received.partition(b"\r\n\r\n")
            if not blank:
                return
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            if len(rest) < length:
                return
            self.received = rest[length:]
            if head.startswith(b"GET /count"):
                self.transport.write(_response(str(Events.count).encode()))
                Events.count = 0
            else:
                Events.count += 1
                self._answer_later()

    def _answer_later(self) -> None:
        answer = partial(self._answer, _response(_ACCEPTED))
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, answer)
        else:
            answer()

    def _answer(self, response: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(response)


async def serve(latency: float) -> None:
    """Serves until the process is ended; `latency` in seconds."""
    server = await asyncio.get_running_loop().create_server(lambda: Events(latency), "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) / 1000))
