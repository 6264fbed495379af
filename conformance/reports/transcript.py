"""The exchanges of a scenario as a report shows them: in order, repeated reads folded, bodies made readable."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.reports.text import clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.results.model import Exchange, RecordedRequest, RecordedResponse

_READ = "read-back"
_DEEPEST = 40
_ONE_LINE = 72


@dataclass(frozen=True)
class Shown:
    """One exchange of a report: the last of `times` equal reads, with the outcomes of all of them."""

    number: int
    exchange: Exchange
    times: int
    outcomes: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """The status, or the fault; of folded reads how they went over time."""
        return " → ".join(self.outcomes)


@dataclass(frozen=True)
class Body:
    """A body to be read; `remark` says what is not as it came."""

    text: str
    remark: str = ""


def shown(exchanges: Sequence[Exchange]) -> tuple[Shown, ...]:
    """The exchanges in the order in which they were sent; a read-back that is polled is one."""
    kept: list[list[Exchange]] = []
    polled: dict[str, list[Exchange]] = {}
    for exchange in sorted(exchanges, key=lambda each: each.started):
        if exchange.step != _READ or exchange.request.method != "GET":
            polled.clear()
            kept.append([exchange])
        elif exchange.request.url in polled:
            polled[exchange.request.url].append(exchange)
        else:
            polled[exchange.request.url] = [exchange]
            kept.append(polled[exchange.request.url])
    return tuple(
        Shown(number, group[-1], len(group), tuple(_changes(group))) for number, group in enumerate(kept, start=1)
    )


def _changes(group: Sequence[Exchange]) -> Iterator[str]:
    outcomes = [outcome(exchange) for exchange in group]
    yield outcomes[0]
    yield from (after for before, after in pairwise(outcomes) if before != after)


def outcome(exchange: Exchange) -> str:
    """The status that came, or the fault that came instead."""
    if exchange.fault:
        return exchange.fault
    return str(exchange.response.status) if exchange.response else "no answer"


def side_by_side(sequence: Sequence[Shown]) -> tuple[tuple[Shown, ...], ...]:
    """The exchanges in groups that were in flight at the same time."""
    groups: list[list[Shown]] = []
    until = 0.0
    for each in sequence:
        begin = each.exchange.started
        if groups and each.times == 1 and groups[-1][-1].times == 1 and begin < until:
            groups[-1].append(each)
            until = max(until, begin + each.exchange.seconds)
        else:
            groups.append([each])
            until = begin + each.exchange.seconds
    return tuple(tuple(group) for group in groups)


def readable(message: RecordedRequest | RecordedResponse, limit: int) -> Body:
    """The body of a message with its JSON indented, not longer than the limit."""
    text, remarks = message.body, []
    if message.body_base64:
        text, remark = _decoded(text)
        remarks.append(remark)
    if message.body_truncated:
        remarks.append("truncated: only its beginning was stored")
    if len(text) > limit:
        remarks.append(f"cut here after {limit} of {len(text)} characters; results.json has what was stored")
        text = text[:limit]
    elif not message.body_base64:
        text = _indented(text)
    return Body(text, "; ".join(remarks))


def body_bytes(message: RecordedRequest | RecordedResponse) -> bytes:
    """The bytes that were recorded."""
    if message.body_base64:
        try:
            return base64.b64decode(message.body)
        except (binascii.Error, ValueError):
            pass
    return message.body.encode("utf-8", "surrogatepass")


def _decoded(text: str) -> tuple[str, str]:
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text, "base64"
    decoded = data.decode("utf-8", "backslashreplace")
    if len(decoded) > 2 * len(data):
        return text, f"base64 of {len(data)} bytes that are no text"
    return decoded, f"not UTF-8 (base64 in results.json): {len(data)} bytes, those that are no text shown as \\xNN"


_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _indented(text: str) -> str:
    """JSON with its lines indented and every value spelled as it came; anything else as it is."""
    if text[:1] not in ("{", "["):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    pieces = _PIECE.findall(text)
    depth = deepest = 0
    for piece in pieces:
        depth += (piece in "{[") - (piece in "}]")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        return text
    made = _value(pieces[0], iter(pieces[1:]), 0)
    return made if len(made) < 4 * len(text) + 200 else text


def _value(piece: str, pieces: Iterator[str], depth: int) -> str:
    if piece not in ("{", "["):
        return piece
    items, item = [], ""
    close = "}" if piece == "{" else "]"
    for following in pieces:
        if following == close:
            break
        if following == ",":
            items.append(item)
        elif following == ":":
            item += ": " + _value(next(pieces), pieces, depth + 1)
        else:
            item = _value(following, pieces, depth + 1)
    items += [item] if item else []
    flat = f"{piece}{', '.join(items)}{close}"
    if len(flat) + 2 * depth <= _ONE_LINE and "\n" not in flat:
        return flat
    inner = ",\n".join("  " * (depth + 1) + each for each in items)
    return f"{piece}\n{inner}\n{'  ' * depth}{close}"


def place(url: str, base: str, width: int) -> str:
    """The part of a URL that tells exchanges of one target apart, clipped."""
    base = base.rstrip("/")
    if url.startswith((f"{base}/", f"{base}?")) or url == base:
        return clip(url[len(base) :] or "/", width)
    _, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    _, _, known = base.partition("://")
    if host == known.partition("/")[0]:
        rest = slash + path
    return rest if len(rest) <= width else "…" + rest[len(rest) - width + 1 :]
