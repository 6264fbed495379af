"""Bodies drawn from the OpenAPI document carry ids of the run's own, and mean what they were sorted by."""

from __future__ import annotations

import pytest
from generated_talk import PROFILE

from conformance.engine.names import Names
from conformance.generated.material import prepare
from conformance.generated.meaning import meaning
from conformance.generated.reductions import smaller
from conformance.generated.templates import Template, realised, unmarked, wire
from conformance.suites.fuzz import _ALL, shares

CLICK = "a-click"


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[Template]]:
    found = prepare(PROFILE, "bodies", 0, 25)
    return {requirement: [unmarked(*marked) for marked in bodies] for requirement, bodies in found.items()}


def test_every_requirement_that_fuzz_judges_has_bodies_that_bear_on_it(drawn: dict[str, list[Template]]) -> None:
    assert [one for one in _ALL if PROFILE.promises(one) and not drawn.get(one)] == []


def test_a_body_means_what_it_was_sorted_by_whoever_sends_it(drawn: dict[str, list[Template]]) -> None:
    names = Names()
    for requirement, templates in drawn.items():
        for template in templates:
            found = meaning(PROFILE, template.operation, realised(template, PROFILE, names.next(), CLICK))
            assert requirement in (found.accept, *found.refuse, found.free), template


def test_ids_are_of_the_runs_own_namespace_and_clicks_are_real(drawn: dict[str, list[Template]]) -> None:
    names = Names()
    for template in (one for templates in drawn.values() for one in templates):
        body = realised(template, PROFILE, names.next(), CLICK)
        for field, beginning in (("customerExternalId", "tp-"), ("invoiceId", "tp-"), ("clickId", CLICK)):
            value = body.get(field) if isinstance(body, dict) else None
            if isinstance(value, str) and value.strip():
                assert value.startswith(beginning), body


def test_nothing_drawn_names_a_customer_by_a_field_that_we_have_no_word_for(drawn: dict[str, list[Template]]) -> None:
    strange = {"event", "name", "email", "phone"}

    assert not [
        one for some in drawn.values() for one in some if isinstance(one.value, dict) and strange & set(one.value)
    ]


def test_everything_drawn_can_be_put_on_the_wire(drawn: dict[str, list[Template]]) -> None:
    names = Names()

    assert all(
        isinstance(wire(realised(one, PROFILE, names.next(), CLICK)), bytes) for some in drawn.values() for one in some
    )


def test_smaller_bodies_are_smaller() -> None:
    body = Template("lead", {"a": "çççç", "b": [1, 2], "c": {"d": 12}, "e": 300, "f": "an_id"})
    found = list(smaller(body))

    assert Template("lead", {"a": "çç", "b": [1, 2], "c": {"d": 12}, "e": 300, "f": "an_id"}) in found
    assert Template("lead", {"b": [1, 2], "c": {"d": 12}, "e": 300, "f": "an_id"}) in found
    assert body not in found
    assert list(smaller(Template("lead", raw=b"ab"))) == [Template("lead", raw=raw) for raw in (b"", b"a", b"b")]


def test_room_is_shared_evenly_as_far_as_there_is_supply() -> None:
    assert shares({"a": 1, "b": 50, "c": 50}, 11) == {"a": 1, "b": 5, "c": 5}
    assert shares({"a": 5, "b": 5}, 1) == {"a": 1, "b": 0}
    assert shares({"a": 1, "b": 2}, 100) == {"a": 1, "b": 2}
