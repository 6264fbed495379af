"""`trackproof waive`: writes the entries of `[[waivers]]` for what is broken in a results file today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from conformance.results import Check, Results

_FOUND = 120


@click.command(
    "waive",
    epilog="What it prints belongs into trackproof.toml.",
)
@click.argument("results", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option("--owner", metavar="WHO", help="Who answers for it, such as a team.")
@click.option("--issue", metavar="URL", help="Where it is tracked.")
@click.option("--reason", metavar="TEXT", help="Why it may stay broken for a while.")
@click.option("--expires", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds.")
@click.option("--strict", is_flag=True, help="Recommendations (SHOULD) that are not followed too.")
@click.option("--inconclusive", is_flag=True, help="MUSTs that could not be observed too.")
def command(
    results: Path, *, strict: bool, inconclusive: bool, expires: dt.datetime | None, **given: str | None
) -> None:
    """Write waivers for the failures in RESULTS, one for each requirement.

    What is not given stays empty, and a run refuses an entry until somebody has filled it in: a waiver without reason,
    owner, issue and date would never go away.

    \b
    trackproof waive reports/results.json --owner "payments team" \\
        --issue https://tracker.example.com/1 --expires 2027-01-31 \\
        --reason "the importer is being rewritten" >> trackproof.toml
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from conformance.reports.text import count  # noqa: PLC0415 - no other command waits for it
    from conformance.results.files import read_results  # noqa: PLC0415

    found = read_results(results)
    wanted = {"failed": "failure", "warned": "failure" if strict else "", "inconclusive": ""}
    if inconclusive:
        wanted["inconclusive"] = "inconclusive"
    fields = {**given, "expires": expires.date().isoformat() if expires else None}
    entries = list(_entries(found, wanted, fields))
    click.echo("\n".join(entries), nl=bool(entries))
    told = count(len(entries), "waiver") if entries else "nothing is broken that is not waived"
    click.echo(f"trackproof: {results}: {told}{_unfilled(fields) if entries else ''}{_left(found, wanted)}", err=True)


def _entries(results: Results, wanted: Mapping[str, str], fields: Mapping[str, str | None]) -> Iterator[str]:
    for requirement in results.requirements:
        accepts = wanted.get(requirement.verdict, "")
        if not accepts or (accepts == "inconclusive" and requirement.level != "MUST"):
            continue
        check = next(
            (check for scenario in results.scenarios for check in scenario.checks
             if check.requirement == requirement.id and check.verdict is requirement.verdict),
            None,
        )  # fmt: skip
        lines = ["[[waivers]]", f"# {_one_line(requirement.statement)}"]
        lines += [f"# {_one_line(_found(check))}"] if check is not None else []
        lines.append(f"requirement = {_text(requirement.id)}")
        lines += [f"{key} = {_text(fields[key] or '')}" for key in ("reason", "owner", "issue")]
        lines.append(f"expires = {fields['expires']}" if fields["expires"] else 'expires = ""  # a date: 2027-01-31')
        lines += ['accepts = "inconclusive"'] if accepts == "inconclusive" else []
        yield "\n".join(lines) + "\n"


def _found(check: Check) -> str:
    if check.reason:
        return f"not observed: {check.reason}"
    return f"expected {check.expected}; found {check.actual}"


def _one_line(text: str) -> str:
    """Text of a target as a comment: no line break and no control character leaves the comment."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    shown = " ".join(clean.split())
    return shown if len(shown) <= _FOUND else f"{shown[:_FOUND]}…"


def _text(value: str) -> str:
    """A TOML basic string, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _unfilled(fields: Mapping[str, str | None]) -> str:
    empty = [key for key in ("reason", "owner", "issue", "expires") if not fields[key]]
    return f"; fill in {', '.join(empty)} of each before the next run" if empty else ""


def _left(results: Results, wanted: Mapping[str, str]) -> str:
    """What was left out that an option would have taken in."""
    counts = {
        "--strict": sum(one.verdict == "warned" for one in results.requirements) if not wanted["warned"] else 0,
        "--inconclusive": sum(one.verdict == "inconclusive" and one.level == "MUST" for one in results.requirements)
        if not wanted["inconclusive"]
        else 0,
    }
    hints = [f"{number} more with {option}" for option, number in counts.items() if number]
    return f"; {', '.join(hints)}" if hints else ""
