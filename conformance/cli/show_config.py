"""`trackproof run --show-config`: what is in force, where each value came from, and no secret."""

from __future__ import annotations

import difflib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.running import embedded
from conformance.cli.settings import COMMAND_LINE, PREFIX, SETTINGS
from conformance.contract import load_profile
from conformance.target.redaction import REDACTED, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.cli.settings import Setting, Settings
    from conformance.contract import Profile

# Variables of other commands, and of trackproof itself.
OTHERS = {
    "CONFIG", "DB", "DURATION", "ENGINE", "FAIL_ON", "FAULT", "FORWARD", "HOST", "JOBS", "MAX_ERRORS", "MISBEHAVE",
    "NO_SKIP", "NODE_MODULES", "PORT", "RATE", "SAMPLE", "SHOW_CUSTOMERS", "SPAWN_RATE", "URL", "USERS", "WATCH",
    "WEBHOOK",
}  # fmt: skip
# They decide what this command does, and nothing of a run.
_MODES = ("plan", "show_config")


def show(settings: Settings) -> int:
    """Prints the configuration in force; returns the exit code."""
    profile = load_profile(settings["profile"])
    redactor = Redactor(_secrets(settings))
    click.echo(f"configuration file: {settings.file or 'none'}")
    if embedded(settings):
        click.echo("target: the embedded sandbox; token, clicks and read-back are its own")
    click.echo()
    rows = [
        row
        for setting in SETTINGS
        if setting.option not in _MODES
        for row in _rows(setting, settings, profile, redactor)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{min(widths[1], 60)}}  {origin}".rstrip())
    for line in (*_waivers(settings), *_unknown_variables()):
        click.echo(line)
    return 0


def _secrets(settings: Settings) -> tuple[str, ...]:
    headers = [line.partition(":") for line in settings.values["header"]]
    carried = [value.strip() for name, _, value in headers if Redactor().header(name.strip(), "x") != "x"]
    return tuple(settings.values[setting.option] for setting in SETTINGS if setting.secret) + tuple(carried)


def _rows(setting: Setting, settings: Settings, profile: Profile, redactor: Redactor) -> Iterator[tuple[str, str, str]]:
    origin = _origin(setting, settings)
    missing = settings.unset.get(setting.option)
    if missing is not None:
        yield setting.option, "(not set)", f"{origin}: {missing.what.partition(': ')[2]}"
        return
    value = settings.values[setting.option]
    if setting.option == "settle" and value is None:
        value, origin = profile.settle, f"default of the profile {profile.name}"
    values = value if isinstance(value, tuple | list) else (value,)
    pairs = [(_shown(setting, each, redactor), origin) for each in values] or [("(none)", origin)]
    if setting.option == "production_hosts":
        own = [pair for pair in pairs if value]
        pairs = [*((host, f"the profile {profile.name}, always") for host in profile.production_hosts), *own]
    before = None
    for number, (text, source) in enumerate(pairs):
        yield setting.option if number == 0 else "", text, source if source != before else ""
        before = source


def _origin(setting: Setting, settings: Settings) -> str:
    origin = settings.origins[setting.option]
    return f"--{setting.option.replace('_', '-')}" if origin == COMMAND_LINE and setting.option != "target" else origin


def _shown(setting: Setting, value: Any, redactor: Redactor) -> str:
    if value is None or value == "":
        return "drawn for each run" if setting.option == "seed" else "(none)"
    if setting.secret:
        return REDACTED
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:g}"
    if setting.option == "header":
        name, _, text = str(value).partition(":")
        return f"{name.strip()}: {redactor.header(name.strip(), text.strip())}"
    return redactor.text(_without_password(str(value)))


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{REDACTED}@{host.rpartition('@')[2]}{slash}{path}" if mark and "@" in host else url


def _waivers(settings: Settings) -> Iterator[str]:
    if settings.waivers:
        yield ""
    today = datetime.now(UTC).date()
    for waiver in settings.waivers:
        state = "expired on" if waiver.expires < today else "waived until"
        yield f"{waiver.place}: {waiver.subject}: {state} {waiver.expires.isoformat()} ({waiver.owner})"


def _unknown_variables() -> Iterator[str]:
    """Variables that look like ours and set nothing: a misspelt one would otherwise go unnoticed."""
    known = {setting.variable for setting in SETTINGS} | {PREFIX + name for name in OTHERS}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            yield f"{name} sets nothing{f': did you mean {near[0]}?' if near else ''}"
