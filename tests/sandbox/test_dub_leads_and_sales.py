"""Leads and sales as Dub answers them, and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest
from dub_talk import DUB, DubTalk, dub, refused

from conformance.sandbox import create_app

NULLS = {"eventName": "Purchase", "customer": None, "sale": None}
UNKNOWN = (
    "The `clickId` property was not provided in the request, "
    "and no existing customer with the provided `customerExternalId` was found."
)


def accepted(answer: Any, schema: str) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert DUB.schemas.problems(schema, answer.json()) == ()
    return answer.json()


def shown(talk: DubTalk, customer: str = "ada") -> list[tuple[str, str]]:
    return [(lead["status"], lead["clickId"]) for lead in talk.recorded(customer)["leads"]]


def test_a_lead_is_answered_with_its_click_link_and_customer() -> None:
    talk = dub()
    click = talk.click()
    answer = accepted(talk.lead(clickId=click, customerName="Ada", customerEmail="a@example.com"), "lead-success")
    assert answer["click"] == {"id": click}
    assert answer["customer"] == {"name": "Ada", "email": "a@example.com", "avatar": None, "externalId": "ada"}
    link = answer["link"]
    assert (link["domain"], link["key"], link["shortLink"]) == ("sandbox", "demo", "http://sandbox/l/demo")
    assert shown(talk) == [("confirmed", click)]


def test_a_repeated_lead_has_no_link_and_echoes_its_own_click() -> None:
    talk = dub()
    first, other = talk.click(), talk.click()
    talk.lead(clickId=first, customerName="Ada")
    answer = accepted(talk.lead(eventName=" sign-up", clickId=other, customerName="Bob"), "lead-success")
    assert (answer["click"]["id"], answer["link"], answer["customer"]["name"]) == (other, None, "Ada")
    assert shown(talk) == [("confirmed", first)]


@pytest.mark.parametrize("mode", ["async", "wait", None])
def test_every_mode_but_deferred_counts_at_once_and_a_sale_may_follow(mode: str | None) -> None:
    talk = dub()
    click = talk.click()
    assert talk.lead(clickId=click, **({} if mode is None else {"mode": mode})).status_code == 200
    assert accepted(talk.sale(), "sale-success")["sale"]["amount"] == 900


@pytest.mark.parametrize("follow_up", [{}, {"clickId": ""}, {"clickId": None}, {"clickId": " "}])
@pytest.mark.parametrize("name", ["Sign up", "Qualified"])
def test_a_deferred_lead_counts_at_event_2(name: str, follow_up: dict[str, Any]) -> None:
    talk = dub()
    click = talk.click()
    event_1 = accepted(talk.lead(clickId=click, mode="deferred", customerName="Ada"), "lead-success")
    assert event_1["link"] is not None
    assert (shown(talk), talk.events("leads")) == ([("pending", click)], [])
    assert talk.customer()["name"] == "Ada"
    event_2 = accepted(talk.lead(eventName=name, mode="async", customerName="Bob", **follow_up), "lead-success")
    assert event_2 == event_1
    assert shown(talk) == [("confirmed", click)]
    assert [event["click"]["id"] for event in talk.events("leads")] == [click]
    assert accepted(talk.lead(eventName=name, **follow_up), "lead-success")["link"] is None


def test_event_1_is_answered_the_same_however_often_it_is_sent() -> None:
    talk = dub()
    click = talk.click()
    answers = [talk.lead(clickId=click, mode="deferred").json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert shown(talk) == [("pending", click)]


def test_event_2_under_another_id_is_a_bad_request_that_creates_nobody() -> None:
    talk = dub()
    talk.lead(clickId=talk.click(), mode="deferred")
    assert refused(talk.lead(customerExternalId="bob", clickId=""), 400, "bad_request") == UNKNOWN
    assert (talk.recorded("bob"), talk.customer("bob")) == (None, None)
    assert [status for status, _ in shown(talk)] == ["pending"]


def test_event_2_with_a_click_counts_for_that_click_and_the_customer_keeps_the_first() -> None:
    talk = dub()
    first, other = talk.click(), talk.click()
    talk.lead(clickId=first, mode="deferred")
    assert refused(talk.lead(clickId="made-up"), 404, "not_found") == "Click event not found for clickId: made-up"
    assert talk.lead(clickId=other).status_code == 200
    assert (shown(talk), talk.recorded()["clickId"]) == ([("confirmed", other)], first)


def test_a_refused_lead_does_not_block_the_next() -> None:
    talk = dub()
    refused(talk.lead(clickId="made-up"), 404, "not_found")
    assert talk.lead(clickId=talk.click()).json()["link"] is not None


def test_an_event_quantity_is_as_many_leads() -> None:
    talk = dub()
    talk.lead(clickId=talk.click(), eventQuantity=3)
    events = talk.events("leads")
    assert len({event["eventId"] for event in events}) == 3
    assert (len(talk.recorded()["leads"]), events[0]["link"]["leads"]) == (3, 3)
    assert [event["eventId"] for event in talk.events("leads", limit=2, page=2)] == [events[2]["eventId"]]


@pytest.mark.parametrize("alias", ["externalId", "customerId"])
def test_older_names_of_the_customer_are_understood(alias: str) -> None:
    talk = dub()
    click = talk.click()
    body = {"eventName": "Sign up", "clickId": click, alias: " ada "}
    assert talk.ask("POST", "/track/lead", json=body).json()["customer"]["externalId"] == "ada"
    sale = accepted(talk.ask("POST", "/track/sale", json={alias: "ada", "amount": 5}), "sale-success")
    assert sale["customer"]["externalId"] == "ada"


def test_the_name_that_is_filled_in_first_wins() -> None:
    talk = dub()
    body = {"clickId": talk.click(), "customerExternalId": "", "externalId": "one", "customerId": "two"}
    assert talk.lead(**body).json()["customer"]["externalId"] == "one"


def test_a_customer_without_a_name_is_called_by_the_email_or_by_a_made_up_name() -> None:
    talk = dub()
    click = talk.click()
    named = talk.lead(clickId=click, customerName="", customerEmail="a@example.com").json()["customer"]["name"]
    made_up = [talk.lead(clickId=click, customerExternalId="bob").json()["customer"]["name"] for _ in range(2)]
    assert named == "a@example.com"
    assert made_up[0] == made_up[1]
    assert len(made_up[0].split()) == 3


def test_a_picture_is_copied_to_another_address() -> None:
    talk = dub()
    sent = "https://example.com/a.png"
    avatar = talk.lead(clickId=talk.click(), customerAvatar=sent).json()["customer"]["avatar"]
    assert avatar.startswith("https://")
    assert avatar != sent


def test_a_sale_has_its_defaults_and_follows_the_latest_lead_or_the_one_it_names() -> None:
    talk = dub()
    first, second = talk.click(), talk.click()
    talk.lead(clickId=first)
    talk.lead(clickId=second, eventName="Trial")
    answer = accepted(talk.sale(metadata={"plan": "pro"}), "sale-success")
    assert answer["eventName"] == "Purchase"
    assert answer["sale"] == {
        "amount": 900,
        "currency": "usd",
        "paymentProcessor": "custom",
        "invoiceId": None,
        "metadata": {"plan": "pro"},
    }
    assert answer["customer"]["id"] == talk.customer()["id"]
    talk.sale(leadEventName="Sign up")
    assert [sale["clickId"] for sale in talk.recorded()["sales"]] == [second, first]
    assert [event["click"]["id"] for event in talk.events("sales")] == [first, second]
    message = refused(talk.sale(leadEventName="Demo"), 404, "not_found")
    assert message == "Lead event not found for externalId: ada and leadEventName: Demo"


def test_a_sale_before_event_2_is_not_found_and_the_lead_stays_pending() -> None:
    talk = dub()
    talk.lead(clickId=talk.click(), mode="deferred")
    message = refused(talk.sale(), 404, "not_found")
    assert message == "Lead event not found for externalId: ada and leadEventName: null"
    assert [status for status, _ in shown(talk)] == ["pending"]


@pytest.mark.parametrize("click", [{}, {"clickId": ""}, {"clickId": None}])
def test_a_sale_of_an_unknown_customer_is_answered_with_nulls_and_not_recorded(click: dict[str, Any]) -> None:
    talk = dub()
    assert accepted(talk.sale(invoiceId="inv", **click), "sale-success") == NULLS
    assert (talk.recorded(), talk.events("sales")) == (None, [])
    talk.lead(clickId=talk.click())
    assert talk.sale(invoiceId="inv").json()["sale"] is not None


def test_a_sale_of_nothing_is_answered_with_nulls_and_not_recorded() -> None:
    talk = dub()
    talk.lead(clickId=talk.click())
    assert accepted(talk.sale(amount=0, invoiceId="inv"), "sale-success") == NULLS
    assert talk.recorded()["sales"] == []
    assert talk.sale(invoiceId="inv").json()["sale"]["amount"] == 900


def test_a_repeated_invoice_is_answered_as_the_first_time_whatever_differs() -> None:
    talk = dub()
    click = talk.click()
    talk.lead(clickId=click)
    talk.lead(clickId=click, customerExternalId="bob")
    first = talk.sale(invoiceId="inv", metadata={"n": 1.5})
    again = [
        talk.sale(invoiceId="inv"),
        talk.sale(invoiceId="inv", amount=5, eventName="Other"),
        talk.sale(invoiceId="inv", customerExternalId="bob"),
        talk.sale(invoiceId="inv", customerExternalId="nobody", amount=0),
    ]
    assert {answer.content for answer in again} == {first.content}
    assert (len(talk.recorded()["sales"]), talk.recorded("bob")["sales"]) == (1, [])


@pytest.mark.parametrize("invoice", [{}, {"invoiceId": None}, {"invoiceId": ""}])
def test_sales_without_an_invoice_all_count(invoice: dict[str, Any]) -> None:
    talk = dub()
    talk.lead(clickId=talk.click())
    assert [talk.sale(**invoice).json()["sale"]["invoiceId"] for _ in range(2)] == [None, None]
    assert len(talk.events("sales")) == 2


@pytest.mark.parametrize(
    ("amount", "currency", "cents", "shown_currency"),
    [
        (1000, "EUR", 1080, "usd"),
        (5000, "jpy", 3350, "usd"),
        (5000, "Usd", 5000, "usd"),
        (5000, "xyz", 5000, "xyz"),
        (100.0, "usd", 100, "usd"),
        (2**53 - 1, "usd", 2**53 - 1, "usd"),
    ],
)
def test_an_amount_becomes_us_cents(amount: float, currency: str, cents: int, shown_currency: str) -> None:
    talk = dub()
    talk.lead(clickId=talk.click())
    sale = accepted(talk.sale(amount=amount, currency=currency), "sale-success")["sale"]
    assert (sale["amount"], sale["currency"]) == (cents, shown_currency)
    assert talk.events("sales")[0]["sale"]["amount"] == cents
    assert talk.recorded()["sales"][0]["amount"] == cents


def test_a_direct_sale_makes_the_customer_a_lead_and_the_sale() -> None:
    talk = dub()
    click = talk.click()
    assert refused(talk.sale(clickId="made-up"), 404, "not_found") == "Click event not found for clickId: made-up"
    answer = accepted(talk.sale(clickId=click, customerName="Ada"), "sale-success")
    assert answer["customer"]["name"] == "Ada"
    (lead,) = talk.events("leads")
    assert (lead["eventName"], lead["click"]["id"]) == ("Direct sale tracking lead event", click)
    assert talk.events("sales")[0]["click"]["id"] == click
    assert talk.sale(clickId="made-up").status_code == 200


def test_the_lead_of_a_direct_sale_has_the_name_that_the_sale_gives() -> None:
    talk = dub()
    talk.sale(clickId=talk.click(), leadEventName="Trial")
    assert [lead["eventName"] for lead in talk.events("leads")] == ["Trial"]


def test_namespaces_share_nothing() -> None:
    root = dub()
    one = DubTalk(root.app, "/ns/one")
    click = one.click()
    assert refused(root.lead(clickId=click), 404, "not_found")
    link = one.lead(clickId=click).json()["link"]
    assert link["shortLink"] == "http://sandbox/ns/one/l/demo"
    assert (one.customer()["externalId"], root.customer()) == ("ada", None)
    assert (len(one.events("leads")), root.events("leads")) == (1, [])
    one.sale(invoiceId="inv")
    assert root.sale(invoiceId="inv").json() == NULLS


def test_what_came_can_be_waited_for() -> None:
    talk = dub()
    talk.lead(clickId="made-up")
    talk.lead(eventName="", customerName="first")
    wait = "/_/ns/default/wait?timeout=0&"
    unknown = talk.ask("GET", f"{wait}clickId=made-up").json()["event"]
    assert (unknown["operation"], unknown["status"], unknown["outcome"]) == ("lead", 404, "refused-unknown-click")
    invalid = talk.ask("GET", f"{wait}customerName=first").json()["event"]
    assert (invalid["status"], invalid["outcome"]) == (422, None)


def test_the_clock_is_the_sandboxes() -> None:
    talk = DubTalk(create_app(DUB, clock=lambda: "2026-01-02T03:04:05Z"))
    talk.lead(clickId=talk.click(), timestamp="2020-01-01T00:00:00Z")
    assert talk.events("leads")[0]["timestamp"] == "2026-01-02T03:04:05.000Z"
    assert talk.customer()["createdAt"] == "2026-01-02T03:04:05.000Z"
