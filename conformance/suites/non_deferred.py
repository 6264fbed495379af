"""Non-deferred leads: one event, attributed at once.

A lead with a click id and no mode is the whole story: it counts, for that click, as soon as it is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    has_confirmed_lead,
    has_confirmed_leads,
    is_attributed_to,
    is_attributed_to_nobody,
    later_leads_keep,
    shows,
)
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey


@scenario(
    "non-deferred.accepted",
    "non-deferred.confirmed-at-once",
    "non-deferred.attributed",
    "non-deferred.event-name-kept",
)
async def one_event_is_a_confirmed_lead(journey: Journey) -> None:
    """A single lead event with a click id counts at once, for that click."""
    click = await journey.click()
    answer = await journey.lead(click=click, event="signup_started")
    journey.must("non-deferred.accepted", answer)
    journey.given(answer)
    await journey.must_record("non-deferred.confirmed-at-once", has_confirmed_lead())
    await journey.must_record("non-deferred.attributed", is_attributed_to(click))
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=click))
    await journey.must_record("non-deferred.event-name-kept", has_confirmed_lead(event="signup_started"))


@scenario("non-deferred.event-name-kept", variants={"with-a-blank": "Sign up", "mixed-case": "Demo-Booked_2"})
async def an_event_name_is_kept_as_it_is(journey: Journey, event: str) -> None:
    """An event name is shown as it was sent, letter case and blanks and all."""
    click = await journey.click()
    await journey.given_lead(click=click, event=event)
    await journey.must_record("non-deferred.event-name-kept", has_confirmed_lead(event=event))


@scenario("non-deferred.one-lead")
async def one_event_is_one_lead(journey: Journey) -> None:
    """A single lead event never counts as two leads."""
    click = await journey.click()
    await journey.given_lead(click=click, event="demo_booked")
    await journey.given_recorded("non_deferred", has_confirmed_lead())
    await journey.must_record("non-deferred.one-lead", has_confirmed_leads(1))


@scenario("non-deferred.accepted", "non-deferred.attributed", "non-deferred.details-kept")
async def the_customers_details_are_kept(journey: Journey) -> None:
    """Name, e-mail address and avatar of a lead are shown as they were sent."""
    click = await journey.click()
    details = journey.details
    answer = await journey.lead(click=click, timestamp="2024-01-15T10:30:00Z", **details)
    journey.must("non-deferred.accepted", answer)
    journey.given(answer)
    await journey.must_record("non-deferred.attributed", is_attributed_to(click))
    for name, value in details.items():
        await journey.must_record("non-deferred.details-kept", shows({name: value}, journey.profile.equivalence))


@scenario("non-deferred.attributed")
async def two_customers_keep_their_own_clicks(journey: Journey) -> None:
    """Two customers who came through two clicks are each attributed to their own."""
    first, second = await journey.click(), await journey.click()
    neighbour = journey.another().customer
    await journey.given_lead(click=first)
    await journey.lead(click=second, customer=neighbour)
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=first))
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=second), customer=neighbour)
    await journey.must_record("non-deferred.attributed", is_attributed_to(first))
    await journey.must_record("non-deferred.attributed", is_attributed_to(second), customer=neighbour)


@scenario("non-deferred.explicit-mode-is-not-deferred", variants={"the-word": "non_deferred", "null": None})
async def an_explicit_mode_is_not_deferred(journey: Journey, mode: str | None) -> None:
    """A lead that says it is not deferred counts at once, if the platform takes the word."""
    click = await journey.click()
    answer = await journey.lead(click=click, mode=mode)
    journey.must("non-deferred.explicit-mode-is-not-deferred", answer)
    if answer.taken:
        await journey.must_record("non-deferred.explicit-mode-is-not-deferred", has_confirmed_lead(click=click))


@scenario("non-deferred.later-lead-same-click")
async def a_later_lead_belongs_to_the_same_click(journey: Journey) -> None:
    """A later lead of a known customer, without a click id, is never attributed to anything else."""
    click = await journey.click()
    await journey.given_lead(click=click, event="signup_started")
    await journey.given_recorded("non_deferred", has_confirmed_lead(click=click))
    await journey.lead(event="demo_booked")
    await journey.must_record("non-deferred.later-lead-same-click", later_leads_keep(click))


@scenario("non-deferred.unknown-click-refused", "non-deferred.unknown-click-not-attributed")
async def an_unknown_click_is_nobodys(journey: Journey) -> None:
    """A lead with a click id that nobody minted is not attributed to somebody else's click."""
    await journey.given_lead(click=await journey.click(), customer=journey.another().customer)
    invented = f"{journey.name.stem}-never-minted"
    answer = await journey.lead(click=invented)
    journey.must("non-deferred.unknown-click-refused", answer)
    await journey.must_record("non-deferred.unknown-click-not-attributed", is_attributed_to_nobody(besides=invented))
