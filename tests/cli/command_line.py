"""Runs the real command, as a process of its own or through its entry point, and small servers to point it at."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import jsonschema
from bad_transport import ACCEPTED, BadServer, response
from other_platform import Books, OtherPlatform

from conformance.cli import main

if TYPE_CHECKING:
    import asyncio
    import signal
    from collections.abc import Iterator, Mapping

SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "results.schema.json").read_text(encoding="utf-8"))
NAMES = ("report.html", "results.json", "junit.xml", "summary.md")
QUICK = ("--suite", "non-deferred")
# A SHOULD: with `--level must` nothing at all is selected, which costs no exchange.
NOTHING = ("--level", "must", "--requirement", "deferred.pending-visible")
STARTED = "trackproof: "
LONGEST = 90


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code, what it said, and where it was run."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        return self.out + self.err

    def results(self, reports: str = "reports") -> dict[str, Any]:
        """The results document, which has to be valid, beside the other three reports."""
        folder = self.folder / reports
        assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
        document: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, SCHEMA)
        return document


_FOREIGN = ("TRACKPROOF_", "COVERAGE_", "GITHUB_")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of trackproof, without coverage, which makes a process twice as slow, and
    without the workflow that these tests may be part of.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "NO_COLOR": "1", **settings}


def begin(folder: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "conformance", *words],
        cwd=folder,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def trackproof(folder: Path, *words: str, **settings: str) -> Ended:
    """Runs the command in this folder; keywords are environment variables."""
    process = begin(folder, *words, **settings)
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err, folder)


def entered(folder: Path, *words: str, **settings: str) -> Ended:
    """The same through the entry point in this process, which is quicker; for what needs no process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment(settings), clear=True),
        patch.object(sys, "argv", ["trackproof", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Ended(code, out.getvalue(), err.getvalue(), folder)


@contextlib.contextmanager
def started(folder: Path, *words: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has said its first line, and goes on."""
    process = begin(folder, *words, **settings)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(STARTED), line + process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupt(process: subprocess.Popen[str], number: signal.Signals, folder: Path) -> Ended:
    process.send_signal(number)
    out, err = process.communicate(timeout=LONGEST)
    return Ended(process.returncode, out, err, folder)


def options(platform: OtherPlatform) -> tuple[str, ...]:
    """The words that judge this platform, with all evidence."""
    return (
        platform.url,
        "--token",
        platform.token,
        "--short-link",
        platform.short_link,
        "--readback",
        platform.readback,
    )


class ForgetfulBooks(Books):
    """The planted defect: no invoice is remembered, so every repeat of a sale counts."""

    def take_sale(self, event: dict[str, Any]) -> None:
        self.invoices.clear()
        super().take_sale(event)


def forgetful_platform() -> OtherPlatform:
    platform = OtherPlatform(lag=0)
    platform.books = ForgetfulBooks(0, set())
    return platform


def accepting() -> BadServer:
    """Answers 200 to everything, records nothing, and counts its connections: one for each exchange."""
    return BadServer(partial(_answer, response(b"200 OK", ACCEPTED)))


async def _answer(whole: bytes, _request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(whole)


class Listener(BadServer):
    """Answers 200 to everything and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(self._keep)
        self.requests: list[bytes] = []

    async def _keep(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        writer.write(response(b"200 OK", ACCEPTED))
