"""Retries: real SDKs send one call up to four times, byte for byte, and a platform counts it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.answers import has
from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import (
    Found,
    counts,
    has_confirmed_lead,
    has_confirmed_leads,
    has_sale,
    is_attributed_to,
    is_pending,
)
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

# After a 5xx or a lost answer, the Python and Node SDKs send three repeats, the last one more than a second later.
_REPEATS = 3
_PAUSE = 1.5


async def _repeated(journey: Journey, answer: Answer) -> None:
    for _ in range(_REPEATS):
        again = await journey.repeat(answer)
        journey.must("retry.answered", again)
        journey.must("retry.answered-200", again)


@scenario("retry.answered", "retry.answered-200", "retry.lead-counted-once")
async def a_lead_sent_four_times_counts_once(journey: Journey) -> None:
    """A non-deferred lead, sent four times byte for byte, counts once."""
    click = await journey.click()
    answer = await journey.given_lead(click=click, timestamp="2024-01-15T10:30:00Z", **journey.details)
    await journey.given_recorded("non_deferred", has_confirmed_lead(click=click))
    await _repeated(journey, answer)
    await journey.must_record("retry.lead-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.lead-counted-once", "retry.answered", "retry.answered-200")
async def a_lead_without_timestamp_sent_four_times_counts_once(journey: Journey) -> None:
    """A lead that carries nothing but what is required, sent four times, counts once."""
    click = await journey.click()
    answer = await journey.given_lead(click=click)
    await _repeated(journey, answer)
    await journey.must_record("retry.lead-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.lead-counted-once")
async def a_lead_sent_again_after_a_pause_counts_once(journey: Journey) -> None:
    """A lead that is sent again after more than a second, as SDKs wait in between, counts once."""
    click = await journey.click()
    answer = await journey.given_lead(click=click)
    await journey.pause(_PAUSE)
    await journey.repeat(answer)
    await journey.must_record("retry.lead-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.event-2-counted-once")
async def event_2_sent_again_after_a_pause_confirms_once(journey: Journey) -> None:
    """An event 2 that is sent again after more than a second confirms one lead."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    answer = await journey.given_lead(event="email_verified")
    await journey.pause(_PAUSE)
    await journey.repeat(answer)
    await journey.must_record("retry.event-2-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.answered", "retry.answered-200", "retry.event-1-counted-once", "retry.event-2-counted-once")
async def event_1_sent_four_times_stays_one_pending_lead(journey: Journey) -> None:
    """Event 1, sent four times byte for byte, stays pending for its click; event 2 then confirms one lead."""
    click = await journey.click()
    answer = await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    await _repeated(journey, answer)
    await journey.must_record("retry.event-1-counted-once", is_pending(click))
    await journey.lead(event="email_verified")
    await journey.must_record("retry.event-2-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.answered", "retry.answered-200", "retry.event-2-counted-once")
async def event_2_sent_four_times_confirms_once(journey: Journey) -> None:
    """Event 2, sent four times byte for byte, confirms one lead."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    answer = await journey.given_lead(event="email_verified")
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    await _repeated(journey, answer)
    await journey.must_record("retry.event-2-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.answered", "retry.event-1-counted-once")
async def a_late_retry_of_event_1_changes_nothing(journey: Journey) -> None:
    """Event 1 that arrives once more after event 2 neither doubles the confirmed lead nor makes it pending again."""
    click = await journey.click()
    event_1 = await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_lead(event="email_verified")
    await journey.given_recorded("event_2", has_confirmed_lead(click=click))
    journey.must("retry.answered", await journey.repeat(event_1))
    await journey.must_record("retry.event-1-counted-once", has_confirmed_leads(1, click=click))


@scenario("retry.answered", "retry.answered-200", "retry.sale-counted-once")
async def a_sale_sent_four_times_counts_once(journey: Journey) -> None:
    """A sale, sent four times byte for byte, counts once."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    answer = await journey.given_sale(invoice=invoice, click=click)
    await journey.given_recorded("sale", has_sale(invoice, journey.profile.equivalence))
    await _repeated(journey, answer)
    await journey.must_record("retry.sale-counted-once", counts(invoice))


_CUTS = {"before-the-answer": False, "after-the-answer-began": True}


@scenario("retry.after-cut-connection", variants=_CUTS)
async def a_lead_sent_again_after_a_cut_connection_counts_once(journey: Journey, began: bool) -> None:  # noqa: FBT001
    """A lead whose answer was lost and which is sent again counts once."""
    click = await journey.click()
    request = journey.request("lead", journey.lead_body(click=click))
    await journey.hang_up(request, after_answer_began=began)
    await journey.given_one_taken([await journey.lead(click=click)], click=click)
    await journey.must_record("retry.after-cut-connection", has_confirmed_leads(1, click=click))


@scenario("retry.after-cut-connection", variants=_CUTS)
async def event_2_sent_again_after_a_cut_connection_confirms_once(journey: Journey, began: bool) -> None:  # noqa: FBT001
    """An event 2 whose answer was lost and which is sent again confirms one lead."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    request = journey.request("lead", journey.lead_body(event="email_verified"))
    await journey.hang_up(request, after_answer_began=began)
    await journey.lead(event="email_verified")
    await journey.must_record("retry.after-cut-connection", has_confirmed_leads(1, click=click))


@scenario("retry.after-cut-connection", variants=_CUTS)
async def a_sale_sent_again_after_a_cut_connection_counts_once(journey: Journey, began: bool) -> None:  # noqa: FBT001
    """A sale whose answer was lost and which is sent again counts once."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_recorded("non_deferred", is_attributed_to(click))
    request = journey.request("sale", journey.sale_body(invoice=invoice, click=click))
    await journey.hang_up(request, after_answer_began=began)
    await journey.sale(invoice=invoice, click=click)
    await journey.must_record("retry.after-cut-connection", counts(invoice))


@scenario("retry.repeat-answer-has-no-link", "retry.repeat-answer-echoes-click")
async def a_repeated_lead_is_answered_without_link(journey: Journey) -> None:
    """The answer to a repeated lead names no link, since nothing was recorded for one."""
    first, other = await journey.click(), await journey.click()
    await journey.given_lead(click=first)
    answer = await journey.lead(click=other)

    def no_link(answer: Answer) -> Found:
        there = has(answer, journey.profile.answer_paths["lead_link"])
        return Found(holds=answer.taken and there and journey.at(answer, "lead_link") is None, actual=str(answer))

    journey.must("retry.repeat-answer-has-no-link", answer, no_link, "link null")
    journey.must_say("retry.repeat-answer-echoes-click", answer, {"lead_click": other})


@scenario("retry.event-names-compared-loosely")
async def event_names_are_compared_loosely(journey: Journey) -> None:
    """`Sign Up`, `sign-up` and ` SIGN UP ` are one event name, and one lead."""
    click = await journey.click()
    for event in ("Sign Up", "sign-up", " SIGN UP "):
        await journey.lead(click=click, event=event)
    await journey.must_record("retry.event-names-compared-loosely", has_confirmed_leads(1, click=click))


@scenario("retry.rejected-lead-blocks-nothing")
async def a_rejected_lead_does_not_block_its_corrected_retry(journey: Journey) -> None:
    """A lead that was refused for its click id, sent again with a good one, is recorded."""
    click = await journey.click()
    refused = await journey.lead(click=f"{journey.name.stem}-never-minted")
    if refused.taken:
        raise CannotJudge("the lead was not refused", owner="non-deferred.unknown-click-refused")
    await journey.lead(click=click)
    await journey.must_record("retry.rejected-lead-blocks-nothing", has_confirmed_leads(1, click=click))
