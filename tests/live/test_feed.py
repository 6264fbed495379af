"""What the page is told: what there is, what comes, that a namespace begins anew, and what had to be forgotten."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
from live_talk import PROFILE, TOKEN, Talk, judging, sandbox, wrong_event_2

from conformance.sandbox import Limits, create_app
from conformance.sandbox.live.feed import Feed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def feed_of(talk: Talk) -> Feed:
    traffic = talk.app.state.traffic  # type: ignore[attr-defined]
    return Feed(PROFILE, traffic._store, traffic.reception, "a-token")


async def told(messages: AsyncIterator[bytes]) -> tuple[str, Any]:
    head, _, data = (await anext(messages)).decode().partition("\n")
    return head.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def first(talk: Talk, name: str = "default") -> Any:
    async def ask() -> Any:
        messages = feed_of(talk).messages(name)
        found = await told(messages)
        await messages.aclose()  # type: ignore[attr-defined]
        return found[1]

    return asyncio.run(ask())


def test_it_begins_with_what_is_there_and_goes_on_with_what_comes() -> None:
    talk = sandbox()
    wrong_event_2(talk)

    async def play() -> list[tuple[str, Any]]:
        messages = feed_of(talk).messages("default")
        found = [await told(messages)]
        headers = {"Authorization": f"Bearer {TOKEN}"}
        transport = httpx.ASGITransport(talk.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            for customer in ("bob", "eve"):
                await client.post("/track/lead", json={"eventName": "x", "customerExternalId": customer})
            found.append(await told(messages))
            await client.delete("/_/ns/default")
            found.append(await told(messages))
        await messages.aclose()  # type: ignore[attr-defined]
        return found

    begin, more, anew = asyncio.run(play())
    assert (begin[0], [call["kind"] for call in begin[1]["exchanges"]]) == ("begin", ["visit", "lead", "lead"])
    wrong = begin[1]["exchanges"][2]
    assert (wrong["verdict"], wrong["findings"][0]["id"], wrong["customer"]) == ("error", "click-resent", "ada")
    assert (more[0], [call["customer"] for call in more[1]["exchanges"]]) == ("more", ["bob", "eve"])
    assert more[1]["namespaces"][0]["calls"] == 4
    assert (anew[0], anew[1]["exchanges"]) == ("begin", [])


def test_it_says_how_many_namespaces_had_to_go() -> None:
    talk = Talk(create_app(PROFILE, kit=judging(), limits=Limits(namespaces=2)))
    for name in ("one", "two", "three"):
        Talk(talk.app, f"/ns/{name}").sale()
    found = first(talk)
    assert found["forgotten"] == 1
    assert [each["name"] for each in found["namespaces"]] == ["default", "three", "two"]


def test_to_look_at_a_namespace_does_not_make_it() -> None:
    talk = sandbox()
    assert first(talk, "nothing")["exchanges"] == []
    assert [each["name"] for each in first(talk)["namespaces"]] == ["default"]
