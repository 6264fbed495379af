"""CutMeShort on the wire: leads and sales as its documents describe them, answers that each of its SDKs can read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from conformance.ledger import Details, LeadEvent, Mode, Outcome, SaleEvent
from conformance.ledger.rulings import SENTENCES
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.platforms import Invalid
from conformance.sandbox.platforms.fields import (
    FieldProblem,
    address,
    amount,
    click_id,
    currency,
    email,
    optional_text,
    read,
    text,
    timestamp,
)
from conformance.sandbox.traffic import RulingTraffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.profile import Profile
    from conformance.ledger import Event, Ruling
    from conformance.sandbox.store import Store
    from conformance.sandbox.traffic import Surroundings, Traffic

TOKEN_PREFIX = ""
_CLICK_BYTES = 15

_REFUSALS = {
    Outcome.REFUSED_RESENT_CLICK: 409,
    Outcome.REFUSED_MISMATCH: 404,
    Outcome.REFUSED_UNKNOWN_CLICK: 404,
    Outcome.REFUSED_DEFERRED_WITHOUT_CLICK: 422,
    Outcome.REFUSED_REPEATED_INVOICE: 409,
}

_ERROR_TYPES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    404: "NotFoundError",
    405: "MethodNotAllowedError",
    409: "ConflictError",
    413: "PayloadTooLargeError",
    415: "UnsupportedMediaTypeError",
    422: "UnprocessableEntityError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}


class CutMeShort:
    """The CutMeShort platform; field names and paths are the profile's."""

    def __init__(self, profile: Profile) -> None:
        self.operations = {path.encode(): operation for operation, path in profile.paths.items()}
        self._lead = profile.fields["lead"]
        self._sale = profile.fields["sale"]
        self._modes = {
            None: Mode.NON_DEFERRED,
            profile.modes["non_deferred"]: Mode.NON_DEFERRED,
            profile.modes["deferred"]: Mode.DEFERRED,
        }
        self._answers = {outcome: _answer_to(outcome) for outcome in Outcome}

    def event(self, operation: str, body: Mapping[str, Any], received: str) -> Event:
        """The lead or sale that the body describes."""
        return self._read_sale(body, received) if operation == "sale" else self._read_lead(body, received)

    def ruled(self, ruling: Ruling) -> Answer:
        """200 for what is accepted, else the status of the refusal."""
        return self._answers[ruling.outcome]

    def invalid(self, problems: Mapping[str, str]) -> Answer:
        """422 with a sentence for each field."""
        return _error(422, "; ".join(f"{name} {problem}" for name, problem in problems.items()), problems)

    def refusal(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> Answer:
        """An error answer of the one shape that all SDKs understand."""
        return _error(status, message, {}, *headers)

    def _read_lead(self, body: Mapping[str, Any], received: str) -> LeadEvent:
        names = self._lead
        problems: dict[str, str] = {}
        lead = LeadEvent(
            customer=read(body, names["customer"], text, problems) or "",
            event=read(body, names["event"], text, problems) or "",
            click=read(body, names["click"], click_id, problems),
            mode=read(body, names["mode"], self._mode, problems) or Mode.NON_DEFERRED,
            timestamp=read(body, names["timestamp"], timestamp, problems),
            details=_details(body, names, problems),
            received=received,
        )
        if lead.click is None and lead.mode is Mode.NON_DEFERRED and body.get(names["mode"]) is not None:
            problems.setdefault(names["mode"], "must be left out of a follow-up")
        if problems:
            raise Invalid(problems)
        return lead

    def _read_sale(self, body: Mapping[str, Any], received: str) -> SaleEvent:
        names = self._sale
        problems: dict[str, str] = {}
        customer = read(body, names["customer"], text, problems)
        event = read(body, names["event"], text, problems)
        invoice = read(body, names["invoice"], text, problems)
        price = read(body, names["amount"], amount, problems)
        code = read(body, names["currency"], currency, problems)
        click = read(body, names["click"], click_id, problems)
        moment = read(body, names["timestamp"], timestamp, problems)
        details = _details(body, names, problems)
        if problems or customer is None or invoice is None or price is None or code is None:
            raise Invalid(problems)
        return SaleEvent(customer, invoice, price, code, event, click, moment, details, received)

    def _mode(self, value: Any) -> Mode:
        if value is not None and not isinstance(value, str):
            raise FieldProblem("must be text")
        try:
            return self._modes[value]
        except KeyError:
            raise FieldProblem(f"must be one of {', '.join(filter(None, self._modes))}, or left out") from None


def new_click() -> str:
    """A click id as no other: fixed width, letters of both cases, digits, `-` and `_`."""
    return f"id_{secrets.token_urlsafe(_CLICK_BYTES)}"


def traffic(profile: Profile, store: Store, surroundings: Surroundings) -> Traffic:
    """The application behind every path that is the platform's."""
    return RulingTraffic(CutMeShort(profile), store, surroundings)


def _details(body: Mapping[str, Any], names: Mapping[str, str], problems: dict[str, str]) -> Details:
    return Details(
        name=read(body, names["name"], optional_text, problems),
        email=read(body, names["email"], email, problems),
        avatar=read(body, names["avatar"], address, problems),
    )


def _answer_to(outcome: Outcome) -> Answer:
    sentence = SENTENCES[outcome]
    if outcome in _REFUSALS:
        return _error(_REFUSALS[outcome], sentence, {})
    return json_answer(200, {"status": True, "data": sentence, "success": True})


def _error(status: int, message: str, details: Mapping[str, str], *headers: tuple[bytes, bytes]) -> Answer:
    document: dict[str, Any] = {
        "success": False,
        "error": message,
        "message": message,
        "type": _ERROR_TYPES.get(status, "ApiError"),
        "statusCode": status,
    }
    if details:
        document["details"] = dict(details)
    return json_answer(status, document, *headers)
