"""Judges whole files: in memory while they are small, else in bags on disk, each with all calls of its customers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.judge import tokens
from conformance.judge.choice import chosen_examiner
from conformance.judge.large import judge_large
from conformance.judge.lookup import look_up
from conformance.judge.readers import STDIN, Block, check, items_of, read_parts
from conformance.judge.recording import concluded
from conformance.judge.survey import Surveyor, without_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.findings import Judgement
    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Item, Line
    from conformance.judge.readers import Input

# What two processors do to a larger one in bags makes up for writing and reading these.
IN_MEMORY = 48 << 20
_OVERHEAD = 120
_PARSED = 4_000


@dataclass(frozen=True)
class Progress:
    """What is told while a recording is read: bytes of all bytes, 0 when nobody knows how many there are.

    What `advance` answers goes to the readers, which read no more when it is STOP.
    """

    begin: Callable[[str, int], None]
    advance: Callable[[int], object]


SILENT = Progress(lambda _what, _total: None, lambda _count: None)


def judge_files(
    paths: Sequence[str],
    profile: str | None = None,
    *,
    stdin: Input | None = None,
    progress: Progress = SILENT,
    jobs: int = 1,
    in_memory: int | None = None,
) -> Judgement:
    """The judgement of everything in these files.

    Without a profile it is the one whose known hosts the calls have; `in_memory` is how many bytes of a recording are
    held, and beyond it `jobs` processes judge what lies on disk. Raises UsageError for a file that cannot be read.
    """
    sizes = [check(path) for path in paths]
    if in_memory is None:
        # What is larger than memory in the end is not held before either.
        in_memory = IN_MEMORY if sum(sizes) <= IN_MEMORY else IN_MEMORY // 8
    size = 0 if STDIN in paths else sum(sizes)
    progress.begin("reading", size)
    sources = tuple("stdin" if path == STDIN else path for path in paths)
    parts = _all_parts(paths, stdin or sys.stdin.buffer, progress.advance)
    with without_collector():
        head, is_all = _head(parts, in_memory)
        examiner = chosen_examiner(profile, items_of(head))
        if is_all:
            return _judge_in_memory(examiner, sources, head)
        return judge_large(examiner, sources, _once(head, parts), progress, jobs=jobs, size=size)


def _head(parts: Iterator[Block | Item], most: int) -> tuple[list[Block | Item], bool]:
    """As many parts as so many bytes of memory hold, and whether these are all."""
    head: list[Block | Item] = []
    room = most
    for part in parts:
        head.append(part)
        if isinstance(part, Block):
            room -= len(part.data)
        else:
            room -= _OVERHEAD + (_PARSED if isinstance(part[2], dict) else len(part[2]))
        if room < 0:
            return head, False
    return head, True


def _once(head: list[Block | Item], rest: Iterator[Block | Item]) -> Iterator[Block | Item]:
    """All parts; those that were held already are held no longer."""
    head.reverse()
    while head:
        yield head.pop()
    yield from rest


def _judge_in_memory(examiner: Examiner, sources: tuple[str, ...], parts: list[Block | Item]) -> Judgement:
    carries: set[int] = set()
    for part in parts:
        if isinstance(part, Block):
            if part.source not in carries and tokens.carries_token(part.data):
                carries.add(part.source)
        elif part[0] not in carries and carries_token(part[2]):
            carries.add(part[0])
    survey = Surveyor(examiner, sources).survey(items_of(parts), frozenset(carries))
    return concluded(examiner, sources, [survey], lambda wanted: [look_up(examiner, sources, items_of(parts), wanted)])


def _all_parts(paths: Sequence[str], stdin: Input, tell: Callable[[int], object]) -> Iterator[Block | Item]:
    for source, path in enumerate(paths):
        yield from read_parts(path, stdin, tell, source)


def carries_token(line: Line) -> bool:
    """Whether a recorded call has a token in its headers."""
    if isinstance(line, bytes):
        return tokens.carries_token(line)
    headers = line.get("headers") if isinstance(line, dict) else None
    return isinstance(headers, dict) and any(
        str(name).lower() == "authorization" and value for name, value in headers.items()
    )
