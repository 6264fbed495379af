"""A test may wait for an event instead of sleeping, and is told what came nearest."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sandbox_talk import PROFILE, TOKEN, sandbox

from conformance.sandbox import create_app


def test_an_event_that_has_come_already_is_found_at_once() -> None:
    talk = sandbox()
    talk.lead(customerName="first")
    talk.lead(customerName="second")
    event = talk.ask("GET", "/_/ns/default/wait?eventName=signup&timeout=0").json()["event"]
    assert (event["operation"], event["status"], event["outcome"]) == ("lead", 200, "duplicate")
    assert event["body"]["customerName"] == "second"


def test_a_refused_event_is_found_too() -> None:
    talk = sandbox()
    talk.sale(amount="5")
    event = talk.ask("GET", "/_/ns/default/wait?amount=5&timeout=0").json()["event"]
    assert (event["status"], event["outcome"]) == (422, None)


@pytest.mark.parametrize("amount", ["49.99", "49.990", "4.999e1"])
def test_numbers_are_compared_by_value(amount: str) -> None:
    talk = sandbox()
    talk.sale(amount=49.99, flag=True, nothing=None)
    answer = talk.ask("GET", f"/_/ns/default/wait?amount={amount}&flag=true&nothing=null&timeout=0")
    assert answer.json()["event"]["body"]["amount"] == 49.99


@pytest.mark.parametrize("query", ["amount=lots", "amount=49.98", "flag=false", "nothing=", "list=1", "missing=null"])
def test_values_that_differ_are_not_taken_for_the_same(query: str) -> None:
    talk = sandbox()
    talk.sale(amount=49.99, flag=True, nothing=None, list=[1])
    answer = talk.ask("GET", f"/_/ns/default/wait?{query}&timeout=0")
    assert (answer.status_code, len(answer.json()["differs"])) == (408, 1)


def test_after_the_time_out_the_nearest_event_and_its_differences_are_named() -> None:
    talk = sandbox()
    talk.lead(eventName="other", customerExternalId="bob")
    talk.lead(eventName="signup", customerExternalId="Ada", customerName="Ada")
    answer = talk.ask("GET", "/_/ns/default/wait?eventName=signup&customerExternalId=ada&clickId=x&timeout=0.01")
    assert answer.status_code == 408
    assert answer.json()["nearest"]["body"]["customerExternalId"] == "Ada"
    assert answer.json()["differs"] == [
        {"field": "customerExternalId", "expected": "ada", "actual": "Ada"},
        {"field": "clickId", "expected": "x", "actual": None},
    ]


def test_where_nothing_came_there_is_no_nearest_event() -> None:
    answer = sandbox().ask("GET", "/_/ns/quiet/wait?eventName=signup&timeout=0")
    assert (answer.status_code, answer.json()) == (408, {"nearest": None, "differs": []})


@pytest.mark.parametrize("timeout", ["soon", "nan", "-1", "61", "inf"])
def test_a_time_out_that_is_none_is_refused(timeout: str) -> None:
    answer = sandbox().ask("GET", f"/_/ns/default/wait?timeout={timeout}")
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


def test_a_refused_event_is_shown_whatever_is_in_it() -> None:
    talk = sandbox()
    body = r'{"eventName": "\ud800", "amount": 1e999999, "customerExternalId": "x", "deep": [{"a": 1e2}]}'
    talk.ask("POST", "/track/sale", content=body, headers={"Content-Type": "application/json"})
    answer = talk.ask("GET", "/_/ns/default/wait?customerExternalId=x&timeout=0")
    assert answer.json()["event"]["body"]["amount"] == "1E+999999"
    assert answer.json()["event"]["body"]["deep"] == [{"a": 100}]


def test_a_namespace_to_wait_in_has_a_name_of_sane_length() -> None:
    assert sandbox().ask("GET", f"/_/ns/{'x' * 129}/wait?timeout=0").status_code == 404


def test_who_waits_is_told_as_soon_as_the_event_arrives_and_hears_of_no_other_namespace() -> None:
    async def play() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(create_app(PROFILE))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
            here = asyncio.create_task(client.get("/_/ns/here/wait?eventName=signup&timeout=30"))
            there = asyncio.create_task(client.get("/_/ns/there/wait?eventName=signup&timeout=0.2"))
            await asyncio.sleep(0.05)
            for name in ("other", "signup"):
                await client.post("/ns/here/track/lead", json={"eventName": name, "customerExternalId": "ada"})
            return await here, await there

    here, there = asyncio.run(play())
    assert here.json()["event"]["body"]["eventName"] == "signup"
    assert there.status_code == 408
