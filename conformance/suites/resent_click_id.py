"""Resent click ids: event 2 must not carry the click id again, and a platform must not be confused by one that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    has_at_most_confirmed_leads,
    has_confirmed_lead,
    has_confirmed_leads,
    is_attributed_to,
    is_pending,
    sale_is_not_of,
    stays_attributed_to,
)
from conformance.engine.payloads import ABSENT, Absent
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey


@scenario(
    "resent-click-id.answered",
    "resent-click-id.refused",
    "resent-click-id.attribution-unchanged",
    "resent-click-id.at-most-one-lead",
    "resent-click-id.clean-event-2-confirms",
    variants={"same-click": False, "another-click": True},
)
async def event_2_with_a_click_id_changes_nothing(journey: Journey, another: bool) -> None:  # noqa: FBT001 - the variant
    """Event 2 with a click id moves no attribution and counts nothing twice; a clean event 2 then ends at one lead."""
    click = await journey.click()
    resent = await journey.click() if another else click
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    answer = await journey.lead(click=resent, event="email_verified")
    journey.must("resent-click-id.answered", answer)
    journey.must("resent-click-id.refused", answer)
    await journey.must_record("resent-click-id.attribution-unchanged", stays_attributed_to(click))
    await journey.must_record("resent-click-id.at-most-one-lead", has_at_most_confirmed_leads(1))
    await journey.lead(event="email_verified")
    await journey.must_record("resent-click-id.clean-event-2-confirms", has_confirmed_leads(1))
    await journey.must_record("resent-click-id.attribution-unchanged", stays_attributed_to(click))
    await journey.must_record("resent-click-id.attribution-unchanged", has_confirmed_lead(click=click))


@scenario(
    "resent-click-id.answered",
    "resent-click-id.attribution-unchanged",
    "resent-click-id.at-most-one-lead",
    variants={"same-click": False, "another-click": True},
)
async def a_click_id_resent_after_verification_changes_nothing(journey: Journey, another: bool) -> None:  # noqa: FBT001
    """Event 2 sent again with a click id, after the lead was confirmed, neither moves nor doubles it."""
    click = await journey.click()
    resent = await journey.click() if another else click
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_lead(event="email_verified")
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    answer = await journey.lead(click=resent, event="email_verified")
    journey.must("resent-click-id.answered", answer)
    await journey.must_record("resent-click-id.attribution-unchanged", stays_attributed_to(click))
    await journey.must_record("resent-click-id.at-most-one-lead", has_at_most_confirmed_leads(1))


@scenario("resent-click-id.attribution-unchanged", variants={"while-pending": False, "after-verification": True})
async def a_sale_does_not_follow_a_click_that_was_resent(journey: Journey, verified: bool) -> None:  # noqa: FBT001
    """A later sale does not count for the click that an event 2 brought."""
    click, other = await journey.click(), await journey.click()
    invoice = journey.invoice()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    if verified:
        await journey.given_lead(event="email_verified")
        await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    await journey.lead(click=other, event="email_verified")
    if not verified:
        await journey.lead(event="email_verified")
    await journey.sale(invoice=invoice)
    await journey.must_record("resent-click-id.attribution-unchanged", sale_is_not_of(invoice, other))


@scenario("resent-click-id.answered", "resent-click-id.attribution-unchanged", "resent-click-id.at-most-one-lead")
async def event_2_with_click_id_and_mode_changes_nothing(journey: Journey) -> None:
    """Event 2 with everything of event 1 but its own name is no new lead."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    answer = await journey.lead(click=click, mode="deferred", event="email_verified")
    journey.must("resent-click-id.answered", answer)
    await journey.must_record("resent-click-id.attribution-unchanged", stays_attributed_to(click))
    await journey.must_record("resent-click-id.at-most-one-lead", has_at_most_confirmed_leads(1))


@scenario(
    "resent-click-id.blank-is-absent",
    variants={"empty": "", "absent": ABSENT},
    unless={"absent": "event-2-has-no-click"},
)
async def a_blank_click_id_is_none(journey: Journey, blank: str | Absent) -> None:
    """Event 2 with an empty click id, as some SDKs send it, is as clean as one without."""
    await _blank(journey, "resent-click-id.blank-is-absent", blank)


@scenario("resent-click-id.null-is-absent")
async def a_null_click_id_is_none(journey: Journey) -> None:
    """Event 2 with a null click id, as one SDK sends it, is a clean event 2."""
    await _blank(journey, "resent-click-id.null-is-absent", None)


async def _blank(journey: Journey, requirement: str, blank: str | Absent | None) -> None:
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    answer = await journey.lead(click=blank, event="email_verified")
    journey.must(requirement, answer)
    if answer.taken:
        await journey.must_record(requirement, has_confirmed_leads(1, click=click))


@scenario("resent-click-id.event-1-retry-is-no-resend", "resent-click-id.clean-event-2-confirms")
async def a_retry_of_event_1_is_no_resend(journey: Journey) -> None:
    """Event 1 again, byte for byte, is a retry: still pending, still the same click, and event 2 confirms."""
    click = await journey.click()
    first = await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    answer = await journey.repeat(first)
    journey.must("resent-click-id.event-1-retry-is-no-resend", answer)
    await journey.must_record("resent-click-id.event-1-retry-is-no-resend", is_pending(click))
    await journey.lead(event="email_verified")
    await journey.must_record("resent-click-id.clean-event-2-confirms", has_confirmed_leads(1, click=click))


@scenario("resent-click-id.same-click-accepted")
async def event_2_with_the_same_click_id_confirms(journey: Journey) -> None:
    """Event 2 with event 1's own click id is accepted, and counts once for it."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    answer = await journey.lead(click=click, event="email_verified")
    journey.must("resent-click-id.same-click-accepted", answer)
    if answer.taken:
        await journey.must_record("resent-click-id.same-click-accepted", has_confirmed_leads(1, click=click))


@scenario("resent-click-id.unknown-click-refused")
async def event_2_with_an_unknown_click_id_is_refused(journey: Journey) -> None:
    """Event 2 with a click id that nobody minted is refused."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    answer = await journey.lead(click=f"{journey.name.stem}-never-minted", event="email_verified")
    journey.must("resent-click-id.unknown-click-refused", answer)
