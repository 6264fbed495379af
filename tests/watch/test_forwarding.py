"""The recording proxy: both directions pass through as they are, and what passed is judged."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.contract import load_profile
from conformance.errors import UsageError
from conformance.sandbox.app import now
from conformance.sandbox.server import InBackground
from conformance.watch.bench import Bench
from conformance.watch.forwarding import Forwarding

if TYPE_CHECKING:
    from collections.abc import Iterator

PROFILE = load_profile("cutmeshort")
OPERATIONS = {path.encode(): name for name, path in PROFILE.paths.items()}
BODY = b'{"eventName": "sign_up",  "customerExternalId":"ada", "clickId":"undefined"}'


@contextmanager
def target(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives this answer to each connection, and what it was sent."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    data = b""
                    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
                        data += connection.recv(65536)
                    got.append(data)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", got
        listener.shutdown(socket.SHUT_RDWR)


def _length(data: bytes) -> int:
    head = data.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)


@contextmanager
def forwarded(url: str) -> Iterator[tuple[str, Bench, Forwarding]]:
    bench = Bench(PROFILE)
    proxy = Forwarding(url, OPERATIONS, bench.judge(whole=False), now)
    with InBackground(proxy, at_end=proxy.close) as base:
        yield base, bench, proxy


def raw(base: str, request: bytes) -> bytes:
    parts = urlsplit(base)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_is_sent_and_what_is_answered_pass_through_byte_for_byte() -> None:
    packed = gzip.compress(b'{"status": true, "data": "x"}')
    answer = (
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nX-Own: a\r\nX-Own: b\r\n"
        b"Keep-Alive: timeout=5\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(packed)
    )
    request = (
        b"POST /track//lead/%%2e%%2E/x?q=%%20a+b HTTP/1.1\r\nHost: here\r\nX-Many: 1\r\nX-Many: 2\r\n"
        b"Connection: close, x-hop\r\nX-Hop: gone\r\n"
        b"Authorization: Bearer real-token-of-staging\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
    )
    with target(answer + packed) as (url, got), forwarded(f"{url}/api/") as (base, _, _proxy):
        head, _, body = raw(base, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 ")
    assert head.lower().count(b"x-own: ") == 2
    assert b"content-encoding: gzip" in head.lower()
    assert b"keep-alive" not in head.lower()
    assert b"x-trackproof" not in head.lower()
    assert body == packed
    first, _, rest = got[0].partition(b"\r\n")
    assert first == b"POST /api/track//lead/%2e%2E/x?q=%20a+b HTTP/1.1"
    sent, _, sent_body = rest.partition(b"\r\n\r\n")
    lines = sent.lower().split(b"\r\n")
    assert sent_body == BODY
    assert f"host: {urlsplit(url).netloc}".encode() in lines
    assert lines.count(b"x-many: 1") == lines.count(b"x-many: 2") == 1
    assert b"authorization: bearer real-token-of-staging" in lines
    assert b"x-hop: gone" not in lines
    assert not [line for line in lines if line.startswith((b"user-agent", b"accept"))]


def test_what_passed_is_judged_and_no_token_is_kept() -> None:
    with target(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}") as (url, _):
        with forwarded(url) as (base, bench, proxy):
            headers = {"Authorization": "Bearer real-token-of-staging", "Content-Type": "application/json"}
            answer = httpx.post(f"{base}/track/lead", content=BODY, headers=headers, trust_env=False)
            assert answer.content == b"{}"
        judgement = bench.judgement()
    assert (proxy.reached, proxy.lost) == (1, 0)
    assert [(finding.id, finding.customer) for finding in judgement.findings] == [("click-invented", "ada")]
    assert "real-token-of-staging" not in repr(judgement)


def test_a_redirect_is_the_clients_to_follow() -> None:
    answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere.invalid/x\r\nContent-Length: 0\r\n\r\n"
    with target(answer) as (url, _), forwarded(url) as (base, _bench, _proxy):
        passed = httpx.get(f"{base}/l/demo", trust_env=False)
    assert (passed.status_code, passed.headers["location"]) == (307, "http://elsewhere.invalid/x")


def test_connections_to_the_target_end_with_the_proxy() -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                if connection.recv(65536) == b"":
                    ended.set()

        threading.Thread(target=serve, daemon=True).start()
        with forwarded(f"http://127.0.0.1:{listener.getsockname()[1]}") as (base, _, _):
            assert httpx.get(f"{base}/l/demo", trust_env=False).status_code == 200
            assert not ended.is_set()
        assert ended.wait(5)


def test_a_target_that_cannot_be_reached_is_a_502_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with forwarded(url) as (base, _, proxy):
        answer = httpx.post(f"{base}/track/lead", json={}, trust_env=False)
    assert answer.status_code == 502
    assert url in answer.json()["error"]
    assert (proxy.reached, proxy.lost) == (0, 1)


@pytest.mark.parametrize("url", ["", "staging.example.com", "ftp://x", "http://", "https://x/?q=1", "https://x/#a"])
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no base URL to forward to"):
        Forwarding(url, OPERATIONS, Bench(PROFILE).judge(), now)


def test_what_a_real_target_may_have_known_before_is_no_more_than_a_note() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    with target(answer) as (url, _), forwarded(url) as (base, bench, _):
        event_2 = {"eventName": "email_verified", "customerExternalId": "ada"}
        httpx.post(f"{base}/track/lead", json=event_2, headers={"authorization": "Bearer sk_1234"}, trust_env=False)
        httpx.post(f"{base}/track/lead", json={**event_2, "customerExternalId": "bob"}, trust_env=False)
        told = {(finding.id, finding.customer, finding.severity.value) for finding in bench.judgement().findings}
    assert told == {
        ("event-2-without-event-1", "ada", "note"),
        ("event-2-without-event-1", "bob", "note"),
        ("token-missing", "bob", "error"),
    }
