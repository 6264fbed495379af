"""Judges recorded traffic where it lies: the same judgement of each customer as a grouped map on Apache Spark.

The calls are divided among bags by customer as those of a recording that outgrows memory are, but Spark carries the
bags, and its executors judge them. What several customers show together is concluded on the driver.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.contract import load_profile, shipped_profiles
from conformance.errors import TrackproofError, UsageError
from conformance.judge.bags import Filled, items_of, rows_of, united
from conformance.judge.choice import chosen_examiner
from conformance.judge.examiner import Examiner
from conformance.judge.lookup import Found, Wanted, look_up
from conformance.judge.recording import concluded
from conformance.judge.spark_input import Input, Mapper, Misread, found_inputs, lines_of
from conformance.judge.survey import Surveyor, without_collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.contract import Profile
    from conformance.findings import Judgement
    from conformance.judge.lines import Item
    from conformance.judge.patterns import Row
    from conformance.judge.surveys import Survey

_SIZE = 32 << 20
_MOST_BAGS = 20_000
_LOOKED_AT = 5_000
SUBMITTED = ("PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "SPARK_REMOTE")
_DOCS = "See docs/scale.md."


@dataclass(frozen=True)
class Setup:
    """What every executor has to know; a profile that is not shipped travels as its files."""

    profile: str
    files: tuple[tuple[str, bytes], ...]
    foreign: tuple[str, ...]
    sources: tuple[str, ...]
    bags: int

    @staticmethod
    def of(profile: Profile, foreign: tuple[str, ...], sources: tuple[str, ...], bags: int) -> Setup:
        """The setup of a judgement under this profile."""
        if profile.name in shipped_profiles() and profile == load_profile(profile.name):
            return Setup(profile.name, (), foreign, sources, bags)
        files = sorted(path for path in profile.folder.rglob("*") if path.is_file())
        held = tuple((str(path.relative_to(profile.folder)), path.read_bytes()) for path in files)
        return Setup(profile.name, held, foreign, sources, bags)

    def examiner(self) -> Examiner:
        """The checks, made anew where they are needed."""
        if not self.files:
            return Examiner(load_profile(self.profile), foreign=self.foreign)
        with tempfile.TemporaryDirectory(prefix="trackproof-") as folder:
            for name, data in self.files:
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            examiner = Examiner(load_profile(folder), foreign=self.foreign)
            # Schemas are read when they are first asked for.
            for operation in ("lead", "sale"):
                examiner.profile.schemas.problems(operation, {})
        return examiner


def judge_spark(inputs: Sequence[str], profile: str | None = None) -> Judgement:
    """The judgement of everything in these files and folders, NDJSON or Parquet, at any path that Spark reads.

    Raises UsageError when Spark or Java is missing, and for an input that cannot be read.
    """
    with _session() as spark, _told(inputs):
        found = found_inputs(spark, inputs)
        sources = tuple(file.source for each in found for file in each.files)
        lines = lines_of(spark, found)
        examiner = chosen_examiner(profile, _first(lines))
        least = 2 * spark.sparkContext.defaultParallelism
        bags = min(max(sum(file.size for each in found for file in each.files) // _SIZE, least), _MOST_BAGS)
        setup = Setup.of(examiner.profile, examiner.foreign, sources, bags)
        return _judge(spark.sparkContext, examiner, setup, lines, found)


def _judge(context: Any, examiner: Examiner, setup: Setup, lines: Any, found: Sequence[Input]) -> Judgement:
    mapper = Mapper(setup, found)
    # One part more than there are bags holds what is to be known of all.
    bags = lines.mapPartitions(mapper).partitionBy(setup.bags + 1, int)
    notes: list[Filled | Misread] = context.runJob(bags, _notes, [setup.bags])
    if misread := next((each for each in notes if isinstance(each, Misread)), None):
        raise UsageError(
            f"{setup.sources[misread.source]} is {misread.what}, which the engine spark does not read",
            "Give it NDJSON or Parquet, or judge this file without --engine spark.",
        )
    filled = united(each for each in notes if isinstance(each, Filled))
    known = context.broadcast(replace(filled, secrets=set()))
    full = list(range(setup.bags))

    def look(wanted: Wanted) -> list[Found]:
        asked = context.broadcast(wanted)
        looked: list[Found] = context.runJob(bags, _Looker(setup, known, asked), full)
        return looked

    surveys: list[Survey] = context.runJob(bags, _Judge(setup, known), full)
    with without_collector():
        return concluded(examiner, setup.sources, surveys, look).with_secrets(filled.secrets)


def _notes(pairs: Iterable[tuple[int, Any]]) -> Iterator[Any]:
    return (note for _, note in pairs)


@dataclass(frozen=True)
class _Judge:
    """Judges the customers of one bag, on an executor."""

    setup: Setup
    known: Any

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[Survey]:
        filled: Filled = self.known.value
        surveyor = Surveyor(self.setup.examiner(), self.setup.sources)
        yield surveyor.survey(_rows(pairs), frozenset(filled.carries), filled.patterns)


@dataclass(frozen=True)
class _Looker:
    """Finds in one bag who is wanted, on an executor."""

    setup: Setup
    known: Any
    wanted: Any = field(default=None)

    def __call__(self, pairs: Iterable[tuple[int, bytes]]) -> Iterator[Found]:
        items = items_of(_rows(pairs), self.known.value.patterns)
        yield look_up(self.setup.examiner(), self.setup.sources, items, self.wanted.value)


def _rows(pairs: Iterable[tuple[int, bytes]]) -> Iterator[Row | Item]:
    for _, rows in pairs:
        yield from rows_of(rows)


def _first(lines: Any) -> list[Item]:
    """The first lines, by whose hosts the profile is chosen."""
    return [(0, number, bytes(row[0])) for number, row in enumerate(lines.take(_LOOKED_AT))]


@contextmanager
def _session() -> Iterator[Any]:
    """A Spark session, as it was submitted or configured; without either, one on this machine alone."""
    try:
        sql = import_module("pyspark.sql")
    except ImportError:
        raise UsageError(
            "the engine spark needs the package pyspark, which is not installed", "Install trackproof[spark]."
        ) from None
    is_local = not any(os.environ.get(name) for name in SUBMITTED)
    if is_local and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise UsageError("the engine spark needs Java, and there is none", "Install Java 17, or set JAVA_HOME.")
    builder = sql.SparkSession.builder.appName("trackproof judge").config("spark.log.level", "ERROR")
    if is_local:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Nobody outside of this machine has to do with it.
        builder = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    was_there = sql.SparkSession.getActiveSession() is not None
    try:
        session = builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever kept it from starting, in whichever language
        raise UsageError(
            f"Spark could not be started: {_cause(error)}", f"It needs Java 17 or later. {_DOCS}"
        ) from None
    try:
        yield session
    finally:
        if not was_there:
            with suppress(Exception):
                session.stop()


@contextmanager
def _told(inputs: Sequence[str]) -> Iterator[None]:
    """What Spark could not do, in one sentence and not as the trace of three languages."""
    try:
        yield
    except (TrackproofError, KeyboardInterrupt):
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "py4j")):
            raise
        raise UsageError(f"Spark could not judge {', '.join(inputs)}: {_cause(error)}", _DOCS) from None


def _cause(error: Exception) -> str:
    """The last cause that is told, whichever language told it."""
    java = getattr(error, "java_exception", None)
    while java is not None and java.getCause() is not None:
        java = java.getCause()
    text = str(error) if java is None else str(java.getMessage() or java.toString())
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if not line.startswith(("at ", "File ", "Traceback", "JVM", "..."))]
    return (causes or lines or [type(error).__name__])[0][:300]
