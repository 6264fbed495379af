"""Deferred leads: event 1 locks the attribution and leaves the lead pending, event 2 confirms it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    Found,
    has_confirmed_lead,
    has_confirmed_leads,
    has_lead_that_is,
    has_no_confirmed_lead,
    has_one_lead_and_it_is_confirmed,
    is_attributed_to,
    is_pending,
    later_leads_keep,
    sale_is_not_of,
    shows,
    stays_attributed_to,
)
from conformance.engine.scenario import scenario
from conformance.ledger.records import LeadStatus

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


@scenario(
    "deferred.event-1-accepted",
    "deferred.attribution-locked",
    "deferred.pending-visible",
    "deferred.pending-until-event-2",
)
async def event_1_leaves_the_lead_pending(journey: Journey) -> None:
    """Event 1 ties the customer to its click, and the lead does not count yet."""
    click = await journey.click()
    answer = await journey.lead(click=click, mode="deferred", event="signup_started")
    journey.must("deferred.event-1-accepted", answer)
    journey.given(answer)
    await journey.must_record("deferred.attribution-locked", is_attributed_to(click))
    await journey.must_record("deferred.pending-until-event-2", has_no_confirmed_lead())
    await journey.must_record("deferred.pending-visible", has_lead_that_is(LeadStatus.PENDING))


@scenario("deferred.event-2-accepted", "deferred.one-lead", "deferred.attributed-to-event-1")
async def event_2_confirms_the_lead_that_event_1_left_pending(journey: Journey) -> None:
    """A deferred lead is pending until event 2, and then counts once, for event 1's click."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    answer = await journey.lead(event="email_verified")
    journey.must("deferred.event-2-accepted", answer)
    journey.given(answer)
    await journey.must_record("deferred.one-lead", has_one_lead_and_it_is_confirmed())
    await journey.must_record("deferred.attributed-to-event-1", has_confirmed_lead(click=click))
    await journey.must_record("deferred.attributed-to-event-1", is_attributed_to(click))


@scenario("deferred.details-before-event-2", "deferred.details-kept", "deferred.pending-until-event-2")
async def event_1s_details_are_shown_before_and_after_event_2(journey: Journey) -> None:
    """What event 1 says of the customer is attached before verification and survives it."""
    click = await journey.click()
    details = journey.details
    rules = journey.profile.equivalence
    await journey.given_lead(click=click, mode="deferred", timestamp="2024-01-15T10:30:00Z", **details)
    for name, value in details.items():
        await journey.must_record("deferred.details-before-event-2", shows({name: value}, rules))
    await journey.must_record("deferred.pending-until-event-2", has_no_confirmed_lead())
    await journey.given_lead(event="email_verified")
    await journey.given_recorded("event_2", has_confirmed_lead())
    for name, value in details.items():
        await journey.must_record("deferred.details-kept", shows({name: value}, rules))


@scenario("deferred.event-2-accepted", "deferred.details-kept", "deferred.one-lead")
async def event_2_may_repeat_the_details(journey: Journey) -> None:
    """Event 2 with the same name and e-mail address confirms, and takes nothing away."""
    click = await journey.click()
    details = journey.details
    await journey.given_lead(click=click, mode="deferred", timestamp="2024-01-15T10:30:00Z", **details)
    repeated = {key: details[key] for key in ("name", "email")}
    answer = await journey.lead(event="email_verified", timestamp="2024-01-15T10:45:00Z", **repeated)
    journey.must("deferred.event-2-accepted", answer)
    journey.given(answer)
    await journey.must_record("deferred.one-lead", has_confirmed_leads(1, click=click))
    for name, value in details.items():
        await journey.must_record("deferred.details-kept", shows({name: value}, journey.profile.equivalence))


@scenario("deferred.details-kept", "deferred.one-lead", "validation.null-optionals-accepted")
async def null_details_in_event_2_take_nothing_away(journey: Journey) -> None:
    """Event 2 with null details, as one SDK sends it, confirms, and event 1's details stay."""
    click = await journey.click()
    details = journey.details
    await journey.given_lead(click=click, mode="deferred", **details)
    answer = await journey.lead(event="email_verified", name=None, email=None, avatar=None, timestamp=None)
    journey.must("validation.null-optionals-accepted", answer)
    journey.given(answer)
    await journey.must_record("deferred.one-lead", has_confirmed_leads(1, click=click))
    for name, value in details.items():
        await journey.must_record("deferred.details-kept", shows({name: value}, journey.profile.equivalence))


@scenario("deferred.same-event-name-confirms")
async def event_2_may_carry_event_1s_name(journey: Journey) -> None:
    """Event 2 confirms also when its event name is that of event 1."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.lead(event="signup_started")
    await journey.must_record("deferred.same-event-name-confirms", has_confirmed_leads(1, click=click))


@scenario("deferred.first-click-stays", "deferred.attributed-to-event-1")
async def a_second_event_1_does_not_move_the_attribution(journey: Journey) -> None:
    """While the lead is pending, event 1 with another click changes nothing: the first click stays, also afterwards."""
    first, second = await journey.click(), await journey.click()
    invoice = journey.invoice()
    await journey.given_lead(click=first, mode="deferred")
    await journey.given_recorded("event_1", is_attributed_to(first))
    answer = await journey.lead(click=second, mode="deferred")
    journey.must("deferred.first-click-stays", answer)
    await journey.must_record("deferred.first-click-stays", stays_attributed_to(first))
    await journey.lead(event="email_verified")
    await journey.must_record("deferred.first-click-stays", stays_attributed_to(first))
    await journey.must_record("deferred.attributed-to-event-1", has_confirmed_lead(click=first))
    await journey.sale(invoice=invoice)
    await journey.must_record("deferred.first-click-stays", sale_is_not_of(invoice, second))


@scenario("deferred.confirms-only-its-own")
async def event_2_confirms_only_its_own_customer(journey: Journey) -> None:
    """With two customers pending, one's event 2 leaves the other pending."""
    first, second = await journey.click(), await journey.click()
    neighbour = journey.another().customer
    await journey.given_lead(click=first, mode="deferred")
    await journey.given_lead(click=second, mode="deferred", customer=neighbour)
    await journey.given_recorded("event_1", is_attributed_to(second), customer=neighbour)
    await journey.lead(event="email_verified")
    await journey.must_record("deferred.confirms-only-its-own", has_confirmed_leads(1, click=first))
    await journey.must_record("deferred.confirms-only-its-own", is_pending(second), customer=neighbour)


@scenario("deferred.attributed-to-event-1", "deferred.confirms-only-its-own")
async def interleaved_customers_are_each_confirmed_for_their_own_click(journey: Journey) -> None:
    """Three customers, all pending, verified in another order: each counts once, for the own click."""
    names = [journey.customer, journey.another().customer, journey.another().customer]
    clicks = {name: await journey.click() for name in names}
    for name in names:
        await journey.given_lead(click=clicks[name], mode="deferred", customer=name)
    for name in reversed(names):
        await journey.lead(event="email_verified", customer=name)
    for name in names:
        await journey.must_record("deferred.attributed-to-event-1", is_attributed_to(clicks[name]), customer=name)
        await journey.must_record(
            "deferred.confirms-only-its-own", has_confirmed_leads(1, click=clicks[name]), customer=name
        )


@scenario("deferred.attributed-to-event-1", "deferred.one-lead")
async def a_click_of_somebody_else_in_between_changes_nothing(journey: Journey) -> None:
    """Another customer's lead between the two events does not take the attribution over."""
    first, second = await journey.click(), await journey.click()
    await journey.given_lead(click=first, mode="deferred")
    await journey.given_lead(click=second, customer=journey.another().customer)
    await journey.lead(event="email_verified")
    await journey.must_record("deferred.attributed-to-event-1", has_confirmed_lead(click=first))
    await journey.must_record("deferred.one-lead", has_confirmed_leads(1, click=first))


@scenario("deferred.later-lead-same-click")
async def a_lead_after_verification_belongs_to_the_same_click(journey: Journey) -> None:
    """A further lead after event 2, without a click id, is never attributed to anything else."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_lead(event="email_verified")
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    await journey.lead(event="demo_booked")
    await journey.must_record("deferred.later-lead-same-click", later_leads_keep(click))


@scenario("deferred.event-1-answer-shape", "deferred.answer-names-event-1")
async def both_answers_name_event_1s_click_and_customer(journey: Journey) -> None:
    """The answers to both events are of the same shape, and event 2's names event 1's click and customer."""
    click = await journey.click()
    details = journey.details
    answer = await journey.lead(click=click, mode="deferred", **details)
    journey.must_fit("deferred.event-1-answer-shape", answer, "lead-success")
    journey.given(answer)
    answer = await journey.lead(event="email_verified")
    journey.given(answer)
    names = {
        "lead_click": click,
        "lead_customer": journey.customer,
        "lead_name": details["name"],
        "lead_email": details["email"],
    }
    journey.must_say("deferred.answer-names-event-1", answer, names)


@scenario("deferred.event-1-never-deduplicated")
async def a_repeated_event_1_is_answered_as_the_first(journey: Journey) -> None:
    """Event 1 sent again is answered as if it were the first: with the link."""
    click = await journey.click()
    first = await journey.given_lead(click=click, mode="deferred")
    answer = await journey.repeat(first)

    def names_link(answer: Answer) -> Found:
        return Found(holds=answer.taken and journey.at(answer, "lead_link") is not None, actual=str(answer))

    journey.must("deferred.event-1-never-deduplicated", answer, names_link, "an answer with the link")


@scenario("deferred.other-event-name-confirms")
async def event_2_may_carry_another_name(journey: Journey) -> None:
    """Event 2 confirms also when its event name is another than event 1's."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="Sign up")
    await journey.lead(event="Qualified")
    await journey.must_record("deferred.other-event-name-confirms", has_confirmed_lead(click=click, event="Qualified"))
