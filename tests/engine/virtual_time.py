"""A loop whose clock jumps to the next deadline instead of waiting for it, so that seconds cost nothing."""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
START = 1000.0


class _Impatient(selectors.SelectSelector):
    """Selects without waiting, and moves the clock by what would have been waited."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = START

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        if not ready and timeout:
            self.passed += timeout
        return ready


class VirtualTime(asyncio.SelectorEventLoop):
    """Runs coroutines that only sleep and never touch a socket."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.passed


def run_at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, with all clocks that it may read moved on by what it sleeps."""
    with (
        asyncio.Runner(loop_factory=VirtualTime) as runner,
        patch.object(time, "monotonic", runner.get_loop().time),
        patch.object(time, "perf_counter", runner.get_loop().time),
    ):
        return runner.run(coroutine)
