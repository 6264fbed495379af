"""The sandbox behind a real socket: embedded, with the real Python package, and under clients that misbehave."""

from __future__ import annotations

import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import cutmeshort
import httpx
import pytest
from cutmeshort.client import CMSClient
from cutmeshort.exceptions import UnauthorizedException, UnprocessableEntityException
from cutmeshort.models.error_response import ErrorResponse
from sandbox_talk import PROFILE, click_of

from conformance.errors import UsageError
from conformance.sandbox.server import EmbeddedSandbox, listen

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(PROFILE) as sandbox:
        yield sandbox


@pytest.fixture
def http(running: EmbeddedSandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx.Client(headers=headers, base_url=running.url, trust_env=False) as client:
        yield client


def visited(http: httpx.Client, running: EmbeddedSandbox) -> str:
    return click_of(http.get(running.short_link))


def package(running: EmbeddedSandbox, token: str | None = None) -> Any:
    return CMSClient(token=token or running.token, host=running.url)


def raw(running: EmbeddedSandbox, request: bytes) -> bytes:
    parts = urlsplit(running.url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_python_package_sends_a_whole_journey(running: EmbeddedSandbox, http: httpx.Client) -> None:
    client = package(running)
    assert cutmeshort.__version__ == "1.0.1"
    click = visited(http, running)
    sent = [
        client.track_lead("signup", "py-1", click_id=click, customer_name="Ada", customer_email="ada@example.com"),
        client.track_lead("signup", "py-2", click_id=click, mode="deferred", timestamp="2024-01-15T10:30:00Z"),
        client.track_lead("verified", "py-2"),
        client.track_lead("verified", "py-2", click_id=""),
        client.track_sale("purchase", "py-2", "py-inv", 49.99, "USD"),
    ]
    assert all(answer["status"] is True for answer in sent)
    assert all(isinstance(answer["data"], str) for answer in sent)
    shown = http.get(f"{running.readback}/customers/py-2").json()
    assert [(lead["status"], lead["clickId"]) for lead in shown["leads"]] == [("confirmed", click)]
    assert [(sale["amount"], sale["clickId"]) for sale in shown["sales"]] == [(49.99, click)]


def test_the_python_package_raises_its_own_error_for_a_wrong_token(running: EmbeddedSandbox) -> None:
    with pytest.raises(UnauthorizedException) as caught:
        package(running, "another-token").track_lead("signup", "py-3", click_id="x")
    assert isinstance(caught.value.data, ErrorResponse)
    assert caught.value.data.status_code == 401


def test_the_python_package_raises_its_own_error_for_an_invalid_payload(running: EmbeddedSandbox) -> None:
    with pytest.raises(UnprocessableEntityException) as caught:
        package(running).track_sale("purchase", "py-4", "py-inv-2", -1, "USD")
    assert isinstance(caught.value.data, ErrorResponse)
    assert list(caught.value.data.details or {}) == ["amount"]


def test_many_identical_events_at_once_count_once(running: EmbeddedSandbox, http: httpx.Client) -> None:
    click = visited(http, running)
    lead = {"clickId": click, "eventName": "signup", "customerExternalId": "racer"}
    sale = {"eventName": "buy", "customerExternalId": "racer", "invoiceId": "race", "amount": 5, "currency": "USD"}

    def send(index: int) -> int:
        path, body = [("/track/lead", lead), ("/track/sale", sale)][index % 2]
        return http.post(path, json=body).status_code

    http.post("/track/lead", json=lead)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(64))) == {200}
    shown = http.get(f"{running.readback}/customers/racer").json()
    assert (len(shown["leads"]), len(shown["sales"])) == (1, 1)


@pytest.mark.parametrize("customer", ["a%2Fb", "%2e%2e", "%2E", "x%20y%3F", "%F0%9F%90%99", "a%252Fb"])
def test_an_id_is_read_from_the_path_as_it_was_sent(
    running: EmbeddedSandbox, http: httpx.Client, customer: str
) -> None:
    identity = httpx.URL(f"http://x/?c={customer}").params["c"]
    http.post("/track/lead", json={"eventName": "signup", "customerExternalId": identity})
    request = (
        f"GET /readback/customers/{customer} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {running.token}\r\n\r\n"
    )
    head, _, body = raw(running, request.encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["customerExternalId"] == identity


@pytest.mark.parametrize("closing", ["close", "keep-alive"])
def test_a_client_that_sends_far_too_much_still_gets_its_answer(running: EmbeddedSandbox, closing: str) -> None:
    size = 2_000_000
    head = (
        f"POST /track/lead HTTP/1.1\r\nHost: x\r\nConnection: {closing}\r\nContent-Length: {size}\r\n"
        f"Authorization: Bearer {running.token}\r\nContent-Type: application/json\r\n\r\n"
    )
    assert raw(running, head.encode() + b"x" * size).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_asks_first_is_told_before_it_sends_too_much(running: EmbeddedSandbox) -> None:
    head = (
        "POST /track/lead HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9000000\r\n"
        f"Expect: 100-continue\r\nAuthorization: Bearer {running.token}\r\n\r\n"
    )
    assert raw(running, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_half_a_body_is_no_event(running: EmbeddedSandbox, http: httpx.Client) -> None:
    body = b'{"eventName":"signup","customerExternalId":"half"}'
    head = (
        f"POST /track/lead HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1}\r\n"
        f"Authorization: Bearer {running.token}\r\nContent-Type: application/json\r\n\r\n"
    )
    raw(running, head.encode() + body)
    assert http.get(f"{running.readback}/customers/half").status_code == 404


def test_an_event_whose_sender_hangs_up_before_the_answer_is_recorded(
    running: EmbeddedSandbox, http: httpx.Client
) -> None:
    body = b'{"eventName":"signup","customerExternalId":"gone"}'
    head = (
        f"POST /track/lead HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {running.token}\r\nContent-Type: application/json\r\n\r\n"
    )
    parts = urlsplit(running.url)
    with socket.create_connection((str(parts.hostname), parts.port or 0)) as connection:
        connection.sendall(head.encode() + body)
    assert http.get("/_/ns/default/wait?customerExternalId=gone").status_code == 200


def test_a_chunked_body_is_read(http: httpx.Client) -> None:
    chunks = iter([b'{"eventName":"signup",', b'"customerExternalId":"chunks"}'])
    assert http.post("/track/lead", content=chunks, headers={"Content-Type": "application/json"}).status_code == 200


def test_an_embedded_sandbox_stops_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with EmbeddedSandbox(PROFILE) as sandbox:
        assert httpx.get(f"{sandbox.url}/_/health", trust_env=False).json() == {"status": "ok"}
        assert httpx.get(sandbox.url, trust_env=False).headers["content-type"].startswith("text/html")
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, trust_env=False)
    assert capfd.readouterr() == ("", "")


def test_an_embedded_sandbox_stops_in_the_middle_of_a_request_without_a_word(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    level = logging.getLogger("uvicorn.error").level
    with EmbeddedSandbox(PROFILE) as sandbox:
        parts = urlsplit(sandbox.url)
        address = (str(parts.hostname), parts.port or 0)
        with socket.create_connection(address) as half, socket.create_connection(address) as nonsense:
            half.sendall(b"POST /track/lead HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            nonsense.sendall(b"\x00\x01 nonsense\r\n\r\n")
            assert nonsense.recv(100).startswith(b"HTTP/1.1 400 ")
            sandbox.__exit__(None, None, None)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert logging.getLogger("uvicorn.error").level == level


def test_two_embedded_sandboxes_have_tokens_of_their_own() -> None:
    with EmbeddedSandbox(PROFILE) as one, EmbeddedSandbox(PROFILE) as two:
        assert one.url != two.url
        headers = {"Authorization": f"Bearer {one.token}"}
        assert httpx.get(f"{two.readback}/customers/x", headers=headers, trust_env=False).status_code == 401


@pytest.mark.parametrize(("host", "port"), [("no-such-host.invalid", 0), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_had_is_a_usage_error(host: str, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        listen(host, port)
