"""Authentication: without the right token nothing is accepted, and nothing is recorded."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import is_attributed_to, is_not_recorded, is_pending
from conformance.engine.scenario import scenario
from conformance.results import Missing

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


async def _send(journey: Journey, operation: str, authorization: str) -> Answer:
    """A well-formed event whose only fault is its token."""
    click = await journey.click()
    body = (
        journey.lead_body(click=click)
        if operation == "lead"
        else journey.sale_body(invoice=journey.invoice(), click=click)
    )
    headers = journey.play.target.headers(authorization)
    return await journey.post(operation, body, step=f"{operation} without the right token", headers=headers)


async def _refused(journey: Journey, requirement: str, operation: str, authorization: str) -> None:
    answer = await _send(journey, operation, authorization)
    journey.must(requirement, answer)
    if requirement in ("authentication.missing-token", "authentication.wrong-token") and not answer.taken:
        journey.must("authentication.exactly-401", answer)
    await journey.must_record("authentication.nothing-recorded", is_not_recorded(about=operation))


def _token(journey: Journey) -> str:
    token = journey.play.target.options.token
    if not token:
        raise CannotJudge("no token was given", missing=Missing("--token", "the target's token"))
    return token


_OPERATIONS = {"lead": "lead", "sale": "sale"}


@scenario(
    "authentication.missing-token",
    "authentication.exactly-401",
    "authentication.nothing-recorded",
    variants=_OPERATIONS,
)
async def without_a_token_nothing_is_accepted(journey: Journey, operation: str) -> None:
    """A call without a token is refused and records nothing."""
    await _refused(journey, "authentication.missing-token", operation, "")


@scenario("authentication.missing-token", "authentication.nothing-recorded")
async def without_a_token_neither_event_of_a_deferred_lead_is_accepted(journey: Journey) -> None:
    """The token is asked for with both events: without it nothing becomes pending, and nothing is confirmed."""
    click = await journey.click()
    anonymous = journey.play.target.headers("")
    stranger = journey.another().customer
    first = journey.lead_body(click=click, mode="deferred", customer=stranger)
    answer = await journey.post("lead", first, step="event 1 without a token", headers=anonymous)
    journey.must("authentication.missing-token", answer)
    await journey.given_lead(click=click, mode="deferred", event="signup_started")
    await journey.given_recorded("event_1", is_attributed_to(click))
    second = journey.lead_body(event="email_verified")
    answer = await journey.post("lead", second, step="event 2 without a token", headers=anonymous)
    journey.must("authentication.missing-token", answer)
    await journey.must_record("authentication.nothing-recorded", is_pending(click))
    await journey.must_record("authentication.nothing-recorded", is_not_recorded(about="lead"), customer=stranger)


@scenario(
    "authentication.wrong-token",
    "authentication.exactly-401",
    "authentication.nothing-recorded",
    variants={
        f"{operation}-{how}": (operation, how)
        for operation in ("lead", "sale")
        for how in ("another", "longer", "with-something-before")
    },
)
async def with_a_wrong_token_nothing_is_accepted(journey: Journey, operation: str, how: str) -> None:
    """A call with a token that is not the right one, however like it, is refused and records nothing."""
    rule = journey.profile.authentication
    wrong = {
        "another": lambda: rule.wrong_token,
        "longer": lambda: f"{_token(journey)}-{rule.wrong_token}",
        "with-something-before": lambda: f"{rule.wrong_token}-{_token(journey)}",
    }[how]()
    await _refused(journey, "authentication.wrong-token", operation, rule.value(wrong))


@scenario("authentication.other-scheme", "authentication.nothing-recorded", variants=_OPERATIONS)
async def another_scheme_is_refused(journey: Journey, operation: str) -> None:
    """The right token under another scheme is refused and records nothing."""
    basic = base64.b64encode(f"{_token(journey)}:".encode()).decode()
    await _refused(journey, "authentication.other-scheme", operation, f"Basic {basic}")


@scenario("authentication.empty-token", "authentication.nothing-recorded", variants=_OPERATIONS)
async def an_empty_token_is_refused(journey: Journey, operation: str) -> None:
    """A scheme without a token is refused and records nothing."""
    await _refused(journey, "authentication.empty-token", operation, journey.profile.authentication.scheme)


@scenario("authentication.before-body", variants={"malformed": b'{"eventName":', "invalid": b"{}"})
async def the_token_is_looked_at_before_the_body(journey: Journey, body: bytes) -> None:
    """A wrong token is refused as such, whatever the body is like."""
    rule = journey.profile.authentication
    headers = journey.play.target.headers(rule.value(rule.wrong_token))
    answer = await journey.post("lead", body, step="wrong token and body", headers=headers)
    journey.must("authentication.before-body", answer)
