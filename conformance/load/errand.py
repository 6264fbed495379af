"""What a process of a load is sent out with, and what it reports; plain data, whoever reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.contract import Profile
    from conformance.target.target import TargetOptions

ALONE, MASTER, WORKER = "alone", "master", "worker"
# The names of the files in the folder of a load, and of the messages between its processes.
LEDGER, SUMMARY = "load-journeys.ndjson", "load-traffic.json"
PLAYED, DONE, SPENT, REFUSED = "trackproof-played", "trackproof-done", "trackproof-spent", "trackproof-refused"
# Two versions may tell journeys differently.
LANGUAGE = "trackproof-load/1"


@dataclass(frozen=True)
class Order:
    """What the master orders and every worker obeys; seconds, and exchanges in all or for each second of the load.

    A worker takes as large a share of `rate` and `max_requests` as it has of the `users`.
    """

    run: str
    seed: int
    users: int
    rate: float
    duration: float
    max_requests: int
    spawn_rate: float
    target: str
    language: str = LANGUAGE

    def text(self) -> str:
        """The order for the way to a worker."""
        return json.dumps(asdict(self))


def order_of(text: str) -> Order:
    """The order of such a text."""
    return Order(**json.loads(text))


@dataclass(frozen=True)
class Network:
    """Where a master listens for workers and how many it waits for (so many seconds); where a worker finds it."""

    bind_host: str = "*"
    bind_port: int = 5557
    expect_workers: int = 1
    patience: float = 600.0
    master_host: str = "127.0.0.1"
    master_port: int = 5557


@dataclass(frozen=True)
class Errand:
    """One process's part: `order` is None for a worker, which gets it from its master; `folder` takes its files."""

    role: str
    profile: Profile
    target: TargetOptions
    deadline: float
    network: Network = field(default_factory=Network)
    order: Order | None = None
    folder: Path | None = None


@dataclass
class Tally:
    """What one process counted; times are in seconds."""

    journeys: int = 0
    exchanges: int = 0
    limited: int = 0
    paused: float = 0.0

    def add(self, other: dict[str, Any]) -> None:
        """Adds what another process counted."""
        self.journeys += other["journeys"]
        self.exchanges += other["exchanges"]
        self.limited += other["limited"]
        self.paused = max(self.paused, other["paused"])
