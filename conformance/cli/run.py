"""`trackproof run`: runs the suites against a target and writes the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from conformance.cli.completion import profiles, requirements, scenarios, suites
from conformance.cli.settings import resolve
from conformance.cli.signals import terminated_as_interrupted
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.cli.console import Console
    from conformance.cli.settings import Settings


@click.command(
    "run", epilog="Every option can also be set as TRACKPROOF_<OPTION>, and most of them in trackproof.toml."
)
@click.argument("target", required=False)
@click.option(
    "--profile", metavar="NAME|DIR", shell_complete=profiles, help="A shipped profile, or a folder laid out like one."
)
@click.option("--token", help="Bearer token; better: TRACKPROOF_TOKEN, or ${VAR} in trackproof.toml.")
@click.option("--header", metavar="'NAME: VALUE'", help="A further header; repeatable.", multiple=True)
@click.option("--click-id", metavar="ID", help="A click id that is valid and unused; repeatable.", multiple=True)
@click.option(
    "--short-link", metavar="URL", help="A short link that mints a click id per visit; repeatable.", multiple=True
)
@click.option("--click-domain", metavar="DOMAIN", help="The domain of a link for which the target mints click ids.")
@click.option("--click-key", metavar="KEY", help="The key of that link.")
@click.option("--readback", metavar="URL", help="Base URL of the read-back endpoint.")
@click.option(
    "--webhook-listen", metavar="HOST:PORT", help="Where webhooks are received; needs TRACKPROOF_WEBHOOK_SECRET."
)
@click.option("--suite", metavar="NAME", shell_complete=suites, help="Only this suite; repeatable.", multiple=True)
@click.option(
    "--requirement",
    metavar="ID",
    shell_complete=requirements,
    help="Only this requirement; repeatable.",
    multiple=True,
)
@click.option(
    "--scenario", metavar="ID", shell_complete=scenarios, help="Only this scenario; repeatable.", multiple=True
)
@click.option(
    "--level", type=click.Choice(["must", "should", "may"]), help="The lowest level that is run (default may)."
)
@click.option("--strict/--no-strict", default=None, help="A broken SHOULD fails the run too.")
@click.option("--allow-inconclusive", is_flag=True, default=None, help="Exit 0 although some MUST could not be judged.")
@click.option(
    "--allow-production", is_flag=True, default=None, help="Run against one of the profile's production hosts."
)
@click.option(
    "--cleanup", is_flag=True, default=None, help="Afterwards delete what was created, where the profile can."
)
@click.option("--max-time", type=float, metavar="SECONDS", help="Cut the run after this long.")
@click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Never send more exchanges than this.")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Only the scenarios that detect most within N exchanges; waiting for what a target did not record adds polls.",
)
@click.option(
    "--max-examples", type=click.IntRange(min=1), metavar="N", help="Size of the generated suites, fuzz and journeys."
)
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Exchanges in flight (default 32).")
@click.option(
    "--rpm", type=click.FloatRange(min=0), metavar="N", help="Exchanges per minute; 0 is no pacing (default)."
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Limit of one exchange (default 10).",
)
@click.option(
    "--settle", type=click.FloatRange(min=0), metavar="SECONDS", help="How long read-back is polled (default 10)."
)
@click.option("--seed", type=int, metavar="N", help="Seed of everything random.")
@click.option("--reports", metavar="DIR", help="Where reports go (default reports/).")
@click.option(
    "--output",
    metavar="FORMAT[=FILE]",
    help="One more report: sarif, code-quality, badge or statement; repeatable.",
    multiple=True,
)
@click.option("--ratchet", metavar="RESULTS", help="Fail only on failures that these results do not have.")
@click.option(
    "--resume", metavar="RESULTS", help="Run only what has no verdict in these results, and write both as one."
)
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.option("--plan", is_flag=True, default=None, help="Print what would be sent, and send nothing.")
@click.option(
    "--show-config",
    is_flag=True,
    default=None,
    help="Print what is in force and where each value came from, and send nothing.",
)
@click.pass_context
def command(context: click.Context, /, *, config: str | None, **given: Any) -> None:
    """Run the conformance suites against the base URL TARGET.

    \b
    trackproof run                                    the embedded sandbox
    trackproof run https://staging.example.com/api \\
        --short-link https://s.example.com/spring \\
        --readback https://staging.example.com/readback
    trackproof run https://staging.example.com --suite deferred --rpm 60
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if given["target"] == "":
        raise UsageError("TARGET is empty", "Is the variable set that should hold it? Without TARGET, leave it out.")
    context.with_resource(terminated_as_interrupted())
    settings = resolve(given, config)
    if settings["show_config"]:
        context.exit(_show(settings))
    context.exit(_plan(settings) if settings["plan"] else _run(settings))


def _show(settings: Settings) -> int:
    from conformance.cli.show_config import show  # noqa: PLC0415

    return show(settings)


def _run(settings: Settings) -> int:
    # Loaded here, so that no other command waits for it.
    from conformance.cli.console import Console  # noqa: PLC0415
    from conformance.cli.github import announce, shielded  # noqa: PLC0415

    console = Console()
    with shielded():
        code = _play(settings, console)
    if console.told is not None:
        announce(console.told)
    return code


def _play(settings: Settings, console: Console) -> int:
    from conformance.cli.resumption import resumed  # noqa: PLC0415
    from conformance.cli.running import embedded, execute, run_options  # noqa: PLC0415

    earlier, settings = resumed(settings)
    if embedded(settings):
        from conformance.cli.running import embedded_options  # noqa: PLC0415

        with embedded_options(settings) as options:
            return execute(options, settings, console, earlier)
    return execute(run_options(settings), settings, console, earlier)


def _plan(settings: Settings) -> int:
    from conformance.cli.plan import plan  # noqa: PLC0415

    return plan(settings)
