"""`trackproof load`: journeys of many customers at once, then what was accepted against what was recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.settings import resolve
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.cli.settings import Settings

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")
_LONGEST = 24 * 3600.0


class Span(click.ParamType[float]):
    """A span of time as Locust writes it: 90, 90s, 5m, 1h30m; in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; fails for anything else."""
        if isinstance(value, float | int):
            return float(value)
        found = _TIME.fullmatch(value.strip())
        if not found or not any(found.groups()):
            self.fail(f"{value!r} is no span of time: write 90, 90s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        total = 3600 * hours + 60 * minutes + seconds
        if not 0 < total <= _LONGEST:
            self.fail(f"{value!r} is not between a moment and a day", param, ctx)
        return total


@click.command(
    "load",
    epilog="Exit codes: 0 all records are as they were sent, 1 something was lost, doubled, altered or attributed to "
    "someone else, 2 usage error, 3 it could not be told, 4 target unreachable or token refused, 130 interrupted.",
)
@click.argument("target", required=False)
@click.option(
    "--users",
    type=click.IntRange(1, 1_000_000),
    default=10,
    show_default=True,
    metavar="N",
    envvar="TRACKPROOF_USERS",
    help="Customers at once, each on one journey after the other.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    metavar="R",
    envvar="TRACKPROOF_RATE",
    help="Exchanges a second, of all users, processes and machines together, clicks included; what is read back "
    "afterwards keeps to it too. 0: as many as the users can (default: the configured requests_per_minute, else 20).",
)
@click.option(
    "--duration",
    type=Span(),
    default=60.0,
    show_default="1m",
    metavar="TIME",
    envvar="TRACKPROOF_DURATION",
    help="How long is sent: 90, 90s, 5m, 1h30m.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=1),
    metavar="N",
    help="Never send more exchanges than this, reading back aside (default 100000).",
)
@click.option(
    "--spawn-rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    envvar="TRACKPROOF_SPAWN_RATE",
    help="Users that begin in each second (default: all of them, and at most 100).",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    envvar="TRACKPROOF_SAMPLE",
    help="Read back N customers chosen by chance (default: every one).",
)
@click.option(
    "--max-errors",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    envvar="TRACKPROOF_MAX_ERRORS",
    help="Exit 1 when more of the events than this failed: refused wrongly, or without an answer (default: they are "
    "told, and fail nothing).",
)
@click.option("--processes", type=click.IntRange(min=1), metavar="N", help="Send from N processes of this machine.")
@click.option("--master", is_flag=True, help="Conduct workers on other machines, and reconcile what they sent.")
@click.option("--master-bind-host", default="*", show_default=True, metavar="HOST", help="Where the master listens.")
@click.option("--master-bind-port", type=click.IntRange(1, 65535), default=5557, show_default=True, metavar="PORT")
@click.option(
    "--expect-workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Begin when N came."
)
@click.option(
    "--expect-workers-max-wait",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up when they did not come.",
)
@click.option("--worker", is_flag=True, help="Send what a master elsewhere orders.")
@click.option("--master-host", default="127.0.0.1", show_default=True, metavar="HOST", help="Where a worker finds it.")
@click.option("--master-port", type=click.IntRange(1, 65535), default=5557, show_default=True, metavar="PORT")
@click.option("--profile", metavar="NAME|DIR", help="A shipped profile, or a folder laid out like one.")
@click.option("--token", help="Bearer token; better: TRACKPROOF_TOKEN, or ${VAR} in trackproof.toml.")
@click.option("--header", metavar="'NAME: VALUE'", help="A further header; repeatable.", multiple=True)
@click.option("--click-id", metavar="ID", help="A click id that is valid; repeatable, shared in turn.", multiple=True)
@click.option(
    "--short-link", metavar="URL", help="A short link that mints a click id per visit; repeatable.", multiple=True
)
@click.option("--click-domain", metavar="DOMAIN", help="The domain of a link for which the target mints click ids.")
@click.option("--click-key", metavar="KEY", help="The key of that link.")
@click.option("--readback", metavar="URL", help="Base URL of the read-back endpoint.")
@click.option("--strict/--no-strict", default=None, help="A broken SHOULD fails the load too.")
@click.option(
    "--deadline", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Limit of one exchange."
)
@click.option("--settle", type=click.FloatRange(min=0), metavar="SECONDS", help="How long reads may lag.")
@click.option("--seed", type=int, metavar="N", help="Seed of everything random.")
@click.option("--reports", metavar="DIR", help="Where reports go (default reports/).")
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.pass_context
def command(context: click.Context, /, *, config: str | None, **given: Any) -> None:
    """Play whole journeys of many customers at once against the base URL TARGET, then read back every one of them.

    \b
    trackproof load https://staging.example.com/api \\
        --short-link https://s.example.com/spring \\
        --readback https://staging.example.com/readback \\
        --users 50 --rate 100 --duration 5m
    trackproof load sandbox --users 20 --rate 0 --duration 10s
    trackproof load URL … --master --expect-workers 4        and on four machines
    trackproof load URL … --worker --master-host HOST

    Hosts of live data are refused, whatever is configured. Needs the extra: pip install 'trackproof[load]'.
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if given["target"] == "":
        raise UsageError("TARGET is empty", "Is the variable set that should hold it?")
    context.exit(_load(resolve(given, config), given))


def _load(settings: Settings, given: dict[str, Any]) -> int:
    # Loaded here, so that no other command waits for it.
    from conformance.cli.loading import load  # noqa: PLC0415

    return load(settings, given)
