"""What the operator asked for: on the command line, in the environment, in trackproof.toml, or nowhere."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.cli.configuration import Configuration
    from conformance.results.waivers import Waiver

FILE = "trackproof.toml"
COMMAND_LINE = "command line"
PREFIX = "TRACKPROOF_"


@dataclass(frozen=True)
class Setting:
    """One thing that can be set: its option, its place in trackproof.toml, its type and its default."""

    option: str
    path: str | None
    kind: type
    default: Any = None
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.option.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("profile", "profile", str, "cutmeshort"),
    Setting("target", "target.url", str),
    Setting("token", "target.token", str, "", secret=True),
    Setting("header", "target.headers", list, ()),
    Setting("ca_bundle", "target.ca_bundle", str),
    Setting("client_cert", "target.client_cert", str),
    Setting("proxy", "target.proxy", str),
    Setting("click_id", "clicks.ids", list, ()),
    Setting("short_link", "clicks.short_link", list, ()),
    Setting("click_domain", "clicks.domain", str),
    Setting("click_key", "clicks.key", str),
    Setting("readback", "readback.url", str),
    Setting("webhook_listen", "webhooks.listen", str),
    Setting("webhook_secret", "webhooks.secret", str, "", secret=True),
    Setting("suite", "run.suite", list, ()),
    Setting("requirement", None, list, ()),
    Setting("scenario", None, list, ()),
    Setting("level", "run.level", str, "may"),
    Setting("strict", "run.strict", bool, False),
    Setting("seed", "run.seed", int),
    Setting("reports", "run.reports", str, "reports"),
    Setting("output", None, list, ()),
    Setting("ratchet", None, str),
    Setting("resume", None, str),
    Setting("plan", None, bool, False),
    Setting("show_config", None, bool, False),
    Setting("allow_inconclusive", None, bool, False),
    Setting("allow_production", None, bool, False),
    Setting("cleanup", None, bool, False),
    Setting("production_hosts", "safety.production_hosts", list, ()),
    Setting("max_time", None, float),
    Setting("max_requests", None, int),
    Setting("budget", None, int),
    Setting("max_examples", "run.max_examples", int),
    Setting("concurrency", "limits.concurrency", int, 32),
    Setting("rpm", "limits.requests_per_minute", float, 0.0),
    Setting("deadline", "limits.deadline", float, 10.0),
    Setting("settle", "limits.settle", float),
)
_BY_OPTION = {setting.option: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The settings in force; `origins` says of each where it came from, `file` is the configuration file.

    `elsewhere` is the target that the environment or the file names, whatever the command line says.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    file: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    elsewhere: str | None = None
    unset: Mapping[str, ConfigurationError] = field(default_factory=dict)

    def __getitem__(self, option: str) -> Any:
        """The value; raises ConfigurationError when it refers to something that the environment does not have."""
        if option in self.unset:
            raise self.unset[option]
        return self.values[option]


def resolve(given: Mapping[str, Any], config: str | None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force: command line, then environment, then trackproof.toml, then defaults.

    Raises ConfigurationError for a value that cannot be used, naming the variable or the line.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {setting.option: setting.default for setting in SETTINGS}
    origins = dict.fromkeys(values, "default")
    path = _file(config or environment.get(f"{PREFIX}CONFIG"))
    configuration = _read(path) if path is not None else None
    written = dict(configuration.values) if configuration is not None else {}
    for setting in SETTINGS:
        text = environment.get(setting.variable)
        if text:
            values[setting.option], origins[setting.option] = _from_text(setting, text), setting.variable
            written.pop(setting.option, None)
    elsewhere = written["target"].value if "target" in written else values["target"]
    for option, value in given.items():
        if value is not None and value != () and option in _BY_OPTION:
            values[option], origins[option] = value, COMMAND_LINE
            written.pop(option, None)
    unset = {}
    for option, placed in written.items():
        origins[option] = placed.place
        try:
            values[option] = placed.expanded(environment)
        except ConfigurationError as error:
            # Not raised here: a command that needs no token does not ask for one.
            unset[option] = error
    waivers = configuration.waivers if configuration is not None else ()
    return Settings(values, origins, path, waivers, elsewhere, unset)


def _read(path: Path) -> Configuration:
    from conformance.cli.configuration import read  # noqa: PLC0415 - most commands are run without a file

    return read(path, SETTINGS)


def _file(named: str | None) -> Path | None:
    if named is not None:
        if not Path(named).is_file():
            raise ConfigurationError(f"the configuration file {named} does not exist")
        return Path(named)
    return Path(FILE) if Path(FILE).is_file() else None


def _from_text(setting: Setting, text: str) -> Any:
    if setting.kind is list:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    if setting.kind is bool:
        if text not in ("0", "1"):
            raise ConfigurationError(f"{setting.variable} is {text!r}", "A switch is 0 or 1.")
        return text == "1"
    try:
        return setting.kind(text)
    except ValueError:
        kind = "a whole number" if setting.kind is int else "a number"
        raise ConfigurationError(f"{setting.variable} is {text!r}, which is not {kind}") from None


def headers_of(values: tuple[str, ...]) -> dict[str, str]:
    """Headers from lines such as `X-Env: staging`; raises UsageError for a line that is none."""
    headers: dict[str, str] = {}
    for line in values:
        name, colon, value = line.partition(":")
        if (
            not colon
            or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip())
            or "\n" in value
            or "\r" in value
        ):
            raise UsageError(f"--header {line!r} is no header", "Write it as 'NAME: VALUE'.")
        headers[name.strip().lower()] = value.strip()
    return headers
