"""Click capture: a short link hands its visitor a click id that works."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import Found, has_confirmed_lead, has_sale, is_attributed_to
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.clicks import ClickSource
    from conformance.target.messages import Answer


@scenario("click-capture.parameter-in-location")
async def a_short_link_hands_over_a_click_id(journey: Journey) -> None:
    """The redirect of a short link carries the click id in its query."""
    links = journey.short_links
    parameter = journey.profile.click_parameter

    def judge(answer: Answer) -> Found:
        location = next((value for name, value in answer.headers.items() if name.lower() == "location"), "none")
        return Found(holds=links.click_in(answer) is not None, actual=f"{answer.status}, Location {location}")

    answer = await journey.visit(links)
    expected = f"a redirect whose Location has {parameter}=<click id>"
    journey.must("click-capture.parameter-in-location", answer, judge, expected)


async def _minted(journey: Journey, source: ClickSource, visitor: int | None = None) -> str:
    click = source.click_in(await journey.visit(source, visitor))
    if click is None:
        raise CannotJudge("the visit gave no click id", owner=journey.profile.owners.get("click"))
    return click


@scenario("click-capture.fresh-id")
async def each_visit_has_a_click_id_of_its_own(journey: Journey) -> None:
    """Four visits at once have four click ids."""
    clicks = await asyncio.gather(*(_minted(journey, journey.short_links) for _ in range(4)))
    journey.must_hold(
        "click-capture.fresh-id",
        expected="four visits, four click ids",
        found=Found(holds=len(set(clicks)) == len(clicks), actual=", ".join(clicks)),
    )


@scenario("click-capture.id-usable", variants={"non-deferred": None, "deferred": "deferred"})
async def a_minted_click_id_works_as_it_is(journey: Journey, mode: str | None) -> None:
    """The id from the redirect is accepted as it is, and the lead is attributed to it, letter case and all."""
    click = await _minted(journey, journey.short_links)
    answer = await (journey.lead(click=click) if mode is None else journey.lead(click=click, mode=mode))
    journey.must("click-capture.id-usable", answer, _taken, "the minted id is accepted")
    journey.given(answer)
    if mode is not None:
        await journey.lead(event="email_verified")
    await journey.must_record("click-capture.id-usable", is_attributed_to(click))
    await journey.must_record("click-capture.id-usable", has_confirmed_lead(click=click))


@scenario("click-capture.id-usable")
async def a_minted_click_id_works_for_a_sale(journey: Journey) -> None:
    """A sale that brings a minted click id and no lead is recorded with that id."""
    click = await _minted(journey, journey.short_links)
    invoice = journey.invoice()
    answer = await journey.sale(invoice=invoice, click=click)
    journey.must("click-capture.id-usable", answer, _taken, "the minted id is accepted")
    journey.given(answer)
    await journey.must_record("click-capture.id-usable", has_sale(invoice, journey.profile.equivalence, click=click))


def _taken(answer: Answer) -> Found:
    return Found(holds=answer.taken, actual=str(answer))


@scenario("click-capture.minted", "click-capture.same-visitor-same-id", needs="click-endpoint")
async def the_click_endpoint_mints_one_id_per_visitor(journey: Journey) -> None:
    """The endpoint answers a visitor's click with an id, and the same visitor's next click with the same one."""
    endpoint = journey.click_endpoint
    visitor = journey.play.next_visitor()
    answers = [await journey.visit(endpoint, visitor), await journey.visit(endpoint, visitor)]

    def judge(answer: Answer) -> Found:
        return Found(holds=endpoint.click_in(answer) is not None, actual=str(answer))

    for answer in answers:
        journey.must("click-capture.minted", answer, judge, "200 with a clickId")
    first, again = (endpoint.click_in(answer) for answer in answers)
    if first is not None:
        found = Found(holds=first == again, actual=f"{first} and {again}")
        journey.must_hold("click-capture.same-visitor-same-id", expected="the same visitor, the same id", found=found)


@scenario("click-capture.id-usable", needs="click-endpoint")
async def an_id_from_the_click_endpoint_works_as_it_is(journey: Journey) -> None:
    """An id that the endpoint minted is accepted as it is, and the lead is attributed to it."""
    click = await _minted(journey, journey.click_endpoint)
    answer = await journey.lead(click=click)
    journey.must("click-capture.id-usable", answer, _taken, "the minted id is accepted")
    journey.given(answer)
    await journey.must_record("click-capture.id-usable", has_confirmed_lead(click=click))


@scenario(
    "click-capture.mint-refused", variants={"without-domain": "domain", "without-key": "key"}, needs="click-endpoint"
)
async def a_click_on_no_link_is_refused(journey: Journey, left_out: str) -> None:
    """The endpoint refuses a click that does not say of which link."""
    endpoint = journey.click_endpoint
    body = {"domain": endpoint.domain, "key": endpoint.key, "url": f"https://{endpoint.domain}/"}
    del body[left_out]
    answer = await journey.send(endpoint.call(body, journey.play.next_visitor()))
    journey.must("click-capture.mint-refused", answer)


@scenario("click-capture.unknown-link-refused", needs="click-endpoint")
async def a_click_on_an_unknown_link_is_refused(journey: Journey) -> None:
    """The endpoint refuses a click on a link that does not exist."""
    endpoint = journey.click_endpoint
    body = {"domain": endpoint.domain, "key": f"{journey.name.stem}-no-such-link", "url": f"https://{endpoint.domain}/"}
    answer = await journey.send(endpoint.call(body, journey.play.next_visitor()))
    journey.must("click-capture.unknown-link-refused", answer)
