"""What a slow target costs: scenarios wait side by side, so that the longest one sets the pace; in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine_talk import EVERYTHING, PassOn, play

from conformance.target.target import Limits

if TYPE_CHECKING:
    import httpx

LATENCY = 0.1
LIMITS = Limits(concurrency=64)
# The preflight: a click and a lead.
START = 2 * LATENCY


async def slow(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    await asyncio.sleep(LATENCY)
    return await pass_on(request)


def test_the_whole_run_takes_little_longer_than_its_longest_scenario_would_alone() -> None:
    results = play(slow, *EVERYTHING, limits=LIMITS)
    longest = max(results.scenarios, key=lambda scenario: scenario.seconds)
    alone = play(slow, *[one for one in EVERYTHING if one.id == longest.id], limits=LIMITS)

    assert alone.scenarios[0].seconds > 10 * LATENCY
    assert results.run.seconds <= 1.5 * alone.scenarios[0].seconds + START
