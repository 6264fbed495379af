"""Resilience: refusals are of the documented shape, hostile input breaks nothing, and the service goes on."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.answers import at, media_type, message_of
from conformance.engine.matchers import Found
from conformance.engine.payloads import ABSENT
from conformance.engine.scenario import scenario
from conformance.target.messages import Fault

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

OVERSIZED = 300 * 1024


@scenario("resilience.json-content-type")
async def success_answers_say_that_they_are_json(journey: Journey) -> None:
    """The answers to a lead, to both events of a deferred one and to a sale are labelled as JSON."""
    click = await journey.click()
    answers = [
        await journey.lead(click=click),
        await journey.lead(click=click, mode="deferred", customer=(deferred := journey.another().customer)),
        await journey.lead(event="email_verified", customer=deferred),
        await journey.sale(invoice=journey.invoice(), click=click),
    ]
    for answer in answers:
        if answer.taken:
            journey.must("resilience.json-content-type", answer, is_labelled_json, "Content-Type application/json")


def is_labelled_json(answer: Answer) -> Found:
    """The answer's content type is that of JSON."""
    shown = media_type(answer)
    return Found(
        holds=shown == "application/json" or shown.endswith("+json"), actual=f"Content-Type {shown or 'missing'}"
    )


@scenario("resilience.error-is-json", "resilience.error-status-agrees")
async def refusals_are_json_with_a_message(journey: Journey) -> None:
    """Every kind of refusal is a JSON object with a message, and repeats its status where it states one."""
    click = await journey.click()
    target = journey.play.target
    lead, sale = journey.lead_body(click=click), journey.sale_body(invoice=journey.invoice(), click=click)
    _shape, _status = partial(is_error, journey), partial(agrees_with_status, journey)
    for answer in (
        await journey.wrong("lead", lead, customer=ABSENT),
        await journey.wrong("lead", lead, mode="sometimes"),
        await journey.wrong("lead", lead, click=f"{journey.name.stem}-never-minted"),
        await journey.wrong("sale", sale, amount=ABSENT),
        await journey.wrong("sale", sale, amount="4999"),
        await journey.post("lead", b'{"eventName":', step="malformed lead"),
        await journey.post("sale", b"[]", step="sale that is no object"),
        await journey.post("lead", lead, step="missing token", headers=target.headers("")),
        await journey.post("sale", sale, step="missing token", headers=target.headers("")),
    ):
        # What should have been refused and was not is judged by the suite that owns it.
        if answer.fault is None and not answer.taken:
            journey.must("resilience.error-is-json", answer, partial(is_error, journey), "a JSON object with a message")
            journey.must(
                "resilience.error-status-agrees",
                answer,
                partial(agrees_with_status, journey),
                "a body that agrees with the status",
            )


@scenario("resilience.error-is-json", "resilience.error-status-agrees", needs="own-read-api")
async def what_is_not_there_is_said_to_be_not_there(journey: Journey) -> None:
    """The answer for a customer who does not exist has the shape of every other refusal, and the code of its status."""
    answer = await journey.get(f"{journey.profile.paths['customers']}/ext_{journey.customer}")
    if answer.fault is None and not answer.taken:
        expected = "a JSON object with a message"
        journey.must("resilience.error-is-json", answer, partial(is_error, journey), expected)
        expected = "a body that agrees with the status"
        journey.must("resilience.error-status-agrees", answer, partial(agrees_with_status, journey), expected)


def is_error(journey: Journey, answer: Answer) -> Found:
    """A JSON object with a message, of the documented shape where one is."""
    if "error-schema-binds" in journey.profile.traits:
        problems = journey.profile.schemas.problems("error", answer.json)
        return Found(holds=not problems, actual=f"{answer} ({problems[0]})" if problems else str(answer))
    fine = isinstance(answer.json, dict) and message_of(answer.json) is not None
    return Found(holds=fine, actual=str(answer))


def agrees_with_status(journey: Journey, answer: Answer) -> Found:
    """The status that the body repeats, or the code that stands for it, agrees with the real one."""
    paths, codes = journey.profile.answer_paths, journey.profile.codes
    stated = at(answer, paths["error_status"]) if "error_status" in paths else None
    code = at(answer, paths["error_code"]) if "error_code" in paths else None
    meant = codes.get(code) if isinstance(code, str) else None
    right = stated is None or str(stated) == str(answer.status)
    paired = not codes or meant == answer.status
    return Found(holds=right and paired, actual=f"status {answer.status}, the body says {stated or code}")


@scenario("resilience.oversized-body", "resilience.still-answers", variants={"lead": "lead", "sale": "sale"})
async def an_oversized_body_is_survived(journey: Journey, operation: str) -> None:
    """A body of 300 KB is refused or taken, never answered with a server error, and the service goes on."""
    click = await journey.click()
    body = (
        journey.lead_body(click=click)
        if operation == "lead"
        else journey.sale_body(invoice=journey.invoice(), click=click)
    )
    answer = await journey.post(operation, {**body, "note": "x" * OVERSIZED}, step="oversized body")
    if answer.fault in (Fault.RESET, Fault.NO_ANSWER):
        # Hanging up on a body that is too large is a refusal, if not a polite one.
        journey.forgive(answer)
        journey.satisfied("resilience.oversized-body", "any answer but a server error", f"hung up: {answer}")
    else:
        journey.must("resilience.oversized-body", answer)
    await _still_answers(journey)


_HOSTILE = {
    "nul": "a\x00b",
    "control-characters": "a\x01\x02\x1f\x7fb",
    "lone-surrogate": "a\ud800b",
    "line-breaks": "a\r\nX-Injected: yes\r\nb",
    "markup": "<script>alert(1)</script>",
    "sql": "'; DROP TABLE customers; --",
    "template": "{{7*7}}${7*7}<%= 7*7 %>",
    "path": "../../../../etc/passwd",
    "format": "%s%n%x{0}",
    "bidi-override": "abc\u202edef",
    "noncharacter": "a\uffff\ufffeb",
}


@scenario("resilience.hostile-text", "resilience.still-answers", variants=_HOSTILE)
async def hostile_text_breaks_nothing(journey: Journey, text: str) -> None:
    """Text that breaks careless servers, in every text field, is never answered with a server error."""
    click = await journey.click()
    for operation, field in (("lead", "name"), ("lead", "event"), ("sale", "event")):
        body = (
            journey.lead_body(click=click)
            if operation == "lead"
            else journey.sale_body(invoice=journey.invoice(), click=click)
        )
        own = {"customer": journey.another().customer, field: text}
        journey.must("resilience.hostile-text", await journey.wrong(operation, body, **own))
    journey.must(
        "resilience.hostile-text",
        await journey.wrong("lead", journey.lead_body(click=click), customer=journey.another().customer + text),
    )
    await _still_answers(journey)


@scenario("resilience.hostile-text")
async def deeply_nested_json_breaks_nothing(journey: Journey) -> None:
    """An unknown field that is nested a hundred levels deep is no reason for a server error."""
    click = await journey.click()
    nested = '{"a":' * 100 + "1" + "}" * 100
    body = json.dumps(journey.lead_body(click=click))[:-1] + f', "deep": {nested}}}'
    journey.must("resilience.hostile-text", await journey.post("lead", body.encode(), step="nested lead"))


@scenario("resilience.broken-utf-8")
async def a_body_that_is_no_utf_8_is_refused(journey: Journey) -> None:
    """A body that is not UTF-8 is refused rather than guessed at."""
    click = await journey.click()
    body = json.dumps(journey.lead_body(click=click, name="X")).encode().replace(b'"X"', b'"\xff\xfe\xe9"')
    journey.must("resilience.broken-utf-8", await journey.post("lead", body, step="lead in broken UTF-8"))


async def _still_answers(journey: Journey) -> None:
    """A plain lead of a further customer is accepted as if nothing had happened."""
    click = await journey.click()
    journey.must("resilience.still-answers", await journey.lead(click=click, customer=journey.another().customer))
