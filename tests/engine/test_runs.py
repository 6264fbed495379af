"""A whole run: rate limits, bounds, cuts, a target that dies, and the preflight."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import engine_scenarios as told
import httpx
import pytest
from engine_talk import (
    EVERYTHING,
    Altered,
    PassOn,
    answer,
    body_of,
    checks,
    customer_read,
    flat,
    is_event,
    is_lead,
    is_sale,
    make_run,
    named,
    only,
    options,
    play,
    requirement,
    rewritten,
    unchanged,
)
from virtual_time import run_at_once

from conformance.engine.events import RatePaused, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted
from conformance.target import pace
from conformance.target.clicks import GivenClicks, NoClicks
from conformance.target.target import Limits, TargetOptions

if TYPE_CHECKING:
    from conformance.engine.events import Event
    from conformance.results import Results

SHORT = Limits(deadline=0.5, settle=0.5)


# --- looks ----------------------------------------------------------------------------------------------------------


def test_what_was_looked_at_after_the_last_step_is_not_looked_at_again() -> None:
    results = play(unchanged, told.a_lead_shows_counts_once_and_is_attributed)
    exchanges = results.scenarios[0].exchanges

    assert results.scenarios[0].verdict == "passed"
    assert [one.verdict for one in results.scenarios[0].checks] == ["passed"] * 8
    # After each lead one look for what must be there, one before and one after the wait for what must not.
    assert [one.step for one in exchanges if one.step != "click"] == ["non_deferred", *["read-back"] * 3] * 2


def test_what_comes_after_a_step_is_looked_at_anew() -> None:
    leads: Counter[str] = Counter()

    async def the_second_counts_again(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_lead(request):
            leads[body_of(request)["customerExternalId"]] += 1
        response = await pass_on(request)
        if leads[customer_read(request) or ""] < 2 or response.status_code != 200:
            return response
        return await rewritten(response, lambda shown: {**shown, "leads": shown["leads"] * 2})

    results = play(the_second_counts_again, told.a_lead_shows_counts_once_and_is_attributed)

    assert requirement(results, "non-deferred.one-lead").verdict == "failed"


# --- events --------------------------------------------------------------------------------------------------------


def test_a_run_tells_what_it_does_from_the_first_to_the_last() -> None:
    events: list[Event] = []
    scenarios = flat([told.a_sale_is_accepted, told.a_lead_shows])
    results = run_at_once(make_run(Altered(unchanged), scenarios, on_event=events.append).results())

    assert isinstance(events[0], RunStarted)
    assert events[0].scenarios == 2
    assert isinstance(events[-1], RunFinished)
    assert events[-1].results is results
    assert {event.id for event in events if isinstance(event, ScenarioStarted)} == {one.id for one in scenarios}
    assert {event.result.id for event in events if isinstance(event, ScenarioFinished)} == {one.id for one in scenarios}


def test_results_name_everything_that_was_created() -> None:
    results = play(unchanged, told.a_sale_is_accepted, told.a_pending_lead_does_not_count)
    sent = {
        customer
        for scenario in results.scenarios
        for exchange in scenario.exchanges
        if (
            customer := body_of(httpx.Request("POST", "http://x", content=exchange.request.body)).get(
                "customerExternalId"
            )
        )
    }

    assert sent
    assert sent <= set(results.run.created)
    assert all(customer.startswith(f"tp-{results.run.id}-") for customer in results.run.created)


def test_a_run_of_nothing_sends_nothing_and_is_inconclusive() -> None:
    platform = Altered(unchanged)
    results = run_at_once(make_run(platform, []).results())

    assert results.verdict == "inconclusive"
    assert "Nothing was selected" in results.why
    assert platform.seen == []


def test_a_target_that_never_shows_anybody_makes_the_run_ask_whether_the_read_back_is_right() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(404) if customer_read(request) is not None else await pass_on(request)

    results = play(alter, told.a_lead_shows, limits=SHORT)

    assert any("is --readback right?" in warning for warning in results.warnings)
    assert checks(results, "non-deferred.confirmed-at-once")[0].verdict == "failed"


def test_a_strict_run_is_red_for_a_recommendation() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        response = await pass_on(request)
        if is_event(request):
            await response.aread()
            return httpx.Response(response.status_code, content=response.content, headers={"content-type": "text/json"})
        return response

    scenarios = named("resilience/success-answers", "non-deferred/one-event-is-a-confirmed")

    assert play(alter, *scenarios).verdict == "conformant"
    assert play(alter, *scenarios, strict=True).verdict == "nonconformant"


# --- evidence ------------------------------------------------------------------------------------------------------


def test_without_read_back_answers_are_judged_and_the_rest_is_inconclusive_by_name() -> None:
    platform = Altered(unchanged)
    scenarios = named("non-deferred/one-event-is-a-confirmed")
    results = run_at_once(make_run(platform, scenarios, target=options(platform, readback=False)).results())

    assert requirement(results, "non-deferred.accepted").verdict == "passed"
    (check,) = checks(results, "non-deferred.confirmed-at-once")
    assert check.verdict == "inconclusive"
    assert check.missing is not None
    assert check.missing.option == "--readback"
    assert results.verdict == "inconclusive"
    assert not [request for request in platform.seen if customer_read(request) is not None]


@pytest.mark.parametrize(
    "body", ["<html>welcome</html>", "[]", '{"leads": null}', "{}", '{"leads": [], "sales": [{"amount": "many"}]}']
)
def test_a_read_back_that_cannot_be_read_is_errored_and_nobodys_fault(body: str) -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(200, body) if customer_read(request) is not None else await pass_on(request)

    (check,) = checks(play(alter, told.a_lead_shows, limits=SHORT), "non-deferred.confirmed-at-once")

    assert (check.verdict, check.blame) == ("errored", "undecided")
    assert "malformed" in check.actual


def test_a_read_back_that_fails_is_errored_and_absence_is_not_taken_from_it() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(500, {"message": "oops"}) if customer_read(request) is not None else await pass_on(request)

    results = play(alter, told.a_lead_shows, told.a_pending_lead_does_not_count, limits=SHORT)

    assert checks(results, "non-deferred.confirmed-at-once")[0].verdict == "errored"
    assert checks(results, "deferred.pending-until-event-2")[0].verdict in ("errored", "inconclusive")
    assert results.verdict == "inconclusive"


def test_a_read_back_whose_connection_breaks_names_the_fault() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if customer_read(request) is not None:
            raise httpx.ReadError("reset")
        return await pass_on(request)

    (check,) = checks(play(alter, told.a_lead_shows, limits=SHORT), "non-deferred.confirmed-at-once")

    assert (check.verdict, check.blame, check.code) == ("errored", "undecided", "reset")


def test_without_a_marker_absence_is_inconclusive() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(404) if customer_read(request) is not None else await pass_on(request)

    (check,) = checks(play(alter, told.a_pending_lead_does_not_count, limits=SHORT), "deferred.pending-until-event-2")

    assert check.verdict == "inconclusive"
    assert "marker" in (check.reason or "")
    assert check.missing is not None
    assert check.missing.option == "--settle"


def test_a_lost_pending_lead_that_counts_is_seen_although_reads_lag() -> None:
    written: dict[str, float] = {}

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_lead(request):
            body = body_of(request)
            written.setdefault(body["customerExternalId"], time.monotonic())
            # A platform that confirms a deferred lead at once.
            url, headers = request.url, dict(request.headers)
            plain = {key: value for key, value in body.items() if key != "mode"}
            del headers["content-length"]
            return await pass_on(httpx.Request("POST", url, headers=headers, json=plain))
        customer = customer_read(request)
        if customer is not None and time.monotonic() - written.get(customer, 0) < 0.4:
            return answer(404)
        return await pass_on(request)

    (check,) = checks(play(alter, told.a_pending_lead_does_not_count), "deferred.pending-until-event-2")

    assert check.verdict == "failed"


# --- click ids -----------------------------------------------------------------------------------------------------


def with_clicks(clicks: Any, *scenarios: Any) -> Results:
    platform = Altered(unchanged)
    target = TargetOptions(
        url="http://platform", token="an-engine-token", clicks=clicks, transport=options(platform).transport
    )
    return run_at_once(make_run(platform, flat(scenarios), target=target).results())


def test_without_click_ids_what_needs_one_is_inconclusive_and_names_the_option() -> None:
    (check,) = checks(with_clicks(NoClicks(), told.a_sale_is_accepted), "sale.accepted")

    assert check.verdict == "inconclusive"
    assert check.missing is not None
    assert check.missing.option == "--click-id"


def test_a_scenario_that_needs_two_click_ids_is_inconclusive_when_one_is_given() -> None:
    results = with_clicks(GivenClicks(["id_only"]), *named("deferred/a-second-event-1"))

    assert {check.verdict for check in results.scenarios[0].checks} == {"inconclusive"}
    assert "more distinct click ids" in (results.scenarios[0].checks[0].reason or "")


def test_a_short_link_that_repeats_itself_is_inconclusive_where_distinct_ids_are_needed() -> None:
    first: list[httpx.Response] = []

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if not request.url.path.startswith("/l/"):
            return await pass_on(request)
        if not first:
            first.append(await pass_on(request))
        return httpx.Response(302, headers={"location": first[0].headers["location"]})

    results = play(alter, *named("deferred/a-second-event-1"), *named("click-capture/each-visit"))

    assert requirement(results, "click-capture.fresh-id").verdict == "warned"
    assert {check.verdict for check in checks(results, "deferred.first-click-stays")} == {"inconclusive"}


# --- rate limits ---------------------------------------------------------------------------------------------------


def limiting(when: Any, times: float = float("inf"), **headers: str) -> Any:
    struck = 0

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal struck
        if when(request) and struck < times:
            struck += 1
            return answer(429, {"message": "slow down"}, **headers)
        return await pass_on(request)

    return alter


@pytest.mark.parametrize("how", ["seconds", "date"])
def test_a_429_is_waited_for_and_is_no_verdict(how: str) -> None:
    after = "0.05" if how == "seconds" else email.utils.formatdate(time.time(), usegmt=True)
    paused: list[float] = []
    run = make_run(
        Altered(limiting(is_sale, times=2, Retry_After=after)),
        flat([told.a_sale_is_accepted]),
        on_event=lambda event: paused.append(event.seconds) if isinstance(event, RatePaused) else None,
    )
    results = run_at_once(run.results())

    assert checks(results, "sale.accepted")[0].verdict == "passed"
    assert not checks(results, "sale.accepted")[0].flaky
    assert results.scenarios[0].attempts == 1
    assert [one.response.status for one in results.scenarios[0].exchanges if one.response and one.step == "sale"] == [
        429,
        429,
        200,
    ]
    assert paused == [0.05, 0.05]


def test_a_target_that_answers_nothing_but_429_is_inconclusive_and_the_run_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "_PATIENCE_BEFORE_ANY_ANSWER", 0.2)
    results = play(limiting(lambda _: True, Retry_After="0.05"), *EVERYTHING, limits=SHORT)

    assert results.verdict == "inconclusive"
    assert {one.verdict for one in results.requirements} == {"inconclusive", "untested"}
    assert not {check.verdict for scenario in results.scenarios for check in scenario.checks} - {"inconclusive"}
    assert results.run.complete
    assert results.stopped is None
    assert len(results.scenarios) == len(EVERYTHING)


def test_a_race_that_met_a_429_is_run_again_alone() -> None:
    results = play(limiting(is_sale, times=1, Retry_After="0.05"), told.a_small_race, told.a_lead_shows)
    statuses = [one.response.status for one in results.scenarios[0].exchanges if one.response and one.step == "sale"]

    assert {check.verdict for check in checks(results, "race.sales-counted-once")} == {"passed"}
    assert statuses == [200, 200, 200]


def test_a_race_that_meets_429_again_is_inconclusive() -> None:
    results = play(limiting(is_sale, Retry_After="0.05"), told.a_small_race)
    (check,) = checks(results, "race.sales-counted-once")

    assert check.verdict == "inconclusive"
    assert "no race" in (check.reason or "")


# --- bounds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 7, 40])
def test_no_more_exchanges_are_sent_than_allowed(most: int) -> None:
    platform = Altered(unchanged)
    limits = Limits(deadline=1, settle=1, max_requests=most)
    results = run_at_once(make_run(platform, EVERYTHING, limits=limits).results())

    assert len(platform.seen) == results.run.requests == most
    assert results.verdict == "inconclusive"
    reasons = {check.reason for scenario in results.scenarios for check in scenario.checks if check.reason}
    assert any("--max-requests" in reason for reason in reasons)
    assert not [check for scenario in results.scenarios for check in scenario.checks if check.verdict == "errored"]


def test_a_bound_is_kept_when_connections_break() -> None:
    async def alter(request: httpx.Request, _pass_on: PassOn) -> httpx.Response:
        if is_event(request) and len(platform.seen) > 3:
            raise httpx.ReadError("reset")
        return await _pass_on(request)

    platform = Altered(alter)
    limits = Limits(deadline=1, settle=1, max_requests=25)
    results = run_at_once(make_run(platform, EVERYTHING, limits=limits).results())

    assert len(platform.seen) == results.run.requests <= 25


async def stuck(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    if is_sale(request):
        await asyncio.sleep(60)
    return await pass_on(request)


def test_a_run_that_takes_too_long_is_cut_and_says_so() -> None:
    results = play(stuck, told.a_sale_is_accepted, told.a_lead_shows, limits=Limits(deadline=30), max_time=0.6)

    assert results.verdict == "cut"
    assert "--max-time" in results.why
    assert not results.run.complete
    assert [scenario.suite for scenario in results.scenarios] == ["engine-scenarios"]
    assert requirement(results, "non-deferred.confirmed-at-once").verdict == "passed"


def test_a_run_that_is_stopped_keeps_what_it_found() -> None:
    async def story() -> Results:
        def listen(event: Event) -> None:
            if isinstance(event, ScenarioFinished):
                run.stop("interrupted")

        run = make_run(
            Altered(stuck), flat([told.a_sale_is_accepted, told.a_lead_shows]), limits=Limits(deadline=30),
            on_event=listen,
        )  # fmt: skip
        return await run.results()

    results = run_at_once(story())

    assert results.verdict == "cut"
    assert "interrupted" in results.why
    assert len(results.scenarios) == 1


def test_a_run_that_is_stopped_before_it_began_sends_nothing() -> None:
    platform = Altered(unchanged)
    run = make_run(platform, flat([told.a_sale_is_accepted]))
    run.stop("interrupted")
    run.stop("again")
    results = run_at_once(run.results())

    assert results.verdict == "cut"
    assert "interrupted" in results.why
    assert platform.seen == []


def test_a_run_that_is_cut_while_markers_are_awaited_leaves_nothing_behind() -> None:
    complaints: list[dict[str, Any]] = []

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(404) if customer_read(request) is not None else await pass_on(request)

    async def story() -> Results:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
        results = await make_run(
            Altered(alter), flat([told.a_pending_lead_does_not_count]), limits=Limits(settle=30), max_time=0.5
        ).results()
        await asyncio.sleep(0.6)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return results

    assert run_at_once(story()).verdict == "cut"
    assert complaints == []


def test_pacing_runs_few_scenarios_side_by_side() -> None:
    inside, most = 0, 0

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        return await pass_on(request)

    play(alter, told.a_lead_is_accepted, limits=Limits(requests_per_minute=60_000, concurrency=3))

    assert most <= 3


# --- a target that dies --------------------------------------------------------------------------------------------


def test_of_a_target_that_dies_what_was_found_stands_and_the_rest_is_errored() -> None:
    events = 0

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal events
        events += is_event(request)
        if events > 60:
            raise httpx.ConnectError("connection refused")
        if is_event(request) and body_of(request).get("mode") == "sometimes":
            return answer(200, {"success": True})
        return await pass_on(request)

    results = play(alter, *named("validation/a-lead-", "deferred/", "sale/", "retry/"), limits=SHORT)
    verdicts = {check.verdict for scenario in results.scenarios for check in scenario.checks}
    errored = [check for scenario in results.scenarios for check in scenario.checks if check.verdict == "errored"]

    assert {"passed", "errored"} <= verdicts
    assert "failed" not in verdicts
    assert {check.blame for check in errored} == {"undecided"}
    assert {check.code for check in errored} == {"no-answer"}
    assert results.verdict == "inconclusive"
    assert results.stopped is None
    assert results.run.complete
    assert len(results.scenarios) == len(named("validation/a-lead-", "deferred/", "sale/", "retry/"))


def test_nothing_on_a_target_that_has_gone_is_red_or_asks_for_an_option() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        gone = len([one for one in platform.seen if is_event(one)]) > 1
        if gone and (is_event(request) or customer_read(request) is not None):
            raise httpx.ConnectError("connection refused")
        return await pass_on(request)

    platform = Altered(alter)
    scenarios = [*flat([told.a_sale_is_accepted]), *named("race/", "deferred/", "sale/a-sale")]
    results = run_at_once(make_run(platform, scenarios, limits=SHORT).results())

    for scenario in results.scenarios:
        for check in scenario.checks:
            assert check.verdict in ("errored", "inconclusive"), (scenario.id, check)
            assert check.missing is None, (scenario.id, check)


def test_one_broken_step_does_not_make_the_target_dead() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_sale(request):
            raise httpx.ReadError("reset")
        return await pass_on(request)

    results = play(alter, *named("sale/", "duplicate-sale/", "deferred/"), limits=SHORT)

    assert requirement(results, "sale.accepted").verdict == "failed"
    assert requirement(results, "deferred.one-lead").verdict == "passed"
    assert {one.id for one in results.requirements if one.verdict == "errored"} == set()


# --- preflight -----------------------------------------------------------------------------------------------------


def stopped(alter: Any) -> Results:
    platform = Altered(alter)
    run = make_run(platform, EVERYTHING, limits=SHORT)
    results = run_at_once(run.results())
    assert run.exit_code_when_stopped == (4 if results.stopped else None)
    if results.stopped:
        assert results.verdict == "inconclusive"
        assert not results.run.complete
        assert results.scenarios == ()
        assert len(platform.seen) < 8
    return results


@pytest.mark.parametrize("status", [401, 403])
def test_a_target_that_refuses_the_token_stops_the_run(status: int) -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(status, {"message": "no"}) if is_event(request) else await pass_on(request)

    results = stopped(alter)

    assert results.stopped is not None
    assert "refuses the token" in results.stopped
    assert "--token" in results.stopped
    assert "\n" not in results.why


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.RemoteProtocolError("illegal status line")],
)
def test_a_target_that_gives_no_http_answer_stops_the_run(error: Exception) -> None:
    async def alter(_request: httpx.Request, _pass_on: PassOn) -> httpx.Response:
        raise error

    results = stopped(alter)

    assert results.stopped is not None
    assert "gives no HTTP answer" in results.stopped


def test_a_target_that_never_answers_stops_the_run() -> None:
    async def alter(_request: httpx.Request, _pass_on: PassOn) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    results = stopped(alter)

    assert results.stopped is not None
    assert "deadline" in results.stopped


def test_a_target_that_answers_the_second_time_is_judged_and_the_first_is_told() -> None:
    failed = False

    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        nonlocal failed
        if is_event(request) and not failed:
            failed = True
            raise httpx.ConnectError("not yet")
        return await pass_on(request)

    results = play(alter, told.a_sale_is_accepted)
    assert results.verdict == "conformant"
    (remark,) = (each for each in results.warnings if each.startswith("flaky: the lead before the suites: "))
    assert "first try: no-answer: not yet; second try: 200" in remark


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"message": "oops"}),
        (201, {"success": True}),
        (200, "<html>hello</html>"),
        (404, {}),
        (302, ""),
        (200, []),
    ],
)
def test_anything_else_is_scored(status: int, body: Any) -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(status, body) if is_event(request) else await pass_on(request)

    results = play(alter, *named("non-deferred/one-event-is-a-confirmed"), limits=SHORT)

    assert results.stopped is None
    assert requirement(results, "non-deferred.accepted").verdict == "failed"
    assert results.verdict == "nonconformant"


def test_a_run_without_click_ids_still_finds_out_whether_the_token_is_taken() -> None:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return answer(401, {"message": "no"}) if is_event(request) else await pass_on(request)

    platform = Altered(alter)
    target = TargetOptions(url="http://platform", token="x" * 9, transport=options(platform).transport)
    run = make_run(platform, EVERYTHING, target=target)
    run_at_once(run.results())

    assert run.exit_code_when_stopped == 4


def test_a_run_selects_by_itself() -> None:
    results = play(unchanged, *EVERYTHING, selection=only(requirements=("sale.amount-kept",), suites=("sale",)))

    assert {check.requirement for one in results.scenarios for check in one.checks} == {"sale.amount-kept"}
    assert results.verdict == "conformant"
    assert requirement(results, "sale.recorded").reason == "deselected"
