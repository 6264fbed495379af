"""Defects at the edges: short links, the shape of answers, hostile input."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.sandbox.answers import Answer
from conformance.sandbox.faults.books import shows
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, DUB, Fault
from conformance.sandbox.faults.wire import (
    FAILURE,
    OK,
    Sent,
    answers,
    around,
    instead,
    labelled,
    page,
    refusal,
    rewritten,
    says,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import RecordedCustomer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

_REFUSALS = tuple(range(400, 500))
_LONG = 200_000


def _is_visit(sent: Sent) -> bool:
    return sent.request.path.startswith(b"/l/")


def _relocated(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    def changed(answer: Answer) -> Answer:
        headers = tuple((name, change(value) if name == b"location" else value) for name, value in answer.headers)
        return Answer(answer.status, headers, answer.body)

    return changed


def _other_parameter(location: bytes) -> bytes:
    before, _, click = location.rpartition(b"=")
    return before.rpartition(b"?")[0] + b"?ref=" + click


def _every_second_visit(_: Surroundings) -> Around:
    last: list[Answer] = []

    async def answered(request: Incoming, answering: Answering) -> Answer:
        if not _is_visit(Sent(request)):
            return await answering(request)
        if last:
            return last.pop()
        last.append(await answering(request))
        return last[0]

    return answered


def _sale_in_lower_case(customer: RecordedCustomer) -> RecordedCustomer:
    if customer.leads:
        return customer
    return replace(
        customer, sales=tuple(replace(sale, click=sale.click and sale.click.lower()) for sale in customer.sales)
    )


def _unusable_from_endpoint(_: Surroundings) -> Around:
    minted: set[str] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        if request.path == b"/track/click" and answer.status == OK:
            minted.add(json.loads(answer.body)["clickId"])
        sent = Sent(request)
        if sent.has("clickId") and sent.body["clickId"] in minted:
            return refusal(404, "click not found")
        return answer

    return answered


def _wrong_status(document: Any) -> Any:
    if isinstance(document.get("error"), dict):
        return {**document, "error": {**document["error"], "code": "internal_server_error"}}
    return {**document, "statusCode": 500}


def _without_message(document: Any) -> Any:
    return {"error": {"reason": 7}} if isinstance(document.get("error"), dict) else {"ok": False}


def _is_oversized(sent: Sent) -> bool:
    return bool(sent.operation) and (sent.request.body is None or len(sent.request.body) > _LONG)


def _stuck_afterwards(_: Surroundings) -> Around:
    stuck: list[bool] = []

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent = Sent(request)
        if _is_oversized(sent):
            stuck.append(True)
        elif sent.is_plain_lead and stuck:
            return FAILURE
        return await answering(request)

    return answered


def _guesses_the_encoding(request: Incoming, _: Surroundings) -> Incoming:
    return request._replace(body=(request.body or b"").decode("utf-8", "replace").encode())


def _is_no_utf_8(sent: Sent) -> bool:
    try:
        (sent.request.body or b"").decode()
    except UnicodeDecodeError:
        return True
    return False


EDGES: tuple[Fault, ...] = (
    Fault(
        "other-parameter",
        "The redirect of a short link carries the click id in another parameter.",
        BOTH,
        "click-capture.parameter-in-location",
        answers(_is_visit, _relocated(_other_parameter)),
    ),
    Fault(
        "click-id-used-twice",
        "Every second visit is handed the click id of the visit before.",
        CUTMESHORT,
        "click-capture.fresh-id",
        around(_every_second_visit),
    ),
    Fault(
        "click-id-of-sale-in-lower-case",
        "The click id of a sale without a lead is stored in lower case.",
        CUTMESHORT,
        "click-capture.id-usable",
        shows(_sale_in_lower_case),
        also=("sale.own-click",),
    ),
    Fault(
        "endpoints-click-id-unusable",
        "A click id that the endpoint minted cannot be found for a while.",
        DUB,
        "click-capture.id-usable",
        around(_unusable_from_endpoint),
    ),
    Fault(
        "success-labelled-as-page",
        "Success answers are labelled as text.",
        BOTH,
        "resilience.json-content-type",
        answers(lambda sent: bool(sent.operation), labelled(b"text/html"), statuses=(OK,)),
    ),
    Fault(
        "refusals-are-pages",
        "Refusals are web pages.",
        BOTH,
        "resilience.error-is-json",
        answers(lambda sent: bool(sent.operation), page, statuses=_REFUSALS),
        also=("resilience.error-status-agrees",),
    ),
    Fault(
        "refusals-without-message",
        "Refusals do not say what was wrong.",
        BOTH,
        "resilience.error-is-json",
        answers(lambda sent: bool(sent.operation), says(_without_message), statuses=_REFUSALS),
        also=("resilience.error-status-agrees",),
    ),
    Fault(
        "refusals-claim-another-status",
        "The body of a refusal claims another status than the answer has.",
        BOTH,
        "resilience.error-status-agrees",
        answers(lambda sent: bool(sent.operation), says(_wrong_status), statuses=_REFUSALS),
    ),
    Fault(
        "large-body-fails",
        "A body of 300 KB is answered with 500.",
        BOTH,
        "resilience.oversized-body",
        instead(_is_oversized, FAILURE),
    ),
    Fault(
        "encoding-guessed",
        "A body that is not UTF-8 is taken with what can be read of it.",
        CUTMESHORT,
        "resilience.broken-utf-8",
        rewritten(_is_no_utf_8, _guesses_the_encoding),
    ),
    Fault(
        "stuck-after-large-body",
        "After a body that is too large every lead is answered with 500.",
        BOTH,
        "resilience.still-answers",
        around(_stuck_afterwards),
        also=("*",),
    ),
)
