"""Watching for what is recorded: presence is polled for, absence believed only after a marker; in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from virtual_time import START, run_at_once

from conformance.engine.matchers import (
    Matcher,
    has_at_most_confirmed_leads,
    has_confirmed_lead,
    has_confirmed_leads,
    has_no_confirmed_lead,
    has_no_sale,
    is_not_recorded,
)
from conformance.engine.observer import Observer, Seen
from conformance.evidence import Observation, Unreadable
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.target.redaction import Redactor
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SETTLE = 10.0
CONFIRMED = RecordedLead("signup", LeadStatus.CONFIRMED, "id_a")
PENDING = RecordedLead("signup", LeadStatus.PENDING, "id_a")
SALE = RecordedSale("inv-1", "purchase", None, None)
MARKER = "marker"


def record(*leads: RecordedLead, sales: tuple[RecordedSale, ...] = (), **details: Any) -> RecordedCustomer:
    return RecordedCustomer("ada", "id_a", leads=leads, sales=sales, **details)


@dataclass
class Books:
    """Evidence that shows a customer's record from a moment on; `broken` are the looks (by number) that fail."""

    shows: dict[str, list[tuple[float, RecordedCustomer | None]]] = field(default_factory=dict)
    broken: Callable[[int], Unreadable | None] = lambda _: None
    looks: list[tuple[float, str]] = field(default_factory=list)
    markers: list[float] = field(default_factory=list)
    marker_lag: float | None = 0.0
    available: bool = True
    documented: bool = False
    description: str = "books"

    async def look(self, customer: str, _transcript: Transcript, _since: float | None = None) -> Observation:
        at = now()
        self.looks.append((at, customer))
        unreadable = self.broken(len(self.looks))
        if unreadable is not None:
            return Observation(at, unreadable=unreadable)
        if customer.startswith(MARKER):
            written = self.markers[int(customer.removeprefix(MARKER))]
            shown = self.marker_lag is not None and at >= written + self.marker_lag
            return Observation(at, customer=record(CONFIRMED, sales=(SALE,)) if shown else None)
        shows = [what for since, what in self.shows.get(customer, []) if at >= START + since]
        return Observation(at, customer=shows[-1] if shows else None)

    async def write_marker(self, _kind: str, _transcript: Transcript) -> str | None:
        self.markers.append(now())
        return f"{MARKER}{len(self.markers) - 1}"

    def looks_at(self, customer: str) -> list[float]:
        return [at for at, who in self.looks if who == customer]


def now() -> float:
    return asyncio.get_running_loop().time()


def new_transcript() -> Transcript:
    return Transcript(Redactor())


def watching(books: Books, story: Callable[[Observer], Awaitable[Any]], settle: float = SETTLE) -> Any:
    async def tell() -> Any:
        return await story(Observer(books, settle, books.write_marker, new_transcript))

    return run_at_once(tell())


def watch(books: Books, matcher: Matcher, settle: float = SETTLE) -> tuple[Seen, float]:
    """What one watch came to, and the seconds it took."""

    async def story(observer: Observer) -> tuple[Seen, float]:
        began = now()
        return await observer.watch("ada", matcher, began, None, new_transcript()), now() - began

    seen, seconds = watching(books, story, settle)
    return seen, seconds


def test_presence_is_believed_at_first_sight() -> None:
    books = Books({"ada": [(0, record(CONFIRMED))]})
    seen, seconds = watch(books, has_confirmed_lead())

    assert seen.found is not None
    assert seen.found.holds
    assert seconds == 0
    assert len(books.looks) == 1
    assert not books.markers


def test_presence_is_polled_for_until_it_shows() -> None:
    books = Books({"ada": [(3.2, record(CONFIRMED))]})
    seen, seconds = watch(books, has_confirmed_lead())

    assert seen.found is not None
    assert seen.found.holds
    assert 3.2 <= seconds < 4
    assert len(books.looks) > 4


def test_presence_is_given_up_when_settle_has_passed_and_not_before() -> None:
    seen, seconds = watch(Books({"ada": [(SETTLE + 1, record(CONFIRMED))]}), has_confirmed_lead())

    assert seen.found is not None
    assert not seen.found.holds
    assert seen.found.actual == "customer unknown"
    assert SETTLE <= seconds < SETTLE + 1


def test_the_longer_the_wait_the_fewer_the_looks() -> None:
    books = Books({"ada": [(80, record(CONFIRMED))]})
    seen, seconds = watch(books, has_confirmed_lead(), settle=90)

    assert seen.found is not None
    assert seen.found.holds
    assert 80 <= seconds < 85
    assert len(books.looks) < 80


def test_absence_is_believed_only_after_a_marker_that_was_written_later_has_appeared() -> None:
    books = Books(marker_lag=2.0)
    seen, seconds = watch(books, is_not_recorded())

    assert seen.found is not None
    assert seen.found.holds
    assert len(books.markers) == 1
    last_look = books.looks_at("ada")[-1]
    appeared = max(books.looks_at(f"{MARKER}0"))
    assert last_look >= appeared + 2 * (appeared - books.markers[0])
    assert seconds >= 6


def test_absence_waits_a_least_time_although_nothing_lags() -> None:
    books = Books()
    watch(books, is_not_recorded())

    assert books.looks_at("ada")[-1] - books.looks_at(f"{MARKER}0")[-1] >= 0.3 - 1e-6


def test_what_comes_late_is_no_absence() -> None:
    books = Books({"ada": [(2.5, record(CONFIRMED))]}, marker_lag=2.0)
    seen, _ = watch(books, is_not_recorded())

    assert seen.found is not None
    assert not seen.found.holds


def test_without_a_marker_absence_is_not_judged() -> None:
    seen, seconds = watch(Books(marker_lag=None), is_not_recorded())

    assert seen.found is None
    assert seen.silent is not None
    assert "marker" in seen.silent
    assert seconds < SETTLE + 2


def test_excess_that_shows_is_judged_although_no_marker_appears() -> None:
    seen, _ = watch(Books({"ada": [(0, record(CONFIRMED))]}, marker_lag=None), has_no_confirmed_lead())

    assert seen.found is not None
    assert not seen.found.holds


def test_a_marker_that_the_target_does_not_take_is_none() -> None:
    class Refusing(Books):
        async def write_marker(self, _kind: str, _transcript: Transcript) -> str | None:
            return None

    seen, _ = watch(Refusing(), is_not_recorded())

    assert seen.found is None
    assert seen.silent is not None


def test_an_exact_count_is_waited_for_and_then_proven_not_to_grow() -> None:
    books = Books({"ada": [(1.0, record(CONFIRMED)), (2.4, record(CONFIRMED, CONFIRMED))]}, marker_lag=1.0)
    seen, _ = watch(books, has_confirmed_leads(1))

    assert seen.found is not None
    assert not seen.found.holds
    assert seen.found.excess


def test_an_exact_count_that_stays_holds() -> None:
    books = Books({"ada": [(1.0, record(CONFIRMED))]}, marker_lag=1.0)
    seen, _ = watch(books, has_confirmed_leads(1))

    assert seen.found is not None
    assert seen.found.holds
    assert books.markers


def test_too_much_is_red_without_waiting_for_settle() -> None:
    seen, seconds = watch(Books({"ada": [(0, record(CONFIRMED, CONFIRMED))]}), has_confirmed_leads(1))

    assert seen.found is not None
    assert not seen.found.holds
    assert seconds < 1


def test_too_much_that_was_there_for_a_moment_only_is_looked_at_again() -> None:
    books = Books({"ada": [(0, record(CONFIRMED, CONFIRMED)), (0.2, record(CONFIRMED))]})
    seen, _ = watch(books, has_confirmed_leads(1))

    assert seen.found is not None
    assert seen.found.holds


def test_the_lag_of_the_run_is_learnt_from_what_came_late() -> None:
    async def story(observer: Observer) -> tuple[float, float]:
        await observer.watch("ada", has_confirmed_lead(), now(), None, new_transcript())
        learnt = observer.lag
        await observer.watch("eve", has_confirmed_lead(), now(), None, new_transcript())
        return learnt, observer.lag

    books = Books({"ada": [(2.0, record(CONFIRMED))], "eve": [(0, record(CONFIRMED))]})
    learnt, after = watching(books, story)

    assert 2.0 <= learnt < 3.0
    assert after == learnt


def test_a_lag_that_is_known_saves_looks_in_vain() -> None:
    async def story(observer: Observer) -> None:
        await observer.watch("ada", has_confirmed_lead(), now(), None, new_transcript())
        await observer.watch("eve", has_confirmed_lead(), now(), None, new_transcript())

    books = Books({"ada": [(4.0, record(CONFIRMED))], "eve": [(8.0, record(CONFIRMED))]})
    watching(books, story)

    assert len(books.looks_at("eve")) < len(books.looks_at("ada")) / 2


def test_what_never_shows_teaches_no_lag() -> None:
    async def story(observer: Observer) -> float:
        await observer.watch("ada", has_confirmed_lead(), now(), None, new_transcript())
        return observer.lag

    assert watching(Books(), story) == 0


def test_checks_of_absence_at_the_same_time_share_one_marker() -> None:
    async def story(observer: Observer) -> list[Seen]:
        since = now()
        return list(
            await asyncio.gather(
                *(observer.watch(name, is_not_recorded(), since, None, new_transcript()) for name in "abcdef")
            )
        )

    books = Books(marker_lag=0.5)
    found = watching(books, story)

    assert all(seen.found and seen.found.holds for seen in found)
    assert len(books.markers) == 1


def test_a_check_that_comes_after_a_marker_was_written_does_not_share_it() -> None:
    async def story(observer: Observer) -> None:
        first = asyncio.create_task(observer.watch("a", is_not_recorded(), now(), None, new_transcript()))
        await asyncio.sleep(1.0)
        await observer.watch("b", is_not_recorded(), now(), None, new_transcript())
        await first

    books = Books(marker_lag=3.0)
    watching(books, story)

    assert len(books.markers) == 2
    assert books.markers[1] >= 1.0


def test_after_two_markers_in_vain_no_more_are_waited_for() -> None:
    async def story(observer: Observer) -> float:
        for _ in range(2):
            await observer.watch("ada", has_no_sale(), now(), None, new_transcript())
        began = now()
        await observer.watch("ada", has_no_sale(), now(), None, new_transcript())
        return now() - began

    books = Books(marker_lag=None)

    assert watching(books, story) < 1
    assert len(books.markers) == 2


def test_leads_and_sales_have_markers_of_their_own() -> None:
    async def story(observer: Observer) -> None:
        await observer.watch("ada", has_no_sale(), now(), None, new_transcript())
        await observer.watch("ada", has_no_confirmed_lead(), now(), None, new_transcript())

    books = Books()
    watching(books, story)

    assert len(books.markers) == 2


def test_what_was_waited_out_is_judged_at_once() -> None:
    async def story(observer: Observer) -> tuple[Seen, float]:
        began = now()
        seen = await observer.watch("ada", is_not_recorded(), began, began, new_transcript())
        return seen, now() - began

    books = Books()
    seen, seconds = watching(books, story)

    assert seen.found is not None
    assert seen.found.holds
    assert seconds == 0
    assert not books.markers


BROKEN = Unreadable("read-back answers 500")


def test_a_look_that_fails_once_is_repeated() -> None:
    books = Books({"ada": [(0, record(CONFIRMED))]}, broken=lambda look: BROKEN if look == 1 else None)
    seen, _ = watch(books, has_confirmed_lead())

    assert seen.found is not None
    assert seen.found.holds


@pytest.mark.parametrize("matcher", [has_confirmed_lead(), has_confirmed_leads(1), is_not_recorded()])
def test_a_source_that_never_can_be_read_is_told_and_ends(matcher: Matcher) -> None:
    seen, seconds = watch(Books(broken=lambda _: BROKEN), matcher)

    assert seen.found is None
    assert seen.unreadable == BROKEN or seen.silent is not None
    assert seconds < 2 * SETTLE


def test_presence_that_cannot_be_read_is_unreadable_and_no_absence() -> None:
    seen, _ = watch(Books(broken=lambda _: BROKEN), has_confirmed_lead())

    assert seen == Seen(unreadable=BROKEN)


def test_a_rate_limit_that_outlasted_patience_is_not_polled_again() -> None:
    limited = Unreadable("429 until patience ended", rate_limited=True)
    books = Books(broken=lambda _: limited)
    seen, seconds = watch(books, has_confirmed_lead())

    assert seen.unreadable == limited
    assert seconds == 0
    assert len(books.looks) == 1


def test_a_last_look_that_fails_is_repeated() -> None:
    books = Books()
    looks_of_ada = 0

    def broken(_number: int) -> Unreadable | None:
        nonlocal looks_of_ada
        if books.looks[-1][1] == "ada":
            looks_of_ada += 1
            return BROKEN if looks_of_ada == 1 else None
        return None

    books.broken = broken
    seen, _ = watch(books, is_not_recorded())

    assert seen.found is not None
    assert seen.found.holds
    assert looks_of_ada == 2


def test_details_are_remembered_as_shown_for_the_whole_run() -> None:
    async def story(observer: Observer) -> set[str]:
        await observer.look("ada", new_transcript())
        await observer.look("eve", new_transcript())
        return observer.shown

    nameless = RecordedLead(None, LeadStatus.CONFIRMED)
    books = Books(
        {"ada": [(0, record(nameless, name="Ada"))], "eve": [(0, record(CONFIRMED, sales=(SALE,), email="e@x.y"))]}
    )

    assert watching(books, story) == {"name", "email", "lead event name", "sale event"}


def test_a_source_that_never_showed_anybody_is_known_for_it() -> None:
    async def story(observer: Observer) -> bool:
        await observer.watch("ada", has_at_most_confirmed_leads(1), now(), now(), new_transcript())
        return observer.showed_anybody

    assert watching(Books(), story) is False
    assert watching(Books({"ada": [(0, record(PENDING))]}), story) is True
