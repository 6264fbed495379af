"""What is free in answers: their bodies, their headers, and the time they take."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT
from conformance.sandbox.faults.wire import OK, Sent, answers, around, labelled, says
from conformance.sandbox.latitudes.latitude import Latitude, reads_back, tracking

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation

_SLOW = 0.3
_EVERY = 50


def _success(document: Any) -> Variation:
    """Every event that is taken is answered so."""
    return answers(tracking, lambda _: json_answer(OK, document), statuses=(OK,))


def _errors(shape: Callable[[Answer, str], Any]) -> Variation:
    """Refusals have another shape."""

    def change(answer: Answer) -> Answer:
        message = json.loads(answer.body).get("message", "refused")
        kept = tuple(header for header in answer.headers if header[0] not in (b"content-type", b"content-length"))
        return json_answer(answer.status, shape(answer, message), *kept)

    return answers(tracking, change, statuses=(400, 401, 404, 405, 409, 413, 415, 422))


def _headers(change: Callable[[tuple[bytes, bytes]], tuple[bytes, bytes]]) -> Variation:
    return answers(
        lambda _: True, lambda answer: Answer(answer.status, tuple(map(change, answer.headers)), answer.body)
    )


def _more_keys(document: Any) -> Any:
    further = {"requestId": "req_1", "meta": {"version": 7, "notes": [None]}}
    if isinstance(document, list):
        return [{**entry, "further": further} for entry in document]
    return {**document, "further": further}


def _is_slow(_: Surroundings) -> Around:
    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        await asyncio.sleep(_SLOW)
        return answer

    return answered


def _limits_the_rate(_: Surroundings) -> Around:
    """Now and then a call meets the rate limit."""
    calls = [0]

    async def answered(request: Incoming, answering: Answering) -> Answer:
        if Sent(request).operation:
            calls[0] += 1
            if calls[0] % _EVERY == 0:
                return json_answer(429, {"success": False, "message": "slow down"}, (b"retry-after", b"1"))
        return await answering(request)

    return answered


ANSWERS: tuple[Latitude, ...] = (
    Latitude(
        "success-body-status-and-data",
        "Success is answered as the SDK models have it: status and data.",
        CUTMESHORT,
        "success-body",
        _success({"status": True, "data": "lead tracked"}),
    ),
    Latitude(
        "success-body-success-and-timestamp",
        "Success is answered as the documents have it: success and timestamp.",
        CUTMESHORT,
        "success-body",
        _success({"success": True, "timestamp": "2026-04-10T12:34:56.789Z"}),
    ),
    Latitude(
        "success-body-message",
        "Success is answered with a message, and with no flag at all.",
        CUTMESHORT,
        "success-body",
        _success({"message": "ok", "data": {"id": "lead_1"}}),
    ),
    Latitude(
        "success-body-empty", "Success is answered with an empty object.", CUTMESHORT, "success-body", _success({})
    ),
    Latitude(
        "error-body-brief",
        "A refusal is an object with an error and nothing else.",
        CUTMESHORT,
        "error-body",
        _errors(lambda _, message: {"error": message}),
    ),
    Latitude(
        "error-body-nested",
        "A refusal holds code and message in an object of their own.",
        CUTMESHORT,
        "error-body",
        _errors(lambda answer, message: {"error": {"code": answer.status, "message": message}}),
    ),
    Latitude(
        "error-body-with-list",
        "A refusal has a list of messages.",
        CUTMESHORT,
        "error-body",
        _errors(lambda answer, message: {"statusCode": answer.status, "message": [message], "error": "Bad Request"}),
    ),
    Latitude(
        "more-keys",
        "Answers, and what is read back, have keys that are not documented.",
        BOTH,
        "keys",
        answers(lambda sent: tracking(sent) or reads_back(sent), says(_more_keys), statuses=(OK,)),
    ),
    Latitude(
        "content-type-with-charset",
        "Answers say their charset.",
        BOTH,
        "content-type-of-answers",
        answers(tracking, labelled(b"application/json; charset=utf-8")),
    ),
    Latitude(
        "headers-in-capitals",
        "The names of headers are in capitals.",
        BOTH,
        "header-case",
        _headers(lambda header: (header[0].upper(), header[1])),
    ),
    Latitude(
        "no-keep-alive",
        "Every connection is closed after its answer.",
        BOTH,
        "connection",
        answers(
            lambda _: True,
            lambda answer: Answer(answer.status, (*answer.headers, (b"connection", b"close")), answer.body),
        ),
    ),
    Latitude("slow-answers", "Every answer takes a while.", BOTH, "speed", lambda: around(_is_slow)),
    Latitude(
        "rate-limited",
        "Now and then a call meets the rate limit, and is told when to come again.",
        BOTH,
        "rate",
        lambda: around(_limits_the_rate),
    ),
)
