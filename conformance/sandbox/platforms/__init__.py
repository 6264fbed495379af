"""The platforms that the sandbox can play, one module each, chosen by the name of the profile.

A platform knows its wire: what a body says, and how a ruling is answered. Who is attributed to what, the ledger rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.contract.profile import Profile
    from conformance.ledger import Event, Ruling
    from conformance.sandbox.answers import Answer

_MODULES = {"cutmeshort": "conformance.sandbox.platforms.cutmeshort"}


class Invalid(Exception):
    """A body breaks the contract; `problems` has one sentence for each field that does."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {problem}" for name, problem in problems.items()))
        self.problems = problems


class Platform(Protocol):
    """One profile's platform on the wire."""

    @property
    def operations(self) -> Mapping[bytes, str]:
        """Path of each tracking operation, as it stands in a request, and our word for it."""
        ...

    def event(self, operation: str, body: Mapping[str, Any], received: str) -> Event:
        """What the body says; raises Invalid when it breaks the contract."""
        ...

    def ruled(self, ruling: Ruling) -> Answer:
        """The answer to an event that was ruled on."""
        ...

    def invalid(self, problems: Mapping[str, str]) -> Answer:
        """The answer to a body that breaks the contract."""
        ...

    def refusal(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> Answer:
        """Any other refusal: no such path, no token, no JSON."""
        ...


def platform_of(profile: Profile) -> Platform:
    """The platform that plays this profile; raises UsageError when the sandbox has none."""
    module = _MODULES.get(profile.name)
    if module is None:
        raise UsageError(
            f"the sandbox cannot play the profile {profile.name!r}",
            f"It plays {', '.join(sorted(_MODULES))}; run the suites against a deployment of yours instead.",
        )
    make = cast("Callable[[Profile], Platform]", import_module(module).platform)
    return make(profile)
