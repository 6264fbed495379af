"""The highest rate at which `trackproof load` drives the sandbox on this machine, and whether it finds a planted loss.

`python benchmarks/load.py [SECONDS]` prints the table; `make bench` writes it down.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import PYTHON, Goal, Part, run, running

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20
USERS = (1, 5, 10, 20, 50)
# So many exchanges that several events are lost, however slow the machine is.
ENOUGH, LONGEST = 12_000, 120
ALL_OF_IT = 600.0
FAULT = "loses-one-in-a-thousand"
SOUND, BROKEN = 0, 1


@dataclass(frozen=True)
class Loaded:
    """One load: what load.json says, and the CPU of whoever sent and read, in seconds."""

    document: dict[str, Any]
    cpu: float

    @property
    def rate(self) -> float:
        """Exchanges a second."""
        return float(self.document["traffic"]["rate"])


@contextlib.contextmanager
def sandbox(*words: str) -> Iterator[str]:
    """A sandbox as a process, by its URL."""
    with running([PYTHON, "-m", "conformance", "sandbox", "--port", "0", *words]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def load(url: str, users: int, seconds: int, expected: int, most: int = 1_000_000) -> Loaded:
    """As many exchanges as so many users can send in so many seconds, then read back; raises Failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = [
            *("load", url, "--token", "x", "--short-link", f"{url}/l/demo", "--readback", f"{url}/readback"),
            *("--users", str(users), "--rate", "0", "--duration", f"{seconds}s", "--max-requests", str(most)),
        ]
        cost = run([PYTHON, "-m", "conformance", *words], folder, expected, ALL_OF_IT)
        document = json.loads((folder / "reports" / "load.json").read_text(encoding="utf-8"))
    return Loaded(document, cost.cpu)


def row(name: str, loaded: Loaded) -> str:
    """One line of the table."""
    traffic, found = loaded.document["traffic"], loaded.document["reconciliation"]
    slow = traffic["steps"][-1]
    wrong = ", ".join(f"{count} {kind}" for kind, count in found["counts"].items() if count) or "nothing"
    cells = (
        name,
        f"{loaded.rate:.0f}",
        f"{slow['p50']:g} / {slow['p95']:g} / {slow['p99']:g} ms",
        str(traffic["accepted"]),
        f"{found['read']} in {found['seconds']:.0f} s",
        wrong,
    )
    return f"| {' | '.join(cells)} |"


def part(seconds: int = SECONDS) -> Part:
    """The highest rate, whether anything was wrongly red at it, and whether a loss was found."""
    title = "Load"
    if importlib.util.find_spec("locust") is None:
        goals = [Goal(text, None, 1, reason="Locust is not installed here") for text in (_SOUND, _FOUND)]
        return Part(title, "Locust is not installed here.", ["| |"], goals)
    rows = ["| load | exchanges a second | 50 / 95 / 99 % | accepted | read back | found |"]
    loads: dict[int, Loaded] = {}
    for users in USERS:
        with sandbox() as url:
            loads[users] = load(url, users, seconds, SOUND)
        rows.append(row(f"sound, {users} users", loads[users]))
        print(rows[-1], flush=True)
    users = max(loads, key=lambda number: loads[number].rate)
    with sandbox("--fault", FAULT) as url:
        broken = load(url, users, LONGEST, BROKEN, ENOUGH)
    rows.append(row(f"`--fault {FAULT}`, {users} users", broken))
    print(rows[-1], flush=True)
    best, lost = loads[users].document["reconciliation"], broken.document["reconciliation"]["counts"]["lost"]
    words = (
        "`trackproof load` against the sandbox, both on this machine, as fast as so many users can; then every "
        f"customer is read back. The highest rate is {loads[users].rate:.0f} exchanges a second. The last row is a "
        "sandbox that loses one in a thousand of the events that arrive while others are in hand."
    )
    right = 100 * (best["read"] - sum(best["counts"].values())) / best["customers"]
    found = 1000 * lost / broken.document["traffic"]["accepted"]
    return Part(
        title,
        words,
        rows,
        [
            Goal(_SOUND, right, 100, " %", at_least=True),
            Goal(_FOUND, found, 0.5, " in 1000", at_least=True, reason=_FEW),
        ],
    )


_SOUND = "load at the highest rate: customers of a sound sandbox that are found as they were sent: 100 %"
_FEW = "only what meets other events is lost, and the loss of what is sent twice or has no effect is none"
_FOUND = "load: of a sandbox that loses 1 event in 1000, at least every other loss is found"


if __name__ == "__main__":
    print(part(*map(int, sys.argv[1:])))
