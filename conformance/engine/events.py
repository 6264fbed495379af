"""What the engine tells while it runs; console, live page and pytest listen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.results import Exchange, ProfileInfo, Results, ScenarioResult, TargetInfo


@dataclass(frozen=True)
class RunStarted:
    """The run begins: so many scenarios against this target."""

    run: str
    target: TargetInfo
    profile: ProfileInfo
    scenarios: int
    seed: int


@dataclass(frozen=True)
class ScenarioStarted:
    """A scenario sends its first step."""

    id: str


@dataclass(frozen=True)
class ScenarioFinished:
    """A scenario has its verdict."""

    result: ScenarioResult


@dataclass(frozen=True)
class ExchangeRecorded:
    """Something was sent and answered; secrets are redacted already."""

    exchange: Exchange


@dataclass(frozen=True)
class RatePaused:
    """The target answered 429; the whole run waits so many seconds."""

    seconds: float


@dataclass(frozen=True)
class RunFinished:
    """The run is over; the last event."""

    results: Results


Event = RunStarted | ScenarioStarted | ExchangeRecorded | ScenarioFinished | RatePaused | RunFinished
