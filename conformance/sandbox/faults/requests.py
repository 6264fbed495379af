"""Defects with requests that are no event at all, and with fields that break the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, DUB, Fault
from conformance.sandbox.faults.wire import (
    FAILURE,
    SUCCESS,
    Sent,
    answers,
    around,
    instead,
    is_refusal,
    reads,
    rewritten,
    status,
    with_body,
)
from conformance.sandbox.variation import PlantedFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

_BEYOND_NUMBERS = 10**20
_COLUMN = 256
_WRONG_BODY = (400, 422)
_OTHER_METHODS = ("PUT", "PATCH", "DELETE")


def _is_wrong_type(value: Any) -> bool:
    return value is not None and not isinstance(value, str)


def _fails_on(*names: str, wrong: Callable[[Any], bool] = _is_wrong_type, operation: str = "") -> Any:
    def check(fields: dict[str, Any]) -> None:
        if any(wrong(fields.get(name)) for name in names):
            raise PlantedFailure

    return reads(check, operation=operation)


def _without_events(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "eventName": fields.get("eventName") or "lead"}


def _records_what_it_refuses(_: Surroundings) -> Around:
    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if is_refusal(answer) and sent.operation == "lead" and sent.customer and sent.has("clickId"):
            await answering(with_body(request, _without_events(dict(sent.body))))
        return answer

    return answered


def _uses_up_the_invoice(_: Surroundings) -> Around:
    """The invoice ids of refused sales are remembered as if those had counted."""
    used: set[tuple[bytes, str]] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent = Sent(request)
        invoice = sent.body.get("invoiceId")
        if not sent.is_sale or not isinstance(invoice, str):
            return await answering(request)
        entry = (request.headers.get(b"authorization", b""), invoice)
        if entry in used:
            return SUCCESS
        answer = await answering(request)
        if answer.status in _WRONG_BODY:
            used.add(entry)
        return answer

    return answered


def _is_no_object(sent: Sent) -> bool:
    if not sent.operation or sent.request.method != "POST" or isinstance(sent.document, dict):
        return False
    return sent.document is not None or sent.request.body == b"null"


def _has_wrong_type(sent: Sent) -> bool:
    amount = sent.body.get("amount", 0)
    texts = (sent.body.get(name) for name in ("invoiceId", "eventName", "clickId", "currency"))
    odd = isinstance(amount, bool | list | dict) or (isinstance(amount, int) and amount > _BEYOND_NUMBERS)
    return sent.is_sale and (odd or any(isinstance(value, int | list | dict) for value in texts))


def _single_event(request: Incoming, _: Surroundings) -> Incoming:
    events = Sent(request).document
    return with_body(request, events[0]) if isinstance(events, list) else request


def _is_list_of_events(sent: Sent) -> bool:
    return isinstance(sent.document, list) and bool(sent.document) and bool(sent.document[0])


def _is_malformed(sent: Sent) -> bool:
    if not sent.operation or sent.request.method != "POST" or not sent.request.body or _is_form(sent):
        return False
    try:
        json.loads(sent.request.body.decode())
    except UnicodeDecodeError:
        return False
    except ValueError:
        return True
    return False


def _is_form(sent: Sent) -> bool:
    return sent.request.headers.get(b"content-type", b"").startswith(b"application/x-www-form")


def _is_tracking_path(sent: Sent) -> bool:
    return sent.request.path.startswith(b"/track/") and not sent.operation


def _is_get(sent: Sent) -> bool:
    return bool(sent.operation) and sent.request.method == "GET"


REQUESTS: tuple[Fault, ...] = (
    Fault(
        "wrong-type-fails",
        "A click id, a time, an address or an avatar of a lead that is no text is answered with 500.",
        BOTH,
        "validation.bad-format-no-server-error",
        _fails_on("clickId", "timestamp", "customerEmail", "customerAvatar", operation="lead"),
    ),
    Fault(
        "number-for-customer-fails",
        "An event that names its customer with a number is answered with 500.",
        DUB,
        "validation.lead-without-customer",
        _fails_on("customerExternalId", wrong=lambda value: isinstance(value, int) and not isinstance(value, bool)),
        also=("validation.sale-without-customer",),
    ),
    Fault(
        "name-of-wrong-type-fails",
        "A customer's name that is no text is answered with 500.",
        BOTH,
        "validation.bad-format-no-server-error",
        _fails_on("customerName"),
    ),
    Fault(
        "empty-detail-fails",
        "A name, an address, an avatar or a time that is empty is answered with 500.",
        BOTH,
        "validation.bad-format-no-server-error",
        _fails_on("customerName", "customerEmail", "customerAvatar", "timestamp", wrong=lambda value: value == ""),
    ),
    Fault(
        "long-text-fails",
        "A customer's name, or an event's, that its column cannot hold is answered with 500.",
        BOTH,
        "validation.bad-format-no-server-error",
        _fails_on("customerName", "eventName", wrong=lambda value: isinstance(value, str) and len(value) > _COLUMN),
    ),
    Fault(
        "refused-sale-uses-up-invoice",
        "The invoice id of a refused sale is remembered: the corrected sale is taken for a repeat, and dropped.",
        CUTMESHORT,
        "validation.refused-leaves-nothing",
        around(_uses_up_the_invoice),
    ),
    Fault(
        "refused-lead-recorded",
        "A lead is written down before its event name is looked at, and refused afterwards.",
        BOTH,
        "validation.refused-leaves-nothing",
        around(_records_what_it_refuses),
    ),
    Fault(
        "malformed-body-answered-200",
        "A body that is no JSON is thrown away, and answered with 200.",
        BOTH,
        "validation.malformed-json",
        instead(_is_malformed, SUCCESS),
        also=("authentication.before-body",),
    ),
    Fault(
        "malformed-body-fails",
        "A body that is no JSON is answered with 500.",
        CUTMESHORT,
        "validation.malformed-json",
        instead(_is_malformed, FAILURE),
    ),
    Fault(
        "list-taken-for-its-first",
        "A list of events is taken for the first of them.",
        BOTH,
        "validation.not-an-object",
        rewritten(_is_list_of_events, _single_event),
    ),
    Fault(
        "get-answered-200",
        "GET on a tracking path is answered with 200, by a page that says that the service is up.",
        BOTH,
        "validation.wrong-method",
        instead(_is_get, SUCCESS),
        also=("validation.wrong-method-405",),
    ),
    Fault(
        "get-answered-404",
        "GET on a tracking path is answered with 404.",
        CUTMESHORT,
        "validation.wrong-method-405",
        answers(lambda sent: bool(sent.operation), status(404), statuses=(405,)),
    ),
    Fault(
        "every-path-answered-200",
        "A tracking path that does not exist is answered with 200.",
        BOTH,
        "validation.unknown-path",
        instead(_is_tracking_path, SUCCESS),
        also=("validation.unknown-path-404", "click-capture.*"),
    ),
    Fault(
        "unknown-path-answered-400",
        "A path that does not exist is answered with 400.",
        CUTMESHORT,
        "validation.unknown-path-404",
        answers(_is_tracking_path, status(400), statuses=(404,)),
    ),
    Fault(
        "form-answered-200",
        "A form-encoded body is answered with 200.",
        CUTMESHORT,
        "validation.wrong-content-type",
        instead(_is_form, SUCCESS),
        also=("validation.wrong-content-type-415",),
    ),
    Fault(
        "form-answered-400",
        "A form-encoded body is answered with 400.",
        CUTMESHORT,
        "validation.wrong-content-type-415",
        answers(_is_form, status(400), statuses=(415,)),
    ),
    Fault(
        "sale-of-wrong-type-fails",
        "A sale with a field of another type is answered with 500.",
        BOTH,
        "validation.bad-format-no-server-error",
        instead(_has_wrong_type, FAILURE),
        also=("validation.sale-*",),
    ),
    Fault(
        "body-that-is-no-object-fails",
        "A body that is JSON but no object is answered with 500.",
        BOTH,
        "validation.not-an-object",
        instead(_is_no_object, FAILURE),
        also=("resilience.error-*",),
    ),
    Fault(
        "empty-body-answered-200",
        "An empty body is answered with 200, as a sign that the service is up.",
        BOTH,
        "validation.malformed-json",
        instead(lambda sent: bool(sent.operation) and sent.request.method == "POST" and not sent.request.body, SUCCESS),
    ),
    Fault(
        "other-methods-answered-200",
        "PUT, PATCH and DELETE on a tracking path are answered with 200.",
        BOTH,
        "validation.wrong-method",
        instead(lambda sent: bool(sent.operation) and sent.request.method in _OTHER_METHODS, SUCCESS),
        also=("validation.wrong-method-405",),
    ),
)
