"""How fast `trackproof judge` is: its CPU time beside a bare JSON loop over the same file, in one run.

    python benchmarks/judge.py [EVENTS] [--jobs N] [--keep FILE]

The loop is orjson's where it is installed, as it is for the judge. The limit is 8 times its CPU time, the goal 4.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 8.0
GOAL = 4.0
_START = 1_775_000_000.0
_DAY = 86_400.0


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


def write(path: Path, events: int) -> int:
    """Writes the recording; returns its size."""
    with path.open("wb") as file:
        file.writelines(json.dumps(call, separators=(",", ":")).encode() + b"\n" for call in calls(events))
    return path.stat().st_size


def loads() -> tuple[str, Callable[[bytes], Any]]:
    """The fastest reader that is installed, and its name."""
    try:
        import orjson  # noqa: PLC0415
    except ImportError:
        return "json", json.loads
    return "orjson", orjson.loads


def cpu(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds, its children's included, and seconds on the wall; and what the work returned."""
    before, began = _used(), time.perf_counter()
    made = work()
    return _used() - before, time.perf_counter() - began, made


def _used() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _bare(path: Path) -> int:
    _, read = loads()
    count = 0
    with path.open("rb") as file:
        for line in file:
            read(line)
            count += 1
    return count


def main() -> int:
    """Measures, tells, and fails when the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("events", nargs="?", type=int, default=500_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="leave the recording here, and use it if it is there")
    options = parser.parse_args()
    from conformance.judge.files import judge_files  # noqa: PLC0415 - not what is measured

    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "calls.ndjson"
        size = path.stat().st_size if path.exists() else write(path, options.events)
        base = min((cpu(lambda: _bare(path)) for _ in range(3)), key=lambda one: one[0])
        judged = cpu(lambda: judge_files([str(path)], jobs=options.jobs))
    judgement = judged[2]
    ratio = judged[0] / base[0]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{judgement.events} events in {size / 1e6:.0f} MB; {judgement.errors} errors found")
    print(f"bare {loads()[0]} loop: {base[0]:.2f} s of CPU, {base[2] / base[0]:,.0f} events a second")
    speed = judgement.events / judged[1]
    print(f"judge: {judged[0]:.2f} s of CPU, {judged[1]:.2f} s on the wall, {speed:,.0f} events a second")
    print(f"ratio {ratio:.1f} (limit {LIMIT:g}, goal {GOAL:g}); most memory: {own:.0f} MB, a child {children:.0f} MB")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
