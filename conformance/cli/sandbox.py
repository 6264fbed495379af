"""`trackproof sandbox`: serves the reference implementation of a profile's platform until it is interrupted."""

from __future__ import annotations

import gc
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from conformance.cli.faults import fault_options, list_faults, planted
from conformance.cli.hostile import hostile_options
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.sandbox.database import Database

_DEFAULT_PROFILE = "cutmeshort"
_ANY_TOKEN = "sandbox"  # noqa: S105 - guards nothing
# Of what is kept; Python's own objects around it cost about as much again.
_MEMORY = 512 << 20
# Allocations before the youngest are looked through, and rounds of that before older ones are.
_COLLECTED_AFTER = (20_000, 50, 100)


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, envvar="TRACKPROOF_HOST", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    envvar="TRACKPROOF_PORT",
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--profile",
    default=_DEFAULT_PROFILE,
    show_default=True,
    envvar="TRACKPROOF_PROFILE",
    metavar="NAME|DIR",
    help="The platform to play.",
)
@click.option("--token", metavar="TOKEN", help="The only bearer token to let in; without, any is.")
@click.option(
    "--db",
    metavar="FILE",
    envvar="TRACKPROOF_DB",
    help="Keep everything in this file: what was answered is there after any crash, and when it is started again.",
)
@hostile_options
@fault_options
@click.option(
    "--webhook", metavar="URL", envvar="TRACKPROOF_WEBHOOK", help="Where to push webhooks: a URL of this machine."
)
@click.option(
    "--webhook-secret", metavar="SECRET", envvar="TRACKPROOF_WEBHOOK_SECRET", help="The secret that signs webhooks."
)
def command(
    *,
    host: str,
    port: int,
    profile: str,
    token: str | None,
    db: str | None,
    **given: Any,
) -> None:
    """Serve a platform that keeps its contract, to test an integration against.

    Its page, at the base URL, judges call by call what arrives. It keeps what it is sent in memory unless --db names a
    file, knows the click ids that its short link gave out, and shows under /readback what it recorded.

    \b
    trackproof sandbox
    trackproof sandbox --profile dub --port 0 --db events.sqlite
    trackproof sandbox --misbehave 500-after-commit:2
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    # Loaded here, so that no other command waits for a web server to load.
    from conformance.contract import load_profile  # noqa: PLC0415
    from conformance.sandbox.app import create_app  # noqa: PLC0415
    from conformance.sandbox.misbehave import Misbehaviour, plan  # noqa: PLC0415
    from conformance.sandbox.platforms import platform_module  # noqa: PLC0415
    from conformance.sandbox.reception import Kit  # noqa: PLC0415
    from conformance.sandbox.server import is_loopback, listen, serve  # noqa: PLC0415
    from conformance.sandbox.store import Limits  # noqa: PLC0415
    from conformance.watch.bench import NamespaceJudge  # noqa: PLC0415

    played = load_profile(profile)
    if given["list_faults"]:
        list_faults(played)
        return
    guarded = not is_loopback(host)
    if guarded and not token:
        raise UsageError(
            f"on {host} others can reach the sandbox, and no token keeps them out",
            "Give one with --token, or listen on 127.0.0.1.",
        )
    hostile = Misbehaviour([plan(text) for text in given["misbehave"]], given["seed"]) if given["misbehave"] else None
    kit = Kit(
        judge=lambda _: NamespaceJudge(played, "sandbox"),
        database=_database(db) if db else None,
        misbehaviour=hostile,
        guarded=guarded,
    )
    variation = planted(given["fault"], played, db)
    app = create_app(played, token=token or None, limits=Limits(bytes=_MEMORY), variation=variation, kit=kit)
    any_token = platform_module(played).TOKEN_PREFIX + _ANY_TOKEN
    if given["webhook"]:
        app.state.traffic.push_webhooks(given["webhook"], given["webhook_secret"] or "")

    def announce(url: str) -> None:
        click.echo(url)
        click.echo(run_line(url, token or any_token, profile, played))

    _collect_seldom()
    try:
        serve(app, listen(host, port), announce)
    finally:
        if kit.database is not None:
            kit.database.close()


def _collect_seldom() -> None:
    """What a sandbox keeps, it keeps: to look through all of it for garbage every moment costs a fifth of its time."""
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def _database(path: str) -> Database:
    from conformance.sandbox.database import Database  # noqa: PLC0415 - only where it is asked for

    return Database(Path(path))


def run_line(url: str, token: str, name: str, played: Profile) -> str:
    """The command that judges the sandbox at this URL, ready to be pasted into a shell."""
    words = ["trackproof", "run", url, "--token", token, "--short-link", f"{url}/l/demo"]
    if "click" in played.paths:
        words += ["--click-domain", urlsplit(url).netloc, "--click-key", "demo"]
    if played.evidence == "readback":
        words += ["--readback", f"{url}/readback"]
    if name != _DEFAULT_PROFILE:
        words += ["--profile", name]
    return shlex.join(words)
