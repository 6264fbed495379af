"""Judges a bag that holds every call of each of its customers, and keeps what other bags may have to do with."""

from __future__ import annotations

import gc
from array import array
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from conformance.findings import Broken, Finding, Severity, merged
from conformance.judge.digests import digest, note_amount
from conformance.judge.endpoints import Endpoint
from conformance.judge.lines import call_of, value_of
from conformance.judge.patterns import Light, Patterns
from conformance.judge.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.judge.examiner import Examiner
    from conformance.judge.kinship import Party
    from conformance.judge.lines import Item
    from conformance.judge.sent import Sent

MOST_OF_A_KIND = 10_000
_MOST_BROKEN = 100
_ENDS = "deferred-never-verified", "event-2-without-event-1", "lead-without-click"

_PLACE = itemgetter(0, 1, 2)

Who = tuple[str, bool]
# An event's time, source and place there, itself as it was read, and what a pattern read of it where one did.
Timed = tuple[float, int, int, Any, Endpoint, Light | None]


@dataclass
class Survey:
    """What one bag shows.

    `pending`, `orphans` and `strangers` are the customers whose other half may be somewhere else, each with what is to
    be said when it is nowhere. `clicks` and `invoices` are digests, one for each customer that has it.
    """

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Severity] = field(default_factory=Counter)
    calls: int = 0
    events: int = 0
    customers: int = 0
    plain: int = 0
    latest: float = 0.0
    broken: list[Broken] = field(default_factory=list)
    broken_lines: int = 0
    pending: list[tuple[Party, list[Finding]]] = field(default_factory=list)
    orphans: list[tuple[Party, list[Finding]]] = field(default_factory=list)
    strangers: list[Party] = field(default_factory=list)
    clicks: array[int] = field(default_factory=lambda: array("Q"))
    invoices: array[int] = field(default_factory=lambda: array("Q"))
    amounts: dict[tuple[str, int], int] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    foreign: Counter[str] = field(default_factory=Counter)


class Surveyor:
    """Makes surveys under one profile; `plainly` lets customers through early of whom there is nothing to say."""

    def __init__(self, examiner: Examiner, sources: tuple[str, ...], *, plainly: bool = True) -> None:
        self._examiner = examiner
        self._sources = sources
        self._plain = Plain(examiner) if plainly else None
        self._patterns = Patterns(examiner.profile.fields, examiner.profile.success_flags)
        self._customer_field = examiner.profile.fields["lead"]["customer"]

    def survey(self, bag: Iterable[Item], carries: frozenset[int]) -> Survey:
        """What the bag shows; `carries` are the sources in which calls have tokens."""
        with without_collector():
            return self._survey(bag, carries)

    def _survey(self, bag: Iterable[Item], carries: frozenset[int]) -> Survey:
        made = Survey()
        for who, timed in self._grouped(bag, made).items():
            _sort(timed)
            made.customers += bool(who[0])
            if self._plain is not None and who[0] and self._plain.take(who, timed, made):
                made.plain += 1
                continue
            self._judge(who, timed, made, carries)
        if self._plain is not None:
            made.secrets |= self._plain.secrets()
        made.findings = list(merged(made.findings))
        made.counts = Counter(finding.severity for finding in made.findings)
        made.findings = capped(made.findings)
        return made

    def _grouped(self, bag: Iterable[Item], made: Survey) -> dict[Who, list[Timed]]:
        groups: dict[Who, list[Timed]] = defaultdict(list)
        endpoint_of = self._examiner.endpoints.endpoint
        field_name = self._customer_field
        trims = "ids-are-trimmed" in self._examiner.profile.traits
        last: dict[int, float] = {}
        calls = 0
        patterns, plain = self._patterns, self._plain
        for source, index, line in bag:
            if plain is not None and type(line) is bytes:
                found = patterns.read(line)
                if found is not None:
                    at, name, endpoint, light = found
                    calls += 1
                    last[source] = at
                    groups[name, False].append((at, source, index, line, endpoint, light))
                    continue
            raw, problem = value_of(line)
            if raw is None:
                self._broken(made, source, index, problem)
                continue
            calls += 1
            endpoint = endpoint_of(raw["url"])
            if not endpoint.operation and not endpoint.right:
                _pass_over(raw, endpoint, made)
                continue
            body = raw.get("body")
            customer = body.get(field_name) if type(body) is dict and endpoint.operation else None
            if type(customer) is str and customer:
                who = (customer.strip() if trims else customer, False)
            else:
                named = self._who(raw, source, index)
                if named is None:
                    continue
                who = named
            time = raw.get("time")
            if time is None:
                time = last.get(source, 0.0)
            last[source] = time
            groups[who].append((time, source, index, raw, endpoint, None))
            if plain is not None and type(line) is bytes and patterns.may_learn and plain.is_event(raw, endpoint):
                patterns.learn(line, endpoint, raw["body"])
        made.calls += calls
        return groups

    def _who(self, raw: dict[str, Any], source: int, index: int) -> Who | None:
        call = call_of(raw, self._sources[source], index)
        endpoint = self._examiner.endpoint(call)
        sent = None if endpoint is None else self._examiner.sent(call, endpoint)
        return None if sent is None else (sent.customer, sent.number)

    def _broken(self, made: Survey, source: int, index: int, problem: str) -> None:
        made.broken_lines += 1
        if len(made.broken) < _MOST_BROKEN:
            made.broken.append(Broken(self._sources[source], index + 1, problem))

    def _judge(self, who: Who, timed: list[Timed], made: Survey, carries: frozenset[int]) -> None:
        examiner = self._examiner
        journey = examiner.journey() if who[0].strip() else None
        kept: list[Finding] = []
        for event in timed:
            _, source, index, line, endpoint, _ = event
            raw, _ = value_of(line)
            if raw is None:
                continue
            call = call_of(raw, self._sources[source], index)
            sent = examiner.sent(call, endpoint) if examiner.wire.is_request(call) else None
            if sent is None:
                continue
            made.events += 1
            made.latest = max(made.latest, sent.time)
            if journey is not None and self._plain is not None and self._plain.says_nothing(who, event):
                kept += journey.take(sent)
            else:
                made.secrets.update(examiner.wire.secrets(call, endpoint))
                kept += examiner.take(sent, journey, carries_tokens=source in carries)
            self._note_amount(sent, made)
        if journey is None:
            made.findings += kept
            return
        ends = journey.finish(float("inf"), final=False)
        made.findings += [*kept, *(finding for finding in ends if finding.id not in _ENDS)]
        late = [finding for finding in ends if finding.id in _ENDS]
        pending = journey.unverified()
        if pending is not None and late:
            made.pending.append((journey.party(pending), [each for each in late if each.id == _ENDS[0]]))
        if journey.orphan is not None and journey.event_1 is None:
            made.orphans.append((journey.party(journey.orphan), [each for each in late if each.id != _ENDS[0]]))
        if journey.stranger is not None and not journey.led:
            made.strangers.append(journey.party(journey.stranger))
        made.clicks.extend(digest(click) for click in journey.clicks)
        made.invoices.extend(digest(invoice) for invoice in journey.invoices)

    @staticmethod
    def _note_amount(sent: Sent, made: Survey) -> None:
        if sent.operation == "sale" and not sent.refused:
            note_amount(made.amounts, sent.text("currency"), sent.value("amount"))


def _pass_over(raw: dict[str, Any], endpoint: Endpoint, made: Survey) -> None:
    if endpoint.foreign and str(raw.get("method", "POST")).upper() == "POST":
        made.foreign[endpoint.host] += 1


@contextmanager
def without_collector() -> Iterator[None]:
    """What a recording is read into are trees: to look for circles in them, again and again, takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def capped(findings: list[Finding]) -> list[Finding]:
    """At most so many findings of each kind; the worst and the first stay."""
    seen: Counter[str] = Counter()
    kept = []
    for finding in findings:
        seen[finding.id] += 1
        if seen[finding.id] <= MOST_OF_A_KIND:
            kept.append(finding)
    return kept


def _sort(timed: list[Timed]) -> None:
    """By time; of calls at one moment an event 1 comes first, since a file may be written the other way round."""
    if len(timed) == 1:
        return
    last, ties, ordered = timed[0][0], False, True
    for each in timed[1:]:
        ties = ties or each[0] == last
        ordered = ordered and each[0] > last
        last = each[0]
    if not ordered:
        timed.sort(key=_PLACE)
        ties = ties or any(one[0] == other[0] for one, other in pairwise(timed))
    if ties:
        timed.sort(key=_with_event_1_first)


def _with_event_1_first(timed: Timed) -> tuple[float, bool, int, int]:
    raw, light = timed[3], timed[5]
    if light is not None:
        return timed[0], light.mode is None, timed[1], timed[2]
    body = raw.get("body")
    later = not (type(body) is dict and body.get("mode"))
    return timed[0], later, timed[1], timed[2]
