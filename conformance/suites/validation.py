"""Validation: what is not in the contract is refused and leaves nothing behind, and what is in it is taken as it is."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.engine.equivalence import instant
from conformance.engine.faults import CannotJudge
from conformance.engine.matchers import (
    Found,
    Kind,
    Matcher,
    counts,
    has_confirmed_lead,
    has_sale,
    is_not_recorded,
    is_shown_under,
    shows,
)
from conformance.engine.payloads import ABSENT
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer

# --- what must be refused -----------------------------------------------------------------------------------------


async def _refused_lead(journey: Journey, requirement: str, **changes: Any) -> None:
    click = await journey.click()
    answer = await journey.wrong("lead", journey.lead_body(click=click, **journey.details), **changes)
    journey.must(requirement, answer)
    await _left_nothing(journey, answer, about="lead")


async def _refused_sale(journey: Journey, requirement: str, **changes: Any) -> None:
    click = await journey.click()
    answer = await journey.wrong("sale", journey.sale_body(invoice=journey.invoice(), click=click), **changes)
    journey.must(requirement, answer)
    await _left_nothing(journey, answer, about="sale")


async def _left_nothing(journey: Journey, answer: Answer, *, about: str) -> None:
    """Where the answer is a refusal, nothing may be recorded of the customer; an accepted event is judged elsewhere."""
    if answer.fault is None and not answer.taken:
        await journey.must_record("validation.refused-leaves-nothing", is_not_recorded(about=about))


@scenario("validation.lead-without-customer", variants={"missing": ABSENT, "empty": "", "null": None})
async def a_lead_without_customer_is_refused(journey: Journey, value: Any) -> None:
    """A lead that names no customer is refused."""
    click = await journey.click()
    journey.must(
        "validation.lead-without-customer", await journey.wrong("lead", journey.lead_body(click=click), customer=value)
    )


@scenario(
    "validation.lead-without-customer",
    variants={"number": 4201, "boolean": True, "list": ["user_42"], "object": {"id": "user_42"}},
)
async def a_lead_whose_customer_is_no_text_is_refused(journey: Journey, value: Any) -> None:
    """A lead whose external id is anything but text is refused."""
    click = await journey.click()
    journey.must(
        "validation.lead-without-customer", await journey.wrong("lead", journey.lead_body(click=click), customer=value)
    )


@scenario("validation.lead-without-customer", needs="ids-are-trimmed")
async def a_lead_with_a_blank_customer_is_refused(journey: Journey) -> None:
    """A lead whose external id is nothing but blanks names no customer, where blanks are no part of an id."""
    body = journey.lead_body(click=await journey.click())
    journey.must("validation.lead-without-customer", await journey.wrong("lead", body, customer="  "))


@scenario("validation.lead-without-customer", variants={"missing": ABSENT, "empty": "", "null": None, "number": 4202})
async def a_follow_up_without_customer_is_refused(journey: Journey, value: Any) -> None:
    """Event 2 that names no customer is refused: there is nothing else that links it."""
    body = journey.lead_body(event="email_verified")
    journey.must("validation.lead-without-customer", await journey.wrong("lead", body, customer=value))


@scenario(
    "validation.lead-without-event-name",
    "validation.refused-leaves-nothing",
    variants={"missing": ABSENT, "empty": "", "null": None},
)
async def a_lead_without_event_name_is_refused(journey: Journey, value: Any) -> None:
    """A lead without an event name is refused and leaves nothing."""
    await _refused_lead(journey, "validation.lead-without-event-name", event=value)


@scenario("validation.lead-without-event-name", "validation.refused-leaves-nothing", needs="documented-limits")
async def a_lead_with_a_blank_event_name_is_refused(journey: Journey) -> None:
    """A lead whose event name is nothing but blanks is refused, where the name is documented to have a character."""
    await _refused_lead(journey, "validation.lead-without-event-name", event="  ")


@scenario("validation.lead-without-event-name", "validation.refused-leaves-nothing")
async def an_event_1_without_event_name_is_refused(journey: Journey) -> None:
    """A deferred lead without an event name is refused and leaves nothing pending."""
    await _refused_lead(journey, "validation.lead-without-event-name", event=ABSENT, mode="deferred")


@scenario(
    "validation.lead-event-name-not-text", variants={"number": 42, "list": ["signup"], "object": {"name": "signup"}}
)
async def a_lead_whose_event_name_is_no_text_is_refused(journey: Journey, value: Any) -> None:
    """A lead whose event name is anything but text is refused."""
    click = await journey.click()
    journey.must(
        "validation.lead-event-name-not-text", await journey.wrong("lead", journey.lead_body(click=click), event=value)
    )


@scenario(
    "validation.lead-mode-unknown",
    "validation.refused-leaves-nothing",
    variants={
        "empty": "",
        "another-word": "immediate",
        "upper-case": "DEFERRED",
        "misspelt": "defered",
        "trailing-blank": "deferred ",
        "number": 1,
        "boolean": True,
    },
)
async def a_lead_in_an_unknown_mode_is_refused(journey: Journey, value: Any) -> None:
    """A lead in a mode that the contract does not know is refused and leaves nothing."""
    await _refused_lead(journey, "validation.lead-mode-unknown", mode=value)


@scenario("validation.sale-without-customer", variants={"missing": ABSENT, "empty": "", "null": None, "number": 4203})
async def a_sale_without_customer_is_refused(journey: Journey, value: Any) -> None:
    """A sale that names no customer is refused."""
    click = await journey.click()
    body = journey.sale_body(invoice=journey.invoice(), click=click)
    journey.must("validation.sale-without-customer", await journey.wrong("sale", body, customer=value))


@scenario(
    "validation.sale-without-amount", "validation.refused-leaves-nothing", variants={"missing": ABSENT, "null": None}
)
async def a_sale_without_amount_is_refused(journey: Journey, value: Any) -> None:
    """A sale without an amount is refused and leaves nothing."""
    await _refused_sale(journey, "validation.sale-without-amount", amount=value)


@scenario(
    "validation.sale-without-invoice", "validation.refused-leaves-nothing", variants={"missing": ABSENT, "null": None}
)
async def a_sale_without_invoice_is_refused(journey: Journey, value: Any) -> None:
    """A sale without an invoice id is refused and leaves nothing: it could never be de-duplicated."""
    await _refused_sale(journey, "validation.sale-without-invoice", invoice=value)


@scenario("validation.sale-empty-invoice", "validation.refused-leaves-nothing")
async def a_sale_with_an_empty_invoice_is_refused(journey: Journey) -> None:
    """An empty invoice id is none."""
    await _refused_sale(journey, "validation.sale-empty-invoice", invoice="")


@scenario(
    "validation.sale-amount-as-text",
    "validation.refused-leaves-nothing",
    variants={"decimal": "49.99", "whole": "4999", "with-currency": "$49.99", "words": "many", "empty": ""},
)
async def an_amount_as_text_is_refused(journey: Journey, value: str) -> None:
    """An amount is a number; as text it is refused and leaves nothing."""
    await _refused_sale(journey, "validation.sale-amount-as-text", amount=value)


@scenario(
    "validation.sale-currency-not-three-letters",
    "validation.refused-leaves-nothing",
    variants={
        "two-letters": "US",
        "four-letters": "USDX",
        "a-name": "Dollar",
        "symbol": "$",
        "number": 840,
        "digits": "840",
        "empty": "",
    },
)
async def a_currency_that_is_not_three_letters_is_refused(journey: Journey, value: Any) -> None:
    """A currency is a three-letter code; anything else is refused and leaves nothing."""
    await _refused_sale(journey, "validation.sale-currency-not-three-letters", currency=value)


@scenario("validation.refused-leaves-nothing")
async def a_refused_sale_does_not_use_up_its_invoice(journey: Journey) -> None:
    """A sale that was refused for its amount, sent again with a good one under the same invoice id, counts."""
    click = await journey.click()
    first, corrected = journey.invoice(), journey.invoice()
    await journey.given_buyer(click=click)
    await journey.given_sale(invoice=first, click=click)
    body = journey.sale_body(invoice=corrected, click=click)
    refused = await journey.wrong("sale", body, amount="4999")
    if refused.taken:
        raise CannotJudge("the wrong sale was not refused", owner="validation.sale-amount-as-text")
    await journey.sale(invoice=corrected, click=click)
    await journey.must_record("validation.refused-leaves-nothing", counts(first, corrected))


@scenario(
    "validation.sale-without-currency",
    "validation.bad-format-no-server-error",
    variants={"missing": ABSENT, "null": None},
)
async def a_sale_without_currency_is_refused(journey: Journey, value: Any) -> None:
    """A sale without a currency is refused: an amount of what?"""
    click = await journey.click()
    body = journey.sale_body(invoice=journey.invoice(), click=click)
    answer = await journey.wrong("sale", body, currency=value)
    journey.must("validation.bad-format-no-server-error", answer)
    journey.must("validation.sale-without-currency", answer)


@scenario("validation.sale-without-event-name", "validation.bad-format-no-server-error")
async def a_sale_without_event_name_is_refused(journey: Journey) -> None:
    """A sale without an event name is refused."""
    click = await journey.click()
    body = journey.sale_body(invoice=journey.invoice(), click=click)
    answer = await journey.wrong("sale", body, event=ABSENT)
    journey.must("validation.bad-format-no-server-error", answer)
    journey.must("validation.sale-without-event-name", answer)


@scenario(
    "validation.sale-negative-amount",
    "validation.bad-format-no-server-error",
    variants={"whole": -4999, "decimal": -0.01},
)
async def a_negative_amount_is_refused(journey: Journey, value: float) -> None:
    """A negative amount is no sale."""
    click = await journey.click()
    body = journey.sale_body(invoice=journey.invoice(), click=click)
    answer = await journey.wrong("sale", body, amount=value)
    journey.must("validation.bad-format-no-server-error", answer)
    journey.must("validation.sale-negative-amount", answer)


@scenario(
    "validation.bad-email",
    "validation.bad-format-no-server-error",
    variants={"no-at": "john.example.com", "blank": " ", "two-ats": "a@b@example.com"},
)
async def an_address_that_is_none_is_refused(journey: Journey, value: str) -> None:
    """An e-mail address that is none is refused, and never breaks the server."""
    click = await journey.click()
    answer = await journey.wrong("lead", journey.lead_body(click=click), email=value)
    journey.must("validation.bad-format-no-server-error", answer)
    journey.must("validation.bad-email", answer)


@scenario(
    "validation.bad-timestamp",
    "validation.bad-format-no-server-error",
    variants={"words": "yesterday", "month-13": "2024-13-45T10:30:00Z", "american": "01/15/2024 10:30 AM"},
)
async def a_timestamp_that_is_none_is_refused(journey: Journey, value: str) -> None:
    """A timestamp that is no ISO 8601 is refused, and never breaks the server."""
    click = await journey.click()
    answer = await journey.wrong("lead", journey.lead_body(click=click), timestamp=value)
    journey.must("validation.bad-format-no-server-error", answer)
    journey.must("validation.bad-timestamp", answer)


@scenario(
    "validation.bad-format-no-server-error",
    variants={
        "click-number": {"click": 123},
        "click-list": {"click": ["id_123"]},
        "name-number": {"name": 5},
        "name-object": {"name": {"first": "John"}},
        "email-list": {"email": ["john@example.com"]},
        "timestamp-number": {"timestamp": 1705314600},
        "timestamp-object": {"timestamp": {}},
        "avatar-number": {"avatar": 1},
    },
    unless=dict.fromkeys(("timestamp-number", "timestamp-object"), "receipt-time-counts"),
)
async def an_optional_field_of_another_type_breaks_nothing(journey: Journey, changes: dict[str, Any]) -> None:
    """An optional field of another type is refused or left aside; it never breaks the server."""
    click = await journey.click()
    journey.must(
        "validation.bad-format-no-server-error",
        await journey.wrong("lead", journey.lead_body(click=click), **changes),
    )


@scenario(
    "validation.bad-format-no-server-error",
    variants={
        "empty-name": {"name": ""},
        "empty-email": {"email": ""},
        "empty-timestamp": {"timestamp": ""},
        "empty-avatar": {"avatar": ""},
        "name-of-300-characters": {"name": "x" * 300},
        "event-name-of-300-characters": {"event": "x" * 300},
    },
    unless={"empty-timestamp": "receipt-time-counts"},
)
async def an_empty_or_very_long_field_breaks_nothing(journey: Journey, changes: dict[str, Any]) -> None:
    """A field that is empty, or longer than a column may be, is refused or taken; it never breaks the server."""
    click = await journey.click()
    journey.must(
        "validation.bad-format-no-server-error",
        await journey.wrong("lead", journey.lead_body(click=click), **changes),
    )


@scenario(
    "validation.bad-format-no-server-error",
    variants={
        "amount-list": {"amount": [4999]},
        "amount-object": {"amount": {"value": 4999}},
        "amount-boolean": {"amount": True},
        "amount-huge": {"amount": 10**30},
        "invoice-number": {"invoice": 987},
        "invoice-object": {"invoice": {"id": "inv"}},
        "event-number": {"event": 7},
        "click-object": {"click": {"id": "x"}},
        "currency-list": {"currency": ["USD"]},
    },
)
async def a_sale_with_a_field_of_another_type_breaks_nothing(journey: Journey, changes: dict[str, Any]) -> None:
    """A sale with a field of another type is refused or taken; it never breaks the server."""
    click = await journey.click()
    body = journey.sale_body(invoice=journey.invoice(), click=click)
    journey.must("validation.bad-format-no-server-error", await journey.wrong("sale", body, **changes))


@scenario(
    "validation.event-quantity",
    "validation.refused-leaves-nothing",
    variants={"zero": {"quantity": 0}, "half": {"quantity": 1.5}, "too-many": {"quantity": 101}},
)
async def a_quantity_that_is_none_is_refused(journey: Journey, changes: dict[str, Any]) -> None:
    """A quantity of leads that is no whole number from 1 to 100 is refused."""
    await _refused_lead(journey, "validation.event-quantity", **changes)


@scenario(
    "validation.metadata-not-an-object",
    "validation.refused-leaves-nothing",
    variants={"list": {"metadata": ["a"]}, "text": {"metadata": "a"}},
)
async def metadata_that_is_no_object_is_refused(journey: Journey, changes: dict[str, Any]) -> None:
    """Metadata that is no JSON object is refused."""
    await _refused_lead(journey, "validation.metadata-not-an-object", **changes)


@scenario(
    "validation.metadata-length",
    "validation.refused-leaves-nothing",
    variants={"too-long": {"metadata": {"k": "x" * 9993}}},
)
async def metadata_that_is_too_long_is_refused(journey: Journey, changes: dict[str, Any]) -> None:
    """Metadata of 10 001 characters is refused."""
    await _refused_lead(journey, "validation.metadata-length", **changes)


@scenario(
    "validation.detail-length",
    "validation.refused-leaves-nothing",
    variants={"name": {"name": "x" * 101}, "email": {"email": "x" * 90 + "@example.com"}},
)
async def a_detail_that_is_too_long_is_refused(journey: Journey, changes: dict[str, Any]) -> None:
    """A name or an address of more than 100 characters is refused."""
    await _refused_lead(journey, "validation.detail-length", **changes)


@scenario(
    "validation.event-name-length", "validation.refused-leaves-nothing", variants={"too-long": {"event": "x" * 256}}
)
async def an_event_name_that_is_too_long_is_refused(journey: Journey, changes: dict[str, Any]) -> None:
    """An event name of 256 characters is refused."""
    await _refused_lead(journey, "validation.event-name-length", **changes)


_LONGEST_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "event-name": ("validation.event-name-length", {"event": "x" * 255}),
    "metadata": ("validation.metadata-length", {"metadata": {"k": "x" * 9992}}),
    "name": ("validation.detail-length", {"name": "x" * 100}),
    "quantity-of-1": ("validation.event-quantity", {"quantity": 1}),
    "quantity-of-100": ("validation.event-quantity", {"quantity": 100}),
}


@scenario(
    "validation.event-name-length",
    "validation.metadata-length",
    "validation.detail-length",
    "validation.event-quantity",
    needs="documented-limits",
)
async def what_just_fits_is_accepted(journey: Journey) -> None:
    """The longest name, event name and metadata, and the smallest and largest quantity, are accepted."""
    click = await journey.click()
    for requirement, fields in _LONGEST_FIELDS.values():
        answer = await journey.lead(click=click, customer=journey.another().customer, **fields)
        journey.must(requirement, answer, lambda a: Found(a.taken, str(a)), "accepted")


@scenario("validation.sale-amount-not-whole", "validation.refused-leaves-nothing")
async def an_amount_that_is_not_whole_is_refused(journey: Journey) -> None:
    """An amount that counts minor units is a whole number."""
    await _refused_sale(journey, "validation.sale-amount-not-whole", amount=49.5)


@scenario(
    "validation.sale-null-refused",
    "validation.refused-leaves-nothing",
    variants={"currency": "currency", "event": "event", "processor": "processor"},
)
async def null_in_a_field_that_takes_none_is_refused(journey: Journey, field: str) -> None:
    """Null stands for absent only where the contract says so."""
    await _refused_sale(journey, "validation.sale-null-refused", **{field: None})


@scenario("validation.sale-processor-unknown", "validation.refused-leaves-nothing")
async def an_unknown_payment_processor_is_refused(journey: Journey) -> None:
    """A payment processor that nobody knows is refused."""
    await _refused_sale(journey, "validation.sale-processor-unknown", processor="cash-under-the-table")


@scenario(
    "validation.aliases-accepted", needs="aliases", variants={"external-id": "externalId", "customer-id": "customerId"}
)
async def an_older_name_of_the_id_is_accepted(journey: Journey, alias: str) -> None:
    """Older SDKs name the customer's id otherwise, for leads and sales; both are one customer."""
    click = await journey.click()
    invoice = journey.invoice()
    body = journey.lead_body(click=click, mode=journey.before_a_sale)
    sale = journey.sale_body(invoice=invoice)
    for operation, fields in (("lead", body), ("sale", sale)):
        fields[alias] = fields.pop(journey.profile.fields[operation]["customer"])
        answer = await journey.post(operation, fields, step=f"{operation} with {alias}")
        journey.must("validation.aliases-accepted", answer)
        journey.given(answer)
    await journey.must_record("validation.aliases-accepted", has_sale(invoice, journey.profile.equivalence))


# --- what must be taken -------------------------------------------------------------------------------------------


@scenario("validation.null-optionals-accepted")
async def null_stands_for_an_absent_optional_field(journey: Journey) -> None:
    """Null in every optional field of a lead is accepted, as SDKs send it."""
    click = await journey.click()
    nothing: dict[str, Any] = dict.fromkeys(("timestamp", "name", "email", "avatar", "quantity", "metadata"))
    mode = ABSENT if "mode-null-refused" in journey.profile.traits else None
    answer = await journey.lead(click=click, mode=mode, **nothing)
    journey.must("validation.null-optionals-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.null-optionals-accepted", has_confirmed_lead(click=click))


@scenario("validation.null-optionals-accepted")
async def null_stands_for_an_absent_optional_field_of_a_sale(journey: Journey) -> None:
    """Null in every optional field of a sale is accepted, and takes nothing away of what the lead said."""
    click = await journey.click()
    invoice = journey.invoice()
    told = {name: journey.details[name] for name in ("name", "email")}
    await journey.given_lead(click=click, mode=journey.before_a_sale, **told)
    await journey.given_recorded("details", shows(told, journey.profile.equivalence))
    answer = await journey.sale(invoice=invoice, click=click, **dict.fromkeys(("timestamp", "name", "email", "avatar")))
    journey.must("validation.null-optionals-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.null-optionals-accepted", has_sale(invoice, journey.profile.equivalence))
    await journey.must_record("validation.null-optionals-accepted", shows(told, journey.profile.equivalence))


@scenario("validation.unknown-fields-ignored", variants={"lead": "lead", "sale": "sale"})
async def unknown_fields_are_ignored(journey: Journey, operation: str) -> None:
    """Fields that the contract does not know are ignored, so that a newer sender can talk to an older platform."""
    click = await journey.click()
    body = (
        journey.lead_body(click=click)
        if operation == "lead"
        else journey.sale_body(invoice=journey.invoice(), click=click)
    )
    further = {
        "utmSource": "newsletter",
        "x-note": {"nested": [1, "two", None]},
        "trackproofUnknown": True,
        "__proto__": {"a": 1},
    }
    journey.must(
        "validation.unknown-fields-ignored",
        await journey.post(operation, {**body, **further}, step=f"{operation} with more"),
    )


_INSTANTS = {
    "utc": "2024-01-15T10:30:00Z",
    "milliseconds": "2026-04-10T12:34:56.789Z",
    "offset": "2024-01-15T23:30:00+02:00",
    "negative-offset": "2024-01-15T20:00:00-05:30",
    "utc-as-offset": "2024-01-15T10:30:00+00:00",
    "microseconds": "2024-01-15T10:30:00.123456+00:00",
}


@scenario("validation.timestamps-accepted", "validation.timestamp-same-instant", variants=_INSTANTS)
async def a_timestamp_is_the_same_instant(journey: Journey, timestamp: str) -> None:
    """A lead's time in any form of ISO 8601 that SDKs send is accepted and stays the same instant."""
    click = await journey.click()
    began = datetime.now(UTC)
    answer = await journey.lead(click=click, timestamp=timestamp)
    journey.must("validation.timestamps-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.timestamp-same-instant", _lead_at(timestamp, began))


@scenario(
    "validation.timestamps-accepted",
    "validation.timestamp-same-instant",
    variants={key: _INSTANTS[key] for key in ("utc", "offset")},
)
async def a_sales_timestamp_is_the_same_instant(journey: Journey, timestamp: str) -> None:
    """A sale's time is accepted and stays the same instant."""
    click = await journey.click()
    invoice = journey.invoice()
    await journey.given_buyer(click=click)
    began = datetime.now(UTC)
    answer = await journey.sale(invoice=invoice, click=click, timestamp=timestamp)
    journey.must("validation.timestamps-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.timestamp-same-instant", _sale_at(invoice, timestamp, began))


_CLOCKS_MAY_DIFFER = timedelta(minutes=10)


def is_that_time(shown: str | None, sent: str, began: datetime) -> bool:
    """Not shown, the instant that was sent, or the time of receipt, all of which the contract allows."""
    if shown is None:
        return True
    at, meant = instant(shown), instant(sent)
    if at is None or meant is None:
        return False
    return abs(at - meant) <= timedelta(seconds=1) or abs(at - began) <= _CLOCKS_MAY_DIFFER


def _lead_at(sent: str, began: datetime) -> Matcher:
    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.leads if customer else ()
        shown = ", ".join(str(lead.timestamp) for lead in leads) or "no lead"
        return Found(
            bool(leads) and all(is_that_time(lead.timestamp, sent, began) for lead in leads), f"shown as {shown}"
        )

    return Matcher(f"the instant {sent}, or the time of receipt", Kind.PRESENCE, judge)


def _sale_at(invoice: str, sent: str, began: datetime) -> Matcher:
    def judge(customer: RecordedCustomer | None) -> Found:
        sales = [sale for sale in customer.sales if sale.invoice == invoice] if customer else []
        shown = ", ".join(str(sale.timestamp) for sale in sales) or "no sale"
        return Found(
            bool(sales) and all(is_that_time(sale.timestamp, sent, began) for sale in sales), f"shown as {shown}"
        )

    return Matcher(f"the instant {sent}, or the time of receipt", Kind.PRESENCE, judge, about="sale")


# Names as people have them; none is in this file for its meaning.
_NAMES = {
    "latin-with-accents": "Renée Müller-Łukasz Ångström",
    "cyrillic": "Анна Ковальчук",
    "greek": "Ελένη Παπαδοπούλου",
    "chinese": "王小明",
    "japanese": "山田 太郎 ヤマダ",
    "devanagari": "अनीता शर्मा",
    "arabic": "محمد عبد الله",
    "hebrew": "שרה לוי",
    "right-to-left-mixed": "John محمد Smith",
    "emoji": "Zoë 🦄👩‍👩‍👧‍👦🏳️‍🌈",
    "decomposed": unicodedata.normalize("NFD", "Amélie Ñandú"),
    "quotes-and-signs": 'O\'Brien "Bob" <b>&amp; \\ %s {0} ${x}',
    "outside-the-bmp": "𠮷野家 𐐀𐐁",
    "blanks-inside": "Anna  Maria   Smith",
}


@scenario("validation.any-script-accepted", "validation.any-script-unchanged", variants=_NAMES)
async def a_name_in_any_script_is_kept(journey: Journey, name: str) -> None:
    """A customer's name in any script is accepted and shown unchanged."""
    click = await journey.click()
    answer = await journey.lead(click=click, name=name)
    journey.must("validation.any-script-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.any-script-unchanged", shows({"name": name}, journey.profile.equivalence))


@scenario("validation.any-script-accepted", "validation.any-script-unchanged")
async def a_name_is_the_same_however_json_spells_it(journey: Journey) -> None:
    r"""A name spelt with \u escapes, as some SDKs send it, is the same name."""
    click = await journey.click()
    name = _NAMES["emoji"]
    body = json.dumps(journey.lead_body(click=click, name=name), ensure_ascii=True).encode("ascii")
    answer = await journey.post("lead", body, step="non_deferred")
    journey.must("validation.any-script-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.any-script-unchanged", shows({"name": name}, journey.profile.equivalence))


_IDS = {
    "signs": "!$&'()*,;=:@~^|`",
    "brackets-and-quotes": '[]{}<>"',
    "question-and-hash": "?a=1&b#c",
    "percent-and-plus": "100%25+1%",
    "blanks": "a b  c",
    "backslash": "a\\b",
    "accents": "Ünï-cödé",
    "chinese": "客户编号",
    "arabic": "عميل",
    "emoji": "🦄👩‍👧",
    "e-mail-like": "john+tag@example.com",
}


def _padded(journey: Journey, length: int) -> str:
    return journey.customer.ljust(length - 1, "x") + "."


@scenario("validation.ids-accepted", "validation.ids-unchanged", variants=_IDS)
async def an_id_of_any_printable_characters_is_kept(journey: Journey, characters: str) -> None:
    """An external id with any printable characters is accepted and shown unchanged."""
    customer = journey.customer + characters + "."
    click = await journey.click()
    answer = await journey.lead(click=click, customer=customer)
    journey.must("validation.ids-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.ids-unchanged", is_shown_under(customer), customer=customer)


@scenario(
    "validation.ids-accepted",
    "validation.ids-unchanged",
    variants={"100": 100, "191": 191, "255": 255},
    unless=dict.fromkeys(("191", "255"), "ids-up-to-100"),
)
async def a_long_id_is_kept(journey: Journey, length: int) -> None:
    """An external id of up to 255 characters is accepted and shown unchanged."""
    customer = _padded(journey, length)
    click = await journey.click()
    answer = await journey.lead(click=click, customer=customer)
    journey.must("validation.ids-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.ids-unchanged", is_shown_under(customer), customer=customer)


@scenario("validation.ids-accepted", "validation.ids-unchanged", unless="ids-up-to-100")
async def a_long_invoice_id_is_kept(journey: Journey) -> None:
    """An invoice id of 255 characters is accepted and shown unchanged."""
    click = await journey.click()
    invoice = journey.invoice().ljust(254, "x") + "."
    await journey.given_buyer(click=click)
    answer = await journey.sale(invoice=invoice, click=click)
    journey.must("validation.ids-accepted", answer)
    journey.given(answer)
    await journey.must_record("validation.ids-unchanged", has_sale(invoice, journey.profile.equivalence))


@scenario("validation.ids-with-slash")
async def an_id_with_a_slash_is_kept(journey: Journey) -> None:
    """An external id with a slash is accepted and shown unchanged, although many a router stumbles over it."""
    customer = journey.customer + "a/b."
    click = await journey.click()
    answer = await journey.lead(click=click, customer=customer)
    journey.must("validation.ids-with-slash", answer, lambda a: Found(a.taken, str(a)), "accepted")
    journey.given(answer)
    await journey.must_record("validation.ids-with-slash", is_shown_under(customer), customer=customer)


# --- what is no event at all --------------------------------------------------------------------------------------


@scenario(
    "validation.malformed-json",
    variants={
        "cut-off": b'{"clickId":"id_123","eventName":"signup',
        "plain-text": b"signup_started for user_42",
        "empty-body": b"",
        "single-quotes": b"{'eventName': 'signup_started'}",
        "two-objects": b'{"eventName":"a"}{"eventName":"b"}',
    },
)
async def a_body_that_is_no_json_is_refused(journey: Journey, body: bytes) -> None:
    """A body that is no JSON is refused, on both operations."""
    journey.must("validation.malformed-json", await journey.post("lead", body, step="malformed lead"))
    journey.must("validation.malformed-json", await journey.post("sale", body, step="malformed sale"))


@scenario(
    "validation.not-an-object",
    variants={
        "list": b"[]",
        "text": b'"signup_started"',
        "number": b"42",
        "null": b"null",
        "true": b"true",
        "list-of-events": b"[{}]",
    },
)
async def json_that_is_no_object_is_refused(journey: Journey, body: bytes) -> None:
    """JSON that is no object is refused, on both operations."""
    journey.must("validation.not-an-object", await journey.post("lead", body, step="lead that is no object"))
    journey.must("validation.not-an-object", await journey.post("sale", body, step="sale that is no object"))


@scenario("validation.not-an-object", "validation.refused-leaves-nothing", variants={"lead": "lead", "sale": "sale"})
async def a_list_of_events_is_refused(journey: Journey, operation: str) -> None:
    """A list that holds a well-formed event is no event, and leaves nothing."""
    click = await journey.click()
    body = journey.lead_body(click=click)
    if operation == "sale":
        body = journey.sale_body(invoice=journey.invoice(), click=click)
    answer = await journey.post(operation, json.dumps([body]).encode(), step=f"list with a {operation}")
    journey.must("validation.not-an-object", answer)
    await _left_nothing(journey, answer, about=operation)


@scenario(
    "validation.wrong-method",
    "validation.wrong-method-405",
    variants={"get": "GET", "put": "PUT", "patch": "PATCH", "delete": "DELETE"},
)
async def another_method_is_refused(journey: Journey, method: str) -> None:
    """Only POST tracks."""
    click = await journey.click()
    body = b"" if method in ("GET", "DELETE") else json.dumps(journey.lead_body(click=click)).encode()
    answer = await journey.post("lead", body, step=f"{method} lead", method=method)
    journey.must("validation.wrong-method", answer)
    journey.must("validation.wrong-method-405", answer)
    answer = await journey.post("sale", b"", step=f"{method} sale", method=method)
    journey.must("validation.wrong-method", answer)


@scenario("validation.unknown-path", "validation.unknown-path-404", variants={"leads": "leads", "refund": "refund"})
async def an_unknown_path_is_refused(journey: Journey, path: str) -> None:
    """A mistyped path is refused, so that no integrator believes that it tracks."""
    click = await journey.click()
    url = journey.play.target.base + f"/track/{path}"
    answer = await journey.post("lead", journey.lead_body(click=click), step="unknown path", url=url)
    journey.must("validation.unknown-path", answer)
    journey.must("validation.unknown-path-404", answer)


@scenario("validation.wrong-content-type", "validation.wrong-content-type-415")
async def a_form_encoded_body_is_refused(journey: Journey) -> None:
    """A form-encoded body is no JSON and is refused."""
    click = await journey.click()
    headers = {**journey.play.target.headers(), "content-type": "application/x-www-form-urlencoded"}
    body = "&".join(f"{key}={value}" for key, value in journey.lead_body(click=click).items()).encode()
    answer = await journey.post("lead", body, step="form-encoded lead", headers=headers)
    journey.must("validation.wrong-content-type", answer)
    journey.must("validation.wrong-content-type-415", answer)
