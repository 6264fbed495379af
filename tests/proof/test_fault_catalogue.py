"""The catalogue is complete, and what was written down of the matrix is up to date with it."""

from __future__ import annotations

import json
import re
from collections import Counter
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

import document
import lawful
import pytest
from playing import PROFILES, dense_of, scenarios_of

from conformance.contract import Level, shipped_profiles
from conformance.engine import budget
from conformance.sandbox.faults import FAULTS, UNDER_LOAD, faults_of, faults_under_load
from conformance.sandbox.latitudes import LATITUDES, latitudes_of

NAMES = sorted(PROFILES)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

every_profile = pytest.mark.parametrize("name", NAMES)


def data(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((document.DATA / f"{name}.json").read_text("utf-8"))
    return found


def section(name: str) -> str:
    return document.PAGE.read_text("utf-8").partition(f"\n## {PROFILES[name].title}\n")[2].partition("\n## ")[0]


def test_every_shipped_profile_has_its_matrix() -> None:
    assert tuple(NAMES) == shipped_profiles()


def test_there_are_at_least_seventy_faults_and_twenty_five_latitudes() -> None:
    assert len(FAULTS) >= 70
    assert len(LATITUDES) >= 25


@pytest.mark.parametrize("catalogue", [(*FAULTS, *UNDER_LOAD), LATITUDES], ids=["faults", "latitudes"])
def test_names_are_slugs_and_descriptions_sentences_and_neither_is_used_twice(catalogue: tuple[object, ...]) -> None:
    names, descriptions = (Counter(getattr(one, what) for one in catalogue) for what in ("name", "description"))
    assert [name for name in names if not SLUG.fullmatch(name)] == []
    assert [text for text in descriptions if not re.fullmatch(r"[A-Z].*\w\.", text) or "\n" in text] == []
    assert [name for name, count in names.items() if count > 1] == []
    assert [text for text, count in descriptions.items() if count > 1 and catalogue is not LATITUDES] == []


@every_profile
def test_every_must_that_can_be_verified_has_a_fault_that_is_named_after_it(name: str) -> None:
    musts = {one.id for one in PROFILES[name].requirements.values() if one.verifiable and one.level is Level.MUST}
    assert musts - {fault.breaks for fault in faults_of(name)} == set()


@every_profile
def test_a_fault_breaks_what_the_profile_promises_and_a_may_is_never_broken(name: str) -> None:
    profile = PROFILES[name]
    faults = (*faults_of(name), *faults_under_load(name))
    moot = [one.name for one in faults if not profile.promises(one.breaks)]
    assert moot == []
    assert [one.name for one in faults if profile.requirement(one.breaks).level is Level.MAY] == []


def test_what_a_fault_breaks_besides_exists_somewhere() -> None:
    known = {requirement for profile in PROFILES.values() for requirement in profile.requirements}
    astray = [
        (fault.name, pattern)
        for fault in (*FAULTS, *UNDER_LOAD)
        for pattern in fault.also
        if not any(fnmatchcase(requirement, pattern) for requirement in known)
    ]
    assert astray == []


@every_profile
def test_a_latitude_lacks_recommendations_only(name: str) -> None:
    profile = PROFILES[name]
    lacking = [(one.name, lack) for one in latitudes_of(name) for lack in one.lacks]
    assert [pair for pair in lacking if profile.requirement(pair[1]).level is not Level.SHOULD] == []


@every_profile
def test_the_covering_array_holds_every_pair_that_can_be_and_no_other(name: str) -> None:
    by_name = {latitude.name: latitude for latitude in latitudes_of(name)}
    covered = {frozenset(pair) for row in lawful.covering_array(name) for pair in combinations(row, 2)}
    can_be = {
        frozenset((one, other)) for one, other in combinations(by_name, 2) if by_name[one].about != by_name[other].about
    }
    assert covered == can_be


# --- the page and the data --------------------------------------------------------------------------------------------


@every_profile
def test_the_page_lists_every_fault_with_its_requirement(name: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \| `([^`]+)` \((\w+)\) \| [^|]+ \| \d+ \|$", section(name), re.MULTILINE)
    level = {fault.name: PROFILES[name].requirement(fault.breaks).level for fault in faults_of(name)}
    told = [(fault.name, fault.description, fault.breaks, str(level[fault.name])) for fault in faults_of(name)]
    assert rows == told, "say `make proof`"


@every_profile
def test_the_data_are_of_these_faults_and_these_scenarios(name: str) -> None:
    found = data(name)
    assert found["format"] == budget.FORMAT
    assert found["faults"] == {fault.name: fault.breaks for fault in faults_of(name)}, "say `make proof`"
    played = (*dense_of(PROFILES[name]), *scenarios_of(PROFILES[name]))
    assert list(found["scenarios"]) == [one.id for one in played], "say `make proof`"


@every_profile
def test_every_fault_is_caught_by_some_scenario(name: str) -> None:
    found = data(name)
    caught = {fault for told in found["scenarios"].values() for fault in told["kills"]}
    assert caught == set(found["faults"])


@every_profile
def test_every_scenario_catches_some_fault(name: str) -> None:
    idle = [scenario for scenario, told in data(name)["scenarios"].items() if not told["kills"]]
    assert idle == [], "plant what only this one sees, or remove it"
