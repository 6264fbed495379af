"""A feed is read to its end however much the run has put there, and once for all who ask at about the same time."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.evidence import feed as module
from conformance.evidence.dub import Page
from conformance.evidence.feed import Events, Feed, FeedPace
from conformance.evidence.observation import Unreadable
from conformance.target.connections import now
from conformance.target.redaction import Redactor
from conformance.target.transcript import Transcript

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from virtual_time import START, run_at_once

if TYPE_CHECKING:
    import pytest

PAGE_SIZE = 2


def read(monkeypatch: pytest.MonkeyPatch, *, events: int, sent: int) -> Events | Unreadable:
    monkeypatch.setattr(module, "_FIRST_GAP", 0.0)
    monkeypatch.setattr(module, "_MOST_PAGES", 3)

    async def fetch(page: int, _: Transcript) -> Page:
        newest = events - (page - 1) * PAGE_SIZE
        return Page(tuple({"eventId": str(number)} for number in range(newest, max(newest - PAGE_SIZE, 0), -1)))

    async def look() -> Events | Unreadable:
        feed = Feed(fetch, PAGE_SIZE, FeedPace(), lambda: sent)
        return await feed.after(0.0, Transcript(Redactor(())))

    return asyncio.run(look())


def test_all_events_of_a_long_run_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, events=41, sent=41)
    assert isinstance(found, Events)
    assert len(found.events) == 41


def test_of_what_others_left_only_the_newest_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, events=1000, sent=0)
    assert isinstance(found, Events)
    assert [one["eventId"] for one in found.events] == ["1000", "999", "998", "997", "996", "995"]


def test_what_comes_while_the_feed_is_read_pushes_nothing_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_PAGES", 3)
    sent = 10

    async def fetch(page: int, _: Transcript) -> Page:
        nonlocal sent
        newest = sent - (page - 1) * PAGE_SIZE
        # For every event that is read one more comes.
        sent += PAGE_SIZE if sent < 100 else 0
        return Page(tuple({"eventId": str(number)} for number in range(newest, max(newest - PAGE_SIZE, 0), -1)))

    async def look() -> Events | Unreadable:
        feed = Feed(fetch, PAGE_SIZE, FeedPace(0.0), lambda: sent // module._EVENTS_PER_EXCHANGE)
        return await feed.after(0.0, Transcript(Redactor(())))

    found = asyncio.run(look())
    assert isinstance(found, Events)
    assert "1" in [one["eventId"] for one in found.events]


class Counted:
    """A feed that grows by an event with each fetch, which takes a hundredth of a second; `down` answers nothing."""

    def __init__(self) -> None:
        self.fetches = 0
        self.down = False
        self.feed = Feed(self._fetch, PAGE_SIZE, FeedPace(0.0), lambda: 0)

    async def _fetch(self, page: int, _: Transcript) -> Page | Unreadable:
        self.fetches += 1
        await asyncio.sleep(0.01)
        if self.down:
            return Unreadable("down")
        return Page(({"eventId": str(self.fetches)},) if page == 1 else ())

    async def after(self, moment: float) -> int | None:
        """How many events are known to who asks for those of a fetch that began after this moment."""
        found = await self.feed.after(moment, Transcript(Redactor(())))
        return len(found.events) if isinstance(found, Events) else None


def test_who_asks_for_an_earlier_moment_is_told_what_others_were() -> None:
    async def story() -> None:
        counted, began = Counted(), now()
        await asyncio.sleep(0.01)
        assert set(await asyncio.gather(counted.after(began), counted.after(now()))) == {1}
        assert await counted.after(began) == 1
        assert counted.fetches == 1

    run_at_once(story())


def test_what_began_before_the_moment_is_read_again() -> None:
    async def story() -> None:
        counted = Counted()
        await counted.after(now() - 1)
        # A fetch that began in the same moment may have begun before it.
        assert await counted.after(START) == 2
        assert await counted.after(now() - 0.005) == 3

    run_at_once(story())


def test_what_could_not_be_read_is_nobodys_answer() -> None:
    async def story() -> None:
        counted = Counted()
        counted.down = True
        assert await counted.after(START - 1) is None
        counted.down = False
        assert await counted.after(START - 1) == 1

    run_at_once(story())
