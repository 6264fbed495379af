"""Evidence through the read-back contract: `GET {readback}/customers/{customerExternalId}` (interfaces, section 5)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.evidence.observation import Observation, Unreadable
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.target.messages import Request

if TYPE_CHECKING:
    from conformance.target.messages import Answer
    from conformance.target.target import Target
    from conformance.target.transcript import Transcript

_FOUND = 200
_UNKNOWN = 404


class ReadBack:
    """Reads one customer at a time from the target's read-back endpoint, with the run's own token."""

    available = True
    documented = False

    def __init__(self, target: Target, base: str) -> None:
        self._target = target
        self._base = base.rstrip("/")

    @property
    def description(self) -> str:
        """The endpoint's base URL."""
        return f"read-back {self._base}"

    async def look(
        self,
        customer: str,
        transcript: Transcript,
        since: float | None = None,  # noqa: ARG002 - each customer is read by itself
    ) -> Observation:
        """One GET; 404 means that the target knows no such customer."""
        request = Request("GET", f"{self._base}/customers/{segment(customer)}", self._headers(), b"", "read-back")
        answer = await self._target.send(request, transcript)
        return read(answer)

    def _headers(self) -> dict[str, str]:
        headers = self._target.headers()
        del headers["content-type"]
        return headers


def segment(customer: str) -> str:
    """An id as one percent-encoded path segment; `.` and `..` too, since clients collapse them."""
    if customer in (".", ".."):
        return customer.replace(".", "%2E")
    return quote(customer, safe="")


def read(answer: Answer) -> Observation:
    """What one answer of the endpoint shows; a malformed one is unreadable, never an absence."""
    looked = answer.sent
    if answer.fault is not None:
        return Observation(looked, unreadable=Unreadable(f"read-back: {answer}", code=str(answer.fault)))
    if answer.rate_limited:
        return Observation(looked, unreadable=Unreadable("read-back: 429 until patience ended", rate_limited=True))
    if answer.status == _UNKNOWN:
        return Observation(looked)
    if answer.status != _FOUND:
        return Observation(looked, unreadable=Unreadable(f"read-back answers {answer}"))
    try:
        document = json.loads(answer.body, parse_float=Decimal, parse_int=Decimal)
        return Observation(looked, customer=_customer(document))
    except (ValueError, RecursionError, InvalidOperation, _Malformed) as error:
        return Observation(looked, unreadable=Unreadable(f"read-back is malformed: {error}"))


class _Malformed(Exception):
    """A read-back that does not follow specs/readback/openapi.yaml."""


def _customer(document: Any) -> RecordedCustomer:
    if not isinstance(document, dict):
        raise _Malformed("it is no JSON object")
    return RecordedCustomer(
        customer=_text(document, "customerExternalId") or "",
        click=_text(document, "clickId"),
        name=_text(document, "name"),
        email=_text(document, "email"),
        avatar=_text(document, "avatar"),
        leads=tuple(_lead(entry) for entry in _list(document, "leads")),
        sales=tuple(_sale(entry) for entry in _list(document, "sales")),
    )


def _lead(entry: dict[str, Any]) -> RecordedLead:
    status = entry.get("status")
    if status not in tuple(LeadStatus):
        raise _Malformed(f"leads[].status is {status!r}, not pending, confirmed or unlinked")
    return RecordedLead(
        event=_text(entry, "eventName"),
        status=LeadStatus(status),
        click=_text(entry, "clickId"),
        timestamp=_text(entry, "timestamp"),
    )


def _sale(entry: dict[str, Any]) -> RecordedSale:
    return RecordedSale(
        invoice=_text(entry, "invoiceId"),
        event=_text(entry, "eventName"),
        amount=_number(entry, "amount"),
        currency=_text(entry, "currency"),
        click=_text(entry, "clickId"),
        timestamp=_text(entry, "timestamp"),
    )


def _list(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = document.get(key)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _Malformed(f"{key} is no list of objects")
    return value


def _text(document: dict[str, Any], key: str) -> str | None:
    value = document.get(key)
    if value is None or isinstance(value, str):
        return value
    raise _Malformed(f"{key} is {value!r}, neither text nor null")


def _number(document: dict[str, Any], key: str) -> Decimal | None:
    value = document.get(key)
    if value is None:
        return None
    if isinstance(value, Decimal | str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise _Malformed(f"{key} is {value!r}, not a number")
