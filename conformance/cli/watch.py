"""`trackproof watch -- COMMAND…`: runs an integrator's own tests against a sandbox, and judges what they sent."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.github import shielded
from conformance.cli.hostile import hostile_options
from conformance.cli.settings import resolve
from conformance.errors import TargetUnreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract import Profile
    from conformance.findings import Judgement
    from conformance.watch.bench import Bench
    from conformance.watch.forwarding import Forwarding
    from conformance.watch.running import Ended

_URL = "TRACKPROOF_URL"
# What the published packages read of their own accord when they are given no token.
_TOKENS_OF_PACKAGES = {"dub": ("DUB_API_KEY",)}
_ANY_TOKEN = "sandbox"  # noqa: S105 - guards nothing
_HINT = (
    "Does the command send to the URL in TRACKPROOF_URL? --env NAME puts it into another variable too, and --profile "
    "names another platform."
)
_LOOPBACK = "127.0.0.1,localhost"
_CLEAN, _FOUND, _NOTHING, _INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    env: tuple[str, ...]
    token_env: tuple[str, ...]
    profile: str | None
    config: str | None
    forward: str | None
    allow_production: bool
    fail_on: str
    reports: str | None
    show_customers: bool
    port: int
    misbehave: tuple[str, ...]
    seed: int


@click.command("watch")
@click.argument("command_line", metavar="-- COMMAND…", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--env",
    metavar="NAME",
    multiple=True,
    help="A further environment variable in which COMMAND finds the base URL, beside TRACKPROOF_URL; repeatable.",
)
@click.option(
    "--token-env",
    metavar="NAME",
    multiple=True,
    help="An environment variable in which COMMAND finds a token that is let in; repeatable.",
)
@click.option(
    "--profile", metavar="NAME|DIR", help="The platform to play, and the contract to judge by (default cutmeshort)."
)
@click.option(
    "--forward",
    metavar="URL",
    envvar="TRACKPROOF_FORWARD",
    help="Record in front of this real target instead of playing one; its answers pass through unchanged.",
)
@click.option("--allow-production", is_flag=True, help="Forward to one of the profile's production hosts.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="warning",
    show_default=True,
    envvar="TRACKPROOF_FAIL_ON",
    help="The least severity of a finding that fails; `error` lets warnings pass.",
)
@click.option("--reports", metavar="DIR", help="Where reports go (default reports/).")
@click.option("--show-customers", is_flag=True, envvar="TRACKPROOF_SHOW_CUSTOMERS", help="Show ids, names and e-mails.")
@click.option("--config", metavar="FILE", help="Configuration file (default trackproof.toml, if there is one).")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the sandbox; 0, the default, takes a free one."
)
@hostile_options
def command(command_line: tuple[str, ...], **given: Any) -> None:
    """Run COMMAND, your own tests, against a sandbox, and judge what they sent.

    \b
    trackproof watch -- pytest tests/checkout
    trackproof watch --env CMS_BASE_URL -- npm test
    trackproof watch --forward https://staging.example.com/api -- ./smoke-test

    COMMAND finds the sandbox's base URL in TRACKPROOF_URL. Exit codes: 0 nothing found, 1 findings, or COMMAND failed,
    2 usage error, 3 nothing arrived, 4 the target of --forward cannot be reached, 130 interrupted.
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    options = Options(**given)
    if not command_line:
        raise UsageError("there is no command to watch", "Write it after --: trackproof watch -- pytest tests")
    for name in (*options.env, *options.token_env):
        if not name or "=" in name:
            raise UsageError(f"{name!r} is no name of an environment variable", "Write --env NAME, without a value.")
    if options.forward and options.misbehave:
        raise UsageError("a real target cannot be told to misbehave", "Leave out --misbehave or --forward.")
    # Loaded here, so that no other command waits for a web server to load.
    from conformance.cli.findings_console import FindingsConsole  # noqa: PLC0415
    from conformance.cli.judge import without_secrets  # noqa: PLC0415
    from conformance.contract import load_profile  # noqa: PLC0415
    from conformance.reports.findings import remove_findings, write_findings  # noqa: PLC0415
    from conformance.watch.bench import Bench  # noqa: PLC0415
    from conformance.watch.running import run  # noqa: PLC0415

    settings = resolve({"profile": options.profile, "reports": options.reports}, options.config)
    played = load_profile(settings["profile"])
    bench = Bench(played)
    folder = Path(settings["reports"])
    with contextlib.ExitStack() as stack:
        proxy = None
        if options.forward:
            url, proxy = stack.enter_context(_forwarding(played, options, bench))
        else:
            url = stack.enter_context(_playing(played, options, bench))
        remove_findings(folder)
        where = f"before {options.forward}" if options.forward else "as a sandbox"
        click.echo(f"trackproof: watching at {url} {where}", err=True)
        ended = run(command_line, _environment(played, options, url))
    judgement = without_secrets(bench.judgement(complete=not ended.interrupted))
    written = write_findings(judgement, played, folder, show_customers=options.show_customers)
    with shielded():
        FindingsConsole().summary(
            judgement, played, written["report.html"], show_customers=options.show_customers, hint=_HINT
        )
    if proxy is not None and proxy.lost and not proxy.reached:
        raise TargetUnreachable(
            f"{options.forward} answered none of {_count(proxy.lost, 'call')}", "Is the URL right, and is it up?"
        )
    click.get_current_context().exit(_status(judgement, ended, command_line[0], options.fail_on))


@contextlib.contextmanager
def _playing(played: Profile, options: Options, bench: Bench) -> Iterator[str]:
    from conformance.sandbox.app import create_app  # noqa: PLC0415
    from conformance.sandbox.misbehave import Misbehaviour, plan  # noqa: PLC0415
    from conformance.sandbox.reception import Kit  # noqa: PLC0415
    from conformance.sandbox.server import InBackground  # noqa: PLC0415

    hostile = Misbehaviour([plan(text) for text in options.misbehave], options.seed) if options.misbehave else None
    with InBackground(create_app(played, kit=Kit(judge=bench.judge, misbehaviour=hostile)), options.port) as url:
        yield url


@contextlib.contextmanager
def _forwarding(played: Profile, options: Options, bench: Bench) -> Iterator[tuple[str, Forwarding]]:
    from urllib.parse import urlsplit  # noqa: PLC0415

    from conformance.sandbox.app import now  # noqa: PLC0415
    from conformance.sandbox.server import InBackground  # noqa: PLC0415
    from conformance.watch.forwarding import Forwarding  # noqa: PLC0415

    target = options.forward or ""
    host = (urlsplit(target).hostname or "").rstrip(".")
    if host in played.production_hosts and not options.allow_production:
        raise UsageError(f"{host} is a production host", "Forward to staging, or say --allow-production.")
    operations = {path.encode(): name for name, path in played.paths.items()}
    proxy = Forwarding(target, operations, bench.judge(whole=False), now)
    with InBackground(proxy, options.port, proxy.close) as url:
        yield url, proxy


def _environment(played: Profile, options: Options, url: str) -> dict[str, str]:
    environment = {**os.environ, _URL: url, **dict.fromkeys(options.env, url)}
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, (environment.get(name), _LOOPBACK)))
    if options.forward:
        return environment
    from conformance.sandbox.platforms import platform_module  # noqa: PLC0415
    from conformance.watch.fixtures import WATCHED  # noqa: PLC0415

    token = platform_module(played).TOKEN_PREFIX + _ANY_TOKEN
    # A real token has no business here, and the package would send it.
    tokens = (*_TOKENS_OF_PACKAGES.get(played.name, ()), *options.token_env)
    return {**environment, **dict.fromkeys(tokens, token), WATCHED: url}


def _status(judgement: Judgement, ended: Ended, name: str, fail_on: str) -> int:
    if ended.interrupted:
        click.echo("trackproof: interrupted; the reports show what had arrived by then.", err=True)
        return _INTERRUPTED
    found = judgement.errors or (judgement.warnings and fail_on == "warning")
    if ended.failed:
        also = "" if found else "; nothing that fails was found in what it sent"
        click.echo(f"trackproof: the command itself failed: {name} {ended.how}{also}.", err=True)
        return _FOUND
    if found:
        return _FOUND
    if not judgement.events:
        click.echo("trackproof: nothing arrived, so nothing could be judged.", err=True)
        return _NOTHING
    return _CLEAN


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
