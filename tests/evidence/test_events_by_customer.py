"""The events that all journeys share are sorted to their customers once, and as more of them come."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.dub import ByCustomer


def event(number: int, customer: Any) -> dict[str, Any]:
    return {"eventId": number, "customer": {"externalId": customer}}


def test_each_customer_has_its_own_events_and_those_that_come_later() -> None:
    sorted_events = ByCustomer()
    events = [event(1, "ada"), event(2, "bob"), {"eventId": 3, "customer": None}, event(4, 42)]

    assert sorted_events.of("ada", events) == [events[0]]
    assert sorted_events.of("nobody", events) == ()
    events.append(event(5, "ada"))
    assert sorted_events.of("ada", events) == [events[0], events[4]]
    assert sorted_events.of("bob", events) == [events[1]]


def test_a_malformed_event_is_told_to_everybody_who_asks() -> None:
    sorted_events = ByCustomer()
    events = [event(1, "ada"), {"eventId": 2, "customer": "bob"}]

    for _ in range(2):
        with pytest.raises(AttributeError):
            sorted_events.of("ada", events)
