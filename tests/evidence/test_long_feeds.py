"""A feed is read to its end however much the run itself has put there; what others left is bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.evidence import feed as module
from conformance.evidence.dub import Page
from conformance.evidence.feed import Feed, FeedPace
from conformance.target.redaction import Redactor
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    import pytest

    from conformance.evidence.observation import Unreadable

PAGE_SIZE = 2


def read(monkeypatch: pytest.MonkeyPatch, *, events: int, sent: int) -> list[dict[str, Any]] | Unreadable:
    monkeypatch.setattr(module, "_FIRST_GAP", 0.0)
    monkeypatch.setattr(module, "_MOST_PAGES", 3)

    async def fetch(page: int, _: Transcript) -> Page:
        newest = events - (page - 1) * PAGE_SIZE
        return Page(tuple({"eventId": str(number)} for number in range(newest, max(newest - PAGE_SIZE, 0), -1)))

    async def look() -> list[dict[str, Any]] | Unreadable:
        feed = Feed(fetch, PAGE_SIZE, FeedPace(), lambda: sent)
        return await feed.after(0.0, Transcript(Redactor(())))

    return asyncio.run(look())


def test_all_events_of_a_long_run_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, events=41, sent=41)
    assert isinstance(found, list)
    assert len(found) == 41


def test_of_what_others_left_only_the_newest_pages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, events=1000, sent=0)
    assert isinstance(found, list)
    assert [one["eventId"] for one in found] == ["1000", "999", "998", "997", "996", "995"]


def test_what_comes_while_the_feed_is_read_pushes_nothing_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_PAGES", 3)
    sent = 10

    async def fetch(page: int, _: Transcript) -> Page:
        nonlocal sent
        newest = sent - (page - 1) * PAGE_SIZE
        # For every event that is read one more comes.
        sent += PAGE_SIZE if sent < 100 else 0
        return Page(tuple({"eventId": str(number)} for number in range(newest, max(newest - PAGE_SIZE, 0), -1)))

    async def look() -> list[dict[str, Any]] | Unreadable:
        feed = Feed(fetch, PAGE_SIZE, FeedPace(0.0), lambda: sent // module._EVENTS_PER_EXCHANGE)
        return await feed.after(0.0, Transcript(Redactor(())))

    found = asyncio.run(look())
    assert isinstance(found, list)
    assert "1" in [one["eventId"] for one in found]
