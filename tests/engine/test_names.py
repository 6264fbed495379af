"""The names a run gives: their own namespace, of fixed width, none the beginning of another."""

from __future__ import annotations

from itertools import pairwise

from engine_talk import PROFILE
from hypothesis import given
from hypothesis import strategies as st

from conformance.engine.names import Names, new_run_id
from conformance.engine.payloads import ABSENT, changed, payload

_COUNTS = st.tuples(st.integers(1, 60), st.integers(1, 25))


def ids(names: Names, customers: int, invoices: int) -> list[str]:
    made = [names.next() for _ in range(customers)]
    return [name.customer for name in made] + [name.invoice() for name in made for _ in range(invoices)]


@given(_COUNTS)
def test_no_id_is_the_beginning_of_another(counts: tuple[int, int]) -> None:
    found = sorted(ids(Names(), *counts))

    # Sorted, whatever an id begins comes right behind it.
    assert not any(later.startswith(earlier) for earlier, later in pairwise(found))


@given(_COUNTS)
def test_ids_of_one_kind_have_one_width_and_a_terminator(counts: tuple[int, int]) -> None:
    customers, invoices = counts
    found = ids(Names(), customers, invoices)

    assert len({len(one) for one in found[:customers]}) == 1
    assert len({len(one) for one in found[customers:]}) == 1
    assert all(one.endswith(".") for one in found)


def test_two_runs_share_no_name() -> None:
    one, other = Names(), Names()

    assert one.run != other.run
    assert not {name.stem for name in (one.next(), one.next())} & {name.stem for name in (other.next(), other.next())}


def test_every_name_is_found_by_the_pattern_of_its_run() -> None:
    names = Names("abcdefgh")
    name = names.next()

    assert names.pattern == "tp-abcdefgh-%"
    assert all(text.startswith("tp-abcdefgh-") for text in (name.customer, name.email, name.invoice(), name.stem))


def test_a_run_id_has_nothing_that_is_mistaken_for_something_else() -> None:
    drawn = "".join(new_run_id() for _ in range(200))

    assert len(drawn) == 1600
    assert not set(drawn) & set("0O1lIi")


def test_names_are_never_the_same_twice() -> None:
    found = ids(Names(), 50, 20)

    assert len(set(found)) == len(found)


def test_a_payload_has_the_profiles_names_and_leaves_out_what_is_absent() -> None:
    body = payload(PROFILE, "lead", {"click": "id_a", "mode": ABSENT, "name": None, "shoe size": 42})

    assert body == {"clickId": "id_a", "customerName": None}


def test_a_changed_body_leaves_the_first_as_it_was() -> None:
    body = {"clickId": "id_a", "eventName": "signup"}
    other = changed(PROFILE, "lead", body, {"event": "", "click": ABSENT, "mode": ABSENT, "shoe size": 42})

    assert other == {"eventName": ""}
    assert body == {"clickId": "id_a", "eventName": "signup"}
