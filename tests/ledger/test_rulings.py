"""What a ruling tells of an event: its outcome in words, what changed, and the click that it counts for."""

from __future__ import annotations

import dataclasses

import pytest
from ledger_events import CLICK, DUB, OTHER_CLICK, event_1, follow_up, lead, ledger, sale

from conformance.errors import ContractError
from conformance.ledger import Change, Event, LeadClick, Outcome, Rules, SaleClick
from conformance.ledger.rulings import SENTENCES

ATTRIBUTED = (Change.ATTRIBUTION, Change.LEAD_RECORDED)


@pytest.mark.parametrize(
    ("before", "event", "outcome", "changes", "click"),
    [
        ([], lead(), Outcome.CONFIRMED, ATTRIBUTED, CLICK),
        ([lead()], lead(click=OTHER_CLICK), Outcome.DUPLICATE, (), CLICK),
        ([lead()], follow_up(event="signup"), Outcome.DUPLICATE, (), CLICK),
        ([lead()], follow_up(event="demo"), Outcome.FURTHER, (Change.LEAD_RECORDED,), CLICK),
        ([lead(), follow_up(event="demo")], follow_up(event="demo"), Outcome.DUPLICATE, (), CLICK),
        ([], event_1(), Outcome.PENDING, ATTRIBUTED, CLICK),
        ([follow_up()], event_1(), Outcome.PENDING, ATTRIBUTED, CLICK),
        ([sale(click=CLICK)], event_1(), Outcome.PENDING, (Change.LEAD_RECORDED,), CLICK),
        ([event_1()], event_1(), Outcome.DUPLICATE, (), CLICK),
        ([event_1()], event_1(click=OTHER_CLICK), Outcome.FIRST_CLICK_STAYS, (), CLICK),
        ([event_1()], follow_up(), Outcome.CONFIRMED, (Change.LEAD_CONFIRMED,), CLICK),
        ([], follow_up(), Outcome.UNLINKED, (Change.LEAD_RECORDED,), None),
        ([follow_up()], follow_up(), Outcome.DUPLICATE, (), None),
    ],
)
def test_a_ruling_tells_what_changed_and_which_click_counts(
    before: list[Event], event: Event, outcome: Outcome, changes: tuple[Change, ...], click: str | None
) -> None:
    book = ledger()
    for one in before:
        book.rule(one)

    ruling = book.rule(event)

    assert (ruling.outcome, ruling.changes, ruling.click) == (outcome, changes, click)
    assert ruling.sentence == SENTENCES[outcome]


def test_a_refusal_says_why() -> None:
    assert ledger().rule(lead(click="made-up")).sentence == SENTENCES[Outcome.REFUSED_UNKNOWN_CLICK]


def test_event_names_that_differ_in_letter_case_are_two_leads() -> None:
    book = ledger()
    assert [book.rule(lead(event=name)).outcome for name in ("signup", "Signup")] == [
        Outcome.CONFIRMED,
        Outcome.FURTHER,
    ]


def test_loose_event_names_are_compared_in_lower_case_and_no_looser() -> None:
    book = ledger(DUB)
    assert [book.rule(lead(event=name)).outcome for name in ("straße", "STRASSE")] == [
        Outcome.CONFIRMED,
        Outcome.FURTHER,
    ]


def test_a_sale_counts_for_the_customers_click_where_the_leads_is_not_asked_for() -> None:
    book = ledger(Rules(lead_click=LeadClick.OWN, sale_click=SaleClick.CUSTOMERS))
    book.rule(lead())
    book.rule(lead(event="demo", click=OTHER_CLICK))
    assert book.rule(sale()).click == CLICK


def test_the_lead_of_a_direct_sale_is_known_when_it_comes_by_itself() -> None:
    book = ledger(DUB)
    assert book.rule(sale(click=CLICK)).click == CLICK
    assert book.rule(lead(event="direct sale")).outcome is Outcome.DUPLICATE


def test_a_customer_who_was_deleted_is_told_of_a_duplicate_without_a_click() -> None:
    book = ledger()
    book.rule(lead())
    book.forget("ada")
    ruling = book.rule(follow_up(event="signup"))
    assert (ruling.outcome, ruling.click) == (Outcome.DUPLICATE, None)
    book.rule(lead(event="demo"))
    ruling = book.rule(follow_up(event="signup"))
    assert (ruling.outcome, ruling.click) == (Outcome.DUPLICATE, CLICK)


@pytest.mark.parametrize(
    ("sent", "received", "shown"), [("10:00", "11:00", "10:00"), (None, "11:00", "11:00"), ("10:00", None, "10:00")]
)
def test_a_sale_and_its_lead_show_the_senders_time_else_that_of_receipt(
    sent: str | None, received: str | None, shown: str
) -> None:
    book = ledger(DUB)
    book.rule(dataclasses.replace(sale(click=CLICK), timestamp=sent, received=received))
    found = book.recorded("ada")
    assert found is not None
    assert [lead.timestamp for lead in found.leads] == [sold.timestamp for sold in found.sales] == [shown]
    assert found.sales[0].event == "purchase"


@pytest.mark.parametrize(
    ("chosen", "said", "remedy"),
    [
        ({"resent": "refuse"}, "there is no rule 'resent'", "The rules are resent_click, repeated_invoice, "),
        ({"mismatch": "no"}, "the rule mismatch cannot be 'no'", "Choose one of unlinked, refuse."),
        ({"direct_sale_lead": 1}, "the rule direct_sale_lead cannot be 1", "Give it a text, or leave it out."),
    ],
)
def test_a_wrong_choice_of_rules_is_told_with_its_remedy(chosen: dict[str, object], said: str, remedy: str) -> None:
    with pytest.raises(ContractError) as caught:
        Rules.of(chosen)
    assert caught.value.what == said
    assert caught.value.remedy.startswith(remedy)
