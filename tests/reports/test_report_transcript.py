"""Exchanges as reports show them: polls folded, JSON indented without changing a value, concurrency kept."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_data import READBACK, TARGET, realistic
from report_strategies import any_text

from conformance.reports.sequence import picture
from conformance.reports.transcript import place, readable, shown, side_by_side
from conformance.results import Exchange, RecordedRequest, RecordedResponse

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def exchange(step: str, started: float, *, url: str = f"{READBACK}/customers/a", status: int = 200) -> Exchange:
    method = "GET" if step == "read-back" else "POST"
    answer = RecordedResponse(status, {}, str(started))
    return Exchange(RecordedRequest(method, url, {}, ""), answer, started=started, seconds=0.1, step=step)


def said(body: str, *, base64: bool = False) -> str:
    return readable(RecordedResponse(200, {}, body, body_base64=base64), 4096).text


def test_polls_of_one_customer_are_one_arrow_with_the_last_answer() -> None:
    polls = [exchange("read-back", 1, status=404), exchange("read-back", 2, status=404), exchange("read-back", 3)]
    (only,) = shown(polls)
    assert (only.times, only.outcome) == (3, "404 → 200")
    assert only.exchange.started == 3


def test_polls_of_two_customers_by_turns_are_two_arrows() -> None:
    other = f"{READBACK}/customers/b"
    polls = [exchange("read-back", n, url=other if n % 2 else f"{READBACK}/customers/a") for n in range(6)]
    assert [each.times for each in shown(polls)] == [3, 3]


def test_a_read_after_another_event_is_an_arrow_of_its_own() -> None:
    sequence = shown([exchange("read-back", 1), exchange("event 2", 2), exchange("read-back", 3)])
    assert [(each.number, each.times) for each in sequence] == [(1, 1), (2, 1), (3, 1)]


def test_posts_that_are_equal_are_never_folded() -> None:
    assert len(shown([exchange("sale", 1), exchange("sale", 2)])) == 2


def test_exchanges_are_in_the_order_in_which_they_were_sent() -> None:
    assert [each.exchange.started for each in shown([exchange("sale", 2), exchange("event 1", 1)])] == [1, 2]


def test_what_was_in_flight_together_is_a_group() -> None:
    sequence = shown([exchange("sale", 0), exchange("sale", 0.05), exchange("sale", 0.14), exchange("sale", 0.5)])
    assert [len(group) for group in side_by_side(sequence)] == [3, 1]


def test_requests_that_race_are_drawn_before_their_answers() -> None:
    drawn = picture(shown([exchange("sale", 0), exchange("sale", 0.01)]), TARGET)
    assert drawn.index("2 sale") < drawn.index("1 · 200")


@settings(deadline=None)
@given(_JSON)
def test_indented_json_has_the_same_value(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(said(text)) == value


@settings(deadline=None)
@given(any_text | _JSON.map(json.dumps))
def test_indenting_changes_nothing_but_blanks(text: str) -> None:
    assert "".join(said(text).split()) == "".join(text.split())


def test_a_value_is_spelled_as_it_came() -> None:
    text = '{"amount":49.990,"name":"Zo\\u00eb","amount":1e400,"list":[],"big":123456789012345678901234567890}'
    assert said(text).splitlines() == [
        "{",
        '  "amount": 49.990,',
        '  "name": "Zo\\u00eb",',
        '  "amount": 1e400,',
        '  "list": [],',
        '  "big": 123456789012345678901234567890',
        "}",
    ]


@pytest.mark.parametrize("text", ["[" * 4096, "[" * 2000 + "]" * 2000, "[" * 30 + "1," * 1900 + "1" + "]" * 30, "{"])
def test_json_that_would_grow_without_bound_is_left_as_it_is(text: str) -> None:
    assert said(text) == text


def test_bytes_that_are_no_text_are_shown_and_flagged() -> None:
    body = readable(RecordedResponse(200, {}, base64.b64encode(b"caf\xe9 \x00").decode(), body_base64=True), 4096)
    assert body.text == "caf\\xe9 \x00"
    assert "not UTF-8" in body.remark


def test_bytes_that_are_hardly_text_stay_base64() -> None:
    coded = base64.b64encode(bytes(range(128, 256))).decode()
    body = readable(RecordedResponse(200, {}, coded, body_base64=True), 4096)
    assert body.text == coded
    assert "base64 of 128 bytes" in body.remark


def test_what_is_cut_says_so() -> None:
    stored = RecordedResponse(200, {}, "x" * 100, body_truncated=True)
    assert "truncated" in readable(stored, 4096).remark
    body = readable(replace(stored, body_truncated=False), 10)
    assert body.text == "x" * 10
    assert "10 of 100" in body.remark


@pytest.mark.parametrize(
    ("url", "shown_as"),
    [
        (f"{TARGET}/track/lead", "/track/lead"),
        (f"{TARGET}?a=1", "?a=1"),
        (TARGET, "/"),
        ("https://staging.example.com/api2/x", "/api2/x"),
        (f"{READBACK}/customers/a", "/readback/customers/a"),
        ("https://s.example.com/spring", "s.example.com/spring"),
    ],
)
def test_an_address_is_shown_by_what_tells_it_apart(url: str, shown_as: str) -> None:
    assert place(url, TARGET, 40) == shown_as
    assert place(url, f"{TARGET}/", 40) == shown_as


def test_every_scenario_of_a_run_has_a_picture() -> None:
    for scenario in realistic().scenarios:
        if scenario.exchanges:
            drawn = picture(shown(scenario.exchanges), TARGET)
            assert drawn.count("marker-end") == 2 * len(shown(scenario.exchanges))
