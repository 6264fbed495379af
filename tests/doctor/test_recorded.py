"""The doctor finds a read-back, measures its lag, and tries a handler alone."""

from __future__ import annotations

import asyncio
import json
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from doctor_talk import BASE, TOKEN, Alter, PassOn, found, look, look_at_handler, options, states

from conformance.contract import load_profile
from conformance.doctor import State, examine, exit_code
from conformance.sandbox.server import EmbeddedSandbox
from conformance.target.clicks import ShortLinks

if TYPE_CHECKING:
    from collections.abc import Callable


def is_read(request: httpx.Request) -> bool:
    return request.url.path.startswith("/readback/")


def read_answers(change: Callable[[httpx.Response], httpx.Response]) -> Alter:
    async def alter(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        answer = await pass_on(request)
        if not is_read(request):
            return answer
        await answer.aread()
        return change(answer)

    return alter


def shown(**changes: Any) -> Callable[[httpx.Response], httpx.Response]:
    def change(answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 200:
            return answer
        return httpx.Response(200, json={**json.loads(answer.content), **changes})

    return change


def test_the_lag_of_the_read_back_is_measured() -> None:
    began = monotonic()

    async def late(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        answer = await pass_on(request)
        return httpx.Response(404, json={}) if is_read(request) and monotonic() < began + 0.3 else answer

    findings = look(late, seconds=2.0)
    told = findings["read-back"].told
    assert findings["read-back"].state is State.OK
    assert 0.1 < float(told.split("within ")[1].split()[0]) < 1.5


def test_a_read_back_that_never_shows_the_lead_is_told_with_the_settle_of_a_run() -> None:
    async def never(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        right = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return httpx.Response(404 if right else 401, json={}) if is_read(request) else await pass_on(request)

    findings = look(never)
    assert "has not shown the lead" in findings["read-back"].told
    assert "--settle" in findings["read-back"].remedy
    # What can be told of the handler is told, although all the time went into waiting.
    assert "refused with 401" in findings["read-back token"].told
    assert findings["read-back ids"].state is State.OK
    assert exit_code(findings.values()) == 3


ODD = {
    "a page": (lambda _: httpx.Response(200, html="<p>hello</p>"), "malformed", 3),
    "an error": (lambda _: httpx.Response(500, text="oh"), "answers 500 oh", 3),
    "everybody": (
        lambda _: httpx.Response(200, json={"customerExternalId": "x", "leads": [], "sales": []}),
        "knows a customer that never was",
        3,
    ),
    "no list of leads": (shown(leads=None), "leads is no list", 3),
    "another status": (shown(leads=[{"status": "done"}]), "leads[].status is 'done'", 3),
    "another click": (
        shown(clickId="other", leads=[{"status": "confirmed", "clickId": "other"}]),
        "the click other",
        0,
    ),
    "no details": (shown(name=None, email=None), "does not show name, email", 0),
}


@pytest.mark.parametrize(
    ("status", "remedy"), [(401, "TRACKPROOF_TOKEN"), (302, "Redirects are not followed"), (502, "Check the base URL")]
)
def test_a_read_back_that_answers_otherwise_has_a_remedy_of_its_own(status: int, remedy: str) -> None:
    findings = look(read_answers(lambda _: httpx.Response(status)))
    assert f"answers {status}" in findings["read-back"].told
    assert remedy in findings["read-back"].remedy


def test_nobody_looks_for_a_lead_that_a_web_page_answered() -> None:
    async def page(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return httpx.Response(200, html="<p>hi</p>") if "/track/" in request.url.path else await pass_on(request)

    findings = look(page)
    assert findings["base path"].state is State.FAIL
    assert "no lead with a click was taken" in findings["read-back"].told


@pytest.mark.parametrize("what", ODD, ids=[name.replace(" ", "-") for name in ODD])
def test_a_read_back_of_another_shape_is_told(what: str) -> None:
    change, says, code = ODD[what]
    findings = look(read_answers(change))
    assert says in findings["read-back"].told
    assert findings["read-back"].remedy
    assert (findings["read-back"].code, exit_code(findings.values())) == (code, code)


# --- a handler alone --------------------------------------------------------------------------------------------------


def test_a_handler_alone_is_read_and_never_written_to() -> None:
    methods = set()

    async def watched(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        methods.add(request.method)
        return await pass_on(request)

    findings = look_at_handler(watched)
    assert methods == {"GET"}
    assert exit_code(findings.values()) == 0
    wanted = {"read-back": "ok", "read-back token": "ok", "read-back ids": "ok", "read-back shape": "skip"}
    assert wanted.items() <= states(findings).items()


def test_a_handler_that_is_not_there_is_told_from_one_that_knows_nobody() -> None:
    findings = look_at_handler(base=f"{BASE}/nothing/here")
    assert "nothing shows that the endpoint is there" in findings["read-back"].told
    assert exit_code(findings.values()) == 3


def test_a_handler_that_refuses_the_token() -> None:
    findings = look_at_handler(token="another")
    assert exit_code(findings.values()) == 4
    assert "TRACKPROOF_TOKEN" in findings["read-back token"].remedy


def test_a_handler_whose_paths_do_not_take_a_slash_in_an_id() -> None:
    async def narrow(request: httpx.Request, pass_on: PassOn) -> httpx.Response:
        return httpx.Response(400) if b"%2F" in request.url.raw_path else await pass_on(request)

    findings = look_at_handler(narrow)
    assert findings["read-back ids"].state is State.NOTE
    assert "%2F" in findings["read-back ids"].remedy


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "says", "code"), [("right", "came within", 0), ("wrong", "wrong signature", 3), (None, "nothing came", 3)]
)
def test_webhooks_are_awaited_and_their_signature_is_looked_at(told: str | None, says: str, code: int) -> None:
    from conformance.engine.runner import RunOptions  # noqa: PLC0415
    from conformance.evidence.inbox import InboxOptions  # noqa: PLC0415
    from conformance.target.connections import Transport  # noqa: PLC0415
    from conformance.target.target import TargetOptions  # noqa: PLC0415

    profile = load_profile("dub")
    with EmbeddedSandbox(profile) as sandbox:

        def announce(url: str) -> None:
            if told:
                sandbox.push_webhooks(url, "whsec_of-the-test" if told == "right" else "whsec_another")

        link = ShortLinks([sandbox.short_link], profile.click_parameter)
        transport = Transport(trust_environment=False)
        target = TargetOptions(sandbox.url, sandbox.token, clicks=link, transport=transport)
        inbox = InboxOptions("127.0.0.1:0", "whsec_of-the-test", announce)
        findings = found(examine(RunOptions(profile, target, inbox=inbox), 0.8))
    assert says in findings["webhooks"].told
    assert exit_code(findings.values()) == code


def test_the_doctor_is_over_when_its_time_is() -> None:
    async def hanging(_request: httpx.Request, _pass_on: PassOn) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    began = monotonic()
    findings = found(examine(options(hanging), 0.4))
    assert monotonic() - began < 3
    assert exit_code(findings.values()) == 4
