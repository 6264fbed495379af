"""What a judge concluded, and findings.json: the one machine-readable form of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.findings.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = "trackproof-findings/1"
_MOST_EVENTS = 50


@dataclass(frozen=True)
class Broken:
    """A line or an entry that could not be read; `line` counts from 1."""

    source: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.problem}"


@dataclass(frozen=True)
class Judgement:
    """Everything that was found in a recording.

    `calls` is how many calls were read, of which `events` are tracking calls; `broken` names the first lines that could
    not be read, and `broken_lines` is how many there are. `counts` is given where not every finding is kept; `secrets`
    are the tokens that were seen, which are to be written nowhere. `complete` says that nobody interrupted it;
    `foreign` is how many tracking calls went to each host of another platform, which were not judged.
    """

    profile: str
    sources: tuple[str, ...]
    findings: tuple[Finding, ...]
    events: int = 0
    customers: int = 0
    calls: int = 0
    broken: tuple[Broken, ...] = ()
    broken_lines: int = 0
    counts: Mapping[Severity, int] | None = None
    secrets: frozenset[str] = frozenset()
    complete: bool = True
    foreign: Mapping[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """How many findings there are beyond those that are kept."""
        return 0 if self.counts is None else sum(self.counts.values()) - len(self.findings)

    def with_secrets(self, secrets: Iterable[str]) -> Judgement:
        """The judgement that knows of further tokens."""
        return replace(self, secrets=self.secrets | set(secrets))

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return self._count(Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return self._count(Severity.WARNING)

    @property
    def notes(self) -> int:
        """How many findings are notes."""
        return self._count(Severity.NOTE)

    @property
    def worst(self) -> Severity | None:
        """The worst severity, or None when nothing was found."""
        return next((severity for severity in Severity if self._count(severity)), None)

    @property
    def journeys_with_findings(self) -> int:
        """How many customers have a finding."""
        return len({finding.customer for finding in self.findings if finding.customer})

    def _count(self, severity: Severity) -> int:
        if self.counts is not None:
            return self.counts.get(severity, 0)
        return sum(finding.severity is severity for finding in self.findings)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each kind and customer, with all its events; the worst first, then in order of time."""
    kept: dict[tuple[str, str, str], Finding] = {}
    events: dict[tuple[str, str, str], dict[Any, None]] = {}
    for finding in findings:
        key = (finding.id, finding.customer or _place(finding), dict(finding.values).get("field", ""))
        known = kept.get(key)
        if known is None or finding.severity.rank < known.severity.rank:
            kept[key] = finding
        events.setdefault(key, {}).update(dict.fromkeys(finding.events))
    made = [_with_events(finding, tuple(events[key])) for key, finding in kept.items()]
    return tuple(sorted(made, key=_order))


def _place(finding: Finding) -> str:
    """Findings without a customer are one for each source, whatever its calls are."""
    return "\0" + (finding.events[0].source if finding.events else "")


def _with_events(finding: Finding, events: tuple[Any, ...]) -> Finding:
    return replace(finding, events=events)


def _order(finding: Finding) -> tuple[int, float, str, str]:
    first = finding.events[0].time if finding.events else None
    return finding.severity.rank, first or 0.0, finding.customer, finding.id


def findings_document(judgement: Judgement) -> dict[str, Any]:
    """The document that `specs/findings.schema.json` describes."""
    return {
        "format": FORMAT,
        "profile": {"name": judgement.profile},
        "source": list(judgement.sources),
        "complete": judgement.complete,
        "summary": {
            "calls": judgement.calls,
            "events": judgement.events,
            "customers": judgement.customers,
            "journeys_with_findings": judgement.journeys_with_findings,
            "errors": judgement.errors,
            "warnings": judgement.warnings,
            "notes": judgement.notes,
            "broken_lines": judgement.broken_lines,
            "foreign": dict(judgement.foreign),
        },
        "broken": [{"source": one.source, "line": one.line, "problem": one.problem} for one in judgement.broken],
        "findings": [_finding(finding) for finding in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "customer": finding.customer,
        "requirement": finding.requirement,
        "message": finding.message,
        "remedy": finding.remedy,
        "events": [
            {"source": event.source, "index": event.index, "time": event.iso} for event in finding.events[:_MOST_EVENTS]
        ],
        "others": list(finding.others),
    }
