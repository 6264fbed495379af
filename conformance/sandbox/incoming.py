"""A request as the platform sees it: the namespace taken off its path, its body read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from conformance.sandbox.store import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

_NAMESPACES = b"/ns/"
LONGEST_NAME = 128


class Incoming(NamedTuple):
    """One request; `path` is below the namespace and still percent-encoded, `body` None when it is too large."""

    method: str
    namespace: str
    path: bytes
    headers: Mapping[bytes, bytes]
    body: bytes | None
    scheme: str
    scope: Scope

    @property
    def query(self) -> bytes:
        """What stands after the question mark."""
        found: bytes = self.scope.get("query_string", b"")
        return found

    @property
    def address(self) -> str:
        """The address that the request came from, or nothing when it is not known."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def base(self) -> str:
        """Origin and namespace: the address below which the platform stands for this client."""
        namespace = "" if self.namespace == DEFAULT_NAMESPACE else f"/ns/{quote(self.namespace, safe='')}"
        return self.origin + namespace

    @property
    def is_json(self) -> bool:
        """Whether the body is declared to be plain JSON, with any parameters."""
        declared = self.headers.get(b"content-type", b"")
        if declared != b"application/json":
            declared = declared.partition(b";")[0].strip().lower()
        return declared == b"application/json" and self.headers.get(b"content-encoding", b"identity") == b"identity"

    @property
    def origin(self) -> str:
        """Scheme and host as the client wrote them, or nothing when it wrote no host."""
        host = self.headers.get(b"host", b"").decode("ascii", "replace")
        return f"{self.scheme}://{host}" if host else ""


def incoming(scope: Scope, headers: Mapping[bytes, bytes], body: bytes | None) -> Incoming:
    """The request of an ASGI scope. A path that names no proper namespace stays as it is, and so leads nowhere."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    name = DEFAULT_NAMESPACE
    if path.startswith(_NAMESPACES):
        segment, slash, rest = path[len(_NAMESPACES) :].partition(b"/")
        named = decoded(segment)
        if 0 < len(named) <= LONGEST_NAME:
            name = named
            path = slash + rest
    return Incoming(scope["method"], name, path, headers, body, scope["scheme"], scope)


def decoded(segment: bytes) -> str:
    """A percent-encoded piece of a path as text; bytes that are no UTF-8 become replacement characters."""
    return unquote_to_bytes(segment).decode("utf-8", "replace")
