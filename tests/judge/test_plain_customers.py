"""The early pass lets nobody through who would have been told of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_journeys import HOSTS, TOKEN

from conformance.contract import Profile, load_profile
from conformance.judge import Call, judge_calls
from conformance.judge.examiner import Examiner
from conformance.judge.lookup import look_up
from conformance.judge.recording import concluded
from conformance.judge.survey import Surveyor

if TYPE_CHECKING:
    from conformance.findings import Judgement

PROFILES = {name: load_profile(name) for name in HOSTS}
START = 1_775_000_000.0

# Each what most senders send, and then what only some do.
VALUES: dict[str, tuple[Any, ...]] = {
    "clickId": ("id_11aa", "id_11aa", "", None, "id_22bb", "test", "undefined", 7, "id 11", "4111-1111-1111-1111"),
    "customerExternalId": ("u_1", "u_1", "u_1", "u_2", "U_1", "u_1 ", "null", "", None, 1, "a@shop.example"),
    "eventName": ("signup_started", "email_verified", "Sign up", "", None, "a@b.example", "4111 1111 1111 1111"),
    "mode": ("deferred", "non-deferred", "async", "wait", None, "Deferred", ""),
    "timestamp": (
        "2026-03-31T23:33:20Z",
        "2026-03-31T23:33:20.123Z",
        "2026-04-01T01:33:20",
        5,
        None,
        "2027-01-01T00:00:00Z",
    ),
    "amount": (49.99, 4999, 0, 10, -1, "5", None, True),
    "currency": ("USD", "EUR", "usd", "US", "", None),
    "invoiceId": ("inv_1", "inv_2", "", None, 4, "undefined"),
    "customerName": ("Jane", None, 5, "x" * 101),
    "customerEmail": ("jane@shop.example", None, "", "nobody"),
    "customerAvatar": ("https://shop.example/a.png", None, "a.png"),
    "customer_external_id": ("u_1",),
    "password": ("hunter2",),
    "metadata": (None, {"a": 1}, [1]),
}
LEAD = ("clickId", "customerExternalId", "eventName", "mode", "timestamp")
SALE = ("clickId", "customerExternalId", "eventName", "amount", "currency", "invoiceId")
USUAL_HEADERS = {"Authorization": TOKEN, "Content-Type": "application/json"}
HEADERS = (
    USUAL_HEADERS,
    USUAL_HEADERS,
    None,
    {"authorization": "Bearer ***", "origin": "https://shop.example"},
    {"Content-Type": "application/json"},
    {"Authorization": "Bearer undefined"},
    USUAL_HEADERS | {"content-type": "text/plain"},
)


@st.composite
def calls(draw: st.DrawFn, host: str) -> Call:
    operation = draw(st.sampled_from(("lead", "lead", "sale")))
    usual = LEAD if operation == "lead" else SALE
    body = {}
    for name, values in VALUES.items():
        weight = 0 if name in usual else 12
        if draw(st.integers(0, 15)) >= weight:
            # Small numbers are drawn most: most fields are as they should be.
            body[name] = values[min(draw(st.integers(0, 3 * len(values))) // 3, len(values) - 1)]
    return Call(
        method=draw(st.sampled_from(("POST",) * 12 + ("PUT",))),
        url=host
        + draw(st.sampled_from((f"/track/{operation}",) * 12 + (f"/track/{operation}s", "/track/lead?token=abcdefgh"))),
        body=body,
        time=START + draw(st.integers(0, 3)) * 400,
        headers=draw(st.sampled_from(HEADERS)),
        status=draw(st.sampled_from((200,) * 9 + (None, 201, 409, 422, 503, 0, 302))),
        response=draw(
            st.sampled_from(({"success": True},) * 9 + (None, "ok", '{"success": false}', {"success": False}))
        ),
        source="recording",
    )


@pytest.mark.parametrize("profile", sorted(HOSTS))
@settings(max_examples=60)
@given(data=st.data())
def test_with_and_without_the_early_pass_the_same_is_found(profile: str, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(calls(HOSTS[profile]), min_size=1, max_size=5))
    taken = [replace(call, index=index) for index, call in enumerate(drawn)]

    one, other = (judge_calls(PROFILES[profile], taken, plainly=plainly) for plainly in (True, False))

    assert one.findings == other.findings
    assert (one.events, one.customers, one.calls) == (other.events, other.customers, other.calls)


@pytest.mark.parametrize("profile", sorted(HOSTS))
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_read_by_a_pattern_is_judged_as_what_is_read_as_json(profile: str, data: st.DataObject) -> None:
    host = HOSTS[profile]
    # Customers of whom there is nothing to say come first, so that there are patterns for the others to be taken for.
    models = [replace(call, body={**call.body, "customerExternalId": "u_9"}) for call in usual(host)]
    drawn = models + data.draw(st.lists(calls(host), min_size=1, max_size=5))
    drawn += [replace(call, body={**call.body, **data.draw(changes())}) for call in usual(host)]
    taken = [replace(call, index=index) for index, call in enumerate(drawn)]

    one, other = (judged_as_lines(PROFILES[profile], taken, plainly=plainly) for plainly in (True, False))

    assert one.findings == other.findings
    assert (one.events, one.customers, one.calls) == (other.events, other.customers, other.calls)


def test_lines_of_one_make_are_read_by_patterns() -> None:
    surveyor = Surveyor(Examiner(PROFILES["cutmeshort"]), ("recording",))
    bodies = [call.body | {"customerExternalId": f"u_{name}x"} for name in "abc" for call in usual("")]
    taken = [replace(usual("https://api.cme.sh")[at % 3], body=body, index=at) for at, body in enumerate(bodies)]
    read = [surveyor.patterns.read(line, 0, 0) for _, _, line in as_lines(taken)]
    assert not any(read)
    surveyor.survey(as_lines(taken), frozenset())
    assert all(surveyor.patterns.read(line, 0, 0) for _, _, line in as_lines(taken))


def test_a_customer_of_whom_there_is_nothing_to_say_is_let_through() -> None:
    assert plain(PROFILES["cutmeshort"], *usual("https://api.cme.sh")) == 1
    assert plain(PROFILES["dub"], *usual("https://api.dub.co")) == 1


@pytest.mark.parametrize("name", [name for name in VALUES if name in {*LEAD, *SALE} - {"customerExternalId"}])
def test_one_odd_value_of_a_field_and_the_customer_is_judged_in_full(name: str) -> None:
    event_1, event_2, sale = usual("https://api.cme.sh")
    changed = {"clickId": event_1, "mode": event_1, "timestamp": event_2}.get(name, sale)
    odd = replace(changed, body={**changed.body, name: ["odd"]})

    assert plain(PROFILES["cutmeshort"], *(odd if call is changed else call for call in (event_1, event_2, sale))) == 0


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """One odd value, or none; short ones, such as a pattern may have to tell apart."""
    name = draw(
        st.sampled_from(("clickId", "customerExternalId", "eventName", "invoiceId", "amount", "currency", "timestamp"))
    )
    odd = (
        "test",
        "id 1",
        "a\\b",
        "é",
        "",
        None,
        7,
        7.5,
        "undefined",
        "id_33cc",
        "2026-13-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
    )
    return draw(st.sampled_from(({}, {name: draw(st.sampled_from(odd))})))


def as_lines(taken: list[Call]) -> list[tuple[int, int, bytes]]:
    made = []
    for call in taken:
        moment = datetime.fromtimestamp(call.time or 0, UTC).isoformat().replace("+00:00", "Z")
        item = {"time": moment, "method": call.method, "url": call.url, "headers": call.headers, "body": call.body}
        line = json.dumps(item | {"status": call.status, "response": call.response}).encode() + b"\n"
        made.append((0, call.index, line))
    return made


def judged_as_lines(profile: Profile, taken: list[Call], *, plainly: bool) -> Judgement:
    examiner, sources = Examiner(profile), ("recording",)
    lines = as_lines(taken)
    survey = Surveyor(examiner, sources, plainly=plainly).survey(lines, frozenset({0}))
    return concluded(examiner, sources, [survey], lambda wanted: [look_up(examiner, sources, lines, wanted)])


def usual(host: str) -> tuple[Call, Call, Call]:
    event_1 = {"clickId": "id_11aa", "mode": "deferred", "eventName": "signup_started", "customerExternalId": "u_1"}
    event_2 = {"eventName": "email_verified", "customerExternalId": "u_1"}
    sale = {"eventName": "purchase", "customerExternalId": "u_1", "invoiceId": "inv_1", "amount": 10, "currency": "USD"}
    bodies = (("lead", event_1), ("lead", event_2), ("sale", sale))
    made = [
        Call("POST", f"{host}/track/{operation}", body, START + index, USUAL_HEADERS, 200, {}, "recording", index)
        for index, (operation, body) in enumerate(bodies)
    ]
    return made[0], made[1], made[2]


def plain(profile: Profile, *taken: Call) -> int:
    items = [
        (0, call.index, {"method": call.method, "url": call.url, "body": call.body, "time": call.time, "status": 200})
        for call in taken
    ]
    return Surveyor(Examiner(profile), ("recording",)).survey(items, frozenset()).plain
