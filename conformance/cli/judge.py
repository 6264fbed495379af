"""`trackproof judge`: reads recorded traffic and says call by call what costs attribution."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.github import shielded
from conformance.cli.settings import resolve

if TYPE_CHECKING:
    from conformance.cli.findings_console import FindingsConsole
    from conformance.findings import Judgement

_NOTHING_JUDGED = 3
_INTERRUPTED = 130


@click.command("judge")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--profile", metavar="NAME|DIR", help="The platform; without it, the one whose hosts the calls have.")
@click.option(
    "--fail-on",
    type=click.Choice(["warning", "error"]),
    default="warning",
    show_default=True,
    envvar="TRACKPROOF_FAIL_ON",
    help="The least severity that makes the exit code 1.",
)
@click.option("--show-customers", is_flag=True, envvar="TRACKPROOF_SHOW_CUSTOMERS", help="Show ids, names and e-mails.")
@click.option("--reports", metavar="DIR", help="Where reports go (default reports/).")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    envvar="TRACKPROOF_JOBS",
    help="Processes for a recording that outgrows memory (default: one for each processor).",
)
@click.option(
    "--engine",
    type=click.Choice(["embedded", "spark"]),
    default="embedded",
    show_default=True,
    envvar="TRACKPROOF_ENGINE",
    help="spark: on Apache Spark, files and folders of NDJSON or Parquet at any path that Spark reads.",
)
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.pass_context
def command(  # noqa: PLR0913 - one for each option
    context: click.Context,
    /,
    *,
    files: tuple[str, ...],
    profile: str | None,
    fail_on: str,
    show_customers: bool,
    reports: str | None,
    jobs: int | None,
    engine: str,
    config: str | None,
) -> None:
    """Judge recorded traffic: HAR, NDJSON or a JSON array, plain or packed with gzip or zstd; - is standard input.

    \b
    trackproof judge checkout.har
    zcat calls.ndjson.gz | trackproof judge --fail-on error -
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for it.
    from conformance.cli.findings_console import FindingsConsole  # noqa: PLC0415
    from conformance.contract import load_profile  # noqa: PLC0415
    from conformance.reports.findings import remove_findings, write_findings  # noqa: PLC0415

    settings = resolve({"profile": profile, "reports": reports}, config)
    chosen = None if settings.origins["profile"] == "default" else settings["profile"]
    paths = tuple(dict.fromkeys(files))
    if engine == "embedded":
        _check(paths)
    if chosen:
        load_profile(chosen)
    folder = Path(settings["reports"])
    remove_findings(folder)
    console = FindingsConsole()
    judgement = without_secrets(
        _judged_by_spark(paths, chosen)
        if engine == "spark"
        else _judged(paths, chosen, jobs or os.cpu_count() or 1, console)
    )
    contract = load_profile(chosen or judgement.profile)
    written = write_findings(judgement, contract, folder, show_customers=show_customers)
    with shielded():
        console.summary(judgement, contract, written["report.html"], show_customers=show_customers)
    context.exit(exit_code(judgement, fail_on))


def _check(paths: tuple[str, ...]) -> None:
    """Raises UsageError for the first file that cannot be read."""
    from conformance.judge.readers import check  # noqa: PLC0415

    for path in paths:
        check(path)


def _judged(files: tuple[str, ...], profile: str | None, jobs: int, console: FindingsConsole) -> Judgement:
    """The judgement of these files; of what was read of them, when somebody interrupts it."""
    from conformance.cli.interruption import Interruption  # noqa: PLC0415
    from conformance.findings import Judgement  # noqa: PLC0415
    from conformance.judge.choice import DEFAULT_PROFILE  # noqa: PLC0415
    from conformance.judge.files import judge_files  # noqa: PLC0415

    with Interruption(sys.stdin.buffer) as interruption, console.progress() as progress:
        try:
            judgement = judge_files(
                files, profile, stdin=interruption, progress=interruption.heeded_by(progress), jobs=jobs
            )
        except KeyboardInterrupt:
            return Judgement(profile or DEFAULT_PROFILE, files, (), complete=False)
        return replace(judgement, complete=not interruption.asked)


def _judged_by_spark(inputs: tuple[str, ...], profile: str | None) -> Judgement:
    """The judgement by Apache Spark, which shows its own progress; nothing of it when somebody interrupts it."""
    from conformance.findings import Judgement  # noqa: PLC0415
    from conformance.judge.choice import DEFAULT_PROFILE  # noqa: PLC0415
    from conformance.judge.spark import judge_spark  # noqa: PLC0415

    try:
        return judge_spark(inputs, profile)
    except KeyboardInterrupt:
        return Judgement(profile or DEFAULT_PROFILE, inputs, (), complete=False)


def exit_code(judgement: Judgement, fail_on: str) -> int:
    """130 when it was cut short, 3 when there was nothing to judge, 1 when what was found fails a run, else 0."""
    if not judgement.complete:
        return _INTERRUPTED
    if not judgement.events:
        return _NOTHING_JUDGED
    return int(bool(judgement.errors or (judgement.warnings and fail_on == "warning")))


def without_secrets(judgement: Judgement) -> Judgement:
    """The judgement with every token that was seen taken out of whatever it quotes."""
    from conformance.target.redaction import Redactor  # noqa: PLC0415

    if not judgement.secrets:
        return judgement
    clean: Any = Redactor(tuple(judgement.secrets)).text
    return replace(
        judgement, findings=tuple(finding.told_by(clean) for finding in judgement.findings), secrets=frozenset()
    )
