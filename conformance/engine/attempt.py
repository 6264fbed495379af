"""One scenario from its first step to its checks: two attempts where the connection failed, one where it did not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.contract import Level
from conformance.engine.faults import CannotJudge, HarnessFault, MetRateLimit
from conformance.engine.journey import Journey, Judged, Play
from conformance.results import Blame, Check, Missing, Verdict
from conformance.target.connections import now
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from conformance.engine.scenario import Scenario
    from conformance.results import Exchange


@dataclass(frozen=True)
class Played:
    """What playing a scenario came to; `again_alone` asks for another go when nothing else is running.

    `left_out` counts exchanges that were sent and are not among `exchanges`.
    """

    scenario: Scenario
    judged: tuple[Judged, ...]
    exchanges: tuple[Exchange, ...]
    seconds: float
    attempts: int = 1
    again_alone: bool = False
    left_out: int = 0

    @property
    def hidden(self) -> frozenset[str]:
        """Details that only the whole run can tell to be lost or never shown."""
        return frozenset().union(*(judged.hidden for judged in self.judged))


async def play_scenario(scenario: Scenario, play: Play, *, alone: bool = False) -> Played:
    """Plays a scenario; after a transport fault it is played once more with fresh ids.

    The same fault at the same step while a control exchange passes is the target's; a fault that is gone is flaky.
    """
    started = now()
    first = await _attempt(scenario, play)
    if first.fault is None or play.target.gone is not None:
        again = first.met_rate_limit and not alone
        return Played(
            scenario,
            first.judged,
            first.exchanges,
            now() - started,
            again_alone=again,
            left_out=first.left_out,
        )
    second = await _attempt(scenario, play)
    exchanges = (
        *(replace(exchange, step=f"{exchange.step} (first try)") for exchange in first.exchanges),
        *second.exchanges,
    )
    if second.fault is None:
        judged = _flaky(first, second.judged)
    elif second.fault == first.fault and await _control_passes(play):
        judged = tuple(_targets_fault(one) for one in second.judged)
    else:
        judged = tuple(_nobodys_fault(one) for one in second.judged)
    return Played(scenario, judged, exchanges, now() - started, attempts=2)


_NOT_JUDGED = "not judged"
_GOOD = (Verdict.PASSED, Verdict.WARNED)


@dataclass(frozen=True)
class _Attempt:
    judged: tuple[Judged, ...]
    exchanges: tuple[Exchange, ...]
    fault: tuple[int, str] | None
    met_rate_limit: bool
    left_out: int = 0


async def _attempt(scenario: Scenario, play: Play) -> _Attempt:
    journey = Journey(play)
    rest: CannotJudge | None = None
    try:
        await scenario.run(journey)
    except CannotJudge as reason:
        rest = reason
    except BudgetSpent:
        rest = CannotJudge("--max-requests is used up", missing=Missing("--max-requests", "more exchanges"))
    except HarnessFault as fault:
        return _errored(scenario, play, journey, str(fault))
    except Exception as error:  # noqa: BLE001 - a defect of a scenario must not end the run
        return _errored(scenario, play, journey, f"{type(error).__name__}: {error}")
    judged = [*journey.account.judged]
    unjudged = _unjudged(scenario, play, judged)
    if rest is not None and not unjudged and all(one.check.verdict in _GOOD for one in judged):
        # Each requirement was judged once, but not all that was to come: that is no pass.
        unjudged = [judged[-1].check.requirement] if judged else []
    judged += [Judged(_not_judged(requirement, play, rest)) for requirement in unjudged]
    met_rate_limit = isinstance(rest, MetRateLimit)
    account = journey.account
    return _Attempt(tuple(judged), journey.transcript.exchanges, account.first_fault, met_rate_limit, account.left_out)


def _unjudged(scenario: Scenario, play: Play, judged: list[Judged]) -> list[str]:
    done = {one.check.requirement for one in judged}
    return [requirement for requirement in scenario.verifies if play.wants(requirement) and requirement not in done]


def _not_judged(requirement_id: str, play: Play, why: CannotJudge | None) -> Check:
    requirement = play.profile.requirement(requirement_id)
    reason = why.reason if why else "the scenario ended without judging it"
    if why is not None and why.owner is not None and why.owner != requirement_id:
        reason = f"{reason}; {why.owner} judges that"
    gone = play.target.gone is not None
    return Check(
        requirement=requirement.id,
        level=requirement.level,
        verdict=Verdict.ERRORED if gone else Verdict.INCONCLUSIVE,
        expected=requirement.statement,
        actual=_NOT_JUDGED,
        blame=Blame.UNDECIDED if gone else None,
        code=(why.code if why else None) or (str(play.target.gone.fault) if play.target.gone else None),
        reason=play.target.redactor.text(reason),
        missing=why.missing if why else None,
    )


def _errored(scenario: Scenario, play: Play, journey: Journey, what: str) -> _Attempt:
    judged = [*journey.account.judged]
    for requirement_id in _unjudged(scenario, play, judged) or [scenario.verifies[0]]:
        requirement = play.profile.requirement(requirement_id)
        check = Check(
            requirement=requirement.id,
            level=requirement.level,
            verdict=Verdict.ERRORED,
            expected=requirement.statement,
            actual=play.target.redactor.text(what),
            blame=Blame.HARNESS,
            reason="trackproof itself failed; please report this",
        )
        judged.append(Judged(check))
    return _Attempt(tuple(judged), journey.transcript.exchanges, None, met_rate_limit=False)


def _flaky(first: _Attempt, second: tuple[Judged, ...]) -> tuple[Judged, ...]:
    struck = {one.check.requirement: _struck(one.check) for one in first.judged if one.check.code is not None}
    unreached = {one.check.requirement for one in first.judged if one.check.verdict is Verdict.INCONCLUSIVE}
    passed = [one for one in second if one.check.verdict is Verdict.PASSED]
    affected = [one for one in passed if one.check.requirement in (struck.keys() | unreached)]
    # A fault in a step that nobody judges is told with the last check, lest it be hidden.
    fault = first.fault[1] if first.fault else "a fault"
    marked = affected or passed[-1:]
    default = "not reached" if affected else f"{fault} in a step that is not judged"
    return tuple(
        replace(
            one,
            check=replace(one.check, flaky=True, note=f"first try: {struck.get(one.check.requirement, default)}"),
        )
        if any(one is other for other in marked)
        else one
        for one in second
    )


def _struck(check: Check) -> str:
    """What a fault left of a check: what came of it, else why it was not made."""
    return check.actual if check.actual != _NOT_JUDGED else f"{check.code}: {check.reason}"


def _targets_fault(one: Judged) -> Judged:
    check = one.check
    if check.verdict is not Verdict.ERRORED or check.code is None or check.blame is Blame.HARNESS:
        return one
    broken = {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.PASSED}[check.level]
    return replace(one, check=replace(check, verdict=broken, blame=Blame.TARGET))


def _nobodys_fault(one: Judged) -> Judged:
    """What a lost connection left unjudged is errored: nothing says that the target refused the step."""
    check = one.check
    if check.verdict is not Verdict.INCONCLUSIVE or check.code is None:
        return one
    return replace(one, check=replace(check, verdict=Verdict.ERRORED, blame=Blame.UNDECIDED))


async def _control_passes(play: Play) -> bool:
    try:
        return await play.target.answers_at_all()
    except BudgetSpent:
        return False
