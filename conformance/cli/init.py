"""`trackproof init`: writes a commented trackproof.toml and a workflow that judges what it names."""

from __future__ import annotations

import json
from pathlib import Path

import click

from conformance.cli.settings import FILE
from conformance.errors import UsageError

_STARTERS = Path(__file__).parent / "starters"
_WORKFLOWS = {"github": ".github/workflows/trackproof.yml", "gitlab": ".gitlab/trackproof.yml"}
_EXAMPLE = "https://staging.example.com/api"


@click.command("init")
@click.option(
    "--ci", type=click.Choice([*_WORKFLOWS, "none"]), default="github", show_default=True, help="Which workflow."
)
@click.option("--profile", default="cutmeshort", show_default=True, metavar="NAME|DIR", help="The contract.")
@click.option("--target", default=_EXAMPLE, show_default=True, metavar="URL", help="Base URL of your staging.")
def command(ci: str, profile: str, target: str) -> None:
    """Write a commented trackproof.toml and a CI workflow into the working directory.

    Nothing is ever written over: when one of the files is there already, none is written.

    \b
    trackproof init
    trackproof init --ci gitlab --profile dub
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from conformance.contract import load_profile  # noqa: PLC0415 - `--help` does not wait for it

    load_profile(profile)
    if not target.startswith(("https://", "http://")):
        raise UsageError(f"--target {target!r} is no http or https URL", f"Write it like {_EXAMPLE}.")
    settings = (_STARTERS / FILE).read_text(encoding="utf-8")
    # A basic string of TOML has the escapes of JSON.
    for name, value in (("profile", profile), ("target", target)):
        settings = settings.replace(f'"@{name}@"', json.dumps(value, ensure_ascii=False))
    files = {Path(FILE): settings}
    if ci in _WORKFLOWS:
        files[Path(_WORKFLOWS[ci])] = (_STARTERS / f"{ci}.yml").read_text(encoding="utf-8")
    _write(files)
    click.echo("Next: fill in url and clicks of trackproof.toml, set STAGING_TOKEN, and say `trackproof doctor`.")
    if ci == "gitlab":
        click.echo(f"In .gitlab-ci.yml: include: [{{ local: {_WORKFLOWS[ci]} }}]")


def _write(files: dict[Path, str]) -> None:
    """Writes all files or, when one is there already or cannot be written, none."""
    there = [str(path) for path in files if path.exists() or path.is_symlink()]
    if there:
        raise UsageError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already",
            "Move it away, or take from the documentation what it lacks: nothing is written over.",
        )
    written: list[Path] = []
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(content)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise UsageError(f"{error.filename or 'a file'} cannot be written: {error.strerror}") from None
    for path in files:
        click.echo(f"wrote {path}")
