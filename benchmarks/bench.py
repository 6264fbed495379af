"""Measures trackproof beside its peers, in one session on one machine, and writes RESULTS.md: `make bench`.

Absolute figures are of this machine; what carries over are the ratios.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import throughput
from measure import Cost, Failed, median, run
from peers import newman_file, pytest_file, stepci_file, tavern_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ROOT = HERE.parent
TOOLS = ROOT / ".bench"
PYTHON = ROOT / ".venv" / "bin" / "python"
TRACKPROOF = ROOT / ".venv" / "bin" / "trackproof"
PEERS_PYTHON = TOOLS / "venv" / "bin" / "python"
NODE = TOOLS / "node_modules" / ".bin"
ROUNDS = 3
LATENCIES = (0, 50, 200)
REQUESTS, LONGEST, CONCURRENCY = 200, 3, 100


@contextlib.contextmanager
def serving(latency: int) -> Iterator[str]:
    """The loopback server, answering after so many milliseconds."""
    command = [str(PYTHON), str(HERE / "server.py"), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def count(url: str) -> int:
    """How many events the server took since it was last asked."""
    with urllib.request.urlopen(f"{url}/count") as answer:  # noqa: S310 - our own loopback server
        return int(answer.read())


def contenders(folder: Path, url: str) -> dict[str, list[str] | None]:
    """The command that plays the workload with each tool; None for one that is not installed."""
    quiet = ["-q", "-p", "no:cacheprovider"]
    python, node = PEERS_PYTHON.exists(), shutil.which("node") is not None
    stepci, newman = NODE / "stepci", NODE / "newman"
    return {
        "trackproof": [str(PYTHON), str(HERE / "workload.py"), url, str(CONCURRENCY)],
        "Step CI": [str(stepci), "run", str(stepci_file(folder, url))] if node and stepci.exists() else None,
        "pytest and httpx": (
            [str(PEERS_PYTHON), "-m", "pytest", *quiet, "-p", "no:tavern", str(pytest_file(folder, url))]
            if python
            else None
        ),
        "Tavern": [str(PEERS_PYTHON), "-m", "pytest", *quiet, str(tavern_file(folder, url))] if python else None,
        "Newman": (
            [str(newman), "run", "--silent", str(newman_file(folder, url))] if node and newman.exists() else None
        ),
    }


def play(command: list[str], folder: Path, url: str) -> Cost:
    """The workload once; raises Failed when not every request was sent."""
    count(url)
    cost = run(command, folder, STEPCI_DISABLE_ANALYTICS="1")
    if (sent := count(url)) < REQUESTS:
        raise Failed(f"{command[0]} sent {sent} of {REQUESTS} requests: {cost.output[-2000:]}")
    return cost


def workload() -> tuple[list[str], dict[tuple[str, int], Cost]]:
    """The rows of the table of workload W, and the costs by tool and latency."""
    costs: dict[tuple[str, int], Cost] = {}
    rows = ["| tool | latency | wall | CPU | peak memory | wall beside trackproof |", "|---|---|---|---|---|---|"]
    for latency in LATENCIES:
        with serving(latency) as url, tempfile.TemporaryDirectory() as name:
            for tool, command in contenders(Path(name), url).items():
                if command is None:
                    rows.append(f"| {tool} | {latency} ms | not installed here | | | |")
                    continue
                cost = median(lambda command=command: play(command, Path(name), url), ROUNDS)  # type: ignore[misc]
                costs[tool, latency] = cost
                ratio = cost.wall / costs["trackproof", latency].wall
                figures = f"{cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.memory:.0f} MB | {ratio:.2f}"
                rows.append(f"| {tool} | {latency} ms | {figures} |")
                print(rows[-1], flush=True)
    return rows, costs


def started() -> tuple[list[str], dict[str, Cost]]:
    """What it takes to start, beside a Python that does nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = {
            "python -c pass": [str(PYTHON), "-c", "pass"],
            "trackproof --version": [str(TRACKPROOF), "--version"],
            "trackproof --help": [str(TRACKPROOF), "--help"],
            "import of the engine": [str(PYTHON), "-c", "import conformance.engine.runner, conformance.suites"],
        }
        costs = {
            name: median(lambda command=command: run(command, folder), 5)  # type: ignore[misc]
            for name, command in commands.items()
        }
    bare = costs["python -c pass"].wall
    rows = ["| command | wall | beside bare Python |", "|---|---|---|"]
    rows += [f"| `{name}` | {cost.wall * 1000:.0f} ms | {cost.wall / bare:.1f} |" for name, cost in costs.items()]
    return rows, costs


def whole_runs() -> tuple[list[str], dict[str, Cost]]:
    """The default run of each profile on the embedded sandbox."""
    costs = {}
    rows = ["| profile | wall | CPU | peak memory | exchanges |", "|---|---|---|---|---|"]
    for profile in ("cutmeshort", "dub"):
        with tempfile.TemporaryDirectory() as name:
            command = [str(TRACKPROOF), "run", "sandbox", "--profile", profile]
            cost = median(lambda command=command: run(command, Path(name)), ROUNDS)  # type: ignore[misc]
        found = re.search(r"(\d+) exchanges", cost.output)
        costs[profile] = cost
        exchanges = found[1] if found else "?"
        rows.append(f"| {profile} | {cost.wall:.1f} s | {cost.cpu:.1f} s | {cost.memory:.0f} MB | {exchanges} |")
        print(rows[-1], flush=True)
    return rows, costs


def goals(
    played: dict[tuple[str, int], Cost], starts: dict[str, Cost], runs: dict[str, Cost], rates: dict[str, float]
) -> list[str]:
    """Each goal, what was measured, and whether it is met."""
    rows = ["| goal | measured | met |", "|---|---|---|"]

    def goal(text: str, measured: Callable[[], float], bound: float, unit: str = "") -> None:
        try:
            value = measured()
        except KeyError:
            rows.append(f"| {text} | not measured here | |")
            return
        rows.append(f"| {text} | {value:.2f}{unit} | {'yes' if value <= bound else '**no**'} |")

    def wall(tool: str, latency: int) -> float:
        return played[tool, latency].wall

    def beside(tool: str, latency: int) -> Callable[[], float]:
        return lambda: wall("trackproof", latency) / wall(tool, latency)

    def limit(latency: int) -> Callable[[], float]:
        least = starts["import of the engine"].wall + max(LONGEST, REQUESTS / CONCURRENCY) * latency / 1000
        return lambda: wall("trackproof", latency) / least

    goal("at most 1.25 times the limit at 200 ms", limit(200), 1.25)
    goal("at most 1.6 times the limit at 50 ms", limit(50), 1.6)
    goal("at most 0.55 times Step CI at 200 ms", beside("Step CI", 200), 0.55)
    for tool in ("Newman", "Tavern", "pytest and httpx"):
        goal(f"at most 1/30 of {tool} at 200 ms", beside(tool, 200), 1 / 30)
    goal("no slower than pytest and httpx at 0 ms", beside("pytest and httpx", 0), 1)
    goal("at most 1.5 ms CPU an exchange at 0 ms", lambda: played["trackproof", 0].cpu / REQUESTS * 1000, 1.5, " ms")
    goal("at most 80 MB", lambda: played["trackproof", 0].memory, 80, " MB")
    bare = starts["python -c pass"].wall
    goal("`--version` at most 8 times bare Python", lambda: starts["trackproof --version"].wall / bare, 8)
    goal("`--help` at most 8 times bare Python", lambda: starts["trackproof --help"].wall / bare, 8)
    for profile, cost in runs.items():
        goal(f"the whole run of {profile} at most 5 s", lambda cost=cost: cost.wall, 5, " s")  # type: ignore[misc]
    goal(
        "plain Node takes at most 4 times the sandbox's events",
        lambda: rates["plain Node http"] / rates["trackproof sandbox"],
        4,
    )
    goal(
        "Prism takes at most a third of the sandbox's events",
        lambda: rates["Prism mock"] / rates["trackproof sandbox"],
        1 / 3,
    )
    return rows


def machine() -> str:
    """The machine, the versions and the date."""
    versions = [f"Python {platform.python_version()}", f"trackproof {_version()}"]
    if node := shutil.which("node"):
        versions.append(f"Node {run([node, '--version'], ROOT).output.strip()}")
    for package in ("stepci", "newman"):
        with contextlib.suppress(OSError):
            text = (TOOLS / "node_modules" / package / "package.json").read_text(encoding="utf-8")
            versions.append(f"{package} {json.loads(text)['version']}")
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {os.cpu_count()} cores ({platform.machine()}, {platform.system()}); {', '.join(versions)}."


def _version() -> str:
    return run([str(TRACKPROOF), "--version"], ROOT).output.split()[-1]


HEAD = """\
# Measured

{machine} Median of {rounds}. Written by `make bench`; absolute figures are of that machine, the ratios carry over.

## Workload W

The five scenarios that the project began with, for 20 customers each: 100 scenarios, 200 requests, no chain longer than
3, against a loopback server that answers after a fixed time. Whole processes, start-up included; trackproof with 100
exchanges in flight, verdicts and the results document written. The limit is the start-up (the import of the engine) and
three times the latency.

"""


def main() -> int:
    """Measures everything and writes RESULTS.md."""
    table, played = workload()
    start_table, starts = started()
    run_table, runs = whole_runs()
    rate_table, rates = throughput.table(PYTHON, NODE)
    parts = [
        HEAD.format(machine=machine(), rounds=ROUNDS) + "\n".join(table),
        "## Start-up\n\n" + "\n".join(start_table),
        "## The default run on the embedded sandbox\n\n" + "\n".join(run_table),
        "## The sandbox as a server\n\n" + "\n".join(rate_table),
        "## Goals\n\n" + "\n".join(goals(played, starts, runs, rates)),
    ]
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print((HERE / "RESULTS.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
