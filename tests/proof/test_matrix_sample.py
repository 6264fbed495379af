"""A few lines of the matrix and of the latitudes, really played; the whole is `make proof`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import lawful
import matrix
import pytest
from judging import judge
from playing import PROFILES, play, scenarios_of

from conformance.sandbox.faults import fault_named
from conformance.sandbox.faults.wire import refusal
from conformance.sandbox.variation import NONE, Variation

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.sandbox.answers import Answer

CUTMESHORT, DUB = PROFILES["cutmeshort"], PROFILES["dub"]
SUITE = scenarios_of(CUTMESHORT, "deferred")


def test_an_unmodified_sandbox_passes() -> None:
    assert matrix.unhappy(play(CUTMESHORT, NONE, SUITE)) == []


def test_the_canary_dies() -> None:
    results = play(CUTMESHORT, matrix.CANARY.variation, scenarios_of(CUTMESHORT, "non-deferred"))
    judged = judge(matrix.CANARY, CUTMESHORT, results)
    assert judged.killed
    assert results.verdict == "nonconformant"


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("ids-match-ignoring-case", "cutmeshort"),
        ("ids-match-by-collation", "cutmeshort"),
        ("names-mixed-up", "cutmeshort"),
        ("refused-sale-uses-up-invoice", "cutmeshort"),
        ("key-has-amount", "cutmeshort"),
        ("twin-sales-count", "cutmeshort"),
        ("token-compared-by-beginning", "dub"),
        ("event-1-hidden", "dub"),
    ],
)
def test_a_fault_turns_its_own_requirement_red_and_nothing_else(name: str, profile: str) -> None:
    played, fault = PROFILES[profile], fault_named(name, profile)
    suite = played.requirement(fault.breaks).suite
    judged = judge(fault, played, play(played, fault.variation, scenarios_of(played, suite)))
    assert judged.killed
    assert judged.noise == ()
    assert {scenario.partition("/")[0] for scenario in judged.kills} == {suite}


def test_a_should_that_is_broken_is_warned_and_counts_as_caught() -> None:
    fault = fault_named("invoice-compared-trimmed", "cutmeshort")
    judged = judge(fault, CUTMESHORT, play(CUTMESHORT, fault.variation, scenarios_of(CUTMESHORT, "duplicate-sale")))
    assert judged.level == "SHOULD"
    assert judged.killed


def test_a_fault_that_changes_nothing_survives() -> None:
    harmless = replace(fault_named("event-2-ignored", "cutmeshort"), plant=NONE)
    assert not judge(harmless, CUTMESHORT, play(CUTMESHORT, NONE, SUITE)).killed


def test_what_is_red_besides_is_noise_unless_it_is_declared() -> None:
    narrow = replace(fault_named("event-1-with-avatar-counts", "cutmeshort"), also=())
    results = play(CUTMESHORT, narrow.variation, SUITE)
    assert any(line.startswith("deferred.one-lead ") for line in judge(narrow, CUTMESHORT, results).noise)
    assert judge(replace(narrow, also=("deferred.*",)), CUTMESHORT, results).noise == ()


def test_what_is_red_after_a_fault_that_may_break_everything_counts_only_for_what_it_breaks() -> None:
    wild = replace(fault_named("event-1-with-avatar-counts", "cutmeshort"), also=("*",))
    judged = judge(wild, CUTMESHORT, play(CUTMESHORT, wild.variation, SUITE))
    assert judged.noise == ()
    assert set(judged.kills) == set(judged.caught_by) != set()
    named = replace(wild, also=("deferred.*",))
    assert set(judged.kills) < set(judge(named, CUTMESHORT, play(CUTMESHORT, named.variation, SUITE)).kills)


def test_a_crash_of_the_harness_is_no_detection() -> None:
    async def crash(_: Journey) -> None:
        raise KeyError("of the harness")

    fault = fault_named("event-2-ignored", "cutmeshort")
    crashing = [replace(one, play=crash) for one in SUITE if fault.breaks in one.verifies]
    judged = judge(fault, CUTMESHORT, play(CUTMESHORT, fault.variation, [*crashing, *SUITE]))
    assert judged.caught_by
    assert judged.crashes
    assert not judged.killed


def test_a_target_that_is_never_reached_is_no_detection() -> None:
    nobody = Variation(around=(lambda _: _refuses_everybody,))
    fault = replace(fault_named("event-2-ignored", "cutmeshort"), plant=nobody, also=("*",))
    assert judge(fault, CUTMESHORT, play(CUTMESHORT, fault.variation, SUITE)).crashes


async def _refuses_everybody(_: object, __: object) -> Answer:
    return refusal(401, "nobody is let in")


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("cutmeshort", ("mismatch-refused", "reads-lag", "success-body-empty", "headers-in-capitals")),
        ("dub", ("ids-fold-letters", "lists-lag", "rate-limited")),
    ],
)
def test_lawful_variations_leave_a_suite_green(profile: str, names: lawful.Row) -> None:
    suite = scenarios_of(PROFILES[profile], "mismatched-external-id", "retry")
    assert lawful.red(profile, names, lawful._played(profile, names, suite)) == []
