"""How fast a run goes: exchanges a minute, and what a 429 does; on a clock that only sleeping moves."""

from __future__ import annotations

import asyncio
import email.utils
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.target import pace as pacing
from conformance.target.messages import Answer, Request
from conformance.target.pace import Pace, retry_after

LIMITED = Answer(429)
FINE = Answer(200)
LEAD, SALE = (Request("POST", f"http://localhost/track/{name}", {}, b"", name) for name in ("lead", "sale"))


class Clock:
    """Stands in for `time` and `asyncio` of the module: sleeping moves it, nothing else does."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(pacing, "time", stopped)
    monkeypatch.setattr(pacing, "asyncio", stopped)
    return stopped


def turns(pace: Pace, clock: Clock, count: int) -> list[float]:
    """When so many exchanges were let go."""

    async def take() -> list[float]:
        moments = []
        for _ in range(count):
            await pace.turn()
            moments.append(clock.now)
        return moments

    return asyncio.run(take())


def test_without_pacing_nobody_waits(clock: Clock) -> None:
    turns(Pace(), clock, 100)

    assert clock.slept == []


@pytest.mark.parametrize("rate", [1, 60, 600, 0.5])
def test_no_more_go_out_in_a_minute_than_asked_for(clock: Clock, rate: float) -> None:
    moments = turns(Pace(rate), clock, 20)
    gaps = [later - earlier for earlier, later in pairwise(moments)]

    assert gaps == pytest.approx([60 / rate] * 19)


def test_time_that_passed_unused_is_not_made_up_for(clock: Clock) -> None:
    pace = Pace(60)
    turns(pace, clock, 1)
    clock.now += 30
    moments = turns(pace, clock, 3)

    assert moments[2] - moments[0] == pytest.approx(2)


def limited(pace: Pace, tries: int, after: str | None = None) -> bool:
    return pace.saw(Answer(429, {"Retry-After": after} if after is not None else {}), tries)


def test_without_retry_after_one_two_four_seconds_are_waited(clock: Clock) -> None:
    told: list[float] = []
    pace = Pace(on_pause=told.append)
    pace.saw(FINE, 1)
    for tries in range(1, 5):
        assert limited(pace, tries)
        turns(pace, clock, 1)

    assert told == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("after", "waited"), [("0.2", 0.2), ("7", 7.0), ("3600", 60.0), ("-5", 0.05), ("nonsense", 1.0)]
)
def test_retry_after_is_waited_for_within_reason(clock: Clock, after: str, waited: float) -> None:
    pace = Pace()
    pace.saw(FINE, 1)

    assert limited(pace, 1, after)
    assert turns(pace, clock, 1)[0] == pytest.approx(5000 + waited, abs=0.1)


def test_a_429_slows_everybody_down(clock: Clock) -> None:
    pace = Pace()
    pace.saw(FINE, 1)
    limited(pace, 1, "2")
    moments = turns(pace, clock, 5)

    assert moments[0] >= 5002
    assert all(later > earlier for earlier, later in pairwise(moments))


def test_answers_to_what_was_in_flight_make_one_pause(clock: Clock) -> None:
    told: list[float] = []
    pace = Pace(on_pause=told.append)
    for _ in range(5):
        assert limited(pace, 1, "2")

    assert told == [2.0]
    assert turns(pace, clock, 1)[0] == pytest.approx(5002)


def test_a_slowed_run_becomes_faster_again_but_never_faster_than_asked_for(clock: Clock) -> None:
    pace = Pace(600)
    limited(pace, 1, "1")
    slow = turns(pace, clock, 2)
    for _ in range(2000):
        pace.saw(FINE, 1)
    fast = turns(pace, clock, 3)

    assert slow[1] - slow[0] > 0.1
    assert fast[2] - fast[1] == pytest.approx(0.1)


def test_a_run_without_pacing_loses_its_gap_again(clock: Clock) -> None:
    pace = Pace()
    limited(pace, 1, "1")
    turns(pace, clock, 1)
    for _ in range(2000):
        pace.saw(FINE, 1)
    clock.slept.clear()
    turns(pace, clock, 10)

    assert len(clock.slept) <= 1


@pytest.mark.usefixtures("clock")
def test_one_exchange_is_given_up_after_twelve_tries() -> None:
    pace = Pace()
    tries = 1
    while limited(pace, tries, "0.1"):
        pace.saw(FINE, 1)
        tries += 1

    assert tries == 12
    assert not pace.hopeless


def seconds_until_hopeless(pace: Pace, clock: Clock, after: str) -> float:
    began = clock.now
    while not pace.hopeless:
        limited(pace, 1, after)
        turns(pace, clock, 1)
        assert clock.now - began < 200
    return clock.now - began


def test_a_target_that_never_answered_anything_else_is_given_up_soon(clock: Clock) -> None:
    assert 12 <= seconds_until_hopeless(Pace(), clock, "1") < 20


def test_a_target_that_did_answer_is_waited_for_more_than_a_minute(clock: Clock) -> None:
    pace = Pace()
    pace.saw(FINE, 1)

    assert 75 <= seconds_until_hopeless(pace, clock, "1") < 90


def test_progress_makes_hope_again(clock: Clock) -> None:
    pace = Pace()
    for _ in range(100):
        limited(pace, 1, "1")
        turns(pace, clock, 1)
        pace.saw(FINE, 1)

    assert not pace.hopeless


def test_a_connection_that_failed_is_no_progress(clock: Clock) -> None:
    pace = Pace()
    limited(pace, 1, "1")
    clock.now += 20
    assert pace.saw(Answer(0), 1) is False
    limited(pace, 1, "1")

    assert pace.hopeless


@given(st.floats(0.05, 1e6))
def test_seconds_are_read_as_they_are(seconds: float) -> None:
    assert retry_after(Answer(429, {"retry-after": f" {seconds!r} "})) == pytest.approx(seconds)


def test_a_date_is_read_as_what_is_left_until_then() -> None:
    then = datetime.now(UTC) + timedelta(seconds=30)
    seconds = retry_after(Answer(429, {"RETRY-AFTER": email.utils.format_datetime(then, usegmt=True)}))

    assert seconds == pytest.approx(30, abs=5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.05),
        ("0", 0.05),
        ("-3", 0.05),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("soon", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("99999999999999999999 Oct 2015", None),
    ],
)
def test_a_retry_after_of_any_shape_is_read_or_passed_over(value: str, seconds: float | None) -> None:
    assert retry_after(Answer(429, {"Retry-After": value})) == seconds


def test_no_header_is_none() -> None:
    assert retry_after(LIMITED) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(value: str) -> None:
    seconds = retry_after(Answer(429, {"Retry-After": value}))

    assert seconds is None or seconds >= 0.05


@pytest.mark.usefixtures("clock")
def test_an_operation_that_was_given_up_is_not_waited_for_again_until_it_is_answered() -> None:
    pace = Pace()
    limited = replace(LIMITED, request=SALE)
    pace.saw(replace(FINE, request=LEAD), 1)

    assert [pace.saw(limited, tries) for tries in (1, 11, 12)] == [True, True, False]
    assert pace.saw(limited, 1) is False
    assert pace.saw(replace(LIMITED, request=LEAD), 1) is True
    assert pace.saw(replace(FINE, request=SALE), 1) is False
    assert pace.saw(limited, 1) is True
    assert not pace.hopeless
