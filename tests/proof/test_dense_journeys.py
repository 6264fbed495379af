"""Dense journeys: one exchange tries out much, what strikes is followed up, and nothing that was seen is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import lawful
import pytest
from judging import judge
from playing import LIMITS, PROFILES, dense_of, play

from conformance.engine.budget import choose
from conformance.results import Verdict
from conformance.sandbox.faults import fault_named
from conformance.sandbox.faults.wire import instead, refusal
from conformance.sandbox.variation import NONE, Variation
from conformance.target.clicks import GivenClicks, NoClicks

if TYPE_CHECKING:
    from conformance.engine.scenario import Scenario
    from conformance.results import Check, Results
    from conformance.target.clicks import ClickSource

CUTMESHORT = PROFILES["cutmeshort"]
DENSE = {one.id: one for one in dense_of(CUTMESHORT)}
BUYER = DENSE["journeys/a-buyer-with-everything-a-lead-can-carry"]
VERIFIED = DENSE["journeys/customers-verified-one-among-the-other"]
REFUSED = DENSE["journeys/a-customer-refused-until-rightly-signed-up"]


def checks(results: Results) -> list[Check]:
    return [check for scenario in results.scenarios for check in scenario.checks]


def red(results: Results) -> set[str]:
    return {one.requirement for one in checks(results) if one.verdict in (Verdict.FAILED, Verdict.WARNED)}


def verdicts(results: Results) -> set[Verdict]:
    return {check.verdict for check in checks(results)}


@pytest.mark.parametrize("name", [name for name in sorted(PROFILES) if dense_of(PROFILES[name])])
def test_an_unmodified_sandbox_passes_all_that_is_declared(name: str) -> None:
    results = play(PROFILES[name], NONE, dense_of(PROFILES[name]))
    assert verdicts(results) == {Verdict.PASSED}
    for one, result in zip(dense_of(PROFILES[name]), results.scenarios, strict=True):
        promised = {requirement for requirement in one.verifies if PROFILES[name].promises(requirement)}
        assert {check.requirement for check in result.checks} == promised


# Each strikes in an exchange that tries out several requirements at once.
@pytest.mark.parametrize(
    ("fault", "story"),
    [
        ("key-has-amount", BUYER),
        ("ids-with-brackets-refused", BUYER),
        ("emoji-become-question-marks", BUYER),
        ("twin-sales-count", BUYER),
        ("smaller-sale-swallowed", BUYER),
        ("repeated-lead-counts-again", BUYER),
        ("click-id-used-twice", BUYER),
        ("mismatch-confirms-by-address", VERIFIED),
        ("event-2-clears-avatar", VERIFIED),
        ("sale-spends-pending-lead", VERIFIED),
        ("first-owner-of-address-named", VERIFIED),
        ("wrong-token-recorded", REFUSED),
        ("unknown-click-takes-another", REFUSED),
        ("refused-lead-recorded", REFUSED),
    ],
)
def test_what_strikes_is_told_by_the_requirement_it_breaks(fault: str, story: Scenario) -> None:
    planted = fault_named(fault, "cutmeshort")
    judged = judge(planted, CUTMESHORT, play(CUTMESHORT, planted.variation, [story]))
    assert judged.killed
    assert judged.noise == ()


@pytest.mark.parametrize(
    "names",
    [
        ("mode-word-refused", "cents-only", "early-sale-refused", "later-lead-not-counted"),
        ("resend-confirms", "reads-lag", "repeats-conflict", "mismatch-shown-pending"),
        ("second-event-1-conflicts", "pending-hidden", "unknown-click-unlinked", "rate-limited"),
    ],
)
def test_lawful_variations_leave_them_green(names: lawful.Row) -> None:
    assert lawful.red("cutmeshort", names, lawful._played("cutmeshort", names, dense_of(CUTMESHORT))) == []


def _is_crowded(avatar: str, further: str) -> Variation:
    """A defect that shows only where two things come together, which no scenario has that looks at one of them."""
    return instead(lambda sent: sent.has(avatar) and further in sent.body, refusal(422, "too much at once"))


def test_what_nothing_that_is_tried_singly_explains_is_told_as_it_was_seen() -> None:
    results = play(CUTMESHORT, _is_crowded("customerAvatar", "utmSource"), [BUYER])
    (check,) = [one for one in checks(results) if one.verdict is Verdict.FAILED]
    assert check.requirement == "non-deferred.accepted"
    assert "nothing that was tried singly explains it" in check.actual
    assert results.verdict == "nonconformant"


def test_what_strikes_is_told_although_no_exchange_is_left_to_follow_it_up() -> None:
    fault = fault_named("ids-escaped", "cutmeshort")
    limits = replace(LIMITS, max_requests=30)
    results = play(CUTMESHORT, fault.variation, [BUYER], limits)
    assert results.run.requests <= 30
    assert red(results) == {fault.breaks}
    assert results.verdict == "nonconformant"


def test_a_limit_in_the_middle_of_a_story_drops_nothing_that_it_saw() -> None:
    fault = fault_named("details-answered-201", "cutmeshort")
    results = play(CUTMESHORT, fault.variation, [BUYER], replace(LIMITS, max_requests=9))
    assert "non-deferred.accepted" in red(results)


def test_a_target_on_which_nearly_everything_is_broken_is_not_asked_without_end() -> None:
    fault = fault_named("every-lead-waits", "cutmeshort")
    results = play(CUTMESHORT, fault.variation, choose(tuple(DENSE.values()), CUTMESHORT, 60).scenarios)
    assert results.verdict == "nonconformant"
    assert results.run.requests < 800


def test_without_read_back_what_is_recorded_is_left_open_and_answers_are_judged() -> None:
    results = play(CUTMESHORT, NONE, [BUYER], readback=None)
    by_id = {check.requirement: check for check in checks(results)}
    assert by_id["sale.amount-kept"].verdict is Verdict.INCONCLUSIVE
    assert by_id["sale.amount-kept"].missing is not None
    assert by_id["sale.accepted"].verdict is Verdict.PASSED
    assert red(results) == set()


def test_where_one_exchange_may_be_in_flight_only_races_are_left_open() -> None:
    results = play(CUTMESHORT, NONE, [BUYER, VERIFIED], replace(LIMITS, concurrency=1))
    open_ones = {check.requirement for check in checks(results) if check.verdict is Verdict.INCONCLUSIVE}
    assert open_ones
    assert {one.partition(".")[0] for one in open_ones} == {"race"}
    assert red(results) == set()


@pytest.mark.parametrize("clicks", [NoClicks(), GivenClicks(["id_1"])], ids=["none", "one"])
def test_with_too_few_click_ids_a_story_says_which_option_helps(clicks: ClickSource) -> None:
    results = play(CUTMESHORT, NONE, [BUYER], clicks=clicks, short_links=None)
    assert verdicts(results) == {Verdict.INCONCLUSIVE}
    assert {check.missing.option for check in checks(results) if check.missing} == {"--click-id", "--short-link"}


def test_a_transport_fault_that_is_gone_is_flaky_and_one_that_stays_is_the_targets() -> None:
    fault = fault_named("repeated-lead-hangs", "cutmeshort")
    results = play(CUTMESHORT, fault.variation, [BUYER])
    assert "retry.answered" in red(results)
    assert Verdict.ERRORED not in verdicts(results)
