"""Short ways to a target and one exchange with it, for its tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.contract import load_profile
from conformance.target.connections import Transport
from conformance.target.target import Limits, Target, TargetOptions
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.target.messages import Answer

PROFILE = load_profile("cutmeshort")
TOKEN = "a-target-token"
LEAD = {"clickId": "id_1", "eventName": "signup", "customerExternalId": "ada"}
# What a machine has set as its proxy is no part of a test.
DIRECT = Transport(trust_environment=False)


def target_at(url: str, *, limits: Limits | None = None, **options: Any) -> Target:
    options = {"token": TOKEN, "transport": DIRECT, **options}
    return Target(TargetOptions(url, **options), PROFILE, limits or Limits(deadline=0.5))


def with_target(url: str, story: Callable[[Target, Transcript], Awaitable[Any]], **options: Any) -> Any:
    """What a story that uses a target returns; all connections are closed afterwards."""

    async def tell() -> Any:
        target = target_at(url, **options)
        try:
            return await story(target, Transcript(target.redactor))
        finally:
            await target.close()

    return asyncio.run(tell())


def send_lead(url: str, **options: Any) -> tuple[Answer, Transcript]:
    """The answer to one lead, and the transcript of it."""

    async def story(target: Target, transcript: Transcript) -> tuple[Answer, Transcript]:
        return await target.send(target.event("lead", LEAD, "lead"), transcript), transcript

    answer, transcript = with_target(url, story, **options)
    return answer, transcript
