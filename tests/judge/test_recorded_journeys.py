"""Over a hundred journeys, right and wrong, in recordings of both forms: each wrong one is told, and no right one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from for_each import for_each
from judge_journeys import HOSTS, TOKEN, Journey, as_har, as_ndjson, journeys

from conformance.contract import load_profile
from conformance.findings import Finding, Severity, merged
from conformance.judge import Call, LiveJudge, judge_calls
from conformance.judge.files import judge_files
from conformance.judge.lines import call_of, value_of

if TYPE_CHECKING:
    from pathlib import Path
ALL = journeys()
PROFILES = {name: load_profile(name) for name in HOSTS}
LATE = "2026-09-01T00:00:00Z"


def recording(profile: str) -> list[dict[str, Any]]:
    """All journeys of a platform mixed up, other calls among them, and one much later: the recording goes on."""
    items = [item for journey in ALL if journey.profile == profile for item in journey.items]
    items.sort(key=lambda item: str(item["body"])[::-1])
    page = {"time": LATE, "method": "GET", "url": "https://shop.example/track/record", "headers": {}, "body": ""}
    preflight = {"method": "OPTIONS", "url": f"{HOSTS[profile]}/track/lead", "time": LATE, "headers": {}, "body": ""}
    body = {"clickId": "id_zzzzz", "eventName": "demo", "customerExternalId": "the last one"}
    headers = {"Authorization": TOKEN}
    last = {"time": LATE, "method": "POST", "url": f"{HOSTS[profile]}/track/lead", "headers": headers, "body": body}
    rest = {"status": 200, "response": {}}
    return [page | rest, *items, last | rest, preflight | rest]


def by_customer(findings: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.customer, []).append(finding)
    return found


@pytest.mark.parametrize("form", [as_ndjson, as_har])
@pytest.mark.parametrize("profile", ["cutmeshort", "dub"])
def test_every_wrong_journey_is_told_at_its_customer_and_no_right_one(profile: str, form: Any, tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(form(recording(profile)))

    judgement = judge_files([str(path)])

    assert judgement.profile == profile
    found = by_customer(judgement.findings)
    mine = [journey for journey in ALL if journey.profile == profile]

    @for_each(mine)
    def each_is_told(journey: Journey) -> None:
        told = found.pop(journey.customer, [])
        assert {finding.id for finding in told} == set(journey.told), journey.name
        worst = min((finding.severity.rank for finding in told), default=None)
        if journey.severity == "note":
            assert worst == Severity.NOTE.rank, journey.name
        elif told:
            assert worst is not None, journey.name
            assert worst < Severity.NOTE.rank, journey.name

    each_is_told()
    assert not found, "nobody else is told of"


@for_each([(journey,) for journey in ALL])
def test_a_journey_is_judged_alone_as_it_is_among_others(journey: Journey) -> None:
    told = {finding.id for finding in judge_calls(PROFILES[journey.profile], calls_of([journey])).findings}
    # Alone, the journey's end is the recording's: nothing is said of what could still come.
    assert told == set(journey.told), journey.name


@pytest.mark.parametrize("profile", ["cutmeshort", "dub"])
def test_calls_judged_as_they_come_are_judged_as_in_a_recording(profile: str) -> None:
    contract = PROFILES[profile]
    calls = sorted(
        calls_of([journey for journey in ALL if journey.profile == profile]), key=lambda call: call.time or 0
    )
    live = LiveJudge(contract, whole=False)

    found = [finding for call in calls for finding in live.take(call)]
    found += live.finish(now=calls[-1].time)

    def told(findings: Any) -> set[tuple[str, str]]:
        return {(finding.id, finding.customer) for finding in findings}

    assert told(merged(found)) == told(judge_calls(contract, calls).findings)
    assert live.events == len(calls)


def test_in_a_recording_that_is_whole_an_event_2_without_event_1_is_an_error() -> None:
    live = LiveJudge(PROFILES["cutmeshort"], whole=True)
    alone = next(journey for journey in ALL if journey.name.startswith("event 2 of a lead that began before"))

    (finding,) = [finding for call in calls_of([alone]) for finding in live.take(call)]

    assert (finding.id, finding.severity) == ("event-2-without-event-1", Severity.ERROR)


def test_in_a_recording_that_is_whole_a_sale_for_which_there_is_no_click_is_told() -> None:
    sale = {"customerExternalId": "cus_9", "eventName": "p", "invoiceId": "in-1", "amount": 5, "currency": "USD"}
    lead = {"clickId": "id_7Hq2", "eventName": "signup", "customerExternalId": "Ada"}
    for path, body, told in (
        ("lead", lead, set()),
        ("sale", sale, {("sale-unattributed", "cus_9")}),
        ("sale", {**sale, "clickId": "id_9Xz4"}, set()),
        ("sale", {**sale, "customerExternalId": "Ada"}, set()),
    ):
        for whole in (True, False):
            live = LiveJudge(PROFILES["cutmeshort"], whole=whole)
            headers = {"authorization": TOKEN}
            found = live.take(Call("POST", "/track/lead", lead, time=1.0, headers=headers))
            found += live.take(Call("POST", f"/track/{path}", body, time=2.0, headers=headers))
            found += live.finish()
            assert {(finding.id, finding.customer) for finding in found} == (told if whole else set())


@pytest.mark.parametrize("mode", ["deferred", None])
def test_in_a_recording_that_is_whole_a_later_lead_under_another_id_is_told_at_the_customer(mode: str | None) -> None:
    live = LiveJudge(PROFILES["cutmeshort"], whole=True)
    first = {"clickId": "id_7Hq2", "eventName": "signup_started", "customerExternalId": "Ada", "mode": mode}
    bodies = [first, {"eventName": "email_verified", "customerExternalId": "Ada"}]
    for time, body in enumerate(bodies):
        assert live.take(Call("POST", "/track/lead", body, time=time, headers={"authorization": TOKEN})) == []
    later = {"eventName": "trial_started", "customerExternalId": "ada"}
    (finding,) = live.take(Call("POST", "/track/lead", later, time=9.0, headers={"authorization": TOKEN}))

    assert (finding.id, finding.customer, finding.others) == ("event-2-id-case", "Ada", ("ada",))


def test_times_that_count_from_the_recordings_beginning_say_nothing_of_clocks() -> None:
    body = {
        "clickId": "id_7Hq2",
        "eventName": "signup",
        "customerExternalId": "Ada",
        "timestamp": "2026-04-10T12:00:00Z",
    }
    calls = [
        Call("POST", "/track/lead", {**body, "customerExternalId": name}, time=time, headers={"authorization": TOKEN})
        for time, name in ((0.0, "Ada"), (12.5, "Bob"))
    ]
    assert judge_calls(PROFILES["cutmeshort"], calls).findings == ()


@pytest.mark.parametrize("number", [70011, 70011.0])
def test_an_id_that_event_2_sends_as_a_number_is_told_at_the_customer(number: float) -> None:
    bodies = [{"clickId": "id_7Hq2", "eventName": "signup", "customerExternalId": "70011", "mode": "deferred"}]
    bodies.append({"eventName": "verified", "customerExternalId": number})  # type: ignore[dict-item]
    calls = [
        Call("POST", "/track/lead", body, time=float(at), headers={"authorization": TOKEN})
        for at, body in enumerate(bodies)
    ]
    found = {(finding.id, finding.customer) for finding in judge_calls(PROFILES["cutmeshort"], calls).findings}
    assert found == {("event-2-id-type", "70011"), ("customer-not-text", "70011")}


def test_a_mismatch_is_told_with_the_event_that_names_the_wrong_id() -> None:
    live = LiveJudge(PROFILES["cutmeshort"], whole=True)
    wrong = next(journey for journey in ALL if journey.name == "event 2 in another letter case")
    first, second = calls_of([wrong])

    assert live.take(first) == []
    (finding,) = live.take(second)

    assert finding.events[-1].index == second.index
    assert finding.customer == first.body["customerExternalId"]
    assert finding.others == (second.body["customerExternalId"],)


@pytest.mark.parametrize("form", [lambda answer: answer, json.dumps, lambda answer: json.dumps(answer).encode()])
def test_an_answer_says_the_same_whether_it_was_parsed_or_not(form: Any) -> None:
    nothing = form({"eventName": "Purchase", "customer": None, "sale": None})
    body = {"customerExternalId": "nobody", "amount": 900, "currency": "usd", "invoiceId": "in-1"}
    headers = {"authorization": "Bearer dub_0123456789"}
    live = LiveJudge(PROFILES["dub"])
    call = Call("POST", "/track/sale", body, time=1.0, headers=headers, status=200, response=nothing)

    assert {finding.id for finding in [*live.take(call), *live.finish()]} == {"sale-of-stranger"}


def calls_of(chosen: list[Journey]) -> list[Call]:
    calls = []
    for index, item in enumerate(item for journey in chosen for item in journey.items):
        raw, _ = value_of(dict(item))
        assert raw is not None
        calls.append(call_of(raw, "here", index))
    return calls
