"""`--budget N` chooses what detects most, keeps within N, and says what it leaves out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import document
import pytest
from playing import PROFILES, dense_of, play, scenarios_of
from test_fault_catalogue import section

from conformance.contract import Level
from conformance.engine.budget import PREFLIGHT, choose, is_generated
from conformance.engine.selection import Selection
from conformance.sandbox.variation import NONE
from conformance.suites import all_scenarios
from conformance.target.target import Limits

if TYPE_CHECKING:
    from conformance.engine.scenario import Scenario

PROFILE = PROFILES["cutmeshort"]
HAND_WRITTEN = scenarios_of(PROFILE)
# Of the catalogue, in per cent, within a minute of the documented limit.
AT_LEAST = {"cutmeshort": 85, "dub": 99}


def candidates(name: str) -> tuple[Scenario, ...]:
    return (*dense_of(PROFILES[name]), *scenarios_of(PROFILES[name]))


@pytest.mark.parametrize("name", sorted(AT_LEAST))
def test_a_minute_of_the_documented_limit_catches_most_of_the_catalogue(name: str) -> None:
    chosen = choose(candidates(name), PROFILES[name], PROFILES[name].documented_requests_per_minute)
    assert 100 * chosen.caught >= AT_LEAST[name] * chosen.faults
    told = re.search(r"`--budget (\d+)` catches (\d+) of (\d+) faults", section(name))
    assert told is not None, "say `make proof`"
    assert int(told[1]) == chosen.budget
    assert 100 * int(told[2]) >= AT_LEAST[name] * int(told[3])
    assert int(told[3]) == chosen.faults


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_dense_scenario_costs_what_was_measured(name: str) -> None:
    measured = json.loads((document.DATA / f"{name}.json").read_text("utf-8"))["scenarios"]
    for one in dense_of(PROFILES[name]):
        spent = play(PROFILES[name], NONE, [one]).run.requests - PREFLIGHT
        assert spent == measured[one.id]["exchanges"], f"say `make proof`: {one.id}"


def test_of_a_level_only_what_breaks_it_counts() -> None:
    selection = Selection(level=Level.MUST, dense=True)
    chosen = choose(selection.choose(all_scenarios(), PROFILE), PROFILE, 60, partial(selection.wants, PROFILE))
    everything = choose(candidates("cutmeshort"), PROFILE, 60)
    assert 0 < chosen.caught <= chosen.faults < everything.faults


def test_dense_scenarios_are_played_where_there_is_a_budget_or_where_they_are_named() -> None:
    dense = {one.id for one in dense_of(PROFILE)}
    assert dense
    assert dense.isdisjoint(one.id for one in Selection().choose(all_scenarios(), PROFILE))
    (named, *_) = sorted(dense)
    assert [one.id for one in Selection(scenarios=(named,)).choose(all_scenarios(), PROFILE)] == [named]
    of_a_suite = Selection(suites=("sale",), dense=True).choose(all_scenarios(), PROFILE)
    assert dense.isdisjoint(one.id for one in of_a_suite)
    assert dense & {one.id for one in choose(candidates("cutmeshort"), PROFILE, 60).scenarios}


@pytest.mark.parametrize("budget", [20, 60, 200])
@pytest.mark.parametrize("name", sorted(PROFILES))
def test_what_is_chosen_fits_into_the_budget(name: str, budget: int) -> None:
    chosen = choose(candidates(name), PROFILES[name], budget)
    assert chosen.scenarios
    assert play(PROFILES[name], NONE, chosen.scenarios).run.requests <= budget


def test_a_larger_budget_catches_more_and_a_large_one_everything() -> None:
    caught = [choose(HAND_WRITTEN, PROFILE, budget).caught for budget in (20, 60, 200, 10_000)]
    assert caught == sorted(set(caught))
    everything = choose(HAND_WRITTEN, PROFILE, 10_000)
    assert everything.caught == everything.faults > 0


def test_of_two_scenarios_that_cost_the_same_the_one_that_catches_more_is_chosen() -> None:
    measured = json.loads((document.DATA / "cutmeshort.json").read_text("utf-8"))["scenarios"]
    worth = {one.id: len(measured[one.id]["kills"]) / measured[one.id]["exchanges"] for one in HAND_WRITTEN}
    best = max(HAND_WRITTEN, key=lambda one: worth[one.id])
    (chosen,) = choose(HAND_WRITTEN, PROFILE, PREFLIGHT + measured[best.id]["exchanges"]).scenarios
    assert worth[chosen.id] == worth[best.id]


def test_nothing_fits_into_a_budget_that_the_preflight_uses_up() -> None:
    chosen = choose(HAND_WRITTEN, PROFILE, PREFLIGHT)
    assert chosen.scenarios == ()
    assert chosen.caught == 0


def test_what_is_left_over_goes_to_requirements_that_nobody_checks_yet() -> None:
    plenty = choose(HAND_WRITTEN, PROFILE, 10_000)
    checked = {requirement for one in plenty.scenarios for requirement in one.verifies if PROFILE.promises(requirement)}
    assert checked == {one.id for one in PROFILE.requirements.values() if one.verifiable}
    assert plenty.left_out


def test_generated_suites_are_left_out() -> None:
    everything = Selection().choose(all_scenarios(), PROFILE)
    generated = [one for one in everything if is_generated(one)]
    assert generated
    assert not set(choose(everything, PROFILE, 10_000).scenarios) & set(generated)


def test_a_dense_scenario_costs_the_same_where_nothing_was_measured() -> None:
    unknown = replace(PROFILE, name="somebody-elses")
    chosen = choose(candidates("cutmeshort"), unknown, 60)
    assert 0 < play(PROFILE, NONE, chosen.scenarios).run.requests <= 60


def test_a_profile_without_a_matrix_goes_by_the_requirements_that_are_checked() -> None:
    unknown = replace(PROFILE, name="somebody-elses")
    chosen = choose(HAND_WRITTEN, unknown, 60)
    assert chosen.faults == 0
    assert "planted faults" not in chosen.told
    checked = {requirement for one in chosen.scenarios for requirement in one.verifies}
    assert len(checked) > len(chosen.scenarios)


def test_the_operator_is_told_what_is_left_out() -> None:
    chosen = choose(HAND_WRITTEN, PROFILE, 60)
    assert chosen.told.startswith(f"--budget 60: {len(chosen.scenarios)} of {len(HAND_WRITTEN)} scenarios")
    assert f"which catch {chosen.caught} of {chosen.faults} planted faults; left out: " in chosen.told
    for suite in {one.suite for one in chosen.left_out}:
        count = sum(one.suite == suite for one in chosen.left_out)
        assert f"{suite} {count}" in chosen.told


def test_the_limit_of_a_run_holds_whatever_the_choice_was() -> None:
    limits = Limits(concurrency=512, deadline=5.0, settle=1.0, max_requests=10)
    assert play(PROFILE, NONE, choose(HAND_WRITTEN, PROFILE, 60).scenarios, limits).run.requests <= 10
