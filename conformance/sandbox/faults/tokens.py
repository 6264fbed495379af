"""Defects in authentication, and in what answers give away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, DUB, Fault
from conformance.sandbox.faults.wire import OK, Sent, admitted, answers, around, is_refusal, refusal, says, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around, Variation

_UNAUTHORIZED = 401
_TRACE = (
    'Traceback (most recent call last):\n  File "/srv/app/track.py", line 41, in lead\n'
    "json.decoder.JSONDecodeError: Expecting value"
)


def _has_no_token(sent: Sent) -> bool:
    return b"authorization" not in sent.request.headers


def _token(sent: Sent) -> bytes:
    return sent.request.headers.get(b"authorization", b"")


def _lets_in(when: Callable[[Sent, Surroundings], bool]) -> Variation:
    """Such a request is let in."""

    def make(surroundings: Surroundings) -> Around:
        async def passed_on(request: Incoming, answering: Answering) -> Answer:
            sent = Sent(request)
            wrong = bool(sent.operation) and when(sent, surroundings)
            return await answering(admitted(request, surroundings) if wrong else request)

        return passed_on

    return around(make)


def _records_the_unauthorized(surroundings: Surroundings) -> Around:
    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        if answer.status == _UNAUTHORIZED and Sent(request).posted:
            await answering(admitted(request, surroundings))
        return answer

    return answered


def _body_first(_: Surroundings) -> Around:
    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        unread = bool(sent.operation) and not sent.has("eventName")
        return refusal(422, "eventName is required") if answer.status == _UNAUTHORIZED and unread else answer

    return answered


def _names_the_last_customer(_: Surroundings) -> Around:
    latest = [""]

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if is_refusal(answer) and sent.operation:
            return _told(f"Last event: {latest[0]}")(answer)
        if answer.status == OK and sent.customer:
            latest[0] = sent.customer
        return answer

    return answered


def _names_the_first_owner(_: Surroundings) -> Around:
    owners: dict[str, str] = {}

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if answer.status != OK or not sent.has("customerEmail", "customerExternalId"):
            return answer
        owner = owners.setdefault(sent.body["customerEmail"], sent.customer)
        return answer if owner == sent.customer else says(lambda document: {**document, "sameAs": owner})(answer)

    return answered


def _told(message: str) -> Callable[[Answer], Answer]:
    """A refusal whose message says more than it should."""

    def change(document: Any) -> Any:
        if isinstance(document.get("error"), dict):
            return {**document, "error": {**document["error"], "message": message}}
        return {**document, "message": message}

    return says(change)


def _echoes_the_token(_: Surroundings) -> Around:
    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        if answer.status != _UNAUTHORIZED or not answer.body:
            return answer
        token = request.headers.get(b"authorization", b"").decode("latin-1")
        return _told(f"{token} is not valid")(answer)

    return answered


TOKENS: tuple[Fault, ...] = (
    Fault(
        "sale-without-token-taken",
        "A sale needs no token.",
        BOTH,
        "authentication.missing-token",
        _lets_in(lambda sent, _: sent.operation == "sale" and _has_no_token(sent)),
        also=("authentication.nothing-recorded", "authentication.exactly-401"),
    ),
    Fault(
        "lead-without-token-taken",
        "A lead needs no token.",
        BOTH,
        "authentication.missing-token",
        _lets_in(lambda sent, _: sent.operation == "lead" and _has_no_token(sent)),
        also=("authentication.nothing-recorded", "authentication.exactly-401"),
    ),
    Fault(
        "token-compared-by-beginning",
        "A token that only begins with the right one is let in.",
        BOTH,
        "authentication.wrong-token",
        _lets_in(lambda sent, around: _token(sent).startswith(around.admitted)),
        also=("authentication.nothing-recorded",),
    ),
    Fault(
        "deferred-lead-without-token-taken",
        "Neither event of a deferred lead needs a token.",
        BOTH,
        "authentication.missing-token",
        _lets_in(lambda sent, _: _has_no_token(sent) and (sent.is_event_1 or sent.is_follow_up)),
        also=("authentication.nothing-recorded",),
    ),
    Fault(
        "any-token-taken",
        "Any token is let in.",
        BOTH,
        "authentication.wrong-token",
        _lets_in(lambda sent, _: len(_token(sent).split()) > 1 and _token(sent).startswith(b"Bearer")),
        also=("authentication.*",),
    ),
    Fault(
        "any-scheme-taken",
        "A token is let in under another scheme.",
        BOTH,
        "authentication.other-scheme",
        _lets_in(lambda sent, _: _token(sent).startswith(b"Basic")),
        also=("authentication.nothing-recorded",),
    ),
    Fault(
        "empty-token-taken",
        "An empty token is let in.",
        BOTH,
        "authentication.empty-token",
        _lets_in(lambda sent, _: _token(sent).strip() == b"Bearer"),
        also=("authentication.nothing-recorded",),
    ),
    Fault(
        "wrong-token-answered-403",
        "A wrong token is answered with 403.",
        CUTMESHORT,
        "authentication.exactly-401",
        answers(lambda sent: bool(sent.operation), status(403), statuses=(_UNAUTHORIZED,)),
        also=("resilience.error-status-agrees",),
    ),
    Fault(
        "wrong-token-recorded",
        "An event with a wrong token is refused, and written down nevertheless.",
        BOTH,
        "authentication.nothing-recorded",
        around(_records_the_unauthorized),
    ),
    Fault(
        "body-before-token",
        "The body is looked at before the token.",
        DUB,
        "authentication.before-body",
        around(_body_first),
    ),
    Fault(
        "refusal-names-another-customer",
        "A refusal shows the customer of the event before.",
        BOTH,
        "privacy.no-other-customer",
        around(_names_the_last_customer),
    ),
    Fault(
        "refusal-shows-stack-trace",
        "A refusal shows where in the code it came about.",
        BOTH,
        "privacy.no-stack-trace",
        answers(lambda sent: bool(sent.operation), _told(_TRACE), statuses=(400, 422)),
    ),
    Fault(
        "token-echoed",
        "The refusal of a token repeats it.",
        BOTH,
        "privacy.token-not-echoed",
        around(_echoes_the_token),
    ),
    Fault(
        "first-owner-of-address-named",
        "The answer to a lead names the customer who had its e-mail address first.",
        BOTH,
        "privacy.no-other-customer",
        around(_names_the_first_owner),
    ),
)
