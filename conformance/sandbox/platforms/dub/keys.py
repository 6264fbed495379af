"""Who is let in: secret keys on the routes for servers, publishable ones on those for browsers."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.sandbox.platforms.dub.errors import Refused

if TYPE_CHECKING:
    from conformance.contract import Profile

_ANY = b"dub_"
_PUBLISHABLE = "dub_pk_"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a sandbox; without `secret` every one is let in but those that are wrong on purpose."""

    header: bytes
    scheme: bytes
    publishable: bytes
    wrong: bytes
    secret: bytes | None

    def check_secret(self, value: bytes | None) -> None:
        """Raises Refused unless the header's value carries a secret key."""
        if value is None:
            raise Refused("unauthorized", "Missing Authorization header.")
        _, scheme, key = value.partition(self.scheme)
        if not scheme:
            raise Refused("bad_request", "Misconfigured authorization header. Did you forget to add 'Bearer '?")
        if not key.startswith(_ANY):
            raise Refused("not_found", "Workspace ID not found. Did you forget to include a workspace ID?")
        if key.startswith(self.publishable) or not self._is_known(key, self.secret):
            raise Refused("unauthorized", "Unauthorized: Invalid API key.")

    def check_publishable(self, value: bytes | None) -> None:
        """Raises Refused unless the header's value carries a publishable key."""
        if value is None:
            raise Refused("unauthorized", "Missing publishable key.")
        _, _, key = value.partition(self.scheme)
        if not key.startswith(self.publishable):
            raise Refused("bad_request", "Invalid or missing publishable key.")
        twin = None if self.secret is None else self.publishable + self.secret.removeprefix(_ANY)
        if not self._is_known(key, twin):
            raise Refused("unauthorized", "Invalid publishable key.")

    def _is_known(self, key: bytes, expected: bytes | None) -> bool:
        if expected is None:
            return self.wrong not in key
        return hmac.compare_digest(key, expected)


def keys_of(profile: Profile, token: str | None) -> Keys:
    """The keys of a sandbox that lets in this token only; raises UsageError when it is no secret key."""
    authentication = profile.authentication
    publishable = (profile.publishable.prefix if profile.publishable else _PUBLISHABLE).encode()
    secret = None if token is None else token.encode()
    if secret is not None and (not secret.startswith(_ANY) or secret.startswith(publishable)):
        raise UsageError(
            "the token is no secret key of this platform",
            f"A secret key begins with dub_, and not with {publishable.decode()} as publishable ones do.",
        )
    return Keys(
        authentication.header.lower().encode(),
        f"{authentication.scheme} ".encode(),
        publishable,
        authentication.wrong_token.encode().removeprefix(_ANY),
        secret,
    )
