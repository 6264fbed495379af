"""What a load came to: the figures of what was sent, what is wrong with what was recorded, and the verdict.

`to_load_document` writes it as load.json, whose names and shapes are those of `specs/load.schema.json`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.results.document import encodable

if TYPE_CHECKING:
    from conformance.contract.requirements import Level
    from conformance.results.model import ProfileInfo, RunInfo, TargetInfo

FORMAT = "trackproof-load/1"
LOST, DOUBLED, MISATTRIBUTED, ALTERED = "lost", "doubled", "misattributed", "altered"
KINDS = (LOST, DOUBLED, MISATTRIBUTED, ALTERED)
MEANINGS = {
    LOST: "accepted, and not recorded",
    DOUBLED: "recorded more often than it happened",
    MISATTRIBUTED: "recorded for another click or customer, or for none",
    ALTERED: "recorded with another amount, currency or other details than were sent",
}


@dataclass(frozen=True)
class LoadFinding:
    """What is wrong with the record of one customer; `journey` tells what was sent and what was answered."""

    kind: str
    requirement: str
    level: Level
    customer: str
    expected: str
    actual: str
    journey: str
    click: str


@dataclass(frozen=True)
class LoadOrder:
    """What was asked for: users, exchanges a second in all (0: as many as can be), seconds, exchanges at most.

    `workers` is how many processes sent; `spawn_rate` how many users begin in a second.
    """

    users: int
    rate: float
    duration: float
    max_requests: int
    spawn_rate: float
    workers: int = 1


@dataclass(frozen=True)
class StepTimes:
    """How long one kind of step took, in milliseconds, and how many of them failed."""

    step: str
    exchanges: int
    failures: int
    least: float
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True)
class LoadError:
    """Answers that were none, or none that was wanted, of one kind."""

    step: str
    error: str
    count: int


@dataclass(frozen=True)
class Second:
    """What was measured at one moment: seconds since the start, exchanges a second, 95th percentile in ms, users."""

    at: float
    rate: float
    p95: float
    users: int


@dataclass(frozen=True)
class Traffic:
    """What was sent and answered. `unknown` are steps without an answer that tells; `limited` counts answers 429.

    `refused` counts steps that had to be accepted, `declined` those that may be refused, such as a mismatched event 2.
    `paused` is for how many seconds the target had the users wait; `seconds` how long was sent.
    """

    seconds: float
    exchanges: int
    journeys: int
    accepted: int
    refused: int
    declined: int
    unknown: int
    limited: int
    paused: float
    kinds: dict[str, int]
    steps: tuple[StepTimes, ...]
    errors: tuple[LoadError, ...]
    curve: tuple[Second, ...]

    @property
    def rate(self) -> float:
        """Exchanges a second."""
        return self.exchanges / self.seconds if self.seconds else 0.0

    @property
    def sent(self) -> int:
        """Steps of journeys, clicks aside, each counted once however often it had to be sent."""
        return self.accepted + self.refused + self.declined + self.unknown

    @property
    def error_share(self) -> float:
        """Which share of the steps was refused that had to be accepted, or has no answer that tells, in percent."""
        return 100 * (self.refused + self.unknown) / self.sent if self.sent else 0.0


@dataclass(frozen=True)
class Reconciliation:
    """What was accepted against what is recorded.

    Of the `customers` to be read so many were `read`; the others are `unread`, for the reasons in `unread_because`;
    with `sampled` they are not all that there are. `findings` are the first of each kind, `counts` count all, `warned`
    those that break a SHOULD. `lag` is after how many seconds something showed; `live` says whether a customer written
    afterwards appeared, without which absence proves nothing.
    """

    evidence: str
    available: bool
    customers: int = 0
    read: int = 0
    unread: int = 0
    unread_because: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    lag: float = 0.0
    live: bool = False
    sampled: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    findings: tuple[LoadFinding, ...] = ()

    @property
    def wrong(self) -> int:
        """How many findings there are."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class LoadResults:
    """Everything the reports of a load need; `verdict` and `why` as of a run."""

    tool_version: str
    profile: ProfileInfo
    target: TargetInfo
    run: RunInfo
    order: LoadOrder
    verdict: str
    why: str
    traffic: Traffic
    reconciliation: Reconciliation
    warnings: tuple[str, ...] = ()


def to_load_document(results: LoadResults) -> dict[str, Any]:
    """The results as a JSON value."""
    run, traffic, found = results.run, results.traffic, results.reconciliation
    document = {
        "format": FORMAT,
        "tool": {"name": "trackproof", "version": results.tool_version},
        "profile": asdict(results.profile),
        "target": {**asdict(results.target), "options": list(results.target.options)},
        "run": {
            "id": run.id,
            "seed": run.seed,
            "started": run.started,
            "seconds": run.seconds,
            "requests": run.requests,
            "complete": run.complete,
        },
        "order": asdict(results.order),
        "verdict": results.verdict,
        "why": results.why,
        "warnings": list(results.warnings),
        "traffic": {**asdict(traffic), "rate": round(traffic.rate, 2), "error_share": round(traffic.error_share, 3)},
        "reconciliation": {
            **asdict(found),
            "counts": {kind: found.counts[kind] for kind in KINDS},
            "findings": [{**asdict(one), "level": one.level.value} for one in found.findings],
        },
        "created": [{"kind": "customer", "id": customer} for customer in run.created],
    }
    return {key: encodable(value) for key, value in document.items()}
