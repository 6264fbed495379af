"""Decides whether a request proves who sends it."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract.profile import Authentication


def gatekeeper(authentication: Authentication, token: str | None) -> Callable[[bytes | None], bool]:
    """A function that says whether this value of the authentication header is let in.

    With a token, only that one is. Without, every token is but an empty one and those that are wrong on purpose, so
    that a run against such a sandbox still sees what a refusal looks like.
    """
    scheme = authentication.scheme.lower().encode()
    wrong = authentication.wrong_token.encode()
    expected = None if token is None else token.encode()

    def lets_in(value: bytes | None) -> bool:
        sent = _token(value, scheme)
        if not sent:
            return False
        if expected is None:
            return wrong not in sent
        return hmac.compare_digest(sent, expected)

    return lets_in


def _token(value: bytes | None, scheme: bytes) -> bytes:
    if value is None:
        return b""
    if not scheme:
        return value.strip()
    before, _, token = value.strip().partition(b" ")
    return token.strip() if before.lower() == scheme else b""
