"""What the engine does for suites that generate their examples: open requirements, exchanges that are not listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine_talk import PROFILE, Altered, make_run, play, unchanged
from virtual_time import run_at_once

from conformance.engine.scenario import scenario
from conformance.results import Missing, Verdict

if TYPE_CHECKING:
    from conformance.engine.journey import Journey


@scenario("sale.accepted")
async def nothing_bears_on_it(journey: Journey) -> None:
    """Nothing that was drawn is a sale."""
    for requirement in ("sale.accepted", "no.such-requirement"):
        journey.unjudged(requirement, expected="a sale", reason="none was drawn", missing=Missing("--seed", "another"))


@scenario("non-deferred.accepted")
async def of_many_leads_one_is_listed(journey: Journey) -> None:
    """Five leads, of which the transcript keeps one."""
    journey.must("non-deferred.accepted", await journey.lead(click=await journey.click()))
    journey.account.left_out += 4


@scenario(variants={"lead": "non-deferred.accepted", "sale": "sale.accepted"}, needs="rules")
async def each_variant_is_about_its_own(journey: Journey, requirement: str) -> None:
    """Each variant checks the requirement that is its value."""
    journey.satisfied(requirement, "anything", "something")


@scenario("sale.accepted", needs="openapi")
async def a_document_is_needed(journey: Journey) -> None:
    """There is an OpenAPI document."""
    journey.satisfied("sale.accepted", "anything", "something")


def test_what_could_not_be_put_to_the_test_is_inconclusive_and_names_the_remedy() -> None:
    (check,) = play(unchanged, nothing_bears_on_it).scenarios[0].checks

    assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "none was drawn")
    assert check.missing == Missing("--seed", "another")


def test_exchanges_that_are_not_listed_are_counted() -> None:
    run = make_run(Altered(unchanged), of_many_leads_one_is_listed.scenarios)
    (result,) = run_at_once(run.results()).scenarios

    assert run.left_out == {result.id: 4}


def test_a_scenario_without_requirements_of_its_own_has_one_for_each_variant() -> None:
    verified = {one.variant: one.verifies for one in each_variant_is_about_its_own.scenarios}

    assert verified == {"lead": ("non-deferred.accepted",), "sale": ("sale.accepted",)}


def test_what_needs_a_document_exists_only_where_there_is_one() -> None:
    (one,) = a_document_is_needed.scenarios

    assert one.exists_for(PROFILE)
    assert len(play(unchanged, each_variant_is_about_its_own).scenarios) == 2
