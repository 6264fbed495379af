"""Click capture: a short link hands its visitor a click id that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import Found, has_confirmed_lead, has_sale, is_attributed_to
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


@scenario("click-capture.parameter-in-location")
async def a_short_link_hands_over_a_click_id(journey: Journey) -> None:
    """The redirect of a short link carries the click id in its query."""
    _judge_visit(journey, await journey.visit())


def _judge_visit(journey: Journey, answer: Answer) -> None:
    parameter = journey.profile.click_parameter

    def judge(answer: Answer) -> Found:
        click = journey.click_in(answer)
        location = next((value for name, value in answer.headers.items() if name.lower() == "location"), "none")
        return Found(holds=bool(click), actual=f"{answer.status}, Location {location}")

    journey.must(
        "click-capture.parameter-in-location", answer, judge, f"a redirect whose Location has {parameter}=<click id>"
    )


@scenario("click-capture.fresh-id")
async def each_visit_has_a_click_id_of_its_own(journey: Journey) -> None:
    """Two visits have two click ids."""
    first, second = journey.click_in(await journey.visit()), journey.click_in(await journey.visit())
    if first is None or second is None:
        raise CannotJudge("a visit gave no click id", owner="click-capture.parameter-in-location")
    journey.must_hold(
        "click-capture.fresh-id",
        expected="two visits, two click ids",
        found=Found(holds=first != second, actual=f"{first} and {second}"),
    )


@scenario("click-capture.id-usable", variants={"non-deferred": None, "deferred": "deferred"})
async def a_minted_click_id_works_as_it_is(journey: Journey, mode: str | None) -> None:
    """The id from the redirect is accepted as it is, and the lead is attributed to it, letter case and all."""
    click = journey.click_in(await journey.visit())
    if click is None:
        raise CannotJudge("the visit gave no click id", owner="click-capture.parameter-in-location")
    answer = await (journey.lead(click=click) if mode is None else journey.lead(click=click, mode=mode))
    journey.must("click-capture.id-usable", answer, lambda a: Found(a.taken, str(a)), "the minted id is accepted")
    journey.given(answer)
    if mode is not None:
        await journey.lead(event="email_verified")
    await journey.must_record("click-capture.id-usable", is_attributed_to(click))
    await journey.must_record("click-capture.id-usable", has_confirmed_lead(click=click))


@scenario("click-capture.id-usable")
async def a_minted_click_id_works_for_a_sale(journey: Journey) -> None:
    """A sale that brings a minted click id and no lead is recorded with that id."""
    click = journey.click_in(await journey.visit())
    if click is None:
        raise CannotJudge("the visit gave no click id", owner="click-capture.parameter-in-location")
    invoice = journey.invoice()
    answer = await journey.sale(invoice=invoice, click=click)
    journey.must("click-capture.id-usable", answer, lambda a: Found(a.taken, str(a)), "the minted id is accepted")
    journey.given(answer)
    await journey.must_record("click-capture.id-usable", has_sale(invoice, journey.profile.equivalence, click=click))
