"""Takes secrets out of whatever is stored or shown, in every spelling in which a target could echo them."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

REDACTED = "[redacted]"
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password", re.IGNORECASE)
_SHORTEST = 4


class Redactor:
    """Replaces known secrets; one per run, so that nothing is stored before it has passed here."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        spellings = {spelling for secret in secrets if len(secret) >= _SHORTEST for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        alternatives = "|".join(re.escape(spelling) for spelling in longest_first)
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


def _spellings(secret: str) -> set[str]:
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote(secret), secret.encode("unicode_escape").decode("ascii")}
    for shift in range(3):
        # Base64 of the secret inside a longer text depends on its offset; only the characters that the secret
        # alone decides are looked for.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
            start = (0, 2, 3)[shift]
            end = len(encoded) if (shift + len(raw)) % 3 == 0 else len(encoded) - 1
            found.add(encoded[start:end])
    found.add(raw.hex())
    return {spelling for spelling in found if len(spelling) >= _SHORTEST}
