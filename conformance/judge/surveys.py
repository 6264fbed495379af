"""What a survey of a bag is made of: its events as they are sorted, and what it shows."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.findings import Finding, Severity
    from conformance.judge.kinship import Party

MOST_OF_A_KIND = 10_000
MOST_BROKEN = 100

# A customer's id, and whether it was sent as a number.
Who = tuple[str, bool]
# An event's time, source and place there; itself as it was read and its endpoint, or else None, the pattern that read
# it, and what that read.
# The time is None where nobody recorded it.
Timed = tuple[Any, int, int, Any, Any, Any]


@dataclass
class Survey:
    """What one bag shows.

    `pending`, `orphans` and `strangers` are the customers whose other half may be somewhere else, each with what is to
    be said when it is nowhere. `broken` has source and place of what could not be read. `clicks` and `invoices` are
    digests, one for each customer that has it.
    """

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Severity] = field(default_factory=Counter)
    calls: int = 0
    events: int = 0
    customers: int = 0
    plain: int = 0
    latest: float = 0.0
    broken: list[tuple[int, int, str]] = field(default_factory=list)
    broken_lines: int = 0
    pending: list[tuple[Party, list[Finding]]] = field(default_factory=list)
    orphans: list[tuple[Party, list[Finding]]] = field(default_factory=list)
    strangers: list[Party] = field(default_factory=list)
    clicks: array[int] = field(default_factory=lambda: array("Q"))
    invoices: array[int] = field(default_factory=lambda: array("Q"))
    amounts: dict[tuple[str, int], int] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    foreign: Counter[str] = field(default_factory=Counter)


def capped(findings: list[Finding]) -> list[Finding]:
    """At most so many findings of each kind; the worst and the first stay."""
    seen: Counter[str] = Counter()
    kept = []
    for finding in findings:
        seen[finding.id] += 1
        if seen[finding.id] <= MOST_OF_A_KIND:
            kept.append(finding)
    return kept
