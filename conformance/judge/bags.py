"""Bags: files among which a recording is divided so that each customer's calls are in one of them, mostly as rows.

A row is what a pattern read of a line, a third as long as the line, from which a line that says the same is made again
when it is needed. Bags lie in a folder that only its owner can read, and no token is put there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from conformance.judge.lines import value_of
from conformance.judge.patterns import Patterns
from conformance.judge.readers import Block
from conformance.judge.routing import Router
from conformance.judge.survey import Surveyor
from conformance.judge.tokens import Disguise, carries_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Item
    from conformance.judge.patterns import Pattern

_HELD = 16 << 20
_OVERHEAD = 80
_LINE = b"-"
_PROBLEM = b"!"
_COUNTED = 1 << 14
_NUMBERS = tuple(b"%d" % number for number in range(_COUNTED))


@dataclass
class Filled:
    """What is to be known of the bags that one process filled."""

    patterns: dict[bytes, Pattern] = field(default_factory=dict)
    carries: set[int] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)


def united(parts: Iterable[Filled]) -> Filled:
    """What is to be known of the bags that several processes filled."""
    whole = Filled()
    for part in parts:
        whole.patterns |= part.patterns
        whole.carries |= part.carries
        whole.secrets |= part.secrets
    return whole


class Filler:
    """Makes the rows of a recording, or of a part of it, for so many bags."""

    def __init__(self, examiner: Examiner, sources: tuple[str, ...], bags: int) -> None:
        profile = examiner.profile
        self._examiner = examiner
        self._disguise = Disguise(profile)
        patterns = Patterns(profile.fields, profile.success_flags, self._disguise.line)
        # One for all bags of a process: it learns how the lines of the recording look.
        self.surveyor = Surveyor(examiner, sources, patterns=patterns)
        self._router = Router(examiner, sources, bags)
        self._carries: set[int] = set()
        self._rows: list[list[bytes]] = [[] for _ in range(bags)]
        self._held = 0

    @property
    def is_full(self) -> bool:
        """Whether so much is held that it should be taken out."""
        return self._held > _HELD

    def fill(self, part: Block | Sequence[Item]) -> None:
        """Takes lines as they stand in a file, or items."""
        if isinstance(part, Block):
            if part.source not in self._carries and carries_token(part.data):
                self._carries.add(part.source)
            self.fill_lines(part.source, part.first, part.data.split(b"\n"))
        else:
            for source, index, line in part:
                self.fill_lines(source, index, [_as_line(line)])

    def taken_out(self) -> Iterator[tuple[int, bytes]]:
        """The rows that are held, for each bag that has some; they are held no longer."""
        for bag, rows in enumerate(self._rows):
            if rows:
                rows.append(b"")
                yield bag, b"\n".join(rows)
                rows.clear()
        self._held = 0

    def filled(self) -> Filled:
        """What is to be known of what was filled in."""
        patterns = {pattern.key: pattern for pattern in self.surveyor.patterns.made}
        return Filled(patterns, self._carries, self._disguise.secrets)

    def fill_lines(self, source: int, first: int, lines: Sequence[bytes | str]) -> None:
        """Takes lines that stand one after the other; a text says what is wrong with one that was not to be read."""
        read, rows, bags, held = self.surveyor.patterns.read, self._rows, len(self._rows), 0
        where = b"%d %d" % (source, first)
        for number, line in enumerate(lines):
            place = _NUMBERS[number] if number < _COUNTED else b"%d" % number
            found = read(line) if type(line) is bytes else None
            if found is not None:
                pattern, texts = found
                row = b"\t".join((pattern.key, where, place, *texts))
                rows[crc32(texts[pattern.places[1]]) % bags].append(row)
            elif not line or line.isspace():
                continue
            else:
                kind, text = self._other(source, line)
                row = b"\t".join((kind, where, place, text))
                rows[self._router.bag(source, first + number, line)].append(row)
            held += len(row) + _OVERHEAD
        self._held += held

    def _other(self, source: int, line: bytes | str) -> tuple[bytes, bytes]:
        """The kind of row, and the text, of a line that no pattern reads; it may become the model of one."""
        if isinstance(line, str):
            return _PROBLEM, line.encode()
        if self.surveyor.patterns.may_learn:
            raw, _ = value_of(line)
            if raw is not None:
                self.surveyor.learn(line, raw, self._examiner.endpoints.endpoint(raw["url"]))
        if source not in self._carries and carries_token(line):
            self._carries.add(source)
        return _LINE, self._disguise.line(line)


def _as_line(line: object) -> bytes | str:
    if isinstance(line, bytes | str):
        return line
    return json.dumps(line, separators=(",", ":")).encode("utf-8", "surrogatepass")


def rows_of(data: bytes, patterns: Mapping[bytes, Pattern]) -> Iterator[Item]:
    """What these rows of a bag say."""
    source = first = 0
    last = b""
    for row in data[:-1].split(b"\n"):
        kind, where, place, *texts = row.split(b"\t")
        if where != last:
            source, first = map(int, where.split())
            last = where
        pattern = patterns.get(kind)
        if pattern is not None:
            yield source, first + int(place), (pattern, texts)
        else:
            line = row.split(b"\t", 3)[3]
            yield source, first + int(place), line.decode() if kind == _PROBLEM else line
