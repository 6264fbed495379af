"""The tree of results, as frozen data; `conformance.results.document` turns it into results.json and back."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.results.verdicts import Verdict, scenario_verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.requirements import Level


class Blame(enum.StrEnum):
    """Who has to act on something red."""

    TARGET = "target"
    HARNESS = "harness"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Missing:
    """What would make an inconclusive check judgeable: an option, and what it should be given."""

    option: str
    hint: str


@dataclass(frozen=True)
class Check:
    """One requirement judged once.

    `code` names a transport fault; `reason` says why nothing could be judged, `missing` the option that would help;
    `note` is a remark on a passed check (a broken MAY); `flaky` is true when it passed only on its second try.
    """

    requirement: str
    level: Level
    verdict: Verdict
    expected: str
    actual: str
    blame: Blame | None = None
    code: str | None = None
    reason: str | None = None
    missing: Missing | None = None
    note: str | None = None
    flaky: bool = False


@dataclass(frozen=True)
class RecordedRequest:
    """What was sent, secrets already redacted; `body` is text, or base64 when `body_base64`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    body_base64: bool = False
    body_truncated: bool = False


@dataclass(frozen=True)
class RecordedResponse:
    """What came back, secrets already redacted; bodies are capped when they are stored."""

    status: int
    headers: Mapping[str, str]
    body: str
    reason: str = ""
    body_base64: bool = False
    body_truncated: bool = False


@dataclass(frozen=True)
class Exchange:
    """A request and its response; `fault` is the code of a transport fault when none (or only half) came.

    `started` is seconds since the run's start, `seconds` the time it took; `step` says what it is for, in a few words
    (`click`, `event 1`, `event 2`, `sale`, `read-back`, …).
    """

    request: RecordedRequest
    response: RecordedResponse | None
    started: float
    seconds: float
    step: str
    fault: str | None = None


@dataclass(frozen=True)
class ScenarioResult:
    """A named sequence, its checks and its transcript; `seconds` is wall-clock time."""

    id: str
    suite: str
    title: str
    description: str
    checks: tuple[Check, ...]
    exchanges: tuple[Exchange, ...]
    seconds: float
    attempts: int = 1

    @property
    def verdict(self) -> Verdict:
        """The worst of its checks."""
        return scenario_verdict(check.verdict for check in self.checks)


@dataclass(frozen=True)
class RequirementResult:
    """A requirement of the profile and what all checks of it say together; `reason` explains `untested`."""

    id: str
    suite: str
    level: Level
    statement: str
    source: str
    url: str
    costs: str
    fix: str
    latitude: str
    verdict: Verdict
    scenarios: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True)
class ProfileInfo:
    """Which contract was used."""

    name: str
    title: str
    revision: str


@dataclass(frozen=True)
class TargetInfo:
    """What was judged; `evidence` says where the run looked for what was recorded.

    `options` are the words of the command line that told the run where evidence and click ids are.
    """

    url: str
    embedded: bool
    evidence: str = "none"
    clicks: str = "none"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunInfo:
    """One run: ISO 8601 start in UTC, seconds of wall-clock time, exchanges sent."""

    id: str
    seed: int
    started: str
    seconds: float
    requests: int
    complete: bool
    created: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Results:
    """Everything a report needs.

    `verdict` is `cut`, `nonconformant`, `inconclusive` or `conformant`; `why` one sentence for it; `stopped` is set
    when the preflight stopped the run.
    """

    tool_version: str
    profile: ProfileInfo
    target: TargetInfo
    run: RunInfo
    verdict: str
    why: str
    requirements: tuple[RequirementResult, ...] = ()
    scenarios: tuple[ScenarioResult, ...] = ()
    stopped: str | None = None
    warnings: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        """Short: an event loop that ends asks for it, and all exchanges of a run are megabytes."""
        return f"<Results {self.run.id}: {self.verdict}, {len(self.scenarios)} scenarios>"

    def requirement_counts(self) -> Counter[Verdict]:
        """How many requirements have which verdict."""
        return Counter(requirement.verdict for requirement in self.requirements)

    def scenario_counts(self) -> Counter[Verdict]:
        """How many scenarios have which verdict."""
        return Counter(scenario.verdict for scenario in self.scenarios)
