"""The verdict of a load: the first rule that applies, and never green where nothing could be told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from load_talk import PROFILES, played

from conformance.load.concluding import EXIT_CODES, conclude, created_by, sampled, traffic_of
from conformance.load.errand import Order, Tally, order_of
from conformance.load.hand_in import Outcome, played_of, read_ledger, write_ledger
from conformance.results.load import LOST, Reconciliation
from conformance.target.clicks import GivenClicks
from conformance.target.target import Limits, Target, TargetOptions

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.load.hand_in import Played
    from conformance.results.load import LoadResults

ORDER = Order("abcdefgh", 1, 10, 50.0, 60.0, 1000, 10.0, "http://platform")
SUMMARY: dict[str, Any] = {
    "why": "time",
    "seconds": 2.0,
    "workers": 1,
    "journeys": 2,
    "tally": {"journeys": 2, "exchanges": 100, "limited": 0, "paused": 0.0},
    "missing": [],
    "refusals": [],
    "curve": [],
    "steps": [],
    "errors": [],
    "exceptions": [],
    "busy": False,
}
FOUND = Reconciliation("read-back", available=True, customers=2, read=2, live=True)
ACCEPTED = (played("non-deferred"), played("deferred", number=2))
REFUSED = (played("non-deferred", Outcome.REFUSED), played("deferred", Outcome.UNKNOWN, number=2))


def concluded(
    folder: Path,
    found: Reconciliation = FOUND,
    journeys: tuple[Played, ...] = ACCEPTED,
    *,
    strict: bool = False,
    max_errors: float | None = None,
    **summary: Any,
) -> LoadResults:
    ledger = folder / "journeys.ndjson"
    ledger.unlink(missing_ok=True)
    write_ledger(ledger, journeys)
    told = SUMMARY | summary
    profile = PROFILES["cutmeshort"]
    options = TargetOptions("http://platform", "tkn-1234", clicks=GivenClicks(["id_1"]))

    async def make() -> Target:
        return Target(options, profile, Limits())

    return conclude(
        profile=profile,
        target=asyncio.run(make()),
        order=ORDER,
        summary=told,
        traffic=traffic_of(told, ledger),
        reconciliation=found,
        started="2026-11-28T00:00:00Z",
        seconds=3.0,
        created=created_by(ledger, ["tp-abcdefgh-zzaaaaa-Cu."]),
        strict=strict,
        max_errors=max_errors,
    )


def lost(count: int, warned: int = 0) -> Reconciliation:
    return replace(FOUND, counts=Counter({LOST: count}), warned=warned)


@pytest.mark.parametrize(
    ("found", "journeys", "more", "verdict"),
    [
        (FOUND, ACCEPTED, {}, "conformant"),
        (FOUND, (*ACCEPTED, *REFUSED), {"max_errors": 50.0}, "conformant"),
        (lost(1), ACCEPTED, {}, "nonconformant"),
        (lost(1), ACCEPTED, {"why": "interrupted"}, "cut"),
        (replace(lost(1), unread=1, unread_because={"the reading was interrupted": 1}), ACCEPTED, {}, "cut"),
        (lost(1, warned=1), ACCEPTED, {}, "conformant"),
        (lost(1, warned=1), ACCEPTED, {"strict": True}, "nonconformant"),
        (FOUND, (*ACCEPTED, *REFUSED), {"max_errors": 10.0}, "nonconformant"),
        (FOUND, REFUSED, {}, "inconclusive"),
        (FOUND, (), {}, "inconclusive"),
        (Reconciliation("none", available=False, customers=2), ACCEPTED, {}, "inconclusive"),
        (replace(FOUND, unread=1, unread_because={"read-back answers 500": 1}), ACCEPTED, {}, "inconclusive"),
        (replace(lost(1), unread=1), ACCEPTED, {}, "nonconformant"),
        (replace(FOUND, live=False), ACCEPTED, {}, "inconclusive"),
        (FOUND, ACCEPTED, {"missing": ["worker_1"]}, "inconclusive"),
        (FOUND, ACCEPTED, {"refusals": ["it has another target"]}, "inconclusive"),
        (FOUND, ACCEPTED, {"exceptions": ["KeyError: 'x'"]}, "inconclusive"),
        (FOUND, (*ACCEPTED, *(REFUSED * 5)), {}, "inconclusive"),
    ],
)
def test_the_first_rule_that_applies_gives_the_verdict(
    tmp_path: Path, found: Reconciliation, journeys: tuple[Played, ...], more: dict[str, Any], verdict: str
) -> None:
    results = concluded(tmp_path, found, journeys, **more)
    assert results.verdict == verdict, results.why
    assert results.why.endswith(".")
    assert EXIT_CODES[verdict] == {"conformant": 0, "nonconformant": 1, "inconclusive": 3, "cut": 130}[verdict]


def test_events_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    traffic = concluded(tmp_path, journeys=(*ACCEPTED, *REFUSED)).traffic
    assert (traffic.accepted, traffic.refused, traffic.unknown, traffic.sent) == (5, 1, 1, 7)
    assert traffic.kinds == {"non-deferred": 2, "deferred": 2}
    assert traffic.rate == 50.0
    assert round(traffic.error_share, 1) == 28.6


def test_what_may_be_refused_is_no_error(tmp_path: Path) -> None:
    steps = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED, Outcome.ACCEPTED)
    results = concluded(tmp_path, journeys=(played("mismatched", *steps),), max_errors=0.0)
    traffic = results.traffic
    assert (traffic.accepted, traffic.declined, traffic.refused, traffic.error_share) == (3, 1, 0, 0.0)
    assert results.verdict == "conformant"


def test_what_slowed_or_ended_a_load_is_told(tmp_path: Path) -> None:
    tally = {"journeys": 2, "exchanges": 20, "limited": 3, "paused": 4.5}
    warnings = " ".join(concluded(tmp_path, tally=tally, busy=True).warnings)
    assert "10.0 exchanges a second were sent of the 50 asked for" in warnings
    assert "429 3 times" in warnings
    assert "was busy" in warnings
    assert "--max-requests" in " ".join(concluded(tmp_path, why="spent").warnings)
    assert "a worker was lost" in " ".join(concluded(tmp_path, why="worker lost").warnings)


def test_everything_that_was_named_is_listed_strangers_too(tmp_path: Path) -> None:
    journeys = (played("mismatched"), played("mismatched", Outcome.ACCEPTED, number=2))
    created = concluded(tmp_path, journeys=journeys).run.created
    assert created == (
        "tp-testtest-0000001-Cu.",
        "tp-testtest-0000001-Cu.x",
        "tp-testtest-0000002-Cu.",
        "tp-abcdefgh-zzaaaaa-Cu.",
    )


def test_a_sample_has_as_many_journeys_as_were_asked_for_and_the_same_ones_each_time(tmp_path: Path) -> None:
    ledger = tmp_path / "journeys.ndjson"
    write_ledger(ledger, [played("non-deferred", number=number) for number in range(100)])
    count, journeys = sampled(ledger, 10, seed=7)
    chosen = [one.stem for one in journeys]
    assert (count, len(set(chosen))) == (10, 10)
    assert chosen == [one.stem for one in sampled(ledger, 10, seed=7)[1]]
    assert sampled(ledger, None, seed=7)[0] == sampled(ledger, 1000, seed=7)[0] == 100


def test_a_journey_survives_the_way_through_a_file_and_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    ledger = tmp_path / "journeys.ndjson"
    journey = played("retried", Outcome.ACCEPTED, Outcome.UNKNOWN)
    write_ledger(ledger, [journey])
    with ledger.open("a", encoding="utf-8") as file:
        file.write(journey.line()[:-5])
    assert list(read_ledger(ledger)) == [journey]
    with pytest.raises(ValueError, match="no journey 'tour'"):
        played_of(journey.line().replace("retried", "tour"))


def test_an_order_survives_the_way_to_a_worker_and_workers_are_added_up() -> None:
    assert order_of(ORDER.text()) == ORDER
    tally = Tally(1, 10, 2, 3.0)
    tally.add({"journeys": 2, "exchanges": 20, "limited": 1, "paused": 1.5})
    assert tally == Tally(3, 30, 3, 3.0)
