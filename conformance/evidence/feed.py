"""A list of events that many journeys wait for and one reader fetches, page by page, as often as the target allows."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from conformance.evidence.observation import Unreadable
from conformance.target.connections import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from collections.abc import Set as AbstractSet

    from conformance.evidence.dub import Page
    from conformance.target.transcript import Transcript

_FIRST_GAP = 0.05
_GAP_AFTER_A_429 = 0.6
_LONGEST_GAP = 5.0
_MOST_PAGES = 100
_DEEP_EVERY = 1.0


class Feed:
    """Events newest first; `fetch` reads one page. Every event is kept once, by its id."""

    def __init__(self, fetch: Callable[[int, Transcript], Awaitable[Page | Unreadable]], page_size: int) -> None:
        self._fetch = fetch
        self._page_size = page_size
        self._events: dict[str, dict[str, Any]] = {}
        self._before_the_run: frozenset[str] = frozenset()
        self._read_before: set[str] = set()
        self._read_deep = 0.0
        self._gap = _FIRST_GAP
        self._next_fetch = 0.0
        self._waiting: asyncio.Task[list[dict[str, Any]] | Unreadable] | None = None
        self._reading = asyncio.Lock()

    async def after(self, moment: float, transcript: Transcript) -> list[dict[str, Any]] | Unreadable:  # noqa: ARG002
        """All events known to a fetch that begins after this call; concurrent callers share it."""
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._read(transcript))
        return await asyncio.shield(self._waiting)

    async def _read(self, transcript: Transcript) -> list[dict[str, Any]] | Unreadable:
        async with self._reading:
            await asyncio.sleep(max(self._next_fetch - now(), 0.0))
            # Who comes from here on could ask for something newer than what this fetch will see.
            self._waiting = None
            result = await self._pages(transcript)
            self._next_fetch = now() + self._gap
        return result

    async def _pages(self, transcript: Transcript) -> list[dict[str, Any]] | Unreadable:
        """Reads from the newest event down to the first page that an earlier pass has read.

        Every second it reads down to what was there before the run: what shows late may stand deep.
        """
        known: AbstractSet[str] = self._read_before
        if now() - self._read_deep > _DEEP_EVERY:
            known, self._read_deep = self._before_the_run, now()
        found: set[str] = set()
        for number in range(1, _MOST_PAGES + 1):
            page = await self._patiently(number, transcript)
            if isinstance(page, Unreadable):
                return page
            keys = self._keep(page)
            found |= keys
            if len(page.events) < self._page_size or keys <= known:
                break
        self._before_the_run = self._before_the_run or frozenset(found)
        self._read_before |= found
        return list(self._events.values())

    async def _patiently(self, number: int, transcript: Transcript) -> Page | Unreadable:
        """One page; after a 429 the feed reads more slowly from then on."""
        while True:
            page = await self._fetch(number, transcript)
            if not isinstance(page, Unreadable) or not page.rate_limited or self._gap > _LONGEST_GAP:
                return page
            self._gap = max(_GAP_AFTER_A_429, self._gap * 1.5)
            await asyncio.sleep(self._gap)

    def _keep(self, page: Page) -> set[str]:
        """Keeps the events of a page; returns their keys."""
        seen: Counter[str] = Counter()
        keys = set()
        for event in page.events:
            key = str(event.get("eventId") or json.dumps(event, sort_keys=True, default=str))
            seen[key] += 1
            # Two events that are alike to the last detail and have no id are still two.
            key = key if event.get("eventId") else f"{key}#{seen[key]}"
            self._events.setdefault(key, event)
            keys.add(key)
        return keys
