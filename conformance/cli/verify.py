"""`trackproof verify`: recomputes a conformance statement from the results file and the contract at hand."""

from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import Any

import click

_REMEDY = "Give the file that `trackproof run --output statement` wrote."


@click.command("verify", epilog="Exit codes: 0 everything agrees, 1 something differs, 2 a file cannot be used.")
@click.argument("statement", type=click.Path(path_type=Path))
@click.option(
    "--results",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The results file (default: the one that the statement names, beside it).",
)
@click.option("--profile", metavar="NAME|DIR", help="The contract (default: the shipped profile of that name).")
@click.pass_context
def command(context: click.Context, statement: Path, results: Path | None, profile: str | None) -> None:
    """Recompute the conformance statement STATEMENT, and name what differs.

    A statement says which results file a run wrote, with which version of trackproof, contract and configuration. Who
    wrote it is for a signature to say.

    \b
    trackproof run --output statement
    trackproof verify reports/statement.json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for it.
    from conformance.contract import load_profile, shipped_profiles  # noqa: PLC0415
    from conformance.contract.digest import contract_digest  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.reports.inert import inert  # noqa: PLC0415
    from conformance.reports.statement import differences, subject_of  # noqa: PLC0415
    from conformance.results.files import read_bytes, results_of  # noqa: PLC0415

    document = _read(statement)
    # The name is somebody else's word: it leads nowhere but beside the statement.
    file = results or statement.parent / (PurePath(subject_of(document)).name or "results.json")
    data = read_bytes(file)
    found = results_of(data, file)
    name = profile or found.profile.name
    if profile is None and name not in shipped_profiles():
        raise UsageError(f"no profile that ships is called {name!r}", "Say where it is: --profile DIR.")
    contract = load_profile(name)
    differing = list(differences(document, found, data, contract_digest(contract.folder)))
    for line in differing:
        click.echo(inert(f"differs: {line}"))
    if not differing:
        run = found.run.id
        click.echo(f"agrees: {found.verdict}, run {run}, profile {contract.name} {contract.revision}")
    context.exit(1 if differing else 0)


def _read(path: Path) -> Any:
    from conformance.errors import UsageError  # noqa: PLC0415

    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}", _REMEDY) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", _REMEDY) from None
