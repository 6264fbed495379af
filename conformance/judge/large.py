"""Judges a recording that is larger than memory: divided among bags by several processes, and then bag by bag."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract import load_profile
from conformance.judge.bags import Filled, Filler, items_of, rows_of, united
from conformance.judge.crew import Crew
from conformance.judge.examiner import Examiner
from conformance.judge.lookup import Found, Wanted, look_up
from conformance.judge.readers import Block
from conformance.judge.recording import concluded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.findings import Judgement
    from conformance.judge.crew import Task
    from conformance.judge.files import Progress
    from conformance.judge.lines import Item
    from conformance.judge.patterns import Row
    from conformance.judge.surveys import Survey

_LEAST, _USUAL, _MOST = 32, 192, 4096
# Some ten thousand calls: what is made of them fits the caches of a processor.
_SIZE = 16 << 20
_TOGETHER = 2_000


@dataclass(frozen=True)
class Plan:
    """What every process has to know: the profile's folder, the foreign hosts, the sources, and the bags."""

    profile: str
    foreign: tuple[str, ...]
    sources: tuple[str, ...]
    folder: Path
    bags: int
    jobs: int

    def path(self, bag: int, number: int) -> Path:
        """The file into which the process of this number puts a bag."""
        return self.folder / f"bag-{bag:04d}-{number}"

    def paths(self, bag: int) -> list[Path]:
        """The files of a bag."""
        return [self.path(bag, number) for number in range(self.jobs)]


@dataclass(frozen=True, slots=True)
class Span:
    """Lines that a process reads from their file itself, which costs less than to be sent them."""

    source: int
    first: int
    at: int
    size: int

    def block(self, sources: Sequence[str]) -> Block:
        """The lines."""
        with Path(sources[self.source]).open("rb", buffering=0) as file:
            file.seek(self.at)
            return Block(self.source, self.first, file.read(self.size))


class Worker:
    """What one process does: it fills bags, and judges them when all are filled."""

    def __init__(self, number: int, plan: Plan) -> None:
        self._plan = plan
        self._number = number
        self._examiner = Examiner(load_profile(plan.profile), foreign=plan.foreign)
        self._filler = Filler(self._examiner, plan.sources, plan.bags)
        self._known = Filled()

    def fill(self, part: Block | Span | list[Item]) -> None:
        """Puts a part of the recording into bags."""
        self._filler.fill(part.block(self._plan.sources) if isinstance(part, Span) else part)
        if self._filler.is_full:
            self._write()

    def finish(self) -> Filled:
        """Nothing more is put in."""
        self._write()
        return self._filler.filled()

    def know(self, filled: Filled) -> None:
        """What the processes found while they filled the bags."""
        self._known = filled

    def survey(self, bag: int) -> Survey:
        """What a bag shows."""
        return self._filler.surveyor.survey(self._rows(bag), frozenset(self._known.carries), self._known.patterns)

    def look(self, wanted: Wanted, bag: int) -> Found:
        """Who in a bag is wanted."""
        return look_up(self._examiner, self._plan.sources, items_of(self._rows(bag), self._known.patterns), wanted)

    def _rows(self, bag: int) -> Iterator[Row | Item]:
        for path in self._plan.paths(bag):
            if path.exists():
                yield from rows_of(path.read_bytes())

    def _write(self) -> None:
        for bag, rows in self._filler.taken_out():
            with self._plan.path(bag, self._number).open("ab", buffering=0) as file:
                file.write(rows)


def judge_large(
    examiner: Examiner,
    sources: tuple[str, ...],
    parts: Iterable[Block | Item],
    progress: Progress,
    *,
    jobs: int,
    size: int,
) -> Judgement:
    """The judgement of a recording of about so many bytes, 0 when nobody knows how many."""
    bags = min(max(size // _SIZE, _LEAST), _MOST) if size else _USUAL
    with tempfile.TemporaryDirectory(prefix="trackproof-") as folder:
        plan = Plan(str(examiner.profile.folder), examiner.foreign, sources, Path(folder), bags, max(jobs, 1))
        with Crew(jobs, Worker, plan) as crew:
            several = crew.size > 1
            for _ in crew.answers(("fill", (_sent(part) if several else part,)) for part in _together(parts)):
                pass
            filled = united(crew.each("finish"))
            crew.each("know", filled)
            weights = [sum(path.stat().st_size for path in plan.paths(bag) if path.exists()) for bag in range(bags)]
            full = [bag for bag in range(bags) if weights[bag]]

            def round_of(what: str, tasks: Iterable[Task]) -> Iterator[Any]:
                progress.begin(what, sum(weights))
                for bag, answer in zip(full, crew.answers(tasks), strict=True):
                    yield answer
                    progress.advance(weights[bag])

            judgement = concluded(
                examiner,
                sources,
                round_of("judging", (("survey", (bag,)) for bag in full)),
                lambda wanted: round_of("comparing", (("look", (wanted, bag)) for bag in full)),
            )
    return judgement.with_secrets(filled.secrets)


def _sent(part: Block | list[Item]) -> Block | Span | list[Item]:
    """What is sent of a part to another process."""
    if isinstance(part, Block) and part.at is not None:
        return Span(part.source, part.first, part.at, len(part.data))
    return part


def _together(parts: Iterable[Block | Item]) -> Iterator[Block | list[Item]]:
    """Blocks as they are, and single items some together."""
    items: list[Item] = []
    for part in parts:
        if isinstance(part, Block):
            if items:
                yield items
                items = []
            yield part
            continue
        items.append(part)
        if len(items) >= _TOGETHER:
            yield items
            items = []
    if items:
        yield items
