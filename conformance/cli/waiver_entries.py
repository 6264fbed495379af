"""The entries of `[[waivers]]` in trackproof.toml: their shape, and what they are about in a profile."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.errors import ConfigurationError
from conformance.results.waivers import FAILURE, INCONCLUSIVE, Waiver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario

TABLE = "waivers"
_REQUIRED = ("reason", "owner", "expires", "issue")
_SUBJECTS = ("requirement", "scenario")
KEYS = (*_SUBJECTS, *_REQUIRED, "accepts")
_ACCEPTED = (FAILURE, INCONCLUSIVE)


def read_waivers(entries: Any, place: Callable[..., str]) -> tuple[Waiver, ...]:
    """The waivers of a document; `place` names the file and the line of a path.

    Raises ConfigurationError for an entry that is no waiver.
    """
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigurationError(f"{place(TABLE)}: {TABLE} is no list of tables", f"Head each entry with [[{TABLE}]].")
    return tuple(_read(entry, number, place) for number, entry in enumerate(entries))


def _read(entry: Mapping[str, Any], number: int, place: Callable[..., str]) -> Waiver:
    here = place(TABLE, number)
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(KEYS)}."
            raise ConfigurationError(f"{place(TABLE, number, key)}: a waiver has no {key}", hint)
    for key, value in entry.items():
        _check(key, value, place(TABLE, number, key))
    subjects = [key for key in _SUBJECTS if key in entry]
    if len(subjects) != 1:
        what = "both a requirement and a scenario" if subjects else "neither a requirement nor a scenario"
        raise ConfigurationError(f"{here}: the waiver names {what}", "Give it one of the two.")
    for key in _REQUIRED:
        if key not in entry:
            raise ConfigurationError(
                f"{here}: the waiver of {entry[subjects[0]]} has no {key}", f"A waiver needs {', '.join(_REQUIRED)}."
            )
    return Waiver(place=here, **entry)


def _check(key: str, value: Any, where: str) -> None:
    if key == "expires":
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise ConfigurationError(f"{where}: expires is {_shown(value)}", "It has to be a date, such as 2027-01-31.")
    elif not isinstance(value, str):
        raise ConfigurationError(f"{where}: {key} is {_shown(value)}", "It has to be text.")
    elif not value.strip():
        raise ConfigurationError(
            f"{where}: {key} is empty", "Say it: a waiver that nobody answers for never goes away."
        )
    elif key == "accepts" and value not in _ACCEPTED:
        raise ConfigurationError(
            f"{where}: accepts is {value!r}", f'It has to be "{FAILURE}" (the default) or "{INCONCLUSIVE}".'
        )


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, dt.date | dt.time) else repr(value)


def in_force(
    waivers: Sequence[Waiver], scenarios: Sequence[Scenario], profile: Profile, today: dt.date
) -> tuple[Waiver, ...]:
    """The waivers with the checks that each is about; raises ConfigurationError for one that cannot be used.

    A waiver holds through the day that it names; an expired one is an error, and so is one of an unknown id.
    """
    for waiver in waivers:
        if waiver.expires < today:
            raise ConfigurationError(
                f"{waiver.place}: the waiver of {waiver.subject} expired on {waiver.expires.isoformat()} "
                f"({waiver.owner}, {waiver.issue})",
                "Fix what it waives, or let its owner give it a new date.",
            )
    playable = [scenario for scenario in scenarios if scenario.exists_for(profile)]
    return tuple(_resolved(waiver, playable, profile) for waiver in waivers)


def _resolved(waiver: Waiver, scenarios: Sequence[Scenario], profile: Profile) -> Waiver:
    name = waiver.subject
    if waiver.requirement is not None:
        name = profile.aliases.get(name, name)
        known = set(profile.requirements)
    else:
        known = {one for scenario in scenarios for one in (scenario.id, scenario.id.partition("[")[0])}
    if name not in known:
        kind = "requirement" if waiver.requirement is not None else "scenario"
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "Correct it, or delete the entry."
        raise ConfigurationError(f"{waiver.place}: the profile {profile.name} has no {kind} {name!r}", hint)
    about = [
        (scenario, requirement)
        for scenario in scenarios
        for requirement in scenario.verifies
        if profile.promises(requirement) and name in (requirement, scenario.id, scenario.id.partition("[")[0])
    ]
    if not about:
        raise ConfigurationError(f"{waiver.place}: no scenario checks {name}, so it cannot fail", "Delete the entry.")
    covered = frozenset((scenario.id, requirement) for scenario, requirement in about)
    return replace(
        waiver,
        requirement=name if waiver.requirement is not None else None,
        covered=covered,
        optional=frozenset((scenario.id, requirement) for scenario, requirement in about if scenario.dense),
    )
