"""What one tracking call says: its fields read off the wire, as the journey and the ledger need them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from conformance.judge.texts import parse
from conformance.judge.values import moment
from conformance.ledger import Details, LeadEvent, Mode, SaleEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract import Profile
    from conformance.findings import EventRef
    from conformance.judge.calls import Call
    from conformance.judge.endpoints import Endpoint
    from conformance.ledger import Event

OPTIONAL_ALIASES = ("externalId", "customerId")
NOT_SENT = object()
_TOO_MANY = 429
_ENCODER = json.JSONEncoder(sort_keys=True, default=str, separators=(",", ":"))


@dataclass(slots=True)
class Sent:
    """A tracking call as it was understood.

    `shape` is `json`, `form` or a sentence that says why the body is none of them. `customer` is the id as text, empty
    when there is none; `number` says that it was sent as a number. `denied` says that the answer's body says failure.
    """

    call: Call
    endpoint: Endpoint
    operation: str
    shape: str
    body: Mapping[str, Any]
    customer: str
    number: bool
    names: Mapping[str, str]
    deferred: bool
    click: str | None
    event: str
    invoice: str | None
    email: str | None
    stamped: float | None
    denied: bool = False
    explained: bool = False
    _key: str = field(default="")

    @property
    def place(self) -> EventRef:
        """Where the call stands."""
        return self.call.place

    @property
    def time(self) -> float:
        """When it was made; calls of unknown time stand at the beginning."""
        return self.call.time or 0.0

    @property
    def key(self) -> str:
        """The same for two calls that say the same, however it is written."""
        if not self._key:
            self._key = self.operation + _canonical(self.body)
        return self._key

    @property
    def failed(self) -> bool:
        """Whether the call has to be made again: no answer, a server's error, or too many calls."""
        status = self.call.status
        return status is not None and (status in (0, _TOO_MANY) or status >= 500)  # noqa: PLR2004 - a class

    @property
    def refused(self) -> bool:
        """Whether the platform said that it will not have this event; a failure is not that, whatever its body says."""
        status = self.call.status
        if status is None or self.failed:
            return False
        return self.denied or 400 <= status < 500  # noqa: PLR2004 - a class

    @property
    def redirected(self) -> bool:
        """Whether the call was sent elsewhere, so that nothing was recorded by it."""
        status = self.call.status
        return status is not None and 300 <= status < 400  # noqa: PLR2004 - a class

    def value(self, name: str) -> Any:
        """The value of a field (our word for it), NOT_SENT when it is not there."""
        wire = self.names.get(name)
        return NOT_SENT if wire is None else self.body.get(wire, NOT_SENT)

    def text(self, name: str) -> str | None:
        """The field as text, None when it is missing, null, empty or no text."""
        found = self.value(name)
        return found if isinstance(found, str) and found else None

    def ledger_event(self) -> Event | None:
        """The event as the ledger takes it; None for a sale whose amount is no number."""
        details = Details(self.text("name"), self.email)
        if self.operation == "lead":
            mode = Mode.DEFERRED if self.deferred else Mode.NON_DEFERRED
            return LeadEvent(self.customer, self.event, self.click, mode, self.text("timestamp"), details)
        amount = number(self.value("amount"))
        if amount is None:
            return None
        currency = self.text("currency") or ""
        return SaleEvent(
            self.customer, self.invoice, amount, currency, self.event or None, self.click, None, details,
            lead=self.text("lead_event"),
        )  # fmt: skip


def _canonical(body: Mapping[str, Any]) -> str:
    try:
        return _ENCODER.encode(body)
    except RecursionError:
        return repr(sorted(body))


class Reader:
    """Understands calls by a profile's field names."""

    def __init__(self, profile: Profile) -> None:
        self._fields = {name: profile.fields[name] for name in ("lead", "sale")}
        self._deferred = profile.modes["deferred"]
        self._flags = profile.success_flags
        self._trims = "ids-are-trimmed" in profile.traits
        self._aliases = OPTIONAL_ALIASES if "aliases" in profile.traits else ()

    def sent(self, call: Call, endpoint: Endpoint, operation: str) -> Sent:
        """What the call says."""
        body, shape = read_body(call)
        names = self._fields[operation]
        raw = body.get(names["customer"])
        for alias in (*self._aliases, *(() if raw not in (None, "") else _spellings(names["customer"]))):
            if raw not in (None, ""):
                break
            raw = body.get(alias)
        customer = identity(raw)
        click = body.get(names["click"])
        mode = body.get(names.get("mode", ""))
        email = body.get(names["email"])
        stamp = body.get(names.get("timestamp", ""))
        event = body.get(names["event"])
        invoice = body.get(names.get("invoice", ""))
        return Sent(
            call=call,
            endpoint=endpoint,
            operation=operation,
            shape=shape,
            body=body,
            customer=customer.strip() if self._trims else customer,
            number=raw is not None and not isinstance(raw, str),
            names=names,
            deferred=operation == "lead" and mode == self._deferred,
            click=click if isinstance(click, str) and click.strip() else None,
            event=event if isinstance(event, str) else "",
            invoice=None if invoice is None or invoice == "" else identity(invoice),
            email=email.strip().casefold() if isinstance(email, str) and "@" in email else None,
            stamped=moment(stamp) if isinstance(stamp, str) else None,
            denied=self._denies(answer_fields(call)),
        )

    def _denies(self, answer: Mapping[str, Any]) -> bool:
        return any(answer.get(flag) is False for flag in self._flags)


def identity(raw: Any) -> str:
    """An id as text, whatever type it was sent in."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return raw if isinstance(raw, str) else json.dumps(raw, default=str)


def number(value: Any) -> Decimal | None:
    """A JSON number that can be reckoned with, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    made = Decimal(str(value))
    return made if made.is_finite() else None


def read_body(call: Call) -> tuple[Mapping[str, Any], str]:  # noqa: PLR0911 - a list of shapes
    """The fields of a body, and `json`, `form`, or what is wrong with it."""
    raw = call.body
    if isinstance(raw, dict):
        return raw, "json"
    if raw is None:
        return {}, "missing"
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    if not isinstance(raw, str):
        return {}, "a list" if isinstance(raw, list) else "no object"
    if not raw.strip():
        return {}, "empty"
    found, value = parse(raw)
    if found:
        return _of_json(value)
    pairs = parse_qsl(raw, keep_blank_values=True)
    content_type = (call.header("content-type") or "").lower()
    if pairs and ("form" in content_type or ("{" not in raw[:1] and "\n" not in raw and "=" in raw)):
        return dict(pairs), "form"
    if "multipart/form-data" in content_type:
        return {}, "form"
    return {}, "not JSON"


def answer_fields(call: Call) -> Mapping[str, Any]:
    """The fields of an answer, none when it is not known or no JSON object."""
    response = call.response
    if isinstance(response, str | bytes) and response:
        response = parse(response)[1]
    return response if isinstance(response, dict) else {}


def _of_json(value: Any) -> tuple[Mapping[str, Any], str]:
    if isinstance(value, dict):
        return value, "json"
    if isinstance(value, str):
        found, inner = parse(value)
        if found and isinstance(inner, dict):
            return inner, "JSON inside a JSON text, serialised twice"
        return {}, "a JSON text"
    if isinstance(value, list):
        first = value[0] if value and isinstance(value[0], dict) else {}
        return first, "a list"
    return {}, "JSON, but no object"


def _spellings(name: str) -> tuple[str, ...]:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return snake, name.lower(), name[0].upper() + name[1:], snake.replace("_", "-")
