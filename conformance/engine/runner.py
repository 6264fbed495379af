"""Runs scenarios side by side and concludes; the engine's one entrance."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance import __version__
from conformance.engine.attempt import Played, play_scenario
from conformance.engine.budget import choose, is_single
from conformance.engine.conclusion import flaky, requirement_results, run_verdict, scenario_result
from conformance.engine.deliveries import Deliveries
from conformance.engine.events import (
    ExchangeRecorded,
    RatePaused,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
)
from conformance.engine.faults import CannotJudge
from conformance.engine.journey import Journey, Play
from conformance.engine.names import Names
from conformance.engine.observer import Observer
from conformance.engine.preflight import preflight
from conformance.engine.selection import Selection
from conformance.errors import CredentialsRefused, TargetUnreachable, TrackproofError
from conformance.evidence import evidence_for
from conformance.evidence.inbox import Inbox
from conformance.results import ProfileInfo, Results, RunInfo, TargetInfo
from conformance.results.waivers import Waivers
from conformance.target.connections import now
from conformance.target.target import BudgetSpent, Limits, Target, TargetOptions
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.contract import Profile
    from conformance.engine.events import Event
    from conformance.engine.scenario import Scenario
    from conformance.evidence.inbox import InboxOptions
    from conformance.results import ScenarioResult


_LOG = logging.getLogger("trackproof")


@dataclass(frozen=True)
class RunOptions:
    """Everything a run needs to know; `max_time` in seconds, past which the run is cut.

    `max_examples` is the size of generated suites; None is what each takes by itself. With `budget`, only the scenarios
    that detect most within so many exchanges are played. `further` are what a dense scenario may play to tell what it
    found; empty, those of the run.
    """

    profile: Profile
    target: TargetOptions
    limits: Limits = field(default_factory=Limits)
    selection: Selection = field(default_factory=Selection)
    seed: int = 0
    strict: bool = False
    max_time: float | None = None
    inbox: InboxOptions | None = None
    waivers: Waivers = field(default_factory=Waivers)
    max_examples: int | None = None
    budget: int | None = None
    further: tuple[Scenario, ...] = ()


def _ignore(_: Event) -> None:
    pass


class Run:
    """One run of some scenarios against one target.

    `on_event` is called from the loop's own thread with every event, the last of which carries the results. `left_out`
    counts, for each scenario, the exchanges that its result does not list.
    """

    def __init__(
        self, options: RunOptions, scenarios: Sequence[Scenario], on_event: Callable[[Event], None] = _ignore
    ) -> None:
        self.options = options
        self.scenarios = options.selection.choose(scenarios, options.profile)
        further = options.further or tuple(scenarios)
        self._singly = tuple(one for one in further if is_single(one) and one.exists_for(options.profile))
        self.budgeted = choose(self.scenarios, options.profile, options.budget, self._wants) if options.budget else None
        if self.budgeted is not None:
            self.scenarios = self.budgeted.scenarios
        self._on_event = on_event
        self._names = Names()
        self._results: list[ScenarioResult] = []
        self._held: list[Played] = []
        self._cut: str | None = None
        self._stopping: asyncio.Event | None = None
        self._remark: str | None = None
        self.left_out: Counter[str] = Counter()

    @property
    def id(self) -> str:
        """The run's id: part of every customer's name."""
        return self._names.run

    @property
    def pattern(self) -> str:
        """What matches every customer of the run in SQL `LIKE`."""
        return self._names.pattern

    def stop(self, why: str) -> None:
        """Cuts the run short: what has begun is abandoned, results are marked. To be called in the loop's thread."""
        if self._cut is None:
            self._cut = why
        if self._stopping is not None:
            self._stopping.set()

    async def results(self) -> Results:
        """Runs everything; a target that cannot be reached or refuses the token gives results that say `stopped`."""
        began, started = datetime.now(UTC), now()
        options = self.options
        self._stopping = asyncio.Event()
        if self._cut:
            self._stopping.set()
        inbox = Inbox(options.inbox, options.profile.signature_header) if options.inbox else None
        target = Target(
            options.target,
            options.profile,
            options.limits,
            lambda seconds: self._on_event(RatePaused(seconds)),
            lambda exchange: self._on_event(ExchangeRecorded(exchange)),
        )
        play = self._play(target, inbox)
        self._on_event(
            RunStarted(self.id, _about_target(play), _about(options.profile), len(self.scenarios), options.seed)
        )
        stopped: str | None = None
        try:
            if inbox is not None:
                await inbox.start()
            await self._until_stopped(self._everything(play))
        except (TargetUnreachable, CredentialsRefused) as error:
            stopped = str(error)
            self._stopped_by = error
        except TrackproofError:
            raise
        except Exception as error:  # noqa: BLE001 - what was found until now must not be lost with a worker
            self._crashed(error, target)
        finally:
            if inbox is not None:
                await inbox.stop()
            await play.observer.close()
            await target.close()
        self._release(play, everything=True)
        results = self._conclude(play, began, now() - started, stopped)
        self._on_event(RunFinished(results))
        return results

    _stopped_by: TargetUnreachable | CredentialsRefused | None = None

    @property
    def exit_code_when_stopped(self) -> int | None:
        """4 when the preflight stopped the run, else None."""
        return self._stopped_by.exit_code if self._stopped_by else None

    def _crashed(self, error: Exception, target: Target) -> None:
        first: BaseException = error
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        self._cut = self._cut or f"trackproof itself failed ({type(first).__name__}: {first}); please report it"
        _LOG.error(target.redactor.text("".join(traceback.format_exception(first))))

    def _play(self, target: Target, inbox: Inbox | None) -> Play:
        options = self.options
        evidence = evidence_for(options.profile, target)
        play: Play

        async def write_marker(kind: str, transcript: Transcript) -> str | None:
            return await _write_marker(play, kind, transcript)

        observer = Observer(evidence, options.limits.settle, write_marker, lambda: Transcript(target.redactor))

        async def write_lead() -> str | None:
            return await write_marker("lead", Transcript(target.redactor))

        play = Play(
            profile=options.profile,
            target=target,
            observer=observer,
            names=self._names,
            wants=self._wants,
            deliveries=Deliveries(inbox, options.limits.settle, write_lead) if inbox else None,
            seed=options.seed,
            max_examples=options.max_examples,
            singly=self._singly,
        )
        return play

    def _wants(self, requirement: str) -> bool:
        return self.options.selection.wants(self.options.profile, requirement)

    async def _until_stopped(self, work: object) -> None:
        """Runs to the end, or until `stop` is called or `--max-time` passes."""
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        assert self._stopping is not None  # noqa: S101 - set by the only caller
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stopping}, timeout=self.options.max_time, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not task.done():
            self._cut = self._cut or f"--max-time of {self.options.max_time:g} s has passed"
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _everything(self, play: Play) -> None:
        if not self.scenarios or self._cut:
            return
        with contextlib.suppress(BudgetSpent):
            self._remark = await preflight(play)
        order = list(self.scenarios)
        random.Random(self.options.seed).shuffle(order)  # noqa: S311 - an order, not a secret
        order.sort(key=lambda scenario: -len(scenario.verifies))
        together = asyncio.Semaphore(self._side_by_side())
        again: list[Scenario] = []

        async def one(scenario: Scenario) -> None:
            async with together:
                self._on_event(ScenarioStarted(scenario.id))
                played = await play_scenario(scenario, play)
            if played.again_alone:
                again.append(scenario)
            else:
                self._finish(played, play)

        async with asyncio.TaskGroup() as group:
            for scenario in order:
                group.create_task(one(scenario))
        for scenario in again:
            self._finish(await play_scenario(scenario, play, alone=True), play)

    def _side_by_side(self) -> int:
        """How many scenarios are under way at once: all of them, unless pacing would leave each half done."""
        rate = self.options.limits.requests_per_minute
        return max(2, int(rate / 15)) if rate else max(len(self.scenarios), 1)

    def _finish(self, played: Played, play: Play) -> None:
        if played.hidden - play.observer.shown:
            self._held.append(played)
        else:
            self._tell(played, play)
        self._release(play, everything=False)

    def _release(self, play: Play, *, everything: bool) -> None:
        """Scenarios wait for the run where only the whole run can tell whether a detail is lost or never shown."""
        ready = [played for played in self._held if everything or not played.hidden - play.observer.shown]
        self._held = [played for played in self._held if played not in ready]
        for played in ready:
            self._tell(played, play)

    def _tell(self, played: Played, play: Play) -> None:
        result = self.options.waivers.applied(scenario_result(played, play.observer.shown))
        self.left_out[result.id] += played.left_out
        self._results.append(result)
        self._on_event(ScenarioFinished(result))

    def _conclude(self, play: Play, began: datetime, seconds: float, stopped: str | None) -> Results:
        options, target = self.options, play.target
        order = {scenario.id: number for number, scenario in enumerate(self.scenarios)}
        scenarios = tuple(sorted(self._results, key=lambda result: order[result.id]))
        requirements = requirement_results(options.profile, scenarios, options.selection)
        remarks: tuple[str, ...] = ()
        if stopped is not None:
            verdict, why = "inconclusive", stopped.partition("\n")[0]
        else:
            verdict, why = run_verdict(requirements, scenarios, strict=options.strict, cut=self._cut)
            verdict, why, remarks = options.waivers.verdict(verdict, why, scenarios)
        warnings = [*remarks, *([self._remark] if self._remark else []), *flaky(scenarios)]
        if self.budgeted is not None:
            warnings.append(self.budgeted.told)
        if play.observer.looked and play.observer.evidence.available and not play.observer.showed_anybody:
            warnings.append(f"{play.observer.evidence.description} never showed any customer: is --readback right?")
        redact = target.redactor.text
        return Results(
            tool_version=__version__,
            profile=_about(options.profile),
            target=_about_target(play),
            run=RunInfo(
                id=self.id,
                seed=options.seed,
                started=began.isoformat(timespec="seconds").replace("+00:00", "Z"),
                seconds=round(seconds, 3),
                requests=target.sent,
                complete=self._cut is None and stopped is None,
                created=tuple(redact(customer) for customer in target.created),
            ),
            verdict=verdict,
            why=redact(why),
            requirements=requirements,
            scenarios=scenarios,
            stopped=redact(stopped) if stopped else None,
            warnings=tuple(redact(warning) for warning in warnings),
        )


def _about(profile: Profile) -> ProfileInfo:
    return ProfileInfo(profile.name, profile.title, profile.revision)


def _about_target(play: Play) -> TargetInfo:
    target = play.target
    redact = target.redactor.text
    return TargetInfo(
        url=redact(target.options.url),
        embedded=target.options.embedded,
        evidence=redact(play.observer.evidence.description),
        clicks=redact(target.clicks.description),
        options=tuple(redact(word) for word in target.options.words),
    )


async def _write_marker(play: Play, kind: str, transcript: Transcript) -> str | None:
    """A customer that was certainly written now: a plain lead (a deferred one where that is refused), and a sale."""
    journey = Journey(play)
    journey.transcript = transcript
    try:
        click = await journey.click()
        answer = await journey.lead(click=click, mode=journey.before_a_sale)
        if not answer.taken:
            answer = await journey.lead(click=click, mode="deferred")
        if answer.taken and kind == "sale":
            answer = await journey.sale(invoice=journey.invoice(), click=click)
    except (CannotJudge, BudgetSpent):
        return None
    return journey.customer if answer.taken else None


async def run(
    options: RunOptions, scenarios: Sequence[Scenario], on_event: Callable[[Event], None] = _ignore
) -> Results:
    """Runs these scenarios and returns what was found."""
    return await Run(options, scenarios, on_event).results()
