"""`trackproof requirements`: lists what a profile promises and what it asks of an integrator."""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.completion import profiles, suites
from conformance.cli.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.contract import Profile, Requirement

_WIDTH_IN_A_FILE = 160


@click.command("requirements")
@click.option(
    "--profile", metavar="NAME|DIR", shell_complete=profiles, help="A shipped profile, or a folder laid out like one."
)
@click.option(
    "--level",
    type=click.Choice(["must", "should", "may"]),
    default="may",
    help="The lowest level that is listed (default may).",
)
@click.option("--suite", metavar="NAME", shell_complete=suites, multiple=True, help="Only this suite; repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table to read, or everything that is known, as JSON.",
)
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
def command(profile: str | None, level: str, suite: tuple[str, ...], form: str, config: str | None) -> None:
    """List the requirements of a profile.

    Those that bind the platform are what `trackproof run` checks; those that bind the integrator are what a sender of
    events has to keep to.

    \b
    trackproof requirements --suite deferred --level must
    trackproof requirements --profile dub --format json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for it.
    from conformance.contract import Level, load_profile  # noqa: PLC0415

    contract = load_profile(resolve({"profile": profile}, config)["profile"])
    _check_suites(suite, contract)
    lowest = Level(level.upper()).rank
    listed = [
        requirement
        for requirement in contract.requirements.values()
        if requirement.level.rank >= lowest and (not suite or requirement.suite in suite)
    ]
    if form == "json":
        click.echo(json.dumps(_document(contract, listed), ensure_ascii=False, indent=1))
    else:
        _print_table(contract, listed)


def _check_suites(named: Sequence[str], profile: Profile) -> None:
    from conformance.errors import UsageError  # noqa: PLC0415

    known = dict.fromkeys(requirement.suite for requirement in profile.requirements.values())
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise UsageError(f"the profile {profile.name} has no requirement of a suite {name!r}", hint)


def _document(profile: Profile, requirements: Sequence[Requirement]) -> dict[str, Any]:
    return {
        "profile": {"name": profile.name, "title": profile.title, "revision": profile.revision},
        "requirements": [
            {"id": requirement.id, "suite": requirement.suite, "verifiable": requirement.verifiable}
            | asdict(requirement)
            for requirement in requirements
        ],
    }


def _print_table(profile: Profile, requirements: Sequence[Requirement]) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from conformance.cli.terminal import Terminal  # noqa: PLC0415

    console = Terminal(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH_IN_A_FILE)
    table = Table("id", "level", "binds", "statement", box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].overflow = "fold"
    for requirement in requirements:
        statement = Text(requirement.statement)
        if requirement.unverifiable:
            statement.append(f" (not verifiable: {requirement.unverifiable})", style="dim")
        table.add_row(Text(requirement.id), requirement.level, requirement.binds, statement)
    console.print(table)
    console.print(f"{len(requirements)} of {len(profile.requirements)} requirements of {profile.name}")
