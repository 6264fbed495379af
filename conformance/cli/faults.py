"""The options of planted faults: `sandbox --fault NAME` serves one, `sandbox --list-faults` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract import Profile
    from conformance.sandbox.variation import Variation


def fault_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--fault` and `--list-faults` to a command."""
    fault = click.option(
        "--fault",
        metavar="NAME",
        envvar="TRACKPROOF_FAULT",
        help="Play a platform with this defect, to see what the suites or your own tests make of it.",
    )
    listing = click.option("--list-faults", is_flag=True, help="List the defects of this profile's sandbox, and exit.")
    return fault(listing(command))


def planted(name: str | None, profile: Profile, database: str | None) -> Variation:
    """What the named fault changes, or nothing; raises UsageError when there is no such fault."""
    from conformance.sandbox.faults import fault_named  # noqa: PLC0415 - only where it is asked for
    from conformance.sandbox.variation import NONE  # noqa: PLC0415

    if not name:
        return NONE
    if database:
        raise UsageError("--fault and --db do not go together", "What a defect has spoilt is not worth keeping.")
    return fault_named(name, profile.name).variation


def list_faults(profile: Profile) -> None:
    """Prints name, requirement and description of each fault."""
    from conformance.sandbox.faults import faults_of, faults_under_load  # noqa: PLC0415 - only where it is asked for

    for fault in (*faults_of(profile.name), *faults_under_load(profile.name)):
        click.echo(f"{fault.name}  ({fault.breaks})")
        click.echo(f"    {fault.description}")
