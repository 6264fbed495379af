"""Reading back: what lags is waited for, what is missing or too much is told, what cannot be read is no verdict."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from load_talk import PROFILES, stem

from conformance.contract import load_profile
from conformance.engine.names import Name
from conformance.engine.payloads import lead_payload, sale_payload
from conformance.evidence import evidence_of_each
from conformance.generated.casting import fields_of
from conformance.load.hand_in import Outcome, Played
from conformance.load.mix import NAMES, amount_of, names_of, story_of
from conformance.load.reading import Reader
from conformance.results.load import ALTERED, DOUBLED, LOST, MISATTRIBUTED, Reconciliation
from conformance.sandbox import create_app
from conformance.sandbox.faults.under_load import doubles, loses, mixes_up
from conformance.sandbox.variation import NONE
from conformance.target.clicks import ShortLinks
from conformance.target.connections import Transport, now
from conformance.target.target import Limits, Target, TargetOptions

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from virtual_time import run_at_once

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.contract import Profile
    from conformance.sandbox.variation import Variation

    Alter = Callable[[httpx.Request, httpx.ASGITransport], Awaitable[httpx.Response]]

BASE = "http://platform"
TOKENS = {"cutmeshort": "tkn-1234", "dub": "dub_1234"}
SETTLE = 2.0
every_profile = pytest.mark.parametrize("name", PROFILES)


class Platform(httpx.AsyncBaseTransport):
    """A sandbox in this process, behind a function that may answer in its stead."""

    def __init__(self, profile: Profile, variation: Variation = NONE, alter: Alter | None = None) -> None:
        self._sandbox = httpx.ASGITransport(create_app(profile, token=TOKENS[profile.name], variation=variation))
        self._alter = alter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._alter is not None:
            return await self._alter(request, self._sandbox)
        return await self._sandbox.handle_async_request(request)


def target_at(platform: Platform, profile: Profile, *, readback: bool = True) -> Target:
    options = TargetOptions(
        BASE,
        TOKENS[profile.name],
        clicks=ShortLinks([f"{BASE}/l/demo"], profile.click_parameter),
        readback=f"{BASE}/readback" if readback and profile.evidence == "readback" else None,
        transport=Transport(make=lambda: platform),
    )
    return Target(options, profile, Limits(concurrency=8, settle=SETTLE))


async def played_at(target: Target, number: int) -> Played:
    """One journey, played as the users of a load play it."""
    profile, kind, name = target.profile, NAMES[number % len(NAMES)], Name(stem(number))
    click = target.clicks.click_in(await target.send(target.clicks.visit(number)))
    assert click is not None
    names = names_of(name, click)
    outcomes, request = [], None
    for move in story_of(kind, amount_of(number)):
        if move.act != "again" or request is None:
            operation, fields = fields_of(profile, move, names, name)
            body = (sale_payload if operation == "sale" else lead_payload)(profile, fields)
            request = target.event(operation, body, move.act)
        answer = await target.send(request)
        outcomes.append(Outcome.ACCEPTED if answer.taken else Outcome.REFUSED)
    return Played(name.stem, kind, click, amount_of(number), tuple(outcomes))


async def load(
    target: Target, journeys: int, *, change: Callable[[Played], Played] = lambda one: one
) -> Reconciliation:
    played = await asyncio.gather(*(played_at(target, number) for number in range(1, journeys + 1)))
    reader = Reader(target, evidence_of_each(target.profile, target), "testtest", lambda _read, _wanted: None)
    found = await reader.reconcile(map(change, played), journeys, now(), sampled=False)
    await target.close()
    return found


def read(name: str, *, variation: Variation = NONE, alter: Alter | None = None, journeys: int = 24) -> Reconciliation:
    profile = load_profile(name)
    return run_at_once(load(target_at(Platform(profile, variation, alter), profile), journeys))


@every_profile
def test_of_a_platform_without_a_defect_every_customer_is_as_was_sent(name: str) -> None:
    found = read(name)
    assert (found.read, found.unread, found.wrong, found.live) == (24, 0, 0, True), found.findings


@every_profile
def test_what_is_lost_under_concurrency_is_found_event_by_event(name: str) -> None:
    found = read(name, variation=loses(20))
    assert found.counts[LOST] >= 2
    assert set(found.counts) <= {LOST, ALTERED}
    assert all(one.customer.startswith("tp-testtest-") for one in found.findings)


@every_profile
def test_what_is_doubled_under_concurrency_is_found(name: str) -> None:
    found = read(name, variation=doubles(5))
    assert found.counts[DOUBLED] >= 2
    doubled = {one.requirement for one in found.findings if one.kind == DOUBLED}
    assert doubled <= {"duplicate-sale.counted-once", "retry.sale-counted-once"}
    assert set(found.counts) <= {DOUBLED, ALTERED}


def test_what_is_mixed_up_under_concurrency_is_found() -> None:
    found = read("cutmeshort", variation=mixes_up(5))
    assert found.counts[MISATTRIBUTED] >= 2
    assert set(found.counts) == {MISATTRIBUTED}


def is_read(request: httpx.Request) -> bool:
    return request.url.path.startswith("/readback/")


def test_reads_that_lag_less_than_settle_lose_nothing() -> None:
    async def lagging(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        if not is_read(request):
            written.setdefault(len(written), now())
        elif now() - max(written.values()) < SETTLE / 2:
            return httpx.Response(404)
        return await sandbox.handle_async_request(request)

    written: dict[int, float] = {}
    found = read("cutmeshort", alter=lagging)
    assert (found.wrong, found.live) == (0, True)
    assert SETTLE / 2 <= found.lag < SETTLE


def test_a_customer_that_shows_later_than_others_is_waited_for() -> None:
    async def some_lag(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        if is_read(request) and "-zz" not in request.url.path:
            began.setdefault(0, now())
            if now() - began[0] < SETTLE / 2:
                return httpx.Response(404)
        return await sandbox.handle_async_request(request)

    began: dict[int, float] = {}
    found = read("cutmeshort", alter=some_lag)
    assert (found.read, found.wrong) == (24, 0)


def test_what_is_too_much_in_one_look_and_not_in_the_next_is_no_finding() -> None:
    async def doubled_once(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        answer = await sandbox.handle_async_request(request)
        if not is_read(request) or answer.status_code != 200 or request.url.path in seen:
            return answer
        seen.add(request.url.path)
        document = json.loads(await answer.aread())
        return httpx.Response(200, json={**document, "sales": document["sales"] * 2})

    seen: set[str] = set()
    assert read("cutmeshort", alter=doubled_once).wrong == 0
    assert len(seen) > 24


def test_a_platform_that_shows_nobody_has_lost_them_all_and_is_not_live() -> None:
    async def empty(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        return httpx.Response(404) if is_read(request) else await sandbox.handle_async_request(request)

    found = read("cutmeshort", alter=empty, journeys=6)
    assert (found.counts[LOST], found.read, found.live) == (6, 6, False)
    assert found.seconds >= SETTLE


def test_a_read_that_is_wrong_once_is_no_finding() -> None:
    async def stale_once(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        if is_read(request) and request.url.path not in seen:
            seen.add(request.url.path)
            return httpx.Response(404)
        return await sandbox.handle_async_request(request)

    seen: set[str] = set()
    assert read("cutmeshort", alter=stale_once).wrong == 0


def test_what_cannot_be_read_is_unread_and_neither_right_nor_wrong() -> None:
    async def broken(request: httpx.Request, sandbox: httpx.ASGITransport) -> httpx.Response:
        if is_read(request) and int(request.url.path.partition("-testtest-")[2][:7], 36) % 2:
            return httpx.Response(500, text="no database, an tkn-1234")
        return await sandbox.handle_async_request(request)

    found = read("cutmeshort", alter=broken)
    assert (found.read, found.unread, found.wrong) == (12, 12, 0)
    (reason,) = found.unread_because
    assert "500 no database" in reason
    assert "tkn-1234" not in reason


def test_without_evidence_nothing_is_read() -> None:
    profile = PROFILES["cutmeshort"]
    found = run_at_once(load(target_at(Platform(profile), profile, readback=False), 3))
    assert (found.available, found.read, found.customers) == (False, 0, 3)


def test_what_was_never_answered_may_be_there() -> None:
    def unanswered(played: Played) -> Played:
        return replace(played, outcomes=(*played.outcomes[:-1], Outcome.UNKNOWN))

    profile = PROFILES["cutmeshort"]
    found = run_at_once(load(target_at(Platform(profile), profile), 12, change=unanswered))
    assert (found.read, found.wrong) == (12, 0)


def test_an_interrupted_reading_says_how_many_it_left() -> None:
    async def cut() -> Any:
        profile = PROFILES["cutmeshort"]
        target = target_at(Platform(profile), profile)
        played = [await played_at(target, number) for number in range(1, 41)]
        reader: Reader

        def tell(read: int, _wanted: int) -> None:
            if read >= 10:
                reader.stopped.set()

        reader = Reader(target, evidence_of_each(profile, target), "testtest", tell)
        found = await reader.reconcile(iter(played), 40, now(), sampled=False)
        await target.close()
        return found

    found = run_at_once(cut())
    assert 10 <= found.read < 40
    assert found.unread == 40 - found.read
    assert list(found.unread_because) == ["the reading was interrupted"]
