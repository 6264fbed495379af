"""What a journey leaves behind, as the sandbox's read-back shows it."""

from __future__ import annotations

import pytest
from sandbox_talk import sandbox


def test_a_non_deferred_lead_shows_as_confirmed_with_its_details() -> None:
    talk = sandbox()
    click = talk.click()
    answer = talk.lead(
        clickId=click,
        timestamp="2024-01-15T10:30:00+02:00",
        customerName="Zoë 🐙 שלום",
        customerEmail="zoe@example.com",
        customerAvatar="https://example.com/a.png",
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert talk.recorded() == {
        "customerExternalId": "ada",
        "clickId": click,
        "name": "Zoë 🐙 שלום",
        "email": "zoe@example.com",
        "avatar": "https://example.com/a.png",
        "leads": [
            {"eventName": "signup", "status": "confirmed", "clickId": click, "timestamp": "2024-01-15T08:30:00Z"}
        ],
        "sales": [],
    }


def test_a_deferred_lead_is_pending_and_then_one_confirmed_lead() -> None:
    talk = sandbox()
    click = talk.click()
    assert talk.lead(clickId=click, mode="deferred", customerName="Ada").status_code == 200
    assert [(lead["status"], lead["clickId"]) for lead in talk.recorded()["leads"]] == [("pending", click)]
    assert talk.lead(eventName="verified").status_code == 200
    assert [(lead["status"], lead["clickId"]) for lead in talk.recorded()["leads"]] == [("confirmed", click)]
    assert talk.recorded()["name"] == "Ada"


@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_click_id_in_event_2_is_an_absent_one(blank: str | None) -> None:
    talk = sandbox()
    talk.lead(clickId=talk.click(), mode="deferred")
    assert talk.lead(eventName="verified", clickId=blank).status_code == 200
    assert [lead["status"] for lead in talk.recorded()["leads"]] == ["confirmed"]


def test_a_resent_click_is_a_conflict_and_changes_nothing() -> None:
    talk = sandbox()
    click = talk.click()
    talk.lead(clickId=click, mode="deferred")
    before = talk.recorded()
    for resent in (click, talk.click()):
        assert talk.lead(eventName="verified", clickId=resent).status_code == 409
    assert talk.recorded() == before


def test_an_unknown_click_is_refused() -> None:
    talk = sandbox()
    assert talk.lead(clickId="made-up").status_code == 404
    assert talk.recorded() is None


def test_a_mismatched_id_is_recorded_as_unlinked() -> None:
    talk = sandbox()
    talk.lead(clickId=talk.click(), mode="deferred")
    assert talk.lead(customerExternalId="Ada", eventName="verified").status_code == 200
    stray = talk.recorded("Ada")
    assert (stray["clickId"], [lead["status"] for lead in stray["leads"]]) == (None, ["unlinked"])
    assert [lead["status"] for lead in talk.recorded()["leads"]] == ["pending"]


@pytest.mark.parametrize(
    "amount", ["0", "4999", "49.99", "49.990", "0.1", "999999999.99", "123456789012345678901.25", "1e2"]
)
def test_an_amount_keeps_its_value_to_the_last_digit(amount: str) -> None:
    talk = sandbox()
    body = '{"customerExternalId":"ada","eventName":"buy","invoiceId":"i","currency":"USD","amount":' + amount + "}"
    answer = talk.ask("POST", "/track/sale", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    shown = talk.ask("GET", "/readback/customers/ada").text
    assert f'"amount":{"100" if amount == "1e2" else amount},' in shown


def test_a_sale_shows_the_leads_click_and_a_repeated_invoice_leaves_none() -> None:
    talk = sandbox()
    click = talk.click()
    talk.lead(clickId=click)
    assert talk.sale(amount=49.99, clickId=talk.click()).status_code == 200
    assert talk.sale(amount=1).status_code == 200
    assert talk.sale(customerExternalId="bob").status_code == 200
    assert [(s["amount"], s["currency"], s["clickId"]) for s in talk.recorded()["sales"]] == [(49.99, "USD", click)]
    assert talk.recorded("bob") is None


@pytest.mark.parametrize(
    "customer",
    [
        "a/b",
        "/",
        "//x",
        "..",
        "a%2Fb",
        "a b",
        "?q=1#f",
        "ü",
        "🐙",
        "a\u0301",
        "\u200f",
        '"',
        "\\",
        "x" * 255,
        "a+b",
        "ada\n",
    ],
)
def test_an_id_with_any_character_is_kept_as_it_is(customer: str) -> None:
    talk = sandbox()
    assert talk.lead(customerExternalId=customer).status_code == 200
    assert talk.recorded(customer)["customerExternalId"] == customer


def test_namespaces_share_nothing_and_the_plain_root_is_one_of_its_own() -> None:
    root = sandbox()
    one, two = type(root)(root.app, "/ns/one"), type(root)(root.app, "/ns/two%20%2F")
    click = one.click()
    assert one.lead(clickId=click).status_code == 200
    assert two.lead(clickId=click).status_code == 404
    assert root.lead(clickId=click).status_code == 404
    assert (two.recorded(), root.recorded()) == (None, None)
    assert one.recorded()["clickId"] == click
    assert two.lead(clickId=two.click()).status_code == 200


def test_each_visit_of_a_short_link_gives_out_another_id() -> None:
    talk = sandbox()
    answer = talk.ask("GET", "/l/demo", token=None)
    assert answer.headers["location"].startswith("http://sandbox/_/landing?cms_rf=")
    assert answer.headers["cache-control"] == "no-store"
    assert talk.ask("GET", answer.headers["location"].removeprefix("http://sandbox"), token=None).status_code == 200
    ids = {talk.click() for _ in range(50)}
    assert len(ids) == 50
    assert len({len(click) for click in ids}) == 1
    assert any(click != click.lower() != click.upper() for click in ids)
