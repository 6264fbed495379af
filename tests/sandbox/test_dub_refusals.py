"""What a sandbox that plays Dub refuses, in which order, with which code, and that a refusal leaves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from dub_talk import DUB, PUBLISHABLE, SECRET, DubTalk, dub, refused

from conformance.errors import UsageError
from conformance.sandbox import Limits, create_app
from conformance.sandbox.bodies import LARGEST_BODY

JSON = {"Content-Type": "application/json"}
TEXT = "Invalid input: expected string, received"


def invalid(answer: Any) -> str:
    return refused(answer, 422, "unprocessable_entity")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("eventName", "", "too_small: eventName: eventName is required"),
        ("eventName", " \ufeff\n", "too_small: eventName: eventName is required"),
        ("eventName", None, f"invalid_type: eventName: {TEXT} null"),
        ("eventName", ["a"], f"invalid_type: eventName: {TEXT} array"),
        ("eventName", "x" * 256, "too_big: eventName: Too big: expected string to have <=255 characters"),
        ("eventName", "🐙" * 128, "too_big: eventName: Too big: expected string to have <=255 characters"),
        ("clickId", 5, f"invalid_type: clickId: {TEXT} number"),
        ("customerExternalId", {}, f"invalid_type: customerExternalId: {TEXT} object"),
        ("mode", "Deferred", 'invalid_value: mode: Invalid option: expected one of "async"|"wait"|"deferred"'),
        ("mode", None, 'invalid_value: mode: Invalid option: expected one of "async"|"wait"|"deferred"'),
        ("mode", "", 'invalid_value: mode: Invalid option: expected one of "async"|"wait"|"deferred"'),
        ("eventQuantity", 0, "too_small: eventQuantity: Too small: expected number to be >0"),
        ("eventQuantity", 1.5, "invalid_type: eventQuantity: Invalid input: expected int, received number"),
        ("eventQuantity", 101, "too_big: eventQuantity: Too big: expected number to be <=100"),
        ("eventQuantity", "1", "invalid_type: eventQuantity: Invalid input: expected number, received string"),
        ("eventQuantity", True, "invalid_type: eventQuantity: Invalid input: expected number, received boolean"),
        ("customerEmail", "", "invalid_format: customerEmail: Invalid email address"),
        ("customerEmail", "ada", "invalid_format: customerEmail: Invalid email address"),
        ("customerEmail", "a..b@example.com", "invalid_format: customerEmail: Invalid email address"),
        ("customerName", "x" * 101, "too_big: customerName: Too big: expected string to have <=100 characters"),
        ("customerAvatar", 5, f"invalid_type: customerAvatar: {TEXT} number"),
        ("metadata", [], "invalid_type: metadata: Invalid input: expected record, received array"),
        (
            "metadata",
            {"a": "x" * 9_993},
            "custom: metadata: Metadata must be less than 10,000 characters when stringified",
        ),
    ],
)
def test_a_lead_that_breaks_the_schema_is_unprocessable(field: str, value: Any, message: str) -> None:
    talk = dub()
    assert invalid(talk.lead(**{"clickId": talk.click(), field: value})) == message
    assert (talk.recorded(), talk.events("leads")) == (None, [])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("amount", None, "invalid_type: amount: amount is required"),
        ("amount", "900", "invalid_type: amount: amount is required"),
        ("amount", True, "invalid_type: amount: amount is required"),
        ("amount", 1.5, "invalid_type: amount: Invalid input: expected int, received number"),
        ("amount", -1, "too_small: amount: amount cannot be negative"),
        ("amount", 2**53, "too_big: amount: Too big: expected int to be <=9007199254740991"),
        ("currency", None, f"invalid_type: currency: {TEXT} null"),
        ("eventName", None, f"invalid_type: eventName: {TEXT} null"),
        ("eventName", "x" * 256, "too_big: eventName: Too big: expected string to have <=255 characters"),
        ("invoiceId", 5, f"invalid_type: invoiceId: {TEXT} number"),
        ("leadEventName", 5, f"invalid_type: leadEventName: {TEXT} number"),
    ],
)
def test_a_sale_that_breaks_the_schema_is_unprocessable(field: str, value: Any, message: str) -> None:
    talk = dub()
    talk.lead(clickId=talk.click())
    assert invalid(talk.sale(**{field: value})) == message
    assert talk.recorded()["sales"] == []


@pytest.mark.parametrize("processor", [None, "", "Stripe", "cash", 5, ["stripe"]])
def test_an_unknown_payment_processor_is_unprocessable(processor: Any) -> None:
    message = invalid(dub().sale(paymentProcessor=processor))
    assert message.startswith('invalid_value: paymentProcessor: Invalid option: expected one of "stripe"|"shopify"|')


def test_a_missing_field_is_undefined_and_the_first_problem_is_named() -> None:
    talk = dub()
    body: dict[str, Any] = {"customerExternalId": "ada", "clickId": "", "metadata": []}
    answer = talk.ask("POST", "/track/lead", json=body)
    assert invalid(answer) == f"invalid_type: eventName: {TEXT} undefined"
    assert invalid(talk.lead(clickId=5, eventName="")) == f"invalid_type: clickId: {TEXT} number"


@pytest.mark.parametrize("amount", ["1e999999", "-1e999999", "1e-999999", "1e30"])
def test_an_amount_beyond_all_measure_is_unprocessable(amount: str) -> None:
    body = f'{{"customerExternalId": "ada", "amount": {amount}}}'
    invalid(dub().ask("POST", "/track/sale", content=body, headers=JSON))


@pytest.mark.parametrize("path", ["/track/lead", "/track/sale"])
@pytest.mark.parametrize("customer", [{}, {"customerExternalId": ""}, {"customerExternalId": None}, {"externalId": ""}])
def test_without_a_customer_a_request_is_bad(path: str, customer: dict[str, Any]) -> None:
    talk = dub()
    body = {"eventName": "Sign up", "clickId": talk.click(), "amount": 5, **customer}
    answer = talk.ask("POST", path, json=body)
    assert refused(answer, 400, "bad_request") == "customerExternalId is required"


@pytest.mark.parametrize("field", ["customerExternalId", "externalId", "customerId"])
def test_an_external_id_has_the_documented_length(field: str) -> None:
    talk = dub()
    click = talk.click()
    body = {"eventName": "Sign up", "clickId": click}
    assert talk.ask("POST", "/track/lead", json={**body, field: "x" * 100}).status_code == 200
    assert field in invalid(talk.ask("POST", "/track/lead", json={**body, field: "x" * 101}))


@pytest.mark.parametrize(
    "optional",
    [
        {"eventName": "x" * 255},
        {"eventName": f" {'x' * 255} "},
        {"eventQuantity": 100},
        {"metadata": {"a": "x" * 9_992}},
        {"customerName": "x" * 100},
        {"timestamp": "yesterday", "unheard": ["of"]},
        dict.fromkeys(("customerName", "customerEmail", "customerAvatar", "metadata", "eventQuantity")),
    ],
)
def test_what_the_schema_allows_is_accepted(optional: dict[str, Any]) -> None:
    talk = dub()
    assert talk.lead(clickId=talk.click(), **optional).status_code == 200


@pytest.mark.parametrize("processor", ["stripe", "custom", "lemonsqueezy"])
def test_known_payment_processors_are_kept(processor: str) -> None:
    talk = dub()
    talk.lead(clickId=talk.click())
    assert talk.sale(paymentProcessor=processor, eventName="").json()["sale"]["paymentProcessor"] == processor


@pytest.mark.parametrize(
    ("value", "status", "code"),
    [
        (None, 401, "unauthorized"),
        ("dub_trackproof-wrong-token", 401, "unauthorized"),
        ("dub_secret-dub_trackproof-wrong-token", 401, "unauthorized"),
        (PUBLISHABLE, 401, "unauthorized"),
        ("secret", 404, "not_found"),
        ("", 404, "not_found"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/track/lead"), ("POST", "/track/sale"), ("GET", "/customers"), ("GET", "/readback/customers/ada")],
)
def test_who_has_no_secret_key_is_refused_before_the_body_is_read(
    method: str, path: str, value: str | None, status: int, code: str
) -> None:
    talk = dub()
    for body in ("{", '{"eventName": 5}'):
        refused(talk.ask(method, path, token=value, content=body, headers=JSON), status, code)


@pytest.mark.parametrize("value", ["Basic dub_secret", "Bearer", "dub_secret", "bearer dub_secret"])
def test_a_header_without_the_scheme_is_misconfigured(value: str) -> None:
    answer = dub().ask("POST", "/track/lead", token=None, headers={"Authorization": value})
    assert refused(answer, 400, "bad_request").startswith("Misconfigured authorization header.")


def test_with_a_token_only_that_one_and_its_publishable_twin_are_let_in() -> None:
    talk = DubTalk(create_app(DUB, token="dub_one"))
    for token, status in (("dub_one", 404), ("dub_two", 401), ("dub_pk_one", 401)):
        assert talk.ask("GET", "/customers/ext_x", token=token).status_code == status
    body = {"eventName": "Sign up", "customerExternalId": "ada", "clickId": talk.click()}
    for token, status in (("dub_pk_one", 200), ("dub_pk_two", 401), ("dub_one", 400)):
        assert talk.ask("POST", "/track/lead/client", token=token, json=body).status_code == status


@pytest.mark.parametrize("token", ["sandbox", "dub_pk_x"])
def test_a_token_that_is_no_secret_key_is_a_usage_error(token: str) -> None:
    with pytest.raises(UsageError, match="no secret key"):
        create_app(DUB, token=token)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": NaN}', b"nope", b"[" * 100_000])
def test_a_body_that_is_no_json_is_a_bad_request(body: bytes) -> None:
    answer = dub().ask("POST", "/track/lead", content=body, headers=JSON)
    assert refused(answer, 400, "bad_request").startswith("Invalid JSON format in request body.")


@pytest.mark.parametrize(("body", "kind"), [(b"null", "null"), (b"[]", "array"), (b'"a"', "string"), (b"5", "number")])
def test_a_body_that_is_no_object_is_unprocessable(body: bytes, kind: str) -> None:
    message = invalid(dub().ask("POST", "/track/sale", content=body, headers=JSON))
    assert message == f"invalid_type: : Invalid input: expected object, received {kind}"


def test_the_content_type_is_not_looked_at() -> None:
    talk = dub()
    body = f'{{"eventName": "Sign up", "customerExternalId": "ada", "clickId": "{talk.click()}"}}'
    answer = talk.ask("POST", "/track/lead", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200


def test_a_body_that_is_too_large_is_a_bad_request() -> None:
    answer = dub().ask("POST", "/track/lead", content=b"x" * (LARGEST_BODY + 1), headers=JSON)
    refused(answer, 400, "bad_request")


@pytest.mark.parametrize("text", ["a\ud800b", "\x00", "a\r\nb", "\u202e", "\uffff"])
def test_hostile_text_is_survived(text: str) -> None:
    talk = dub()
    click = talk.click()
    escaped = "".join(f"\\u{ord(character):04x}" for character in text)
    for field in ("eventName", "customerExternalId", "customerName", "customerAvatar", "clickId"):
        body = {"eventName": "Sign up", "customerExternalId": field, "clickId": click, field: "HOSTILE"}
        written = str(body).replace("'", '"').replace("HOSTILE", f"x{escaped}")
        assert talk.ask("POST", "/track/lead", content=written, headers=JSON).status_code in (200, 404)
    sale: dict[str, Any] = {
        "customerExternalId": "customerName",
        "amount": 1,
        "metadata": {"a": "HOSTILE"},
        "invoiceId": "HOSTILE",
    }
    written = str(sale).replace("'", '"').replace("HOSTILE", escaped)
    answer = talk.ask("POST", "/track/sale", content=written, headers=JSON)
    assert answer.json()["sale"] is not None
    assert talk.ask("GET", "/events?event=sales").status_code == 200


def test_what_is_not_there_is_not_found_and_another_method_not_allowed() -> None:
    talk = dub()
    refused(talk.ask("POST", "/track/leads", json={}), 404, "not_found")
    refused(talk.ask("GET", "/nothing"), 404, "not_found")
    for method, path in (("GET", "/track/lead"), ("PUT", "/track/sale"), ("POST", "/events"), ("PATCH", "/customers")):
        answer = talk.ask(method, path)
        assert (answer.status_code, answer.content) == (405, b"")
        assert answer.headers["allow"]


def test_a_sandbox_that_is_full_says_so_in_the_platforms_form() -> None:
    talk = DubTalk(create_app(DUB, limits=Limits(bytes=100)))
    refused(talk.lead(clickId=""), 500, "internal_server_error")


def test_no_secret_key_is_echoed() -> None:
    talk = dub()
    for answer in (talk.lead(eventName=""), talk.ask("GET", "/customers/x"), talk.ask("GET", "/nothing")):
        assert SECRET not in answer.text
