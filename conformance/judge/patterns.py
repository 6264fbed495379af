"""Patterns learned from a recording's own lines, by which further lines of the same make are read without reading JSON.

A pattern is made from a line that was read and found plain. What the judgement hangs on stands in it as it is; what
differs from event to event (times, ids, amounts) may only be as plain as it was there; what nobody looks at may differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from conformance.judge.values import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.judge.endpoints import Endpoint

_MOST = 24
_MOST_TRIES = 200
_DEEPEST = 12
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_MOMENT = rb"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"  # whether it is a date is asked for each hour

# What an empty variable leaves behind, and what may be the number of a card, are left to the early pass.
_EMPTY = rb"(?!(?i:" + b"|".join(sorted(re.escape(text.encode()) for text in PLACEHOLDERS)) + rb')")'
_DASHES = rb"(?:-(?!\d{4}-\d{4})[%b]{0,12}+){0,4}+"


def _identity(signs: bytes) -> bytes:
    return _EMPTY + rb"[A-Za-z0-9][%b]{1,40}+" % signs + _DASHES % signs


# Each no wider than what the early pass lets through.
_FORMS = {
    "time": _MOMENT,
    "timestamp": _MOMENT,
    "customer": _identity(rb"A-Za-z0-9_.:@|+"),
    "invoice": _identity(rb"A-Za-z0-9_.:|+"),
    "click": rb"[A-Za-z0-9_]{4,40}+" + _DASHES % rb"A-Za-z0-9_",
    "name": rb"[A-Za-z .']{1,100}+",
    "email": rb"[A-Za-z0-9._%+]{1,64}+@[A-Za-z0-9]{1,30}+\.[A-Za-z]{2,5}+",
    "avatar": rb"https?://[A-Za-z0-9./_]{3,200}+",
}
# As JSON has them: no control characters, no zero in front of a number. Other alphabets are left to the JSON reader.
_WHOLE = rb"(?:0|[1-9]\d{0,10})"
_AMOUNT = _WHOLE + rb"(?:\.\d{1,6})?"
_TEXT = rb'"[ !#-\[\]-~]*"'
_NUMBER = rb"-?(?:0|[1-9]\d*)(?:\.\d+)?"
_MOST_HOURS = 50_000

# The values that were read of a line, as they stand there.
Texts = Sequence[bytes]
# What was read of a line, and then where that stands (its source and the number of a line before it, and how far behind
# that it is), and the key of the pattern that read it.
Row = list[bytes]
BATCH = 4096
_PLACES = tuple(b"%d" % number for number in range(BATCH))


class Light(NamedTuple):
    """An event as far as it tells one plain customer from another."""

    event: str
    mode: Any
    currency: str
    click: str
    stamp: str
    invoice: str
    amount: float


class Places(NamedTuple):
    """Where in what was read of a line each value stands, -1 where there is none."""

    time: int
    customer: int
    click: int
    timestamp: int
    invoice: int
    amount: int


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """How lines of one make look: `parts` is such a line around what is read of it, `key` the pattern's name."""

    key: bytes
    parts: tuple[bytes, ...]
    places: Places
    endpoint: Endpoint
    event: str
    mode: Any
    currency: str
    whole_amount: bool

    def light(self, texts: Texts) -> Light:
        """The event that was read."""
        _, _, click, stamp, invoice, amount = self.places
        value: float = 0
        if amount >= 0:
            value = int(texts[amount]) if self.whole_amount else float(texts[amount])
        return Light(
            self.event,
            self.mode,
            self.currency,
            texts[click].decode() if click >= 0 else "",
            texts[stamp].decode() if stamp >= 0 else "",
            texts[invoice].decode() if invoice >= 0 else "",
            value,
        )

    def line(self, texts: Texts) -> bytes:
        """A line that says the same as the one that was read, but for what nobody looks at."""
        made = [self.parts[0]]
        for text, part in zip(texts, self.parts[1:], strict=False):
            made += (text, part)
        return b"".join(made)


# How lines of one make are read: what matches them, where time, stamp and customer stand then, and the pattern's key.
_Known = tuple[Callable[[bytes], re.Match[bytes] | None], int, int, int, bytes]


class Patterns:
    """The patterns of one recording; `disguised` takes out of the model's line what is not to be kept."""

    def __init__(
        self,
        fields: Mapping[str, Mapping[str, str]],
        flags: tuple[str, ...],
        disguised: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._fields = fields
        self._flags = frozenset(("response", flag) for flag in flags)
        self._disguised = disguised
        # By how many quotation marks a line has: lines of one make have the same number.
        self._known: dict[int, list[_Known]] = {}
        self._tries = 0
        self._hours: dict[bytes, float] = {}
        self.made: dict[bytes, Pattern] = {}

    @property
    def may_learn(self) -> bool:
        """Whether there is room for one more."""
        return len(self.made) < _MOST and self._tries < _MOST_TRIES

    def read_all(self, lines: Sequence[bytes], where: bytes, rows: Sequence[list[bytes]]) -> list[int]:
        """Puts the rows of at most a batch of lines into the bags of their customers; which of them no pattern read."""
        known, hours, bags = self._known, self._hours, len(rows)
        rest: list[int] = []
        for number, line in enumerate(lines):
            for match, time, stamp, customer, key in known.get(line.count(b'"'), ()):
                found = match(line)
                if found is None:
                    continue
                texts = found.groups()
                moment = texts[time]
                if (moment[:13] in hours or self._is_date(moment)) and (
                    stamp < 0 or texts[stamp] == moment or self._is_past(texts[stamp], moment)
                ):
                    row = b"\t".join((*texts, where, _PLACES[number], key))
                    rows[crc32(texts[customer]) % bags].append(row)
                    break
            else:
                rest.append(number)
        return rest

    def read(self, line: bytes, source: int, index: int) -> Row | None:
        """The row of a line that is made like one before, else None."""
        made: list[bytes] = []
        return None if self.read_all((line,), b"%d %d" % (source, index), (made,)) else made[0].split(b"\t")

    def _is_past(self, stamped: bytes, moment: bytes) -> bool:
        """Whether it may have been stamped so: nothing is plain that was stamped in the future."""
        return stamped[:19] <= moment[:19] and (stamped[:13] in self._hours or self._is_date(stamped))

    def seconds(self, moment: bytes) -> float:
        """The time of a line that was read, in seconds since 1970."""
        hour = self._hours.get(moment[:13])
        if hour is None:
            self._is_date(moment)
            hour = self._hours[moment[:13]]
        return hour + 60 * int(moment[14:16]) + float(moment[17:-1])

    def _is_date(self, moment: bytes) -> bool:
        hour = moment[:13]
        try:
            at = datetime.fromisoformat(hour.decode() + ":00Z").timestamp()
        except ValueError:
            return False
        if len(self._hours) > _MOST_HOURS:
            self._hours.clear()
        self._hours[hour] = at
        return True

    def learn(self, line: bytes, endpoint: Endpoint, body: Mapping[str, Any]) -> None:
        """Takes a line as the model of others; it was read, and there is nothing to say of its event by itself."""
        self._tries += 1
        names = self._fields[endpoint.operation]
        wire = {wire: name for name, wire in names.items()}
        made = _made(line, wire, self._flags)
        if made is None:
            return
        text, parts, order = made
        regex = re.compile(text)
        found = regex.fullmatch(line)
        if found is None:
            return
        read = {name: found.group(number + 1).decode() for number, name in enumerate(order) if name in Places._fields}
        if any(
            str(body.get(names[name])) != value for name, value in read.items() if name in names and name != "amount"
        ):
            return
        places = Places(*(order.index(name) if name in order else -1 for name in Places._fields))
        mode, currency = body.get(names.get("mode", "")), str(body.get(names.get("currency", ""), ""))
        whole = "." not in read.get("amount", "")
        kept = tuple(self._disguised(part) for part in parts)
        key = blake2b(b"\t".join((*kept, b"%d" % whole)), digest_size=6).hexdigest().encode()
        pattern = Pattern(key, kept, places, endpoint, str(body[names["event"]]), mode, currency, whole)
        known = self._known.setdefault(line.count(b'"'), [])
        known.append((regex.fullmatch, places.time, places.timestamp, places.customer, key))
        self.made[key] = pattern


def _made(
    line: bytes, wire: Mapping[str, str], flags: frozenset[tuple[str, ...]]
) -> tuple[bytes, list[bytes], list[str]] | None:
    """The pattern of a line as text, what stands around its groups, and what they are; None when it makes none."""
    form_of_line: list[bytes] = []
    parts: list[bytes] = [b""]
    order: list[str] = []
    seen: set[tuple[str, ...]] = set()
    last = 0
    line = line.rstrip(b"\r\n")
    for path, start, end in _scalars(line):
        if path in seen or len(path) > _DEEPEST:
            return None
        seen.add(path)
        known = len(order)
        form = _form(path, line[start:end], wire, flags, order)
        if form is None:
            continue
        form_of_line += [re.escape(line[last:start]), form]
        mark = b'"' if line[start:end].startswith(b'"') else b""
        parts[-1] += line[last:start] + mark
        if len(order) > known:
            parts.append(mark)
        else:
            parts[-1] += mark or b"0"
        last = end
    form_of_line.append(re.escape(line[last:]) + rb"[\r\n]*")
    parts[-1] += line[last:] + b"\n"
    if "time" not in order or "customer" not in order:
        return None
    return b"".join(form_of_line), parts, order


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
        return b"(" + (_AMOUNT if b"." in token else _WHOLE) + b")"
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
