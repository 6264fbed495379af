"""What a shell completes besides commands and options: names that a profile knows. Loaded with nothing of weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click
    from click.shell_completion import CompletionItem

    from conformance.contract import Profile


def profiles(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The shipped profiles, and folders."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    from conformance.contract import shipped_profiles  # noqa: PLC0415

    return [*_items(shipped_profiles(), begun), CompletionItem(begun, type="dir")]


def suites(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The suites of the profile in force."""
    profile = _profile(context)
    return _items((one.suite for one in profile.requirements.values()) if profile else (), begun)


def requirements(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The ids of what the profile in force promises, and can be judged."""
    profile = _profile(context)
    return _items((one.id for one in profile.requirements.values() if one.verifiable) if profile else (), begun)


def scenarios(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The ids of the scenarios that exist for the profile in force."""
    from conformance.suites import all_scenarios  # noqa: PLC0415

    profile = _profile(context)
    return _items((one.id for one in all_scenarios() if one.exists_for(profile)) if profile else (), begun)


def explained(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Everything that `trackproof explain` knows: requirements and findings."""
    from conformance.findings import kinds_of  # noqa: PLC0415

    profile = _profile(context)
    return _items([*profile.requirements, *kinds_of(profile)] if profile else (), begun)


def _profile(context: click.Context) -> Profile | None:
    """The profile in force; None where the configuration cannot be used, which is not for a shell to tell."""
    from conformance.cli.settings import resolve  # noqa: PLC0415
    from conformance.contract import load_profile  # noqa: PLC0415
    from conformance.errors import TrackproofError  # noqa: PLC0415

    try:
        settings = resolve({"profile": context.params.get("profile")}, context.params.get("config"))
        return load_profile(settings["profile"])
    except TrackproofError:
        return None


def _items(names: Iterable[str], begun: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(begun)]
