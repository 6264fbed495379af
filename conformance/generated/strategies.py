"""Hypothesis strategies of stories: random customers who sign up, verify, retry and buy, one among the other."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.generated.drawing import draw
from conformance.generated.moves import NO_CLICK, Freedom, Move, Story, sensible, to_json
from conformance.generated.rehearsal import exercised
from conformance.generated.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from conformance.contract import Profile

_POOL = 12
_LEAST_POOL = 80
_AMOUNTS = (4999, 1, 100, 1999, 2500000)


def draw_journeys(profile: Profile, seed: int, size: int) -> dict[str, list[list[dict[str, Any]]]]:
    """For each theme so many stories, chosen so that as few as possible put as many requirements to the test."""
    freedom = Freedom.of(profile)
    return {
        theme: [to_json(story) for story in _chosen(profile, _drawn(theme, freedom, seed, size), size, seed, declared)]
        for theme, declared in THEMES.items()
    }


def _drawn(theme: str, freedom: Freedom, seed: int, size: int) -> list[Story]:
    pool = max(_LEAST_POOL, size if size > _LEAST_POOL else size * _POOL)
    return [story for story in dict.fromkeys(draw(stories(theme, freedom), pool, seed)) if sensible(story)]


def _chosen(profile: Profile, pool: Sequence[Story], size: int, seed: int, declared: Collection[str]) -> list[Story]:
    """Those first that exercise what has to be and none before them did, then what else they may, then any others."""
    touched = {story: exercised(profile, story) for story in pool}
    chosen: dict[Story, None] = {}
    seen: set[str] = set()

    def news(story: Story) -> tuple[int, int, int]:
        new = touched[story] - seen
        return len(new & set(declared)), len(new), -len(story)

    while len(chosen) < size and pool:
        best = max(pool, key=news)
        if not news(best)[1]:
            break
        chosen[best] = None
        seen |= touched[best]
    others = [story for story in pool if story not in chosen]
    random.Random(seed).shuffle(others)  # noqa: S311 - an order, not a secret
    return [*chosen, *others][:size]


def stories(theme: str, freedom: Freedom) -> SearchStrategy[Story]:
    """Stories about one theme: signing up and being verified, buying, or several customers at the same moment."""
    return _stories(theme, freedom)


@cache
def _ways(who: int, theme: str, freedom: Freedom) -> SearchStrategy[list[Move]]:
    return _way(who, theme, freedom)


@st.composite
def _stories(draw_one: DrawFn, theme: str, freedom: Freedom) -> Story:
    most = 3 if theme == "at-once" else 2
    ways = [draw_one(_ways(who, theme, freedom)) for who in range(draw_one(st.integers(1, most)))]
    order = [who for who, way in enumerate(ways) for _ in way]
    order = draw_one(st.permutations(order)) if len(ways) > 1 else order
    left = [iter(way) for way in ways]
    story: list[Move] = []
    for who in order:
        move = next(left[who])
        if story and theme == "at-once" and draw_one(st.booleans()):
            together = Move(**{**vars(move), "at_once": True})
            move = together if sensible((*story, together)) else move
        story.append(move)
    return tuple(story)


@st.composite
def _way(draw_one: DrawFn, who: int, theme: str, freedom: Freedom) -> list[Move]:
    """One customer's own way, in order."""
    kinds = ["event-1", "lead"]
    if theme == "buy" and freedom.direct_sale:
        kinds.append("sale")
    click = draw_one(st.integers(0, 1))
    way = [Move(draw_one(st.sampled_from(kinds)), who, click=click, invoice=3 * who)]
    for _ in range(draw_one(st.integers(0, 5))):
        further = draw_one(_step(who, click, way[0].act, theme, freedom))
        if sensible((*way, further)):
            way.append(further)
    return way


# Building a strategy takes longer than drawing from it.
@cache
def _step(who: int, click: int, began: str, theme: str, freedom: Freedom) -> SearchStrategy[Move]:
    steps: list[SearchStrategy[Move]] = [st.just(Move("again", who))]
    other = 1 - click
    if theme == "buy":
        clicks = [NO_CLICK, *((click, other) if freedom.click_in_sale and began != "sale" else ())]
        # Mostly one's own invoices, seldom a neighbour's.
        invoices = [3 * who, 3 * who + 1, 3 * who + 2, 3 * who, 3 * who + 1, 3 * (1 - who % 2)]
        sale = st.builds(
            Move,
            st.just("sale"),
            st.just(who),
            click=st.sampled_from(clicks),
            invoice=st.sampled_from(invoices),
            amount=st.sampled_from(_AMOUNTS),
        )
        steps += [sale, sale]
    if began == "event-1":
        resent = [click, other] if freedom.other_click_resent else [click]
        first = [click, other] if freedom.other_click_in_event_1 else [click]
        steps += [st.just(Move("event-2", who))] * 3
        if theme != "buy":
            steps += [
                st.builds(Move, st.just("resent"), st.just(who), click=st.sampled_from(resent)),
                st.builds(Move, st.just("event-1"), st.just(who), click=st.sampled_from(first)),
                *[st.builds(Move, st.just("mismatch"), st.just(who), form=st.sampled_from(freedom.forms))] * 2,
            ]
    if began != "sale" and theme != "buy":
        steps.append(st.just(Move("later-lead", who)))
    return st.one_of(*steps)
