"""Waiting for what a target recorded: polls for presence, and the marker rule for absence.

Reads may lag what was accepted. Presence is polled for until `settle` passes. Absence is believed only after a marker
customer that was written later has appeared, plus twice the lag measured in this run (rules for every profile).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.engine.matchers import Found, Kind, Matcher
from conformance.target.connections import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.evidence import Evidence, Observation, Unreadable
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.transcript import Transcript

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
# Who has waited for a minute need not look twice a second.
_SHARE_OF_A_LONG_WAIT = 0.05
_LEAST_QUIET = 0.3
_LAG_WORTH_WAITING_FOR = 0.2
_GATHERING = 0.04
# A fetch that begins with the end of a wait comes late enough.
_OF_NO_ACCOUNT = 0.01
_DEAD_AFTER = 2
_UNREADABLE_IN_A_ROW = 6


@dataclass(frozen=True)
class Seen:
    """What watching a customer came to: a matcher's finding and the look it rests on, or why nothing could be told.

    `quiet` is the moment on the run's clock from which on everything was waited out, if it was.
    """

    found: Found | None = None
    look: Observation | None = None
    quiet: float | None = None
    unreadable: Unreadable | None = None
    silent: str | None = None


class Observer:
    """Watches customers through the run's evidence.

    `lag` is the longest time in seconds between acceptance and appearance that this run has seen; `shown` holds the
    details that were not null for at least one customer. `write_marker` writes a marker customer of a kind (`lead` or
    `sale`) and returns its id, or None when the target did not take it.
    """

    def __init__(
        self,
        evidence: Evidence,
        settle: float,
        write_marker: Callable[[str, Transcript], Awaitable[str | None]],
        new_transcript: Callable[[], Transcript],
    ) -> None:
        self.evidence = evidence
        self.settle = settle
        self.lag = 0.0
        self.shown: set[str] = set()
        self.looked = False
        self.showed_anybody = False
        self._write_marker = write_marker
        self._new_transcript = new_transcript
        self._gathering: dict[str, asyncio.Task[bool]] = {}
        self._marker_failures: dict[str, int] = {}
        self._unreadable_in_a_row = 0
        self._running: set[asyncio.Task[bool]] = set()

    async def look(self, customer: str, transcript: Transcript, since: float | None = None) -> Observation:
        """One look, at what is shown now or was shown after `since`; it is remembered for the whole run."""
        self.looked = True
        observation = await self.evidence.look(customer, transcript, since)
        if observation.unreadable is not None:
            self._unreadable_in_a_row += 1
        else:
            self._unreadable_in_a_row = 0
            self._remember(observation.customer)
        return observation

    async def watch(
        self, customer: str, matcher: Matcher, since: float, quiet: float | None, transcript: Transcript
    ) -> Seen:
        """Judges a matcher on what is recorded after `since` (when the last step was answered, on the run's clock).

        `quiet` is the moment from which on an earlier watch had waited out everything up to `since`; None without one.
        """
        if quiet is not None:
            return await self._judge_once(customer, matcher, transcript, quiet)
        if matcher.kind is not Kind.ABSENCE:
            seen = await self._until(customer, matcher, since, transcript)
            if matcher.kind is Kind.PRESENCE or seen.found is None or not seen.found.holds:
                return seen
        if not await self.marker_after(matcher.about):
            last = await self._judge_once(customer, matcher, transcript)
            if last.found is not None and last.found.excess:
                return last
            return Seen(silent=f"no marker customer appeared within {self.settle:g} s, so absence proves nothing")
        return await self._judge_again(customer, matcher, transcript)

    async def let_appear(self) -> float:
        """Once reads are known to be live, leaves time for whatever was accepted before to appear.

        Returns the moment from which on it must have.
        """
        quiet = now() + max(_LEAST_QUIET, 2 * self.lag)
        await asyncio.sleep(quiet - now())
        return quiet - _OF_NO_ACCOUNT

    async def marker_after(self, kind: str) -> bool:
        """Whether a marker customer that is written after this call appears; concurrent callers share one."""
        if self._marker_failures.get(kind, 0) >= _DEAD_AFTER:
            return False
        task = self._gathering.get(kind)
        if task is None:
            task = asyncio.create_task(self._mark(kind))
            self._gathering[kind] = task
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends the waiting for markers that nobody waits for any more."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _mark(self, kind: str) -> bool:
        await asyncio.sleep(_GATHERING)
        del self._gathering[kind]
        transcript = self._new_transcript()
        marker = await self._write_marker(kind, transcript)
        appeared = False
        if marker is not None:
            seen = await self._until(marker, _APPEARED[kind], now(), transcript)
            appeared = seen.found is not None and seen.found.holds
        self._marker_failures[kind] = 0 if appeared else self._marker_failures.get(kind, 0) + 1
        return appeared

    async def _until(self, customer: str, matcher: Matcher, since: float, transcript: Transcript) -> Seen:
        if self.lag > _LAG_WORTH_WAITING_FOR:
            await asyncio.sleep(max(0.0, since + 0.8 * min(self.lag, self.settle) - now()))
        looks = 0
        while True:
            observation = await self.look(customer, transcript, None if looks else since)
            looks += 1
            late = observation.looked - since >= self.settle or self._unreadable_in_a_row > _UNREADABLE_IN_A_ROW
            if observation.unreadable is not None:
                if late or observation.unreadable.rate_limited or not self.evidence.available:
                    return Seen(unreadable=observation.unreadable)
            else:
                found = matcher.judge(observation.customer)
                if found.holds:
                    if looks > 1:
                        self.lag = max(self.lag, min(observation.looked - since, self.settle))
                    return Seen(found, observation)
                if found.excess:
                    return await self._judge_again(customer, matcher, transcript)
                if late:
                    return Seen(found=found)
            waited = observation.looked - since
            await asyncio.sleep(max(_PAUSES[min(looks, len(_PAUSES)) - 1], waited * _SHARE_OF_A_LONG_WAIT))

    async def _judge_again(self, customer: str, matcher: Matcher, transcript: Transcript) -> Seen:
        return await self._judge_once(customer, matcher, transcript, await self.let_appear())

    async def _judge_once(
        self, customer: str, matcher: Matcher, transcript: Transcript, quiet: float | None = None
    ) -> Seen:
        for pause in (*_PAUSES[2:], None):
            observation = await self.look(customer, transcript, quiet)
            if observation.unreadable is None:
                return Seen(matcher.judge(observation.customer), observation, quiet)
            if pause is None or observation.unreadable.rate_limited or not self.evidence.available:
                break
            await asyncio.sleep(pause)
        return Seen(unreadable=observation.unreadable)

    def _remember(self, customer: RecordedCustomer | None) -> None:
        if customer is None:
            return
        self.showed_anybody = True
        self.shown.update(name for name in ("name", "email", "avatar") if getattr(customer, name) is not None)
        if any(lead.event is not None for lead in customer.leads):
            self.shown.add("lead event name")
        if any(sale.event is not None for sale in customer.sales):
            self.shown.add("sale event")


_APPEARED = {
    "lead": Matcher(
        "the marker customer", Kind.PRESENCE, lambda customer: Found(holds=customer is not None, actual="")
    ),
    "sale": Matcher(
        "the marker's sale",
        Kind.PRESENCE,
        lambda customer: Found(holds=customer is not None and bool(customer.sales), actual=""),
    ),
}
