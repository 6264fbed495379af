"""What a command that runs something again has to repeat of this run's options; secrets stay out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli.settings import FILE
from conformance.target.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.cli.settings import Settings

_OF_TARGET = (
    "header",
    "short_link",
    "click_id",
    "click_domain",
    "click_key",
    "readback",
    "webhook_listen",
    "allow_production",
    "rpm",
    "deadline",
)
_OF_RUN = ("level", "strict", "settle", "max_examples")
# A pool of click ids may be long, and one scenario needs few.
_CLICKS_REPEATED = 4


def words(settings: Settings, *, embedded: bool) -> tuple[str, ...]:
    """The options, as words of the command line, that were set anywhere and decide what a scenario meets."""
    options = ("profile", *(() if embedded else _OF_TARGET), *_OF_RUN)
    found = [word for option in options if settings.origins[option] != "default" for word in _words(settings, option)]
    elsewhere = settings.file is not None and settings.file != Path(FILE)
    return (*(("--config", str(settings.file)) if elsewhere else ()), *found)


def _words(settings: Settings, option: str) -> Iterator[str]:
    flag, value = f"--{option.replace('_', '-')}", settings[option]
    match value:
        case True:
            yield flag
        case False:
            pass
        case tuple():
            for one in _repeated(option, value):
                yield from (flag, one)
        case _:
            yield from (flag, f"{value:.15g}" if isinstance(value, float) else str(value))


def _repeated(option: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    if option == "click_id":
        return values[:_CLICKS_REPEATED]
    if option == "header":
        return tuple(line for line in values if not _secret(line))
    return values


def _secret(header: str) -> bool:
    name, _, value = header.partition(":")
    return Redactor().header(name.strip(), value.strip()) != value.strip()
