"""Takes secrets out of whatever is stored or shown, in every spelling in which a target could echo them."""

from __future__ import annotations

import base64
import html
import json
import re

REDACTED = "[redacted]"
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password", re.IGNORECASE)
_SHORTEST = 4


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

    def text(self, value: str) -> str:
        """The text without secrets."""
        return self._text.sub(REDACTED, value) if self._text else value

    def body(self, value: bytes) -> bytes:
        """The bytes without secrets; redacted before they are cut or encoded, so that no encoding hides one."""
        return self._bytes.sub(REDACTED.encode(), value) if self._bytes else value

    def header(self, name: str, value: str) -> str:
        """A header's value without secrets: of headers that carry secrets only the scheme is kept."""
        if not _SECRET_HEADER.search(name):
            return self.text(value)
        if name.lower() not in ("authorization", "proxy-authorization"):
            return REDACTED if value else value
        scheme, blank, rest = value.partition(" ")
        return f"{scheme} {REDACTED}" if blank and rest else (REDACTED if value else value)


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
