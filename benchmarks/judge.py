"""How fast `trackproof judge` is beside what people would use instead, over one file in one run.

    python benchmarks/judge.py [EVENTS …] [--jobs N] [--keep FOLDER]

For each number of events (default 250,000, 500,000, 1 and 2 million) a recording is written and judged by the command
as anybody calls it: its CPU time with all its processes, and the most memory that these have together. The largest is
also read by a bare orjson loop, by one that validates each event by its JSON Schema, and by a DuckDB window query.
10 million take some five minutes and 5 GB of disk on two cores. `make bench` plays this too, and one recording more
with as many events as TRACKPROOF_BENCH_EVENTS says.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import json
import os
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import PEERS_PYTHON, TRACKPROOF, Cost, Failed, Goal, Part, ratio, run, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SIZES = (250_000, 500_000, 1_000_000, 2_000_000)
VALIDATED = 10_000
JSON_SCHEMA, DUCKDB = "jsonschema, each event", "DuckDB, one window query"
WORDS = """\
The command `trackproof judge` as anybody calls it, start-up and reports included, over recordings of customers of whom
1 in 50 is wronged by the sender. The loop reads each line as JSON and does nothing with it. What jsonschema and a
window query find is a small part of what the judge looks for."""
ROUNDS = 3
LONGEST = 1200.0
_START = 1_775_000_000.0
_DAY = 86_400.0
_COST = "what is left is to match each line, to look at each customer, and to judge the wronged ones in full"


def calls(events: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """So many calls in order of time, of customers of whom 1 in 50 is wronged by the sender."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    waiting: list[tuple[float, int, dict[str, Any]]] = []
    step = 90 * _DAY / max(events / 3, 1)
    made = number = 0
    while made < events:
        number += 1
        begun = _START + number * step
        for at, operation, body in _journey(number, begun, dice):
            heapq.heappush(waiting, (at, made + len(waiting), _call(operation, at, body)))
        while waiting and (waiting[0][0] <= begun or made + len(waiting) >= events):
            yield heapq.heappop(waiting)[2]
            made += 1


def _journey(number: int, at: float, dice: random.Random) -> Iterator[tuple[float, str, dict[str, Any]]]:
    customer, click = f"user_{dice.randrange(16**10):010x}_{number}", f"id_{dice.randrange(16**16):016x}"
    wrong = dice.random() < 0.02  # 1 in 50
    details = {"customerName": "Jane Doe", "customerEmail": f"{customer}@example.com"}
    event_1 = {"clickId": click, "mode": "deferred", "eventName": "signup_started", "customerExternalId": customer}
    yield at, "lead", event_1 | details
    event_2 = {"eventName": "email_verified", "customerExternalId": customer}
    yield at + 600, "lead", event_2 | ({"clickId": click} if wrong else {})
    for sale in range(dice.randrange(3)):
        amount = dice.randrange(500, 50000) / 100
        body = {"clickId": click, "eventName": "purchase_completed", "customerExternalId": customer, "currency": "USD"}
        yield at + 3600 * (sale + 1), "sale", body | {"invoiceId": f"inv_{number}_{sale}", "amount": amount}


def _call(operation: str, at: float, body: dict[str, Any]) -> dict[str, Any]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}Z"
    return {
        "time": stamp,
        "method": "POST",
        "url": f"https://api.cme.sh/track/{operation}",
        "headers": {"authorization": "Bearer sk_live_0123456789abcdef", "content-type": "application/json"},
        "body": body | {"timestamp": stamp},
        "status": 200,
        "response": {"success": True, "timestamp": stamp},
    }


def write(path: Path, events: int) -> None:
    """Writes the recording."""
    dumps = json_writer()
    with path.open("wb") as file:
        file.writelines(dumps(call) + b"\n" for call in islice(calls(events), events))


def json_writer() -> Callable[[Any], bytes]:
    """The fastest writer of JSON that is installed."""
    try:
        dumps: Callable[[Any], bytes] = import_module("orjson").dumps
    except ImportError:
        return lambda value: json.dumps(value, separators=(",", ":")).encode()
    return dumps


def reader() -> tuple[str, Callable[[bytes], Any]]:
    """The fastest reader of JSON that is installed, as it is for the judge, and its name."""
    try:
        return "orjson", import_module("orjson").loads
    except ImportError:
        return "json", json.loads


def cpu(work: Callable[[], Any]) -> float:
    """Seconds of CPU."""
    before = time.process_time()
    work()
    return time.process_time() - before


def bare(path: Path) -> None:
    """Reads each line as JSON, and does nothing with it."""
    _, read = reader()
    with path.open("rb") as file:
        for line in file:
            read(line)


def validate(path: Path) -> None:
    """Validates the first events by their schemas with jsonschema, whose validators were made once."""
    from conformance.contract import load_profile  # noqa: PLC0415 - not what is measured

    _, read = reader()
    schemas = load_profile("cutmeshort").schemas
    valid = {name: schemas.validator(name).is_valid for name in ("lead", "sale")}
    with path.open("rb") as file:
        for line in islice(file, VALIDATED):
            call = read(line)
            valid[call["url"].rpartition("/")[2]](call["body"])


QUERY = """
import duckdb, sys
connection = duckdb.connect()
connection.execute("set threads = " + sys.argv[2])
columns = {"time": "VARCHAR", "url": "VARCHAR", "body": "JSON"}
print(connection.execute(
    "select count(*) from (select row_number() over journey as place, body->>'clickId' as click,"
    " lag(body->>'clickId') over journey as before from read_ndjson(?, columns = " + str(columns) + ")"
    " window journey as (partition by body->>'customerExternalId' order by time))"
    " where place > 1 and click = before", [sys.argv[1]],
).fetchone()[0])
"""


@dataclass(frozen=True)
class Judged:
    """What it took to judge so many events; `memory` is the most that all processes had together, in MiB."""

    events: int
    bare: float
    cost: Cost

    @property
    def ratio(self) -> float:
        """Its CPU time beside that of the bare loop."""
        return self.cost.cpu / self.bare


def judge(path: Path, folder: Path, events: int, jobs: int) -> Judged:
    """Judges a recording by the command, and reads it with the bare loop, as often as it takes to trust the figures."""
    rounds = ROUNDS if events <= SIZES[1] else 1
    loop = min(cpu(lambda: bare(path)) for _ in range(rounds))
    command = [str(TRACKPROOF), "judge", str(path), "--jobs", str(jobs), "--reports", str(folder)]
    costs = [_watched(command, folder) for _ in range(rounds)]
    return Judged(events, loop, min(costs, key=lambda cost: cost.cpu))


def _watched(command: list[str], folder: Path) -> Cost:
    """The cost of a command, with the memory of it and all that it started, looked at ten times a second."""
    most = 0.0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.1):
            most = max(most, sum(map(memory, _started(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        cost = run(command, folder, expected=1, longest=LONGEST)
    finally:
        over.set()
        watcher.join()
    return Cost(cost.wall, cost.cpu, max(most, cost.memory), cost.output)


def _started(process: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text(encoding="utf-8").split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from _started(child)


def memory(process: int) -> float:
    """The memory of a process in MiB, of what it shares its part."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def peers(path: Path, last: Judged, jobs: int) -> dict[str, float | None]:
    """The CPU seconds that an event takes, of the others over the same file too; None for what is not installed."""
    costs: dict[str, float | None] = {
        f"bare {reader()[0]} loop": last.bare / last.events,
        "trackproof judge": last.cost.cpu / last.events,
        JSON_SCHEMA: cpu(lambda: validate(path)) / VALIDATED,
        DUCKDB: None,
    }
    with contextlib.suppress(OSError, Failed):
        command = [str(PEERS_PYTHON), "-c", QUERY, str(path), str(jobs)]
        costs[DUCKDB] = run(command, path.parent, longest=LONGEST).cpu / last.events
    return costs


def growth(one: Judged) -> str:
    """A row of how time and memory grow with the number of events."""
    cost, each = one.cost, one.cost.cpu / one.events * 1e6
    figures = f"{each:.2f} µs | {one.ratio:.1f} | {one.events / cost.wall:,.0f} | {cost.cpu / cost.wall:.1f}"
    return f"| {one.events:,} | {figures} | {cost.memory:.0f} MB |"


def plot(measured: list[Judged]) -> str:
    """Time and memory as bars, so that growth is seen."""
    slowest = max(one.cost.cpu / one.events for one in measured)
    largest = max(one.cost.memory for one in measured)
    rows = [f"{'events':>12}  {'CPU an event':<38}  memory"]
    for one in measured:
        time_bar = "█" * round(36 * one.cost.cpu / one.events / slowest)
        rows.append(f"{one.events:>12,}  {time_bar:<38}  {'█' * round(36 * one.cost.memory / largest)}")
    return "\n".join(("```text", *rows, "```"))


def goals(measured: list[Judged], costs: dict[str, float | None]) -> list[Goal]:
    """What is wanted of the judge."""
    last, first = measured[-1], next((one for one in measured if one.events >= SIZES[2]), measured[0])
    schema, own = costs[JSON_SCHEMA], costs["trackproof judge"]
    grown = (last.cost.cpu / last.events) / (first.cost.cpu / first.events)
    names = f"{last.events:,} at most 1.1 times that at {first.events:,}"
    return [
        Goal("judge: at most 8 times the CPU of a bare orjson loop", last.ratio, 8),
        Goal("judge: at most 4 times the CPU of a bare orjson loop (stretch)", last.ratio, 4, reason=_COST),
        Goal("judge: 20 times as fast as a jsonschema loop", ratio(schema, own), 20, at_least=True, reason=_COST),
        Goal("judge: all processes together in 1 GiB", last.cost.memory, 1024, " MB"),
        Goal("judge: the cost of an event at " + names, grown, 1.1),
    ]


def measured_in(folder: Path, sizes: Iterable[int], jobs: int) -> Part:
    """The section on the judge; recordings that lie in the folder already are used."""
    measured: list[Judged] = []
    path = folder
    for events in sorted(sizes):
        path = folder / f"calls-{events}.ndjson"
        if not path.exists():
            write(path, events)
        measured.append(judge(path, folder, events, jobs))
        print(growth(measured[-1]), flush=True)
    costs = peers(path, measured[-1], jobs)
    rows = ["| events | CPU an event | beside the bare loop | events a second | cores | memory of all processes |"]
    rows += [growth(one) for one in measured]
    loop = measured[-1].bare / measured[-1].events
    beside = [f"| over the largest recording, {os.cpu_count()} cores | CPU an event | beside the bare loop |"]
    for name, cost in costs.items():
        figures = "not installed here | " if cost is None else f"{cost * 1e6:.2f} µs | {cost / loop:.1f}"
        beside.append(f"| {name} | {figures} |")
    words = "\n\n".join((WORDS, table(beside), plot(measured)))
    return Part("The judge", words, rows, goals(measured, costs))


def part() -> Part:
    """What `make bench` writes of the judge."""
    named = os.environ.get("TRACKPROOF_BENCH_EVENTS", "")
    with tempfile.TemporaryDirectory() as folder:
        return measured_in(Path(folder), {*SIZES, *([int(named)] if named else [])}, os.cpu_count() or 1)


def main() -> int:
    """Measures and tells; fails when a goal other than the stretch is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("events", nargs="*", type=int, default=SIZES)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="a folder for the recordings, which are used if they are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = (options.keep or Path(folder)).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        made = measured_in(kept, options.events, options.jobs)
    print(made)
    print(table(["| goal | measured | met |", *(goal.row for goal in made.goals)]))
    return int(any("**no**" in goal.row and "stretch" not in goal.row for goal in made.goals))


if __name__ == "__main__":
    sys.exit(main())
