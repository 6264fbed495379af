"""An answer of the sandbox, ready to be sent: status, headers and bytes are made once and sent often."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one HTTP answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def json_answer(status: int, document: Any, *headers: tuple[bytes, bytes]) -> Answer:
    """A JSON answer; every character outside ASCII is escaped, so nothing that was sent can break it."""
    return json_bytes_answer(status, json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), *headers)


def json_bytes_answer(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    """An answer whose body is JSON already."""
    return Answer(status, (_JSON, (b"content-length", str(len(body)).encode()), *headers), body)


def redirect(location: str) -> Answer:
    """A redirect that nobody may keep: each visit is another one."""
    headers = (
        (b"location", location.encode("latin-1", "replace")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    )
    return Answer(302, headers, b"")
