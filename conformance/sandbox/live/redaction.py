"""Takes tokens out of a request before anything keeps it: out of its headers, its address and its body."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

REDACTED = "[redacted]"
_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password", re.IGNORECASE)
_NAME = r"(?:[a-z]+[_-])?(?:access[_-]?token|token|api[_-]?key|secret|password|authorization|bearer)"
_FIELD = re.compile(_NAME, re.IGNORECASE)
_PARAMETER = re.compile(rf"((?:^|[?&;]){_NAME}=)[^&;#]*", re.IGNORECASE)
_WRITTEN = re.compile(rf'("{_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
# What is shorter than this is no secret, and stands in every other word.
_SHORTEST = 8


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    """Whether a header of this name carries a secret; the same few come with every request."""
    return _HEADER.search(name) is not None


def header(name: str, value: str, secrets: Iterable[str] = ()) -> str:
    """A header's value; of one that carries a secret only the scheme is kept."""
    if not _is_secret(name) or not value:
        return text(value, secrets)
    scheme, blank, rest = value.partition(" ")
    if name.lower() in ("authorization", "proxy-authorization") and blank:
        return f"{scheme} {REDACTED}" if rest else value
    return REDACTED


def secrets_of(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The tokens in the headers, without their scheme."""
    values = [value.rpartition(" ")[2] for name, value in headers if _is_secret(name)]
    return tuple(sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True))


def address(url: str, secrets: Iterable[str]) -> str:
    """A URL without tokens; that there was one can still be seen."""
    return text(_PARAMETER.sub(rf"\g<1>{REDACTED}", url) if "=" in url else url, secrets)


def body(data: bytes, secrets: Iterable[str]) -> bytes:
    """A body without tokens, whether it is JSON or a form; one that holds none stays byte for byte the same."""
    decoded = data.decode("utf-8", "surrogateescape")
    redacted = _WRITTEN.sub(rf'\g<1>"{REDACTED}"', decoded)
    if not decoded.lstrip().startswith(("{", "[")):
        redacted = _PARAMETER.sub(rf"\g<1>{REDACTED}", redacted)
    return text(redacted, secrets).encode("utf-8", "surrogateescape")


def answer(data: bytes, secrets: Iterable[str]) -> bytes:
    """An answer that echoes no secret."""
    return text(data.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


def text(value: str, secrets: Iterable[str]) -> str:
    """A text in which none of these secrets stands, as it is or as JSON, a URL, a form or Base64 writes it."""
    for secret in secrets:
        for spelling in _spellings(secret):
            if spelling in value:
                value = value.replace(spelling, REDACTED)
    return value


@lru_cache(maxsize=1024)
def _spellings(secret: str) -> tuple[str, ...]:
    """What a secret looks like, the longest first."""
    quoted = (quote(secret, safe=""), quote(secret), quote_plus(secret), quote(quote(secret, safe=""), safe=""))
    found = {secret, json.dumps(secret)[1:-1], *quoted, *(_in_lower_case(each) for each in quoted)}
    raw = secret.encode("utf-8", "surrogateescape")
    for shift in range(3):
        # Inside a longer text its Base64 depends on where it stands; what the secret alone decides is looked for.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + raw).decode().rstrip("=")
            found.add(encoded[(0, 2, 3)[shift] : len(encoded) - ((shift + len(raw)) % 3 != 0)])
    return tuple(sorted(found, key=len, reverse=True))


def _in_lower_case(quoted: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)


def fields(value: Any, secrets: Collection[str] = ()) -> Any:
    """A JSON value without these secrets, in which every field that is named like one is redacted."""
    if isinstance(value, dict):
        return {
            text(name, secrets): REDACTED
            if isinstance(member, str) and _FIELD.fullmatch(name)
            else fields(member, secrets)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [fields(member, secrets) for member in value]
    return text(value, secrets) if isinstance(value, str) else value
