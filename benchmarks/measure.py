"""Whole processes, measured: wall time, CPU of the process and all it started, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of wall time and of CPU, mebibytes at its peak."""

    wall: float
    cpu: float
    memory: float
    output: str = ""


class Failed(Exception):
    """A command that did not do what is measured."""


def run(command: Sequence[str], cwd: Path, expected: int = 0, **environment: str) -> Cost:
    """Runs a command to its end; raises Failed when its exit code is another than expected."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}: {output[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def median(measure: Callable[[], Cost], rounds: int) -> Cost:
    """The median of each figure over some rounds."""
    costs = [measure() for _ in range(rounds)]
    return Cost(
        statistics.median(one.wall for one in costs),
        statistics.median(one.cpu for one in costs),
        statistics.median(one.memory for one in costs),
        costs[-1].output,
    )
