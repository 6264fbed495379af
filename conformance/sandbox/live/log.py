"""The log of one namespace: its latest exchanges, what the judge found in them, and how many there were in all."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.sandbox.live.exchanges import VISIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.sandbox.live.exchanges import Exchange, Finding, Judge

_LATEST = 2000
_LARGEST = 16 << 20
_MOST_FINDINGS = 2000
_FINDING_COST = 1024
SEVERITIES = ("error", "warning", "note")
CLEAN = "clean"


@dataclass(slots=True)
class Log:
    """What a namespace has seen; `told` has the findings by the number of the exchange that showed them."""

    judge: Judge | None = None
    exchanges: deque[Exchange] = field(default_factory=deque)
    findings: deque[Finding] = field(default_factory=deque)
    told: dict[int, tuple[Finding, ...]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SEVERITIES, 0))
    seen: int = 0
    visits: int = 0
    held: int = 0

    def take(self, exchange: Exchange) -> tuple[Sequence[Finding], int]:
        """Judges and keeps an exchange; the findings that it showed, and by how much the memory in use has changed."""
        before = self.held
        self.exchanges.append(exchange)
        self.held += exchange.cost
        self.seen += 1
        findings: Sequence[Finding] = ()
        if exchange.kind == VISIT:
            self.visits += 1
        elif self.judge is not None:
            findings = tuple(self.judge.take(exchange))
            self._note(exchange, findings)
        while len(self.exchanges) > _LATEST or (self.held > _LARGEST and len(self.exchanges) > 1):
            self._drop()
        return findings, self.held - before

    def ending(self) -> Sequence[Finding]:
        """What is to be said if nothing more comes."""
        return () if self.judge is None else tuple(self.judge.finish())

    def _note(self, exchange: Exchange, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        self.told[exchange.number] = tuple(findings)
        for finding in findings:
            self.counted[finding.severity] = self.counted.get(finding.severity, 0) + 1
            self.findings.append(finding)
            self.held += _FINDING_COST
        while len(self.findings) > _MOST_FINDINGS:
            self.findings.popleft()
            self.held -= _FINDING_COST

    def _drop(self) -> None:
        gone = self.exchanges.popleft()
        self.held -= gone.cost
        self.told.pop(gone.number, None)


def verdict(findings: Sequence[Finding]) -> str:
    """The worst severity among findings, or that there are none."""
    severities = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in severities), CLEAN)


def finding_shown(finding: Finding, *, is_open: bool = False) -> dict[str, Any]:
    """A finding as the page and tests are shown it; an open one holds if nothing more comes."""
    return {
        "id": finding.id,
        "severity": str(finding.severity),
        "customer": finding.customer,
        "requirement": finding.requirement,
        "message": finding.message,
        "remedy": finding.remedy,
        "events": [event.index for event in finding.events],
        **({"open": True} if is_open else {}),
    }
