"""Bags: files among which a recording is divided so that each customer's calls are in one of them, mostly as rows.

A row is what a pattern read of a line, a quarter as long, from which a line that says the same is made again when it is
needed. Bags lie in a folder that only its owner can read, and no token is put there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.judge.lines import value_of
from conformance.judge.patterns import BATCH, Patterns
from conformance.judge.readers import Block
from conformance.judge.routing import Router
from conformance.judge.survey import Surveyor
from conformance.judge.tokens import Disguise, carries_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Item
    from conformance.judge.patterns import Pattern, Row

_HELD = 16 << 20
_YOUNG, _FEW = 5_000, 16
_LINE = b"-"
_PROBLEM = b"!"


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
        self._seen = 0

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
                if isinstance(line, str):
                    self.fill_problem(source, index, line)
                else:
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
        return Filled(self.surveyor.patterns.made, self._carries, self._disguise.secrets)

    def fill_lines(self, source: int, first: int, lines: Sequence[bytes]) -> None:
        """Takes lines that stand one after the other."""
        at = 0
        while at < len(lines):
            # In the beginning each line may be the model of the next.
            batch = lines[at : at + (BATCH if self._seen > _YOUNG else _FEW)]
            self._fill(source, first + at, batch)
            self._seen += len(batch)
            at += len(batch)
        self._held += sum(map(len, lines)) // 2

    def fill_problem(self, source: int, index: int, problem: str) -> None:
        """Takes what is wrong with a line that was not to be read."""
        bag = self._router.bag(source, index, problem)
        self._rows[bag].append(b"\t".join((problem.encode(), b"%d %d" % (source, index), b"0", _PROBLEM)))

    def _fill(self, source: int, first: int, lines: Sequence[bytes]) -> None:
        patterns, where = self.surveyor.patterns, b"%d %d" % (source, first)
        for number in patterns.read_all(lines, where, self._rows):
            line = lines[number]
            if not line or line.isspace():
                continue
            if patterns.may_learn:
                raw, _ = value_of(line)
                if raw is not None:
                    self.surveyor.learn(line, raw, self._examiner.endpoints.endpoint(raw["url"]))
            if source not in self._carries and carries_token(line):
                self._carries.add(source)
            row = b"\t".join((self._disguise.line(line), where, b"%d" % number, _LINE))
            self._rows[self._router.bag(source, first + number, line)].append(row)


def _as_line(line: bytes | dict[str, Any]) -> bytes:
    if isinstance(line, bytes):
        return line
    return json.dumps(line, separators=(",", ":")).encode("utf-8", "surrogatepass")


def rows_of(data: bytes) -> Iterator[Row | Item]:
    """What these rows of a bag say: what was read of a line, or an item."""
    for row in data[:-1].split(b"\n"):
        texts = row.split(b"\t")
        kind = texts[-1]
        if kind not in (_LINE, _PROBLEM):
            yield texts
            continue
        line, where, place, _ = row.rsplit(b"\t", 3)
        source, first = map(int, where.split())
        yield source, first + int(place), line.decode() if kind == _PROBLEM else line


def items_of(rows: Iterable[Row | Item], patterns: Mapping[bytes, Pattern]) -> Iterator[Item]:
    """The items of a bag, each line made again of which there is only what was read."""
    for row in rows:
        if isinstance(row, list):
            source, first = map(int, row[-3].split())
            yield source, first + int(row[-2]), patterns[row[-1]].line(row)
        else:
            yield row
