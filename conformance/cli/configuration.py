"""Reads trackproof.toml: each value with the line it stands on, so that an error can name it."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.cli.locator import positions
from conformance.cli.waiver_entries import TABLE as WAIVERS
from conformance.cli.waiver_entries import read_waivers
from conformance.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from conformance.cli.settings import Setting
    from conformance.results.waivers import Waiver

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HEADERS = "target.headers"
_PROXY = "target.proxy"
# Names of headers whose values are nobody's business.
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|signature|password", re.IGNORECASE)


@dataclass(frozen=True)
class Placed:
    """A value of the file, its references not yet replaced, and where it stands."""

    value: Any
    place: str

    def expanded(self, environment: Mapping[str, str]) -> Any:
        """The value with references such as ${VAR} replaced.

        Raises ConfigurationError when the environment does not have one.
        """

        def replaced(reference: re.Match[str]) -> str:
            name = reference.group(1)
            if name not in environment:
                raise ConfigurationError(
                    f"{self.place}: the environment has no {name}", f"Set {name}, or take the line out."
                )
            return environment[name]

        if isinstance(self.value, tuple):
            return tuple(REFERENCE.sub(replaced, entry) for entry in self.value)
        return REFERENCE.sub(replaced, self.value) if isinstance(self.value, str) else self.value


@dataclass(frozen=True)
class Configuration:
    """What a configuration file says: values by the names of their settings, and waivers."""

    path: Path
    values: Mapping[str, Placed]
    waivers: tuple[Waiver, ...] = ()


def read(path: Path, settings: Sequence[Setting]) -> Configuration:
    """Reads a configuration file; raises ConfigurationError, naming the line, for what cannot be used."""
    try:
        source = path.read_bytes().decode("utf-8-sig", "replace")
        document = tomllib.loads(source)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    lines = positions(source)

    def place(*keys: str | int) -> str:
        return f"{path}, line {lines.get(keys, 1)}"

    waivers = read_waivers(document.pop(WAIVERS, []), place)
    by_path = {setting.path: setting for setting in settings if setting.path}
    values = {}
    for keys, value in _leaves(document, set(by_path)):
        setting, where = by_path.get(".".join(keys)), place(*keys)
        if setting is None:
            raise _unknown(keys, value, where, settings)
        headers = setting.path == _HEADERS
        checked = _headers(value, partial(place, *keys)) if headers else _checked(setting, value, where)
        values[setting.option] = Placed(checked, where)
    return Configuration(path, values, waivers)


def _leaves(table: Mapping[str, Any], known: set[str], above: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for name, value in table.items():
        keys = (*above, name)
        path = ".".join(keys)
        if (
            isinstance(value, dict)
            and path not in known
            and (value or any(one.startswith(f"{path}.") for one in known))
        ):
            yield from _leaves(value, known, keys)
        else:
            yield keys, value


def _unknown(keys: tuple[str, ...], value: Any, where: str, settings: Sequence[Setting]) -> ConfigurationError:
    path = ".".join(keys)
    known = sorted(setting.path for setting in settings if setting.path)
    if any(one.startswith(f"{path}.") for one in known):
        return ConfigurationError(f"{where}: {path} is {_kind(value)}", f"It has to be a table: [{path}].")
    elsewhere = {setting.option: setting for setting in settings if setting.path is None}
    if keys[-1] in elsewhere:
        setting = elsewhere[keys[-1]]
        flag = setting.option.replace("_", "-")
        return ConfigurationError(
            f"{where}: {path} cannot be set in the file", f"Say --{flag} or {setting.variable} for a single run."
        )
    near = _nearest(path, [*known, WAIVERS], {setting.option: setting.path for setting in settings if setting.path})
    return ConfigurationError(
        f"{where}: there is no setting {path}",
        f"Did you mean {near}?" if near else f"Known: {', '.join([*known, WAIVERS])}.",
    )


def _nearest(path: str, known: Sequence[str], options: Mapping[str, str]) -> str | None:
    """The setting that was probably meant: a name very like it, or the same key in another table."""
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.8)
    if near:
        return near[0]
    last = path.rpartition(".")[2]
    by_last = {one.rpartition(".")[2]: one for one in known} | dict(options)
    near = difflib.get_close_matches(last, by_last, n=1, cutoff=0.75)
    if near:
        return by_last[near[0]]
    return next(iter(difflib.get_close_matches(path, known, n=1, cutoff=0.5)), None)


# --- values -----------------------------------------------------------------------------------------------------------


def _checked(setting: Setting, value: Any, where: str) -> Any:
    checked = _EXPECTED[setting.kind](value)
    if checked is None:
        # A secret of the wrong type is one all the same.
        shown = _kind(value) if setting.secret else repr(value)
        raise ConfigurationError(f"{where}: {setting.path} is {shown}", f"It has to be {_WORDS[setting.kind]}.")
    literal = setting.secret and not REFERENCE.fullmatch(str(checked))
    if literal or (setting.path == _PROXY and _has_password(str(checked))):
        name = str(setting.path).rpartition(".")[2]
        raise ConfigurationError(
            f"{where}: {setting.path} holds a secret itself", f'Keep it out of the file: {name} = "${{YOUR_VARIABLE}}".'
        )
    return checked


def _headers(value: Any, place: Callable[..., str]) -> tuple[str, ...]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ConfigurationError(
            f"{place()}: {_HEADERS} is {_kind(value)}", 'It has to be a table of texts: { "X-Env" = "staging" }.'
        )
    for name, text in value.items():
        if _SECRET_HEADER.search(name) and not REFERENCE.search(text):
            raise ConfigurationError(
                f"{place(name)}: the header {name} holds a secret itself",
                f'Keep it out of the file: "{name}" = "${{YOUR_VARIABLE}}".',
            )
    return tuple(f"{name}: {text}" for name, text in value.items())


def _has_password(url: str) -> bool:
    try:
        password = urlsplit(url).password
    except ValueError:
        return False
    return bool(password) and not REFERENCE.search(password or "")


def _kind(value: Any) -> str:
    for kind, word in ((dict, "a table"), (list, "a list"), (bool, "true or false"), (str, "text"), (int, "a number")):
        if isinstance(value, kind):
            return word
    return "a number" if isinstance(value, float) else "a date or time"


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
