"""Reads recordings as a stream: NDJSON, JSON array, HAR; plain, gzip or zstd. What is broken is named and passed."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from conformance.errors import UsageError
from conformance.judge.har import is_har_entry, item_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conformance.judge.lines import Item

STDIN = "-"
STOP = object()
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 18
_BLOCK = 1 << 20
_PEEKED = 1 << 16
LONGEST = 64 << 20
TOO_LONG = "the line is too long"
_LARGEST_DOCUMENT = 256 << 20
_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_ENTRIES = re.compile(r'(?<!\\)"entries"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_NEXT = re.compile(r"\}\s*,?\s*(?=\{)")
_DECODER = json.JSONDecoder()
_ENDS_EARLY = "the file ends early"
_ARRAY, _ARCHIVE, _INDENTED = "a JSON array", "a HAR", "JSON over several lines"
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines as they stand in a recording one after the other, `first` the number of the first of them.

    `at` is where in their file they are found again, None where nobody can go back.
    """

    source: int
    first: int
    data: bytes
    at: int | None = None

    def items(self) -> Iterator[Item]:
        """The lines that are not blank."""
        for number, line in enumerate(self.data.split(b"\n"), self.first):
            if line and not line.isspace():
                yield self.source, number, line

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + self.data.count(b"\n") - self.data.endswith(b"\n")


class Input(Protocol):
    """What a recording is read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""


class _Counted(io.RawIOBase):
    """A file that tells how many of its bytes were read, and ends where it is told to stop."""

    def __init__(self, file: Input, tell: Callable[[int], object]) -> None:
        self._file = file
        self._tell = tell

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        if self._tell(len(data)) is STOP:
            return 0
        buffer[: len(data)] = data
        return len(data)


def check(path: str) -> int:
    """The size of a file that can be read, 0 when it has none; raises UsageError when it cannot be read."""
    if path == STDIN:
        return 0
    try:
        with Path(path).open("rb"):
            return Path(path).stat().st_size
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder", "Name the recordings in it, for example with a pattern.") from None
    except FileNotFoundError:
        raise UsageError(
            f"there is no file {path}", "Name a HAR, NDJSON or JSON file, or - for standard input."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def read(path: str, stdin: Input, tell: Callable[[int], object], source: int = 0) -> Iterator[Item]:
    """Every item of a recording; `tell` is told how many bytes of the file were read, and says STOP to read no more."""
    return items_of(read_parts(path, stdin, tell, source))


def items_of(parts: Iterable[Block | Item]) -> Iterator[Item]:
    """The items that are in parts of a recording."""
    for part in parts:
        if isinstance(part, Block):
            yield from part.items()
        else:
            yield part


def read_parts(path: str, stdin: Input, tell: Callable[[int], object], source: int = 0) -> Iterator[Block | Item]:
    """The parts of a recording: many lines at once where it consists of lines, else its items."""
    if path == STDIN:
        yield from _read(io.BufferedReader(_Counted(stdin, tell), _CHUNK), "standard input", source)
        return
    with Path(path).open("rb", buffering=0) as file:
        yield from _read(io.BufferedReader(_Counted(cast("Input", file), tell), _CHUNK), path, source, 0)


def _read(file: io.BufferedReader, name: str, source: int, at: int | None = None) -> Iterator[Block | Item]:
    unpacked = _unpacked(file, name)
    if unpacked is file:
        yield from _parts(file, source, at)
        return
    last = -1
    try:
        for part in _parts(unpacked, source):
            last = part.last if isinstance(part, Block) else part[1]
            yield part
    except _DAMAGED as error:
        ends = isinstance(error, EOFError)
        yield source, last + 1, "the compressed data ends early" if ends else "the compressed data is damaged"


def _unpacked(file: io.BufferedReader, name: str) -> io.BufferedReader:
    start = file.peek(4)[:4]
    if start.startswith(_GZIP):
        return io.BufferedReader(_Gzip(file), _CHUNK)
    if start == _ZSTD:
        try:
            zstandard = import_module("zstandard")
        except ImportError:
            raise UsageError(
                f"{name} is packed with zstd, which needs the package zstandard",
                "Install trackproof[bulk], or unpack the file: zstd -dc FILE | trackproof judge -",
            ) from None
        return io.BufferedReader(_Zstd(zstandard, file), _CHUNK)
    return file


class _Gzip(io.RawIOBase):
    """A gzip file that gives what it has before it says that it ends early."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Zstd(io.RawIOBase):
    """A zstd file whose end, when it comes early, is an error and not silence."""

    def __init__(self, zstandard: Any, file: IO[bytes]) -> None:
        self._zstandard = zstandard
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._left = b""
        self._begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            data = self._file.read(1 << 17)
            if not data:
                if self._begun:
                    raise EOFError
                return 0
            self._left = self._unpack(data)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _unpack(self, data: bytes) -> bytes:
        made = []
        while data:
            self._begun = True
            try:
                made.append(self._frame.decompress(data))
            except self._zstandard.ZstdError:
                raise zlib.error from None
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = self._zstandard.ZstdDecompressor().decompressobj()
                self._begun = False
        return b"".join(made)


def _parts(file: io.BufferedReader, source: int, at: int | None = None) -> Iterator[Block | Item]:
    passed = len(file.read(3)) if file.peek(3)[:3] == _BOM else 0
    start, blanks = _start(file)
    kind = kind_of(start)
    if kind == _ARRAY:
        yield from _elements(file, None, source)
    elif kind == _ARCHIVE:
        yield from _elements(file, _ENTRIES, source)
    elif kind:
        yield from _documents(file, source)
    else:
        yield from _blocks(file, source, None if at is None else at + passed + blanks)


def kind_of(start: bytes) -> str:
    """What a recording is that begins so, in words; empty for one that consists of lines."""
    start = start.lstrip()
    if start.startswith(b"["):
        return _ARRAY
    if _HAR.match(start):
        return _ARCHIVE
    return _INDENTED if start.partition(b"\n")[0].strip() == b"{" else ""


def _start(file: io.BufferedReader) -> tuple[bytes, int]:
    """What the file begins with, without the blanks before it, and how many these are."""
    blanks = 0
    while True:
        start = file.peek(_PEEKED)
        if not start or start.strip():
            return start, blanks
        blanks += len(file.read(len(start)))


def _blocks(file: io.BufferedReader, source: int, at: int | None) -> Iterator[Block | Item]:
    """The lines of a file; of a packed one that is damaged, those before the damage."""
    first, rest = 0, b""
    damage: Exception | None = None
    while damage is None:
        pieces = [rest]
        size = 0
        while size < _BLOCK:
            try:
                piece = file.read1(_BLOCK)
            except _DAMAGED as error:
                damage, piece = error, b""
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        data = b"".join(pieces)
        end = data.rfind(b"\n") + 1 if size and damage is None else len(data)
        if end:
            block = Block(source, first, data[:end], at)
            yield block
            at = None if at is None else at + end
            first = block.last + 1
        elif len(data) >= LONGEST:
            while (more := file.readline(LONGEST)) and not more.endswith(b"\n"):
                pass
            at = None  # it is not worth while to count what was passed
            yield source, first, TOO_LONG
            first, end = first + 1, len(data)
        elif not data:
            break
        rest = data[end:]
    if damage is not None:
        raise damage


def _documents(file: io.BufferedReader, source: int) -> Iterator[Item]:
    """JSON objects one after the other, each over several lines; one of them may be a HAR."""
    number = 0
    for value in _values(file, None, array=False):
        log = value.get("log") if isinstance(value, dict) else None
        entries = log.get("entries") if isinstance(log, dict) else None
        if isinstance(entries, list):
            for entry in entries:
                yield source, number, item_of(entry)
                number += 1
        else:
            yield source, number, _item(value)
            number += 1


def _elements(file: io.BufferedReader, head: re.Pattern[str] | None, source: int) -> Iterator[Item]:
    for number, value in enumerate(_values(file, head, array=True)):
        yield source, number, (item_of(value) if head is not None and not isinstance(value, str) else _item(value))


def _item(value: Any) -> dict[str, Any] | str:
    if isinstance(value, dict):
        return item_of(value) if is_har_entry(value) else value
    return value if isinstance(value, str) else "no JSON object"


def _values(file: io.BufferedReader, head: re.Pattern[str] | None, *, array: bool) -> Iterator[Any]:
    """The elements of an array, or values one after the other; text stands for one that is broken."""
    window = _Window(file)
    if head is not None:
        while not (found := head.search(window.text)):
            if not window.more():
                yield "no HAR: it has no entries"
                return
        window.at = found.end()
    elif array:
        window.at = window.text.index("[") + 1
    while not window.is_done:
        window.pass_blanks()
        if window.is_empty:
            if array:
                yield _ENDS_EARLY
            return
        if array and window.text[window.at] == "]":
            return
        yield from _value(window)


def _value(window: _Window) -> Iterator[Any]:
    """The value at which the window stands; nothing when more has to be read for it."""
    try:
        value, end = _DECODER.raw_decode(window.text, window.at)
    except RecursionError:
        yield "nested too deeply"
        window.skip()
    except json.JSONDecodeError as error:
        if not _is_cut(error, window.text) or len(window.text) - window.at > _LARGEST_DOCUMENT:
            yield "no JSON"
            window.skip()
        elif not window.more():
            yield _ENDS_EARLY
            window.is_done = True
    else:
        # A number at the end of the window may go on behind it.
        if end < len(window.text) or not window.more():
            window.at = end
            yield value if not isinstance(value, str) else "no JSON object"


def _is_cut(error: json.JSONDecodeError, text: str) -> bool:
    """Whether a value may only be incomplete: the trouble is where the text ends."""
    return error.msg.startswith(("Unterminated string", "Invalid \\")) or error.pos >= len(text) - 16


class _Window:
    """The part of a text that is being read; `at` is how far it has been, `is_done` that there is no going on."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._size = _CHUNK
        self.text = ""
        self.at = 0
        self.is_done = False
        self.more()

    @property
    def is_empty(self) -> bool:
        """Whether everything was read."""
        return self.at >= len(self.text)

    def more(self) -> bool:
        """Reads on; whether there was more."""
        # A value larger than the window is read in ever larger steps, so that it is not tried too often.
        self._size = _CHUNK if self.at else min(2 * self._size, LONGEST)
        data = self._file.read1(self._size)
        self.text = self.text[self.at :] + self._decoder.decode(data, final=not data)
        self.at = 0
        return bool(data)

    def pass_blanks(self) -> None:
        """Goes on to what is neither a blank nor a comma."""
        while True:
            found = _BETWEEN.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text) or not self.more():
                return

    def skip(self) -> None:
        """Goes on behind what looks like the end of a broken value."""
        while not (found := _NEXT.search(self.text, self.at)):
            if len(self.text) > _LARGEST_DOCUMENT or not self.more():
                self.is_done = True
                return
        self.at = found.end()
