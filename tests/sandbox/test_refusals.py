"""What the sandbox refuses, with which status, and that a refusal leaves nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sandbox_talk import PROFILE, TOKEN, Talk, sandbox

from conformance.sandbox import Limits, create_app
from conformance.sandbox.bodies import LARGEST_BODY

JSON = {"Content-Type": "application/json"}
LEAD = {"eventName": "signup", "customerExternalId": "ada"}
SALE = {"eventName": "buy", "customerExternalId": "ada", "invoiceId": "inv-1", "amount": 1, "currency": "USD"}
REQUIRED: list[Any] = ["", None, 5, 1.5, True, [], {}]


def error(answer: Any, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) >= {"success", "error", "message", "type", "statusCode"}
    assert (body["success"], body["statusCode"]) == (False, status)
    assert PROFILE.schemas.problems("error", body) == ()
    return body


@pytest.mark.parametrize("value", REQUIRED)
@pytest.mark.parametrize("field", ["customerExternalId", "eventName"])
def test_a_lead_needs_its_customer_and_its_event_name_as_text(field: str, value: Any) -> None:
    talk = sandbox()
    body = error(talk.ask("POST", "/track/lead", json={**LEAD, field: value}), 422)
    assert list(body["details"]) == [field]
    assert talk.recorded() is None


@pytest.mark.parametrize("field", LEAD)
def test_a_lead_without_a_required_field_is_refused(field: str) -> None:
    body = {name: value for name, value in LEAD.items() if name != field}
    assert list(error(sandbox().ask("POST", "/track/lead", json=body), 422)["details"]) == [field]


@pytest.mark.parametrize("field", SALE)
def test_a_sale_without_a_required_field_is_refused(field: str) -> None:
    body = {name: value for name, value in SALE.items() if name != field}
    assert list(error(sandbox().ask("POST", "/track/sale", json=body), 422)["details"]) == [field]


@pytest.mark.parametrize("value", REQUIRED)
@pytest.mark.parametrize("field", ["customerExternalId", "eventName", "invoiceId"])
def test_the_texts_of_a_sale_are_texts(field: str, value: Any) -> None:
    talk = sandbox()
    assert list(error(talk.sale(**{field: value}), 422)["details"]) == [field]
    assert talk.recorded() is None


@pytest.mark.parametrize("value", ["5", None, True, [], -1, -0.01])
def test_an_amount_is_a_number_that_is_not_negative(value: Any) -> None:
    talk = sandbox()
    assert list(error(talk.sale(amount=value), 422)["details"]) == ["amount"]
    assert talk.recorded() is None


@pytest.mark.parametrize("value", ["1e999999", "1e-999999"])
def test_an_amount_beyond_all_measure_is_refused(value: str) -> None:
    body = json.dumps({**SALE, "amount": 0.5}).replace("0.5", value)
    error(sandbox().ask("POST", "/track/sale", content=body, headers=JSON), 422)


@pytest.mark.parametrize("value", ["", "US", "USDT", "12A", "U D", "ÄÖÜ", None, 840])
def test_a_currency_has_three_letters(value: Any) -> None:
    assert list(error(sandbox().sale(currency=value), 422)["details"]) == ["currency"]


@pytest.mark.parametrize("mode", ["Deferred", "immediate", "", 1, True, ["deferred"]])
def test_an_unknown_mode_is_refused(mode: Any) -> None:
    talk = sandbox()
    assert list(error(talk.lead(clickId=talk.click(), mode=mode), 422)["details"]) == ["mode"]
    assert talk.recorded() is None


def test_a_mode_belongs_to_a_lead_with_a_click() -> None:
    talk = sandbox()
    click = talk.click()
    assert list(error(talk.lead(mode="non-deferred"), 422)["details"]) == ["mode"]
    error(talk.lead(mode="deferred"), 422)
    error(talk.lead(mode="deferred", clickId=""), 422)
    assert talk.recorded() is None
    assert talk.lead(mode="non-deferred", clickId=click).status_code == 200


@pytest.mark.parametrize("email", ["", "ada", "@example.com", "ada@", "a b@example.com", "a@b@example.com", "a@b", 5])
def test_an_email_that_is_none_is_refused(email: Any) -> None:
    assert list(error(sandbox().lead(customerEmail=email), 422)["details"]) == ["customerEmail"]


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.com",
        "a.b+c@sub.example.co.uk",
        "ü@bücher.example",
        "o'hara@example.com",
        "a@xn--bcher-kva.xn--p1ai",
    ],
)
def test_an_email_in_any_script_is_accepted(email: str) -> None:
    talk = sandbox()
    assert talk.lead(customerEmail=email).status_code == 200
    assert talk.recorded()["email"] == email


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "2024-01-15", "2024-13-01T00:00:00Z", "2024-01-15 10:30:00", "1705314600", 1705314600],
)
def test_a_timestamp_that_is_not_iso_8601_is_refused(timestamp: Any) -> None:
    assert list(error(sandbox().lead(timestamp=timestamp), 422)["details"]) == ["timestamp"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"),
        ("2024-01-15T10:30:00.789Z", "2024-01-15T10:30:00.789000Z"),
        ("2024-01-15T10:30:00+05:30", "2024-01-15T05:00:00Z"),
        ("2024-01-15T10:30:00", "2024-01-15T10:30:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00"),
    ],
)
def test_a_timestamp_is_shown_as_the_same_instant(sent: str, shown: str) -> None:
    talk = sandbox()
    assert talk.lead(timestamp=sent).status_code == 200
    assert talk.recorded()["leads"][0]["timestamp"] == shown


def test_null_for_an_optional_field_and_unknown_fields_are_accepted() -> None:
    talk = sandbox()
    nulls = dict.fromkeys(("mode", "timestamp", "customerName", "customerEmail", "customerAvatar"))
    assert talk.lead(clickId=talk.click(), utm_source={"any": ["thing"]}, **nulls).status_code == 200


@pytest.mark.parametrize("token", [None, "", " ", "trackproof-wrong-token", "x-trackproof-wrong-token-1"])
@pytest.mark.parametrize("path", ["/track/lead", "/track/sale"])
def test_without_a_token_or_with_one_that_is_wrong_on_purpose_nobody_is_let_in(path: str, token: str | None) -> None:
    talk = sandbox()
    answer = talk.ask("POST", path, token=token, json={**LEAD, **SALE})
    error(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert talk.recorded() is None
    if token and token.strip():
        assert token not in answer.text


@pytest.mark.parametrize("value", ["Basic YTpi", "Token a-token", "a-token", "Bearer", "Bearera-token"])
def test_another_scheme_is_refused(value: str) -> None:
    error(sandbox().ask("POST", "/track/lead", token=None, headers={"Authorization": value}, json=LEAD), 401)


def test_with_a_token_only_that_one_is_let_in() -> None:
    talk = Talk(create_app(PROFILE, token=TOKEN))
    assert talk.lead().status_code == 200
    for other in ("b-token", TOKEN + "x", TOKEN[:-1], TOKEN.upper()):
        error(talk.ask("POST", "/track/lead", token=other, json=LEAD), 401)
        error(talk.ask("GET", "/readback/customers/ada", token=other), 401)
    assert talk.ask(
        "POST", "/track/lead", token=None, headers={"Authorization": f"bearer {TOKEN}"}, json=LEAD
    ).is_success


def test_read_back_of_an_unknown_customer_is_404() -> None:
    talk = sandbox()
    error(talk.ask("GET", "/readback/customers/nobody"), 404)
    error(talk.ask("GET", "/readback/customers/%ff"), 404)
    error(talk.ask("GET", "/readback/customers/ada", token=None), 401)
    error(talk.ask("DELETE", "/readback/customers/ada"), 405)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused_and_the_allowed_one_named(method: str) -> None:
    answer = sandbox().ask(method, "/track/lead", json=LEAD)
    error(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/track",
        "/track/leads",
        "/track/lead/",
        "//track/lead",
        "/ns",
        "/ns/x",
        "/ns//track/lead",
        "/l/",
        "/_/nothing",
        "/_",
    ],
)
def test_an_unknown_path_is_404_in_json(path: str) -> None:
    error(sandbox().ask("POST", path, json=LEAD), 404)


def test_a_namespace_has_a_name_of_sane_length() -> None:
    error(sandbox().ask("POST", f"/ns/{'x' * 129}/track/lead", json=LEAD), 404)
    assert sandbox().ask("POST", f"/ns/{'x' * 128}/track/lead", json=LEAD).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\xff"}', b"\xff\xfe{\x00}\x00",
        b'{"a": "\xed\xa0\x80"}', b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 20_000, b"[]", b'"text"', b"null",
        b"1" * 5000, b'{"amount": 1e99999999999999999999}', b'{"a": "\n"}', b"{} {}",
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_400(body: bytes) -> None:
    error(sandbox().ask("POST", "/track/lead", content=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "declared", ["application/x-www-form-urlencoded", "text/plain", "text/json", "", "application/jsonp"]
)
def test_another_content_type_is_415(declared: str) -> None:
    error(sandbox().ask("POST", "/track/lead", content=json.dumps(LEAD), headers={"Content-Type": declared}), 415)


def test_a_compressed_body_is_415() -> None:
    error(sandbox().ask("POST", "/track/lead", json=LEAD, headers={"Content-Encoding": "gzip"}), 415)


@pytest.mark.parametrize(
    "declared", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"]
)
def test_json_may_be_declared_with_parameters(declared: str) -> None:
    answer = sandbox().ask("POST", "/track/lead", content=json.dumps(LEAD), headers={"Content-Type": declared})
    assert answer.status_code == 200


def test_a_body_beyond_the_limit_is_413_and_one_at_the_limit_is_read() -> None:
    talk = sandbox()
    body = json.dumps({**LEAD, "padding": ""})
    fitting = json.dumps({**LEAD, "padding": "x" * (LARGEST_BODY - len(body))})
    assert len(fitting) == LARGEST_BODY
    assert talk.ask("POST", "/track/lead", content=fitting, headers=JSON).status_code == 200
    error(talk.ask("POST", "/track/lead", content=fitting + " ", headers=JSON), 413)


@pytest.mark.parametrize("field", ["customerExternalId", "eventName", "clickId", "customerName"])
def test_hostile_text_is_refused_or_kept_and_never_an_error_of_the_sandbox(field: str) -> None:
    talk = sandbox()
    for escaped in (r"\u0000", r"\ud800", r"\udc00x", r"\u001b[31m", r"\ufeff", r"\uffff", r"<script>", r"\u202e"):
        body = json.dumps({**LEAD, field: "@"}).replace('"@"', f'"{escaped}"')
        answer = talk.ask("POST", "/track/lead", content=body, headers=JSON)
        assert answer.status_code in (200, 404, 422)
        json.loads(answer.text)
        if "ud800" in escaped or "udc00" in escaped:
            assert answer.status_code == 422


def test_a_text_beyond_measure_is_refused() -> None:
    assert list(error(sandbox().lead(customerName="x" * 4097), 422)["details"]) == ["customerName"]


def test_a_full_sandbox_says_so_and_records_nothing() -> None:
    talk = Talk(create_app(PROFILE, limits=Limits(bytes=3000)))
    assert talk.lead(customerExternalId="ada").status_code == 200
    error(talk.lead(customerExternalId="bob"), 503)
    assert talk.recorded("bob") is None
    assert talk.recorded("ada") is not None


def test_when_memory_runs_short_the_namespace_used_longest_ago_is_forgotten() -> None:
    root = Talk(create_app(PROFILE, limits=Limits(namespaces=2)))
    one, two, three = (Talk(root.app, f"/ns/{name}") for name in ("one", "two", "three"))
    root.lead()
    one.lead()
    two.lead()
    assert one.recorded() is not None
    three.lead()
    assert two.app is one.app
    assert one.recorded() is not None
    assert three.recorded() is not None
    assert root.recorded() is not None
    assert two.recorded() is None


def test_a_client_that_fills_the_memory_pushes_out_what_was_used_longest_ago_and_never_itself() -> None:
    root = Talk(create_app(PROFILE, limits=Limits(bytes=20_000)))
    one, two = Talk(root.app, "/ns/one"), Talk(root.app, "/ns/two")
    assert one.lead().status_code == 200
    statuses = [two.lead(customerExternalId=f"customer-{number}").status_code for number in range(20)]
    assert statuses[0] == 200
    assert statuses[-1] == 503
    assert one.recorded() is None
    assert two.recorded("customer-0") is not None


def test_refused_events_push_out_what_was_used_longest_ago_too() -> None:
    root = Talk(create_app(PROFILE, limits=Limits(bytes=20_000)))
    one, two = Talk(root.app, "/ns/one"), Talk(root.app, "/ns/two")
    one.lead()
    for _ in range(20):
        assert two.lead(eventName=None).status_code == 422
    assert one.recorded() is None


def test_only_so_many_large_events_are_remembered() -> None:
    talk = sandbox()
    for number in range(45):
        assert talk.lead(customerExternalId=f"customer-{number}", padding="x" * 250_000).status_code == 200
    assert talk.ask("GET", "/_/ns/default/wait?customerExternalId=customer-44&timeout=0").status_code == 200
    assert talk.ask("GET", "/_/ns/default/wait?customerExternalId=customer-0&timeout=0").status_code == 408


def test_retries_cost_no_memory() -> None:
    talk = Talk(create_app(PROFILE, limits=Limits(bytes=5_000_000)))
    for _ in range(1500):
        assert talk.lead(padding="x" * 3000).status_code == 200


def test_a_mistake_of_the_sandbox_shows_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("secret place")

    monkeypatch.setattr("conformance.ledger.Ledger.rule", break_down)
    answer = sandbox().lead()
    assert "secret place" not in answer.text
    error(answer, 500)
