"""A profile: one platform's contract as a folder of data, loaded and checked once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract.locate import data_folder
from conformance.contract.requirements import Requirement, load_requirements
from conformance.contract.schemas import Schemas, load_schemas
from conformance.errors import ContractError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Authentication:
    """How a request proves who sends it: a header, an optional scheme before the token, a token that is wrong.

    `refusals` are the statuses with which the platform refuses a token.
    """

    header: str = "Authorization"
    scheme: str = "Bearer"
    wrong_token: str = "trackproof-wrong-token"  # noqa: S105 - wrong on purpose
    refusals: tuple[int, ...] = (401, 403)

    def value(self, token: str) -> str:
        """The header's value for this token."""
        return f"{self.scheme} {token}" if self.scheme else token


@dataclass(frozen=True)
class Publishable:
    """What a token for browsers, recognised by its prefix, changes in a contract.

    `paths` take it, `wrong_token` is one that looks like it; `left_out` is what stands in a lead for a field that is
    elsewhere left out; `not_promised` are the requirements that hold for other tokens only.
    """

    prefix: str
    paths: Mapping[str, str]
    wrong_token: str
    left_out: Mapping[str, Any] = field(default_factory=dict)
    not_promised: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """One platform's contract.

    `fields` maps an operation (`lead`, `sale`) and our word for a field to its name on the wire; `owners` maps a step
    of a journey to the requirement that owns it; `settle` is in seconds. `evidence` names the class that reads what a
    target recorded; `traits` are peculiarities that make some variants of a scenario meaningless, or alone possible;
    `answer_paths` says where in an answer something stands, as a dotted path; `codes` pairs the code of an error body
    with its status; `cleanup_path` is where a DELETE removes a `{customer}`; `signature_header` signs webhooks;
    `left_out` is what a lead carries in place of a field (our word) that a scenario leaves out.
    """

    name: str
    title: str
    revision: str
    folder: Path
    requirements: Mapping[str, Requirement]
    production_hosts: tuple[str, ...]
    authentication: Authentication
    paths: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]
    modes: Mapping[str, str]
    owners: Mapping[str, str]
    equivalence: Mapping[str, str]
    rules: Mapping[str, Any]
    success_flags: tuple[str, ...]
    click_parameter: str
    settle: float
    documented_requests_per_minute: int = 0
    evidence: str = "readback"
    traits: frozenset[str] = frozenset()
    answer_paths: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    cleanup_path: str = ""
    signature_header: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    publishable: Publishable | None = None
    left_out: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def schemas(self) -> Schemas:
        """The JSON Schemas of the profile, each compiled once."""
        return load_schemas(self.folder / "schemas")

    def requirement(self, requirement_id: str) -> Requirement:
        """The requirement with this id or alias; raises KeyError when the profile does not have it."""
        return self.requirements[self.aliases.get(requirement_id, requirement_id)]

    def promises(self, requirement_id: str) -> bool:
        """Whether the platform promises this, so that a check of it is made."""
        requirement = self.requirements.get(requirement_id)
        return requirement is not None and requirement.verifiable

    def for_token(self, token: str) -> Profile:
        """The contract as it is for this token: another one where the token is publishable, else this one."""
        browser = self.publishable
        if browser is None or not token.startswith(browser.prefix):
            return self
        reason = f"A token that begins with {browser.prefix} is not promised this."
        return replace(
            self,
            requirements={
                name: replace(one, answers=None, unverifiable=reason) if name in browser.not_promised else one
                for name, one in self.requirements.items()
            },
            authentication=replace(self.authentication, wrong_token=browser.wrong_token),
            paths={**self.paths, **browser.paths},
            evidence="readback",  # nothing of the platform can be read with such a token
            cleanup_path="",
            left_out=browser.left_out,
        )


def shipped_profiles() -> tuple[str, ...]:
    """The names of the profiles that travel with trackproof."""
    return tuple(sorted(path.parent.name for path in data_folder("specs").glob("*/profile.toml")))


def load_profile(name: str) -> Profile:
    """Loads a shipped profile by name, or a folder laid out like `specs/<profile>/`.

    Raises UsageError when there is none, ContractError when its files do not hold together.
    """
    if name in shipped_profiles():
        return _load_shipped(name)
    folder = Path(name)
    if not (folder / "profile.toml").is_file():
        raise UsageError(
            f"there is no profile {name!r}",
            f"Use one of {', '.join(shipped_profiles())}, or a folder that holds a profile.toml.",
        )
    return _load(folder.resolve())


@cache
def _load_shipped(name: str) -> Profile:
    return _load((data_folder("specs") / name).resolve())


def _authentication(data: Mapping[str, Any]) -> Authentication:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    return Authentication(**values)


def _publishable(data: Mapping[str, Any] | None) -> Publishable | None:
    return Publishable(**{**data, "not_promised": tuple(data.get("not_promised", ()))}) if data else None


def _load(folder: Path) -> Profile:
    path = folder / "profile.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not TOML: {error}") from None
    _, requirements = load_requirements(folder / "requirements.toml")
    try:
        profile = Profile(
            name=data["name"],
            title=data.get("title", data["name"]),
            revision=str(data["revision"]),
            folder=folder,
            requirements=requirements,
            production_hosts=tuple(data.get("production_hosts", ())),
            authentication=_authentication(data.get("authentication", {})),
            paths=data["paths"],
            fields=data["fields"],
            modes=data["modes"],
            owners=data.get("owners", {}),
            equivalence=data.get("equivalence", {}),
            rules=data.get("rules", {}),
            success_flags=tuple(data.get("answers", {}).get("success_flags", ())),
            click_parameter=data["clicks"]["parameter"],
            settle=float(data.get("settle", 10)),
            documented_requests_per_minute=int(data.get("documented_requests_per_minute", 0)),
            evidence=str(data.get("evidence", "readback")),
            traits=frozenset(data.get("traits", ())),
            answer_paths=data.get("answers", {}).get("paths", {}),
            codes=data.get("answers", {}).get("codes", {}),
            cleanup_path=data.get("cleanup", {}).get("path", ""),
            signature_header=data.get("webhooks", {}).get("signature_header", ""),
            aliases={alias: known.id for known in requirements.values() for alias in known.aliases},
            publishable=_publishable(data.get("publishable")),
        )
    except KeyError as error:
        raise ContractError(
            f"{path} has no {error.args[0]!r}", "See docs/profiles.md for what a profile holds."
        ) from None
    except TypeError as error:
        raise ContractError(f"{path}: {error}", "See docs/profiles.md for what a profile holds.") from None
    for step, owner in profile.owners.items():
        if owner not in profile.requirements:
            raise ContractError(f"{path}: the step {step} is owned by {owner}, which requirements.toml does not have")
    for name in profile.publishable.not_promised if profile.publishable else ():
        if name not in profile.requirements:
            raise ContractError(f"{path}: [publishable] does not promise {name}, which requirements.toml does not have")
    return profile
