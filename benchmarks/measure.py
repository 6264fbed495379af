"""What a part of the benchmark is made of: whole processes, measured, a table of what they took, and goals."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).parent
ROOT = HERE.parent
TOOLS = ROOT / ".bench"
PYTHON = ROOT / ".venv" / "bin" / "python"
TRACKPROOF = ROOT / ".venv" / "bin" / "trackproof"
PEERS_PYTHON = TOOLS / "venv" / "bin" / "python"
NODE_TOOLS = TOOLS / "node_modules" / ".bin"
LONGEST = 180.0
_TICKS = os.sysconf("SC_CLK_TCK")
# What a machine sets for its own ends is no part of what is measured: proxies, and Python that keeps no bytecode.
_LEFT_OUT = ("http_proxy", "https_proxy", "all_proxy", "pythondontwritebytecode", "pythonunbuffered", "pythonpath")


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of wall time and of CPU, mebibytes at its peak."""

    wall: float
    cpu: float
    memory: float
    output: str = ""


@dataclass(frozen=True)
class Goal:
    """What is wanted: a value that is at most the bound, or at least; None was not measured.

    `reason` says why, or why the bound is hard to keep: it is told where the goal is missed.
    """

    text: str
    value: float | None
    bound: float
    unit: str = ""
    at_least: bool = False
    reason: str = ""

    @property
    def row(self) -> str:
        """A row of the table of goals: what was measured, whether that is enough, and by how much it is not."""
        if self.value is None:
            return f"| {self.text} | not measured: {self.reason or 'a tool is not installed here'} | |"
        met = self.value >= self.bound if self.at_least else self.value <= self.bound
        off = self.bound / self.value if self.at_least and self.value else self.value / self.bound
        missed = f"**no**, {off:.2f} times the goal" + f": {self.reason}" * bool(self.reason)
        return f"| {self.text} | {self.value:.3g}{self.unit} | {'yes' if met else missed} |"


@dataclass(frozen=True)
class Part:
    """One section of the results: a title, some words, the rows of its table (the first is its head), its goals."""

    title: str
    words: str
    rows: Sequence[str]
    goals: Sequence[Goal] = ()

    def __str__(self) -> str:
        words = f"{self.words}\n\n" if self.words else ""
        return f"## {self.title}\n\n{words}{table(self.rows)}"


class Failed(Exception):
    """A command that did not do what is measured."""


def table(rows: Sequence[str]) -> str:
    """Rows in Markdown, with the line below their head."""
    return "\n".join((rows[0], "|" + "---|" * (rows[0].count("|") - 1), *rows[1:]))


def ratio(one: float | None, other: float | None) -> float | None:
    """One figure as a multiple of another; None where one of them was not measured."""
    return None if one is None or not other else one / other


def environment(**more: str) -> dict[str, str]:
    """What the measured processes find in their environment."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in _LEFT_OUT}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", **more}


def run(command: Sequence[str | Path], cwd: Path, expected: int = 0, longest: float = LONGEST, **more: str) -> Cost:
    """Runs a command to its end; raises Failed when its exit code is another than expected, or it takes too long."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        overdue = threading.Timer(longest, _kill, [process])
        overdue.start()
        try:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            overdue.cancel()
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        late = f" after {wall:.0f} s" if wall >= longest else ""
        raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}{late}: {output[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def median(measure: Callable[[], Cost], rounds: int) -> Cost:
    """The median of each figure over some rounds."""
    costs = [measure() for _ in range(rounds)]
    return Cost(
        statistics.median(one.wall for one in costs),
        statistics.median(one.cpu for one in costs),
        statistics.median(one.memory for one in costs),
        costs[-1].output,
    )


@contextlib.contextmanager
def running(command: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
    """A process of ours for as long as the block takes; what it prints can be read."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def cpu(process: int) -> float:
    """The seconds of CPU that a running process and its children have used."""
    total = 0.0
    with contextlib.suppress(FileNotFoundError):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total = (int(fields[11]) + int(fields[12])) / _TICKS
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
        total += sum(cpu(int(child)) for child in children)
    return total
