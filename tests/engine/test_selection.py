"""Which scenarios run and which checks are made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from engine_talk import EVERYTHING, PROFILE

from conformance.contract import Level
from conformance.engine.selection import Selection
from conformance.errors import UsageError

VARIANTS = "mismatched-external-id/event-2-under-another-id-is-not-attributed"


def chosen(**what: Any) -> set[str]:
    selection = Selection(**what).resolved(EVERYTHING, PROFILE)
    return {scenario.id for scenario in selection.choose(EVERYTHING, PROFILE)}


def test_nothing_asked_for_is_everything() -> None:
    assert chosen() == {scenario.id for scenario in EVERYTHING}


def test_a_suite_is_its_scenarios() -> None:
    assert chosen(suites=("deferred",)) == {one.id for one in EVERYTHING if one.suite == "deferred"}


def test_two_suites_are_both() -> None:
    assert chosen(suites=("deferred", "race")) == chosen(suites=("deferred",)) | chosen(suites=("race",))


def test_a_scenario_without_its_variant_is_all_of_them() -> None:
    all_of_them = chosen(scenarios=(VARIANTS,))

    assert len(all_of_them) > 5
    assert all(one.startswith(VARIANTS + "[") for one in all_of_them)


def test_a_scenario_with_its_variant_is_that_one() -> None:
    assert chosen(scenarios=(f"{VARIANTS}[prefix]",)) == {f"{VARIANTS}[prefix]"}


def test_a_requirement_chooses_every_scenario_that_verifies_it() -> None:
    expected = {one.id for one in EVERYTHING if "sale.amount-kept" in one.verifies}

    assert chosen(requirements=("sale.amount-kept",)) == expected
    assert expected


def test_kinds_of_selection_narrow_one_another() -> None:
    assert chosen(suites=("race",), requirements=("sale.amount-kept",)) == set()


def test_only_the_asked_for_check_is_wanted() -> None:
    selection = Selection(requirements=("sale.amount-kept",))

    assert selection.wants(PROFILE, "sale.amount-kept")
    assert not selection.wants(PROFILE, "sale.recorded")


@pytest.mark.parametrize(
    ("level", "requirement", "wanted"),
    [
        (Level.MAY, "deferred.pending-visible", True),
        (Level.SHOULD, "deferred.pending-visible", True),
        (Level.MUST, "deferred.pending-visible", False),
        (Level.MUST, "deferred.one-lead", True),
    ],
)
def test_the_level_leaves_out_what_is_below_it(level: Level, requirement: str, *, wanted: bool) -> None:
    assert Selection(level=level).wants(PROFILE, requirement) is wanted


def test_what_the_profile_does_not_promise_is_never_checked() -> None:
    unverifiable = next(one.id for one in PROFILE.requirements.values() if not one.verifiable)

    assert not Selection().wants(PROFILE, "made-up.requirement")
    assert not Selection().wants(PROFILE, unverifiable)


def test_a_scenario_none_of_whose_checks_is_wanted_is_left_out() -> None:
    selection = Selection(level=Level.MUST)
    left = {one.id for one in EVERYTHING} - {one.id for one in selection.choose(EVERYTHING, PROFILE)}

    assert "mismatched-external-id/a-mismatched-event-2-shows-as-unlinked" in left


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ({"suites": ("defered",)}, "Did you mean deferred?"),
        ({"requirements": ("deferred.one-leads",)}, "Did you mean deferred.one-lead?"),
        ({"scenarios": ("race/a-small-rase",)}, ""),
        ({"suites": ("zzzzzz",)}, "Known: authentication"),
    ],
)
def test_a_near_name_is_offered_for_one_that_does_not_exist(what: dict[str, Any], hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        Selection(**what).resolved(EVERYTHING, PROFILE)

    assert "there is no" in str(refused.value)
    assert hint in refused.value.remedy


def test_an_alias_stands_for_its_requirement() -> None:
    profile = replace(PROFILE, aliases={"sale.value-kept": "sale.amount-kept"})

    assert Selection(requirements=("sale.value-kept",)).resolved(EVERYTHING, profile).requirements == (
        "sale.amount-kept",
    )


@pytest.mark.parametrize("binds", ["platform", "integrator"])
def test_a_requirement_that_no_scenario_can_check_is_refused_with_the_reason(binds: str) -> None:
    requirement = next(one for one in PROFILE.requirements.values() if one.binds == binds and not one.verifiable)

    with pytest.raises(UsageError) as refused:
        Selection(requirements=(requirement.id,)).resolved(EVERYTHING, PROFILE)

    assert (requirement.unverifiable or "binds the integrator") in str(refused.value)
