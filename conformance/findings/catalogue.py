"""The catalogue: every kind of finding that the judge can make, read from catalogue.toml and fitted to a profile."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from conformance.findings.model import EventRef, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.contract import Profile

LANGUAGES = ("python", "javascript", "curl")


@dataclass(frozen=True)
class Kind:
    """One kind of finding; `examples` has the right way in each of the languages."""

    id: str
    title: str
    severity: Severity
    requirement: str
    message: str
    why: str
    remedy: str
    examples: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, Any]]
    source: str = ""

    def finding(
        self,
        customer: str,
        events: Iterable[EventRef],
        values: Mapping[str, object],
        severity: Severity | None = None,
        others: Iterable[str] = (),
    ) -> Finding:
        """A finding of this kind, at this customer; `values` are what the message quotes."""
        quoted = tuple((key, _quoted(value)) for key, value in values.items())
        return Finding(
            id=self.id,
            severity=severity or self.severity,
            customer=customer,
            requirement=self.requirement,
            template=self.message,
            remedy=self.remedy,
            events=tuple(events),
            values=(("customer", _quoted(customer)), *quoted),
            others=tuple(others),
        )


_LONGEST_QUOTE = 200


def _quoted(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


@cache
def catalogue() -> Mapping[str, Kind]:
    """Every kind by its id, in the order of the file."""
    text = files("conformance.findings").joinpath("catalogue.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    examples = document["examples"]
    return {entry["id"]: _kind(entry, examples) for entry in document["finding"]}


def kinds_of(profile: Profile) -> Mapping[str, Kind]:
    """The kinds that can be judged under a profile: those whose requirement it has, as it words them."""
    fitted = {}
    for kind in catalogue().values():
        changes = dict(kind.profiles.get(profile.name, {}))
        if changes.pop("off", False):
            continue
        if "severity" in changes:
            changes["severity"] = Severity(changes["severity"])
        made = replace(kind, **changes)
        requirement = profile.requirements.get(made.requirement)
        if requirement is not None:
            fitted[made.id] = replace(made, source=requirement.source)
    return fitted


def _kind(entry: Mapping[str, Any], examples: Mapping[str, Mapping[str, str]]) -> Kind:
    return Kind(
        id=entry["id"],
        title=entry["title"],
        severity=Severity(entry["severity"]),
        requirement=entry["requirement"],
        message=entry["message"],
        why=entry["why"],
        remedy=entry["remedy"],
        examples={language: examples[entry["example"]][language].strip("\n") for language in LANGUAGES},
        profiles=entry.get("profiles", {}),
    )
