"""What is wrong with the fields of one event by themselves, whoever its customer is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.findings import Severity
from conformance.judge.sent import NOT_SENT, number
from conformance.judge.values import (
    CURRENCIES,
    EMAIL,
    distance,
    has_card_number,
    has_zone,
    is_invented,
    is_placeholder,
    is_secret_name,
    moment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract import Profile
    from conformance.findings import Finding
    from conformance.judge.sent import Sent
    from conformance.judge.teller import Teller

_FUTURE = 300.0
_NEAR = 300.0
_QUARTER = 900.0
_DEEPEST = 20
_DIGITS_OF_A_CARD = 19  # with what stands between them
_LONGEST_LIST = 50
_TOO_LARGE = 413
_LONG_AGO = 315532800.0  # 1980
_HALF_A_DAY = 14 * 3600.0
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}|\d{15,16}|\d{18,19}")
_MILLISECONDS = 1e11
_ISO_SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_COOKIE = re.compile(r"^\s*[\w.-]+=\S|;|^\w+://|^[?&]|%3D", re.IGNORECASE)
# What the judge says more of than a schema could, by our words.
_JUDGED = frozenset({"click", "customer", "event", "mode", "timestamp", "amount", "currency", "invoice"})
# Names, addresses and pictures against which no schema has anything.
_SHORT = 100
_DETAILS = {
    "name": re.compile(r".*", re.DOTALL),
    "email": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]\.[A-Za-z]{2,10}"),
    "avatar": re.compile(r"https?://[A-Za-z0-9./_-]{3,}"),
}


class Fields:
    """The checks of one body by itself."""

    def __init__(self, profile: Profile, teller: Teller) -> None:
        self._profile = profile
        self._teller = teller
        self._modes = frozenset(profile.modes.values())
        self._nullable_mode = "mode-null-refused" not in profile.traits
        self._whole = "whole-amounts" in profile.traits
        self._aliases = {"externalId", "customerId"} if "aliases" in profile.traits else set()
        self._documented_modes = profile.modes["deferred"]

    def findings(self, sent: Sent) -> list[Finding]:
        """Everything about the body."""
        if sent.call.status == _TOO_LARGE:
            return self._teller.at("body-too-large", sent)
        if sent.shape != "json":
            return self._of_shape(sent)
        found = [*self._of_names(sent), *self._of_customer(sent), *self._of_click(sent), *self._of_timestamp(sent)]
        found += self._of_lead(sent) if sent.operation == "lead" else self._of_sale(sent)
        return [*found, *self._of_privacy(sent), *self._of_schema(sent)]

    def _of_shape(self, sent: Sent) -> list[Finding]:
        if sent.shape == "form":
            return self._teller.at("body-form", sent)
        if sent.shape == "missing" and sent.call.header("content-length") != "0":
            return []  # recorders leave bodies out that were there
        return self._teller.at("body-not-json", sent, problem=sent.shape)

    def _of_names(self, sent: Sent) -> list[Finding]:
        found: list[Finding] = []
        wire = set(sent.names.values())
        if not (set(sent.body) - wire):
            return found
        snake = {_snake(name): name for name in wire}
        folded = {_folded(name): name for name in wire}
        for key in sent.body:
            if key in wire or not isinstance(key, str):
                continue
            right = snake.get(key)
            if right and right != key:
                found += self._teller.at("field-snake-case", sent, field=key, right=right)
            elif key in self._aliases:
                found += self._teller.at("field-renamed", sent, field=key, right=sent.names["customer"])
            elif (right := folded.get(_folded(key))) and right not in sent.body:
                found += self._teller.at("field-misspelt", sent, field=key, right=right)
        return found

    def _of_customer(self, sent: Sent) -> list[Finding]:
        raw = sent.value("customer")
        if sent.customer and sent.number:
            kind = "a number" if number(raw) is not None else "no text"
            return self._teller.at("customer-not-text", sent, problem=kind)
        if not sent.customer.strip():
            return self._teller.at("customer-missing", sent, problem=_absence(raw))
        if is_placeholder(sent.customer):
            return self._teller.at("customer-placeholder", sent, quoted=sent.customer)
        if raw in (NOT_SENT, None, "") and not any(sent.body.get(alias) for alias in self._aliases):
            return self._teller.at("customer-missing", sent, problem=_absence(raw))
        return []

    def _of_click(self, sent: Sent) -> list[Finding]:
        raw = sent.value("click")
        if raw in (NOT_SENT, None, ""):
            return []
        if not isinstance(raw, str):
            return self._teller.at("click-malformed", sent, problem=f"{_type_of(raw)}")
        if is_invented(raw):
            return self._teller.at("click-invented", sent, click=raw, problem=_how_invented(raw))
        if "@" in raw and EMAIL.search(raw):
            return self._teller.at("personal-data-misplaced", sent, problem="an e-mail address", field="clickId")
        if not raw.strip() or _COOKIE.search(raw) or re.search(r"\s", raw.strip()) or raw != raw.strip():
            return self._teller.at("click-malformed", sent, problem=_how_malformed(raw))
        return []

    def _of_timestamp(self, sent: Sent) -> list[Finding]:
        raw = sent.value("timestamp")
        if raw in (NOT_SENT, None) or not self._teller.tells("timestamp-format"):
            return []
        if isinstance(raw, int | float) or (isinstance(raw, str) and _EPOCH.fullmatch(raw.strip())):
            unit = "milliseconds" if float(raw) >= _MILLISECONDS else "seconds"
            return self._teller.at("timestamp-epoch", sent, time=raw, unit=unit)
        stamp = sent.stamped
        if stamp is None:
            return self._of_other_format(sent, raw)
        now = sent.call.time
        # A recorder may count from its own beginning: then nobody knows how far off a clock is.
        off = 0.0 if now is None or now < _LONG_AGO else stamp - now
        if not has_zone(raw):
            return self._of_naive(sent, raw, off)
        if off > _FUTURE:
            guess = ": local time that is marked as UTC" if _is_zone(off) else ""
            return self._teller.at("timestamp-future", sent, time=raw, distance=distance(off), guess=guess)
        return []

    def _of_other_format(self, sent: Sent, raw: Any) -> list[Finding]:
        if isinstance(raw, str) and _ISO_SPACED.match(raw):
            off = (moment(raw.strip().replace(" ", "T", 1)) or 0.0) - (sent.call.time or 0.0)
            if sent.call.time is not None and _is_zone(off):
                return self._teller.at("timestamp-local", sent, time=raw, distance=distance(off))
        return self._teller.at("timestamp-format", sent, time="(not a text)" if not isinstance(raw, str) else raw)

    def _of_naive(self, sent: Sent, raw: str, off: float) -> list[Finding]:
        if sent.call.time is not None and _is_zone(off):
            return self._teller.at("timestamp-local", sent, time=raw, distance=distance(off))
        return self._teller.at("timestamp-naive", sent, time=raw)

    def _of_lead(self, sent: Sent) -> list[Finding]:
        found: list[Finding] = []
        name = sent.value("event")
        if not isinstance(name, str) or not name.strip():
            found += self._teller.at("event-name-missing", sent, problem=_absence(name))
        mode = sent.value("mode")
        if mode is NOT_SENT or (mode is None and self._nullable_mode):
            return found
        if mode not in self._modes if isinstance(mode, str) else True:
            found += self._teller.at("mode-unknown", sent, quoted=_shown(mode), right=self._documented_modes)
        return found

    def _of_sale(self, sent: Sent) -> list[Finding]:
        found: list[Finding] = []
        name = sent.value("event")
        if not isinstance(name, str) or not name.strip():
            found += self._teller.at("sale-event-name-missing", sent, problem=_absence(name))
        invoice = sent.value("invoice")
        if not isinstance(invoice, str) or not invoice.strip() or is_placeholder(invoice):
            found += self._teller.at("invoice-missing", sent, problem=_absence(invoice))
        return [*found, *self._of_amount(sent), *self._of_currency(sent)]

    def _of_amount(self, sent: Sent) -> list[Finding]:
        raw = sent.value("amount")
        if raw in (NOT_SENT, None):
            return self._teller.at("amount-missing", sent, problem=_absence(raw))
        amount = number(raw)
        if amount is None:
            what = "a text" if isinstance(raw, str) else _type_of(raw)
            return self._teller.at("amount-text", sent, quoted=_shown(raw), problem=what)
        if amount < 0:
            return self._teller.at("amount-negative", sent, quoted=_shown(raw))
        if self._whole and amount != amount.to_integral_value():
            return self._teller.at("amount-fraction", sent, quoted=_shown(raw))
        return []

    def _of_currency(self, sent: Sent) -> list[Finding]:
        raw = sent.value("currency")
        if raw in (NOT_SENT, None, ""):
            return self._teller.at("currency-missing", sent, problem=_absence(raw))
        if not isinstance(raw, str) or raw.upper() not in CURRENCIES:
            return self._teller.at("currency-unknown", sent, quoted=_shown(raw))
        if raw != raw.upper():
            return self._teller.at("currency-lower-case", sent, quoted=raw)
        return []

    def _of_privacy(self, sent: Sent) -> list[Finding]:
        found: list[Finding] = []
        misplaced = self._teller.at
        for name in ("event", "invoice"):
            text = sent.text(name)
            if text and "@" in text and EMAIL.search(text):
                found += misplaced("personal-data-misplaced", sent, problem="an e-mail address", field=sent.names[name])
        for path, value in _texts(sent.body, ""):
            if is_secret_name(path.rpartition(".")[2]) and value:
                found += misplaced("personal-data-misplaced", sent, problem="what nobody should send", field=path)
            elif len(value) >= _DIGITS_OF_A_CARD and has_card_number(value):
                found += misplaced("personal-data-misplaced", sent, problem="a card number", field=path)
        return found

    def _of_schema(self, sent: Sent) -> list[Finding]:
        found: list[Finding] = []
        wire = {wire: name for name, wire in sent.names.items()}
        if all(_is_usual(wire.get(key), value) for key, value in sent.body.items()):
            return found
        for problem in self._profile.schemas.problems(sent.operation, sent.body):
            field = problem.path.strip("/").split("/")[0].replace("~1", "/").replace("~0", "~")
            name = wire.get(field)
            length = problem.keyword == "maxLength" and isinstance(sent.body.get(field), str) and name != "click"
            if name is None or (name in _JUDGED and not length) or problem.keyword == "required":
                continue
            if sent.body.get(field) == "" and problem.keyword == "format":
                continue
            severity = Severity.WARNING if problem.keyword == "format" else None
            found += self._teller.at("field-invalid", sent, severity=severity, field=field, problem=problem.keyword)
        return found


def _is_usual(name: str | None, value: Any) -> bool:
    """Whether no schema says anything against a field that is not said by itself: it takes long to ask them."""
    if value is None or name is None:
        return True
    if name in _JUDGED:
        return not isinstance(value, str) or len(value) <= _SHORT
    if name not in _DETAILS or not isinstance(value, str):
        return False
    return len(value) <= _SHORT and _DETAILS[name].fullmatch(value) is not None


def _absence(raw: Any) -> str:
    if raw is NOT_SENT:
        return "missing"
    if raw is None:
        return "null"
    if isinstance(raw, str):
        return "empty" if not raw.strip() else "a placeholder"
    return _type_of(raw)


def _type_of(raw: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object", str: "a text"}
    return names.get(type(raw), "null" if raw is None else "no text")


def _shown(raw: Any) -> str:
    return (
        f'"{raw}"'
        if isinstance(raw, str)
        else (
            "null" if raw is None else str(raw).lower() if raw in (True, False) and isinstance(raw, bool) else str(raw)
        )
    )


def _how_invented(click: str) -> str:
    return "what an empty variable leaves behind" if is_placeholder(click) else "a made-up value"


def _how_malformed(click: str) -> str:
    if "://" in click:
        return "a whole address"
    if not click.strip() or click != click.strip():
        return "padded with blanks"
    return "a whole cookie or parameter" if "=" in click or ";" in click else "a text with blanks"


def _is_zone(off: float) -> bool:
    """Whether two moments differ by what zones differ by: quarters of an hour, and not by none."""
    quarters = round(off / _QUARTER)
    return quarters != 0 and abs(off) <= _HALF_A_DAY + _NEAR and abs(off - quarters * _QUARTER) <= _NEAR / 2.5 and (
        quarters % 2 == 0 or abs(quarters) > 12  # noqa: PLR2004 - three quarters exist only far in the east
    )  # fmt: skip


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _folded(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).lower()


def _texts(value: Any, path: str, depth: int = 0) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value[:_LONGEST_LIST]:
            yield from _texts(inner, path, depth + 1)
