"""Patterns learned from a recording's own lines, by which further lines of the same make are read without reading JSON.

A pattern is made from a line that was read and found plain. What the judgement hangs on stands in it as it is; what
differs from event to event (times, ids, amounts) may only be as plain as it was there; what nobody looks at may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.judge.endpoints import Endpoint

_MOST = 24
_MOST_TRIES = 200
_DEEPEST = 12
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_MOMENT = rb"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"

# Each no wider than what the early pass lets through.
_FORMS = {
    "time": _MOMENT,
    "timestamp": _MOMENT,
    "customer": rb"[A-Za-z0-9][A-Za-z0-9_.:@|+-]{1,98}",
    "invoice": rb"[A-Za-z0-9][A-Za-z0-9_.:|+-]{1,98}",
    "click": rb"[A-Za-z0-9_-]{4,100}",
    "name": rb"[A-Za-z .']{1,100}",
    "email": rb"[A-Za-z0-9._%+]{1,64}@[A-Za-z0-9]{1,30}\.[A-Za-z]{2,5}",
    "avatar": rb"https?://[A-Za-z0-9./_]{3,200}",
}
_AMOUNT = rb"\d{1,11}(?:\.\d{1,6})?"
_TEXT = rb'"[^"\\]*"'
_NUMBER = rb"-?\d+(?:\.\d+)?"
_READ = ("time", "customer", "click", "timestamp", "invoice", "amount")


@dataclass(frozen=True, slots=True)
class Pattern:
    """How lines of one make look; `groups` are the numbers of what is read of them, -1 where there is nothing."""

    match: Any
    groups: tuple[int, ...]
    endpoint: Endpoint
    event: str
    mode: Any
    currency: str
    whole_amount: bool


class Light(NamedTuple):
    """An event as far as it tells one plain customer from another."""

    event: str
    mode: Any
    currency: str
    click: str
    stamp: str
    invoice: str
    amount: float


class Patterns:
    """The patterns of one recording."""

    def __init__(self, fields: Mapping[str, Mapping[str, str]], flags: tuple[str, ...]) -> None:
        self._fields = fields
        self._flags = frozenset(("response", flag) for flag in flags)
        # By how many quotation marks a line has: lines of one make have the same number.
        self._known: dict[int, list[Pattern]] = {}
        self._tries = 0
        self._count = 0
        self._dates: set[bytes] = set()

    @property
    def may_learn(self) -> bool:
        """Whether there is room for one more."""
        return self._count < _MOST and self._tries < _MOST_TRIES

    def read(self, line: bytes) -> tuple[float, str, Endpoint, Light] | None:
        """The time, customer, endpoint and event of a line that is made like one before, else None."""
        for pattern in self._known.get(line.count(b'"'), ()):
            found = pattern.match(line)
            if found is None:
                continue
            texts = found.groups()
            time, customer, click, stamp, invoice, amount = pattern.groups
            moment = texts[time]
            stamped = texts[stamp] if stamp >= 0 else b""
            if stamped and (stamped[:19] > moment[:19] or not (stamped[:10] in self._dates or self._is_date(stamped))):
                return None
            try:
                at = datetime.fromisoformat(moment.decode()).timestamp()
            except ValueError:
                return None
            value: float = 0
            if amount >= 0:
                value = int(texts[amount]) if pattern.whole_amount else float(texts[amount])
            light = Light(
                pattern.event,
                pattern.mode,
                pattern.currency,
                texts[click].decode() if click >= 0 else "",
                stamped.decode(),
                texts[invoice].decode() if invoice >= 0 else "",
                value,
            )
            return at, texts[customer].decode(), pattern.endpoint, light
        return None

    def _is_date(self, stamp: bytes) -> bool:
        try:
            datetime.fromisoformat(stamp.decode())
        except ValueError:
            return False
        self._dates.add(stamp[:10])
        return True

    def learn(self, line: bytes, endpoint: Endpoint, body: Mapping[str, Any]) -> None:
        """Takes a line as the model of others; it was read, and there is nothing to say of its event by itself."""
        self._tries += 1
        names = self._fields[endpoint.operation]
        wire = {wire: name for name, wire in names.items()}
        made = _made(line, wire, self._flags)
        if made is None:
            return
        text, order = made
        match = re.compile(text).fullmatch
        found = match(line)
        if found is None:
            return
        read = {name: found.group(number + 1).decode() for number, name in enumerate(order) if name in _READ}
        if any(
            str(body.get(names[name])) != value for name, value in read.items() if name in names and name != "amount"
        ):
            return
        amount = read.get("amount", "")
        groups = tuple(order.index(name) if name in order else -1 for name in _READ)
        mode, currency = body.get(names.get("mode", "")), str(body.get(names.get("currency", ""), ""))
        pattern = Pattern(match, groups, endpoint, str(body[names["event"]]), mode, currency, "." not in amount)
        self._known.setdefault(line.count(b'"'), []).append(pattern)
        self._count += 1


def _made(line: bytes, wire: Mapping[str, str], flags: frozenset[tuple[str, ...]]) -> tuple[bytes, list[str]] | None:
    """The pattern of a line as text, and what its groups are; None when a name stands in it twice."""
    parts: list[bytes] = []
    order: list[str] = []
    seen: set[tuple[str, ...]] = set()
    last = 0
    for path, start, end in _scalars(line):
        if path in seen or len(path) > _DEEPEST:
            return None
        seen.add(path)
        form = _form(path, line[start:end], wire, flags, order)
        if form is not None:
            parts += [re.escape(line[last:start]), form]
            last = end
    parts.append(re.escape(line[last:].rstrip(b"\r\n")) + rb"[\r\n]*")
    if "time" not in order or "customer" not in order:
        return None
    return b"".join(parts), order


def _form(
    path: tuple[str, ...],
    token: bytes,
    wire: Mapping[str, str],
    flags: frozenset[tuple[str, ...]],
    order: list[str],
) -> bytes | None:
    """What may stand in place of a value, None when nothing else may."""
    name = "time" if path == ("time",) else (wire.get(path[1], "") if path[:1] == ("body",) and len(path) == 2 else "")  # noqa: PLR2004
    is_text = token.startswith(b'"')
    if is_text and name in _FORMS and token != b'""':
        order.append(name)
        return b'"(' + _FORMS[name] + b')"'
    if name == "amount" and not is_text and token[:1].isdigit():
        order.append(name)
        return b"(" + (_AMOUNT if b"." in token else rb"\d{1,11}") + b")"
    if not _is_idle(path, flags):
        return None
    if is_text:
        return _TEXT
    return _NUMBER if token[:1].isdigit() or token[:1] == b"-" else None


def _is_idle(path: tuple[str, ...], flags: frozenset[tuple[str, ...]]) -> bool:
    """Whether nobody looks at what stands there."""
    head = path[0]
    if head == "response":
        return len(path) > 1 and path not in flags
    if head == "headers":
        return len(path) == 2 and path[1].lower() not in _HEADERS  # noqa: PLR2004 - a name in an object
    return head not in ("time", "method", "url", "body", "status")


_HEADERS = ("authorization", "content-type", "content-length", "origin", "user-agent")


def _scalars(line: bytes) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Every value of a JSON text that is no object and no list, with its path and its place."""
    path: list[str] = []
    counts: list[int] = []
    key = ""
    wants_key = False
    for found in _TOKEN.finditer(line):
        token = found.group()
        if token in (b"{", b"["):
            path.append(key)
            counts.append(-1 if token == b"{" else 0)
            wants_key = token == b"{"
            key = "" if wants_key else "0"
        elif token in (b"}", b"]"):
            path.pop()
            counts.pop()
            wants_key = False
        elif token == b",":
            wants_key = bool(counts) and counts[-1] < 0
            if counts and not wants_key:
                counts[-1] += 1
                key = str(counts[-1])
        elif token == b":":
            wants_key = False
        elif wants_key:
            key = token[1:-1].decode("utf-8", "replace")
        else:
            yield (*path[1:], key), found.start(), found.end()
