"""Takes bearer tokens out of recorded lines before these are put on disk; what stands for them still differs."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.contract import Profile

_USUAL = b'uthorization":"'
_AUTHORIZATION = re.compile(rb'authorization"\s*:\s*"', re.IGNORECASE)
_CARRIED = re.compile(rb'"(?:proxy-)?authorization"\s*:\s*"[^"]', re.IGNORECASE)
_REMEMBERED = 10_000
_SHORTEST_TOKEN = 12


def carries_token(data: bytes) -> bool:
    """Whether one of these recorded calls has a token in its headers."""
    # A search that heeds no case takes long, and most recorders write one of two.
    return (b"uthorization" in data or b"UTHORIZATION" in data) and _CARRIED.search(data) is not None


class Disguise:
    """Takes tokens out of lines; `secrets` are those that were seen."""

    def __init__(self, profile: Profile) -> None:
        self.secrets: set[str] = set()
        self._headers: dict[bytes, bytes] = {}
        self._scheme = profile.authentication.scheme.lower().encode()
        prefix = profile.publishable.prefix.encode() if profile.publishable else b""
        short = prefix.split(b"_")[0] + b"_" if prefix else b""
        self._prefixes = tuple(start for start in (prefix, short) if start)

    def line(self, data: bytes) -> bytes:
        """The line without its token."""
        if b"uthorization" not in data and b"UTHORIZATION" not in data:
            return data
        at = data.find(_USUAL)
        if at < 0:
            found = _AUTHORIZATION.search(data)
            if found is None:
                return data
            start = found.end()
        else:
            start = at + len(_USUAL)
        end = data.find(b'"', start)
        value = data[start:end]
        instead = self._headers.get(value)
        if instead is None:
            instead = self._disguised(value)
            if len(self._headers) < _REMEMBERED:
                self._headers[value] = instead
        return data[:start] + instead + data[end:]

    def _disguised(self, value: bytes) -> bytes:
        """A header's value without the token in it, which still differs from that of another token."""
        scheme, blank, token = value.partition(b" ")
        if not blank or len(token) < _SHORTEST_TOKEN or scheme.lower() != self._scheme:
            return value
        self.secrets.add(token.decode("utf-8", "replace"))
        kept = next((start for start in self._prefixes if token.startswith(start)), b"")
        return b"%b %btoken-%08d" % (scheme, kept, zlib.crc32(token) % 10**8)
