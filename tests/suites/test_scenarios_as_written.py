"""What the suites declare, held against the contracts; nothing is run."""

from __future__ import annotations

import importlib
import inspect
import re
from collections import Counter

import pytest
from for_each import for_each

from conformance.contract import Profile, load_profile, shipped_profiles
from conformance.engine.scenario import Scenario, ScenarioGroup, scenario, traits
from conformance.engine.selection import Selection
from conformance.suites import SUITES, all_scenarios

PROFILES = [load_profile(name) for name in shipped_profiles()]
CUTMESHORT = load_profile("cutmeshort")
NAMED_BY_THE_PROJECT = {"non-deferred", "deferred", "mismatched-external-id", "resent-click-id", "duplicate-sale"}
MODULES = [importlib.import_module(f"conformance.suites.{suite.replace('-', '_')}") for suite in SUITES]
# Data that is sent and is long enough to be recognised.
_PAYLOAD = re.compile(r"[^a-z0-9/\[\]-]")

every_profile = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)


def of(profile: Profile) -> tuple[Scenario, ...]:
    return Selection().choose(all_scenarios(), profile)


def verified(profile: Profile) -> set[str]:
    return {requirement for one in of(profile) for requirement in one.verifies}


@every_profile
def test_every_requirement_that_can_be_verified_is_verified_by_a_scenario(profile: Profile) -> None:
    verifiable = {one.id for one in profile.requirements.values() if one.verifiable}

    assert verifiable - verified(profile) == set()


def test_every_requirement_that_a_scenario_verifies_exists_and_can_be_verified() -> None:
    promised = {one.id for profile in PROFILES for one in profile.requirements.values() if one.verifiable}

    assert {name for one in all_scenarios() for name in one.verifies} - promised == set()


@every_profile
def test_a_requirement_is_verified_in_the_suite_that_owns_it(profile: Profile) -> None:
    suites: dict[str, set[str]] = {}
    for one in of(profile):
        for name in one.verifies:
            suites.setdefault(name, set()).add(one.suite)

    assert {name: found for name, found in suites.items() if name.partition(".")[0] not in found} == {}


def test_there_are_at_least_eighty_scenarios() -> None:
    assert len(of(CUTMESHORT)) >= 80


def test_the_five_suites_that_the_project_names_are_there() -> None:
    found = Counter(one.suite for one in of(CUTMESHORT))

    assert found.keys() >= NAMED_BY_THE_PROJECT
    assert min(found[suite] for suite in NAMED_BY_THE_PROJECT) >= 5


def test_every_suite_has_scenarios_and_says_what_it_is_for() -> None:
    assert {one.suite for one in all_scenarios()} == set(SUITES)
    assert all(module.__doc__ for module in MODULES)


def test_no_two_scenarios_have_one_id() -> None:
    assert [name for name, count in Counter(one.id for one in all_scenarios()).items() if count > 1] == []


@for_each(all_scenarios())
def test_an_id_is_made_of_words_and_never_of_what_is_sent(one: Scenario) -> None:
    base, _, variant = one.id.partition("[")

    assert re.fullmatch(r"[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*", base)
    assert one.suite == base.partition("/")[0]
    assert variant == "" or re.fullmatch(r"[a-z0-9][a-z0-9-]*\]", variant)
    assert not _PAYLOAD.search(one.id)


@for_each(all_scenarios())
def test_a_scenario_has_a_title_that_is_a_sentence(one: Scenario) -> None:
    assert re.match(r"[A-Z0-9\"'`]", one.title)
    assert one.title.endswith(".")
    assert " " in one.title
    assert "\n" not in one.title
    assert len(one.title) <= 180


def test_no_two_scenarios_have_one_title() -> None:
    twice = [title for title, count in Counter((one.suite, one.title) for one in all_scenarios()).items() if count > 1]

    assert twice == []


@for_each(all_scenarios())
def test_a_scenario_verifies_something_and_says_it_once(one: Scenario) -> None:
    assert one.verifies
    assert len(set(one.verifies)) == len(one.verifies)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_suite_knows_a_profile_by_name(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type]

    assert "profile.name" not in source
    assert not [name for name in shipped_profiles() if re.search(rf"(?i)\b{name}\b", source)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_scenario_of_a_module_is_left_out(module: object) -> None:
    groups = [value for value in vars(module).values() if isinstance(value, ScenarioGroup)]

    assert {one.id for group in groups for one in group.scenarios} <= {one.id for one in all_scenarios()}
    assert groups


@every_profile
def test_traits_that_scenarios_ask_for_are_traits_of_some_profile(profile: Profile) -> None:
    known = frozenset().union(*(traits(one) for one in PROFILES))
    asked = {trait for one in of(profile) for trait in (one.needs, one.unless) if trait}

    assert asked <= known


def test_a_scenario_without_a_sentence_is_no_scenario() -> None:
    async def nameless(_journey: object) -> None: ...

    with pytest.raises(TypeError, match="has no docstring"):
        scenario("deferred.one-lead")(nameless)


def test_variants_hand_over_one_argument_or_several() -> None:
    async def play(_journey: object, *_arguments: object) -> None:
        """Something holds."""

    play.__module__ = "conformance.suites.race"
    group = scenario("race.answered", variants={"one": 1, "two-of-them": (1, 2), "nothing": None})(play)

    assert [one.arguments for one in group.scenarios] == [(1,), (1, 2), (None,)]
    assert [one.id for one in group.scenarios] == ["race/play[one]", "race/play[two-of-them]", "race/play[nothing]"]
    assert group.scenarios[1].title == "Something holds: two of them."
