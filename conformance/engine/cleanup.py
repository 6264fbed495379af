"""Deletes what a run created, where the profile has a way to do that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.target.messages import Request
from conformance.target.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.engine.runner import RunOptions
    from conformance.target.messages import Answer

_UNKNOWN = 404


@dataclass(frozen=True)
class CleanUp:
    """How many customers were deleted, how many the target never kept, and which could not be deleted."""

    deleted: int
    unknown: int
    left: tuple[str, ...]


async def clean_up(options: RunOptions, customers: Sequence[str]) -> CleanUp:
    """Deletes these customers from the target; without a way to delete, all of them are left."""
    path = options.profile.cleanup_path
    if not path:
        return CleanUp(0, 0, tuple(customers))
    target = Target(options.target, options.profile, options.limits)

    async def delete(customer: str) -> Answer:
        url = target.base + path.replace("{customer}", quote(customer, safe=""))
        headers = target.headers()
        del headers["content-type"]
        return await target.send(Request("DELETE", url, headers, b"", "clean-up"))

    try:
        answers = await asyncio.gather(*(delete(customer) for customer in customers))
    finally:
        await target.close()
    pairs = list(zip(customers, answers, strict=True))
    return CleanUp(
        deleted=sum(answer.taken for answer in answers),
        unknown=sum(answer.status == _UNKNOWN for answer in answers),
        left=tuple(customer for customer, answer in pairs if not answer.taken and answer.status != _UNKNOWN),
    )
