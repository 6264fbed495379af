"""The doctor tells apart a wrong path, a wrong token, a wrong click id and a target that is broken."""

from __future__ import annotations

from email.utils import formatdate
from time import time
from typing import Any

import httpx
import pytest
from doctor_talk import BASE, NONE, PROFILE, TOKEN, WRONG, Alter, PassOn, look, states

from conformance.doctor import State, exit_code
from conformance.target.clicks import ShortLinks


def is_event(request: httpx.Request) -> bool:
    return request.url.path.startswith("/track/")


def answering(response: httpx.Response, *, path: str = "/track/") -> Alter:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if not request.url.path.startswith(path):
            return await pass_on(request)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    return alter


def test_a_target_that_will_do_has_nothing_against_it() -> None:
    findings = look()
    assert exit_code(findings.values()) == 0
    assert {state for subject, state in states(findings).items() if subject not in SOCKETS} <= {"ok", "skip"}
    assert findings["click id"].state is findings["read-back"].state is findings["token"].state is State.OK
    assert "a wrong one is, with 401" in findings["token"].told


SOCKETS = ("DNS", "TCP", "TLS")
CASES: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "a wrong token": ({"token": "not-the-one"}, "token", "it is refused: 401", 4),
    "no token": ({"token": ""}, "token", "a call without one is refused", 4),
    "a wrong path": ({"base": f"{BASE}/v9"}, "base path", "is answered 404", 3),
    "no click ids": ({"clicks": NONE}, "click id", "there is none", 3),
    "a click id that is not valid": ({"clicks": WRONG}, "click id", "is refused: 4", 3),
    "a link that mints nothing": (
        {"clicks": ShortLinks([f"{BASE}/l/"], PROFILE.click_parameter)},
        "click id",
        "gave none: 404",
        3,
    ),
    "no read-back": ({"readback": None}, "read-back", "there is none", 3),
}


@pytest.mark.parametrize("what", CASES, ids=[name.replace(" ", "-") for name in CASES])
def test_a_mistake_of_the_configuration_has_its_own_line_and_remedy(what: str) -> None:
    settings, subject, says, code = CASES[what]
    findings = look(**settings)
    assert says in findings[subject].told
    assert findings[subject].remedy
    assert (findings[subject].code, exit_code(findings.values())) == (code, code)
    assert [name for name, finding in findings.items() if finding.code] == [subject]


def test_a_404_that_is_about_the_click_id_is_not_taken_for_a_wrong_path() -> None:
    async def unknown(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        answer = await pass_on(request)
        return (
            httpx.Response(404, json={"message": "no"}) if is_event(request) and answer.status_code != 401 else answer
        )

    findings = look(unknown, clicks=WRONG, readback=None)
    assert findings["base path"].state is State.OK
    assert "is refused: 404" in findings["click id"].told


def html(status: int) -> httpx.Response:
    return httpx.Response(status, html="<title>Welcome</title>")


ANSWERS = {
    "a redirect": (
        httpx.Response(308, headers={"location": f"https://platform/{TOKEN}"}),
        "base path",
        "redirects to",
        3,
    ),
    "a web page": (html(200), "base path", "answered with a web page", 3),
    "a page that is not there": (html(404), "base path", "is answered 404", 3),
    "an error of the server": (httpx.Response(500, json={"error": TOKEN}), "click id", "cannot be told: 500", 3),
    "a limit": (httpx.Response(429, headers={"retry-after": "60"}), "token", "cannot be told: 429", 3),
    "a refusal": (httpx.Response(403), "token", "it is refused: 403", 4),
}


@pytest.mark.parametrize("what", ANSWERS, ids=[name.replace(" ", "-") for name in ANSWERS])
def test_an_answer_is_told_for_what_it_is_and_without_the_token(what: str) -> None:
    response, subject, says, code = ANSWERS[what]
    findings = look(answering(response), readback=None)
    assert says in findings[subject].told
    assert findings[subject].code == code
    assert TOKEN not in "".join(finding.told + finding.remedy for finding in findings.values())


@pytest.mark.parametrize(
    ("error", "says"), [(httpx.ConnectError("refused"), "no-answer"), (httpx.ReadError("reset by peer"), "reset")]
)
def test_no_answer_at_all_is_unreachable(error: httpx.TransportError, says: str) -> None:
    async def broken(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        if is_event(request):
            raise error
        return await pass_on(request)

    findings = look(broken)
    assert says in findings["HTTP"].told
    assert exit_code(findings.values()) == 4
    assert states(findings)["token"] == states(findings)["read-back"] == "skip"


def test_a_wrong_token_that_is_taken_is_noted_and_left_to_the_run() -> None:
    async def anybody(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await pass_on(request)

    findings = look(anybody)
    assert (findings["token"].state, exit_code(findings.values())) == (State.NOTE, 0)
    assert "neither is a wrong one" in findings["token"].told
    assert "shown to a wrong one" in findings["read-back token"].told


@pytest.mark.parametrize(("skew", "state"), [(0, "ok"), (3, "ok"), (-3600, "note"), (90, "note")])
def test_a_clock_that_is_wrong_is_noted(skew: float, state: str) -> None:
    async def dated(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        answer = await pass_on(request)
        answer.headers["date"] = formatdate(time() + skew, usegmt=True)
        return answer

    findings = look(dated)
    assert (states(findings)["clock"], exit_code(findings.values())) == (state, 0)
    if skew < 0:
        assert "behind this machine's" in findings["clock"].told


def test_a_limit_that_is_announced_or_met_is_noted() -> None:
    limits = iter([httpx.Response(200, headers={"x-ratelimit-limit": "60"})])

    async def announced(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        answer = await pass_on(request)
        for response in limits:
            answer.headers.update(response.headers)
        return answer

    findings = look(announced)
    assert findings["rate limit"].state is State.NOTE
    assert "x-ratelimit-limit: 60" in findings["rate limit"].told
    assert "--rpm" in findings["rate limit"].remedy
