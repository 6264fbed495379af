"""What is free in taking and refusing: which status, and where the documents disagree, whether at all."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.ledger import Outcome
from conformance.ledger.rulings import SENTENCES
from conformance.sandbox.faults.books import shows
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT
from conformance.sandbox.faults.wire import OK, Sent, answers, around, instead, refusal, rewritten, says, status
from conformance.sandbox.latitudes.latitude import Latitude, reads_back, tracking
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import RecordedCustomer
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around


def _repeats_conflict(_: Surroundings) -> Around:
    """What was accepted before, byte for byte, is answered with 409."""
    seen: set[tuple[bytes, bytes | None]] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent, key = Sent(request), (request.path, request.body)
        if not sent.posted or answer.status != OK:
            return answer
        if key in seen:
            return refusal(409, "this was accepted before")
        seen.add(key)
        return answer

    return answered


def _sent_again_conflicts(_: Surroundings) -> Around:
    """An event 1 of a customer who sent one before is answered with 409."""
    seen: set[str] = set()

    async def answered(request: Incoming, answering: Answering) -> Answer:
        answer = await answering(request)
        sent = Sent(request)
        if not sent.is_event_1 or answer.status != OK:
            return answer
        if sent.customer in seen:
            return refusal(409, "this customer signed up before")
        seen.add(sent.customer)
        return answer

    return answered


def _hides_unlinked(customer: RecordedCustomer) -> RecordedCustomer:
    return replace(customer, leads=(*customer.confirmed, *customer.pending))


def _unlinked_is_pending(document: Any) -> Any:
    return {
        **document,
        "leads": [
            {**lead, "status": "pending"} if lead["status"] == "unlinked" else lead for lead in document["leads"]
        ],
    }


def _restated(number: int) -> Callable[[Answer], Answer]:
    """Another status, which the body repeats."""

    def changed(answer: Answer) -> Answer:
        return status(number)(says(lambda document: {**document, "statusCode": number})(answer))

    return changed


def _resend_refused(number: int) -> Callable[[Answer], Answer]:
    """The refusal of a click id that is sent again, with another status; other conflicts stay."""
    said = SENTENCES[Outcome.REFUSED_RESENT_CLICK].encode()
    return lambda answer: refusal(number, said.decode()) if said in answer.body else answer


def _as_json(request: Incoming, _: Surroundings) -> Incoming:
    return request._replace(headers={**request.headers, b"content-type": b"application/json"})


def _has_decimals(sent: Sent) -> bool:
    return sent.is_sale and isinstance(sent.body.get("amount"), float)


def _has_controls(sent: Sent) -> bool:
    texts = (value for value in sent.body.values() if isinstance(value, str))
    return any(unicodedata.category(sign) in ("Cc", "Cs", "Cn") for text in texts for sign in text)


STATUSES: tuple[Latitude, ...] = (
    Latitude(
        "mismatch-refused",
        "An event 2 of an unknown customer is refused with 404.",
        CUTMESHORT,
        "mismatch",
        Variation(rules={"mismatch": "refuse"}),
    ),
    Latitude(
        "mismatch-refused-422",
        "An event 2 of an unknown customer is refused with 422.",
        CUTMESHORT,
        "mismatch",
        Variation(rules={"mismatch": "refuse"})
        | answers(lambda sent: sent.is_follow_up, lambda _: refusal(422, "unknown"), statuses=(404,)),
    ),
    Latitude(
        "mismatch-shown-nowhere",
        "An event 2 of an unknown customer is answered with 200, and shown nowhere.",
        CUTMESHORT,
        "mismatch",
        shows(_hides_unlinked),
        lacks=("mismatched-external-id.recorded-unlinked",),
    ),
    Latitude(
        "mismatch-shown-pending",
        "An event 2 of an unknown customer is shown as pending, without a click.",
        CUTMESHORT,
        "mismatch",
        answers(reads_back, says(_unlinked_is_pending), statuses=(OK,)),
        lacks=("mismatched-external-id.recorded-unlinked",),
    ),
    Latitude(
        "resend-ignored",
        "An event 2 with a click id is answered with 200 and ignored.",
        CUTMESHORT,
        "resend",
        Variation(rules={"resent_click": "ignore"}),
        lacks=("resent-click-id.refused",),
    ),
    Latitude(
        "resend-confirms",
        "An event 2 with a click id is taken for the confirmation.",
        CUTMESHORT,
        "resend",
        Variation(rules={"resent_click": "confirm"}),
        lacks=("resent-click-id.refused",),
    ),
    Latitude(
        "resend-refused-400",
        "An event 2 with a click id is refused with 400.",
        CUTMESHORT,
        "resend",
        answers(lambda sent: sent.is_plain_lead, _resend_refused(400), statuses=(409,)),
    ),
    Latitude(
        "resend-refused-422",
        "An event 2 with a click id is refused with 422.",
        CUTMESHORT,
        "resend",
        answers(lambda sent: sent.is_plain_lead, _resend_refused(422), statuses=(409,)),
    ),
    Latitude(
        "duplicate-sale-refused",
        "A sale whose invoice was used before is refused with 409.",
        CUTMESHORT,
        "duplicate-sale",
        Variation(rules={"repeated_invoice": "refuse"}),
    ),
    Latitude(
        "duplicate-sale-refused-422",
        "A sale whose invoice was used before is refused with 422.",
        CUTMESHORT,
        "duplicate-sale",
        Variation(rules={"repeated_invoice": "refuse"})
        | answers(lambda sent: sent.is_sale, lambda _: refusal(422, "used"), statuses=(409,)),
        lacks=("retry.answered-200",),
    ),
    Latitude(
        "repeats-conflict",
        "What was accepted before, byte for byte, is answered with 409.",
        CUTMESHORT,
        "repeats",
        lambda: around(_repeats_conflict),
    ),
    Latitude(
        "second-event-1-conflicts",
        "A further event 1 of a customer is answered with 409.",
        CUTMESHORT,
        "repeats",
        lambda: around(_sent_again_conflicts),
    ),
    Latitude(
        "invalid-answered-400",
        "What is not in the contract is refused with 400.",
        CUTMESHORT,
        "invalid",
        answers(tracking, _restated(400), statuses=(422,)),
    ),
    Latitude(
        "other-scheme-answered-400",
        "A token under another scheme is answered with 400.",
        CUTMESHORT,
        "scheme",
        answers(
            lambda sent: sent.request.headers.get(b"authorization", b"").startswith(b"Basic"),
            lambda _: refusal(400, "use Bearer"),
            statuses=(401,),
        ),
    ),
    Latitude(
        "wrong-method-answered-404",
        "Another method than POST is answered with 404, as a path that does not exist.",
        CUTMESHORT,
        "method",
        answers(tracking, lambda _: refusal(404, "not found"), statuses=(405,)),
        lacks=("validation.wrong-method-405",),
    ),
    Latitude(
        "wrong-method-answered-501",
        "Another method than POST is answered with 501.",
        CUTMESHORT,
        "method",
        answers(tracking, lambda _: refusal(501, "not implemented"), statuses=(405,)),
        lacks=("validation.wrong-method-405",),
    ),
    Latitude(
        "form-answered-400",
        "A body that is no JSON by its content type is refused with 400.",
        CUTMESHORT,
        "content-type",
        answers(tracking, lambda _: refusal(400, "send JSON"), statuses=(415,)),
        lacks=("validation.wrong-content-type-415",),
    ),
    Latitude(
        "malformed-answered-422",
        "A body that is no JSON is refused with 422.",
        CUTMESHORT,
        "malformed",
        answers(
            lambda sent: sent.operation != "" and sent.document is None,
            lambda _: refusal(422, "no JSON"),
            statuses=(400,),
        ),
    ),
    Latitude(
        "cents-only",
        "An amount with decimals is refused by a platform that counts cents.",
        CUTMESHORT,
        "decimals",
        instead(_has_decimals, refusal(422, "amount must be whole")),
    ),
    Latitude(
        "control-characters-refused",
        "Text with control characters is refused.",
        BOTH,
        "control-characters",
        instead(_has_controls, refusal(422, "control characters are not allowed")),
    ),
    Latitude(
        "mode-word-refused",
        "The word for a lead that is not deferred is refused: such a lead has no mode.",
        CUTMESHORT,
        "mode",
        instead(lambda sent: sent.body.get("mode") == "non-deferred", refusal(422, "mode is unknown")),
    ),
    Latitude(
        "any-content-type-taken",
        "JSON is taken under any content type.",
        CUTMESHORT,
        "content-type",
        rewritten(tracking, _as_json),
        lacks=("validation.wrong-content-type-415",),
    ),
)
