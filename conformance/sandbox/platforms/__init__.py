"""The platforms that the sandbox can play, one module each, chosen by the name of the profile.

A platform knows its wire: what a body says, and how a ruling is answered. Who is attributed to what, the ledger rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.profile import Profile
    from conformance.ledger import Event, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.store import Store
    from conformance.sandbox.traffic import Surroundings, Traffic

_MODULES = {
    "cutmeshort": "conformance.sandbox.platforms.cutmeshort",
    "dub": "conformance.sandbox.platforms.dub",
}


class Invalid(Exception):
    """A body breaks the contract; `problems` has one sentence for each field that does."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {problem}" for name, problem in problems.items()))
        self.problems = problems


class Platform(Protocol):
    """One profile's platform on the wire: what every one of them has."""

    @property
    def operations(self) -> Mapping[bytes, str]:
        """Path of each operation that is posted, as it stands in a request, and our word for it."""
        ...

    def refusal(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> Answer:
        """Any refusal that is not about an event: no such path, no token, no JSON."""
        ...


class RulingPlatform(Platform, Protocol):
    """A platform whose answers follow from the ruling alone."""

    def event(self, operation: str, body: Mapping[str, Any], received: str) -> Event:
        """What the body says; raises Invalid when it breaks the contract."""
        ...

    def ruled(self, ruling: Ruling) -> Answer:
        """The answer to an event that was ruled on."""
        ...

    def invalid(self, problems: Mapping[str, str]) -> Answer:
        """The answer to a body that breaks the contract."""
        ...


class PlatformModule(Protocol):
    """What the module of a platform has to offer."""

    @property
    def TOKEN_PREFIX(self) -> str:  # noqa: N802 - a constant of the module
        """How every token of the platform begins."""
        ...

    def new_click(self) -> str:
        """A click id as no other."""
        ...

    def traffic(self, profile: Profile, store: Store, surroundings: Surroundings) -> Traffic:
        """The application behind every path that is the platform's."""
        ...


def plays(profile: Profile) -> bool:
    """Whether the sandbox can play this profile."""
    return profile.name in _MODULES


def platform_module(profile: Profile) -> PlatformModule:
    """The module that plays this profile; raises UsageError when the sandbox has none."""
    name = _MODULES.get(profile.name)
    if name is None:
        raise UsageError(
            f"the sandbox cannot play the profile {profile.name!r}",
            f"It plays {', '.join(sorted(_MODULES))}; run the suites against a deployment of yours instead.",
        )
    return cast("PlatformModule", import_module(name))
