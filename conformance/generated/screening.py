"""Dense journeys: one exchange tries out many requirements at once, and what strikes is followed up one by one.

As long as everything is as it should be, that is all that is sent. What is not may have several causes: then the
scenarios that look at each of them alone are played, and their verdicts stand. What none of them finds is told as it
was seen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.engine.answers import allowed
from conformance.engine.attempt import play_scenario
from conformance.engine.equivalence import same
from conformance.engine.faults import CannotJudge, MetRateLimit
from conformance.engine.journey import NO_READBACK
from conformance.engine.matchers import Found, Kind, Matcher, describe
from conformance.engine.strangers import stranger_in
from conformance.results import Missing, Verdict
from conformance.target.connections import now
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from conformance.engine.journey import Journey
    from conformance.engine.scenario import Scenario
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer, Request

    Facets = Callable[[RecordedCustomer | None], "list[Facet]"]

# So many exchanges may be spent on telling what a story found, and on one requirement: where nearly everything is
# broken, that is seen anyway.
_FOLLOWED_UP_WITHIN = 240
_ASKED_WITHIN = 48
_RED = (Verdict.FAILED, Verdict.WARNED)
_CAPTURE = "click-capture."
_FRESH, _IN_LOCATION = f"{_CAPTURE}fresh-id", f"{_CAPTURE}parameter-in-location"
_SPENT = "--max-requests"
_STRANGER = "privacy.no-other-customer"


@dataclass(frozen=True)
class Facet:
    """One thing that a record must show; `suspects` are the requirements of which one is broken where it does not.

    `excess` says that waiting cannot help.
    """

    suspects: tuple[str, ...]
    holds: bool
    expected: str
    excess: bool = False


@dataclass(frozen=True)
class Suspicion:
    """Something that was not as it should be, and the requirements that may be to blame, the likeliest first."""

    suspects: tuple[str, ...]
    expected: str
    actual: str


class Screen:
    """What a dense journey saw: what was right, and what is to be followed up."""

    def __init__(self, journey: Journey, declared: Sequence[str]) -> None:
        self.journey = journey
        self._declared = declared
        # Stems that answers may name whoever asks: of what several customers of the story have in common.
        self.acquainted: set[str] = set()
        self._suspicions: list[Suspicion] = []
        self._held: set[str] = set()
        self._unseen: tuple[str, Missing | None] | None = None
        self._sequential = False
        self._quiet: float | None = None
        self._spent = 0
        self._followed: dict[str, bool | None] = {}

    # --- steps ------------------------------------------------------------------------------------------------

    async def click(self) -> str:
        """A click id that this journey has not had; where a visit gives one again, the next one is taken."""
        before = frozenset(self.journey.play.minted)
        try:
            click = await self.journey.click()
        except CannotJudge as prevented:
            if prevented.owner != _FRESH:
                raise
            self.expect((_FRESH,), holds=False, expected="a click id for each visit", actual=prevented.reason)
            return await self.journey.click()
        fresh = click not in before
        self.expect((_FRESH,), holds=fresh, expected="a click id for each visit", actual=f"{click} again")
        self.expect((_IN_LOCATION,), holds=True, expected="a redirect with a click id", actual=click)
        return click

    @property
    def _visits(self) -> bool:
        """Whether click ids come from short links, so that a story says something about these."""
        target = self.journey.play.target
        return target.options.short_links is not None and target.clicks is target.options.short_links

    async def at_once(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests that are sent at the same moment, as far as so many may be in flight."""
        answers = []
        if self.journey.play.target.limits.concurrency >= len(requests):
            answers = await self.journey.together(requests)
        self._sequential = self._sequential or len(answers) < len(requests)
        return answers + [await self.journey.send(request) for request in requests[len(answers) :]]

    # --- what is to be seen -----------------------------------------------------------------------------------

    def expect(self, suspects: Sequence[str], *, holds: bool, expected: str, actual: str) -> bool:
        """This must be so, else one of these requirements is broken; returns whether it is."""
        asked = tuple(one for one in suspects if self._visits or not one.startswith(_CAPTURE))
        wanted = tuple(one for one in asked if self.journey.play.wants(one))
        if holds:
            self._held.update(wanted)
        elif wanted:
            self._suspicions.append(Suspicion(wanted, expected, actual))
        return holds

    def answered(self, requirement: str, answer: Answer, *others: str) -> bool:
        """This answer must be one that the requirement allows; the others may be to blame where it is not."""
        self.names_nobody_else(answer)
        if answer.rate_limited:
            raise CannotJudge("the target limits the rate and never answered anything else")
        promised = self.journey.profile.requirements.get(requirement)
        if promised is None or promised.answers is None:
            return answer.taken
        expected, judge = allowed(promised.answers, self.journey.profile)
        found = judge(answer)
        holds = found.holds and answer.fault is None
        return self.expect((requirement, *others), holds=holds, expected=expected, actual=found.actual)

    def names_nobody_else(self, answer: Answer, *others: str) -> None:
        """No answer names a customer with whom the request has nothing to do, these others among them."""
        stranger = next((one for one in others if one in answer.text), None) or stranger_in(answer, self.journey)
        stranger = None if stranger in self.acquainted else stranger
        self.expect(
            (_STRANGER,), holds=stranger is None, expected="no other customer", actual=f"the answer names {stranger}"
        )

    def fits(self, requirement: str, answer: Answer, schema: str) -> None:
        """This answer's body must be valid against one of the profile's schemas."""
        if self.journey.play.wants(requirement):
            problems = self.journey.profile.schemas.problems(schema, answer.json)
            said = f"{problems[0]}" if problems else ""
            self.expect((requirement,), holds=not problems, expected=f"a body of the shape {schema}", actual=said)

    def says(self, requirement: str, answers: Sequence[Answer], values: Mapping[str, Any], *others: str) -> None:
        """One of these answers must say these values, each where the profile says that it stands; any, for `...`."""
        if not self.journey.play.wants(requirement):
            return
        rules = self.journey.profile.equivalence

        def right(answer: Answer, name: str, value: Any) -> bool:
            said = self.journey.at(answer, name)
            return said is not None if value is ... else same(said, value, rules.get(name.partition("_")[2], "exact"))

        holds = any(all(right(answer, *pair) for pair in values.items()) for answer in answers)
        said = " and ".join(str(answer) for answer in answers)
        expected = f"an answer with {', '.join(values)}"
        self.expect((requirement, *others), holds=holds, expected=expected, actual=said)

    async def until_live(self, customer: str, facets: Facets, about: str) -> None:
        """Waits until the last thing that was written appears, which proves that reads have come that far.

        The facets are of that last thing alone; what is not so is looked at again by `records`.
        """
        observer = self.journey.play.observer
        if not observer.evidence.available:
            return
        looks: list[RecordedCustomer | None] = []

        def judge(record: RecordedCustomer | None) -> Found:
            looks.append(record)
            return Found(holds=all(facet.holds for facet in facets(record)), actual=describe(record))

        matcher = Matcher("the last event", Kind.PRESENCE, judge, about)
        seen = await observer.watch(customer, matcher, now(), None, self.journey.transcript)
        if seen.found is None or not seen.found.holds:
            self._quiet = None
            await self.records(customer, facets, about)
            return
        self._see(facets(looks[-1]), looks[-1])
        self._quiet = await observer.let_appear()

    async def records(self, customer: str, facets: Facets, about: str = "lead") -> None:
        """This must be recorded of the customer; what is not, or not yet, is looked at as long as anywhere else."""
        observer = self.journey.play.observer
        if not observer.evidence.available:
            self._unseen = ("the target does not show what it recorded", NO_READBACK)
            return
        looks: list[RecordedCustomer | None] = []

        def judge(record: RecordedCustomer | None) -> Found:
            looks.append(record)
            broken = [facet for facet in self._wanted(facets(record)) if not facet.holds]
            return Found(not broken, describe(record), excess=any(facet.excess for facet in broken))

        matcher = Matcher(f"what was sent of {customer}", Kind.EXACT, judge, about)
        seen = await observer.watch(customer, matcher, now(), self._quiet, self.journey.transcript)
        if seen.found is None or not seen.found.holds:
            seen = await observer.watch(customer, matcher, now(), None, self.journey.transcript)
        if seen.found is None:
            reason = seen.silent or (seen.unreadable.reason if seen.unreadable else "not observed")
            self._unseen = (reason, Missing("--settle", "more seconds than reads lag"))
            return
        self._see(facets(looks[-1]), looks[-1])

    def _see(self, facets: Sequence[Facet], record: RecordedCustomer | None) -> None:
        for facet in self._wanted(facets):
            self.expect(facet.suspects, holds=facet.holds, expected=facet.expected, actual=describe(record))

    def _wanted(self, facets: Sequence[Facet]) -> list[Facet]:
        return [facet for facet in facets if any(self.journey.play.wants(one) for one in facet.suspects)]

    # --- what comes of it -------------------------------------------------------------------------------------

    def prevented(self, reason: CannotJudge) -> None:
        """The story could not go on."""
        if reason.owner is not None:
            self.expect((reason.owner,), holds=False, expected="a step that is taken", actual=reason.reason)
        self._unseen = (reason.reason, reason.missing)

    async def tell(self) -> None:
        """Follows up what struck, and leaves a check for each requirement; raises BudgetSpent when that was cut."""
        cut: BudgetSpent | None = None
        try:
            await self._follow_up()
        except BudgetSpent as spent:
            cut = spent
        self.conclude()
        if cut is not None:
            raise cut
        self._tell_held()

    def conclude(self) -> None:
        """Tells as it was seen what no follow-up has explained.

        What is as grave as something that was found out, or less than something told, may well come of that.
        """
        rank = {one.id: one.level.rank for one in self.journey.profile.requirements.values()}
        found = max((rank[one] for one, broken in self._followed.items() if broken), default=-1)
        told = -1
        for suspicion in sorted(self._suspicions, key=lambda one: -rank[one.suspects[0]]):
            level = rank[suspicion.suspects[0]]
            if found < level and told <= level and self._is_open(suspicion):
                self._conclude(suspicion)
                told = max(told, level)

    async def _follow_up(self) -> None:
        for rank in range(max((len(one.suspects) for one in self._suspicions), default=0)):
            for suspicion in self._suspicions:
                for requirement in suspicion.suspects[rank : rank + 1]:
                    if requirement not in self._followed and self._spent < _FOLLOWED_UP_WITHIN:
                        self._followed[requirement] = await self._is_broken(requirement)
        if any(self._followed.values()):
            # It has been played again already, and by itself.
            self.journey.account.first_fault = None

    async def _is_broken(self, requirement: str) -> bool | None:
        """Whether a scenario that looks at it alone turns red; None when none could tell."""
        play = self.journey.play
        passed = open_ = None
        began = self._spent
        for one in _looking_at(requirement, play.singly):
            if self._spent - began >= _ASKED_WITHIN or self._spent >= _FOLLOWED_UP_WITHIN:
                break
            played = await play_scenario(one, play)
            self._spent += len(played.exchanges)
            follows = (replace(exchange, step=f"{exchange.step} ({one.id})") for exchange in played.exchanges)
            self.journey.transcript.take_over(follows)
            red = [judged for judged in played.judged if judged.check.verdict in _RED]
            self.journey.account.judged += red
            self._followed.update({judged.check.requirement: True for judged in red})
            own = [judged for judged in played.judged if judged.check.requirement == requirement]
            if any(judged.check.verdict in _RED for judged in own):
                return True
            if any(judged.check.missing is not None and judged.check.missing.option == _SPENT for judged in own):
                raise BudgetSpent
            passed = passed or next((judged for judged in own if judged.check.verdict is Verdict.PASSED), None)
            open_ = open_ or next((judged for judged in own if judged.check.verdict is not Verdict.PASSED), None)
        told = passed or open_
        if told is not None:
            self.journey.account.judged.append(told)
        return None if passed is None else False

    def _is_open(self, suspicion: Suspicion) -> bool:
        """Whether no requirement is found broken, and none is left to be judged, that could explain it."""
        followed = [self._followed.get(requirement, "not yet") for requirement in suspicion.suspects]
        return True not in followed and None not in followed

    def _conclude(self, suspicion: Suspicion) -> None:
        explained = all(requirement in self._followed for requirement in suspicion.suspects)
        why = "nothing that was tried singly explains it" if explained else "it was not followed up"
        found = Found(holds=False, actual=f"{suspicion.actual}; seen in a dense journey, and {why}")
        self.journey.must_hold(suspicion.suspects[0], expected=suspicion.expected, found=found)

    def _tell_held(self) -> None:
        judged = {one.check.requirement for one in self.journey.account.judged}
        for requirement in self._declared:
            if requirement in judged or not self.journey.play.wants(requirement):
                continue
            expected = self.journey.profile.requirement(requirement).statement
            if requirement.startswith("race.") and self._sequential:
                missing = Missing("--concurrency", "more exchanges in flight")
                self.journey.unjudged(requirement, expected=expected, reason="nothing was at once", missing=missing)
            elif requirement.startswith(_CAPTURE) and not self._visits:
                missing = Missing("--short-link", "a short link of the target")
                self.journey.unjudged(requirement, expected=expected, reason="no short link was given", missing=missing)
            elif requirement in self._held:
                self.journey.satisfied(requirement, expected, "so in a dense journey")
            else:
                reason, missing_ = self._unseen or ("the journey did not come that far", None)
                self.journey.unjudged(requirement, expected=expected, reason=reason, missing=missing_)


def _looking_at(requirement: str, singly: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios that judge a requirement: those that are about it first, of each the first variant first."""
    found = [one for one in singly if requirement in one.verifies]
    variants: Counter[str] = Counter()
    turns = {}
    for one in found:
        base = one.id.partition("[")[0]
        turns[one.id] = variants[base]
        variants[base] += 1
    return sorted(found, key=lambda one: (turns[one.id], one.verifies.index(requirement)))


async def screened(journey: Journey, declared: Sequence[str], story: Callable[[Screen], Awaitable[None]]) -> None:
    """Plays a dense story, and tells what it found."""
    screen = Screen(journey, declared)
    try:
        await story(screen)
    except MetRateLimit:
        raise
    except BudgetSpent:
        screen.conclude()
        raise
    except CannotJudge as prevented:
        screen.prevented(prevented)
        await screen.tell()
        raise
    await screen.tell()
