"""Fuzz: bodies drawn from the OpenAPI document, right ones and wrong ones, each judged by what the contract says of it.

Examples, the edges of every keyword and random bodies, with ids of the run's own; a failure is told with its smallest
body. `--max-examples` bodies for each operation, 25 unless told otherwise; the same seed draws the same bodies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.engine.answers import message_of
from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import Found
from conformance.engine.scenario import scenario
from conformance.generated.findings import judge_bodies
from conformance.generated.fuzzing import Inspection
from conformance.generated.material import drawn
from conformance.generated.meaning import FREE_INVALID, FREE_VALID
from conformance.generated.templates import unmarked
from conformance.results import Missing
from conformance.suites.privacy import STACK_TRACE, echoes_no_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

_BODIES = 25
_UNKNOWN_CLICK = "trackproof-has-no-click-id"

_ACCEPTED = {
    "non-deferred": "non-deferred.accepted",
    "event-1": "deferred.event-1-accepted",
    "sale": "sale.accepted",
    "nulls": "validation.null-optionals-accepted",
    "unknown-fields": "validation.unknown-fields-ignored",
    "ids": "validation.ids-accepted",
    "any-script": "validation.any-script-accepted",
    "timestamps": "validation.timestamps-accepted",
}
_REFUSED = {
    "no-json": "validation.malformed-json",
    "no-object": "validation.not-an-object",
    "lead-without-customer": "validation.lead-without-customer",
    "lead-without-event-name": "validation.lead-without-event-name",
    "lead-event-name-not-text": "validation.lead-event-name-not-text",
    "lead-mode-unknown": "validation.lead-mode-unknown",
    "event-name-length": "validation.event-name-length",
    "event-quantity": "validation.event-quantity",
    "metadata": "validation.metadata-not-an-object",
    "detail-length": "validation.detail-length",
    "sale-without-customer": "validation.sale-without-customer",
    "sale-without-amount": "validation.sale-without-amount",
    "sale-amount-as-text": "validation.sale-amount-as-text",
    "sale-amount-not-whole": "validation.sale-amount-not-whole",
    "sale-negative-amount": "validation.sale-negative-amount",
    "sale-without-invoice": "validation.sale-without-invoice",
    "sale-empty-invoice": "validation.sale-empty-invoice",
    "sale-without-currency": "validation.sale-without-currency",
    "sale-currency": "validation.sale-currency-not-three-letters",
    "sale-without-event-name": "validation.sale-without-event-name",
    "sale-null": "validation.sale-null-refused",
    "sale-processor": "validation.sale-processor-unknown",
}
_FREE = {"valid": FREE_VALID, "invalid": FREE_INVALID}
_ALL = (*_ACCEPTED.values(), *_REFUSED.values(), *_FREE.values())


@scenario(variants=_ACCEPTED, needs="openapi")
async def what_the_contract_allows_is_accepted(journey: Journey, requirement: str) -> None:
    """Generated leads and sales that every platform has to accept are accepted, and recorded as they are."""
    await _fuzz(journey, requirement, await journey.click())


@scenario(variants=_REFUSED, needs="openapi")
async def what_the_contract_forbids_is_refused(journey: Journey, requirement: str) -> None:
    """Generated bodies that break the contract where it leaves no choice are refused, and leave nothing."""
    await _fuzz(journey, requirement, await _any_click(journey))


@scenario(variants=_FREE, needs="openapi")
async def whatever_is_sent_is_answered(journey: Journey, requirement: str) -> None:
    """Generated bodies of which no document speaks are accepted or refused, and never break the server."""
    await _fuzz(journey, requirement, await _any_click(journey))


async def _fuzz(journey: Journey, requirement: str, click: str) -> None:
    each = journey.play.max_examples or _BODIES
    found = await drawn(journey.play, "bodies", each)
    bodies = [unmarked(*marked) for marked in found.get(requirement, [])]
    # Both operations together; what few bodies bear on leaves room for the others.
    wanted = [one for one in _ALL if journey.play.wants(one)]
    room = shares({one: len(found.get(one, [])) for one in wanted}, 2 * each)[requirement]
    if not bodies[:room]:
        raise CannotJudge(
            "no generated body bears on it", missing=Missing("--max-examples", f"more than {each}, or another --seed")
        )
    await judge_bodies(journey, requirement, bodies[:room], _INSPECTIONS, click)


def shares(supply: Mapping[str, int], total: int) -> dict[str, int]:
    """So many of each that they come to the total (or to all there are), as evenly as their supply allows."""
    given = dict.fromkeys(supply, 0)
    while total > 0 and (hungry := [one for one in supply if given[one] < supply[one]]):
        each = max(total // len(hungry), 1)
        for one in hungry[:total]:
            more = min(each, supply[one] - given[one], total)
            given[one] += more
            total -= more
    return given


async def _any_click(journey: Journey) -> str:
    try:
        return await journey.click()
    except CannotJudge:
        return _UNKNOWN_CLICK


def _shows_no_trace(_: Journey, answer: Answer) -> Found:
    trace = STACK_TRACE.search(answer.text)
    return Found(holds=trace is None, actual=f"the answer shows {trace.group(0)!r}" if trace else "nothing of it")


def _explains_itself(journey: Journey, answer: Answer) -> Found:
    if answer.taken:
        return Found(holds=True, actual=str(answer))
    if "error-schema-binds" in journey.profile.traits:
        problems = journey.profile.schemas.problems("error", answer.json)
        return Found(holds=not problems, actual=f"{answer} ({problems[0]})" if problems else str(answer))
    return Found(holds=isinstance(answer.json, dict) and message_of(answer.json) is not None, actual=str(answer))


_INSPECTIONS = (
    Inspection("privacy.no-stack-trace", "no stack trace, no path of the server", _shows_no_trace),
    Inspection("privacy.token-not-echoed", "the token is not echoed", echoes_no_token),
    Inspection("resilience.error-is-json", "a JSON object with a message", _explains_itself),
)
