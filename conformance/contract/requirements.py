"""Requirements: the promises of a platform (or the duties of an integrator), as data."""

from __future__ import annotations

import enum
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Level(enum.StrEnum):
    """How strongly the source words a requirement."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"

    @property
    def rank(self) -> int:
        """0 for MAY, 2 for MUST: the higher, the more it weighs."""
        return {"MAY": 0, "SHOULD": 1, "MUST": 2}[self.value]


@dataclass(frozen=True)
class Answers:
    """The answers that a requirement allows.

    `status` holds patterns such as `200` or `4xx`; `never` holds statuses that are refused although a pattern has them;
    `body` is `accepted` (a JSON object that does not say it failed) or `any`.
    """

    status: tuple[str, ...]
    never: tuple[str, ...] = ()
    body: str = "any"

    def allow_status(self, status: int) -> bool:
        """Whether this HTTP status is among the allowed ones."""
        text = str(status)
        return text not in self.never and any(_matches(pattern, text) for pattern in self.status)

    def __str__(self) -> str:
        allowed = " or ".join(self.status)
        return f"{allowed} (never {', '.join(self.never)})" if self.never else allowed


def _matches(pattern: str, status: str) -> bool:
    return len(pattern) == len(status) and all(p in ("x", s) for p, s in zip(pattern, status, strict=True))


@dataclass(frozen=True)
class Source:
    """One page that a requirement quotes in our words."""

    page: str
    url: str

    def __str__(self) -> str:
        return f"{self.page} ({self.url})"


@dataclass(frozen=True)
class Requirement:
    """One promise of a profile's contract.

    `id` is `<suite>.<what-holds>` and the same for every profile; `statements` are the numbers of the contract notes;
    `binds` is `platform` or `integrator`; `unverifiable` says why nothing can be seen of it over this wire.
    """

    id: str
    level: Level
    statement: str
    sources: tuple[Source, ...]
    costs: str
    fix: str
    statements: tuple[int, ...] = ()
    binds: str = "platform"
    answers: Answers | None = None
    latitude: str = ""
    unverifiable: str = ""
    aliases: tuple[str, ...] = field(default=())

    @property
    def suite(self) -> str:
        """The suite that owns the requirement: the first segment of its id."""
        return self.id.partition(".")[0]

    @property
    def verifiable(self) -> bool:
        """Whether a scenario can judge it: it binds the platform and shows over the wire."""
        return self.binds == "platform" and not self.unverifiable

    @property
    def source(self) -> str:
        """The pages it comes from, as one line."""
        return "; ".join(str(source) for source in self.sources)


_KEYS = {
    "id", "level", "statement", "sources", "costs", "fix", "statements", "binds", "answers", "latitude", "unverifiable",
    "aliases",
}  # fmt: skip


def load_requirements(path: Path) -> tuple[str, dict[str, Requirement]]:
    """Reads `requirements.toml`: its revision, and its requirements by id in the order of the file.

    Raises ContractError naming the file and the requirement that cannot be used.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError(f"{path} does not exist", "A profile folder needs a requirements.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not TOML: {error}") from None
    sources = {
        key: Source(page=str(entry.get("page", key)), url=str(entry.get("url", "")))
        for key, entry in document.get("sources", {}).items()
    }
    requirements: dict[str, Requirement] = {}
    for entry in document.get("requirement", []):
        requirement = _requirement(entry, sources, path)
        if requirement.id in requirements:
            raise ContractError(f"{path}: requirement {requirement.id} stands there twice")
        requirements[requirement.id] = requirement
    return str(document.get("revision", "")), requirements


def _requirement(entry: Mapping[str, Any], sources: Mapping[str, Source], path: Path) -> Requirement:
    name = entry.get("id", "without an id")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise ContractError(f"{path}: requirement {name} has an unknown key {unknown[0]!r}")
    try:
        return Requirement(
            id=entry["id"],
            level=Level(entry["level"]),
            statement=entry["statement"],
            sources=tuple(sources[key] for key in entry["sources"]),
            costs=entry["costs"],
            fix=entry["fix"],
            statements=tuple(entry.get("statements", ())),
            binds=entry.get("binds", "platform"),
            answers=_answers(entry.get("answers")),
            latitude=entry.get("latitude", ""),
            unverifiable=entry.get("unverifiable", ""),
            aliases=tuple(entry.get("aliases", ())),
        )
    except KeyError as error:
        raise ContractError(f"{path}: requirement {name} has no (or names an unknown) {error.args[0]!r}") from None
    except ValueError as error:
        raise ContractError(f"{path}: requirement {name}: {error}") from None


def _answers(entry: Mapping[str, Any] | None) -> Answers | None:
    if entry is None:
        return None
    return Answers(status=tuple(entry["status"]), never=tuple(entry.get("never", ())), body=entry.get("body", "any"))
