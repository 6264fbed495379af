"""Stories of random customers: what is drawn makes sense, and what the ledger records lies within its bounds."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from generated_talk import PROFILE

from conformance.contract import Profile, load_profile
from conformance.engine.faults import CannotJudge
from conformance.generated.drawing import draw
from conformance.generated.moves import Freedom, Move, Story, from_json, sensible, shorter, to_json, told
from conformance.generated.oracle import Names, Oracle
from conformance.generated.rehearsal import rehearsed
from conformance.generated.retelling import mixes_customers, one_after_the_other, reordered, respelt, retried
from conformance.generated.shrinking import shortest
from conformance.generated.strategies import stories
from conformance.generated.themes import THEMES
from conformance.ledger import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from conformance.generated.accounts import Expected

PROFILES = (PROFILE, load_profile("dub"))
EVENT_1 = Move("event-1", 0, click=0)
EVENT_2 = Move("event-2", 0)
SALE = Move("sale", 0, invoice=0)


def drawn(profile: Profile, theme: str, number: int = 25) -> list[Story]:
    return draw(stories(theme, Freedom.of(profile)), number, 3)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("theme", THEMES)
def test_what_the_ledger_records_of_a_story_is_within_its_bounds(profile: Profile, theme: str) -> None:
    for story in drawn(profile, theme):
        for strict in (False, True):
            _, facets = rehearsed(profile, story, strict=strict)
            assert [facet for facet in facets if not facet.holds] == [], told(story)


def test_stories_and_their_shorter_forms_make_sense() -> None:
    for story in drawn(PROFILE, "at-once", 15):
        assert sensible(story)
        assert from_json(json.loads(json.dumps(to_json(story)))) == story
        assert all(sensible(one) and one != story and len(one) <= len(story) for one in shorter(story))


@pytest.mark.parametrize(
    "story",
    [
        (EVENT_2,),
        (Move("again", 0),),
        (SALE,),
        (EVENT_1, Move("later-lead", 0)),
        (EVENT_1, replace(EVENT_2, at_once=True)),
        (replace(EVENT_1, at_once=True),),
    ],
)
def test_what_does_not_follow_is_no_story(story: Story) -> None:
    assert not sensible(story)


# --- the bounds ---------------------------------------------------------------------------------------------------


def breached(story: Story, record: RecordedCustomer | None, *refused: int) -> set[str | None]:
    """What a record of the first customer breaks, when the steps of these numbers were refused."""
    names = Names(("A-Cu.", "B-Cu."), ("click-1", "click-2"), {0: "in-1", 1: "in-2"})
    oracle = Oracle(PROFILE, names)
    for number, move in enumerate(story):
        oracle.taken_in(move, taken=number not in refused)
    expected: Expected = oracle.expected["A-Cu."]
    facets = expected.facets(record, oracle.promised, PROFILE.equivalence, {})
    return {facet.requirement for facet in facets if not facet.holds}


def record(
    *confirmed: str | None, click: str | None = "click-1", sales: tuple[RecordedSale, ...] = ()
) -> RecordedCustomer:
    leads = tuple(RecordedLead("e", LeadStatus.CONFIRMED, one) for one in confirmed)
    return RecordedCustomer("A-Cu.", click, leads=leads, sales=sales)


def test_a_pending_lead_that_counts_is_a_breach() -> None:
    assert breached((EVENT_1,), record()) == set()
    assert breached((EVENT_1,), record("click-1")) == {"deferred.pending-until-event-2"}


def test_after_a_mismatch_the_breach_is_that_of_mismatches() -> None:
    story = (EVENT_1, Move("mismatch", 0, form="longer"))

    assert breached(story, record("click-1")) == {"mismatched-external-id.stays-pending"}
    assert breached((*story, EVENT_2), record()) == {"mismatched-external-id.right-event-2-confirms"}


def test_a_resent_click_may_confirm_or_not_and_never_counts_twice() -> None:
    story = (EVENT_1, Move("resent", 0, click=1))

    assert breached(story, record("click-1")) == breached(story, record()) == breached(story, record(), 1) == set()
    assert breached(story, record("click-1", "click-1")) == {"resent-click-id.at-most-one-lead"}
    assert breached(story, record(click="click-2")) == {"resent-click-id.attribution-unchanged"}
    assert breached((*story, EVENT_2), record()) == {"resent-click-id.clean-event-2-confirms"}


def test_a_later_lead_may_count_or_not_for_the_same_click() -> None:
    story = (Move("lead", 0, click=0), Move("later-lead", 0))

    assert breached(story, record("click-1")) == breached(story, record("click-1", "click-1")) == set()
    assert breached(story, record("click-1", "click-2")) == {"non-deferred.later-lead-same-click"}
    assert breached(story, record("click-1", "click-1"), 1) == {"non-deferred.one-lead"}


def sold(invoice: str = "in-1", amount: int = 4999, click: str = "click-1") -> RecordedSale:
    return RecordedSale(invoice, "purchase", Decimal(amount), "USD", click)


def test_a_sale_counts_once_with_its_first_amount_for_the_leads_click() -> None:
    story = (Move("lead", 0, click=0), SALE, replace(SALE, amount=1, click=1))

    assert breached(story, record("click-1", sales=(sold(),))) == set()
    assert breached(story, record("click-1", sales=(sold(), sold()))) == {"duplicate-sale.counted-once"}
    assert breached(story, record("click-1", sales=(sold(amount=1),))) == {"duplicate-sale.first-amount-stays"}
    assert breached(story, record("click-1", sales=(sold(click="click-2"),))) == {"sale.lead-click-wins"}
    assert breached(story, record("click-1")) == {"sale.recorded"}
    assert breached(story, record("click-1", sales=(sold(), sold("in-9")))) == {"race.customers-not-mixed-up"}


def test_a_sale_before_verification_may_be_refused_and_is_new_when_it_comes_again() -> None:
    story = (EVENT_1, SALE, EVENT_2, SALE)

    assert breached(story, record("click-1"), 1) == {"sale.recorded"}
    assert breached(story, record("click-1", sales=(sold(),)), 1) == set()


# --- told otherwise, and shorter ------------------------------------------------------------------------------------


def test_a_body_spelt_otherwise_is_the_same_body() -> None:
    body = {"customerName": 'Zoë "🦄"\\', "amount": 4999, "mode": None}

    assert json.loads(respelt(body)) == json.loads(reordered(body)) == body
    assert b"amount" not in respelt(body)
    assert list(json.loads(reordered(body))) == ["mode", "amount", "customerName"]


def test_a_story_told_otherwise_has_the_same_steps() -> None:
    story = (EVENT_1, Move("lead", 1, click=1, at_once=True), EVENT_2)

    assert one_after_the_other(story) == (EVENT_1, EVENT_2, Move("lead", 1, click=1))
    assert [move.act for move in retried(story)] == ["event-1", "again", "lead", "again", "event-2", "again"]
    assert mixes_customers((SALE, replace(SALE, who=1)))
    assert not mixes_customers((SALE, replace(SALE, who=1, invoice=1)))


def shrink(fails: object, tries: int = 100) -> tuple[int, str]:
    def fewer(number: int) -> list[int]:
        return [one for one in (number // 2, number - 1) if one > 0]

    return asyncio.run(shortest(64, "seen", shorter=fewer, fails=fails, tries=tries, seconds=5))  # type: ignore[arg-type]


def test_the_shortest_failure_is_found() -> None:
    async def fails(number: int) -> str | None:
        return f"fails at {number}" if number >= 5 else None

    assert shrink(fails) == (5, "fails at 5")
    assert shrink(fails, tries=2) == (32, "fails at 32")


@pytest.mark.parametrize(
    "error", [BudgetSpent(), CannotJudge("nothing answers"), TimeoutError(), asyncio.CancelledError()]
)
def test_the_shortest_failure_seen_is_kept_whatever_ends_the_search(error: BaseException) -> None:
    async def fails(number: int) -> str | None:
        if number < 32:
            raise error
        return f"fails at {number}"

    assert shrink(fails) == (32, "fails at 32")


def test_a_failure_that_never_comes_again_is_kept() -> None:
    async def fails(_: int) -> str | None:
        return None

    assert shrink(fails) == (64, "seen")
