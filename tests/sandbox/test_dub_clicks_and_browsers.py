"""Short links, the click endpoint, and the routes for browsers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from dub_talk import DUB, PUBLISHABLE, SECRET, DubTalk, dub, refused, visited

from conformance.sandbox import create_app

CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "Content-Type, Authorization",
}
FOR_BROWSERS = ["/track/click", "/track/lead/client", "/track/sale/client"]
LEAD = {"eventName": "Sign up", "customerExternalId": "ada"}


def cors(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


def test_each_visit_of_a_short_link_gives_out_another_id_of_16_letters_and_digits() -> None:
    talk = dub()
    clicks = {talk.click() for _ in range(20)}
    assert len(clicks) == 20
    assert all(re.fullmatch("[A-Za-z0-9]{16}", click) for click in clicks)


def test_the_click_endpoint_gives_the_same_visitor_the_same_id_and_another_visitor_another() -> None:
    talk = dub()
    first = talk.minted()
    assert (first.status_code, list(first.json())) == (200, ["clickId"])
    assert talk.minted().json() == first.json()
    assert talk.minted("Mozilla/6.0").json() != first.json()
    assert talk.lead(clickId=first.json()["clickId"]).json()["link"]["key"] == "demo"


def test_after_an_hour_the_same_visitor_has_another_id() -> None:
    moments = {"now": "2026-01-01T00:00:00Z"}
    talk = DubTalk(create_app(DUB, clock=lambda: moments["now"]))
    first = talk.minted().json()
    moments["now"] = "2026-01-01T01:00:00Z"
    assert talk.minted().json() == first
    moments["now"] = "2026-01-01T01:00:01Z"
    assert talk.minted().json() != first


def test_a_link_is_known_to_the_click_endpoint_once_it_was_visited() -> None:
    talk = dub()
    refused(talk.minted(key="spring"), 404, "not_found")
    followed = talk.ask("GET", "/l/spring", token=None, headers={"User-Agent": "Mozilla/5.0"})
    assert talk.minted(key="spring").json()["clickId"] == visited(followed)
    assert talk.lead(clickId=visited(followed)).json()["link"]["shortLink"] == "http://sandbox/l/spring"


def test_the_port_of_the_domain_may_be_left_out() -> None:
    talk = dub()
    headers = {"Host": "127.0.0.1:8080"}
    for domain, status in (("127.0.0.1", 200), ("127.0.0.1:8080", 200), ("127.0.0.1:80", 404), ("sandbox", 404)):
        body = {"domain": domain, "key": "demo"}
        assert talk.ask("POST", "/track/click", token=None, json=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"key": "demo"}, 422, "unprocessable_entity"),
        ({"domain": "sandbox"}, 422, "unprocessable_entity"),
        ({"domain": "", "key": "demo"}, 422, "unprocessable_entity"),
        ({"domain": "sandbox", "key": 5}, 422, "unprocessable_entity"),
        ({"domain": "sandbox", "key": "nobody"}, 404, "not_found"),
        ({"domain": "d.example.com", "key": "demo"}, 404, "not_found"),
    ],
)
def test_what_names_no_link_has_no_click(body: dict[str, Any], status: int, code: str) -> None:
    answer = dub().ask("POST", "/track/click", token=None, json=body)
    refused(answer, status, code)
    assert cors(answer) == CORS


@pytest.mark.parametrize("path", FOR_BROWSERS)
def test_a_browser_may_ask_first_from_any_page(path: str) -> None:
    answer = dub().ask("OPTIONS", path, token=None)
    assert (answer.status_code, answer.content, cors(answer)) == (204, b"", CORS)


@pytest.mark.parametrize("path", ["/track/lead", "/track/sale"])
def test_the_routes_for_servers_are_not_for_browsers(path: str) -> None:
    talk = dub()
    assert talk.ask("OPTIONS", path).status_code == 405
    assert cors(talk.ask("POST", path, json=LEAD)) == {}


def test_a_publishable_key_sends_leads_and_sales_from_a_browser() -> None:
    talk = dub()
    lead = talk.ask("POST", "/track/lead/client", token=PUBLISHABLE, json={**LEAD, "clickId": talk.click()})
    sale = talk.ask(
        "POST",
        "/track/sale/client",
        token=PUBLISHABLE,
        json={"customerExternalId": " ada ", "amount": 5, "clickId": ""},
    )
    assert (lead.json()["customer"]["externalId"], sale.json()["sale"]["amount"]) == ("ada", 5)
    assert cors(lead) == cors(sale) == CORS
    assert [lead["status"] for lead in talk.recorded()["leads"]] == ["confirmed"]


@pytest.mark.parametrize(
    ("token", "status", "code", "message"),
    [
        (None, 401, "unauthorized", "Missing publishable key."),
        (SECRET, 400, "bad_request", "Invalid or missing publishable key."),
        ("dub_pk_dub_trackproof-wrong-token", 401, "unauthorized", "Invalid publishable key."),
    ],
)
def test_without_a_publishable_key_a_browser_is_refused(
    token: str | None, status: int, code: str, message: str
) -> None:
    answer = dub().ask("POST", "/track/lead/client", token=token, content="{")
    assert refused(answer, status, code) == message


@pytest.mark.parametrize(
    "changes",
    [
        {"clickId": None},
        {"customerExternalId": None},
        {"customerExternalId": ""},
        {"customerExternalId": "x" * 101},
        {"customerExternalId": None, "externalId": "ada"},
    ],
)
def test_a_browser_is_read_more_strictly(changes: dict[str, Any]) -> None:
    talk = dub()
    answer = talk.ask(
        "POST", "/track/lead/client", token=PUBLISHABLE, json={**LEAD, "clickId": talk.click(), **changes}
    )
    refused(answer, 422, "unprocessable_entity")
    assert talk.recorded() is None
