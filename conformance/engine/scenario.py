"""A scenario: a named sequence that checks requirements, and the decorator that makes one of a coroutine function."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from conformance.contract import Profile
    from conformance.engine.journey import Journey


OPENAPI = "openapi.yaml"


@dataclass(frozen=True)
class Scenario:
    """One named sequence of one suite.

    `verifies` are the ids of the requirements it checks, first the one it is about; `arguments` what its variant adds
    to the journey; `needs` and `unless` name a trait of a profile without which, or with which, it makes no sense. A
    `dense` one tries out with few exchanges what others look at one by one, and is played only where that is asked for.
    The id is made of the suite, the function's name and the variant, never of a payload.
    """

    id: str
    suite: str
    title: str
    description: str
    verifies: tuple[str, ...]
    play: Callable[..., Awaitable[None]] = field(compare=False)
    arguments: tuple[Any, ...] = field(default=(), compare=False)
    variant: str | None = None
    needs: str = ""
    unless: str = ""
    dense: bool = False

    def exists_for(self, profile: Profile) -> bool:
        """Whether this profile promises what the scenario is about, and has the traits without which it is moot."""
        fits = (not self.needs or self.needs in traits(profile)) and self.unless not in profile.traits
        return fits and profile.promises(self.verifies[0])

    async def run(self, journey: Journey) -> None:
        """Plays the scenario with this journey."""
        await self.play(journey, *self.arguments)


def traits(profile: Profile) -> frozenset[str]:
    """The traits of a profile, and what its folder holds beyond the least: an `openapi` document, `rules`."""
    held = {"openapi": (profile.folder / OPENAPI).is_file(), "rules": bool(profile.rules)}
    return profile.traits | {name for name, there in held.items() if there}


@dataclass(frozen=True)
class ScenarioGroup:
    """What the decorator leaves in a suite's module: a scenario in each of its variants."""

    name: str
    scenarios: tuple[Scenario, ...]
    function: Callable[..., Awaitable[None]]


def scenario(
    *verifies: str,
    variants: Mapping[str, Any] | None = None,
    needs: str = "",
    unless: str | Mapping[str, str] = "",
    dense: bool = False,
) -> Callable[[Callable[..., Awaitable[None]]], ScenarioGroup]:
    """Declares a coroutine function to be a scenario that checks these requirements.

    With `variants`, one scenario for each key; its value is the function's second argument (a tuple: the further ones).
    Without `verifies`, each variant checks the requirement that is its value.
    `needs` and `unless` name traits of profiles; `unless` may name one for each of some variants. `dense` scenarios are
    left out of a run that has no `--budget`.
    The first line of the docstring is the title that reports show.
    """

    def declare(function: Callable[..., Awaitable[None]]) -> ScenarioGroup:
        suite = function.__module__.rpartition(".")[2].replace("_", "-")
        base = f"{suite}/{function.__name__.replace('_', '-')}"
        text = inspect.getdoc(function)
        if not text:
            raise TypeError(f"scenario {base} has no docstring: its first line is the title in every report")
        title, _, description = text.partition("\n")

        def one(variant: str | None, value: Any) -> Scenario:
            arguments = () if variant is None else value if isinstance(value, tuple) else (value,)
            return Scenario(
                id=base if variant is None else f"{base}[{variant}]",
                suite=suite,
                title=title if variant is None else f"{title.rstrip('.')}: {variant.replace('-', ' ')}.",
                description=" ".join(description.split()),
                verifies=verifies or (value,),
                play=function,
                arguments=arguments,
                variant=variant,
                needs=needs,
                unless=unless if isinstance(unless, str) else unless.get(variant or "", ""),
                dense=dense,
            )

        if variants is None:
            found: tuple[Scenario, ...] = (one(None, ()),)
        else:
            found = tuple(one(name, value) for name, value in variants.items())
        return ScenarioGroup(function.__name__, found, function)

    return declare
