"""What a waiver covers, when it is stale, and what an earlier run's failures allow; all without a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from conformance.contract import Level
from conformance.results import Blame, Check, ProfileInfo, Results, RunInfo, ScenarioResult, TargetInfo, Verdict
from conformance.results.waivers import INCONCLUSIVE, KnownFailures, Waiver, Waivers, failures_of, unwaived

A, B = "sale.recorded", "sale.accepted"
RED = (Verdict.FAILED, Verdict.WARNED)


def check(verdict: Verdict, requirement: str = A, **further: object) -> Check:
    level = Level.SHOULD if verdict is Verdict.WARNED else Level.MUST
    blame = Blame.TARGET if verdict in RED else None
    return replace(Check(requirement, level, verdict, "one sale", "none", blame), **further)  # type: ignore[arg-type]


def scenario(name: str, *checks: Check) -> ScenarioResult:
    return ScenarioResult(name, "sale", "A title.", "", checks, (), 0.1)


def waiver(*pairs: tuple[str, str], accepts: str = "failure", subject: str = A) -> Waiver:
    return Waiver(
        "trackproof.toml, line 7",
        "the importer is rewritten",
        "payments",
        "https://tracker.example.com/1",
        date(2027, 1, 31),
        requirement=subject,
        accepts=accepts,
        covered=frozenset(pairs or {("sale/one", A)}),
    )


def results(*scenarios: ScenarioResult) -> Results:
    return Results(
        "1",
        ProfileInfo("cutmeshort", "", "1"),
        TargetInfo("http://x", embedded=False),
        RunInfo("abc", 1, "", 1, 1, complete=True),
        "nonconformant",
        "",
        scenarios=scenarios,
    )


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.UNTESTED])
@pytest.mark.parametrize("accepts", ["failure", INCONCLUSIVE])
def test_a_waiver_takes_what_it_accepts_and_nothing_else(verdict: Verdict, accepts: str) -> None:
    taken = RED if accepts == "failure" else (Verdict.INCONCLUSIVE,)
    applied = Waivers((waiver(accepts=accepts),)).applied(scenario("sale/one", check(verdict)))
    assert applied.checks[0].verdict is (Verdict.WAIVED if verdict in taken else verdict)


def test_a_waived_check_says_by_whom_why_and_until_when_and_what_was_found() -> None:
    (waived,) = Waivers((waiver(),)).applied(scenario("sale/one", check(Verdict.FAILED))).checks
    for word in ("the importer is rewritten", "payments", "2027-01-31", "https://tracker.example.com/1"):
        assert word in (waived.note or "")
    assert (waived.expected, waived.actual, waived.blame) == ("one sale", "none", Blame.TARGET)


def test_a_waiver_covers_neither_another_requirement_nor_another_scenario() -> None:
    waivers = Waivers((waiver(),))
    elsewhere = scenario("sale/two", check(Verdict.FAILED))
    other = scenario("sale/one", check(Verdict.FAILED, B))
    assert (waivers.applied(elsewhere), waivers.applied(other)) == (elsewhere, other)


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.WARNED, Verdict.INCONCLUSIVE])
def test_what_was_waived_can_be_taken_back(verdict: Verdict) -> None:
    found = check(verdict, reason="no read-back" if verdict is Verdict.INCONCLUSIVE else None)
    accepts = INCONCLUSIVE if verdict is Verdict.INCONCLUSIVE else "failure"
    (waived,) = Waivers((waiver(accepts=accepts),)).applied(scenario("sale/one", found)).checks
    assert waived.verdict is Verdict.WAIVED
    assert unwaived(waived) == found


BOTH = (("sale/one", A), ("sale/two", A))
STALE = {
    "everything passes": ([check(Verdict.PASSED)], [check(Verdict.PASSED)], True),
    "one still fails": ([check(Verdict.PASSED)], [check(Verdict.WAIVED, blame=Blame.TARGET)], False),
    "one could not be observed": ([check(Verdict.PASSED)], [check(Verdict.INCONCLUSIVE)], False),
    "one has errored": ([check(Verdict.PASSED)], [check(Verdict.ERRORED)], False),
    "one passed on its second try": ([check(Verdict.PASSED)], [check(Verdict.PASSED, flaky=True)], False),
    "one was not checked": ([check(Verdict.PASSED)], [check(Verdict.PASSED, B)], False),
    "one was not run": ([check(Verdict.PASSED)], None, False),
}


@pytest.mark.parametrize("what", STALE, ids=[name.replace(" ", "-") for name in STALE])
def test_a_waiver_is_stale_when_all_it_is_about_was_judged_and_passes(what: str) -> None:
    first, second, stale = STALE[what]
    ran = [scenario("sale/one", *first), *([scenario("sale/two", *second)] if second is not None else [])]
    one = waiver(*BOTH)
    assert Waivers((one,)).stale(ran) == ((one,) if stale else ())


def test_a_waiver_of_what_cannot_be_observed_is_stale_as_soon_as_it_can() -> None:
    one = waiver(*BOTH, accepts=INCONCLUSIVE)
    seen = [scenario("sale/one", check(Verdict.PASSED)), scenario("sale/two", check(Verdict.FAILED))]
    unseen = [*seen[:1], scenario("sale/two", check(Verdict.WAIVED))]
    assert Waivers((one,)).stale(seen) == (one,)
    assert Waivers((one,)).stale(unseen) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("conformant", "nonconformant"),
        ("inconclusive", "nonconformant"),
        ("nonconformant", "nonconformant"),
        ("cut", "cut"),
    ],
)
def test_a_stale_waiver_fails_the_run_and_names_its_line(before: str, after: str) -> None:
    verdict, why, remarks = Waivers((waiver(),)).verdict(before, "why", [scenario("sale/one", check(Verdict.PASSED))])
    assert verdict == after
    assert (why == "why") is (before == after)
    assert ["trackproof.toml, line 7" in remark and A in remark and "delete" in remark for remark in remarks] == [True]


def test_waivers_that_cover_something_leave_the_verdict_alone() -> None:
    ran = [scenario("sale/one", check(Verdict.WAIVED, blame=Blame.TARGET))]
    assert Waivers((waiver(),)).verdict("conformant", "why", ran) == ("conformant", "why", ())


def test_known_failures_are_waived_and_new_ones_are_not() -> None:
    known = failures_of(results(scenario("sale/one", check(Verdict.FAILED))), "old.json")
    waivers = Waivers(known=known)
    (old,) = waivers.applied(scenario("sale/one", check(Verdict.FAILED))).checks
    assert old.verdict is Verdict.WAIVED
    assert "old.json" in (old.note or "")
    for new in (scenario("sale/two", check(Verdict.FAILED)), scenario("sale/one", check(Verdict.FAILED, B))):
        assert waivers.applied(new) == new


def test_a_failure_that_was_waived_then_is_known_too() -> None:
    first = failures_of(results(scenario("sale/one", check(Verdict.FAILED))), "first.json")
    second = Waivers(known=first).applied(scenario("sale/one", check(Verdict.FAILED)))
    assert failures_of(results(second), "second.json").pairs == first.pairs


def test_what_passed_or_could_not_be_judged_then_is_not_known() -> None:
    passed = (check(Verdict.PASSED), check(Verdict.INCONCLUSIVE, B), check(Verdict.ERRORED, "sale.x"))
    assert failures_of(results(scenario("sale/one", *passed)), "old.json").pairs == frozenset()


@pytest.mark.parametrize(("now", "told"), [(Verdict.PASSED, True), (Verdict.INCONCLUSIVE, False), (None, False)])
def test_what_is_no_longer_broken_is_told(now: Verdict | None, told: bool) -> None:  # noqa: FBT001 - a parameter
    waivers = Waivers(known=KnownFailures("old.json", frozenset({("sale/one", A)})))
    ran = [scenario("sale/one", check(now))] if now else []
    verdict, _, remarks = waivers.verdict("conformant", "", ran)
    assert verdict == "conformant"
    assert [A in remark and "old.json" in remark for remark in remarks] == ([True] if told else [])
