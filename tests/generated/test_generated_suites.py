"""The generated suites find planted defects, tell each once with its shortest example, and cope with little."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import httpx
from generated_talk import event, play, red, unchanged, with_event

from conformance.results import Verdict
from conformance.target.clicks import NoClicks

if TYPE_CHECKING:
    from generated_talk import PassOn

ACCEPTED = "fuzz/what-the-contract-allows-is-accepted"
REFUSED = "fuzz/what-the-contract-forbids-is-refused"
SIGN_UP = "journeys/random-customers-sign-up"
BUY = "journeys/random-customers-buy"


async def server_error_for_other_scripts(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    if not str(event(request).get("customerName", "")).isascii():
        return httpx.Response(500, json={"message": "something failed"})
    return await pass_on(request)


async def event_names_may_be_missing(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    if request.url.path == "/track/lead" and event(request) and not event(request).get("eventName"):
        return await pass_on(with_event(request, eventName="unknown", customerExternalId="tp-nobody"))
    return await pass_on(request)


async def ids_are_compared_by_their_beginning(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
    customer = event(request).get("customerExternalId")
    if isinstance(customer, str) and customer.startswith("tp-"):
        return await pass_on(with_event(request, customerExternalId=f"{customer[:16].lower()}-Cu."))
    return await pass_on(request)


def test_fuzz_finds_a_server_error_and_tells_it_with_its_smallest_body() -> None:
    results = play(server_error_for_other_scripts, f"{ACCEPTED}[any-script]")

    (check,) = red(results)
    assert check.requirement == "validation.any-script-accepted"
    assert check.blame == "target"
    (exchange,) = results.scenarios[0].exchanges
    body = json.loads(exchange.request.body)
    assert set(body) == {"clickId", "customerExternalId", "eventName", "customerName"}
    assert len(body["customerName"]) == 1
    assert exchange.response is not None
    assert exchange.response.status == 500


def test_fuzz_finds_that_something_invalid_is_accepted() -> None:
    results = play(event_names_may_be_missing, f"{REFUSED}[lead-without-event-name]")

    assert {check.requirement for check in red(results)} == {"validation.lead-without-event-name"}
    assert all(json.loads(one.request.body).get("eventName") in ("", None) for one in results.scenarios[0].exchanges)


def test_journeys_find_a_wrong_attribution_and_tell_the_shortest_story() -> None:
    results = play(ids_are_compared_by_their_beginning, SIGN_UP)

    checks = {check.requirement: check.actual for check in red(results)}
    assert "mismatched-external-id.stays-pending" in checks
    story = checks["mismatched-external-id.stays-pending"].partition("after: ")[2].partition("; 3.")[0]
    assert story.startswith("1. event 1 of customer A with click 1; 2. event 2 under an id that is not quite")


def test_journeys_find_that_a_repeated_invoice_counts_again() -> None:
    number = itertools.count()

    async def invoices_are_ignored(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if request.url.path == "/track/sale":
            return await pass_on(with_event(request, invoiceId=f"{event(request)['invoiceId']}#{next(number)}"))
        answer = await pass_on(request)
        if "/readback/" in request.url.path and answer.status_code == 200:
            record = json.loads(await answer.aread())
            sales = [{**sale, "invoiceId": sale["invoiceId"].partition("#")[0]} for sale in record["sales"]]
            return httpx.Response(200, json={**record, "sales": sales})
        return answer

    results = play(invoices_are_ignored, BUY)

    assert {check.requirement for check in red(results)} & {"duplicate-sale.counted-once", "retry.sale-counted-once"}


def test_a_failure_that_does_not_come_again_is_told_all_the_same() -> None:
    remembered: list[str] = []

    async def fails_once(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if event(request).get("mode") == "deferred" and not remembered:
            remembered.append("once")
            return httpx.Response(503, json={"message": "not now"})
        return await pass_on(request)

    results = play(fails_once, SIGN_UP)

    assert [check.requirement for check in red(results)] == ["deferred.event-1-accepted"]


def test_a_token_that_is_refused_after_a_while_is_no_pass() -> None:
    async def token_expires(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if "eventName" not in event(request):
            return httpx.Response(401, json={"message": "the token has expired"})
        return await pass_on(request)

    results = play(token_expires, f"{REFUSED}[no-json]")

    assert [check.verdict for check in results.scenarios[0].checks] == [Verdict.INCONCLUSIVE]


def test_without_click_ids_journeys_say_which_option_would_help() -> None:
    results = play(unchanged, SIGN_UP, clicks=NoClicks())

    assert {check.missing.option for check in results.scenarios[0].checks if check.missing} == {"--click-id"}
    assert red(results) == []


def test_without_read_back_answers_are_judged_and_records_are_not() -> None:
    results = play(unchanged, SIGN_UP, readback=False)

    verdicts = {check.requirement: check.verdict for check in results.scenarios[0].checks}
    assert verdicts["deferred.event-1-accepted"] is Verdict.PASSED
    assert verdicts["deferred.one-lead"] is Verdict.INCONCLUSIVE


def test_what_failed_before_the_exchanges_were_used_up_is_not_lost() -> None:
    results = play(server_error_for_other_scripts, f"{ACCEPTED}[any-script]", max_requests=4)

    assert [check.requirement for check in red(results)] == ["validation.any-script-accepted"]
    assert results.run.requests <= 4
