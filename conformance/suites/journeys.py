"""Journeys: random customers, one among the other, judged step by step with the ledger of attribution.

Who does what is drawn; whatever a lawful platform may do is followed, and what it recorded has to lie within the bounds
that leaves. A breach is told with the shortest story that shows it. `--max-examples` journeys, else 15.

Where a run may send little, dense journeys take the place of the other suites: with `--budget`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge
from conformance.engine.scenario import scenario
from conformance.generated.material import drawn
from conformance.generated.moves import Story, from_json
from conformance.generated.playing import Performance, perform
from conformance.generated.retelling import mixes_customers, one_after_the_other, reordered, respelt, retried
from conformance.generated.screening import screened
from conformance.generated.themes import AT_ONCE, BUY, SIGN_UP, THEMES
from conformance.generated.verdicts import judge_stories
from conformance.suites.dense import buyer, refusals, verified, wrong
from conformance.target.target import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.engine.journey import Journey, Play
    from conformance.generated.playing import Spelling

_JOURNEYS = 15
_RETOLD = 1


@scenario(*SIGN_UP, needs="rules")
async def random_customers_sign_up(journey: Journey) -> None:
    """Random customers sign up, are verified, retry and get it wrong; each is recorded as the documents say."""
    await judge_stories(journey, await _stories(journey.play, "sign-up"), SIGN_UP, perform)


@scenario(*BUY, needs="rules")
async def random_customers_buy(journey: Journey) -> None:
    """Random customers buy, with new, repeated and reordered invoices; every sale counts once, as it was sent."""
    await judge_stories(journey, await _stories(journey.play, "buy"), BUY, perform)


@scenario(*AT_ONCE, needs="rules")
async def random_customers_come_at_the_same_moment(journey: Journey) -> None:
    """Random customers whose steps meet at the same moment are not mixed up, and nothing of them counts twice."""
    await judge_stories(journey, await _stories(journey.play, "at-once"), AT_ONCE, perform)


@scenario("non-deferred.confirmed-at-once", needs="rules", variants={"field-order": reordered, "spelling": respelt})
async def the_same_journey_in_other_json_is_recorded_the_same(journey: Journey, spelling: Spelling) -> None:
    """A journey whose JSON has its fields in another order, or other spaces and escapes, is recorded the same."""
    await _retold(journey, ("non-deferred.confirmed-at-once",), lambda story: story, spelling)


@scenario("retry.lead-counted-once", needs="rules")
async def the_same_journey_retried_is_recorded_the_same(journey: Journey) -> None:
    """A journey of which every step is sent twice, byte for byte, is recorded as if each had been sent once."""
    await _retold(journey, ("retry.lead-counted-once",), retried, encode)


@scenario("non-deferred.confirmed-at-once", needs="rules")
async def the_same_journey_among_others_is_recorded_the_same(journey: Journey) -> None:
    """Customers who come one among the other are recorded as if each had come alone."""
    await _retold(journey, ("non-deferred.confirmed-at-once",), one_after_the_other, encode)


# --- dense journeys ---------------------------------------------------------------------------------------------------

_DENSE = "dense-journeys"


@scenario(*buyer.BUYER, needs=_DENSE, dense=True)
async def a_buyer_with_everything_a_lead_can_carry(journey: Journey) -> None:
    """A lead with all that is lawfully odd about it, and sales that repeat, resemble and overtake one another."""
    await screened(journey, buyer.BUYER, buyer.told)


@scenario(*verified.VERIFIED, needs=_DENSE, dense=True)
async def customers_verified_one_among_the_other(journey: Journey) -> None:
    """Customers who are verified, retried, resent and mistaken for one another are each recorded rightly."""
    await screened(journey, verified.VERIFIED, verified.told)


@scenario(*refusals.REFUSALS, needs=_DENSE, dense=True)
async def a_customer_refused_until_rightly_signed_up(journey: Journey) -> None:
    """Of a customer of whom everything wrong was refused, nothing is recorded but the lead that was right."""
    await screened(journey, refusals.REFUSALS, refusals.told)


@scenario(*wrong.LEADS, needs=_DENSE, dense=True)
async def wrong_leads_are_refused(journey: Journey) -> None:
    """Leads with one thing wrong, each another, are refused."""
    await wrong.leads(journey)


@scenario(*wrong.SALES, needs=_DENSE, dense=True)
async def wrong_sales_are_refused(journey: Journey) -> None:
    """Sales with one thing wrong, each another, are refused."""
    await wrong.sales(journey)


@scenario(*wrong.REQUESTS, needs=_DENSE, dense=True)
async def requests_that_are_no_event_are_refused(journey: Journey) -> None:
    """An empty body and a method that tracks nothing are refused."""
    await wrong.requests(journey)


async def _retold(
    journey: Journey, declared: tuple[str, ...], otherwise: Callable[[Story], Story], spelling: Spelling
) -> None:
    found = [*await _stories(journey.play, "sign-up"), *await _stories(journey.play, "buy")]
    plain = [story for story in found if not mixes_customers(story) and len(story) > 1]
    size = max(_RETOLD, (journey.play.max_examples or 0) // 10)
    both = partial(_both, declared=declared, otherwise=otherwise, spelling=spelling)
    await judge_stories(journey, _spread(plain, size), declared, both)


async def _both(
    play: Play,
    story: Story,
    /,
    *,
    declared: tuple[str, ...],
    otherwise: Callable[[Story], Story],
    spelling: Spelling,
) -> Performance:
    """Plays a story as it is and told otherwise; what is wrong already as it is, is another scenario's to tell."""
    first = await perform(play, story)
    if first.look is not None:
        await first.look()
    if first.breaches or first.struck or first.unseen:
        first.breaches.clear()
        first.look = None
        return first
    second = await perform(play, otherwise(story), spelling=spelling, like=first.shapes)
    if second.look is not None:
        await second.look()
        second.look = None
    if not second.breaches and not second.unseen:
        second.held |= set(declared)
    return second


def _spread(stories: list[Story], size: int) -> list[Story]:
    """So many from the whole list, the first among them."""
    step = max(len(stories) // size, 1)
    return stories[::step][:size]


async def _stories(play: Play, theme: str) -> list[Story]:
    size = -(-(play.max_examples or _JOURNEYS) // len(THEMES))
    found = await drawn(play, "journeys", size)
    if not found[theme]:
        raise CannotJudge("no story was generated")
    return [from_json(story) for story in found[theme]]
