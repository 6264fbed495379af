"""The rules of a platform on which every lead keeps its own click, one by one."""

from __future__ import annotations

import dataclasses

import pytest
from ledger_events import CLICK, DUB, OTHER_CLICK, event_1, follow_up, lead, ledger, sale

from conformance.contract import load_profile
from conformance.errors import ContractError
from conformance.ledger import Change, Event, LeadStatus, Ledger, Outcome, RecordedCustomer, Rules


def book() -> Ledger:
    return ledger(DUB)


def recorded(found: Ledger, customer: str = "ada") -> RecordedCustomer:
    customer_found = found.recorded(customer)
    assert customer_found is not None
    return customer_found


def play(found: Ledger, *events: Event) -> list[Outcome]:
    return [found.rule(event).outcome for event in events]


def clicks(found: Ledger, customer: str = "ada") -> list[str | None]:
    return [x.click for x in recorded(found, customer).confirmed]


def test_the_rules_of_the_profile_are_these() -> None:
    chosen = Rules.of(load_profile("dub").rules)
    assert dataclasses.replace(chosen, direct_sale_lead="Direct sale") == DUB


def test_each_lead_keeps_its_own_click_and_the_customer_the_first() -> None:
    found = book()
    assert play(found, lead(), lead(event="demo", click=OTHER_CLICK)) == [Outcome.CONFIRMED, Outcome.FURTHER]
    assert (recorded(found).click, clicks(found)) == (CLICK, [CLICK, OTHER_CLICK])
    found.rule(follow_up(event="call"))
    assert clicks(found)[-1] == CLICK


@pytest.mark.parametrize("again", ["signup", " signup ", "SignUp"])
def test_event_names_are_compared_loosely(again: str) -> None:
    found = book()
    assert play(found, lead(), lead(event=again)) == [Outcome.CONFIRMED, Outcome.DUPLICATE]
    assert play(found, lead(event="Sign up"), lead(event="sign-up")) == [Outcome.FURTHER, Outcome.DUPLICATE]
    assert [x.event for x in recorded(found).confirmed] == ["signup", "Sign up"]


def test_the_first_event_describes_the_customer_and_later_ones_add_nothing() -> None:
    found = book()
    play(found, lead(name="Ada"), lead(event="demo", name="Bob", email="b@example.com"), sale(avatar="https://a"))
    assert (recorded(found).name, recorded(found).email, recorded(found).avatar) == ("Ada", None, None)


def test_event_2_of_an_unknown_customer_is_refused_and_creates_nobody() -> None:
    found = book()
    found.rule(event_1())
    ruling = found.rule(follow_up(customer="bob"))
    assert (ruling.outcome, ruling.accepted, ruling.changes) == (Outcome.REFUSED_MISMATCH, False, ())
    assert found.recorded("bob") is None
    assert play(found, follow_up()) == [Outcome.CONFIRMED]


def test_a_refused_lead_does_not_block_the_next() -> None:
    found = book()
    outcomes = play(found, lead(click="made-up"), follow_up(event="signup"), lead())
    assert outcomes == [Outcome.REFUSED_UNKNOWN_CLICK, Outcome.REFUSED_MISMATCH, Outcome.CONFIRMED]


@pytest.mark.parametrize("event", ["signup", "verified"])
def test_event_2_confirms_once_whatever_its_name(event: str) -> None:
    found = book()
    outcomes = play(found, event_1(name="Ada"), event_1(), follow_up(event=event, name="Bob"), follow_up(event=event))
    assert outcomes == [Outcome.PENDING, Outcome.DUPLICATE, Outcome.CONFIRMED, Outcome.DUPLICATE]
    assert (len(recorded(found).leads), recorded(found).name) == (1, "Ada")


@pytest.mark.parametrize("click", [CLICK, OTHER_CLICK])
def test_event_2_may_bring_a_click_and_counts_for_it(click: str) -> None:
    found = book()
    found.rule(event_1())
    ruling = found.rule(lead(event="verified", click=click))
    assert (ruling.outcome, ruling.changes, ruling.click) == (Outcome.CONFIRMED, (Change.LEAD_CONFIRMED,), click)
    assert [x.status for x in recorded(found).leads] == [LeadStatus.CONFIRMED]
    assert recorded(found).click == CLICK
    assert play(found, follow_up()) == [Outcome.DUPLICATE]


def test_event_1_without_a_click_changes_nothing_of_a_known_customer_and_is_refused_of_another() -> None:
    found = book()
    assert play(found, event_1(click=None)) == [Outcome.REFUSED_MISMATCH]
    found.rule(lead())
    before = recorded(found)
    ruling = found.rule(event_1(click=None))
    assert (ruling.outcome, ruling.click, recorded(found)) == (Outcome.DUPLICATE, CLICK, before)


def test_one_event_may_stand_for_several_leads() -> None:
    found = book()
    event = dataclasses.replace(lead(), quantity=3)
    assert play(found, event, event) == [Outcome.CONFIRMED, Outcome.DUPLICATE]
    assert clicks(found) == [CLICK] * 3


def test_a_sale_of_an_unknown_customer_without_a_click_is_not_recorded() -> None:
    found = book()
    ruling = found.rule(sale())
    assert (ruling.outcome, ruling.accepted, ruling.changes) == (Outcome.STRANGERS_SALE, True, ())
    assert found.recorded("ada") is None
    found.rule(lead())
    assert play(found, sale()) == [Outcome.COUNTED]


def test_a_direct_sale_makes_the_customer_one_lead_and_the_sale() -> None:
    found = book()
    ruling = found.rule(sale(click=OTHER_CLICK, name="Ada"))
    assert ruling.outcome is Outcome.DIRECT_SALE
    assert ruling.changes == (Change.ATTRIBUTION, Change.LEAD_RECORDED, Change.SALE_RECORDED)
    customer = recorded(found)
    assert (customer.name, customer.click) == ("Ada", OTHER_CLICK)
    assert [(x.event, x.click) for x in customer.confirmed] == [("Direct sale", OTHER_CLICK)]
    assert [x.click for x in customer.sales] == [OTHER_CLICK]
    assert play(found, sale(invoice="inv-2")) == [Outcome.COUNTED]


def test_the_lead_of_a_direct_sale_has_the_name_that_the_sale_gives() -> None:
    found = book()
    found.rule(dataclasses.replace(sale(click=CLICK), lead="Trial"))
    assert [x.event for x in recorded(found).confirmed] == ["Trial"]


def test_a_direct_sale_with_an_unknown_click_is_refused_and_leaves_nothing() -> None:
    found = book()
    assert play(found, sale(click="made-up")) == [Outcome.REFUSED_UNKNOWN_CLICK]
    assert found.recorded("ada") is None
    assert play(found, sale(click=CLICK)) == [Outcome.DIRECT_SALE]


def test_a_sale_counts_for_the_latest_lead_or_the_one_it_names() -> None:
    found = book()
    play(found, lead(), lead(event="demo", click=OTHER_CLICK))
    named = dataclasses.replace(sale(invoice="inv-2"), lead="signup")
    assert [found.rule(event).click for event in (sale(), named)] == [OTHER_CLICK, CLICK]
    assert [x.click for x in recorded(found).sales] == [OTHER_CLICK, CLICK]


def test_the_click_of_a_known_customers_sale_is_passed_over() -> None:
    found = book()
    found.rule(lead())
    assert found.rule(sale(click=OTHER_CLICK)).click == CLICK


@pytest.mark.parametrize("name", [None, "Signup", "other"])
def test_a_sale_that_no_lead_goes_before_is_refused_and_its_invoice_stays_free(name: str | None) -> None:
    found = book()
    found.rule(event_1() if name is None else lead())
    event = dataclasses.replace(sale(), lead=name)
    assert play(found, event) == [Outcome.REFUSED_SALE_WITHOUT_LEAD]
    assert recorded(found).sales == ()
    assert play(found, follow_up(), sale())[-1] is Outcome.COUNTED


def test_sales_without_an_invoice_all_count() -> None:
    found = book()
    event = dataclasses.replace(sale(), invoice=None)
    assert play(found, lead(), event, event)[1:] == [Outcome.COUNTED] * 2
    assert len(recorded(found).sales) == 2


def test_a_sale_of_nothing_is_not_recorded_and_its_invoice_stays_free() -> None:
    found = book()
    assert play(found, lead(), sale(amount="0"), sale())[1:] == [Outcome.ZERO_SALE, Outcome.COUNTED]


def test_an_invoice_counts_once_in_the_whole_workspace() -> None:
    found = book()
    play(found, lead(), lead("bob"), sale())
    again = [sale("bob"), sale(amount="0"), sale("eve", click=CLICK)]
    assert play(found, *again) == [Outcome.REPEATED_INVOICE] * 3
    assert found.recorded("eve") is None


def test_a_deleted_customer_is_gone_but_what_was_counted_stays_counted() -> None:
    found = book()
    play(found, lead(), sale())
    assert (found.forget("ada"), found.forget("ada")) == (True, False)
    assert found.recorded("ada") is None
    assert play(found, lead(), sale()) == [Outcome.DUPLICATE, Outcome.REPEATED_INVOICE]
    assert found.recorded("ada") is None
    assert play(found, event_1(), follow_up(event="signup")) == [Outcome.PENDING, Outcome.DUPLICATE]
    assert play(found, follow_up()) == [Outcome.CONFIRMED]


def test_a_text_rule_that_is_no_text_is_named() -> None:
    with pytest.raises(ContractError, match="direct_sale_lead cannot be 5"):
        Rules.of({"direct_sale_lead": 5})
