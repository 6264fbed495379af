"""Rules of attribution for sales, one by one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ledger_events import CLICK, OTHER_CLICK, event_1, follow_up, lead, ledger, sale

from conformance.errors import ContractError
from conformance.ledger import Change, Ledger, Outcome, RecordedSale, RepeatedInvoice, ResentClick, Rules


def sales(book: Ledger, customer: str = "ada") -> tuple[RecordedSale, ...]:
    found = book.recorded(customer)
    assert found is not None
    return found.sales


def test_a_sale_counts_for_the_click_of_the_customers_lead_even_when_it_brings_another() -> None:
    book = ledger()
    book.rule(lead())
    ruling = book.rule(sale(click=OTHER_CLICK))
    assert (ruling.outcome, ruling.click, ruling.changes) == (Outcome.COUNTED, CLICK, (Change.SALE_RECORDED,))
    assert [(x.click, x.amount, x.currency) for x in sales(book)] == [(CLICK, Decimal("49.99"), "USD")]


def test_a_sale_without_a_lead_is_recorded_with_its_own_click() -> None:
    book = ledger()
    ruling = book.rule(sale(click=OTHER_CLICK))
    assert (ruling.outcome, ruling.changes) == (Outcome.COUNTED, (Change.ATTRIBUTION, Change.SALE_RECORDED))
    assert [x.click for x in sales(book)] == [OTHER_CLICK]


@pytest.mark.parametrize("click", [None, "made-up"])
def test_a_sale_without_a_lead_and_a_known_click_counts_for_nobodys_click(click: str | None) -> None:
    book = ledger()
    book.rule(lead("bob"))
    ruling = book.rule(sale(click=click))
    assert (ruling.outcome, ruling.accepted, ruling.click) == (Outcome.UNATTRIBUTED, True, None)
    assert [x.click for x in sales(book)] == [None]


def test_a_sale_between_the_two_events_is_attributed_and_the_lead_stays_pending() -> None:
    book = ledger()
    book.rule(event_1())
    assert book.rule(sale()).outcome is Outcome.COUNTED
    found = book.recorded("ada")
    assert found is not None
    assert ([x.click for x in found.sales], len(found.pending), found.confirmed) == ([CLICK], 1, ())
    assert book.rule(follow_up()).outcome is Outcome.CONFIRMED


def test_an_invoice_counts_once_in_the_whole_workspace_and_the_first_amount_stays() -> None:
    book = ledger()
    book.rule(lead())
    book.rule(lead("bob", click=OTHER_CLICK))
    book.rule(sale(amount="10"))
    again = [book.rule(sale(amount="99")), book.rule(sale("bob"))]
    assert [(x.outcome, x.accepted, x.changes) for x in again] == [(Outcome.REPEATED_INVOICE, True, ())] * 2
    assert [x.amount for x in sales(book)] == [Decimal(10)]
    assert sales(book, "bob") == ()


@pytest.mark.parametrize("other", ["INV-1", "inv-1 ", "inv-", "inv-11"])
def test_invoice_ids_are_opaque(other: str) -> None:
    book = ledger()
    book.rule(sale())
    assert book.rule(sale(invoice=other)).outcome is Outcome.UNATTRIBUTED
    assert len(sales(book)) == 2


def test_a_repeated_invoice_may_be_refused() -> None:
    book = ledger(Rules(repeated_invoice=RepeatedInvoice.REFUSE))
    book.rule(sale())
    ruling = book.rule(sale("bob"))
    assert (ruling.outcome, ruling.accepted) == (Outcome.REFUSED_REPEATED_INVOICE, False)
    assert book.recorded("bob") is None


def test_a_customer_attributed_by_a_sale_keeps_that_click_in_later_leads() -> None:
    book = ledger()
    book.rule(sale(click=OTHER_CLICK))
    assert book.rule(lead()).click == OTHER_CLICK
    assert book.rule(event_1("bob")).click == CLICK


def test_a_profile_chooses_the_rules_by_name() -> None:
    rules = Rules.of({"resent_click": "confirm", "repeated_invoice": "refuse"})
    assert rules == Rules(ResentClick.CONFIRM, RepeatedInvoice.REFUSE)
    assert Rules.of({}) == Rules(ResentClick.REFUSE, RepeatedInvoice.IGNORE)


@pytest.mark.parametrize(("chosen", "named"), [({"resent": "refuse"}, "resent"), ({"resent_click": "no"}, "'no'")])
def test_a_choice_that_does_not_exist_is_named(chosen: dict[str, str], named: str) -> None:
    with pytest.raises(ContractError, match=named):
        Rules.of(chosen)
