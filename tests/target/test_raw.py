"""Bursts and clients that hang up, over real sockets."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING

import bad_transport as bad
import httpx
import pytest
from target_talk import LEAD, PROFILE, TOKEN, target_at, with_target

from conformance.sandbox.server import EmbeddedSandbox
from conformance.target import raw
from conformance.target.connections import Transport, now
from conformance.target.messages import Fault, Request
from conformance.target.target import Limits, Target
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.target.messages import Answer

WIRE = raw.Wire(None, 2.0, now)
ROOMY = Limits(deadline=3, concurrency=32)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(PROFILE, token=TOKEN) as running:
        yield running


class Recording:
    """Notes each request, and answers it as told."""

    def __init__(self, whole: bytes = bad.response(b"200 OK", bad.ACCEPTED)) -> None:
        self.requests: list[bytes] = []
        self.whole = whole

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        writer.write(self.whole)


def burst(url: str, count: int = 8, *, path: str = "/track/lead", deadline: float = 2.0) -> list[Answer]:
    requests = [
        Request("POST", url + path, {"content-type": "application/json"}, json.dumps({"n": number}).encode(), "lead")
        for number in range(count)
    ]
    return asyncio.run(raw.burst(requests, raw.Wire(None, deadline, now)))


def test_every_request_of_a_burst_arrives_whole_and_is_answered() -> None:
    recording = Recording()
    with bad.BadServer(recording) as server:
        answers = burst(server.url, 24)

    assert [answer.status for answer in answers] == [200] * 24
    assert all(answer.json == {"status": True, "data": "tracked"} for answer in answers)
    bodies = [request.partition(b"\r\n\r\n")[2] for request in recording.requests]
    assert sorted(json.loads(body)["n"] for body in bodies) == list(range(24))


def test_requests_of_a_burst_are_complete_http() -> None:
    recording = Recording()
    with bad.BadServer(recording) as server:
        burst(server.url, 1, path="/api/track/lead?x=1&y=%2F")
    head = recording.requests[0].partition(b"\r\n\r\n")[0].decode().lower()

    assert head.startswith("post /api/track/lead?x=1&y=%2f http/1.1\r\n")
    assert f"host: {server.url.removeprefix('http://')}\r\n" in head
    assert "content-length: 8" in head
    assert head.count("content-type: application/json") == 1


def test_a_path_and_a_host_in_other_scripts_are_encoded() -> None:
    recording = Recording()
    with bad.BadServer(recording) as server:
        answers = burst(server.url, 1, path="/päth/track/lead?ü=ö")

    assert answers[0].status == 200
    assert recording.requests[0].startswith(b"POST /p%C3%A4th/track/lead?%C3%BC=%C3%B6 HTTP/1.1")


def test_a_burst_answers_in_the_order_of_its_requests(sandbox: EmbeddedSandbox) -> None:
    async def story(target: Target, transcript: Transcript) -> list[Answer]:
        good = [
            target.event("lead", {**LEAD, "customerExternalId": f"c{n}", "clickId": None}, "lead") for n in range(6)
        ]
        wrong = target.event("lead", {}, "wrong lead")
        return await target.send_together([good[0], wrong, *good[1:3], wrong, *good[3:]], transcript)

    answers = with_target(sandbox.url, story, limits=ROOMY)

    assert [answer.status // 100 for answer in answers] == [2, 4, 2, 2, 4, 2, 2, 2]
    assert [answer.step for answer in answers].count("wrong lead") == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("whole", "status", "body"),
    [
        (CHUNKED + b'8\r\n{"a": 1,\r\n7\r\n"b": 2}\r\n0\r\n\r\n', 200, b'{"a": 1,"b": 2}'),
        (CHUNKED + b"1;ext=x\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: y\r\n\r\n", 200, b"{}"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}", 422, b"{}"),
    ],
    ids=["chunked", "extensions-and-trailers", "until-close", "no-content", "after-continue"],
)
def test_answers_are_read_however_they_are_framed(whole: bytes, status: int, body: bytes) -> None:
    with bad.BadServer(Recording(whole)) as server:
        (answer,) = burst(server.url, 1)

    assert (answer.status, answer.body, answer.fault) == (status, body, None)


@pytest.mark.parametrize(
    ("server", "fault"),
    [
        (bad.closing, Fault.NO_ANSWER),
        (bad.resetting, Fault.RESET),
        (bad.resetting_amid_body, Fault.RESET),
        (bad.truncating, Fault.TRUNCATED),
        (bad.truncating_chunks, Fault.TRUNCATED),
        (bad.hanging, Fault.DEADLINE),
        (partial(bad.dripping_body, 0.1), Fault.DEADLINE),
        (bad.answering_garbage, Fault.NOT_HTTP),
        (bad.answering_endless_headers, Fault.NOT_HTTP),
        (bad.answering_a_gigabyte, Fault.TOO_LARGE),
        (partial(bad.answering_a_gigabyte, length_known=False), Fault.TOO_LARGE),
    ],
)
def test_a_burst_names_what_went_wrong_with_each_connection(server: Callable[[], bad.BadServer], fault: Fault) -> None:
    with server() as running:
        answers = burst(running.url, 3, deadline=0.4 if fault is Fault.DEADLINE else 30)

    assert {answer.fault for answer in answers} == {fault}


def test_nobody_listening_is_no_answer() -> None:
    with bad.closing() as server:
        url = server.url
    (answer,) = burst(url, 1)

    assert answer.fault is Fault.NO_ANSWER
    assert not answer.began


def test_a_burst_is_no_larger_than_what_may_be_in_flight(sandbox: EmbeddedSandbox) -> None:
    async def story(target: Target, transcript: Transcript) -> list[Answer]:
        return await target.send_together([target.event("lead", LEAD, "lead")] * 8, transcript)

    assert len(with_target(sandbox.url, story, limits=Limits(concurrency=3))) == 3


def test_bursts_side_by_side_all_come_through(sandbox: EmbeddedSandbox) -> None:
    async def story(target: Target, transcript: Transcript) -> list[list[Answer]]:
        requests = [target.event("lead", LEAD, "lead")] * 3
        async with asyncio.timeout(20):
            return list(await asyncio.gather(*(target.send_together(requests, transcript) for _ in range(12))))

    answers = with_target(sandbox.url, story, limits=Limits(concurrency=4))

    assert [len(burst) for burst in answers] == [3] * 12


def test_a_429_in_a_burst_is_marked_and_not_repeated() -> None:
    recording = Recording(bad.response(b"429 Too Many Requests", b"{}", bad.HEADERS + b"Retry-After: 0\r\n"))

    async def story(target: Target, transcript: Transcript) -> list[Answer]:
        return await target.send_together([target.event("lead", LEAD, "lead")] * 4, transcript)

    with bad.BadServer(recording) as server:
        answers = with_target(server.url, story)

    assert [answer.rate_limited for answer in answers] == [True] * 4
    assert len(recording.requests) == 4


@pytest.mark.parametrize("began", [False, True])
def test_who_hangs_up_has_sent_everything(*, began: bool) -> None:
    recording = Recording()

    async def story(target: Target, transcript: Transcript) -> None:
        request = target.event("lead", LEAD, "lead")
        assert await target.send_and_hang_up(request, transcript, after_answer_began=began)
        # The server reads it a moment later.
        for _ in range(200):
            if recording.requests:
                break
            await asyncio.sleep(0.01)
        assert [exchange.response for exchange in transcript.exchanges] == [None]

    with bad.BadServer(recording) as server:
        with_target(server.url, story)

    assert json.loads(recording.requests[0].partition(b"\r\n\r\n")[2]) == LEAD


@pytest.mark.parametrize("server", [bad.hanging, bad.resetting, bad.closing])
def test_hanging_up_ends_whatever_the_server_does(server: Callable[[], bad.BadServer]) -> None:
    async def story(target: Target, transcript: Transcript) -> bool:
        async with asyncio.timeout(5):
            return await target.send_and_hang_up(
                target.event("lead", LEAD, "lead"), transcript, after_answer_began=True
            )

    with server() as running:
        assert with_target(running.url, story)


def test_hanging_up_on_nobody_is_told_as_a_fault() -> None:
    with bad.closing() as server:
        url = server.url
    request = Request("POST", f"{url}/track/lead", {}, b"{}", "lead")
    answer = asyncio.run(raw.hang_up(request, WIRE, after_answer_began=True))

    assert answer.fault is Fault.NO_ANSWER


def test_no_connection_is_cut_through_a_transport_without_sockets() -> None:
    async def story() -> bool:
        transport = Transport(make=lambda: httpx.MockTransport(lambda _: httpx.Response(200)))
        target = target_at("http://x", transport=transport)
        sent = await target.send_and_hang_up(
            target.event("lead", LEAD, "lead"), Transcript(target.redactor), after_answer_began=False
        )
        await target.close()
        return sent

    assert asyncio.run(story()) is False
