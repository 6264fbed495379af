"""What the contract says of a body, by our own validator: to be accepted, to be refused, or free."""

from __future__ import annotations

from typing import Any

import pytest
from generated_talk import PROFILE

from conformance.contract import load_profile
from conformance.generated.meaning import meaning

DUB = load_profile("dub")
LEAD = {"clickId": "id_1", "customerExternalId": "user_1", "eventName": "signup_started"}
SALE = {**LEAD, "eventName": "purchase", "invoiceId": "inv_1", "amount": 4999, "currency": "USD"}


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


@pytest.mark.parametrize(
    ("operation", "body", "requirement"),
    [
        ("lead", LEAD, "non-deferred.accepted"),
        ("lead", {**LEAD, "mode": "deferred"}, "deferred.event-1-accepted"),
        ("lead", {**LEAD, "customerName": None}, "validation.null-optionals-accepted"),
        ("lead", {**LEAD, "x-more": [1]}, "validation.unknown-fields-ignored"),
        ("lead", {**LEAD, "customerName": "Анна"}, "validation.any-script-accepted"),
        ("lead", {**LEAD, "customerExternalId": "user 1 & 客户"}, "validation.ids-accepted"),
        ("lead", {**LEAD, "timestamp": "2024-01-15T10:30:00+02:00"}, "validation.timestamps-accepted"),
        ("sale", SALE, "sale.accepted"),
    ],
)
def test_what_every_platform_has_to_accept(operation: str, body: Any, requirement: str) -> None:
    assert meaning(PROFILE, operation, body).accept == requirement


@pytest.mark.parametrize(
    ("operation", "body", "requirement"),
    [
        ("lead", b'{"eventName":', "validation.malformed-json"),
        ("lead", b"", "validation.malformed-json"),
        ("lead", [LEAD], "validation.not-an-object"),
        ("lead", without(LEAD, "customerExternalId"), "validation.lead-without-customer"),
        ("lead", {**LEAD, "customerExternalId": 42}, "validation.lead-without-customer"),
        ("lead", {**LEAD, "eventName": ""}, "validation.lead-without-event-name"),
        ("lead", {**LEAD, "eventName": 42}, "validation.lead-event-name-not-text"),
        ("lead", {**LEAD, "mode": "DEFERRED"}, "validation.lead-mode-unknown"),
        ("lead", {**LEAD, "mode": 0}, "validation.lead-mode-unknown"),
        ("sale", {**SALE, "amount": "49.99"}, "validation.sale-amount-as-text"),
        ("sale", {**SALE, "amount": -1}, "validation.sale-negative-amount"),
        ("sale", {**SALE, "currency": "US"}, "validation.sale-currency-not-three-letters"),
        ("sale", {**SALE, "invoiceId": ""}, "validation.sale-empty-invoice"),
        ("sale", without(SALE, "invoiceId"), "validation.sale-without-invoice"),
    ],
)
def test_what_every_platform_has_to_refuse(operation: str, body: Any, requirement: str) -> None:
    assert meaning(PROFILE, operation, body).refuse == {requirement}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("lead", {"customerExternalId": "user_1", "eventName": "email_verified"}),  # nobody knows this customer
        ("lead", {**LEAD, "mode": "non-deferred"}),  # one page lets a platform refuse the word
        ("lead", {**LEAD, "customerName": "\x00"}),
        ("lead", {**LEAD, "customerName": "x" * 5000}),
        ("lead", {**LEAD, "customerExternalId": "a/b"}),
        ("lead", {**LEAD, "clickId": "\u00a0"}),  # blank in some languages only
        ("lead", {**LEAD, "timestamp": "2093-01-15T10:30:00Z"}),
        ("lead", {**LEAD, "customerEmail": ""}),
        ("lead", {**LEAD, "clickId": 7}),
        ("sale", {**SALE, "amount": 49.99}),  # a platform may count cents
        ("sale", {**SALE, "currency": "usd"}),
        ("sale", {**SALE, "currency": "ÄÖÜ"}),  # three letters, if of another alphabet
        ("sale", {**SALE, "amount": True}),
    ],
)
def test_where_the_documents_are_silent_any_answer_will_do(operation: str, body: Any) -> None:
    found = meaning(PROFILE, operation, body)

    assert (found.accept, found.refuse) == (None, frozenset())


def test_what_one_language_takes_for_blank_and_another_does_not_is_free() -> None:
    body = {**LEAD, "eventName": "\x1f"}

    assert DUB.schemas.problems("lead", body)
    assert meaning(DUB, "lead", body).refuse == frozenset()


def test_a_profile_that_refuses_null_as_a_mode_promises_nothing_of_it() -> None:
    assert meaning(DUB, "lead", {**LEAD, "mode": None}).accept is None
    assert meaning(PROFILE, "lead", {**LEAD, "mode": None}).accept == "validation.null-optionals-accepted"
