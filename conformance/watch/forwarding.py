"""A recording proxy in front of a real target: what is sent goes on as it is, and so does what is answered."""

from __future__ import annotations

import gzip
import zlib
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from conformance.errors import UsageError
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.incoming import Incoming
from conformance.sandbox.live.exchanges import exchange
from conformance.sandbox.store import DEFAULT_NAMESPACE
from conformance.sandbox.visits import Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from conformance.sandbox.live.exchanges import Judge

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
_PATIENCE = 120.0
# Of an answer only so much is judged; the client gets all of it.
_JUDGED = 1 << 20
_LARGEST = 64 << 20


class Forwarding:
    """The proxy as an ASGI application; `reached` and `lost` count the calls that the target answered, or did not."""

    def __init__(self, target: str, operations: Mapping[bytes, str], judge: Judge, now: Callable[[], str]) -> None:
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError(f"{target!r} is no base URL to forward to", "Write it like https://staging.example.com.")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/").encode()
        self._host = parts.netloc.rpartition("@")[2].encode()
        self._operations = operations
        self._judge = judge
        self._now = now
        self._numbers = count(1)
        self._client: httpx.AsyncClient | None = None
        self.reached = 0
        self.lost = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands one request on, and its answer back."""
        body = await _body(receive)
        path: bytes = scope["raw_path"]
        target = self._prefix + path + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        named = frozenset(
            name.strip().lower()
            for key, value in scope["headers"]
            if key == b"connection"
            for name in value.split(b",")
        )
        headers = [(key, value) for key, value in scope["headers"] if key not in _HOP_BY_HOP | named and key != b"host"]
        request = httpx.Request(
            scope["method"],
            self._origin,
            headers=[(b"host", self._host), *headers],
            content=body if body or b"content-length" in dict(headers) else None,
            extensions={"target": target, "timeout": httpx.Timeout(_PATIENCE).as_dict()},
        )
        visit = Visit(moment=self._now())
        try:
            response = await self._open().send(request, stream=True)
        except httpx.HTTPError as error:
            self.lost += 1
            self._heard(scope, path, body, visit, None)
            problem = f"trackproof could not reach {self._origin}: {error or type(error).__name__}"
            await _send(send, json_answer(502, {"error": problem}))
            return
        self.reached += 1
        await self._hand_back(scope, path, body, visit, response, send)

    async def close(self) -> None:
        """Ends the connections to the target, which are kept open between calls."""
        if self._client is not None:
            await self._client.aclose()

    async def _hand_back(
        self, scope: Scope, path: bytes, body: bytes, visit: Visit, response: httpx.Response, send: Send
    ) -> None:
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        headers = [(name, value) for name, value in raw if name not in _HOP_BY_HOP]
        judged = bytearray()
        # Where its length is told, an answer is at its end with its last byte.
        told, last = b"content-length" in dict(headers), b""
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for chunk in response.aiter_raw():
                judged += chunk[: max(0, _JUDGED - len(judged))]
                now, last = (last, chunk) if told else (chunk, b"")
                if now:
                    await send({"type": "http.response.body", "body": now, "more_body": True})
            # Before the end is sent: who waits for the answer may then ask what was found.
            encoding = dict(headers).get(b"content-encoding", b"")
            seen = Answer(response.status_code, tuple(headers), _plain(bytes(judged), encoding))
            self._heard(scope, path, body, visit, seen)
            await send({"type": "http.response.body", "body": last})
        finally:
            await response.aclose()

    def _heard(self, scope: Scope, path: bytes, body: bytes, visit: Visit, answer: Answer | None) -> None:
        client = scope.get("client")
        headers = {**dict(scope["headers"]), b"host": self._host}
        request = Incoming(
            scope["method"],
            DEFAULT_NAMESPACE,
            path,
            headers,
            body,
            urlsplit(self._origin).scheme,
            {"query_string": scope["query_string"], "client": client},
        )
        kind = self._operations.get(path, "")
        self._judge.take(exchange(next(self._numbers), kind, request, visit, answer))

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
            self._client = httpx.AsyncClient(follow_redirects=False, limits=limits)
        return self._client


async def _body(receive: Receive) -> bytes:
    return b"".join([chunk async for chunk in _chunks(receive)])


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= _LARGEST:
            yield chunk
        if not message.get("more_body", False):
            return


async def _send(send: Send, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def _plain(body: bytes, encoding: bytes) -> bytes:
    """An answer as the judge reads it; one in a coding that is not known is as good as none."""
    try:
        match encoding.strip().lower():
            case b"" | b"identity":
                return body
            case b"gzip" | b"x-gzip":
                return gzip.decompress(body)
            case b"deflate":
                return zlib.decompress(body)
            case _:
                return b""
    except (OSError, EOFError, zlib.error):
        return b""
