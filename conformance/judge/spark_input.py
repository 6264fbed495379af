"""What the engine spark reads: files of NDJSON or Parquet as lines that know their file and their place in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.errors import UsageError
from conformance.judge.bags import Filler
from conformance.judge.readers import LONGEST, TOO_LONG, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.judge.bags import Filled
    from conformance.judge.spark import Setup

COLUMNS = ("time", "method", "url", "headers", "body", "status", "response")
_TOGETHER = 2_000
_BOM = b"\xef\xbb\xbf"
_LOCAL = re.compile(r"^file:/+")
_HIDDEN = re.compile(r"/[._][^/]*")
_MOMENT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


@dataclass(frozen=True)
class File:
    """A file as Spark names it, as findings name it, and its size in bytes."""

    name: str
    source: str
    size: int


@dataclass(frozen=True)
class Input:
    """What one argument names. `first` is the number of the first line of each later part of a large file."""

    path: str
    files: tuple[File, ...]
    is_parquet: bool
    first: Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class Misread:
    """A file that is no lines, and what it is."""

    source: int
    what: str


def found_inputs(spark: Any, paths: Sequence[str]) -> list[Input]:
    """The files of each argument; raises UsageError where there are none."""
    found: list[Input] = []
    settings = spark._jsparkSession.sessionState().conf()  # noqa: SLF001 - as they are in force, in bytes
    # Files up to this size are in one part.
    whole = min(settings.filesMaxPartitionBytes(), settings.filesOpenCostInBytes())
    for path in paths:
        if path == "-":
            raise UsageError("the engine spark does not read standard input", "Name files or folders.")
        files = _files(spark, path)
        is_parquet = all(file.name.endswith(".parquet") for file in files)
        if not is_parquet and any(file.name.endswith(".parquet") for file in files):
            raise UsageError(f"{path} has Parquet files and others", "Name each kind by itself.")
        is_whole = is_parquet or all(file.size <= whole for file in files)
        first = {} if is_whole else _parts(spark, path)
        found.append(Input(path, files, is_parquet, first))
    return found


def _files(spark: Any, path: str) -> tuple[File, ...]:
    hadoop = spark._jvm.org.apache.hadoop.fs  # noqa: SLF001 - the only way to the file systems that Spark reads
    name = hadoop.Path(path)
    system = name.getFileSystem(spark._jsc.hadoopConfiguration())  # noqa: SLF001 - as above
    statuses = list(system.globStatus(name) or ())
    if not statuses:
        raise UsageError(f"there is no file {path}", "Name files or folders of NDJSON or Parquet.")
    alone = len(statuses) == 1 and statuses[0].isFile()
    found: list[File] = []
    for status in statuses:
        if status.isFile():
            found.append(_file(status, path if alone else ""))
            continue
        root = _plain(status.getPath().toString())
        inside = system.listFiles(status.getPath(), True)
        while inside.hasNext():
            file = _file(inside.next(), "")
            if not _HIDDEN.search(file.name.removeprefix(root)):
                found.append(file)
    if not found:
        raise UsageError(f"there is no file in {path}", "Name files or folders of NDJSON or Parquet.")
    return tuple(sorted(found, key=lambda file: file.source))


def _file(status: Any, source: str) -> File:
    name = _plain(status.getPath().toString())
    return File(name, source or name, int(status.getLen()))


def _plain(name: str) -> str:
    """A file's name the same, whoever of Spark's parts says it."""
    return _LOCAL.sub("/", name)


def lines_of(spark: Any, found: Sequence[Input]) -> Any:
    """All calls as (line, file, begin of the part or None, place or None)."""
    parts = [_parquet(spark, each) if each.is_parquet else _text(spark, each.path) for each in found]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.union(part)
    return whole.rdd


def _text(spark: Any, path: str) -> Any:
    made = import_module("pyspark.sql.functions")
    col, lit = made.col, made.lit

    frame = spark.read.option("lineSep", "\n").option("recursiveFileLookup", "true").text(path)
    columns = ("_metadata.file_path", "_metadata.file_block_start")
    return frame.select(col("value").cast("binary"), *map(col, columns), lit(None).cast("long").alias("place"))


def _parts(spark: Any, path: str) -> dict[tuple[str, int], int]:
    """The number of the first line of each part of a file, where Spark divides it."""
    counted = _text(spark, path).groupBy("file_path", "file_block_start").count().collect()
    first: dict[tuple[str, int], int] = {}
    before = ("", 0)
    for name, start, count in sorted((_name(row[0]), row[1], row[2]) for row in counted):
        first[name, start] = before[1] if before[0] == name else 0
        before = (name, first[name, start] + count)
    return first


def _parquet(spark: Any, found: Input) -> Any:
    made = import_module("pyspark.sql.functions")
    col, lit = made.col, made.lit

    frame = spark.read.option("recursiveFileLookup", "true").parquet(found.path)
    if "url" not in frame.columns:
        raise UsageError(
            f"{found.path} has no column url; it has {', '.join(frame.columns)}",
            f"The columns are {', '.join(COLUMNS)}; all but url may be missing. See docs/scale.md.",
        )
    line = made.to_json(
        made.struct(*(col(name) for name in COLUMNS if name in frame.columns)),
        {"timestampFormat": _MOMENT, "timeZone": "UTC", "ignoreNullFields": "true"},
    )
    place = col("_metadata.row_index")
    return frame.select(
        line.cast("binary").alias("value"), col("_metadata.file_path"), lit(0).cast("long"), place.alias("place")
    )


def _name(uri: str) -> str:
    return _plain(unquote(uri))


class Mapper:
    """Divides the lines of one part among bags, on an executor."""

    def __init__(self, setup: Setup, found: Sequence[Input]) -> None:
        self._setup = setup
        self._sources = {name: number for number, name in enumerate(file.name for each in found for file in each.files)}
        self._first = {part: number for each in found for part, number in each.first.items()}

    def __call__(self, rows: Iterable[Any]) -> Iterator[tuple[int, bytes | Filled | Misread]]:
        """The rows of each bag, and under the number behind the last bag what is to be known of them."""
        filler = Filler(self._setup.examiner(), self._setup.sources, self._setup.bags)
        misread: set[int] = set()
        for source, first, lines in self._together(rows):
            if first == 0 and source not in misread:
                lines[0] = lines[0].removeprefix(_BOM)
                kind = kind_of(lines[0])
                if kind:
                    misread.add(source)
                    yield self._setup.bags, Misread(source, kind)
            if source not in misread and len(lines[0]) >= LONGEST:
                filler.fill_problem(source, first, TOO_LONG)
            elif source not in misread:
                filler.fill_lines(source, first, lines)
            if filler.is_full:
                yield from filler.taken_out()
        yield from filler.taken_out()
        yield self._setup.bags, filler.filled()

    def _together(self, rows: Iterable[Any]) -> Iterator[tuple[int, int, list[bytes]]]:
        """Lines that stand one after the other in one file, some at once."""
        lines: list[bytes] = []
        part: tuple[str, int | None] = ("", None)
        source = first = due = 0
        for value, uri, start, place in rows:
            is_next = part == (uri, start) and (place is None or place == due)
            if lines and (not is_next or len(lines) >= _TOGETHER or max(len(value), len(lines[0])) >= LONGEST):
                yield source, first, lines
                lines, first = [], due
            if not is_next:
                name = _name(uri)
                source = self._sources[name]
                first = due = self._first.get((name, start), 0) if place is None else place
                part = (uri, start)
            lines.append(bytes(value))
            due += 1
        if lines:
            yield source, first, lines
