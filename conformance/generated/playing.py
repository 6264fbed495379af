"""Plays a story against the target under fresh names, and compares answers and records with what may be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.answers import allowed
from conformance.engine.faults import CannotJudge
from conformance.engine.journey import Journey
from conformance.engine.matchers import Found, Kind, Matcher, describe
from conformance.engine.payloads import lead_payload, sale_payload
from conformance.generated.accounts import Facet
from conformance.generated.casting import details_of, fields_of
from conformance.generated.moves import NO_CLICK, Move, Story, bursts
from conformance.generated.oracle import Names, Oracle
from conformance.target.connections import now
from conformance.target.target import encode
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.engine.journey import Play
    from conformance.engine.names import Name
    from conformance.generated.accounts import Expected
    from conformance.ledger import RecordedCustomer
    from conformance.target.messages import Answer, Request

_SERVER_ERROR = 500
_LOOKS = 3


@dataclass(frozen=True)
class Breach:
    """A requirement that a story broke; `kind` is the same for what probably has one cause."""

    requirement: str
    expected: str
    actual: str
    kind: str


Shape = tuple[object, ...]
Spelling = Callable[[Mapping[str, object]], bytes]


@dataclass
class Performance:
    """A story as it was played: what it broke, what held, what could not be seen, and its exchanges.

    `shapes` are what was recorded of each customer, in order, with numbers in place of names. `look`, where it is set,
    is still to be called: it compares the records.
    """

    story: Story
    transcript: Transcript
    shapes: dict[int, Shape] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    unseen: str | None = None
    struck: Answer | None = None
    look: Callable[[], Awaitable[None]] | None = None


class Cast:
    """The names of one story's customers, and the bodies of its steps."""

    def __init__(self, play: Play) -> None:
        self.journey = Journey(play)
        self.own: list[Name] = []
        self.clicks: list[str] = []

    async def assemble(self, story: Story) -> Names:
        """Fresh names for a story; a click id for each that it uses."""
        self.own = [self.journey.another() for _ in range(1 + max(move.who for move in story))]
        wanted = 1 + max((move.click for move in story), default=NO_CLICK)
        self.clicks = [await self.journey.click() for _ in range(wanted)]
        invoices = {move.invoice: self.own[move.who].invoice() for move in reversed(story) if move.act == "sale"}
        return Names([name.customer for name in self.own], self.clicks, invoices)

    def body(self, move: Move, names: Names) -> tuple[str, dict[str, object]]:
        """The operation and the body of a step that is no `again`."""
        profile = self.journey.profile
        operation, fields = fields_of(profile, move, names, self.own[move.who])
        return operation, (sale_payload if operation == "sale" else lead_payload)(profile, fields)


async def perform(
    play: Play, story: Story, *, spelling: Spelling = encode, like: Mapping[int, Shape] | None = None
) -> Performance:
    """Plays a story to its end, or to the first answer that is none the contract allows; records are looked at later.

    `spelling` writes its bodies. With `like`, what is recorded is compared with these shapes, and with nothing else.
    """
    performance = Performance(story, Transcript(play.target.redactor))
    cast = Cast(play)
    names = await cast.assemble(story)
    oracle = Oracle(play.profile, names)
    requests: dict[int, Request] = {}
    last = 0.0
    for number, burst in enumerate(bursts(story), start=1):
        batch = []
        for move in burst:
            if move.act != "again":
                operation, body = cast.body(move, names)
                request = cast.journey.request(operation, body)
                requests[move.who] = replace(request, body=spelling(body), step=f"{number}. {move}")
            batch.append(requests[move.who])
        answers = await _send(play, batch, performance.transcript)
        last = answers[-1].arrived
        if not _judged(play, oracle, _in_order(burst, answers), performance):
            return performance
    performance.look = partial(_look, play, oracle, cast, last, performance, like)
    return performance


async def _send(play: Play, requests: Sequence[Request], transcript: Transcript) -> list[Answer]:
    together = len(requests) if len(requests) <= play.target.limits.concurrency else 1
    if together > 1:
        answers = await play.target.send_together(requests, transcript)
        if len(answers) == len(requests) and not any(answer.rate_limited for answer in answers):
            return answers
        if any(answer.rate_limited for answer in answers):
            raise CannotJudge("the target limited the rate, so what was sent together was no race")
    return [await play.target.send(request, transcript) for request in requests]


def _in_order(burst: Sequence[Move], answers: Sequence[Answer]) -> list[tuple[Move, Answer]]:
    """Which answer is which step's; of identical steps at the same moment the one that was taken came first."""
    twins = len({move.who for move in burst}) < len(burst)
    ordered = sorted(answers, key=lambda answer: not answer.taken) if twins else answers
    return list(zip(burst, ordered, strict=False))


def _judged(play: Play, oracle: Oracle, pairs: Sequence[tuple[Move, Answer]], performance: Performance) -> bool:
    """Judges the answers of one burst and takes them in; False when the story cannot go on."""
    for move, answer in pairs:
        if answer.fault is not None:
            performance.struck = answer
            return False
        if answer.rate_limited:
            performance.unseen = "the target limits the rate and never answered anything else"
            return False
        requirement = oracle.owed(move)
        answers = play.profile.requirement(requirement).answers if requirement else None
        if requirement is not None and answers is not None:
            expected, judge = allowed(answers, play.profile)
            found = judge(answer)
            if not found.holds:
                kind = "server error" if answer.status >= _SERVER_ERROR else f"answer to {move.act}"
                performance.breaches.append(Breach(requirement, f"{expected} to: {move}", found.actual, kind))
                return False
            performance.held.add(requirement)
        oracle.taken_in(move, taken=answer.taken)
    return True


async def _look(
    play: Play,
    oracle: Oracle,
    cast: Cast,
    since: float,
    performance: Performance,
    like: Mapping[int, Shape] | None,
) -> None:
    if not play.observer.evidence.available:
        performance.unseen = "the target does not show what it recorded"
        return
    wanted = [one for one in oracle.expected.values() if like is None or not one.stranger]
    await asyncio.gather(*(_compare(play, oracle, cast, one, since, performance, like) for one in wanted))


async def _compare(
    play: Play,
    oracle: Oracle,
    cast: Cast,
    expected: Expected,
    since: float,
    performance: Performance,
    like: Mapping[int, Shape] | None,
) -> None:
    """Compares one customer's record with its bounds, or with the shape of another."""
    who = next((who for who, name in enumerate(cast.own) if name.customer == expected.customer), None)

    def facets(record: RecordedCustomer | None) -> list[Facet]:
        if like is not None and who is not None:
            alike = shape(record, oracle.names) == like.get(who)
            return [Facet("recorded otherwise", expected.sameness(oracle.promised), alike, "the same as before")]
        sent = details_of(cast.own[who]).items() if who is not None else ()
        # A detail that is shown of nobody is no loss; one that some customers have is.
        details = {word: text for word, text in sent if word in play.observer.shown}
        found = expected.facets(record, oracle.promised, play.profile.equivalence, details)
        return [facet for facet in found if facet.requirement is not None and play.wants(facet.requirement)]

    records: list[RecordedCustomer | None] = []

    def judge(record: RecordedCustomer | None) -> Found:
        records.append(record)
        broken = [facet for facet in facets(record) if not facet.holds]
        return Found(not broken, describe(record), excess=any(facet.excess for facet in broken))

    about = "sale" if any(move.act == "sale" for move in performance.story) else "lead"
    matcher = Matcher(f"what was sent of {expected.customer}", Kind.EXACT, judge, about)
    for _ in range(_LOOKS):
        records.clear()
        seen = await play.observer.watch(expected.customer, matcher, since, None, performance.transcript)
        was_right = any(not [facet for facet in facets(record) if not facet.holds] for record in records)
        if seen.found is None or seen.found.holds or seen.found.excess or not was_right:
            break
        # It was right and is not any more: lost, or read from a replica that lags. The latter passes.
        since = now()
    if seen.found is None:
        performance.unseen = seen.silent or (seen.unreadable.reason if seen.unreadable else "not observed")
        return
    if who is not None:
        performance.shapes[who] = shape(records[-1], oracle.names)
    for facet in facets(records[-1]):
        requirement = str(facet.requirement)
        if facet.holds:
            performance.held.add(requirement)
        else:
            breach = Breach(requirement, facet.expected, describe(records[-1]), facet.kind)
            performance.breaches.append(breach)


def shape(record: RecordedCustomer | None, names: Names) -> Shape:
    """What of a record does not depend on names and times: clicks, confirmed leads, and sales."""
    if record is None:
        return ()
    clicks = {click: number for number, click in enumerate(names.clicks)}
    invoices = {invoice: number for number, invoice in names.invoices.items()}
    leads = sorted(clicks.get(lead.click or "", -1) for lead in record.confirmed)
    sales = sorted(
        (
            invoices.get(sale.invoice or "", -1),
            str(sale.amount and sale.amount.normalize()),
            clicks.get(sale.click or "", -1),
        )
        for sale in record.sales
    )
    return (clicks.get(record.click or "", -1), tuple(leads), tuple(sales))
