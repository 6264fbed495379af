"""How fast a run may go: exchanges a minute, and the target's own 429."""

from __future__ import annotations

import asyncio
import email.utils
import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.target.messages import Answer

_LONGEST_WAIT = 60.0
_PATIENCE = 75.0
_PATIENCE_BEFORE_ANY_ANSWER = 12.0
_TRIES = 12
_STRETCH = 0.5
_TOO_MANY = 429
_FIRST_GAP = 0.02
_LARGEST_GAP = 2.0
_SMALLEST_GAP = 0.005


class Pace:
    """Paces the whole run: `--rpm`, and a slow-down for everybody when the target answers 429.

    All times are seconds on the monotonic clock. `hopeless` turns true when nothing but 429 comes.
    """

    def __init__(self, requests_per_minute: float = 0, on_pause: Callable[[float], None] | None = None) -> None:
        self._least_gap = 60.0 / requests_per_minute if requests_per_minute > 0 else 0.0
        self._gap = self._least_gap
        self._next_turn = 0.0
        self._paused_until = 0.0
        self._last_progress: float | None = None
        self._limited_since: float | None = None
        self._on_pause = on_pause
        self._given_up: set[tuple[str, str]] = set()
        self.hopeless = False

    async def turn(self) -> None:
        """Waits until the next exchange may be sent."""
        while not self.hopeless:
            now = time.monotonic()
            if self._paused_until > now:
                await self._rest(self._paused_until)
                continue
            if not self._gap:
                return
            turn = max(self._next_turn, now)
            self._next_turn = turn + self._gap
            if turn <= now:
                return
            await self._rest(turn)
            if self._paused_until <= time.monotonic():
                return

    async def _rest(self, until: float) -> None:
        """Waits in stretches, so that a long queue hears soon that there is nothing left to wait for."""
        while not self.hopeless and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 - the clock is no event
            await asyncio.sleep(min(left, _STRETCH))

    def saw(self, answer: Answer, tries: int) -> bool:
        """Notes an answer; True when it was a 429 and the same exchange should be sent again.

        A 429 is never a verdict: the run waits for Retry-After, else 1, 2, 4 … seconds, and goes on more slowly.
        It gives up on one exchange after twelve tries (then at once on others of the same operation, until one of them
        is answered), and on the run when nothing but 429 comes for over a minute (sooner when the target has never
        answered anything else).
        """
        now = time.monotonic()
        operation = (answer.request.method, answer.request.url) if answer.request else ("", "")
        if answer.status != _TOO_MANY:
            self._given_up.discard(operation)
            if answer.began:
                self._last_progress, self._limited_since = now, None
                eased = self._gap * 0.99
                self._gap = max(self._least_gap, eased if eased > _SMALLEST_GAP else 0.0)
            return False
        self._limited_since = self._limited_since or now
        since = max(self._last_progress or self._limited_since, self._limited_since)
        patience = _PATIENCE if self._last_progress else _PATIENCE_BEFORE_ANY_ANSWER
        if now - since > patience:
            self.hopeless = True
        if tries >= _TRIES and answer.request:
            self._given_up.add(operation)
        if self.hopeless or tries >= _TRIES or operation in self._given_up:
            return False
        asked = retry_after(answer)
        self._pause(now, min(2.0 ** min(tries - 1, 5) if asked is None else asked, _LONGEST_WAIT))
        return True

    def _pause(self, now: float, seconds: float) -> None:
        if self._paused_until <= now:
            # Answers to what was in flight when the pause began say nothing new about the pace.
            self._gap = min(max(self._gap * 2.5, _FIRST_GAP), max(_LARGEST_GAP, self._least_gap))
            if self._on_pause is not None:
                self._on_pause(seconds)
        self._paused_until = max(self._paused_until, now + seconds)
        self._next_turn = self._paused_until


def retry_after(answer: Answer) -> float | None:
    """The seconds of a Retry-After header, given as a number or as a date; None when there is none to use."""
    value = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.05) if math.isfinite(seconds) else None
