"""Waiting for webhooks: presence is waited for, absence believed only after a marker's own; in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from virtual_time import START, run_at_once

from conformance.engine.deliveries import Deliveries, Expected, delivers
from conformance.evidence.inbox import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.engine.observer import Seen

SETTLE = 10.0
MARKER = "marker"


def now() -> float:
    return asyncio.get_running_loop().time()


def delivery(kind: str = "lead.created", at: float = 0.0, name: str = "1", **document: Any) -> Delivery:
    return Delivery(name, kind, document, signed=True, arrived=START + at)


class Box:
    """An inbox in which things turn up at their time."""

    def __init__(self, *deliveries: Delivery, marker_after: float | None = 0.1) -> None:
        self.deliveries = deliveries
        self.marker_after = marker_after
        self.written: list[float] = []

    def about(self, customer: str) -> Sequence[Delivery]:
        if customer == MARKER:
            due = self.marker_after is not None and now() >= self.written[-1] + self.marker_after
            return [delivery(at=self.written[-1] - START + (self.marker_after or 0))] if due else []
        return [one for one in self.deliveries if one.arrived <= now()]

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.1))

    async def write_marker(self) -> str | None:
        self.written.append(now())
        return MARKER


def watch(box: Box, expected: Expected) -> tuple[Seen, float]:
    async def story() -> tuple[Seen, float]:
        watching = Deliveries(box, SETTLE, box.write_marker)  # type: ignore[arg-type]
        seen = await watching.watch("ada", expected, START)
        return seen, now() - START

    seen, seconds = run_at_once(story())
    return seen, seconds


@pytest.mark.parametrize("at", [0.0, 3.0, 9.5])
def test_a_webhook_is_waited_for_and_then_seen_to_stay_alone(at: float) -> None:
    box = Box(delivery(at=at))
    seen, seconds = watch(box, delivers("lead.created", 1))

    assert seen.found is not None
    assert seen.found.holds
    assert box.written
    assert seconds >= at + 0.3


def test_a_webhook_that_does_not_come_is_missing_after_settle() -> None:
    seen, seconds = watch(Box(delivery(at=SETTLE + 1)), delivers("lead.created", 1))

    assert seen.found is not None
    assert not seen.found.holds
    assert seen.found.actual == "no webhook"
    assert SETTLE <= seconds < SETTLE + 1


def test_a_second_webhook_is_one_too_many_and_needs_no_waiting() -> None:
    seen, seconds = watch(Box(delivery(), delivery(name="2")), delivers("lead.created", 1))

    assert seen.found is not None
    assert not seen.found.holds
    assert seconds < 1


def test_a_second_webhook_that_comes_late_is_seen_too() -> None:
    seen, _ = watch(Box(delivery(at=1), delivery(at=1.3, name="2")), delivers("lead.created", 1))

    assert seen.found is not None
    assert not seen.found.holds


def test_no_webhook_is_believed_only_after_a_markers_own_has_come() -> None:
    box = Box(marker_after=2.0)
    seen, seconds = watch(box, delivers("sale.created", 0))

    assert seen.found is not None
    assert seen.found.holds
    assert seconds >= 6


def test_without_a_markers_webhook_absence_is_not_judged() -> None:
    seen, seconds = watch(Box(marker_after=None), delivers("sale.created", 0))

    assert seen.found is None
    assert "marker" in (seen.silent or "")
    assert seconds < SETTLE + 1


def test_a_marker_that_is_refused_proves_nothing() -> None:
    class Refusing(Box):
        async def write_marker(self) -> str | None:
            return None

    assert watch(Refusing(), delivers("sale.created", 0))[0].found is None


def test_a_webhook_of_another_kind_is_another() -> None:
    seen, _ = watch(Box(delivery("lead.created")), delivers("sale.created", 0))

    assert seen.found is not None
    assert seen.found.holds


def test_a_webhook_that_says_something_wrong_is_named() -> None:
    wrong = delivers("lead.created", 1, lambda one: None if one.document.get("id") else "id is missing")
    seen, _ = watch(Box(delivery()), wrong)

    assert seen.found is not None
    assert not seen.found.holds
    assert seen.found.actual == "lead.created (id is missing)"


@pytest.mark.parametrize(("count", "words"), [(0, "no webhook x"), (1, "one webhook x"), (3, "3 webhooks x")])
def test_what_is_expected_is_said_in_words(count: int, words: str) -> None:
    assert delivers("x", count).expected == words
