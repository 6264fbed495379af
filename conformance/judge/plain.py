"""Lets customers through early of whom there is nothing to say: every event well-formed, in order, and accepted.

Whoever does not pass is judged in full, so nothing may pass here that would be a finding there. Most customers do pass,
so this is where the time goes: items are looked at as they were read, and what repeats is remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.judge.digests import digest, note_amount
from conformance.judge.patterns import Light
from conformance.judge.values import (
    CURRENCIES,
    EMAIL,
    PLACEHOLDERS,
    has_card_number,
    has_zone,
    is_invented,
    is_secret_name,
    moment,
)
from conformance.judge.wire import is_bearer, is_json_type, secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.judge.endpoints import Endpoint
    from conformance.judge.examiner import Examiner
    from conformance.judge.surveys import Survey, Timed, Who

_REMEMBERED = 50_000
_FUTURE = 300.0
_LARGEST = 10**12
_LONGEST = 100
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@|+-]{1,98}")
_CLICK = re.compile(r"[A-Za-z0-9_-]{4,100}")
_NAME = re.compile(r"[^\d@]{0,100}")
_MAIL = re.compile(r"[A-Za-z0-9._%+]{1,64}@[A-Za-z0-9.]{0,60}[A-Za-z0-9]\.[A-Za-z]{2,10}")
_PICTURE = re.compile(r"https?://[A-Za-z0-9./_]{3,200}")
_DASHES_OF_A_CARD = 3
_SUCCESS = range(200, 300)


@dataclass(slots=True)
class _Way:
    """How far a customer has come."""

    click: str = ""
    deferred: bool = False
    verified: bool = False
    stamp: str = ""
    leads: list[tuple[str, bool, bool]] = field(default_factory=list)
    sales: list[Light] = field(default_factory=list)


class Plain:
    """The early pass under one profile."""

    def __init__(self, examiner: Examiner) -> None:
        profile = examiner.profile
        lead, sale = profile.fields["lead"], profile.fields["sale"]
        self._customer, self._click, self._event = lead["customer"], lead["click"], lead["event"]
        self._stamp, self._mode = lead.get("timestamp", ""), lead["mode"]
        self._name, self._email, self._avatar = lead["name"], lead["email"], lead["avatar"]
        self._amount, self._currency, self._invoice = sale["amount"], sale["currency"], sale["invoice"]
        shared = ("customer", "click", "event", "name", "email", "avatar")
        self._is_uniform = all(lead[name] == sale[name] for name in shared)
        known = {"lead": frozenset(lead.values()), "sale": frozenset(sale.values())}
        self._known = {operation: fields for operation, fields in known.items() if not any(map(is_secret_name, fields))}
        judged = {wire for name, wire in (*lead.items(), *sale.items()) if name in _LOOKED_AT}
        self._others = frozenset().union(*known.values()) - judged
        self._deferred = profile.modes["deferred"]
        # Tuples: what was sent as a mode may be anything, also what no set can be asked for.
        self._click_modes = tuple(mode for mode in profile.modes.values() if mode != self._deferred)
        self._follow_up_modes = self._click_modes if examiner.setting.same_name_follows else ()
        self._null_mode = "mode-null-refused" not in profile.traits
        self._whole = examiner.teller.tells("amount-fraction")
        self._upper = examiner.teller.tells("currency-lower-case")
        self._flags = profile.success_flags
        self._header = profile.authentication.header
        self._scheme = profile.authentication.scheme.lower()
        self._browsers = profile.publishable is not None
        self._headers: Mapping[str, Any] = {}
        self._shapes: dict[Any, bool] = {}
        self._events: dict[Any, bool] = {}
        self._tokens: dict[Any, bool] = {}
        self._types: dict[Any, bool] = {}
        self._currencies: dict[Any, bool] = {}

    def take(self, who: Who, timed: list[Timed], made: Survey) -> bool:
        """Whether there is nothing to say of this customer; what the survey has to know is then noted."""
        customer = who[0]
        if who[1] or not self._is_uniform or not _is_id(customer):
            return False
        way = _Way()
        for each in timed:
            light, endpoint = _read(each)
            leads = endpoint.operation == "lead"
            if not (leads and light) and not self._is_well_formed(customer, each[0], each[3], endpoint, light):
                return False
            event = light or self._light(each[3]["body"])
            if not (self._leads_on(way, event) if leads else self._sells(way, event)):
                return False
        if (way.deferred and not way.verified) or _is_mixed(way):
            return False
        _note(way, timed, made)
        return True

    def says_nothing(self, who: Who, event: Timed) -> bool:
        """Whether there is nothing to say of an event by itself, whatever its customer has done."""
        light, endpoint = _read(event)
        raw = event[3]
        if who[1] or not self._is_uniform or not _is_id(who[0]):
            return False
        if not self._is_well_formed(who[0], event[0], raw, endpoint, light):
            return False
        click = light.click if light is not None else raw["body"].get(self._click)
        return not click or _is_click(click)

    def _is_well_formed(self, customer: str, time: float, raw: Any, endpoint: Endpoint, light: Light | None) -> bool:
        if light is not None:
            return endpoint.operation == "lead" or (_is_free(light.invoice) and self._is_amount(light.amount))
        body = raw.get("body")
        if type(body) is not dict or body.get(self._customer) != customer or not self.is_event(raw, endpoint):
            return False
        stamp = body.get(self._stamp)
        return stamp is None or (moment(stamp) or 0) - time <= _FUTURE

    def _light(self, body: dict[str, Any]) -> Light:
        """What a pattern would have read of the event."""
        get = body.get
        return Light(
            event=get(self._event, ""),
            mode=get(self._mode),
            currency=get(self._currency, ""),
            click=get(self._click) or "",
            stamp=get(self._stamp) or "",
            invoice=get(self._invoice) or "",
            amount=get(self._amount) or 0,
        )

    def is_event(self, raw: dict[str, Any], endpoint: Endpoint) -> bool:
        """Whether there is nothing to say of an event by itself."""
        body = raw.get("body")
        if type(body) is not dict or not self._is_call(raw, endpoint) or not self._is_body(body, endpoint.operation):
            return False
        stamp = body.get(self._stamp)
        if stamp is not None and (type(stamp) is not str or not has_zone(stamp) or moment(stamp) is None):
            return False
        if endpoint.operation == "lead":
            mode = body.get(self._mode)
            if mode is None:
                return self._null_mode or self._mode not in body
            return mode == self._deferred or mode in self._click_modes
        invoice, amount, currency = body.get(self._invoice), body.get(self._amount), body.get(self._currency)
        if type(invoice) is not str or not _is_id(invoice) or ("@" in invoice and EMAIL.search(invoice)):
            return False
        return self._is_amount(amount) and type(currency) is str and self._is_currency(currency)

    def secrets(self) -> set[str]:
        """The tokens of the calls that passed."""
        return {text for value in self._tokens for text in secrets_of(value)}

    def _leads_on(self, way: _Way, event: Light) -> bool:
        deferred = event.mode == self._deferred
        lead = (event.event, bool(event.click), deferred)
        if lead in way.leads:
            return False
        way.leads.append(lead)
        if not event.click:
            return self._follows(way, event)
        if way.deferred or (deferred and way.click):
            return False
        if event.click != way.click:
            if way.click or not _is_click(event.click):
                return False
            way.click = event.click
        if deferred:
            way.deferred, way.stamp = True, event.stamp
        return True

    def _follows(self, way: _Way, event: Light) -> bool:
        if not way.click or (event.mode is not None and event.mode not in self._follow_up_modes):
            return False
        if way.deferred and not way.verified:
            if event.stamp and way.stamp and (moment(event.stamp) or 0) < (moment(way.stamp) or 0):
                return False
            way.verified = True
        return True

    @staticmethod
    def _sells(way: _Way, event: Light) -> bool:
        if not way.click or (event.click and event.click != way.click):
            return False
        for other in way.sales:
            if other.invoice == event.invoice or (other.amount == event.amount and other.event == event.event):
                return False
        way.sales.append(event)
        return True

    def _is_call(self, raw: dict[str, Any], endpoint: Endpoint) -> bool:
        get = raw.get
        if not endpoint.is_plain or not endpoint.operation or get("method") != "POST":
            return False
        status = get("status")
        if status is not None and (type(status) is not int or status not in _SUCCESS):
            return False
        headers = get("headers")
        if headers is not None and headers != self._headers:
            if not self._are_headers(headers):
                return False
            self._headers = headers
        response = get("response")
        if type(response) is dict:
            return all(response.get(flag) is not False for flag in self._flags)
        return response is None or (type(response) is str and "false" not in response)

    def _is_body(self, body: dict[str, Any], operation: str) -> bool:
        shape = (operation, *body)
        known = self._shapes.get(shape)
        if known is None:
            known = _remember(self._shapes, shape, fine=body.keys() <= self._known.get(operation, frozenset()))
        get = body.get
        if not known or (not self._others.isdisjoint(shape) and any(get(key) is not None for key in self._others)):
            return False
        value = get(self._event)
        if type(value) is not str or not (self._events.get(value) or self._is_event(value)):
            return False
        value = get(self._name)
        if value is not None and (type(value) is not str or not _NAME.fullmatch(value)):
            return False
        value = get(self._email)
        if value is not None and (type(value) is not str or not _MAIL.fullmatch(value) or len(value) > _LONGEST):
            return False
        value = get(self._avatar)
        return value is None or (type(value) is str and _PICTURE.fullmatch(value) is not None)

    def _are_headers(self, headers: Mapping[str, Any]) -> bool:
        value = headers.get("authorization") or headers.get(self._header)
        if type(value) is not str:
            return False
        known = self._tokens.get(value)
        if known is None:
            known = _remember(self._tokens, value, fine=is_bearer(value, self._scheme))
        if not known or (self._browsers and any(name.lower() == "origin" for name in headers)):
            return False
        kinds = [text for name, text in headers.items() if name.lower() == "content-type"]
        return not kinds or (len(kinds) == 1 and type(kinds[0]) is str and self._is_type(kinds[0]))

    def _is_type(self, kind: str) -> bool:
        known = self._types.get(kind)
        return _remember(self._types, kind, fine=is_json_type(kind)) if known is None else known

    def _is_event(self, event: str) -> bool:
        fine = bool(event.strip()) and len(event) <= _LONGEST and not EMAIL.search(event) and not has_card_number(event)
        return _remember(self._events, event, fine=fine)

    def _is_amount(self, amount: Any) -> bool:
        if type(amount) is int:
            return 0 <= amount < _LARGEST
        return type(amount) is float and 0 <= amount < _LARGEST and not (self._whole and not amount.is_integer())

    def _is_currency(self, currency: str) -> bool:
        known = self._currencies.get(currency)
        if known is None:
            fine = currency.upper() in CURRENCIES and not (self._upper and currency != currency.upper())
            known = _remember(self._currencies, currency, fine=fine)
        return known


_LOOKED_AT = frozenset(
    {"click", "customer", "event", "mode", "timestamp", "name", "email", "avatar", "amount", "currency", "invoice"}
)


def _read(event: Timed) -> tuple[Light | None, Endpoint]:
    """What a pattern read of an event, None where it was read as JSON; and its endpoint."""
    of, texts = event[4], event[5]
    return (None, of) if texts is None else (of.light(texts), of.endpoint)


def _is_click(click: Any) -> bool:
    if type(click) is not str or not _CLICK.fullmatch(click) or is_invented(click):
        return False
    return click.count("-") < _DASHES_OF_A_CARD or not has_card_number(click)


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None and _is_free(text)


def _is_free(text: str) -> bool:
    """Whether what is made like an id is none of the texts that are made so too; those with other signs are not."""
    return text.lower() not in PLACEHOLDERS and (text.count("-") < _DASHES_OF_A_CARD or not has_card_number(text))


def _is_mixed(way: _Way) -> bool:
    """Whether some of the customer's amounts are whole and others are not."""
    return len(way.sales) > 1 and len({sale.amount == int(sale.amount) for sale in way.sales}) > 1


def _note(way: _Way, timed: list[Timed], made: Survey) -> None:
    made.events += len(timed)
    made.latest = max(made.latest, timed[-1][0])
    if way.click:
        made.clicks.append(digest(way.click))
    for sale in way.sales:
        made.invoices.append(digest(sale.invoice))
        note_amount(made.amounts, sale.currency, sale.amount)


def _remember(known: dict[Any, bool], what: Any, *, fine: bool) -> bool:
    if len(known) < _REMEMBERED:
        known[what] = fine
    return fine
