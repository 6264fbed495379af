"""Keeps what the sandbox was sent in a file: an answer leaves only after its exchange is on disk.

Exchanges that come at the same time are written in one transaction, so that each costs a fraction of a write.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import sqlite3
import threading
from dataclasses import fields
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from conformance.errors import NotKept, UsageError
from conformance.sandbox.live.exchanges import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS exchange (
  number INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  moment TEXT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  kind TEXT NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT,
  body BLOB NOT NULL,
  answer BLOB NOT NULL,
  besides TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_namespace ON exchange (namespace, number);
"""
_COLUMNS = ("number", "namespace", "moment", "method", "url", "kind", "status", "outcome", "body", "answer")
_BESIDES = tuple(field.name for field in fields(Exchange) if field.name not in _COLUMNS)
_INSERT = f"INSERT INTO exchange VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"  # noqa: S608 - no text from outside
_LARGEST_GROUP = 512


class Database:
    """A file of exchanges; one thread writes, in the order in which it is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.ExitStack() as opened:
            try:
                # Released by the system when the process ends, however it ends.
                lock = opened.enter_context(path.open("ab"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._reading = opened.enter_context(contextlib.closing(_opened(path)))
                self._writing = opened.enter_context(contextlib.closing(_opened(path)))
            except BlockingIOError:
                remedy = "Stop that one, or name another file."
                raise UsageError(f"{path} is in use by another sandbox", remedy) from None
            except (sqlite3.Error, OSError) as error:
                raise UsageError(
                    f"{path} cannot be used as the sandbox's file: {error}",
                    "Name a file that is not there yet, or one that a sandbox has written.",
                ) from None
            self._opened = opened.pop_all()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="trackproof-database", daemon=True)
        self._writer.start()

    async def keep(self, exchange: Exchange) -> None:
        """Returns once the exchange is on disk; raises NotKept when it cannot be."""
        await self._do(_INSERT, _row(exchange))

    async def forget(self, namespace: str) -> None:
        """Returns once everything of a namespace is gone from the file."""
        await self._do("DELETE FROM exchange WHERE namespace = ?", (namespace,))

    def namespaces(self) -> dict[str, int]:
        """Every namespace of which something is kept, and of how many exchanges."""
        rows = self._reading.execute("SELECT namespace, COUNT(*) FROM exchange GROUP BY namespace ORDER BY MIN(number)")
        return dict(rows.fetchall())

    def exchanges(self, namespace: str) -> Iterator[Exchange]:
        """What is kept of a namespace, in the order in which it came."""
        columns = ", ".join((*_COLUMNS, "besides"))
        query = f"SELECT {columns} FROM exchange WHERE namespace = ? ORDER BY number"  # noqa: S608 - our own names
        cursor = self._reading.cursor()
        for row in cursor.execute(query, (namespace,)):
            yield _exchange(row)

    def last_number(self) -> int:
        """The highest number that an exchange has."""
        return int(self._reading.execute("SELECT COALESCE(MAX(number), 0) FROM exchange").fetchone()[0])

    def close(self) -> None:
        """Writes what is left, and lets go of the file."""
        self._jobs.put(None)
        self._writer.join()
        self._opened.close()

    async def _do(self, statement: str, values: tuple[Any, ...]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def tell(error: Exception | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, done, error)

        self._jobs.put((statement, values, tell))
        await done

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            group = [job]
            while len(group) < _LARGEST_GROUP and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    self._jobs.put(None)
                    break
                group.append(following)
            error = self._write(group)
            for _, _, tell in group:
                tell(error)

    def _write(self, group: list[_Job]) -> NotKept | None:
        try:
            with self._writing:
                self._writing.execute("BEGIN IMMEDIATE")
                for statement, values, _ in group:
                    self._writing.execute(statement, values)
        except sqlite3.Error as error:
            return NotKept(f"{self.path} cannot be written to: {error}", "Make room, or start with another --db.")
        return None


_Job = tuple[str, tuple[Any, ...], "Callable[[Exception | None], None]"]


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    try:
        _check(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if version not in (0, _FORMAT) or (version == 0 and tables):
        raise sqlite3.DatabaseError("it is no file of a sandbox")


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _row(exchange: Exchange) -> tuple[Any, ...]:
    besides = {name: getattr(exchange, name) for name in _BESIDES}
    return (*(getattr(exchange, name) for name in _COLUMNS), json.dumps(besides))


def _exchange(row: tuple[Any, ...]) -> Exchange:
    values = dict(zip(_COLUMNS, row[:-1], strict=True))
    besides = json.loads(row[-1])
    for name in ("headers", "answer_headers"):
        besides[name] = tuple((key, value) for key, value in besides[name])
    besides["clicks"] = tuple(besides["clicks"])
    return Exchange(**values, **besides)
