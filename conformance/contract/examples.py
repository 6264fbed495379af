"""Examples of right and wrong, one of each for a requirement: what a reader understands before the statement."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.contract.locate import data_folder
from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = "examples.toml"


@dataclass(frozen=True)
class Example:
    """How a platform (or an integrator) that keeps a requirement behaves, and how one that breaks it does."""

    right: str
    wrong: str


@cache
def shared_examples() -> Mapping[str, Example]:
    """The examples that hold for every profile, by the id of their requirement."""
    return _read(data_folder("specs") / _FILE)


def examples_of(folder: Path) -> Mapping[str, Example]:
    """The examples for a profile: those of its folder, and the shared ones for the rest.

    Raises ContractError for a file that cannot be used.
    """
    own = folder / _FILE
    return {**shared_examples(), **_read(own)} if own.is_file() else shared_examples()


def _read(path: Path) -> dict[str, Example]:
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not TOML: {error}") from None
    try:
        return {name: Example(str(each["right"]), str(each["wrong"])) for name, each in document["requirement"].items()}
    except (KeyError, TypeError, AttributeError):
        raise ContractError(f"{path}: an example needs right and wrong, under [requirement]") from None
