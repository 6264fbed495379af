"""Transport faults, defects of trackproof and scenarios that break off: who is blamed, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine_scenarios as told
import httpx
import pytest
from engine_talk import (
    Alter,
    PassOn,
    answer,
    body_of,
    broken,
    checks,
    is_event_2,
    is_lead,
    is_sale,
    named,
    only,
    play,
    requirement,
    unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.results import Results

GARBAGE = httpx.RemoteProtocolError("illegal status line")


def failing(
    when: Callable[[httpx.Request], bool], times: float = float("inf"), error: Exception | None = None
) -> Alter:
    """A platform whose connection breaks at some requests, so many times."""
    struck = 0

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal struck
        if when(request) and struck < times:
            struck += 1
            raise error or httpx.ReadError("connection reset by peer")
        return await pass_on(request)

    return alter


def sale_of(results: Results) -> tuple[str, str | None, str | None, bool]:
    (check,) = checks(results, "sale.accepted")
    return check.verdict, check.blame, check.code, check.flaky


def test_a_fault_that_is_gone_the_second_time_is_flaky_and_not_hidden() -> None:
    results = play(failing(is_sale, times=1), told.a_sale_is_accepted)

    assert sale_of(results) == ("passed", None, None, True)
    assert checks(results, "sale.accepted")[0].note == "first try: reset: connection reset by peer"
    assert results.scenarios[0].attempts == 2
    assert results.verdict == "conformant"
    (warning,) = (each for each in results.warnings if each.startswith("flaky: "))
    assert warning.startswith(f"flaky: sale.accepted in {results.scenarios[0].id}: first try: reset: ")
    assert "; second try: " in warning


def test_both_tries_are_in_the_transcript_under_fresh_names() -> None:
    results = play(failing(is_sale, times=1), told.a_sale_is_accepted)
    sales = [one for one in results.scenarios[0].exchanges if one.step.startswith("sale")]

    assert [one.step for one in sales] == ["sale (first try)", "sale"]
    assert sales[0].fault == "reset"
    assert sales[0].request.body != sales[1].request.body


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ReadError("reset"), "reset"),
        (httpx.ConnectError("refused"), "no-answer"),
        (GARBAGE, "not-http"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "no-answer"),
    ],
)
def test_the_same_fault_at_the_same_step_is_the_targets_while_a_control_passes(error: Exception, code: str) -> None:
    results = play(failing(is_sale, error=error), told.a_sale_is_accepted)

    assert sale_of(results) == ("failed", "target", code, False)
    assert results.verdict == "nonconformant"
    assert results.scenarios[0].attempts == 2


def test_a_should_that_meets_a_fault_twice_is_warned() -> None:
    def broken_utf_8(request: httpx.Request) -> bool:
        return b"\xff" in request.content

    results = play(
        failing(broken_utf_8), *named("resilience/a-body-that-is-no-utf-8"), selection=only(suites=("resilience",))
    )

    (check,) = checks(results, "resilience.broken-utf-8")
    assert (check.verdict, check.blame, check.code) == ("warned", "target", "reset")
    assert results.verdict == "inconclusive"


def test_a_fault_while_nothing_else_is_answered_either_is_nobodys() -> None:
    gone = False

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal gone
        gone = gone or is_sale(request)
        if gone and is_sale(request):
            raise httpx.ReadError("reset")
        if gone and body_of(request) == {}:
            raise httpx.ConnectError("refused")
        return await pass_on(request)

    async def without_control(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        # The control exchange is the lead without a body; click ids are still minted.
        return await (alter(request, pass_on) if request.method == "POST" else pass_on(request))

    results = play(without_control, told.a_sale_is_accepted)

    assert sale_of(results) == ("errored", "undecided", "reset", False)
    assert results.verdict == "inconclusive"


def test_another_fault_than_the_first_proves_nothing() -> None:
    errors = iter([httpx.ReadError("reset"), httpx.ConnectError("refused")])

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_sale(request):
            raise next(errors)
        return await pass_on(request)

    assert sale_of(play(alter, told.a_sale_is_accepted)) == ("errored", "undecided", "no-answer", False)


def test_a_fault_at_a_step_that_is_only_set_up_names_the_owner() -> None:
    results = play(failing(is_sale), *named("duplicate-sale/identical", "duplicate-sale/a-repeat-after-a-pause"))

    assert results.scenarios
    for scenario in results.scenarios:
        for check in scenario.checks:
            assert check.verdict == "inconclusive"
            assert check.code == "reset"
            assert "sale.accepted judges that" in (check.reason or "")


def test_a_fault_in_a_step_that_nobody_judges_is_told_too() -> None:
    once = failing(lambda request: is_event_2(request) and body_of(request)["eventName"] == "demo_booked", times=1)
    results = play(once, *named("non-deferred/a-later-lead"))

    assert results.scenarios[0].attempts == 2
    assert any(check.flaky for check in results.scenarios[0].checks)


def test_a_defect_of_a_scenario_is_the_harnesss_and_ends_nothing_else() -> None:
    results = play(unchanged, told.it_crashes, told.a_sale_is_accepted)

    assert [check.verdict for check in checks(results, "non-deferred.accepted")] == ["passed"]
    (check,) = checks(results, "non-deferred.one-lead")
    assert (check.verdict, check.blame) == ("errored", "harness")
    assert "ZeroDivisionError" in check.actual
    assert sale_of(results)[0] == "passed"
    assert results.verdict == "inconclusive"


def test_a_request_that_the_contract_forbids_is_never_sent() -> None:
    leads: list[httpx.Request] = []

    async def listening(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_lead(request):
            leads.append(request)
        return await pass_on(request)

    results = play(listening, told.it_sends_what_the_contract_forbids)
    (check,) = checks(results, "non-deferred.accepted")

    assert (check.verdict, check.blame) == ("errored", "harness")
    assert "does not allow" in check.actual
    assert all(body_of(request)["eventName"] for request in leads)


def test_a_harness_fault_before_any_check_is_not_lost() -> None:
    (check,) = checks(play(unchanged, told.it_repeats_what_was_never_sent), "non-deferred.accepted")

    assert (check.verdict, check.blame) == ("errored", "harness")


def test_what_a_scenario_declares_and_does_not_judge_is_inconclusive() -> None:
    results = play(unchanged, told.the_second_half_is_forgotten)

    assert [check.verdict for check in checks(results, "non-deferred.accepted")] == ["passed"]
    assert sale_of(results)[0] == "inconclusive"


def test_a_scenario_that_breaks_off_between_two_checks_of_one_requirement_has_not_passed() -> None:
    (scenario,) = play(unchanged, told.it_breaks_off_between_two_checks).scenarios

    assert scenario.verdict == "inconclusive"
    assert "deferred.event-2-accepted judges that" in (scenario.checks[-1].reason or "")


def test_a_target_that_refuses_all_event_1s_is_red_in_one_place_only() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        refused = is_lead(request) and body_of(request).get("mode") == "deferred"
        return answer(400, {"message": "no deferred leads today"}) if refused else await pass_on(request)

    results = play(alter, *named("deferred/", "resent-click-id/", "mismatched-external-id/", "non-deferred/", "sale/"))
    red = {one.id for one in results.requirements if one.verdict in ("failed", "warned", "errored")}

    assert red == {"deferred.event-1-accepted"}
    assert results.verdict == "nonconformant"
    for requirement_id in broken(results) - red:
        assert requirement(results, requirement_id).verdict == "inconclusive"
        reasons = {check.reason for check in checks(results, requirement_id)}
        assert all("deferred.event-1-accepted judges that" in (reason or "") for reason in reasons), requirement_id


def test_a_target_that_accepts_event_1_and_records_nothing_of_it_is_red_where_that_is_judged() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        lost = is_lead(request) and body_of(request).get("mode") == "deferred"
        return answer(200, {"success": True}) if lost else await pass_on(request)

    results = play(alter, *named("deferred/", "mismatched-external-id/"))
    failed = {one.id for one in results.requirements if one.verdict == "failed"}

    assert "deferred.attribution-locked" in failed
    assert not {one for one in failed if one.startswith("mismatched")}


def test_a_short_link_that_gives_nothing_leaves_its_owner_red_and_the_rest_inconclusive() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return (
            answer(404, {"message": "no such link"}) if request.url.path.startswith("/l/") else await pass_on(request)
        )

    results = play(alter, *named("click-capture/", "non-deferred/", "sale/"))
    failed = {one.id for one in results.requirements if one.verdict == "failed"}

    assert failed == {"click-capture.parameter-in-location"}
    assert requirement(results, "non-deferred.accepted").verdict == "inconclusive"
