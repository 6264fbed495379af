"""`trackproof cleanup`: deletes what a run or a load created, where the profile can, and lists the rest as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.results import Results

_LEFT = 1
_OURS = "tp-"


@click.command(
    "cleanup",
    epilog="Exit codes: 0 nothing is left that the profile could delete, 1 something is, 2 usage error, 4 target "
    "unreachable or credentials refused.",
)
@click.argument("results", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option("--token", help="Bearer token; better: TRACKPROOF_TOKEN, or ${VAR} in trackproof.toml.")
@click.option("--header", metavar="'NAME: VALUE'", help="A further header; repeatable.", multiple=True)
@click.option("--profile", metavar="NAME|DIR", help="The profile of the run, if it is a folder.")
@click.option("--allow-production", is_flag=True, default=None, help="Delete on one of the profile's production hosts.")
@click.option("--rpm", type=float, metavar="N", help="Exchanges per minute; 0 is no pacing.")
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.option("--list", "only_list", is_flag=True, help="Only list what was created, and send nothing.")
@click.pass_context
def command(context: click.Context, /, *, results: Path, config: str | None, only_list: bool, **given: Any) -> None:
    """Delete what the run or the load in RESULTS created, where the profile can, and list the rest.

    What is left is printed as CSV, to be handed to whoever can delete it; the same as an SQL pattern is on standard
    error. Only names that a run of trackproof gives are ever deleted.

    \b
    trackproof cleanup reports/results.json --list
    trackproof cleanup reports/results.json > left.csv
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from conformance.contract import load_profile  # noqa: PLC0415 - no other command waits for it
    from conformance.results.files import read_created  # noqa: PLC0415

    found = read_created(results)
    settings = resolve(given, config)
    profile = load_profile(_profile(found, settings, named=given["profile"]))
    ours = [customer for customer in found.run.created if customer.strip().lower().startswith(_OURS)]
    foreign = len(found.run.created) - len(ours)
    if foreign:
        click.echo(f"{foreign} customers in {results} have names that no run gives; they are left alone", err=True)
    if found.target.embedded and not only_list:
        click.echo("the embedded sandbox of that run is gone, and with it all that it kept", err=True)
        context.exit(0)
    if only_list or not profile.cleanup_path or not ours:
        context.exit(_listed(found, profile, ours, only_list=only_list))
    context.exit(_delete(found, settings, profile, ours))


def _profile(found: Results, settings: Settings, *, named: str | None) -> str:
    """The profile of the run: the name in its results, or a folder that the operator says."""
    from conformance.contract import shipped_profiles  # noqa: PLC0415

    if named:
        return named
    name = found.profile.name
    return name if name in shipped_profiles() else str(settings["profile"])


def _listed(found: Results, profile: Profile, customers: Sequence[str], *, only_list: bool) -> int:
    if not customers:
        click.echo("that run created nothing", err=True)
    elif not only_list:
        click.echo(f"the profile {profile.name} has no way to delete; this is left to its operator", err=True)
    _print(found, customers)
    return 0


def _delete(found: Results, settings: Settings, profile: Profile, customers: Sequence[str]) -> int:
    import asyncio  # noqa: PLC0415 - only here

    from conformance.cli.running import OF_A_RUN, run_options  # noqa: PLC0415
    from conformance.engine.cleanup import clean_up  # noqa: PLC0415
    from conformance.errors import TargetUnreachable, UsageError  # noqa: PLC0415

    url, configured = found.target.url, settings.elsewhere
    if configured and settings["target"].rstrip("/") != url.rstrip("/"):
        # The token is that of the configured target, and goes to no other.
        raise UsageError(
            f"that run created things on {url}, and the configured target is {settings['target']}",
            "Use the configuration of that run.",
        )
    values = {**settings.values, **OF_A_RUN, "target": url, "profile": str(profile.folder)}
    options = run_options(replace(settings, values=values, waivers=()))
    cleaned = asyncio.run(clean_up(options, customers))
    click.echo(f"{cleaned.deleted} customers deleted, {cleaned.unknown} were never kept", err=True)
    if not cleaned.left:
        return 0
    _print(found, cleaned.left)
    if cleaned.deleted + cleaned.unknown == 0:
        raise TargetUnreachable(
            f"{url} deletes none of {len(cleaned.left)} customers",
            "Check that it is running, and that TRACKPROOF_TOKEN may delete.",
        )
    return _LEFT


def _print(found: Results, customers: Sequence[str]) -> None:
    """The customers as CSV on standard output, and what matches them in SQL on standard error."""
    if not customers:
        return
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("kind", "id", "run"))
    runs = dict.fromkeys(_run_of(customer) or found.run.id for customer in customers)
    writer.writerows(("customer", customer, _run_of(customer) or found.run.id) for customer in customers)
    click.echo(table.getvalue(), nl=False)
    for run in runs:
        click.echo(f"in SQL: WHERE customer_external_id LIKE '{_OURS}{run}-%'", err=True)
    click.echo(f"left: {len(customers)} customers", err=True)


def _run_of(customer: str) -> str | None:
    """The run that gave this name: the second part of `tp-<run>-<number>-…`."""
    parts = customer.strip().lower().split("-")
    return parts[1] if len(parts) > 2 else None  # noqa: PLR2004 - tp, run, and the rest
