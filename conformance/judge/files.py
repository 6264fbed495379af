"""Judges whole files: in memory while they are small, else in bags on disk, each with all calls of its customers."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract import load_profile, shipped_profiles
from conformance.judge.bags import Bags, survey_bags
from conformance.judge.endpoints import Endpoints
from conformance.judge.examiner import Examiner
from conformance.judge.lines import value_of
from conformance.judge.lookup import look_up
from conformance.judge.readers import STDIN, check, read
from conformance.judge.recording import concluded
from conformance.judge.survey import Surveyor, without_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.contract import Profile
    from conformance.findings import Judgement
    from conformance.judge.lines import Item, Line
    from conformance.judge.readers import Input

IN_MEMORY = 320 << 20
_OVERHEAD = 120
_PARSED = 4_000
_LOOKED_AT = 5_000
DEFAULT_PROFILE = "cutmeshort"
_TOKEN = re.compile(rb'"(?:proxy-)?authorization"\s*:\s*"[^"]', re.IGNORECASE)


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
    progress.begin("reading", 0 if STDIN in paths else sum(sizes))
    sources = tuple("stdin" if path == STDIN else path for path in paths)
    items = _all_items(paths, stdin or sys.stdin.buffer, progress.advance)
    with without_collector():
        return _judge(items, profile, sources, progress, jobs, in_memory)


def _judge(
    items: Iterator[Item], profile: str | None, sources: tuple[str, ...], progress: Progress, jobs: int, in_memory: int
) -> Judgement:
    head, is_all = _head(items, in_memory)
    votes = _votes(head)
    contract = load_profile(profile or _favourite(votes))
    # Whoever names a profile means its calls wherever they went, unless some went to its own hosts.
    examiner = Examiner(contract, foreign=() if profile and not votes[contract.name] else _foreign(contract))
    if is_all:
        return _judge_in_memory(examiner, sources, head)
    with tempfile.TemporaryDirectory(prefix="trackproof-") as folder:
        bags = Bags(Path(folder), examiner, sources)
        bags.fill(head)
        head.clear()
        bags.fill(items)
        bags.close()
        return survey_bags(bags, progress, jobs)


def _head(items: Iterator[Item], most: int) -> tuple[list[Item], bool]:
    """As many items as so many bytes of memory hold, and whether these are all."""
    head: list[Item] = []
    room = most
    for item in items:
        head.append(item)
        line = item[2]
        room -= _OVERHEAD + (_PARSED if isinstance(line, dict) else len(line))
        if room < 0:
            return head, False
    return head, True


def _judge_in_memory(examiner: Examiner, sources: tuple[str, ...], items: list[Item]) -> Judgement:
    carries: set[int] = set()
    for source, _, line in items:
        if source not in carries and carries_token(line):
            carries.add(source)
    survey = Surveyor(examiner, sources).survey(items, frozenset(carries))
    return concluded(examiner, sources, [survey], lambda wanted: [look_up(examiner, sources, items, wanted)])


def _all_items(paths: Sequence[str], stdin: Input, tell: Callable[[int], object]) -> Iterator[Item]:
    for source, path in enumerate(paths):
        yield from read(path, stdin, tell, source)


def carries_token(line: Line) -> bool:
    """Whether a recorded call has a token in its headers."""
    if isinstance(line, bytes):
        # A search that heeds no case takes long.
        return (b"uthorization" in line or b"UTHORIZATION" in line) and _TOKEN.search(line) is not None
    headers = line.get("headers") if isinstance(line, dict) else None
    return isinstance(headers, dict) and any(
        str(name).lower() == "authorization" and value for name, value in headers.items()
    )


def _votes(items: Iterable[Item]) -> Counter[str]:
    """How many of the first calls went to the known hosts of each shipped profile."""
    endpoints = {name: Endpoints(load_profile(name)) for name in shipped_profiles()}
    votes: Counter[str] = Counter()
    for _, _, line in islice(items, _LOOKED_AT):
        raw, _ = value_of(line)
        if raw is None:
            continue
        for name, known in endpoints.items():
            endpoint = known.endpoint(raw["url"])
            votes[name] += endpoint.known and bool(endpoint.operation or endpoint.right)
    return votes


def _favourite(votes: Counter[str]) -> str:
    """The profile of most votes, else the default one."""
    best = max(votes, key=lambda name: (votes[name], name == DEFAULT_PROFILE), default=DEFAULT_PROFILE)
    return best if votes[best] else DEFAULT_PROFILE


def _foreign(contract: Profile) -> tuple[str, ...]:
    """The hosts of the other platforms, whose calls are not judged by this one's contract."""
    others = [load_profile(name) for name in shipped_profiles() if name != contract.name]
    return tuple(host for other in others for host in other.production_hosts)
