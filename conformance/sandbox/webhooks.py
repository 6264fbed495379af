"""Pushes webhooks from the background: signed, tried a few times, and never in the way of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Seconds before each further attempt.
_PAUSES = (0.05, 0.25, 1.0)
_ANSWER_WITHIN = 5.0
_SENDERS = 64
_LONGEST_QUEUE = 10_000
_LARGEST_STATUS_LINE = 1024
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where webhooks go, and the secret that signs them."""

    host: str
    port: int
    path: str
    secret: str


def receiver(url: str, secret: str) -> Receiver:
    """The receiver at this URL; raises UsageError unless it is on this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", 80 if parts.port is None else parts.port
        usable = parts.scheme == "http" and port > 0 and _is_loopback(host) and url.isascii() and url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in url:
        raise UsageError(
            f"webhooks cannot go to {url!r}", "Use an http:// URL of this machine, such as http://127.0.0.1:8787/."
        )
    if not secret:
        raise UsageError(
            "webhooks cannot be signed without a secret",
            "Give one with --webhook-secret; any text will do, such as whsec_test.",
        )
    query = f"?{parts.query}" if parts.query else ""
    return Receiver(host, port, f"{parts.path or '/'}{query}", secret)


def signature(secret: str, body: bytes) -> str:
    """What proves that the body comes from somebody who knows the secret."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).hexdigest()


class Pusher:
    """Hands over one body after the other; what cannot be delivered within a few attempts is given up."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Receiver, Mapping[str, str], bytes]] = deque(maxlen=_LONGEST_QUEUE)
        self._senders: set[asyncio.Task[None]] = set()

    def push(self, to: Receiver, headers: Mapping[str, str], body: bytes) -> None:
        """Sends the body as soon as may be; to be called on an event loop."""
        self._waiting.append((to, headers, body))
        if len(self._senders) < _SENDERS:
            sender = asyncio.get_running_loop().create_task(self._send_all())
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)

    async def _send_all(self) -> None:
        while self._waiting:
            to, headers, body = self._waiting.popleft()
            for pause in (*_PAUSES, None):
                if await _delivered(to, headers, body) or pause is None:
                    break
                await asyncio.sleep(pause)


async def _delivered(to: Receiver, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        return await asyncio.wait_for(_status(to, headers, body), _ANSWER_WITHIN) in _SUCCESS
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def _status(to: Receiver, headers: Mapping[str, str], body: bytes) -> int:
    host = f"[{to.host}]" if ":" in to.host else to.host
    lines = [f"POST {to.path} HTTP/1.1", f"Host: {host}:{to.port}", "Content-Type: application/json"]
    lines += [
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    reader, writer = await asyncio.open_connection(to.host, to.port, limit=_LARGEST_STATUS_LINE)
    try:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
