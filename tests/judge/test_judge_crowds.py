"""What only several customers together show, and what looks like it and is not."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from for_each import for_each
from judge_journeys import TOKEN, as_ndjson, journeys

from conformance.contract import load_profile
from conformance.findings import EventRef, Finding, Severity
from conformance.judge import Call, LiveJudge, judge_calls, readers
from conformance.judge.files import judge_files
from conformance.judge.kinship import Party, kinship
from conformance.judge.large import Worker

if TYPE_CHECKING:
    from pathlib import Path


PROFILE = load_profile("cutmeshort")
HERE = EventRef("here", 0, 0.0)


def lead(customer: str, at: float, event: str = "signup_started", **fields: Any) -> Call:
    body = {"eventName": event, "customerExternalId": customer, **fields}
    return Call("POST", "/track/lead", body, at, None, 200, None, "here", int(at * 10))


def sale(customer: str, at: float, invoice: str, amount: float = 10, **fields: Any) -> Call:
    body = {"eventName": "purchase", "customerExternalId": customer, "currency": "USD", **fields}
    return Call(
        "POST",
        "/track/sale",
        {**body, "invoiceId": invoice, "amount": amount},
        at,
        None,
        200,
        None,
        "here",
        int(at * 10),
    )


def told(calls: list[Call], kind: str) -> list[Finding]:
    """The findings of a kind, which are the same in whatever order the calls come, and as they are made."""
    mixed = sorted(calls, key=lambda call: str(call.body)[::-1])
    found = [finding for finding in judge_calls(PROFILE, mixed).findings if finding.id == kind]
    live = LiveJudge(PROFILE, whole=False)
    at_once = [finding for call in calls for finding in live.take(call)]
    at_once += live.finish(now=calls[-1].time)
    assert [finding.id for finding in found] == [finding.id for finding in at_once if finding.id == kind][: len(found)]
    return found


def test_a_click_of_six_customers_is_told_once_and_one_of_five_is_not() -> None:
    calls = [lead(f"person-{name}", at, clickId="id_shared") for at, name in enumerate("abcdef")]
    (finding,) = told(calls, "click-shared")
    assert (finding.customer, len(finding.events)) == ("person-a", 6)
    assert not told(calls[:5], "click-shared")


def test_an_invoice_of_two_customers_is_told_at_the_second() -> None:
    calls = [
        lead("first", 0, clickId="id_1111"),
        sale("first", 1, "inv_1", clickId="id_1111"),
        lead("second", 2, clickId="id_2222"),
        sale("second", 3, "inv_1", clickId="id_2222"),
    ]
    (finding,) = told(calls, "invoice-shared")
    assert (finding.customer, finding.others) == ("second", ("first",))
    assert not told(calls[:3], "invoice-shared")


def test_one_charge_sent_under_two_spellings_of_an_id_is_no_shared_invoice() -> None:
    calls = [lead("Ann-17", 0, clickId="id_1111"), sale("Ann-17", 1, "inv_1"), sale("ann-17", 2, "inv_1")]
    assert not told(calls, "invoice-shared")
    (finding,) = told(calls, "sale-other-id")
    assert (finding.customer, finding.others) == ("Ann-17", ("ann-17",))


def test_sign_ups_side_by_side_are_nobodys_near_miss() -> None:
    events = [lead(f"user_{1000 + n}", n, clickId=f"id_{n:04d}", mode="deferred") for n in range(40)]
    events += [lead(f"user_{1000 + n}", 50 + n, "email_verified") for n in range(40)]
    assert judge_calls(PROFILE, events).findings == ()


def test_ids_made_one_after_the_other_are_at_most_a_note_when_their_halves_are_outside_of_the_recording() -> None:
    for earlier, later in (
        ("user_41", "user_42"),
        ("cust-000000000041", "cust-000000000042"),
        ("507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012"),
        ("cl9x8k2a", "cl9x8k2b"),
        ("anna", "anne"),
    ):
        calls = [lead(earlier, 0, clickId="id_1111", mode="deferred"), lead(later, 10, "email_verified")]
        findings = judge_calls(PROFILE, calls).findings
        assert {finding.severity for finding in findings} == {Severity.NOTE}, (earlier, later)


@for_each(
    [
        ("user_42", "USER_42", "case", True),
        ("user_42", "user_42 ", "blank", True),
        ("user_42", "\u200buser_42", "blank", True),
        ("caf\u00e9", "cafe\u0301", "unicode", True),
        ("user_42", "usr_42", "near-miss", True),
        ("user_42", "user-42", "near-miss", True),
        ("user_42", "42", "near-miss", True),
        ("0042", "42", "near-miss", True),
        ("a b+c", "a%20b%2Bc", "near-miss", True),
        ("jane@shop.example", "jane%40shop.example", "near-miss", True),
        ("9f1c2b3a-7d5e-4bb5-9d0e-0b8f1b6e0a01", "9f1c2b3a-7d5e-4bb5-9d0e-0b8f1b6e0a0", "near-miss", True),
        ("user_41", "user_42", "near-miss", False),
        ("1-23", "12-3", "near-miss", False),
        ("anna", "anne", "near-miss", False),
    ]
)
def test_how_two_ids_differ(one: str, other: str, how: str, sure: bool) -> None:  # noqa: FBT001 - data
    found = kinship(Party(one, HERE), Party(other, HERE))
    assert found is not None
    assert (found.how, found.sure) == (how, sure)


@for_each([("user_1", "customer_9"), ("a1", "b2"), ("7f3a", "91bc"), ("jane", "john"), ("", "x")])
def test_ids_that_have_nothing_in_common_are_no_kin(one: str, other: str) -> None:
    assert kinship(Party(one, HERE), Party(other, HERE)) is None


def test_a_price_in_both_units_is_a_note_once_and_a_warning_three_times() -> None:
    def of(prices: tuple[float, ...]) -> list[Finding]:
        calls = [
            each
            for at, price in enumerate(prices)
            for each in (
                lead(f"person-{at}-x", at, clickId=f"id_{at:04d}"),
                sale(f"person-{at}-x", at + 0.5, f"inv-{at}", price, clickId=f"id_{at:04d}"),
            )
        ]
        return [finding for finding in judge_calls(PROFILE, calls).findings if finding.id == "amounts-mixed"]

    assert [finding.severity for finding in of((49.99, 4999))] == [Severity.NOTE]
    assert [finding.severity for finding in of((49.99, 4999, 9.5, 950, 1.25, 125))] == [Severity.WARNING]
    assert not of((49.99, 29, 4998))


@pytest.mark.parametrize(("jobs", "packed"), [(1, False), (2, False), (2, True)])
def test_a_recording_that_outgrows_memory_is_judged_as_a_small_one(
    jobs: int,
    packed: bool,  # noqa: FBT001 - data
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Several small parts, as a large recording has.
    monkeypatch.setattr(readers, "_BLOCK", 5000)
    monkeypatch.setattr(readers, "_CHUNK", 5000)
    items = [item for journey in journeys() if journey.profile == "cutmeshort" for item in journey.items]
    shared = [{"clickId": "id_shared", "eventName": "demo", "customerExternalId": f"p-{name}"} for name in "abcdef"]
    items += [{**items[0], "body": body} for body in shared]
    path = tmp_path / "calls.ndjson"
    data = b"\xef\xbb\xbf\n \n" + as_ndjson(items) + b'"a text"\n!{broken\n{}\n'
    path.write_bytes(gzip.compress(data) if packed else data)

    small = judge_files([str(path)])
    large = judge_files([str(path)], in_memory=5000, jobs=jobs)

    assert large.findings == small.findings
    assert [str(broken) for broken in large.broken] == [str(broken) for broken in small.broken]
    assert (large.events, large.customers, large.calls) == (small.events, small.customers, small.calls)


def test_no_token_is_put_into_a_bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [item for journey in journeys() if journey.profile == "cutmeshort" for item in journey.items]
    path = tmp_path / "calls.ndjson"
    path.write_bytes(as_ndjson(items))
    seen: list[bytes] = []

    def look(worker: Worker, filled: Any) -> None:
        seen.extend(file.read_bytes() for file in worker._plan.folder.iterdir())
        know(worker, filled)

    know = Worker.know
    monkeypatch.setattr(Worker, "know", look)
    judgement = judge_files([str(path)], in_memory=5000)

    assert judgement.events
    assert seen
    token = TOKEN.removeprefix("Bearer ")
    assert not [bag for bag in seen if token.encode() in bag]
    assert token in judgement.secrets
