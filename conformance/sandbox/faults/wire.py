"""How defects are planted on the wire: in what is read from a body, in requests, and in answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.sandbox.answers import Answer, json_answer, json_bytes_answer
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

    When = Callable[["Sent"], bool]
    ToAnswer = Callable[[Answer], Answer]

_OPERATIONS = {b"/track/lead": "lead", b"/track/sale": "sale"}
OK = 200
# Where the customers of a platform with an API of its own are listed.
CUSTOMERS = b"/customers"
_REFUSED = range(400, 500)


class Sent:
    """One request as a defect looks at it: the operation (nothing elsewhere), and the fields of its body."""

    def __init__(self, request: Incoming) -> None:
        self.request = request
        self.operation = _OPERATIONS.get(request.path.removesuffix(b"/client"), "")
        self.document = _document(request.body) if self.operation else None
        self.body: Mapping[str, Any] = self.document if isinstance(self.document, dict) else {}

    @property
    def posted(self) -> bool:
        """Whether it is an event at all."""
        return bool(self.body) and self.request.method == "POST"

    @property
    def is_event_1(self) -> bool:
        """The first event of a deferred lead."""
        return self.operation == "lead" and is_event_1(self.body)

    @property
    def is_follow_up(self) -> bool:
        """Event 2, or a later lead: without a click."""
        return self.posted and self.operation == "lead" and is_follow_up(self.body)

    @property
    def is_plain_lead(self) -> bool:
        """A lead that counts at once."""
        return self.posted and self.operation == "lead" and not self.is_event_1 and not self.is_follow_up

    @property
    def is_sale(self) -> bool:
        """A sale."""
        return self.posted and self.operation == "sale"

    @property
    def customer(self) -> str:
        """Whom it names, or nothing."""
        named = self.body.get("customerExternalId")
        return named if isinstance(named, str) else ""

    def has(self, *fields: str) -> bool:
        """Whether it carries text in all these fields."""
        return all(isinstance(self.body.get(field), str) and self.body[field] for field in fields)


def is_event_1(body: Mapping[str, Any]) -> bool:
    """Whether the body is of the first event of a deferred lead."""
    return body.get("mode") == "deferred"


def is_follow_up(body: Mapping[str, Any]) -> bool:
    """Whether the body of a lead brings no click."""
    return not body.get("clickId") and not is_event_1(body)


# --- what is read from a body -----------------------------------------------------------------------------------------


def reads(change: Callable[[dict[str, Any]], None], *, operation: str = "") -> Variation:
    """The fields of a body, of this operation or of any, are read otherwise."""

    def body(kind: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation not in ("", kind):
            return sent
        fields = dict(sent)
        change(fields)
        return fields

    return Variation(body=body)


def text_becomes(field: str, change: Callable[[str], Any], *, operation: str = "") -> Variation:
    """Text in one field is read as something else."""

    def apply(fields: dict[str, Any]) -> None:
        if isinstance(fields.get(field), str):
            fields[field] = change(fields[field])

    return reads(apply, operation=operation)


def taken(field: str, wrong: Callable[[Any], bool], instead: Any, *, operation: str = "") -> Variation:
    """A value that is wrong is taken all the same, for another; None stands for a field that is not there."""

    def apply(fields: dict[str, Any]) -> None:
        value = fields.get(field)
        if wrong(value):
            fields[field] = instead(value) if callable(instead) else instead

    return reads(apply, operation=operation)


def passed_over(field: str, wrong: Callable[[Any], bool], *, operation: str = "") -> Variation:
    """A value that is wrong is left aside, as if the field were not there."""

    def apply(fields: dict[str, Any]) -> None:
        if field in fields and wrong(fields[field]):
            del fields[field]

    return reads(apply, operation=operation)


# --- answers ----------------------------------------------------------------------------------------------------------


def around(make: Callable[[Surroundings], Around]) -> Variation:
    """A function of its own around every request."""
    return Variation(around=(make,))


def answers(when: When, change: ToAnswer, *, statuses: tuple[int, ...] = ()) -> Variation:
    """The answer to such a request is another one, if its status is one of these (or whatever it is)."""

    def make(_: Surroundings) -> Around:
        async def changed(request: Incoming, answering: Answering) -> Answer:
            answer = await answering(request)
            if (statuses and answer.status not in statuses) or not when(Sent(request)):
                return answer
            return change(answer)

        return changed

    return around(make)


def instead(when: When, answer: Answer) -> Variation:
    """Such a request never reaches the platform proper: this is its answer."""

    def make(_: Surroundings) -> Around:
        async def answered(request: Incoming, answering: Answering) -> Answer:
            return answer if when(Sent(request)) else await answering(request)

        return answered

    return around(make)


def rewritten(when: When, rewrite: Callable[[Incoming, Surroundings], Incoming]) -> Variation:
    """Such a request is taken for another one."""

    def make(surroundings: Surroundings) -> Around:
        async def passed_on(request: Incoming, answering: Answering) -> Answer:
            return await answering(rewrite(request, surroundings) if when(Sent(request)) else request)

        return passed_on

    return around(make)


def admitted(request: Incoming, surroundings: Surroundings) -> Incoming:
    """The request as if it carried a token that is let in."""
    return request._replace(headers={**request.headers, surroundings.header: surroundings.admitted})


def with_body(request: Incoming, document: Any) -> Incoming:
    """The request with another body."""
    return request._replace(body=json.dumps(document).encode())


def status(number: int) -> ToAnswer:
    """Another status, all else the same."""
    return lambda answer: Answer(number, answer.headers, answer.body)


def says(change: Callable[[Any], Any]) -> ToAnswer:
    """Another JSON body, made of the right one."""

    def changed(answer: Answer) -> Answer:
        document = _document(answer.body)
        return answer if document is None else json_bytes_answer(answer.status, _encoded(change(document)))

    return changed


def without(*names: str) -> Callable[[Any], Any]:
    """The document without these keys."""
    return lambda document: {name: value for name, value in document.items() if name not in names}


def null(*names: str) -> Callable[[Any], Any]:
    """The document with null under these keys."""
    return lambda document: {**document, **dict.fromkeys(names)}


def labelled(content_type: bytes) -> ToAnswer:
    """Another content type, all else the same."""

    def changed(answer: Answer) -> Answer:
        rest = tuple(header for header in answer.headers if header[0] != b"content-type")
        return Answer(answer.status, ((b"content-type", content_type), *rest), answer.body)

    return changed


def page(answer: Answer) -> Answer:
    """The answer as a web page."""
    body = f"<!doctype html><title>Error {answer.status}</title><h1>Something went wrong</h1>".encode()
    headers = ((b"content-type", b"text/html"), (b"content-length", str(len(body)).encode()))
    return Answer(answer.status, headers, body)


def cut_short(answer: Answer) -> Answer:
    """The same answer, of which only half is sent."""
    return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is a 4xx."""
    return answer.status in _REFUSED


def refusal(number: int, message: str) -> Answer:
    """A refusal in a form that most clients understand."""
    return json_answer(number, {"success": False, "message": message})


SUCCESS = json_answer(OK, {"success": True})
FAILURE = json_answer(500, {"success": False, "message": "Internal Server Error"})


def _document(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError):
        return None


def _encoded(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
