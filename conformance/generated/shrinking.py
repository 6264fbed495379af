"""From a failure to the shortest one like it, within bounds; the shortest that was seen is never lost."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, TypeVar

from conformance.engine.faults import CannotJudge
from conformance.target.connections import now
from conformance.target.target import BudgetSpent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

Example = TypeVar("Example")
Failure = TypeVar("Failure")

_AT_ONCE = 4


async def shortest(
    example: Example,
    failure: Failure,
    *,
    shorter: Callable[[Example], Iterable[Example]],
    fails: Callable[[Example], Awaitable[Failure | None]],
    tries: int,
    seconds: float,
) -> tuple[Example, Failure]:
    """The shortest example found that fails alike, and how it failed.

    `shorter` gives smaller examples, best first; `fails` plays one anew and says how it failed, None when it did not.
    Ends after so many tries or seconds, when the run's exchanges are used up, or when the run is cut: a failure that
    has been seen is one, whatever came of it later.
    """
    until = now() + seconds
    tried: set[Example] = {example}
    while tries > 0:
        better: tuple[Example, Failure] | None = None
        fresh = (one for one in shorter(example) if one not in tried)
        while better is None and tries > 0 and (batch := list(itertools.islice(fresh, min(_AT_ONCE, tries)))):
            tried.update(batch)
            tries -= len(batch)
            try:
                async with asyncio.timeout(max(until - now(), 0.0)):
                    failures = await asyncio.gather(*(fails(one) for one in batch))
            except (TimeoutError, BudgetSpent, CannotJudge, asyncio.CancelledError):
                return example, failure
            better = next(((one, how) for one, how in zip(batch, failures, strict=True) if how is not None), None)
        if better is None:
            break
        example, failure = better
    return example, failure
