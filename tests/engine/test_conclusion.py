"""From checks to verdicts: of a scenario, of a requirement, of the run (interfaces, section 4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from engine_talk import PROFILE
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import Level
from conformance.engine.attempt import Played
from conformance.engine.conclusion import EXIT_CODES, requirement_results, run_verdict, scenario_result
from conformance.engine.journey import Judged
from conformance.engine.selection import Selection
from conformance.results import Blame, Check, ScenarioResult, Verdict
from conformance.results.verdicts import requirement_verdict, scenario_verdict
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterable

MUST, OTHER_MUST = "deferred.one-lead", "sale.recorded"
SHOULD = "deferred.pending-visible"
JUDGED = [verdict for verdict in Verdict if verdict is not Verdict.UNTESTED]


def check(requirement: str, verdict: str) -> Check:
    level = PROFILE.requirement(requirement).level
    return Check(requirement, level, Verdict(verdict), "expected", "actual")


def result(*made: Check, name: str = "deferred/one") -> ScenarioResult:
    return ScenarioResult(name, "deferred", "Title.", "", made, (), 0.1)


def verdict(*made: Check, strict: bool = False, cut: str | None = None) -> tuple[str, str]:
    scenarios = [result(*made)] if made else []
    requirements = requirement_results(PROFILE, scenarios, Selection())
    return run_verdict(requirements, scenarios, strict=strict, cut=cut)


@pytest.mark.parametrize(
    ("made", "options", "expected"),
    [
        # 1. cut comes before everything
        ([(MUST, "failed")], {"cut": "interrupted"}, "cut"),
        ([(MUST, "passed")], {"cut": "interrupted"}, "cut"),
        ([], {"cut": "interrupted"}, "cut"),
        # 2. an unwaived MUST that failed, with --strict a SHOULD too
        ([(MUST, "failed"), (OTHER_MUST, "inconclusive")], {}, "nonconformant"),
        ([(MUST, "failed")], {}, "nonconformant"),
        ([(MUST, "failed"), (OTHER_MUST, "errored")], {}, "nonconformant"),
        ([(MUST, "passed"), (MUST, "failed"), (MUST, "passed")], {}, "nonconformant"),
        ([(SHOULD, "warned")], {"strict": True}, "nonconformant"),
        ([(MUST, "inconclusive"), (SHOULD, "warned")], {"strict": True}, "nonconformant"),
        ([(MUST, "waived"), (OTHER_MUST, "passed")], {}, "conformant"),
        # 3. nothing passed, or a MUST that could not be judged
        ([], {}, "inconclusive"),
        ([(MUST, "inconclusive")], {}, "inconclusive"),
        ([(SHOULD, "inconclusive")], {}, "inconclusive"),
        ([(SHOULD, "warned")], {}, "inconclusive"),
        ([(MUST, "waived")], {}, "inconclusive"),
        ([(MUST, "passed"), (OTHER_MUST, "inconclusive")], {}, "inconclusive"),
        ([(MUST, "passed"), (OTHER_MUST, "errored")], {}, "inconclusive"),
        ([(MUST, "passed"), (MUST, "errored")], {}, "inconclusive"),
        # 4. everything else
        ([(MUST, "passed")], {}, "conformant"),
        ([(MUST, "passed")], {"strict": True}, "conformant"),
        ([(MUST, "passed"), (MUST, "inconclusive")], {}, "conformant"),
        ([(MUST, "passed"), (SHOULD, "inconclusive")], {"strict": True}, "conformant"),
        ([(MUST, "passed"), (SHOULD, "errored")], {}, "conformant"),
        ([(MUST, "passed"), (SHOULD, "warned")], {}, "conformant"),
    ],
)
def test_the_first_rule_that_applies_gives_the_runs_verdict(
    made: list[tuple[str, str]], options: dict[str, object], expected: str
) -> None:
    word, why = verdict(*(check(*one) for one in made), **options)  # type: ignore[arg-type]

    assert word == expected
    assert why.endswith(".")
    assert word in EXIT_CODES


def test_every_verdict_of_a_run_has_its_exit_code() -> None:
    assert EXIT_CODES == {"conformant": 0, "nonconformant": 1, "inconclusive": 3, "cut": 130}


def test_the_reason_names_what_is_broken() -> None:
    assert verdict(check(MUST, "failed"))[1] == f"1 MUST broken: {MUST}."
    assert f"1 recommendation not followed: {SHOULD}" in verdict(check(SHOULD, "warned"), check(MUST, "passed"))[1]


def test_the_reason_names_five_and_counts_the_rest() -> None:
    musts = [one.id for one in PROFILE.requirements.values() if one.verifiable and one.level is Level.MUST][:8]

    assert verdict(*(check(one, "failed") for one in musts))[1] == (
        f"8 MUSTs broken: {', '.join(musts[:5])} and 3 more."
    )


def test_the_reason_tells_nothing_judged_from_nothing_selected() -> None:
    assert "Nothing was selected" in verdict()[1]
    assert "Nothing could be judged" in verdict(check(MUST, "inconclusive"))[1]


_ORDER_OF_REQUIREMENT = ["failed", "errored", "warned", "waived", "passed", "inconclusive"]
_ORDER_OF_SCENARIO = ["failed", "errored", "inconclusive", "warned", "waived", "passed"]


@pytest.mark.parametrize("pair", list(permutations(_ORDER_OF_REQUIREMENT, 2)))
def test_a_requirements_verdict_is_the_worst_of_its_checks(pair: tuple[str, str]) -> None:
    assert requirement_verdict(map(Verdict, pair)) == min(pair, key=_ORDER_OF_REQUIREMENT.index)


@pytest.mark.parametrize("pair", list(permutations(_ORDER_OF_SCENARIO, 2)))
def test_a_scenarios_verdict_is_the_worst_of_its_checks(pair: tuple[str, str]) -> None:
    assert scenario_verdict(map(Verdict, pair)) == min(pair, key=_ORDER_OF_SCENARIO.index)


def test_what_was_not_checked_is_untested_and_an_empty_scenario_inconclusive() -> None:
    assert requirement_verdict([]) is Verdict.UNTESTED
    assert scenario_verdict([]) is Verdict.INCONCLUSIVE


@given(st.lists(st.sampled_from(JUDGED), min_size=1), st.randoms(use_true_random=False))
def test_the_order_and_number_of_checks_mean_nothing(verdicts: list[Verdict], random: object) -> None:
    shuffled = [*verdicts, *verdicts]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert requirement_verdict(shuffled) is requirement_verdict(verdicts)
    assert scenario_verdict(shuffled) is scenario_verdict(verdicts)


@given(st.lists(st.sampled_from(JUDGED)))
def test_a_failure_more_never_makes_a_verdict_better(verdicts: list[Verdict]) -> None:
    assert requirement_verdict([*verdicts, Verdict.FAILED]) is Verdict.FAILED
    assert scenario_verdict([*verdicts, Verdict.FAILED]) is Verdict.FAILED


def test_results_name_every_requirement_that_binds_the_platform_and_no_other() -> None:
    found = requirement_results(PROFILE, [], Selection())

    assert {one.id for one in found} == {one.id for one in PROFILE.requirements.values() if one.binds == "platform"}


def test_an_untested_requirement_says_why() -> None:
    found = {one.id: one for one in requirement_results(PROFILE, [], Selection(requirements=(MUST,)))}
    unverifiable = next(one for one in PROFILE.requirements.values() if one.unverifiable and one.binds == "platform")

    assert {one.verdict for one in found.values()} == {Verdict.UNTESTED}
    assert found[MUST].reason == "no scenario of it was run"
    assert found[SHOULD].reason == "deselected"
    assert found[unverifiable.id].reason == unverifiable.unverifiable


def test_a_requirement_names_each_scenario_that_checked_it_once() -> None:
    scenarios = [
        result(check(MUST, "passed"), check(MUST, "passed"), name="deferred/one"),
        result(check(MUST, "failed"), name="deferred/two"),
    ]
    found = {one.id: one for one in requirement_results(PROFILE, scenarios, Selection())}

    assert found[MUST].scenarios == ("deferred/one", "deferred/two")
    assert found[MUST].verdict is Verdict.FAILED


def hidden_result(made: Check, hidden: Iterable[str], shown: set[str]) -> Check:
    played = Played(all_scenarios()[0], (Judged(made, frozenset(hidden)),), (), 0.1)
    return scenario_result(played, shown).checks[0]


@pytest.mark.parametrize("worst", ["failed", "warned"])
def test_a_detail_that_nobody_was_ever_shown_cannot_be_judged(worst: str) -> None:
    made = replace(check(MUST, worst), blame=Blame.TARGET)
    found = hidden_result(made, {"avatar"}, {"name"})

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.blame is None
    assert found.reason is not None
    assert "avatar" in found.reason
    assert found.missing is not None


def test_a_detail_that_somebody_was_shown_is_lost() -> None:
    made = replace(check(MUST, "failed"), blame=Blame.TARGET)

    assert hidden_result(made, {"avatar"}, {"avatar"}) == made


def test_of_two_details_one_that_is_lost_is_enough() -> None:
    made = replace(check(MUST, "failed"), blame=Blame.TARGET)

    assert hidden_result(made, {"avatar", "name"}, {"name"}) == made


def test_what_is_red_for_another_reason_stays_red() -> None:
    made = replace(check(MUST, "failed"), blame=Blame.TARGET)

    assert hidden_result(made, (), set()) == made
