"""What the operator asked for: on the command line, in the environment, in trackproof.toml, or nowhere."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = "trackproof.toml"
_PREFIX = "TRACKPROOF_"
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


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
        return _PREFIX + self.option.upper()


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
    Setting("allow_inconclusive", None, bool, False),
    Setting("allow_production", None, bool, False),
    Setting("cleanup", None, bool, False),
    Setting("production_hosts", "safety.production_hosts", list, ()),
    Setting("max_time", None, float),
    Setting("max_requests", None, int),
    Setting("concurrency", "limits.concurrency", int, 32),
    Setting("rpm", "limits.requests_per_minute", float, 0.0),
    Setting("deadline", "limits.deadline", float, 10.0),
    Setting("settle", "limits.settle", float),
)
_BY_OPTION = {setting.option: setting for setting in SETTINGS}
_BY_PATH = {setting.path: setting for setting in SETTINGS if setting.path}


@dataclass(frozen=True)
class Settings:
    """The settings in force; `origins` says of each where it came from."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    def __getitem__(self, option: str) -> Any:
        return self.values[option]


def resolve(given: Mapping[str, Any], config: str | None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force: command line, then environment, then trackproof.toml, then defaults.

    Raises ConfigurationError for a value that cannot be used, naming the variable or the line.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {setting.option: setting.default for setting in SETTINGS}
    origins = dict.fromkeys(values, "default")
    path = _file(config or environment.get(f"{_PREFIX}CONFIG"))
    if path is not None:
        for option, value in _read(path, environment).items():
            values[option], origins[option] = value, str(path)
    for setting in SETTINGS:
        text = environment.get(setting.variable)
        if text:
            values[setting.option] = _from_text(setting, text)
            origins[setting.option] = setting.variable
    for option, value in given.items():
        if value is not None and value != () and option in _BY_OPTION:
            values[option], origins[option] = value, "command line"
    return Settings(values, origins)


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


# --- trackproof.toml --------------------------------------------------------------------------------------------------


def _read(path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    source = path.read_text(encoding="utf-8", errors="replace")
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    found: dict[str, Any] = {}
    for key, value in _flat(document):
        setting = _BY_PATH.get(key)
        where = f"{path}, line {line_of(source, key)}"
        if setting is None:
            near = difflib.get_close_matches(key, _BY_PATH, n=1, cutoff=0.5)
            raise ConfigurationError(
                f"{where}: there is no setting {key}",
                f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(_BY_PATH))}.",
            )
        found[setting.option] = _checked(setting, value, where, environment)
    return found


def _flat(document: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and key not in _BY_PATH:
            pairs += _flat(value, f"{key}.")
        else:
            pairs.append((key, value))
    return pairs


def _checked(setting: Setting, value: Any, where: str, environment: Mapping[str, str]) -> Any:
    checked = _EXPECTED[setting.kind](value)
    if checked is None:
        raise ConfigurationError(f"{where}: {setting.path} is {value!r}", f"It has to be {_WORDS[setting.kind]}.")
    if setting.secret and not _REFERENCE.fullmatch(str(checked)):
        raise ConfigurationError(
            f"{where}: {setting.path} holds a secret itself",
            f'Keep it out of the file: {str(setting.path).rpartition(".")[2]} = "${{YOUR_VARIABLE}}".',
        )
    return _expanded(checked, where, environment)


def _expanded(value: Any, where: str, environment: Mapping[str, str]) -> Any:
    """Replaces references such as ${VAR}; raises ConfigurationError when the environment does not have one."""
    if isinstance(value, tuple):
        return tuple(_expanded(entry, where, environment) for entry in value)
    if not isinstance(value, str):
        return value

    def replaced(reference: re.Match[str]) -> str:
        name = reference.group(1)
        if name not in environment:
            raise ConfigurationError(f"{where}: the environment has no {name}", f"Set {name}, or take the line out.")
        return environment[name]

    return _REFERENCE.sub(replaced, value)


def _is_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_switch(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _is_list(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values()):
        return tuple(f"{name}: {entry}" for name, entry in value.items())
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    return None


_EXPECTED: dict[type, Callable[[Any], Any]] = {
    str: _is_text,
    float: _is_number,
    int: _is_whole,
    bool: _is_switch,
    list: _is_list,
}
_WORDS = {
    str: "text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    list: "a list of texts",
}


def line_of(source: str, key: str) -> int:
    """The line of a TOML text on which a dotted key is set, counted from 1; its table's line when it is not found.

    The standard library's parser keeps no positions.
    """
    table, _, name = key.rpartition(".")
    current, table_line = "", 1
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.strip()
        header = re.match(r"\[\[?\s*([^\]]+?)\s*\]\]?", text)
        if header:
            current = header.group(1).replace('"', "").replace(" ", "")
            if current in (table, key) or current.startswith(f"{table}."):
                table_line = number
                if current == key:
                    return number
            continue
        assigned = re.match(r"([A-Za-z0-9_.\"' -]+?)\s*=", text)
        if assigned:
            full = f"{current}.{assigned.group(1)}".lstrip(".").replace('"', "").replace("'", "").replace(" ", "")
            if full == key or key.startswith(f"{full}."):
                return number
    return table_line if name else 1


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
