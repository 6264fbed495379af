"""`trackproof diff`: compares two results files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.results import Results


@click.command("diff", epilog="Exit codes: 0 nothing got worse, 1 something did, 2 a file is no results file.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Text to read, Markdown for a pull request, or JSON for programs.",
)
@click.option(
    "--profile",
    metavar="NAME|DIR",
    help="The contract that knows earlier names of requirements (default: the shipped profile of NEW).",
)
@click.pass_context
def command(context: click.Context, old: Path, new: Path, form: str, profile: str | None) -> None:
    """Compare the results files OLD and NEW of two runs.

    Says what is newly red, newly unobservable and newly green, and which answers changed although the verdict did not.
    Worse is what is newly red, and a requirement that was judged before and is not any more.

    \b
    trackproof diff main/results.json reports/results.json
    trackproof diff main/results.json reports/results.json \\
        --format markdown >> "$GITHUB_STEP_SUMMARY"
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for it.
    from conformance.reports.diff import diff_json, diff_markdown, diff_text  # noqa: PLC0415
    from conformance.results.difference import difference  # noqa: PLC0415
    from conformance.results.files import read_results  # noqa: PLC0415

    before, after = read_results(old), read_results(new)
    found = difference(before, after, _aliases(after, profile))
    write = {"text": diff_text, "markdown": diff_markdown, "json": diff_json}[form]
    click.echo(write(found).encode("utf-8", "backslashreplace").decode(), nl=False)
    context.exit(1 if found.worse else 0)


def _aliases(results: Results, named: str | None) -> Mapping[str, str]:
    """The earlier names of requirements, if the profile is known."""
    from conformance.contract import load_profile, shipped_profiles  # noqa: PLC0415

    name = named or results.profile.name
    return load_profile(name).aliases if named or name in shipped_profiles() else {}
