"""What it takes to start: beside a Python that does nothing, and until the first request of a run leaves."""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from pathlib import Path

from measure import PYTHON, TRACKPROOF, Failed, Goal, Part, median, run, running

ROUNDS = 7
_LONGEST = 20.0


def first_request(folder: Path) -> float:
    """Seconds from the start of `trackproof run` until its first request arrives; the run is then ended."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(_LONGEST)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.perf_counter()
        with running([TRACKPROOF, "run", url, "--click-id", "id_1", "--reports", folder]):
            try:
                connection, _ = listener.accept()
                connection.recv(1)
            except TimeoutError:
                raise Failed(f"no request of `trackproof run` came within {_LONGEST:.0f} s") from None
            took = time.perf_counter() - started
            connection.close()
    return took


def part() -> Part:
    """Start-up of the command and of its first request."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = median(lambda: run([PYTHON, "-c", "pass"], folder), ROUNDS).wall
        version = median(lambda: run([TRACKPROOF, "--version"], folder), ROUNDS).wall
        explain = median(lambda: run([TRACKPROOF, "--help"], folder), ROUNDS).wall
        first = statistics.median(first_request(folder) for _ in range(ROUNDS))
    taken = {
        "`python -c pass`": bare,
        "`trackproof --version`": version,
        "`trackproof --help`": explain,
        "`trackproof run`, until its first request arrives": first,
    }
    rows = ["| what | wall | beside bare Python |"]
    rows += [f"| {what} | {wall * 1000:.0f} ms | {wall / bare:.1f} |" for what, wall in taken.items()]
    goals = [
        Goal("`--version`: at most 8 times bare Python", version / bare, 8),
        Goal("`--help`: at most 8 times bare Python", explain / bare, 8),
        Goal("`--help`: at most 0.15 s", explain, 0.15, " s"),
        Goal("the first request of `run`: within 25 times bare Python", first / bare, 25),
    ]
    return Part("Start-up", "", rows, goals)
