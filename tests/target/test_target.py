"""One exchange with a target: what is sent, what of the answer is believed, and the bounds that are kept."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import bad_transport as bad
import httpx
import pytest
from target_talk import LEAD, PROFILE, TOKEN, send_lead, target_at, with_target

from conformance.sandbox.server import EmbeddedSandbox
from conformance.target.connections import Transport, classify
from conformance.target.messages import Fault
from conformance.target.target import BudgetSpent, Limits, Target, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.target.messages import Answer
    from conformance.target.transcript import Transcript


def answering_nonsense() -> bad.BadServer:
    return bad.BadServer(partial(bad.answer, b"220 mail.example.com ESMTP\r\n\r\n"))


FAULTS: list[tuple[Callable[[], bad.BadServer], Fault]] = [
    (bad.hanging, Fault.DEADLINE),
    (partial(bad.dripping_headers, 0.1), Fault.DEADLINE),
    (partial(bad.dripping_body, 0.1), Fault.DEADLINE),
    (bad.truncating, Fault.TRUNCATED),
    (bad.truncating_chunks, Fault.TRUNCATED),
    (bad.resetting, Fault.RESET),
    (bad.resetting_amid_body, Fault.RESET),
    (bad.closing, Fault.NO_ANSWER),
    (bad.answering_a_gigabyte, Fault.TOO_LARGE),
    (partial(bad.answering_a_gigabyte, length_known=False), Fault.TOO_LARGE),
    (answering_nonsense, Fault.NOT_HTTP),
    (bad.answering_endless_headers, Fault.NOT_HTTP),
]


def name_of(value: object) -> str:
    function = value.func if isinstance(value, partial) else value
    return str(getattr(function, "__name__", value))


@pytest.mark.parametrize(("server", "fault"), FAULTS, ids=name_of)
def test_a_connection_that_fails_has_a_code(server: Callable[[], bad.BadServer], fault: Fault) -> None:
    with server() as running:
        answer, transcript = send_lead(running.url, limits=Limits(deadline=0.4))

    assert answer.fault is fault
    assert not answer.taken
    assert str(answer).startswith(str(fault))
    assert [exchange.fault for exchange in transcript.exchanges] == [str(fault)]


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (bad.answering_html, 200),
        (bad.redirecting, 302),
        (bad.failing, 500),
        (bad.refusing_the_token, 401),
        (bad.hostile, None),
    ],
    ids=name_of,
)
def test_a_complete_answer_is_no_fault_whatever_it_says(
    server: Callable[[], bad.BadServer], status: int | None
) -> None:
    with server() as running:
        answer, transcript = send_lead(running.url)

    assert answer.fault is None
    assert status in (None, answer.status)
    assert transcript.exchanges[0].response is not None


def test_no_more_than_a_mebibyte_of_a_gigabyte_is_kept() -> None:
    with bad.answering_a_gigabyte() as server:
        answer, transcript = send_lead(server.url, limits=Limits(deadline=3))

    assert answer.fault is Fault.TOO_LARGE
    assert len(answer.body) == 1 << 20
    assert len(repr(transcript.exchanges)) < 10_000


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary", b"308 Permanent"])
def test_a_redirect_is_an_answer_and_never_followed(status: bytes) -> None:
    with bad.failing() as elsewhere, bad.redirecting(f"{elsewhere.url}/track/lead".encode(), status) as server:
        answer, _ = send_lead(server.url)
        assert elsewhere.connections == 0

    assert answer.status == int(status[:3])
    assert server.connections == 1


def test_nobody_listening_is_no_answer() -> None:
    with bad.closing() as server:
        url = server.url

    assert send_lead(url)[0].fault is Fault.NO_ANSWER


def test_a_host_that_does_not_exist_is_no_answer() -> None:
    assert send_lead("http://no-such-host.invalid", limits=Limits(deadline=5))[0].fault in (
        Fault.NO_ANSWER,
        Fault.DEADLINE,
    )


def test_speaking_tls_to_a_plain_server_is_no_answer() -> None:
    with EmbeddedSandbox(PROFILE) as server:
        answer, _ = send_lead(server.url.replace("http://", "https://"), limits=Limits(deadline=3))

    assert answer.fault is Fault.NO_ANSWER
    assert not answer.began


def test_something_that_is_no_http_is_no_answer_either() -> None:
    with bad.answering_garbage() as server:
        answer, _ = send_lead(server.url)

    assert answer.fault in (Fault.NOT_HTTP, Fault.NO_ANSWER)
    assert not answer.began


class Echo:
    """Keeps each request and accepts it."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests.append(request)
        writer.write(bad.response(b"200 OK", bad.ACCEPTED))


def sent_to(path: str = "", **options: Any) -> str:
    echo = Echo()
    with bad.BadServer(echo) as server:
        answer, _ = send_lead(server.url + path, **options)
    assert answer.status == 200
    return echo.requests[0].decode()


def test_a_path_prefix_of_the_target_is_kept() -> None:
    assert sent_to("/api/v2/").startswith("POST /api/v2/track/lead HTTP/1.1")


def test_token_and_further_headers_are_sent_and_no_compression_is_asked_for() -> None:
    sent = sent_to(headers={"X-Env": "staging"}).lower()

    assert f"authorization: bearer {TOKEN}\r\n" in sent
    assert "x-env: staging\r\n" in sent
    assert "content-type: application/json\r\n" in sent
    assert "accept-encoding: identity\r\n" in sent
    assert "user-agent: trackproof/" in sent


def test_without_a_token_none_is_sent() -> None:
    assert "authorization" not in sent_to(token="").lower()


def test_no_cookie_of_the_target_comes_back_to_it() -> None:
    echo = Echo()

    async def with_cookie(request: bytes, writer: asyncio.StreamWriter) -> None:
        echo.requests.append(request)
        writer.write(bad.response(b"200 OK", b"{}", bad.HEADERS + b"Set-Cookie: cms_rf=id_1; Path=/\r\n"))

    async def story(target: Target, transcript: Transcript) -> None:
        for _ in range(3):
            await target.send(target.event("lead", LEAD, "lead"), transcript)

    with bad.BadServer(with_cookie) as server:
        with_target(server.url, story, limits=Limits(concurrency=1))

    assert not [request for request in echo.requests if b"cookie" in request.lower()]


@pytest.mark.parametrize(
    ("authorization", "sent"), [(None, f"Bearer {TOKEN}"), ("", None), ("Basic abc", "Basic abc"), ("Bearer", "Bearer")]
)
def test_the_authorization_of_a_request_can_be_replaced_or_left_out(
    authorization: str | None, sent: str | None
) -> None:
    assert target_at("http://x").headers(authorization).get("authorization") == sent


def test_events_are_compact_json_in_utf_8() -> None:
    assert encode({"a": "é🦄", "b": 1.5}) == '{"a":"é🦄","b":1.5}'.encode()
    assert encode({"a": "\ud800"}) == b'{"a":"\\ud800"}'


def test_a_bound_on_exchanges_raises_before_anything_more_is_sent() -> None:
    echo = Echo()

    async def story(target: Target, transcript: Transcript) -> int:
        lead = target.event("lead", LEAD, "lead")
        for _ in range(3):
            await target.send(lead, transcript)
        for attempt in (
            target.send(lead, transcript),
            target.send_together([lead, lead], transcript),
            target.send_and_hang_up(lead, transcript, after_answer_began=False),
            target.answers_at_all(),
        ):
            with pytest.raises(BudgetSpent):
                await attempt
        return target.sent

    with bad.BadServer(echo) as server:
        assert with_target(server.url, story, limits=Limits(deadline=1, max_requests=3)) == 3

    assert len(echo.requests) == 3


def test_a_burst_that_would_break_the_bound_is_not_sent_in_part() -> None:
    echo = Echo()

    async def story(target: Target, transcript: Transcript) -> None:
        with pytest.raises(BudgetSpent):
            await target.send_together([target.event("lead", LEAD, "lead")] * 4, transcript)

    with bad.BadServer(echo) as server:
        with_target(server.url, story, limits=Limits(deadline=1, max_requests=3))

    assert echo.requests == []


def test_a_target_that_fails_again_and_again_is_found_to_be_gone() -> None:
    async def story(target: Target, transcript: Transcript) -> tuple[list[Answer], int]:
        answers = [await target.send(target.event("lead", LEAD, "lead"), transcript) for _ in range(7)]
        for _ in range(300):
            if target.gone is not None:
                break
            await asyncio.sleep(0.01)
        before = target.sent
        late = await target.send(target.event("sale", {}, "sale"), transcript)
        return [*answers, late], target.sent - before

    with bad.hanging() as server:
        answers, further = with_target(server.url, story, limits=Limits(deadline=0.1))

    assert further == 0
    assert answers[-1].fault is Fault.DEADLINE
    assert "stopped answering" in answers[-1].detail
    assert answers[-1].step == "sale"


def test_a_search_for_life_that_meets_the_bound_on_exchanges_is_no_traceback() -> None:
    complaints: list[dict[str, Any]] = []

    async def story(target: Target, transcript: Transcript) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
        for _ in range(6):
            await target.send(target.event("lead", LEAD, "lead"), transcript)
        await asyncio.sleep(0.05)
        assert target.gone is None

    with bad.resetting() as server:
        with_target(server.url, story, limits=Limits(deadline=0.5, max_requests=6))

    assert complaints == []


def test_an_endpoint_with_a_limit_of_its_own_slows_nobody() -> None:
    async def story(target: Target, transcript: Transcript) -> Answer:
        return await target.ask(target.event("lead", LEAD, "read-back"), transcript)

    with bad.limiting("60") as server:
        answer = with_target(server.url, story)
        assert server.connections == 1

    assert answer.rate_limited


def test_an_exchange_by_a_proxy_that_is_not_there_is_no_answer() -> None:
    with bad.closing() as server:
        proxy = server.url
    answer, _ = send_lead("http://target.invalid", transport=Transport(proxy=proxy))

    assert answer.fault is Fault.NO_ANSWER


@pytest.mark.parametrize(
    ("error", "began", "fault"),
    [
        (httpx.ReadTimeout("slow"), False, Fault.DEADLINE),
        (httpx.ConnectTimeout("slow"), False, Fault.DEADLINE),
        (
            httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
            True,
            Fault.TRUNCATED,
        ),
        (httpx.ReadError(""), True, Fault.RESET),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), False, Fault.NO_ANSWER),
        (httpx.RemoteProtocolError("illegal request line"), False, Fault.NOT_HTTP),
        (httpx.ReadError(""), False, Fault.RESET),
        (httpx.WriteError(""), False, Fault.RESET),
        (ConnectionResetError(), False, Fault.RESET),
        (httpx.ConnectError("refused"), False, Fault.NO_ANSWER),
        (OSError("no route"), False, Fault.NO_ANSWER),
        (httpx.ProxyError("407"), False, Fault.NO_ANSWER),
        (httpx.DecodingError("gzip"), True, Fault.TRUNCATED),
        (httpx.UnsupportedProtocol("ftp"), False, Fault.NOT_HTTP),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_way_to_fail_has_its_code(error: Exception, fault: Fault, *, began: bool) -> None:
    code, said = classify(error, began=began)

    assert code is fault
    assert said
