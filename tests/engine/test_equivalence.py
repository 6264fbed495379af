"""When two values are the same: each rule, and what holds for all of them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from engine_talk import PROFILE
from hypothesis import given
from hypothesis import strategies as st

from conformance.engine.equivalence import instant, same

RULES = ("exact", "number", "instant", "ignore-case", "normalised", "present")


@pytest.mark.parametrize(
    ("rule", "shown", "sent", "expected"),
    [
        ("exact", "a", "a", True),
        ("exact", "a", "A", False),
        ("exact", None, "a", False),
        ("number", Decimal("49.990"), 49.99, True),
        ("number", Decimal(4999), 49.99, False),
        ("number", Decimal("1E+3"), 1000, True),
        ("number", Decimal("0.1"), 0.1, True),
        ("number", None, 1, False),
        ("number", "words", 1, False),
        ("number", Decimal("NaN"), 1, False),
        ("instant", "2024-01-15T10:30:00Z", "2024-01-15T12:30:00+02:00", True),
        ("instant", "2024-01-15T10:30:00.9Z", "2024-01-15T10:30:00Z", True),
        ("instant", "2024-01-15T10:30:01Z", "2024-01-15T10:30:00Z", True),
        ("instant", "2024-01-15T10:30:02Z", "2024-01-15T10:30:00Z", False),
        ("instant", "yesterday", "2024-01-15T10:30:00Z", False),
        ("instant", None, "2024-01-15T10:30:00Z", False),
        ("ignore-case", "usd", "USD", True),
        ("ignore-case", "eur", "USD", False),
        ("ignore-case", None, "USD", False),
        ("ignore-case", None, "None", False),
        ("ignore-case", None, None, True),
        ("normalised", "é", "é", True),
        ("normalised", "E", "e", False),
        ("normalised", None, "e", False),
        ("normalised", None, "None", False),
        ("normalised", None, None, True),
        ("present", "https://cdn.example.com/1.png", "https://example.com/a.png", True),
        ("present", None, "https://example.com/a.png", False),
    ],
)
def test_two_values_are_the_same_by_the_rule(rule: str, shown: Any, sent: Any, *, expected: bool) -> None:
    assert same(shown, sent, rule) is expected


def test_a_rule_that_does_not_exist_is_an_error_and_no_difference() -> None:
    with pytest.raises(KeyError):
        same("a", "a", "roughly")


def test_every_rule_that_the_profile_names_exists() -> None:
    assert set(PROFILE.equivalence.values()) <= set(RULES)


def test_a_timestamp_without_zone_is_utc() -> None:
    assert instant("2024-01-15T10:30:00") == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(0, 5))
def test_zeros_at_the_end_do_not_change_a_number(value: Decimal, zeros: int) -> None:
    assert same(Decimal(f"{value:f}{'0' * zeros}"), str(value), "number")


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.decimals(min_value="0.01", max_value=10**6, places=2))
def test_an_amount_that_differs_is_another_number(value: Decimal, difference: Decimal) -> None:
    assert not same(value + difference, value, "number")


@given(st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)), st.integers(-12 * 60, 14 * 60))  # noqa: DTZ001
def test_the_offset_does_not_change_an_instant(moment: datetime, minutes: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    elsewhere = utc.astimezone(timezone(timedelta(minutes=minutes)))

    assert same(elsewhere.isoformat(), utc.isoformat(), "instant")
    assert not same((elsewhere + timedelta(seconds=2)).isoformat(), utc.isoformat(), "instant")


@given(st.text())
def test_normal_forms_are_one_name_and_two_ids(text: str) -> None:
    decomposed, composed = unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)

    assert same(decomposed, composed, "normalised")
    assert same(decomposed, composed, "exact") is (decomposed == composed)


@given(st.sampled_from(["exact", "ignore-case", "normalised", "present"]), st.none() | st.text())
def test_a_value_is_the_same_as_itself(rule: str, value: str | None) -> None:
    assert same(value, value, rule)


@given(st.sampled_from(RULES), st.none() | st.text(max_size=5), st.none() | st.text(max_size=5))
def test_sameness_is_mutual_and_never_raises(rule: str, one: str | None, other: str | None) -> None:
    assert same(one, other, rule) is same(other, one, rule)
