"""The options of the pytest front: those of `trackproof run`, each with `--trackproof-` before its name.

Imports nothing of weight, since every pytest session reads it in which trackproof is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError

if TYPE_CHECKING:
    import pytest

_GROUP = "trackproof"
_TARGET = "Base URL that the suites judge; with none, or `sandbox`, the embedded sandbox."


class Kind(enum.Enum):
    """What an option takes."""

    TEXT = "text"
    MANY = "text, repeatable"
    SWITCH = "nothing"
    NUMBER = "a number of 0 or more"
    WHOLE = "a whole number of 1 or more"
    SEED = "a whole number"


@dataclass(frozen=True)
class Option:
    """One option by the name of its setting."""

    name: str
    kind: Kind
    metavar: str
    help: str

    @property
    def flag(self) -> str:
        """The option as it is written."""
        return f"--trackproof-{self.name.replace('_', '-')}"

    @property
    def place(self) -> str:
        """Where pytest keeps its value."""
        return f"trackproof_{self.name}"


OPTIONS = (
    Option("target", Kind.TEXT, "URL", "The same as --target."),
    Option("profile", Kind.TEXT, "NAME|DIR", "A shipped profile, or a folder laid out like one."),
    Option("token", Kind.TEXT, "TOKEN", "Bearer token; better: TRACKPROOF_TOKEN, or ${VAR} in trackproof.toml."),
    Option("header", Kind.MANY, "'NAME: VALUE'", "A further header; repeatable."),
    Option("ca_bundle", Kind.TEXT, "FILE", "Certificates that are trusted, as PEM."),
    Option("client_cert", Kind.TEXT, "FILE", "Certificate and key that are shown to the target, as PEM."),
    Option("proxy", Kind.TEXT, "URL", "Proxy to the target."),
    Option("click_id", Kind.MANY, "ID", "A click id that is valid and unused; repeatable."),
    Option("short_link", Kind.MANY, "URL", "A short link that mints a click id per visit; repeatable."),
    Option("click_domain", Kind.TEXT, "DOMAIN", "The domain of a link for which the target mints click ids."),
    Option("click_key", Kind.TEXT, "KEY", "The key of that link."),
    Option("readback", Kind.TEXT, "URL", "Base URL of the read-back endpoint."),
    Option("webhook_listen", Kind.TEXT, "HOST:PORT", "Where webhooks of the target are received."),
    Option("webhook_secret", Kind.TEXT, "SECRET", "What they are signed with; better: TRACKPROOF_WEBHOOK_SECRET."),
    Option("suite", Kind.MANY, "NAME", "Only this suite; repeatable."),
    Option("requirement", Kind.MANY, "ID", "Only this requirement; repeatable."),
    Option("scenario", Kind.MANY, "ID", "Only this scenario; repeatable."),
    Option("level", Kind.TEXT, "must|should|may", "The lowest level that is run (default may)."),
    Option("strict", Kind.SWITCH, "", "A broken SHOULD fails its scenario and the run too."),
    Option("ratchet", Kind.TEXT, "RESULTS", "Fail only on failures that these results do not have."),
    Option("resume", Kind.TEXT, "RESULTS", "Play only what has no verdict in these results; they tell of the rest."),
    Option("allow_inconclusive", Kind.SWITCH, "", "Exit 0 although some MUST could not be judged."),
    Option("allow_production", Kind.SWITCH, "", "Run against one of the profile's production hosts."),
    Option("production_hosts", Kind.MANY, "HOST", "A further host that counts as production; repeatable."),
    Option("max_time", Kind.NUMBER, "SECONDS", "Cut the run after this long."),
    Option("max_requests", Kind.WHOLE, "N", "Never send more exchanges than this."),
    Option("budget", Kind.WHOLE, "N", "Only the scenarios that detect most within N exchanges."),
    Option("max_examples", Kind.WHOLE, "N", "Size of the generated suites, fuzz and journeys."),
    Option("concurrency", Kind.WHOLE, "N", "Exchanges in flight (default 32)."),
    Option("rpm", Kind.NUMBER, "N", "Exchanges per minute; 0 is no pacing (default)."),
    Option("deadline", Kind.NUMBER, "SECONDS", "Limit of one exchange (default 10)."),
    Option("settle", Kind.NUMBER, "SECONDS", "How long read-back is polled (default 10)."),
    Option("seed", Kind.SEED, "N", "Seed of everything random."),
    Option("reports", Kind.TEXT, "DIR", "Write report.html, results.json, junit.xml and summary.md there too."),
    Option("output", Kind.MANY, "FORMAT[=FILE]", "One more report: sarif, code-quality, badge, statement; repeatable."),
    Option("cleanup", Kind.SWITCH, "", "Afterwards delete what was created, where the profile can."),
    Option("config", Kind.TEXT, "FILE", "Configuration file (default trackproof.toml, if there is one)."),
)


_ELSEWHERE = re.compile(rf"(?<![\w-])--({'|'.join(option.name.replace('_', '-') for option in OPTIONS)})(?![\w-])")


def here(text: str) -> str:
    """A text of ours in which options are called as the pytest front calls them."""
    return _ELSEWHERE.sub(r"--trackproof-\1", text)


def add_options(parser: pytest.Parser) -> None:
    """Adds every option but `--target`; values stay text until a session needs them."""
    group = parser.getgroup(_GROUP, "trackproof (the conformance suites; as the options of `trackproof run`)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.place, default=None, help=option.help, **_argparse(option))
    group.addoption(
        "--trackproof-no-strict",
        dest="trackproof_strict",
        action="store_false",
        default=None,
        help="A broken SHOULD fails nothing, whatever trackproof.toml says.",
    )


def add_target(parser: pytest.Parser) -> None:
    """Adds `--target`, unless the project has an option of that name: then it is theirs."""
    with contextlib.suppress(ValueError, argparse.ArgumentError):
        parser.getgroup(_GROUP).addoption(
            "--target", dest="trackproof_target", default=None, metavar="URL", help=_TARGET
        )


def _argparse(option: Option) -> dict[str, Any]:
    if option.kind is Kind.SWITCH:
        return {"action": "store_true"}
    return {"action": "append" if option.kind is Kind.MANY else "store", "metavar": option.metavar}


def given(config: pytest.Config) -> dict[str, Any]:
    """What the command line says, by the names of the settings; raises UsageError for a value that cannot be used."""
    return {option.name: _value(option, getattr(config.option, option.place, None)) for option in OPTIONS}


def _value(option: Option, value: Any) -> Any:
    if value is None or option.kind in (Kind.TEXT, Kind.SWITCH):
        return value
    if option.kind is Kind.MANY:
        return tuple(value)
    try:
        number = float(value) if option.kind is Kind.NUMBER else int(value)
    except ValueError:
        number = math.nan
    least = {Kind.WHOLE: 1, Kind.NUMBER: 0}.get(option.kind, -math.inf)
    if not least <= number < math.inf:
        raise UsageError(f"{option.flag} is {value!r}, which is not {option.kind.value}")
    return number
