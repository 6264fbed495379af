"""What Dub shows of customers and events, and the deletion of a customer."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

import pytest
from dub_talk import DUB, DubTalk, dub, refused

from conformance.sandbox import create_app


def externals(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [customer["externalId"] for customer in answer.json()]


def populated() -> DubTalk:
    # What follows is later: two sales of one millisecond have no order.
    moments = itertools.count()
    talk = DubTalk(create_app(DUB, clock=lambda: f"2026-01-02T03:04:05.{next(moments):03}Z"))
    for name in ("ada", "bob", "eve"):
        body = {"customerName": name.title(), "customerEmail": f"{name}@example.com"}
        talk.lead(customerExternalId=name, clickId=talk.click(), **body)
    talk.sale(customerExternalId="bob", amount=500)
    talk.sale(customerExternalId="ada", amount=900)
    return talk


def test_a_customer_is_found_by_either_id_and_in_the_list() -> None:
    talk = populated()
    (listed,) = talk.ask("GET", "/customers?externalId=ada").json()
    by_external = talk.ask("GET", "/customers/ext_ada").json()
    assert listed == by_external == talk.ask("GET", f"/customers/{listed['id']}").json()
    shown = {name: listed[name] for name in ("externalId", "name", "email", "avatar", "sales", "saleAmount")}
    assert shown == {
        "externalId": "ada",
        "name": "Ada",
        "email": "ada@example.com",
        "avatar": None,
        "sales": 1,
        "saleAmount": 900,
    }
    assert listed["firstSaleAt"] >= listed["createdAt"]
    assert not any("click" in name.lower() for name in listed)


def test_a_customer_who_is_not_there_is_an_empty_list_or_not_found() -> None:
    talk = dub()
    assert talk.ask("GET", "/customers?externalId=nobody").json() == []
    for identity in ("ext_nobody", "cus_nobody", "nobody"):
        assert refused(talk.ask("GET", f"/customers/{identity}"), 404, "not_found") == "Customer not found."


@pytest.mark.parametrize("external", ["a/b", "//", "x y", "ü", "🐙", "a%2Fb", "?q=1#f", "ext_a", "a+b", "&"])
def test_an_external_id_with_any_character_is_found(external: str) -> None:
    talk = dub()
    talk.lead(customerExternalId=external, clickId=talk.click())
    quoted = quote(external, safe="")
    assert talk.ask("GET", f"/customers/ext_{quoted}").json()["externalId"] == external
    assert talk.customer(external)["externalId"] == external
    assert talk.recorded(external)["customerExternalId"] == external


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["eve", "bob", "ada"]),
        ("sortOrder=asc", ["ada", "bob", "eve"]),
        ("pageSize=2", ["eve", "bob"]),
        ("pageSize=2&page=2", ["ada"]),
        ("page=999999999999999999999", []),
        ("sortBy=saleAmount", ["ada", "bob", "eve"]),
        ("sortBy=firstSaleAt&sortOrder=asc", ["eve", "bob", "ada"]),
        ("email=bob%40example.com", ["bob"]),
        ("email=bob", []),
        ("search=EVE%40", ["eve"]),
        ("externalId=ada&email=bob%40example.com", []),
        ("unheard=of", ["eve", "bob", "ada"]),
    ],
)
def test_customers_are_listed_as_asked(query: str, expected: list[str]) -> None:
    assert externals(populated().ask("GET", f"/customers?{query}")) == expected


def test_a_customer_may_be_shown_with_its_link() -> None:
    talk = populated()
    plain = talk.ask("GET", "/customers/ext_ada").json()
    for path in ("/customers/ext_ada?", "/customers?externalId=ada&"):
        shown = talk.ask("GET", f"{path}includeExpandedFields=true").json()
        expanded = shown[0] if isinstance(shown, list) else shown
        assert expanded["link"]["key"] == "demo"
        assert {name: expanded[name] for name in plain} == plain


@pytest.mark.parametrize(
    "query",
    [
        "/customers?page=0",
        "/customers?page=x",
        "/customers?page=-1",
        "/customers?pageSize=101",
        "/customers?sortOrder=up",
        "/customers?sortBy=name",
        "/customers?includeExpandedFields=yes",
        "/events?event=visits",
        "/events?interval=1h",
        "/events?limit=1001",
        "/events?limit=",
        "/events?order=up",
    ],
)
def test_a_query_that_cannot_be_used_is_unprocessable(query: str) -> None:
    refused(dub().ask("GET", query), 422, "unprocessable_entity")


def test_events_show_what_happened_newest_first() -> None:
    talk = populated()
    leads = talk.events("leads")
    assert [lead["customer"]["externalId"] for lead in leads] == ["eve", "bob", "ada"]
    assert [lead["eventName"] for lead in leads] == ["Sign up"] * 3
    assert len({lead["click"]["id"] for lead in leads}) == 3
    assert {lead["link"]["id"] for lead in leads} == {leads[0]["link_id"]}
    assert {lead["event"] for lead in leads} == {"lead"}
    sales = talk.events("sales")
    assert [(sale["customer"]["externalId"], sale["sale"]["amount"]) for sale in sales] == [("ada", 900), ("bob", 500)]
    assert [sale["click"]["id"] for sale in sales] == [leads[2]["click"]["id"], leads[1]["click"]["id"]]
    clicks = talk.events("clicks")
    assert [click["click"]["id"] for click in clicks] == [lead["click"]["id"] for lead in leads]
    assert talk.ask("GET", "/events").json() == clicks


def test_events_are_listed_as_asked() -> None:
    talk = populated()
    ada = talk.customer()["id"]
    for kind in ("clicks", "leads", "sales"):
        (event,) = talk.events(kind, customerId=ada)
        assert event["click"]["id"] == talk.recorded()["clickId"]
        assert talk.events(kind, customerId="cus_nobody") == []
    assert [lead["customer"]["externalId"] for lead in talk.events("leads", limit=1, page=2)] == ["bob"]
    for order in ("sortOrder", "order"):
        assert talk.events("leads", **{order: "asc"})[0]["customer"]["externalId"] == "ada"


def test_a_link_counts_clicks_leads_first_sales_and_sales() -> None:
    talk = populated()
    talk.sale(amount=100)
    link = talk.events("sales")[0]["link"]
    counted = ("clicks", "leads", "conversions", "sales", "saleAmount")
    assert [link[name] for name in counted] == [3, 3, 2, 3, 1500]


def test_a_deleted_customer_is_gone_with_its_events_and_what_was_counted_is_not_counted_again() -> None:
    talk = populated()
    ada = talk.customer()["id"]
    sale = talk.sale(invoiceId="inv")
    answer = talk.ask("DELETE", "/customers/ext_ada")
    assert (answer.status_code, answer.json()) == (200, {"id": ada})
    assert (talk.customer(), talk.recorded()) == (None, None)
    for kind in ("leads", "sales"):
        assert all(event["customer"]["externalId"] != "ada" for event in talk.events(kind))
    refused(talk.ask("DELETE", f"/customers/{ada}"), 404, "not_found")
    click = talk.click()
    again = talk.lead(clickId=click, customerName="Somebody").json()
    assert (again["click"]["id"], again["link"], again["customer"]["name"]) == (click, None, "Somebody")
    assert talk.sale(invoiceId="inv").content == sale.content
    assert talk.customer() is None
    talk.lead(clickId=click, eventName="Trial")
    assert talk.customer()["id"] != ada


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/customers"), ("DELETE", "/events"), ("PATCH", "/customers/ext_ada")]
)
def test_other_methods_are_not_allowed(method: str, path: str) -> None:
    talk = populated()
    assert talk.ask(method, path).status_code == 405
    assert talk.customer() is not None
