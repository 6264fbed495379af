"""Accepted against recorded: a platform without a defect is never red, and each defect is told by its name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from load_talk import CLICK, PROFILES, SHOWN, cut_where_users_stop, played, recorded

from conformance.contract import Level
from conformance.load.hand_in import Outcome
from conformance.load.mix import KINDS, NAMES
from conformance.load.reconciling import reconciled
from conformance.results.load import ALTERED, DOUBLED, LOST, MISATTRIBUTED

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.ledger import RecordedCustomer
    from conformance.load.hand_in import Played
    from conformance.load.reconciling import Records

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
every_kind = pytest.mark.parametrize("kind", NAMES)
STEPS = max(len(kind.story) for kind in KINDS)


def kinds_found(profile: Profile, journey: Played, records: Records) -> list[str]:
    findings, _ = reconciled(profile, journey, records, SHOWN)
    return [finding.kind for finding in findings]


@every_profile
@given(data=st.data())
def test_a_platform_that_records_what_it_accepts_is_never_red_whatever_stays_unanswered(
    profile: Profile, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    sent = data.draw(st.integers(1, len(kind.story)))
    outcomes = data.draw(st.lists(st.sampled_from(Outcome), min_size=sent, max_size=sent))
    taken = data.draw(st.lists(st.booleans(), max_size=STEPS))
    journey = cut_where_users_stop(played(kind.name, *outcomes))
    assert reconciled(profile, journey, recorded(profile, journey, taken), SHOWN) == ((), False)


@every_profile
@every_kind
def test_a_journey_of_which_nothing_is_recorded_is_lost(profile: Profile, kind: str) -> None:
    journey = played(kind)
    findings, final = reconciled(profile, journey, {}, SHOWN)
    assert [finding.kind for finding in findings] == [LOST]
    assert findings[0].level is Level.MUST
    assert not final, "reads may lag: a loss is believed when settle has passed"


@every_profile
@every_kind
@given(data=st.data())
def test_of_accepted_events_none_can_go_missing(profile: Profile, kind: str, data: st.DataObject) -> None:
    journey = played(kind)
    records = recorded(profile, journey)
    record = whole(records, journey)
    parts = [("leads", lead) for lead in record.confirmed] + [("sales", sale) for sale in record.sales]
    part, gone = data.draw(st.sampled_from(parts))
    left: Any = {part: tuple(one for one in getattr(record, part) if one is not gone)}
    assert kinds_found(profile, journey, {**records, record.customer: replace(record, **left)}) == [LOST]


def test_what_follows_from_a_lost_lead_is_no_finding_of_its_own_but_anothers_click_is() -> None:
    profile = PROFILES["cutmeshort"]
    journey = played("non-deferred")
    lost = replace(journey, outcomes=(Outcome.UNKNOWN, Outcome.ACCEPTED))
    records = recorded(profile, lost, [False])
    record = whole(records, journey)
    assert (record.click, record.leads, len(record.sales)) == (None, (), 1)
    assert kinds_found(profile, journey, records) == [LOST]
    sales = tuple(replace(sale, click="click_2") for sale in record.sales)
    assert kinds_found(profile, journey, {record.customer: replace(record, sales=sales)}) == [MISATTRIBUTED, LOST]


@every_profile
@every_kind
@given(data=st.data())
def test_no_event_may_count_twice(profile: Profile, kind: str, data: st.DataObject) -> None:
    journey = played(kind)
    records = recorded(profile, journey)
    record = whole(records, journey)
    part, again = data.draw(
        st.sampled_from([("leads", record.confirmed[0]), *(("sales", one) for one in record.sales)])
    )
    more: Any = {part: (*getattr(record, part), again)}
    findings, final = reconciled(profile, journey, {**records, record.customer: replace(record, **more)}, SHOWN)
    assert [finding.kind for finding in findings] == [DOUBLED]
    assert final, "what is there too often does not go away by waiting"


@every_profile
def test_a_sale_without_an_answer_may_be_recorded_once_or_not_and_never_twice(profile: Profile) -> None:
    journey = played("non-deferred", Outcome.ACCEPTED, Outcome.UNKNOWN)
    for taken in (True, False):
        assert kinds_found(profile, journey, recorded(profile, journey, [taken])) == []
    records = recorded(profile, journey, [True])
    record = whole(records, journey)
    twice = replace(record, sales=record.sales * 2)
    assert kinds_found(profile, journey, {**records, record.customer: twice}) == [DOUBLED]


@every_profile
@every_kind
def test_what_counts_for_another_click_is_misattributed(profile: Profile, kind: str) -> None:
    journey = played(kind)
    records = recorded(profile, journey)
    record = whole(records, journey)
    leads = tuple(replace(lead, click="click_2") for lead in record.leads)
    astray = {**records, record.customer: replace(record, click="click_2", leads=leads)}
    assert kinds_found(profile, journey, astray) == [MISATTRIBUTED]


@every_profile
def test_a_sale_of_somebody_else_is_misattributed(profile: Profile) -> None:
    journey, other = played("non-deferred"), played("deferred", number=2, click="click_2")
    records = recorded(profile, journey)
    record, stranger = whole(records, journey), whole(recorded(profile, other), other)
    mixed = {record.customer: replace(record, sales=(*record.sales, *stranger.sales))}
    assert kinds_found(profile, journey, mixed) == [MISATTRIBUTED]


@every_profile
def test_a_follow_up_under_another_id_is_attributed_to_nobody(profile: Profile) -> None:
    journey = played("mismatched")
    records = recorded(profile, journey)
    record = whole(records, journey)
    strange = next(customer for customer in records if customer != record.customer)
    taken = replace(record, customer=strange, sales=())
    assert kinds_found(profile, journey, {**records, strange: taken}) == [MISATTRIBUTED]


@every_profile
def test_an_amount_that_is_somebody_elses_is_altered(profile: Profile) -> None:
    journey = played("non-deferred")
    records = recorded(profile, journey)
    record = whole(records, journey)
    sales = tuple(replace(sale, amount=Decimal(1234)) for sale in record.sales)
    findings, _ = reconciled(profile, journey, {record.customer: replace(record, sales=sales)}, SHOWN)
    (finding,) = findings
    assert (finding.kind, finding.requirement) == (ALTERED, "sale.amount-kept")
    assert "4999" in finding.expected
    assert "1234" in finding.actual
    assert CLICK in finding.actual


@every_profile
def test_which_amount_of_a_repeated_invoice_stays_is_no_must(profile: Profile) -> None:
    journey = played("duplicate-invoice")
    records = recorded(profile, journey)
    record = whole(records, journey)
    later = replace(record.sales[0], amount=Decimal(4999 + 7))
    findings, _ = reconciled(
        profile, journey, {record.customer: replace(record, sales=(later, *record.sales[1:]))}, SHOWN
    )
    assert [(finding.kind, finding.level) for finding in findings] == [(ALTERED, Level.SHOULD)]


def test_an_address_that_is_somebody_elses_is_altered_and_one_that_is_hidden_from_everybody_is_not() -> None:
    profile = PROFILES["cutmeshort"]
    journey = played("non-deferred")
    records = recorded(profile, journey)
    record = whole(records, journey)
    mixed = {record.customer: replace(record, email="tp-testtest-0000002@example.com")}
    assert kinds_found(profile, journey, mixed) == [ALTERED]
    hidden = {record.customer: replace(record, email=None, name=None)}
    assert reconciled(profile, journey, hidden, frozenset()) == ((), False)


def whole(records: Records, journey: Played) -> RecordedCustomer:
    record = next(record for customer, record in records.items() if customer.startswith(f"{journey.stem}-Cu."))
    assert record is not None
    return record
