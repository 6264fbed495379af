"""`trackproof sandbox`: serves the reference implementation of a profile's platform until it is interrupted."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from conformance.contract import Profile

_DEFAULT_PROFILE = "cutmeshort"
_ANY_TOKEN = "sandbox"  # noqa: S105 - guards nothing


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
    "--webhook", metavar="URL", envvar="TRACKPROOF_WEBHOOK", help="Where to push webhooks: a URL of this machine."
)
@click.option(
    "--webhook-secret", metavar="SECRET", envvar="TRACKPROOF_WEBHOOK_SECRET", help="The secret that signs webhooks."
)
def command(
    host: str, port: int, profile: str, token: str | None, webhook: str | None, webhook_secret: str | None
) -> None:
    """Serve a platform that keeps its contract, to test an integration against.

    It keeps what it is sent in memory, knows the click ids that its short link gave out, and shows under /readback
    what it recorded.
    """
    # Loaded here, so that no other command waits for a web server to load.
    from conformance.contract import load_profile  # noqa: PLC0415
    from conformance.sandbox.app import create_app  # noqa: PLC0415
    from conformance.sandbox.platforms import platform_module  # noqa: PLC0415
    from conformance.sandbox.server import listen, serve  # noqa: PLC0415

    played = load_profile(profile)
    app = create_app(played, token=token or None)
    any_token = platform_module(played).TOKEN_PREFIX + _ANY_TOKEN
    if webhook:
        app.state.traffic.push_webhooks(webhook, webhook_secret or "")

    def announce(url: str) -> None:
        click.echo(url)
        click.echo(run_line(url, token or any_token, profile, played))

    serve(app, listen(host, port), announce)


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
