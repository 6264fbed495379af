"""Scenarios that the tests of the engine tell, smaller than those of the suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge, HarnessFault
from conformance.engine.matchers import (
    Found,
    has_at_most_confirmed_leads,
    has_confirmed_lead,
    has_confirmed_leads,
    has_no_confirmed_lead,
    is_attributed_to,
)
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey


@scenario("sale.accepted")
async def a_sale_is_accepted(journey: Journey) -> None:
    """A sale is accepted."""
    click = await journey.click()
    journey.must("sale.accepted", await journey.sale(invoice=journey.invoice(), click=click))


@scenario("non-deferred.accepted", variants={str(number): number for number in range(40)})
async def a_lead_is_accepted(journey: Journey, _number: int) -> None:
    """A lead is accepted."""
    journey.must("non-deferred.accepted", await journey.lead(click=await journey.click()))


@scenario("deferred.pending-until-event-2")
async def a_pending_lead_does_not_count(journey: Journey) -> None:
    """No confirmed lead before event 2."""
    await journey.given_lead(click=await journey.click(), mode="deferred")
    await journey.must_record("deferred.pending-until-event-2", has_no_confirmed_lead())


@scenario("non-deferred.confirmed-at-once")
async def a_lead_shows(journey: Journey) -> None:
    """A lead shows."""
    await journey.given_lead(click=await journey.click())
    await journey.must_record("non-deferred.confirmed-at-once", has_confirmed_lead())


@scenario("non-deferred.confirmed-at-once", "non-deferred.one-lead", "non-deferred.attributed")
async def a_lead_shows_counts_once_and_is_attributed(journey: Journey) -> None:
    """Three things that one look after the wait for markers shows, and the same again after a further step."""
    click = await journey.click()
    for _ in range(2):
        await journey.given_lead(click=click)
        await journey.must_record("non-deferred.confirmed-at-once", has_confirmed_lead())
        await journey.must_record("non-deferred.attributed", is_attributed_to(click))
        await journey.must_record("non-deferred.one-lead", has_confirmed_leads(1, click=click))
        await journey.must_record("non-deferred.one-lead", has_at_most_confirmed_leads(1))


@scenario("non-deferred.accepted", "sale.accepted")
async def the_second_half_is_forgotten(journey: Journey) -> None:
    """Only half of what is declared is judged."""
    journey.must("non-deferred.accepted", await journey.lead(click=await journey.click()))


@scenario("non-deferred.accepted", "non-deferred.one-lead")
async def it_crashes(journey: Journey) -> None:
    """A defect of trackproof."""
    journey.must("non-deferred.accepted", await journey.lead(click=await journey.click()))
    raise ZeroDivisionError("a defect of trackproof")


@scenario("non-deferred.accepted")
async def it_sends_what_the_contract_forbids(journey: Journey) -> None:
    """A request that is wrong, and not on purpose."""
    journey.must("non-deferred.accepted", await journey.lead(click=await journey.click(), event=""))


@scenario("non-deferred.accepted")
async def it_repeats_what_was_never_sent(_journey: Journey) -> None:
    """There is nothing to repeat."""
    raise HarnessFault("there is nothing to send again")


@scenario("click-capture.id-usable")
async def it_breaks_off_between_two_checks(journey: Journey) -> None:
    """One requirement is judged twice, and a step in between is refused."""
    journey.satisfied("click-capture.id-usable", "the first half", "the first half")
    raise CannotJudge("a step was refused", owner="deferred.event-2-accepted")


@scenario("race.sales-counted-once")
async def a_small_race(journey: Journey) -> None:
    """Three sales at once."""
    request = journey.request("sale", journey.sale_body(invoice=journey.invoice(), click=await journey.click()))
    answers = await journey.together([request] * 3)
    for answer in answers:
        journey.must("race.sales-counted-once", answer, lambda a: _any(a.status), "an answer")


def _any(status: int) -> Found:
    return Found(holds=status == 200, actual=str(status))
