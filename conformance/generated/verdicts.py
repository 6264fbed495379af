"""From many stories to one check for each cause: breaches alike are shrunk to the shortest story and told once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from conformance.engine.faults import CannotJudge
from conformance.engine.journey import NO_CLICKS, NO_READBACK
from conformance.engine.matchers import Found
from conformance.generated.kept import SAMPLES, Kept
from conformance.generated.moves import NO_CLICK, Story, sensible, shorter, told
from conformance.generated.playing import Breach, Performance
from conformance.generated.shrinking import shortest
from conformance.results import Missing
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from conformance.engine.journey import Journey, Play
    from conformance.target.transcript import Transcript

_AT_ONCE = 12
_AT_ONCE_WHEN_PACED = 2
_TRIES = 60
_LEAST_SECONDS = 20.0
_CAUSES = 4
_A_COMPLETE_ANSWER = "a complete answer"


class Performs(Protocol):
    """Plays one story, and tells what it broke."""

    def __call__(self, play: Play, story: Story, /) -> Awaitable[Performance]:
        """A performance with fresh names."""
        ...


async def judge_stories(journey: Journey, stories: Sequence[Story], declared: Sequence[str], perform: Performs) -> None:
    """Plays the stories; leaves a check for each cause of a breach, and one for each declared requirement that held."""
    stage = _Stage(journey.play, perform)
    # All records are looked at together, so that one marker customer proves for all of them that reads are live.
    outcomes = await asyncio.gather(*(stage.play_safely(story) for story in stories), return_exceptions=True)
    looks = [stage.look(outcome) for outcome in outcomes if isinstance(outcome, Performance)]
    looked = await asyncio.gather(*looks, return_exceptions=True)
    outcomes += [error for error in looked if error is not None]
    cut = next((outcome for outcome in outcomes if isinstance(outcome, BudgetSpent)), None)
    prevented = next((outcome for outcome in outcomes if isinstance(outcome, CannotJudge)), None)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, BudgetSpent | CannotJudge):
            raise outcome
    played = [outcome for outcome in outcomes if isinstance(outcome, Performance)]
    if not played:
        raise cut or prevented or CannotJudge("no story was generated", missing=_MORE)
    broken = [(one, breach) for one in played for breach in one.breaches]
    each = _one_of_each(broken)
    minimal = await asyncio.gather(*(stage.shrunk(one, breach, cut=cut is not None) for one, breach in each))
    failed = _tell(journey, minimal, len({id(one) for one, _ in broken}))
    kept = [one.transcript for one, _ in minimal] or _some([one.transcript for one in played])
    journey.transcript = Kept(journey.play.target.redactor, kept)
    everything = sum(len(one.transcript.exchanges) for one in played)
    journey.account.left_out += max(0, everything - sum(len(transcript.exchanges) for transcript in kept))
    if cut is not None:
        raise cut
    _tell_held(journey, played, [one for one in declared if one not in failed])


_MORE = Missing("--max-examples", "more journeys, or another --seed")


class _Stage:
    def __init__(self, play: Play, perform: Performs) -> None:
        self.play = play
        self._perform = perform
        paced = play.target.limits.requests_per_minute > 0
        self._side_by_side = asyncio.Semaphore(_AT_ONCE_WHEN_PACED if paced else _AT_ONCE)

    async def play_safely(self, story: Story) -> Performance:
        """A performance; what strikes below HTTP is played once more, and with one click id where there is but one."""
        async with self._side_by_side:
            try:
                performance = await self._perform(self.play, story)
            except CannotJudge as prevented:
                if prevented.missing is not NO_CLICKS or not (story := _with_one_click(story)):
                    raise
                performance = await self._perform(self.play, story)
            if performance.struck is None:
                return performance
            again = await self._perform(self.play, story)
            return await self._struck(performance, again)

    async def look(self, performance: Performance) -> None:
        """Looks at what was recorded, where that is still to be done."""
        if performance.look is not None:
            await performance.look()

    async def _struck(self, first: Performance, again: Performance) -> Performance:
        one, other = first.struck, again.struck
        if one is None or other is None:
            return again
        gone = self.play.target.gone is not None or not await self.play.target.answers_at_all()
        if gone or one.fault != other.fault:
            raise CannotJudge(f"the connection failed: {other}", code=str(other.fault))
        owner = next(one for one in _OWNERS if self.play.profile.promises(one))
        again.breaches.append(Breach(owner, _A_COMPLETE_ANSWER, str(other), str(other.fault)))
        return again

    async def shrunk(self, performance: Performance, breach: Breach, *, cut: bool) -> tuple[Performance, Breach]:
        """The shortest story that breaks something of the same kind, at no lower a level."""
        level = self.play.profile.requirement(breach.requirement).level.rank

        async def fails(story: Story) -> tuple[Performance, Breach] | None:
            played = await self.play_safely(story)
            await self.look(played)
            for one in played.breaches:
                if one.kind == breach.kind and self.play.profile.requirement(one.requirement).level.rank >= level:
                    return played, one
            return None

        if cut:
            return performance, breach
        seconds = max(_LEAST_SECONDS, 3 * self.play.observer.settle)
        _, found = await shortest(
            performance.story, (performance, breach), shorter=shorter, fails=fails, tries=_TRIES, seconds=seconds
        )
        return found


_OWNERS = (
    "retry.answered",
    "validation.bad-format-no-server-error",
    "deferred.event-1-accepted",
    "non-deferred.accepted",
)


def _with_one_click(story: Story) -> Story:
    """The story with one click id for everybody; empty when it makes no sense so."""
    one = tuple(move if move.click == NO_CLICK else replace(move, click=0) for move in story)
    return one if one != story and sensible(one) else ()


def _one_of_each(broken: Sequence[tuple[Performance, Breach]]) -> list[tuple[Performance, Breach]]:
    found: dict[tuple[str, str], tuple[Performance, Breach]] = {}
    for one, breach in sorted(broken, key=lambda pair: len(pair[0].story)):
        found.setdefault((breach.requirement, breach.kind), (one, breach))
    return list(found.values())[:_CAUSES]


def _tell(journey: Journey, minimal: Sequence[tuple[Performance, Breach]], number: int) -> set[str]:
    """Leaves a failed check for each cause; two that shrank to the same breach have one."""
    alike: dict[tuple[str, str], tuple[Performance, Breach]] = {}
    for one, breach in minimal:
        alike.setdefault((breach.requirement, breach.kind), (one, breach))
    more = f"; {number} generated journeys fail" if number > len(alike) else ""
    for one, breach in alike.values():
        actual = f"{breach.actual}, after: {told(one.story)}{more}"
        journey.must_hold(breach.requirement, expected=breach.expected, found=Found(holds=False, actual=actual))
    return {requirement for requirement, _ in alike}


def _tell_held(journey: Journey, played: Sequence[Performance], declared: Sequence[str]) -> None:
    held = Counter(requirement for one in played for requirement in one.held)
    unseen = next((one.unseen for one in played if one.unseen is not None), None)
    for requirement in declared:
        if held[requirement]:
            many = f"so in {held[requirement]} of {len(played)} generated journeys"
            expected = journey.profile.requirement(requirement).statement if journey.play.wants(requirement) else ""
            journey.must_hold(requirement, expected=expected, found=Found(holds=True, actual=many))
        elif unseen is not None:
            missing = NO_READBACK if not journey.play.observer.evidence.available else None
            missing = missing or Missing("--settle", "more seconds than reads lag")
            journey.unjudged(requirement, expected="records within their bounds", reason=unseen, missing=missing)
        else:
            reason = "no generated journey put it to the test"
            journey.unjudged(requirement, expected="a journey that bears on it", reason=reason, missing=_MORE)


def _some(transcripts: Sequence[Transcript]) -> Sequence[Transcript]:
    return transcripts[: max(1, SAMPLES // 6)]
