"""Evidence through read-back: what is shown is read, what is malformed is unreadable, and neither is ever guessed."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract import load_profile
from conformance.evidence import NoEvidence, ReadBack, evidence_for
from conformance.evidence.readback import read, segment
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.sandbox import create_app
from conformance.sandbox.readback import customer_document
from conformance.target.connections import Transport
from conformance.target.messages import Answer, Fault
from conformance.target.redaction import Redactor
from conformance.target.target import Limits, Target, TargetOptions
from conformance.target.transcript import Transcript

PROFILE = load_profile("cutmeshort")
TOKEN = "an-evidence-token"
ADA: dict[str, Any] = {
    "customerExternalId": "ada",
    "clickId": "id_a",
    "name": "Ada",
    "email": "ada@example.com",
    "avatar": None,
    "leads": [{"eventName": "signup", "status": "confirmed", "clickId": "id_a", "timestamp": "2024-01-15T10:30:00Z"}],
    "sales": [
        {
            "invoiceId": "inv-1",
            "eventName": "purchase",
            "amount": 49.990,
            "currency": "USD",
            "clickId": "id_a",
            "timestamp": None,
        }
    ],
}


def answered(body: Any, status: int = 200) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {}, content, sent=3.0, arrived=4.0)


def changed(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ADA, **changes}.items() if value is not ...}


def lead(**changes: Any) -> dict[str, Any]:
    return changed(leads=[{**ADA["leads"][0], **changes}])


def sale(**changes: Any) -> dict[str, Any]:
    return changed(sales=[{**ADA["sales"][0], **changes}])


def test_what_is_shown_is_read_field_by_field() -> None:
    seen = read(answered(ADA))

    assert seen.unreadable is None
    assert seen.looked == 3.0
    assert seen.customer == RecordedCustomer(
        "ada",
        "id_a",
        "Ada",
        "ada@example.com",
        None,
        (RecordedLead("signup", LeadStatus.CONFIRMED, "id_a", "2024-01-15T10:30:00Z"),),
        (RecordedSale("inv-1", "purchase", Decimal("49.99"), "USD", "id_a", None),),
    )


def test_an_unknown_customer_is_an_absence() -> None:
    seen = read(answered({"message": "who?"}, 404))

    assert seen.unreadable is None
    assert seen.customer is None


@pytest.mark.parametrize(
    "document",
    [
        changed(further="key", more={"x": 1}),
        changed(name=..., email=..., avatar=...),
        lead(further=[1]),
        lead(timestamp=...),
        sale(amount=None, currency=None),
        sale(amount="49.99"),
        changed(leads=[], sales=[], clickId=None),
    ],
)
def test_keys_that_are_not_listed_are_ignored_and_details_may_be_left_out(document: Any) -> None:
    assert read(answered(json.loads(json.dumps(document, default=lambda _: None)))).unreadable is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"42",
        b'"ada"',
        b"{}",
        b'{"customerExternalId":"ada"',
        b"[" * 100_000,
        b'{"leads": [], "sales": ' + b"9" * 10_000 + b"}",
        changed(leads=None),
        changed(sales=None),
        changed(leads={}),
        changed(leads=["confirmed"]),
        changed(leads="none"),
        changed(sales=[None]),
        changed(clickId=5),
        changed(clickId=["id_a"]),
        changed(name={"first": "Ada"}),
        changed(customerExternalId=42),
        lead(status="won"),
        lead(status=None),
        lead(status=["confirmed"]),
        lead(status={"a": 1}),
        lead(clickId=7),
        lead(eventName=7),
        sale(amount="many"),
        sale(amount=True),
        sale(amount=[1]),
        sale(invoiceId=7),
        sale(currency=840),
        json.dumps(sale()).replace("49.99", "NaN").encode(),
        json.dumps(sale()).replace("49.99", "-Infinity").encode(),
        json.dumps(sale()).replace("49.99", "1e99999999999999999999").encode(),
        json.dumps(sale()).replace("49.99", '"NaN"').encode(),
        json.dumps(sale()).replace("49.99", '"Infinity"').encode(),
    ],
)
def test_what_is_malformed_is_unreadable_and_no_absence(body: Any) -> None:
    seen = read(answered(body))

    assert seen.customer is None
    assert seen.unreadable is not None
    assert "malformed" in seen.unreadable.reason
    assert not seen.unreadable.rate_limited


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 401, 403, 410, 500, 503])
def test_any_other_status_is_unreadable(status: int) -> None:
    seen = read(answered(ADA, status))

    assert seen.customer is None
    assert seen.unreadable is not None
    assert str(status) in seen.unreadable.reason


@pytest.mark.parametrize("fault", Fault)
def test_a_connection_that_fails_is_unreadable_with_its_code(fault: Fault) -> None:
    seen = read(Answer(0, fault=fault, detail="so it was"))

    assert seen.unreadable is not None
    assert seen.unreadable.code == str(fault)


def test_half_an_answer_is_unreadable_although_its_status_is_404() -> None:
    assert read(Answer(404, fault=Fault.TRUNCATED)).unreadable is not None


def test_a_rate_limit_that_outlasted_patience_is_unreadable_as_such() -> None:
    seen = read(Answer(429, rate_limited=True))

    assert seen.unreadable is not None
    assert seen.unreadable.rate_limited


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ADA)), inner),
    )
)
def test_no_json_breaks_the_reading(document: Any) -> None:
    seen = read(answered(json.dumps(document).encode()))

    assert (seen.customer is None) is (seen.unreadable is not None)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_bytes_break_the_reading(body: bytes, status: int) -> None:
    seen = read(answered(body, status))

    assert seen.customer is None
    assert (seen.unreadable is None) is (status == 404)


_text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
_maybe = st.none() | _text
_amounts = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
_customers = st.builds(
    RecordedCustomer,
    customer=_text,
    click=_maybe,
    name=_maybe,
    email=_maybe,
    avatar=_maybe,
    leads=st.lists(st.builds(RecordedLead, _maybe, st.sampled_from(LeadStatus), _maybe, _maybe), max_size=3).map(tuple),
    sales=st.lists(st.builds(RecordedSale, _maybe, _maybe, _amounts, _maybe, _maybe, _maybe), max_size=3).map(tuple),
)


@given(_customers)
def test_what_the_sandbox_writes_is_what_is_read(customer: RecordedCustomer) -> None:
    assert read(Answer(200, body=customer_document(customer))).customer == customer


@pytest.mark.parametrize(
    ("customer", "quoted"),
    [
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("ä", "%C3%A4"),
        ("🦄", "%F0%9F%A6%84"),
        ("?a=b#c", "%3Fa%3Db%23c"),
        ("tp-1-c.", "tp-1-c."),
    ],
)
def test_an_id_is_one_percent_encoded_segment(customer: str, quoted: str) -> None:
    assert segment(customer) == quoted


@given(_text.filter(bool))
def test_a_segment_stands_for_its_id_and_has_no_slash(customer: str) -> None:
    assert unquote(segment(customer)) == customer
    assert "/" not in segment(customer)
    assert segment(customer) not in (".", "..")
    assert segment(customer).isascii()


def looking(customers: list[str], *, token: str = TOKEN, **options: Any) -> list[Any]:
    """What the sandbox shows of customers who each sent a lead first; nothing where the token is refused."""

    async def story() -> list[Any]:
        sandbox = httpx.ASGITransport(create_app(PROFILE, token=TOKEN))
        transport = Transport(make=lambda: sandbox)
        target = Target(
            TargetOptions("http://x", token, readback="http://x/readback/", transport=transport, **options),
            PROFILE,
            Limits(),
        )
        transcript = Transcript(Redactor())
        for customer in customers:
            body = {"customerExternalId": customer, "eventName": "signup"}
            await target.send(target.event("lead", body, "event_2"), transcript)
        evidence = evidence_for(PROFILE, target)
        assert evidence.available
        found = [await evidence.look(customer, transcript) for customer in customers]
        await target.close()
        return found

    return asyncio.run(story())


IDS = [
    ".",
    "..",
    "a/b",
    "/",
    "a//b",
    "../x",
    "a b",
    "a+b",
    "100%",
    "%2F",
    "ä",
    "🦄",
    "?a=b#c",
    "tp-1-c.",
    "a\\b",
    ";x=1",
]


def test_customers_of_any_id_are_found_on_the_wire() -> None:
    seen = looking(IDS)

    assert [one.customer.customer if one.customer else one.unreadable for one in seen] == IDS


def test_a_read_back_that_refuses_the_token_is_unreadable() -> None:
    (seen,) = looking(["ada"], token="another-token")

    assert seen.customer is None
    assert seen.unreadable is not None
    assert "401" in seen.unreadable.reason


def target_with(**options: Any) -> Target:
    return Target(TargetOptions("http://x", **options), PROFILE, Limits())


def test_read_back_is_never_guessed() -> None:
    evidence = evidence_for(PROFILE, target_with())

    assert isinstance(evidence, NoEvidence)
    assert not evidence.available
    assert evidence.description == "none"


def test_without_evidence_every_look_shows_nothing() -> None:
    seen = asyncio.run(NoEvidence().look("ada", Transcript(Redactor())))

    assert seen.customer is None
    assert seen.unreadable is not None


def test_a_read_back_that_is_given_is_used_and_named() -> None:
    evidence = evidence_for(PROFILE, target_with(readback="http://y/audit/"))

    assert isinstance(evidence, ReadBack)
    assert evidence.description == "read-back http://y/audit"


def test_a_look_sends_the_runs_token_and_no_body() -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    async def story() -> None:
        target = target_with(
            token=TOKEN, readback="http://y/audit/", headers={"X-Env": "staging"},
            transport=Transport(make=lambda: httpx.MockTransport(note)),
        )  # fmt: skip
        transcript = Transcript(target.redactor)
        await evidence_for(PROFILE, target).look("a/b", transcript)
        await target.close()
        assert [one.step for one in transcript.exchanges] == ["read-back"]

    asyncio.run(story())

    assert str(seen[0].url) == "http://y/audit/customers/a%2Fb"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert seen[0].headers["x-env"] == "staging"
    assert "content-type" not in seen[0].headers
    assert seen[0].method == "GET"
