"""The command `trackproof`: one module for each of its commands, loaded when it is called."""

from __future__ import annotations

import importlib
import sys
import traceback
from typing import Any

import click

from conformance import __version__

_COMMANDS = {
    "run": "Run the conformance suites against a target; with no TARGET, against the embedded sandbox.",
    "diff": "Compare two results files.",
    "explain": "Explain one requirement or finding: what, why it costs money, how to fix it.",
    "doctor": "Look for five seconds whether a target can be judged, with a remedy for what stands in the way.",
    "requirements": "List the requirements of a profile.",
    "verify": "Recompute a conformance statement.",
    "sandbox": "Serve a platform that keeps its contract, to test an integration against.",
    "watch": "Run your own tests against a sandbox, and judge what they sent.",
    "judge": "Judge recorded traffic: HAR, NDJSON or JSON.",
    "load": "Play whole journeys under load, then hold what was accepted against what was recorded.",
    "waive": "Write waivers for today's failures.",
    "cleanup": "Delete what a run created, where the profile can, and list the rest.",
    "init": "Write a commented trackproof.toml and a CI workflow.",
}

# Not 1, which would call the target broken, nor Python's own 1 for a traceback: nothing could be judged.
_FAILED_ITSELF = 3


class _LazyGroup(click.Group):
    """Loads a command's module when it is called, so that `--help` and `--version` answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; where nobody reads what it prints, as behind `head`, the exit code is no verdict."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from conformance.cli.terminal import unread  # noqa: PLC0415 - hardly ever

            unread()
            ctx.exit(_FAILED_ITSELF)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 conformant, 1 not conformant, 2 usage error, 3 inconclusive, 4 target unreachable or "
    "credentials refused, 130 interrupted.",
)
@click.version_option(__version__, prog_name="trackproof", message="%(prog)s %(version)s")
def cli() -> None:
    """Prove that a conversion-tracking platform records what it accepts.

    \b
    trackproof run                                    judge the embedded sandbox
    trackproof run https://staging.example.com        judge your own platform
    trackproof doctor https://staging.example.com     see whether it can be
    trackproof explain duplicate-sale.counted-once    what a red line means
    trackproof diff old.json reports/results.json     what got worse
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped


def main() -> None:
    """The entry point: errors that are the caller's become one or two lines and an exit code, never a traceback."""
    from conformance.errors import TrackproofError  # noqa: PLC0415 - nothing is loaded before it is needed

    try:
        status = cli.main(prog_name="trackproof", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except TrackproofError as error:
        click.echo(f"trackproof: {error.what}", err=True)
        if error.remedy:
            click.echo(error.remedy, err=True)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - whatever it is, it must not look like a verdict
        traceback.print_exc()
        click.echo("trackproof itself has failed. That says nothing about the target; please report it.", err=True)
        sys.exit(_FAILED_ITSELF)
    sys.exit(status if isinstance(status, int) else 0)
