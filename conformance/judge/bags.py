"""Bags: a recording that is larger than memory, divided among files so that each customer's calls are in one of them.

They lie in a folder that only its owner can read, and bearer tokens are taken out before a line is put there.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import zlib
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from typing import IO, TYPE_CHECKING, Any

from conformance.contract import load_profile
from conformance.judge.examiner import Examiner
from conformance.judge.lines import call_of, value_of
from conformance.judge.lookup import Found, Wanted, look_up
from conformance.judge.recording import concluded
from conformance.judge.survey import Survey, Surveyor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from conformance.findings import Judgement
    from conformance.judge.files import Progress
    from conformance.judge.lines import Item, Line

_BAGS = 192
_BUFFER = 1 << 16
_PROBLEM = b"!"
_USUAL = b'uthorization":"'
_AUTHORIZATION = re.compile(rb'authorization"\s*:\s*"', re.IGNORECASE)
_REMEMBERED = 10_000
_SHORTEST_TOKEN = 12


class Router:
    """Tells whose a line is, mostly without reading it as JSON."""

    def __init__(self, examiner: Examiner, sources: tuple[str, ...]) -> None:
        self._examiner = examiner
        self._sources = sources
        self._name = b'"' + examiner.profile.fields["lead"]["customer"].encode() + b'":'
        self._trims = "ids-are-trimmed" in examiner.profile.traits

    def bag(self, source: int, index: int, line: Line, bags: int) -> int:
        """The number of the bag that this line belongs to, of so many."""
        customer = self._found(line) if isinstance(line, bytes) else None
        if customer is None:
            customer = self._parsed(source, index, line)
        return zlib.crc32(customer.strip() if self._trims else customer) % bags

    def _found(self, line: bytes) -> bytes | None:
        """The customer's id where it stands once and needs no reading, else None."""
        name = self._name
        at = line.find(name)
        if at < 0 or line.find(name, at + 1) >= 0:
            return None
        start = at + len(name)
        if line[start : start + 1] != b'"':
            start += 1
            if line[start : start + 1] != b'"':
                return None
        start += 1
        customer = line[start : line.find(b'"', start)]
        return None if b"\\" in customer or not customer else customer

    def _parsed(self, source: int, index: int, line: Line) -> bytes:
        raw, _ = value_of(line)
        if raw is None:
            return b""
        call = call_of(raw, self._sources[source], index)
        endpoint = self._examiner.endpoint(call)
        sent = None if endpoint is None else self._examiner.sent(call, endpoint)
        return b"" if sent is None else sent.customer.encode("utf-8", "surrogatepass")


class Bags:
    """The bags of one recording while they are filled."""

    def __init__(self, folder: Path, examiner: Examiner, sources: tuple[str, ...]) -> None:
        self.folder = folder
        self.examiner = examiner
        self.sources = sources
        self.carries: set[int] = set()
        self.secrets: set[str] = set()
        self._stack = ExitStack()
        self._files = [self._open(number) for number in range(_BAGS)]
        self._router = Router(examiner, sources)
        self._headers: dict[bytes, bytes] = {}
        self._scheme = examiner.profile.authentication.scheme.lower().encode()

    def paths(self) -> list[Path]:
        """The files that hold something."""
        return [path for path in (self._path(number) for number in range(_BAGS)) if path.stat().st_size]

    def fill(self, items: Iterable[Item]) -> None:
        """Puts items into their bags."""
        bag, files, without_token = self._router.bag, self._files, self._without_token
        for source, index, line in items:
            number = bag(source, index, line, _BAGS)
            if type(line) is bytes:
                data = without_token(source, line if line[-1:] == b"\n" else line + b"\n")
                # What begins so is a problem; a line that does is none, and broken anyway.
                data = b" " + data if data[:1] == _PROBLEM else data
            elif isinstance(line, str):
                data = _PROBLEM + line.encode() + b"\n"
            else:
                text = json.dumps(line, separators=(",", ":")) + "\n"
                data = self._without_token(source, text.encode("utf-8", "surrogatepass"))
            files[number].write(b"%d %d %b" % (source, index, data))

    def close(self) -> None:
        """Nothing more is put in."""
        self._stack.close()

    def _open(self, number: int) -> IO[bytes]:
        return self._stack.enter_context(self._path(number).open("wb", buffering=_BUFFER))

    def _path(self, number: int) -> Path:
        return self.folder / f"bag-{number:03d}"

    def _without_token(self, source: int, data: bytes) -> bytes:
        # A search that heeds no case takes long, and most recorders write one of two.
        if b"uthorization" not in data and b"UTHORIZATION" not in data:
            return data
        at = data.find(_USUAL)
        if at < 0:
            found = _AUTHORIZATION.search(data)
            if found is None:
                return data
            start = found.end()
        else:
            start = at + len(_USUAL)
        end = data.find(b'"', start)
        self.carries.add(source)
        value = data[start:end]
        instead = self._headers.get(value)
        if instead is None:
            instead = self._disguised(value)
            if len(self._headers) < _REMEMBERED:
                self._headers[value] = instead
        return data[:start] + instead + data[end:]

    def _disguised(self, value: bytes) -> bytes:
        """A header's value without the token in it, which still differs from that of another token."""
        scheme, blank, token = value.partition(b" ")
        if not blank or len(token) < _SHORTEST_TOKEN or scheme.lower() != self._scheme:
            return value
        self.secrets.add(token.decode("utf-8", "replace"))
        browser = self.examiner.profile.publishable
        prefix = browser.prefix.encode() if browser else b""
        short = prefix.split(b"_")[0] + b"_" if prefix else b""
        kept = next((start for start in (prefix, short) if start and token.startswith(start)), b"")
        return b"%b %btoken-%08d" % (scheme, kept, zlib.crc32(token) % 10**8)


def items_of(path: Path) -> Iterator[Item]:
    """What a bag holds."""
    with path.open("rb") as file:
        for line in file:
            source, index, data = line.split(b" ", 2)
            problem = data.startswith(_PROBLEM)
            yield int(source), int(index), data[1:].decode().strip() if problem else data


def survey_bags(bags: Bags, progress: Progress, jobs: int) -> Judgement:
    """The judgement over all bags."""
    paths = bags.paths()
    examiner = bags.examiner
    given = (str(examiner.profile.folder), examiner.foreign, bags.sources)
    carries = frozenset(bags.carries)
    rounds = partial(_round, paths, jobs, progress)
    surveys: Iterable[Survey] = rounds("judging", partial(_survey, *given, carries))
    judgement = concluded(
        examiner, bags.sources, surveys, lambda wanted: rounds("comparing", partial(_look, *given, wanted))
    )
    return judgement.with_secrets(bags.secrets)


def _round(paths: list[Path], jobs: int, progress: Progress, what: str, work: Callable[[Path], Any]) -> Iterator[Any]:
    progress.begin(what, sum(path.stat().st_size for path in paths))
    if jobs <= 1:
        for path in paths:
            yield work(path)
            progress.advance(path.stat().st_size)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context(_way_of_starting())) as pool:
        for path, made in zip(paths, pool.map(work, paths), strict=True):
            yield made
            progress.advance(path.stat().st_size)


def _way_of_starting() -> str:
    """A copy of this process starts at once, but copies its threads' locks too; where there are any, none is made."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


_EXAMINERS: dict[tuple[str, tuple[str, ...]], Examiner] = {}
_SURVEYORS: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Surveyor] = {}


def _examiner(profile: str, foreign: tuple[str, ...]) -> Examiner:
    key = (profile, foreign)
    if key not in _EXAMINERS:
        _EXAMINERS[key] = Examiner(load_profile(profile), foreign=foreign)
    return _EXAMINERS[key]


def _survey(
    profile: str, foreign: tuple[str, ...], sources: tuple[str, ...], carries: frozenset[int], path: Path
) -> Survey:
    key = (profile, foreign, sources)
    if key not in _SURVEYORS:
        # One for all bags of a process: it learns how the lines of the recording look.
        _SURVEYORS[key] = Surveyor(_examiner(profile, foreign), sources)
    return _SURVEYORS[key].survey(items_of(path), carries)


def _look(profile: str, foreign: tuple[str, ...], sources: tuple[str, ...], wanted: Wanted, path: Path) -> Found:
    return look_up(_examiner(profile, foreign), sources, items_of(path), wanted)
