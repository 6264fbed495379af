"""Waiting for webhooks: presence is waited for, absence believed only after a marker's own webhook has come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.engine.matchers import Found, Kind
from conformance.engine.observer import Seen
from conformance.target.connections import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from conformance.evidence.inbox import Delivery, Inbox

_LEAST_QUIET = 0.3
_LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Expected:
    """What must (not) have been delivered about a customer."""

    expected: str
    kind: Kind
    judge: Callable[[Sequence[Delivery]], Found]


class Deliveries:
    """Watches the inbox of a run; `write_marker` writes a marker customer and returns its id, None when refused."""

    def __init__(self, inbox: Inbox, settle: float, write_marker: Callable[[], Awaitable[str | None]]) -> None:
        self._inbox = inbox
        self._settle = settle
        self._write_marker = write_marker
        self._lag = 0.0

    async def watch(self, customer: str, expected: Expected, since: float) -> Seen:
        """Judges what was delivered about a customer after `since`, a moment on the run's clock."""
        if expected.kind is not Kind.ABSENCE:
            found = await self._until(customer, expected.judge, since)
            if expected.kind is Kind.PRESENCE or not found.holds:
                return Seen(found=found)
        marker = await self._write_marker()
        written = now()
        if marker is None or not (await self._until(marker, _anything, written)).holds:
            return Seen(silent=f"no webhook of a marker customer came within {self._settle:g} s")
        await asyncio.sleep(max(_LEAST_QUIET, 2 * self._lag))
        return Seen(found=expected.judge(self._inbox.about(customer)))

    async def _until(self, customer: str, judge: Callable[[Sequence[Delivery]], Found], since: float) -> Found:
        while True:
            found = judge(self._inbox.about(customer))
            if found.holds:
                arrived = max((one.arrived for one in self._inbox.about(customer)), default=since)
                self._lag = max(self._lag, min(arrived - since, self._settle))
                return found
            left = since + self._settle - now()
            if found.excess or left <= 0:
                return found
            await self._inbox.wait(min(left, _LOOK_EVERY))


def _anything(deliveries: Sequence[Delivery]) -> Found:
    return Found(holds=bool(deliveries), actual="")


def delivers(kind: str, count: int, fits: Callable[[Delivery], str | None] = lambda _: None) -> Expected:
    """Exactly so many webhooks of this kind, of which `fits` finds nothing wrong."""

    def judge(deliveries: Sequence[Delivery]) -> Found:
        right = [delivery for delivery in deliveries if delivery.kind == kind]
        wrong = next((problem for delivery in right if (problem := fits(delivery)) is not None), None)
        kinds = ", ".join(delivery.kind for delivery in deliveries) or "no webhook"
        return Found(
            holds=len(right) == count and wrong is None,
            actual=f"{kinds} ({wrong})" if wrong else kinds,
            excess=len(right) > count or wrong is not None,
        )

    times = {0: "no webhook", 1: "one webhook"}.get(count, f"{count} webhooks")
    return Expected(f"{times} {kind}", Kind.ABSENCE if count == 0 else Kind.EXACT, judge)
