"""Clean-up: what a run created is deleted where the profile has a way to, and named where it has not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
from engine_talk import BASE, PROFILE, TOKEN

from conformance.engine.cleanup import CleanUp, clean_up
from conformance.engine.runner import RunOptions
from conformance.target.connections import Transport
from conformance.target.target import TargetOptions


def cleaned(path: str, customers: list[str]) -> tuple[CleanUp, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def delete(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        statuses = {"kept": 500, "gone": 404}
        return httpx.Response(next((code for word, code in statuses.items() if word in str(request.url)), 200))

    profile = replace(PROFILE, cleanup_path=path)
    target = TargetOptions(BASE, TOKEN, transport=Transport(make=lambda: httpx.MockTransport(delete)))
    return asyncio.run(clean_up(RunOptions(profile, target), customers)), seen


def test_each_customer_is_deleted_by_its_own_id() -> None:
    result, seen = cleaned("/customers/ext_{customer}", ["ada", "a/b c"])

    assert result == CleanUp(deleted=2, unknown=0, left=())
    assert sorted(request.url.raw_path for request in seen) == [b"/customers/ext_a%2Fb%20c", b"/customers/ext_ada"]
    assert {request.method for request in seen} == {"DELETE"}
    assert {request.headers["authorization"] for request in seen} == {f"Bearer {TOKEN}"}


def test_what_cannot_be_deleted_is_named_and_what_was_never_kept_is_counted() -> None:
    result, _ = cleaned("/customers/ext_{customer}", ["ada", "kept-1", "gone-1", "kept-2"])

    assert result == CleanUp(deleted=1, unknown=1, left=("kept-1", "kept-2"))


def test_without_a_way_to_delete_nothing_is_sent_and_all_is_left() -> None:
    result, seen = cleaned("", ["ada"])

    assert result == CleanUp(deleted=0, unknown=0, left=("ada",))
    assert seen == []
