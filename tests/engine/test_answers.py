"""Judging an answer by what a requirement allows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from engine_talk import PROFILE

from conformance.contract import Answers
from conformance.engine.answers import allowed, at, denies_itself, has, media_type, message_of, says_failure
from conformance.target.messages import Answer, Fault

ACCEPTED = Answers(("200",), body="accepted")
FREE = Answers(("200", "4xx"), never=("401", "429"))


def answer(status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return Answer(status, headers or {}, content)


def holds(answers: Answers, one: Answer) -> bool:
    return allowed(answers, PROFILE)[1](one).holds


@pytest.mark.parametrize("body", [{}, {"success": True}, {"status": "ok"}, {"data": None}, {"status": True, "x": 1}])
def test_any_json_object_that_does_not_say_that_it_failed_is_a_success(body: Any) -> None:
    assert holds(ACCEPTED, answer(200, body))


@pytest.mark.parametrize(
    "body",
    [
        {"success": False},
        {"status": False},
        {"success": "false"},
        {"success": True, "status": " False "},
        b'{"success": true, "data": NaN}',
        [],
        "ok",
        True,
        b"",
        b"<html>",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_anything_else_is_none(body: Any) -> None:
    assert not holds(ACCEPTED, answer(200, body))


@pytest.mark.parametrize("status", [201, 202, 204, 302, 400, 500])
def test_a_success_is_exactly_200(status: int) -> None:
    assert not holds(ACCEPTED, answer(status, {"success": True}))


@pytest.mark.parametrize(("status", "lawful"), [(200, True), (400, True), (422, True), (401, False), (500, False)])
def test_what_is_never_allowed_is_not_although_a_pattern_has_it(status: int, *, lawful: bool) -> None:
    assert holds(FREE, answer(status)) is lawful


def test_a_200_that_says_false_is_no_lawful_way_to_refuse() -> None:
    expected, judge = allowed(FREE, PROFILE)

    assert not judge(answer(200, {"success": False})).holds
    assert "success says false" in judge(answer(200, {"success": False})).actual
    assert judge(answer(400, {"success": False})).holds
    assert expected == "200 or 4xx (never 401, 429)"


def test_a_profile_without_flags_believes_the_status() -> None:
    silent = replace(PROFILE, success_flags=())

    assert denies_itself(answer(200, {"success": False}), silent) is None
    assert says_failure(answer(200, {"success": False}), silent) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        (" text/html ;x", "text/html"),
        ("", ""),
    ],
)
def test_the_media_type_is_read_without_its_parameters(value: str, expected: str) -> None:
    assert media_type(answer(headers={"Content-TYPE": value})) == expected


def test_no_content_type_is_no_media_type() -> None:
    assert media_type(answer()) == ""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"message": "no"}, "no"),
        ({"message": ["first", "second"]}, "first"),
        ({"error": {"code": 3, "detail": "why"}}, "why"),
        ({"errors": [{"field": "x", "message": "bad"}]}, "bad"),
        ({"success": False, "whatever": "a few words"}, "a few words"),
        ({"success": False, "whatever": "E42"}, None),
        ({"message": "", "error": "Bad Request"}, "Bad Request"),
        ({"statusCode": 400}, None),
        ({"message": "   "}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_message_is_found_wherever_a_platform_puts_it(document: Any, expected: str | None) -> None:
    assert message_of(document) == expected


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Answer(0, fault=Fault.RESET, detail="by peer"), "reset: by peer"),
        (Answer(0, fault=Fault.DEADLINE), "deadline"),
        (Answer(429, rate_limited=True), "429 until patience ended"),
        (Answer(204), "204"),
        (Answer(200, body=b"x" * 500), "200 " + "x" * 160 + "…"),
        (Answer(500, body=b"a\n\n  b\xff"), "500 a b�"),
    ],
)
def test_an_answer_in_one_line(one: Answer, text: str) -> None:
    assert str(one) == text


def test_what_was_expected_and_what_came_is_told_in_words() -> None:
    expected, judge = allowed(ACCEPTED, PROFILE)

    assert expected == "200 with a JSON object that does not say it failed"
    assert judge(answer(200, {"a": 1})).actual == '200 {"a": 1}'
    assert judge(answer(500, {"a": 1})).actual == '500 {"a": 1}'
    assert judge(answer(200, [])).actual == "200 [] (the body is no JSON object)"
    assert judge(answer(200, [])).holds is False


def test_a_refusal_need_not_be_a_json_object() -> None:
    assert holds(FREE, answer(422, b"<html>"))


def test_a_place_in_an_answer_is_found_by_its_dotted_path() -> None:
    one = answer(body={"lead": {"click": {"id": "a"}, "name": None}, "sale": [1]})

    assert at(one, "lead.click.id") == "a"
    assert at(one, "sale") == [1]
    assert [at(one, path) for path in ("lead.name", "lead.more", "sale.first", "lead.click.id.more", "no")] == [
        None
    ] * 5


def test_null_is_there_and_what_is_missing_is_not() -> None:
    one = answer(body={"lead": {"name": None}, "customer": None})

    assert [has(one, path) for path in ("lead.name", "customer", "lead")] == [True] * 3
    assert [has(one, path) for path in ("lead.more", "more", "customer.name", "more.name")] == [False] * 4
    assert not has(answer(body=["lead"]), "lead")
    assert has(answer(body={"a": {"b": {"c": 1}}}), "a.b.c")
