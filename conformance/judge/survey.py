"""Judges a bag that holds every call of each of its customers, and keeps what other bags may have to do with."""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from conformance.findings import merged
from conformance.judge.digests import digest, note_amount
from conformance.judge.lines import call_of, value_of
from conformance.judge.patterns import Patterns
from conformance.judge.plain import Plain
from conformance.judge.plans import Plans
from conformance.judge.surveys import MOST_BROKEN, Survey, capped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.findings import Finding
    from conformance.judge.endpoints import Endpoint
    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Item
    from conformance.judge.patterns import Pattern, Row
    from conformance.judge.sent import Sent
    from conformance.judge.surveys import Timed, Who

_ENDS = "deferred-never-verified", "event-2-without-event-1", "lead-without-click"

_PLACE = itemgetter(0, 1, 2)


class Surveyor:
    """Makes surveys under one profile; `plainly` lets customers through early of whom there is nothing to say."""

    def __init__(
        self, examiner: Examiner, sources: tuple[str, ...], *, plainly: bool = True, patterns: Patterns | None = None
    ) -> None:
        self._examiner = examiner
        self.sources = sources
        self._plain = Plain(examiner) if plainly else None
        self.patterns = patterns or Patterns(examiner.profile.fields, examiner.profile.success_flags)
        self._plans = None if self._plain is None else Plans(self._plain, self.patterns)
        self._customer_field = examiner.profile.fields["lead"]["customer"]
        self._trims = "ids-are-trimmed" in examiner.profile.traits

    def survey(
        self, bag: Iterable[Row | Item], carries: frozenset[int], known: Mapping[bytes, Pattern] | None = None
    ) -> Survey:
        """What the bag shows.

        `carries` are the sources in which calls have tokens, `known` the patterns that read the rows of the bag.
        """
        with without_collector():
            return self._survey(bag, carries, dict(known or {}))

    def _survey(self, bag: Iterable[Row | Item], carries: frozenset[int], known: dict[bytes, Pattern]) -> Survey:
        made = Survey()
        read, others = self._grouped(bag, made, known)
        plans = self._plans
        for customer, rows in read.items():
            is_alone = not others or (customer.decode(), False) not in others
            if not (is_alone and plans is not None and plans.take(rows, made, known)):
                others[customer.decode(), False] += [self._timed(row, known) for row in rows]
        for who, timed in others.items():
            _sort(timed)
            made.customers += bool(who[0])
            if self._plain is not None and who[0] and self._plain.take(who, timed, made):
                made.plain += 1
            else:
                self._judge(who, timed, made, carries)
        if self._plain is not None:
            made.secrets |= self._plain.secrets()
        made.findings = list(merged(made.findings))
        made.counts = Counter(finding.severity for finding in made.findings)
        made.findings = capped(made.findings)
        return made

    def _grouped(
        self, bag: Iterable[Row | Item], made: Survey, known: dict[bytes, Pattern]
    ) -> tuple[dict[bytes, list[Row]], dict[Who, list[Timed]]]:
        """The events by customer: those that a pattern read, and the others."""
        read: dict[bytes, list[Row]] = defaultdict(list)
        others: dict[Who, list[Timed]] = defaultdict(list)
        places = {key: pattern.places.customer for key, pattern in known.items()}
        for each in bag:
            if isinstance(each, list):
                read[each[places[each[-1]]]].append(each)
                continue
            source, index, line = each
            row = self.patterns.read(line, source, index) if self._plain and isinstance(line, bytes) else None
            if row is not None:
                pattern = known[row[-1]] = self.patterns.made[row[-1]]
                read[row[pattern.places.customer]].append(row)
                continue
            raw, problem = value_of(line)
            if raw is None:
                self._broken(made, source, index, problem)
                continue
            made.calls += 1
            event = self._event(raw, source, index, made)
            if event is None:
                continue
            who, timed = event
            others[who].append(timed)
            if isinstance(line, bytes):
                self.learn(line, raw, timed[4])
        made.calls += sum(map(len, read.values()))
        return read, others

    def _timed(self, row: Row, known: Mapping[bytes, Pattern]) -> Timed:
        pattern = known[row[-1]]
        source, first = map(int, row[-3].split())
        return self.patterns.seconds(row[pattern.places.time]), source, first + int(row[-2]), None, pattern, row

    def _event(self, raw: dict[str, Any], source: int, index: int, made: Survey) -> tuple[Who, Timed] | None:
        """Whose event an item is, with when it happened; None when it is no event."""
        endpoint = self._examiner.endpoints.endpoint(raw["url"])
        if not endpoint.operation and not endpoint.right:
            _pass_over(raw, endpoint, made)
            return None
        body = raw.get("body")
        customer = body.get(self._customer_field) if type(body) is dict and endpoint.operation else None
        if type(customer) is str and customer:
            who: Who | None = (customer.strip() if self._trims else customer, False)
        else:
            who = self._who(raw, source, index)
        if who is None:
            return None
        return who, (raw.get("time"), source, index, raw, endpoint, None)

    def learn(self, line: bytes, raw: dict[str, Any], endpoint: Endpoint) -> None:
        """Takes a line as the model of others when there is nothing to say of its event by itself."""
        if self._plain is not None and self.patterns.may_learn and self._plain.is_event(raw, endpoint):
            self.patterns.learn(line, endpoint, raw["body"])

    def _who(self, raw: dict[str, Any], source: int, index: int) -> Who | None:
        call = call_of(raw, self.sources[source], index)
        endpoint = self._examiner.endpoint(call)
        sent = None if endpoint is None else self._examiner.sent(call, endpoint)
        return None if sent is None else (sent.customer, sent.number)

    def _broken(self, made: Survey, source: int, index: int, problem: str) -> None:
        made.broken_lines += 1
        made.broken.append((source, index, problem))
        if len(made.broken) > 2 * MOST_BROKEN:
            made.broken = sorted(made.broken)[:MOST_BROKEN]

    def _judge(self, who: Who, timed: list[Timed], made: Survey, carries: frozenset[int]) -> None:
        examiner = self._examiner
        journey = examiner.journey() if who[0].strip() else None
        kept: list[Finding] = []
        for event in timed:
            _, source, index, raw, of, texts = event
            endpoint = of
            if texts is not None:
                endpoint = of.endpoint
                raw, _ = value_of(of.line(texts))
            if raw is None:
                continue
            call = call_of(raw, self.sources[source], index)
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


def _sort(timed: list[Timed]) -> None:
    """By time; of calls at one moment an event 1 comes first, since a file may be written the other way round."""
    times = [each[0] for each in timed]
    if None in times:
        _guess_times(timed)
        times = [each[0] for each in timed]
    if times == sorted(set(times)):
        return
    timed.sort(key=_PLACE)
    if len(set(times)) < len(times):
        timed.sort(key=_with_event_1_first)


def _guess_times(timed: list[Timed]) -> None:
    """A call of unknown time is taken to have been made when the customer's one before it in the recording was."""
    timed.sort(key=itemgetter(1, 2))
    last = 0.0
    for number, each in enumerate(timed):
        last = last if each[0] is None else each[0]
        timed[number] = (last, *each[1:])


def _with_event_1_first(timed: Timed) -> tuple[float, bool, int, int]:
    raw = timed[3]
    if raw is None:
        return timed[0], timed[4].mode is None, timed[1], timed[2]
    body = raw.get("body")
    later = not (type(body) is dict and body.get("mode"))
    return timed[0], later, timed[1], timed[2]
