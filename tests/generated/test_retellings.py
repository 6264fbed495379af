"""A journey told otherwise must be recorded the same: for each way of telling, a platform that makes a difference.

Told as it is, each journey is recorded rightly by these platforms, so that no other check could find them out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from generated_talk import PROFILE, event, play, red, unchanged, with_event

from conformance.generated import material
from conformance.generated.moves import Move, to_json
from conformance.generated.themes import THEMES
from conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from generated_talk import Alter, PassOn

STORY = (Move("event-1", 0, click=0), Move("event-1", 1, click=1), Move("event-2", 0), Move("event-2", 1))
OTHER_JSON = "journeys/the-same-journey-in-other-json-is-recorded-the-same"
WAYS = {
    f"{OTHER_JSON}[field-order]": "non-deferred.confirmed-at-once",
    f"{OTHER_JSON}[spelling]": "non-deferred.confirmed-at-once",
    "journeys/the-same-journey-retried-is-recorded-the-same": "retry.lead-counted-once",
    "journeys/the-same-journey-among-others-is-recorded-the-same": "non-deferred.confirmed-at-once",
}


@pytest.fixture(autouse=True)
def one_story(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ("journeys", str(PROFILE.folder), 0, 5)
    monkeypatch.setitem(material._DRAWN, wanted, {theme: [to_json(STORY)] for theme in THEMES})


def taken() -> httpx.Response:
    return httpx.Response(200, json={"success": True})


async def fields_are_read_by_their_place(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    names = list(event(request))
    if "eventName" in names and names.index("customerExternalId") < names.index("eventName"):
        return taken()
    return await pass_on(request)


async def escapes_are_not_read(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    return taken() if b"\\u00" in request.content else await pass_on(request)


def repeats_count() -> Alter:
    seen: set[bytes] = set()

    async def answer(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if not event(request):
            return await pass_on(request)
        again = request.content in seen
        seen.add(request.content)
        return await pass_on(with_event(request, eventName="again") if again else request)

    return answer


def the_same_customer_twice_running_is_taken_for_a_double_click() -> Alter:
    last = [""]

    async def answer(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        customer = event(request).get("customerExternalId")
        if customer is None:
            return await pass_on(request)
        again, last[0] = customer == last[0], customer
        return taken() if again else await pass_on(request)

    return answer


PLANTED: dict[str, Callable[[], Alter]] = dict(
    zip(
        WAYS,
        (
            lambda: fields_are_read_by_their_place,
            lambda: escapes_are_not_read,
            repeats_count,
            the_same_customer_twice_running_is_taken_for_a_double_click,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("way", WAYS)
def test_a_platform_for_which_the_telling_makes_a_difference_is_found_out(way: str) -> None:
    results = play(PLANTED[way](), way)

    (check,) = red(results)
    assert check.verdict is Verdict.FAILED
    assert "after: 1. event 1 of customer " in check.actual
    assert json.loads(results.scenarios[0].exchanges[0].request.body)


@pytest.mark.parametrize("way", WAYS)
def test_a_platform_for_which_it_makes_none_passes(way: str) -> None:
    results = play(unchanged, way)

    assert [(check.requirement, check.verdict) for check in results.scenarios[0].checks] == [
        (WAYS[way], Verdict.PASSED)
    ]
