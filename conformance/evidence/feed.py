"""A list of events that many journeys wait for and one reader fetches, page by page, as often as the target allows."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.evidence.observation import Unreadable
from conformance.target.connections import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from collections.abc import Set as AbstractSet

    from conformance.evidence.dub import Page
    from conformance.target.transcript import Transcript

_FIRST_GAP = 0.03
_GAP_AFTER_A_429 = 0.25
_LONGEST_GAP = 2.0
# Of what others left there; what the run itself sends comes on top, and one event may stand for several leads.
_MOST_PAGES = 100
_EVENTS_PER_EXCHANGE = 4
_TRIES = 30
_DEEP_EVERY = 1.0
_DEEP_SHARE = 8


class FeedPace:
    """The turns of all feeds of one endpoint, whose rate limit they share; times in seconds."""

    def __init__(self, gap: float = _FIRST_GAP) -> None:
        self._gap = gap
        self._next = 0.0

    async def turn(self) -> None:
        """Waits until the next page may be asked for."""
        opens = max(self._next, now())
        self._next = opens + self._gap
        await asyncio.sleep(opens - now())

    def limited(self) -> None:
        """The endpoint answered 429: everybody waits a second, and goes on more slowly."""
        self._gap = min(max(self._gap * 1.3, _GAP_AFTER_A_429), _LONGEST_GAP)
        self._next = max(self._next, now() + 1.0)


@dataclass(frozen=True)
class Events:
    """All events that a fetch knew, and the moment on the run's clock at which it began."""

    began: float
    events: Sequence[dict[str, Any]]


class Feed:
    """Events newest first; `fetch` reads one page. Every event is kept once, by its id.

    `sent` tells how many exchanges the run has sent so far: so many more events there may be.
    """

    def __init__(
        self,
        fetch: Callable[[int, Transcript], Awaitable[Page | Unreadable]],
        page_size: int,
        pace: FeedPace,
        sent: Callable[[], int],
    ) -> None:
        self._fetch = fetch
        self._page_size = page_size
        self._sent = sent
        self._events: dict[str, dict[str, Any]] = {}
        self._before_the_run: frozenset[str] = frozenset()
        self._read_before: set[str] = set()
        self._read_deep = 0.0
        self._pace = pace
        self._deep_every = _DEEP_EVERY
        self._latest: Events | None = None
        self._waiting: asyncio.Task[Events | Unreadable] | None = None
        self._reading = asyncio.Lock()

    async def after(self, moment: float, transcript: Transcript) -> Events | Unreadable:
        """All events known to a fetch that began after this moment of the run's clock; callers share it."""
        if self._latest is not None and self._latest.began > moment:
            return self._latest
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._read(transcript))
            # Of a run that is cut nobody may be left to hear what became of it.
            self._waiting.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._waiting)

    async def _read(self, transcript: Transcript) -> Events | Unreadable:
        async with self._reading:
            await self._pace.turn()
            # Who comes from here on could ask for something newer than what this fetch will see.
            self._waiting = None
            began = now()
            if (problem := await self._pages(transcript)) is not None:
                return problem
            self._latest = Events(began, tuple(self._events.values()))
            return self._latest

    async def _pages(self, transcript: Transcript) -> Unreadable | None:
        """Reads from the newest event down to the first page that an earlier pass has read; tells what prevented it.

        Now and then it reads down to what was there before the run: what shows late may stand deep.
        """
        known: AbstractSet[str] = self._read_before
        began, deep = now(), now() - self._read_deep > self._deep_every
        if deep:
            known = self._before_the_run
        found: set[str] = set()
        for number in count(1):
            # While it reads, the run goes on sending, and what is older moves down.
            if number > self._most_pages:
                break
            if number > 1:
                await self._pace.turn()
            page = await self._patiently(number, transcript)
            if isinstance(page, Unreadable):
                return page
            keys = self._keep(page)
            found |= keys
            if len(page.events) < self._page_size or keys <= known:
                break
        if deep:
            self._read_deep = now()
            self._deep_every = max(_DEEP_EVERY, _DEEP_SHARE * (now() - began))
        self._before_the_run = self._before_the_run or frozenset(found)
        self._read_before |= found
        return None

    @property
    def _most_pages(self) -> int:
        return _MOST_PAGES + _EVENTS_PER_EXCHANGE * self._sent() // self._page_size

    async def _patiently(self, number: int, transcript: Transcript) -> Page | Unreadable:
        """One page; after a 429 all feeds read more slowly from then on."""
        for _ in range(_TRIES):
            page = await self._fetch(number, transcript)
            if not isinstance(page, Unreadable) or not page.rate_limited:
                break
            self._pace.limited()
            await self._pace.turn()
        return page

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
