"""Workload W by trackproof's engine and by what people would use instead, against one server of a fixed latency."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from measure import (
    HERE,
    NODE_TOOLS,
    PEERS_PYTHON,
    PYTHON,
    Cost,
    Failed,
    Goal,
    Part,
    median,
    ratio,
    run,
    running,
)
from peers import newman_file, pytest_file, stepci_file, tavern_file

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
LATENCIES = (0, 50, 200)
REQUESTS, LONGEST_CHAIN, CONCURRENCY = 200, 3, 100
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_IMPORT = [PYTHON, "-c", "import conformance.engine.runner, conformance.suites"]
_PREFLIGHT = "before the first scenario, one exchange looks whether the target takes the token"
_START = "to load Python, asyncio and httpx is more than half of it"
_WORDS = """\
The five scenarios that the project began with, for 20 customers each: 100 scenarios, 200 requests, no chain longer than
3, against a loopback server that answers after a fixed time. Whole processes, start-up included; trackproof with 100
exchanges in flight, transcripts, verdicts and the results document written; Step CI as parallel as it goes; Newman,
Tavern and pytest one request after the other, as they do. The limit is the start-up (the import of the engine) and
three times the latency."""


@contextlib.contextmanager
def serving(latency: int) -> Iterator[str]:
    """The loopback server, answering after so many milliseconds."""
    with running([PYTHON, HERE / "server.py", str(latency)]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def count(url: str) -> int:
    """How many events the server took since it was last asked."""
    with _OPENER.open(f"{url}/count") as answer:
        return int(answer.read())


def contenders(folder: Path, url: str) -> dict[str, list[str | Path] | None]:
    """The command that plays the workload with each tool; None for one that is not installed."""
    quiet = ["-q", "-p", "no:cacheprovider"]
    python, node = PEERS_PYTHON.exists(), shutil.which("node") is not None
    stepci, newman = NODE_TOOLS / "stepci", NODE_TOOLS / "newman"
    return {
        "trackproof": [PYTHON, HERE / "workload.py", url, str(CONCURRENCY)],
        "Step CI": [stepci, "run", stepci_file(folder, url)] if node and stepci.exists() else None,
        "pytest and httpx": (
            [PEERS_PYTHON, "-m", "pytest", *quiet, "-p", "no:tavern", pytest_file(folder, url)] if python else None
        ),
        "Tavern": [PEERS_PYTHON, "-m", "pytest", *quiet, tavern_file(folder, url)] if python else None,
        "Newman": [newman, "run", "--silent", newman_file(folder, url)] if node and newman.exists() else None,
    }


def play(command: list[str | Path], folder: Path, url: str) -> Cost:
    """The workload once; raises Failed when not every request was sent."""
    count(url)
    cost = run(command, folder, STEPCI_DISABLE_ANALYTICS="1")
    if (sent := count(url)) < REQUESTS:
        raise Failed(f"{command[0]} sent {sent} of {REQUESTS} requests: {cost.output[-2000:]}")
    return cost


def part() -> Part:
    """Every tool at every latency."""
    costs: dict[tuple[str, int], Cost] = {}
    rows = ["| tool | latency | wall | CPU | peak memory | wall beside trackproof |"]
    with tempfile.TemporaryDirectory() as name:
        start = median(lambda: run(_IMPORT, Path(name)), 5)
    for latency in LATENCIES:
        with serving(latency) as url, tempfile.TemporaryDirectory() as name:
            for tool, command in contenders(Path(name), url).items():
                rows.append(_row(tool, latency, command, Path(name), url, costs))
                print(rows[-1], flush=True)
    return Part("Workload W", _WORDS, rows, _goals(costs, start))


def _row(
    tool: str,
    latency: int,
    command: list[str | Path] | None,
    folder: Path,
    url: str,
    costs: dict[tuple[str, int], Cost],
) -> str:
    if command is None:
        return f"| {tool} | {latency} ms | not installed here | | | |"
    try:
        cost = median(lambda: play(command, folder, url), ROUNDS)
    except Failed as problem:
        return f"| {tool} | {latency} ms | failed: {' '.join(str(problem).split())[:120]} | | | |"
    costs[tool, latency] = cost
    beside = ratio(cost.wall, _wall(costs, "trackproof", latency))
    shown = "" if beside is None else f"{beside:.2f}"
    return f"| {tool} | {latency} ms | {cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.memory:.0f} MB | {shown} |"


def _wall(costs: dict[tuple[str, int], Cost], tool: str, latency: int) -> float | None:
    cost = costs.get((tool, latency))
    return None if cost is None else cost.wall


def _goals(costs: dict[tuple[str, int], Cost], start: Cost) -> list[Goal]:
    def beside(tool: str, latency: int) -> float | None:
        return ratio(_wall(costs, "trackproof", latency), _wall(costs, tool, latency))

    def limit(latency: int) -> float | None:
        least = start.wall + max(LONGEST_CHAIN, REQUESTS / CONCURRENCY) * latency / 1000
        return ratio(_wall(costs, "trackproof", latency), least)

    ours = costs.get(("trackproof", 0))
    each = None if ours is None else ours.cpu / REQUESTS * 1000
    further = None if ours is None else (ours.cpu - start.cpu) / REQUESTS * 1000
    return [
        Goal("W at 200 ms: at most 1.25 times the limit", limit(200), 1.25, reason=_PREFLIGHT),
        Goal("W at 50 ms: at most 1.6 times the limit", limit(50), 1.6, reason=_PREFLIGHT),
        Goal("W at 200 ms: at most 0.55 times Step CI", beside("Step CI", 200), 0.55),
        *(
            Goal(f"W at 200 ms: at most 1/30 of {tool}", beside(tool, 200), 1 / 30)
            for tool in ("Newman", "Tavern", "pytest and httpx")
        ),
        Goal("W at 0 ms: no slower than pytest and httpx", beside("pytest and httpx", 0), 1),
        Goal("CPU of an exchange, verdict and transcript included: at most 1.5 ms", further, 1.5, " ms"),
        Goal("the same with the start-up shared among 200 exchanges", each, 1.5, " ms", reason=_START),
        Goal("W: at most 80 MB", None if ours is None else ours.memory, 80, " MB"),
    ]
