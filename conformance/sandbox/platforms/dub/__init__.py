"""Dub on the wire: leads, sales, clicks, customers, events and webhooks as its documents and its code describe them."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

from conformance.sandbox.platforms.dub.traffic import DubTraffic

if TYPE_CHECKING:
    from conformance.contract.profile import Profile
    from conformance.sandbox.store import Store
    from conformance.sandbox.traffic import Surroundings, Traffic

TOKEN_PREFIX = "dub_"  # noqa: S105 - begins every token, and is none
_CLICK_CHARACTERS = 16
_ALPHABET = string.ascii_letters + string.digits
_CHANCE = random.SystemRandom()


def new_click() -> str:
    """A click id as no other: 16 letters and digits."""
    return "".join(_CHANCE.choices(_ALPHABET, k=_CLICK_CHARACTERS))


def traffic(profile: Profile, store: Store, surroundings: Surroundings) -> Traffic:
    """The application behind every path that is the platform's."""
    return DubTraffic(profile, store, surroundings)
