"""Reads back each customer of a load, no faster than was asked for, until reads are late enough to be believed.

What is missing is looked for until `settle` has passed since the last event; what is too much is looked at twice. A
customer written after the load shows that the channel is live (rules for every profile: absence).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from conformance.contract import Level
from conformance.engine.names import Name, letters
from conformance.engine.payloads import lead_payload, sale_payload
from conformance.generated.casting import fields_of
from conformance.load.hand_in import Outcome, Played
from conformance.load.mix import amount_of, names_of, story_of
from conformance.load.reconciling import customers_of, reconciled
from conformance.results import Exchange, RecordedRequest
from conformance.results.load import Reconciliation
from conformance.target.connections import now
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.evidence import Evidence
    from conformance.ledger import RecordedCustomer
    from conformance.results.load import LoadFinding
    from conformance.target.messages import Answer, Request
    from conformance.target.target import Target

_LEAST_QUIET = 0.3
_PAUSES = (0.2, 0.5, 1.0)
_FIRST_GAP, _LONGEST_GAP = 0.1, 2.0
_KEPT_OF_A_KIND = 200
_MARKER = "zz"
_MARKER_KIND = "non-deferred"
_DETAILS = ("name", "email")
INTERRUPTED = "the reading was interrupted"
_OTHERWISE = "other reasons"
_REASONS = 20
_LONGEST_REASON = 200


@dataclass
class _Books:
    """What the reading has come to so far."""

    read: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    findings: list[LoadFinding] = field(default_factory=list)

    def add(self, findings: tuple[LoadFinding, ...]) -> None:
        for finding in findings:
            if finding.level is Level.MAY:
                continue
            self.counts[finding.kind] += 1
            self.warned += finding.level is Level.SHOULD
            if self.counts[finding.kind] <= _KEPT_OF_A_KIND:
                self.findings.append(finding)

    def give_up(self, reason: str) -> None:
        """One customer cannot be read; a target that gives a new reason each time is not quoted for ever."""
        told = reason[:_LONGEST_REASON]
        self.unread[told if told in self.unread or len(self.unread) < _REASONS else _OTHERWISE] += 1


class _Unkept(Transcript):
    """Keeps nothing: of thousands of reads nobody looks at the exchanges."""

    def add(self, request: Request, answer: Answer) -> Exchange:
        """Nothing is kept."""
        sent = RecordedRequest(request.method, "", {}, "")
        return Exchange(sent, None, answer.sent, answer.arrived - answer.sent, request.step)


class Reader:
    """Reconciles the journeys of one load; `run` is the id from which its names are made, times are in seconds.

    `created` holds the customer that it wrote itself. `stopped` is set by whoever interrupts it.
    """

    def __init__(self, target: Target, evidence: Evidence, run: str, tell: Callable[[int, int], None]) -> None:
        self._target = target
        self._profile = target.profile
        self._evidence = evidence
        self._settle = target.limits.settle
        self._run = run
        self._tell = tell
        self._lag = 0.0
        self._shown: frozenset[str] = frozenset()
        self._books = _Books()
        self._again: list[Played] = []
        self._began = 0.0
        self._unkept = _Unkept(target.redactor)
        self.created: list[str] = []
        self.stopped = asyncio.Event()

    async def reconcile(
        self, journeys: Iterator[Played], wanted: int, ended: float, *, sampled: bool
    ) -> Reconciliation:
        """Reads the customers of so many journeys, of which the last event was answered at `ended`."""
        self._began = now()
        if not self._evidence.available:
            return Reconciliation(self._evidence.description, available=False, customers=wanted, sampled=sampled)
        live = await self._is_live()
        await asyncio.sleep(max(_LEAST_QUIET, 2 * self._lag))
        await self._pass(journeys, wanted, ended)
        gap = _FIRST_GAP
        while self._again and not self.stopped.is_set():
            left = ended + self._settle - now()
            await asyncio.sleep(min(gap, max(left, _LEAST_QUIET)))
            gap = min(gap * 2, _LONGEST_GAP)
            again, self._again = self._again, []
            await self._pass(iter(again), wanted, ended)
        books = self._books
        left_out = wanted - books.read - books.unread.total()
        if left_out > 0 and self.stopped.is_set():
            books.unread[INTERRUPTED] = left_out
        return Reconciliation(
            evidence=self._evidence.description,
            available=True,
            customers=wanted,
            read=books.read,
            unread=books.unread.total(),
            unread_because=dict(books.unread),
            seconds=round(now() - self._began, 3),
            lag=round(self._lag, 3),
            live=live,
            sampled=sampled,
            counts=books.counts,
            warned=books.warned,
            findings=tuple(sorted(books.findings, key=lambda one: -one.level.rank)),
        )

    async def _pass(self, journeys: Iterator[Played], wanted: int, ended: float) -> None:
        """Reads once through; several readers take from one list."""

        async def reader() -> None:
            for played in journeys:
                if self.stopped.is_set():
                    return
                await self._judge(played, ended)
                self._tell(self._books.read + self._books.unread.total(), wanted)

        await asyncio.gather(*(reader() for _ in range(self._target.limits.concurrency)))

    async def _judge(self, played: Played, ended: float) -> None:
        looked, records = await self._records(played)
        if isinstance(records, str):
            self._books.give_up(records)
            return
        findings, final = reconciled(self._profile, played, records, self._shown)
        late = looked - ended >= self._settle
        if findings and not final and not late:
            self._again.append(played)
            return
        if findings:
            # Too much, or too late: looked at once more, since one read may come from a replica that lags.
            await asyncio.sleep(max(_LEAST_QUIET, 2 * self._lag))
            looked, records = await self._records(played)
            if isinstance(records, str):
                self._books.give_up(records)
                return
            findings, _ = reconciled(self._profile, played, records, self._shown)
        self._books.read += 1
        clean = self._target.redactor.text
        self._books.add(tuple(replace(finding, actual=clean(finding.actual)) for finding in findings))

    async def _records(self, played: Played) -> tuple[float, dict[str, RecordedCustomer | None] | str]:
        """When and what was read of a journey's customers, or why nothing can be told."""
        records: dict[str, RecordedCustomer | None] = {}
        looked = now()
        for customer in customers_of(played):
            for pause in (*_PAUSES, None):
                seen = await self._evidence.look(customer, self._unkept)
                if seen.unreadable is None:
                    records[customer] = seen.customer
                    break
                if pause is None or self.stopped.is_set():
                    return looked, self._target.redactor.text(seen.unreadable.reason)
                await asyncio.sleep(pause)
        return looked, records

    # --- a customer written afterwards ------------------------------------------------------------------------

    async def _is_live(self) -> bool:
        """Whether a customer that is written now appears; it also shows how reads lag and which details are shown."""
        marker = None
        for pause in _PAUSES:
            marker = await self._write_marker()
            if marker is not None:
                break
            await asyncio.sleep(pause)
        if marker is None:
            return False
        written, gap = now(), _FIRST_GAP / 4
        while not self.stopped.is_set():
            looked, records = await self._records(marker)
            if not isinstance(records, str) and not reconciled(self._profile, marker, records)[0]:
                self._lag = looked - written if looked - written > _FIRST_GAP else 0.0
                record = records[customers_of(marker)[0]]
                self._shown = frozenset(word for word in _DETAILS if getattr(record, word) is not None)
                return True
            if looked - written >= self._settle:
                return False
            await asyncio.sleep(gap)
            gap = min(gap * 2, _LONGEST_GAP)
        return False

    async def _write_marker(self) -> Played | None:
        target, number = self._target, len(self.created)
        click = target.clicks.take(())
        if click is None and target.clicks.urls:
            click = target.clicks.click_in(await target.send(target.clicks.visit(number)))
        if click is None:
            return None
        played = Played(f"tp-{self._run}-{_MARKER}{letters(number, 5)}", _MARKER_KIND, click, amount_of(number), ())
        name = Name(played.stem)
        names = names_of(name, click)
        self.created.append(name.customer)
        outcomes = []
        for move in story_of(played.kind, played.amount):
            operation, fields = fields_of(self._profile, move, names, name)
            body = (sale_payload if operation == "sale" else lead_payload)(self._profile, fields)
            answer: Answer = await target.send(target.event(operation, body, move.act))
            if not answer.taken:
                return None
            outcomes.append(Outcome.ACCEPTED)
        return Played(played.stem, played.kind, played.click, played.amount, tuple(outcomes))
