"""Takes secrets out of whatever is stored or shown, in every spelling in which a target could echo them."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import lru_cache

REDACTED = "[redacted]"
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password", re.IGNORECASE)
_SHORTEST = 4
# Every spelling of a character other than the character itself begins with one of these.
_ESCAPES = (b"\\", b"%", b"&")
_SHORT = 200
_REPEATED = 512


class Redactor:
    """Replaces known secrets; one per run, so that nothing is stored before it has passed here.

    `longest` is the length in bytes that no spelling of a secret exceeds.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        # No spelling of a character is longer than ten.
        self.longest = 10 * max((len(secret.encode()) for secret in secrets), default=0)
        longest_first = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)
        alternatives = "|".join(pattern for secret in longest_first for pattern in _patterns(secret))
        self._text = re.compile(alternatives, re.IGNORECASE) if alternatives else None
        self._bytes = re.compile(alternatives.encode(), re.IGNORECASE) if alternatives else None
        self._unescaped = _unescaped(longest_first)
        # The same headers go out and come back with every exchange.
        self._repeated = lru_cache(_REPEATED)(self._without)

    def text(self, value: str) -> str:
        """The text without secrets."""
        return self._repeated(value) if len(value) < _SHORT else self._without(value)

    def body(self, value: bytes) -> bytes:
        """The bytes without secrets; redacted before they are cut or encoded, so that no encoding hides one."""
        if self._bytes is None or self._surely_without(value):
            return value
        return self._bytes.sub(REDACTED.encode(), value)

    def _without(self, value: str) -> str:
        if self._text is None or (value.isascii() and self._surely_without(value.encode())):
            return value
        return self._text.sub(REDACTED, value)

    def _surely_without(self, value: bytes) -> bool:
        """Whether there is no secret, as far as plain searches tell: the patterns cost ten times as much."""
        for escape in _ESCAPES:
            if escape in value:
                return False
        lower = value.lower()
        for spelling in self._unescaped:  # noqa: SIM110 - a generator costs more than the searches
            if spelling in lower:
                return False
        return True

    def header(self, name: str, value: str) -> str:
        """A header's value without secrets: of headers that carry secrets only the scheme is kept."""
        if not _SECRET_HEADER.search(name):
            return self.text(value)
        if name.lower() not in ("authorization", "proxy-authorization"):
            return REDACTED if value else value
        scheme, blank, rest = value.partition(" ")
        return f"{scheme} {REDACTED}" if blank and rest else (REDACTED if value else value)


def _unescaped(secrets: list[str]) -> tuple[bytes, ...]:
    """What a text without escapes has to hold, in lower case, if it holds one of these secrets."""
    encoded = (encoding for secret in secrets for encoding in _encodings(secret.encode()))
    # Of letters beyond ASCII some are also matched by another one.
    plain = (max(re.split(r"[^\x00-\x7f]+", secret), key=len) for secret in secrets)
    return tuple({spelling.lower().encode() for spelling in (*encoded, *plain)})


def _patterns(secret: str) -> list[str]:
    encoded = sorted(_encodings(secret.encode()), key=len, reverse=True)
    return ["".join(map(_character, secret)), *map(re.escape, encoded)]


def _character(character: str) -> str:
    """A pattern for one character in each way in which URLs, JSON and HTML may spell it, one by one or mixed."""
    spellings = {
        character,
        "".join(f"%{byte:02X}" for byte in character.encode()),
        json.dumps(character)[1:-1],
        json.dumps(character, ensure_ascii=False)[1:-1],
        f"\\u{ord(character):04x}",
        f"\\x{ord(character):02x}",
        f"\\{character}",
        html.escape(character),
        f"&#{ord(character)};",
        f"&#x{ord(character):x};",
    }
    return f"(?:{'|'.join(re.escape(spelling) for spelling in sorted(spellings, key=len, reverse=True))})"


def _encodings(raw: bytes) -> set[str]:
    found = {raw.hex()}
    for shift in range(3):
        # Base64 of the secret inside a longer text depends on its offset; only the characters that the secret
        # alone decides are looked for.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
            start = (0, 2, 3)[shift]
            end = len(encoded) if (shift + len(raw)) % 3 == 0 else len(encoded) - 1
            found.add(encoded[start:end])
    return {encoding for encoding in found if len(encoding) >= _SHORTEST}
