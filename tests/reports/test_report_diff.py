"""What two runs found differently, and that whatever differs only because they are two runs is not told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from github_runner import obeyed
from report_data import assembled, hostile, realistic

from conformance.reports.diff import diff_json, diff_markdown, diff_text
from conformance.results import Results, Verdict
from conformance.results.answers import steady
from conformance.results.difference import Difference, Kind, difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.results import Exchange

NAME = "sale.recorded"
USUAL = realistic(80)  # two scenarios and more of each suite
VERDICTS = [verdict for verdict in Verdict if verdict is not Verdict.UNTESTED]


def judged(verdict: Verdict, *, only: int | None = None) -> Results:
    """A run in which one requirement has this verdict: in all scenarios that check it, or in one of them."""
    scenarios, seen = [], 0
    for scenario in USUAL.scenarios:
        checks = []
        for check in scenario.checks:
            mine = check.requirement == NAME
            changed = mine and only in (None, seen)
            seen += mine
            checks.append(replace(check, verdict=verdict, actual="something else") if changed else check)
        scenarios.append(replace(scenario, checks=tuple(checks), exchanges=()))
    return assembled(tuple(scenarios))


def compared(old: Results, new: Results) -> Difference:
    return difference(old, new, {})


def test_a_run_compared_with_itself_shows_nothing() -> None:
    found = compared(USUAL, USUAL)
    assert (found.changes, found.answers, found.notes, found.worse) == ((), (), (), False)
    assert diff_text(found) == "nonconformant → nonconformant: nothing got worse\n"


@pytest.mark.parametrize("was", VERDICTS)
@pytest.mark.parametrize("now", VERDICTS)
def test_each_step_from_verdict_to_verdict_has_its_kind(was: Verdict, now: Verdict) -> None:
    order = {Verdict.WARNED: 1, Verdict.ERRORED: 2, Verdict.FAILED: 3}
    if was is now:
        kind = None
    elif order.get(now, 0) > order.get(was, 0):
        kind = Kind.RED
    elif now is Verdict.PASSED:
        kind = Kind.GREEN
    elif now is Verdict.INCONCLUSIVE:
        kind = None if was is Verdict.ERRORED else Kind.UNOBSERVABLE
    else:
        kind = Kind.OTHER
    found = compared(judged(was), judged(now))
    assert [(each.kind, each.was, each.now) for each in found.changes] == ([(kind, was, now)] if kind else [])
    assert found.worse is (kind in (Kind.RED, Kind.UNOBSERVABLE))


def test_a_requirement_that_was_not_judged_this_time_is_unobservable_and_worse() -> None:
    old, new = USUAL, assembled(())
    found = compared(old, new)
    assert found.worse
    seen = {Verdict.PASSED, Verdict.FAILED, Verdict.WARNED, Verdict.WAIVED}
    lost = {each.id for each in old.requirements if each.verdict in seen}
    assert {each.requirement.id for each in found.of(Kind.UNOBSERVABLE)} == lost
    assert "its suite was not selected" in diff_text(found)


def test_one_more_red_scenario_of_a_red_requirement_is_worse() -> None:
    old, new = judged(Verdict.FAILED, only=0), judged(Verdict.FAILED)
    found = compared(old, new)
    assert found.worse
    assert found.changes
    assert all(each.kind is Kind.RED and each.scenario for each in found.changes)
    assert not compared(new, old).worse


def test_one_scenario_that_is_not_seen_any_more_is_told_and_not_worse() -> None:
    found = compared(judged(Verdict.PASSED), judged(Verdict.INCONCLUSIVE, only=0))
    assert [each.kind for each in found.changes] == [Kind.UNOBSERVABLE]
    assert not found.worse


def test_what_the_contract_does_not_have_any_more_is_told_and_not_worse() -> None:
    results = USUAL
    without = replace(results, requirements=tuple(each for each in results.requirements if each.id != NAME))
    found = compared(results, without)
    assert [(each.requirement.id, each.now) for each in found.changes] == [(NAME, None)]
    assert not found.worse


def test_a_renamed_requirement_is_the_same_requirement() -> None:
    old = judged(Verdict.FAILED)
    renamed = replace(
        old,
        requirements=tuple(replace(each, id="sale.kept") if each.id == NAME else each for each in old.requirements),
        scenarios=tuple(
            replace(
                scenario,
                checks=tuple(
                    replace(check, requirement="sale.kept") if check.requirement == NAME else check
                    for check in scenario.checks
                ),
            )
            for scenario in old.scenarios
        ),
    )
    assert compared(old, renamed).changes
    assert difference(old, renamed, {NAME: "sale.kept"}).changes == ()


# --- answers ----------------------------------------------------------------------------------------------------------


def answering(change: Callable[[Exchange], Exchange], suite: str = "sale") -> Results:
    results = USUAL
    return replace(
        results,
        scenarios=tuple(
            replace(each, exchanges=tuple(change(exchange) for exchange in each.exchanges))
            if each.suite == suite
            else each
            for each in results.scenarios
        ),
    )


def saying(old: str, new: str) -> Callable[[Exchange], Exchange]:
    def change(exchange: Exchange) -> Exchange:
        response = exchange.response
        return replace(exchange, response=response and replace(response, body=response.body.replace(old, new)))

    return change


def test_an_answer_that_changed_is_told_once_for_all_scenarios_with_it() -> None:
    found = compared(USUAL, answering(saying("event tracked", "queued")))
    assert not found.worse
    assert found.changes == ()
    steps = {answer.step for answer in found.answers}
    assert steps == {("event 1", "POST", "/api/track/lead"), ("event 2", "POST", "/api/track/lead")} | {
        ("sale", "POST", "/api/track/sale")
    }
    assert all('"event tracked"' in answer.was and '"queued"' in answer.now for answer in found.answers)
    assert all(len(answer.scenarios) > 1 for answer in found.answers)


def test_a_status_and_a_fault_are_answers_too() -> None:
    def accepted(exchange: Exchange) -> Exchange:
        return replace(exchange, response=exchange.response and replace(exchange.response, status=202))

    found = compared(USUAL, answering(accepted))
    assert any(answer.now.startswith("202 ") for answer in found.answers)
    reset = compared(USUAL, answering(lambda exchange: replace(exchange, response=None, fault="reset")))
    assert {answer.now for answer in reset.answers} == {"reset"}


def test_ids_times_and_names_of_a_run_are_no_change() -> None:
    volatile = {
        "tp-7f3k9q2w-aaab-Cu.": "tp-k3mm2x9b-aaac-Cu.",
        "tp-abcdefgh-aaab-Cu.": "tp-hgfedcba-aaac-Cu.",
        " TP-ABCDEFGH-AAAB-CU.": "%09tp-hgfedcba-aaac-Cu.%20x",
        "2026-04-10T12:34:56.789Z": "2026-05-11T01:02:03Z",
        "Fri, 10 Apr 2026 12:34:56 GMT": "Mon, 11 May 2026 01:02:03 GMT",
        "0b8f3c52-6f0e-4d0a-9d0b-1f2e3d4c5b6a": "9a8b7c6d-1111-4222-8333-444455556666",
        "clk_8Jk2mQ71": "clk_99ZxY1aa",
        "1775824496": "1778461323",
        "took 12 ms": "took 7.5ms",
    }
    for one, other in volatile.items():
        assert steady(f"lead {one} taken") == steady(f"lead {other} taken"), one
    for one, other in {"amount 4999": "amount 5000", "confirmed": "pending", "USD": "EUR"}.items():
        assert steady(one) != steady(other)


def test_values_of_id_and_time_keys_and_the_order_of_lists_are_no_change() -> None:
    def body(number: int, stamp: int, names: list[str]) -> Callable[[Exchange], Exchange]:
        text = json.dumps({"id": number, "leadId": number, "created_at": stamp, "names": names, "amount": 49.99})
        return lambda each: replace(each, response=each.response and replace(each.response, body=text))

    old, new = answering(body(1, 5, ["a", "b"])), answering(body(2, 6, ["b", "a"]))
    assert compared(old, new).answers == ()
    assert compared(old, answering(body(2, 6, ["b", "c"]))).answers


# --- how it is told ---------------------------------------------------------------------------------------------------


def test_text_names_what_is_red_why_and_how_to_see_it_again() -> None:
    text = diff_text(compared(judged(Verdict.PASSED), judged(Verdict.FAILED)))
    assert "something got worse" in text
    assert "newly red: 1" in text
    assert "sale.recorded (MUST): passed → failed; An accepted sale counts." in text
    assert "    found something else\n" in text
    assert "    again trackproof run https://staging.example.com/api --scenario sale/" in text


def test_json_has_everything() -> None:
    document = json.loads(diff_json(compared(judged(Verdict.PASSED), judged(Verdict.FAILED))))
    assert document["format"] == "trackproof-diff/1"
    assert document["worse"] is True
    (change,) = document["newly_red"]
    assert (change["requirement"], change["was"], change["now"]) == (NAME, "passed", "failed")
    assert document["newly_green"] == document["newly_unobservable"] == document["otherwise_changed"] == []
    assert document["changed_answers"] == []


def test_another_target_profile_or_version_is_noted() -> None:
    old = USUAL
    other = replace(
        old,
        tool_version="0.2.0",
        target=replace(old.target, url="https://other.example.com"),
        run=replace(old.run, complete=False),
        stopped="the token was refused",
    )
    notes = compared(old, other).notes
    assert "trackproof: was 0.1.0, now 0.2.0" in notes
    assert "target: was https://staging.example.com/api, now https://other.example.com" in notes
    assert "the new run is not complete: the token was refused" in notes


def test_hostile_text_stays_a_quotation() -> None:
    bad = "\n::error::x\n##[add-mask]y\n<script>alert(1)</script> [a](javascript:b) `c` | @team \x1b[31m"
    (scenario,) = hostile(bad).scenarios
    moved = tuple(replace(each, response=None, fault="deadline") for each in scenario.exchanges)
    quiet = replace(hostile(bad), scenarios=(replace(scenario, exchanges=moved),))
    for old in (assembled(()), quiet):
        found = compared(old, hostile(bad))
        assert found.changes or found.answers
        for text in (diff_text(found), diff_markdown(found), diff_json(found)):
            assert not obeyed(text)
            assert "\x1b" not in text.replace("\\u001b", "")
        assert json.loads(diff_json(found))["format"]
        markdown = diff_markdown(found)
        assert "](javascript" not in markdown.replace("`", "") or "`" in markdown
        assert all(not line.startswith(("<", "::")) for line in markdown.splitlines())
