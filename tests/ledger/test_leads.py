"""Rules of attribution for leads, one by one."""

from __future__ import annotations

import pytest
from ledger_events import CLICK, OTHER_CLICK, event_1, follow_up, lead, ledger, sale

from conformance.ledger import Change, Event, LeadStatus, Ledger, Outcome, RecordedCustomer, ResentClick, Rules


def recorded(book: Ledger, customer: str = "ada") -> RecordedCustomer:
    found = book.recorded(customer)
    assert found is not None
    return found


def play(book: Ledger, *events: Event) -> list[Outcome]:
    return [book.rule(event).outcome for event in events]


def test_a_non_deferred_lead_is_confirmed_at_once_on_its_click() -> None:
    book = ledger()
    ruling = book.rule(lead())
    assert (ruling.outcome, ruling.accepted, ruling.click) == (Outcome.CONFIRMED, True, CLICK)
    assert ruling.changes == (Change.ATTRIBUTION, Change.LEAD_RECORDED)
    assert recorded(book).click == CLICK
    assert [(x.event, x.status, x.click) for x in recorded(book).leads] == [("signup", LeadStatus.CONFIRMED, CLICK)]


def test_a_lead_with_a_click_nobody_minted_is_refused_and_leaves_nothing() -> None:
    book = ledger()
    ruling = book.rule(lead(click="made-up"))
    assert (ruling.outcome, ruling.accepted, ruling.changes) == (Outcome.REFUSED_UNKNOWN_CLICK, False, ())
    assert book.recorded("ada") is None


def test_event_1_leaves_the_lead_pending_and_locks_the_click() -> None:
    book = ledger()
    assert play(book, event_1(name="Ada", email="ada@example.com")) == [Outcome.PENDING]
    found = recorded(book)
    assert (found.click, found.name, found.email) == (CLICK, "Ada", "ada@example.com")
    assert found.confirmed == ()
    assert [x.click for x in found.pending] == [CLICK]


def test_event_2_confirms_the_pending_lead_as_one_lead_and_keeps_the_details() -> None:
    book = ledger()
    assert play(book, event_1(name="Ada"), follow_up(name="Someone else")) == [Outcome.PENDING, Outcome.CONFIRMED]
    found = recorded(book)
    assert found.name == "Ada"
    assert [(x.status, x.click) for x in found.leads] == [(LeadStatus.CONFIRMED, CLICK)]


def test_event_2_may_carry_the_event_name_of_event_1() -> None:
    book = ledger()
    assert play(book, event_1(), follow_up(event="signup")) == [Outcome.PENDING, Outcome.CONFIRMED]
    assert len(recorded(book).leads) == 1


def test_event_2_brings_details_that_event_1_lacked() -> None:
    book = ledger()
    play(book, event_1(), follow_up(name="Ada"))
    assert recorded(book).name == "Ada"


def test_a_deferred_lead_without_a_click_is_refused() -> None:
    book = ledger()
    assert play(book, event_1(click=None)) == [Outcome.REFUSED_DEFERRED_WITHOUT_CLICK]
    assert book.recorded("ada") is None


def test_event_1_again_with_another_click_changes_nothing_while_pending() -> None:
    book = ledger()
    play(book, event_1())
    before = recorded(book)
    assert play(book, event_1(click=OTHER_CLICK)) == [Outcome.FIRST_CLICK_STAYS]
    assert recorded(book) == before


def test_event_1_again_after_confirmation_opens_nothing_new() -> None:
    book = ledger()
    play(book, event_1(), follow_up())
    before = recorded(book)
    outcomes = play(book, event_1(), event_1(click=OTHER_CLICK))
    assert outcomes == [Outcome.DUPLICATE, Outcome.FIRST_CLICK_STAYS]
    assert recorded(book) == before


@pytest.mark.parametrize("other", ["Ada", " ada", "ada ", "ad", "adaa", "a\u0301da"])
def test_event_2_under_another_id_is_unlinked_and_the_right_one_still_confirms(other: str) -> None:
    book = ledger()
    assert play(book, event_1(), follow_up(customer=other)) == [Outcome.PENDING, Outcome.UNLINKED]
    stray = recorded(book, other)
    assert (stray.click, [x.click for x in stray.unlinked], stray.confirmed) == (None, [None], ())
    assert len(recorded(book).pending) == 1
    assert play(book, follow_up()) == [Outcome.CONFIRMED]


def test_event_2_confirms_its_own_customer_only() -> None:
    book = ledger()
    play(book, event_1("ada"), event_1("bob", click=OTHER_CLICK), follow_up("bob"))
    assert len(recorded(book, "ada").pending) == 1
    assert [x.click for x in recorded(book, "bob").confirmed] == [OTHER_CLICK]


@pytest.mark.parametrize("click", [CLICK, OTHER_CLICK])
def test_a_resent_click_is_refused_and_changes_nothing(click: str) -> None:
    book = ledger()
    play(book, event_1())
    before = recorded(book)
    ruling = book.rule(lead(event="verified", click=click))
    assert (ruling.outcome, ruling.accepted) == (Outcome.REFUSED_RESENT_CLICK, False)
    assert recorded(book) == before
    assert play(book, follow_up()) == [Outcome.CONFIRMED]
    after = recorded(book)
    assert play(book, lead(event="verified", click=click)) == [Outcome.REFUSED_RESENT_CLICK]
    assert recorded(book) == after


def test_a_resent_click_may_be_ignored() -> None:
    book = ledger(Rules(resent_click=ResentClick.IGNORE))
    play(book, event_1())
    before = recorded(book)
    ruling = book.rule(lead(event="verified", click=OTHER_CLICK))
    assert (ruling.outcome, ruling.accepted, ruling.click) == (Outcome.IGNORED_RESENT_CLICK, True, CLICK)
    assert recorded(book) == before


def test_a_resent_click_may_be_taken_as_a_confirmation_on_the_first_click() -> None:
    book = ledger(Rules(resent_click=ResentClick.CONFIRM))
    outcomes = play(book, event_1(), lead(event="verified", click=OTHER_CLICK), follow_up())
    assert outcomes == [Outcome.PENDING, Outcome.CONFIRMED, Outcome.DUPLICATE]
    assert [x.click for x in recorded(book).leads] == [CLICK]


def test_a_later_lead_without_a_click_counts_for_the_same_click() -> None:
    book = ledger()
    assert play(book, lead(), follow_up(event="demo")) == [Outcome.CONFIRMED, Outcome.FURTHER]
    assert [x.click for x in recorded(book).confirmed] == [CLICK, CLICK]


def test_a_later_non_deferred_lead_with_another_click_stays_with_the_first() -> None:
    book = ledger()
    assert play(book, lead(), lead(event="demo", click=OTHER_CLICK)) == [Outcome.CONFIRMED, Outcome.FURTHER]
    assert {x.click for x in recorded(book).confirmed} == {CLICK}


def test_a_lead_counts_once_for_each_event_name() -> None:
    book = ledger()
    outcomes = play(book, lead(), lead(), lead(click=OTHER_CLICK), follow_up(event="signup"))
    assert outcomes == [Outcome.CONFIRMED] + [Outcome.DUPLICATE] * 3
    assert len(recorded(book).leads) == 1


def test_an_unlinked_customer_may_be_attributed_by_a_proper_lead() -> None:
    book = ledger()
    assert play(book, follow_up(), lead()) == [Outcome.UNLINKED, Outcome.CONFIRMED]
    assert recorded(book).click == CLICK
    assert [x.click for x in recorded(book).confirmed] == [CLICK]


def test_an_unlinked_lead_sent_again_stays_one_unlinked_lead() -> None:
    book = ledger()
    play(book, follow_up())
    before = recorded(book)
    assert play(book, follow_up()) == [Outcome.DUPLICATE]
    assert recorded(book) == before


def test_a_verification_that_came_too_early_confirms_when_it_is_sent_again() -> None:
    book = ledger()
    assert play(book, follow_up(), event_1(), follow_up()) == [Outcome.UNLINKED, Outcome.PENDING, Outcome.CONFIRMED]
    assert len(recorded(book).confirmed) == 1


def test_a_lead_shows_the_senders_time_else_the_time_of_receipt() -> None:
    book = ledger()
    play(book, lead())
    assert recorded(book).leads[0].timestamp == "2026-01-01T00:00:00Z"


def test_details_that_are_known_are_not_overwritten() -> None:
    book = ledger()
    play(book, lead(name="Ada"), follow_up(event="demo", name="Bob", email="b@example.com"), sale(avatar="https://a"))
    found = recorded(book)
    assert (found.name, found.email, found.avatar) == ("Ada", "b@example.com", "https://a")
