"""What a command says in a GitHub workflow: annotations, the step's summary, and nothing that a target made up."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results import Results

# GitHub refuses a step's summary of more than a mebibyte, all of it.
_LARGEST = 900_000


def in_workflow() -> bool:
    """Whether this process runs in a step of a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Takes the runner's commands off while a block prints what a target said; elsewhere it does nothing.

    The word that puts them on again cannot be guessed by a target.
    """
    if not in_workflow():
        yield
        return
    word = secrets.token_hex(16)
    click.echo(f"::stop-commands::{word}")
    try:
        yield
    finally:
        click.echo(f"::{word}::")


def announce(results: Results) -> None:
    """In a GitHub workflow: annotates the job and appends the summary to the step's; elsewhere it does nothing."""
    if not in_workflow():
        return
    # Loaded here, so that no other place waits for it.
    from conformance.reports.annotations import workflow_commands  # noqa: PLC0415
    from conformance.reports.markdown import summary  # noqa: PLC0415

    for line in workflow_commands(results):
        click.echo(line.encode("utf-8", "backslashreplace").decode())
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        _append(Path(file), _fitting(summary(results)))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as page:
            page.write(text + "\n")
    except OSError as error:
        click.echo(f"trackproof: the step's summary cannot be written: {error}", err=True)


def _fitting(text: str) -> str:
    """As many whole blocks of the summary as GitHub takes."""
    blocks, size = [], 0
    for block in text.split("\n\n"):
        size += len(block.encode("utf-8", "backslashreplace")) + 2
        if size > _LARGEST:
            blocks.append("… the rest is in summary.md.")
            break
        blocks.append(block)
    return "\n\n".join(blocks)
