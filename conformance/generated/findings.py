"""From many bodies to one check for each cause: failures alike are shrunk to the smallest body and told once."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import Found
from conformance.generated.fuzzing import Failure, Fuzzer, Sent
from conformance.generated.kept import SAMPLES, Kept
from conformance.generated.reductions import smaller
from conformance.generated.shrinking import shortest
from conformance.generated.templates import wire
from conformance.results import Missing
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.engine.journey import Journey
    from conformance.generated.fuzzing import Inspection
    from conformance.generated.templates import Template

_TRIES = 48
_SECONDS = 20.0
_CAUSES = 3
_TOKEN_REFUSED = (401, 403)


async def judge_bodies(
    journey: Journey, requirement: str, bodies: Sequence[Template], inspections: Sequence[Inspection], click: str
) -> None:
    """Sends the bodies that bear on a requirement; leaves a check for each cause of failure, or one that passed.

    What the inspections find is told only when it is wrong.
    """
    fuzzer = Fuzzer(journey, requirement, click, inspections)
    sent, cut = await _all(fuzzer, bodies)
    answered = [one for one in sent if one.answer.fault is None and not one.answer.rate_limited]
    if answered and all(one.answer.status in _TOKEN_REFUSED for one in answered):
        raise CannotJudge(
            f"every generated body was answered {answered[0].answer.status}, as if the token were wrong",
            missing=Missing("--token", "a token that the target takes"),
        )
    failures: list[Failure] = []
    try:
        found = await asyncio.gather(*(fuzzer.wrong(one) for one in sent))
        failures = [failure for some in found for failure in some]
    except BudgetSpent as spent:
        cut = cut or spent
        failures = [failure for one in sent for failure in await _without_asking(fuzzer, one)]
    minimal = await asyncio.gather(*(_shrunk(fuzzer, failure, cut) for failure in _one_of_each(failures)))
    told = _told(journey, minimal, len(failures))
    samples = [failure.sent.transcript for failure in told] or [one.transcript for one in sent[:SAMPLES]]
    _keep(journey, samples, sent)
    broken = {failure.requirement for failure in told}
    if cut is not None:
        raise cut
    if requirement not in broken and answered:
        expected = str(journey.profile.requirement(requirement).answers)
        journey.must_hold(requirement, expected=expected, found=_all_fine(answered))


async def _all(fuzzer: Fuzzer, bodies: Sequence[Template]) -> tuple[list[Sent], BudgetSpent | None]:
    outcomes = await asyncio.gather(*(fuzzer.send(template) for template in bodies), return_exceptions=True)
    cut: BudgetSpent | None = None
    for outcome in outcomes:
        if isinstance(outcome, BudgetSpent):
            cut = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Sent)], cut


async def _without_asking(fuzzer: Fuzzer, sent: Sent) -> list[Failure]:
    """What the answer alone says, where no more may be sent."""
    return [] if sent.answer.fault is not None else await fuzzer.answered_wrongly(sent)


def _one_of_each(failures: Sequence[Failure]) -> list[Failure]:
    """The smallest failure of each sort, a few for each requirement."""
    found: dict[tuple[str, str, str], Failure] = {}
    for failure in sorted(failures, key=lambda one: len(wire(one.sent.body))):
        found.setdefault((failure.requirement, failure.kind, _sort(failure.sent)), failure)
    some: dict[str, list[Failure]] = defaultdict(list)
    for failure in found.values():
        if len(some[failure.requirement]) < _CAUSES:
            some[failure.requirement].append(failure)
    return [failure for chosen in some.values() for failure in chosen]


async def _shrunk(fuzzer: Fuzzer, failure: Failure, cut: BudgetSpent | None) -> Failure:
    if cut is not None:
        return failure

    async def fails(template: Template) -> Failure | None:
        sent = await fuzzer.send(template)
        wrong = await fuzzer.wrong(sent) if sent is not None else []
        return next((one for one in wrong if (one.requirement, one.kind) == (failure.requirement, failure.kind)), None)

    def shorter(template: Template) -> Iterator[Template]:
        return filter(fuzzer.bears, smaller(template))

    _, smallest = await shortest(
        failure.sent.template, failure, shorter=shorter, fails=fails, tries=_TRIES, seconds=_SECONDS
    )
    return smallest


def _told(journey: Journey, minimal: Sequence[Failure], number: int) -> list[Failure]:
    """Leaves a failed check for each cause; two that shrank to the same sort of body have one."""
    told: dict[tuple[str, str, str], Failure] = {}
    for failure in minimal:
        told.setdefault((failure.requirement, failure.kind, _sort(failure.sent)), failure)
    more = f"; {number} of the generated bodies fail" if number > len(told) else ""
    for failure in told.values():
        actual = f"{failure.actual}, for the {failure.sent.template.operation} {failure.sent.text}{more}"
        journey.must_hold(failure.requirement, expected=failure.expected, found=Found(holds=False, actual=actual))
    return list(told.values())


def _sort(sent: Sent) -> str:
    """What is peculiar about a body, whatever its ids: the kinds of its values, and what of it breaks the schema."""
    if isinstance(sent.body, bytes):
        return "bytes"
    if not isinstance(sent.body, dict):
        return type(sent.body).__name__
    return json.dumps({name: _kind(value) for name, value in sent.body.items()}, sort_keys=True)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text" if value.isascii() and value.isprintable() and value else "odd text" if value else "empty text"
    return type(value).__name__


def _keep(journey: Journey, kept: Sequence[Any], sent: Sequence[Sent]) -> None:
    journey.transcript = Kept(journey.play.target.redactor, kept)
    everything = sum(len(one.transcript.exchanges) for one in sent)
    listed = sum(len(transcript.exchanges) for transcript in kept)
    journey.account.left_out += max(0, everything - listed)


def _all_fine(answered: Sequence[Sent]) -> Found:
    number = len(answered)
    return Found(holds=True, actual=f"so for {number} generated {'body' if number == 1 else 'bodies'}")
