"""Below HTTP the doctor says which of name, port and certificate is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import pytest
from bad_transport import answering_garbage, hanging

from conformance.doctor import State, exit_code, wire
from conformance.target.connections import Transport

trustme = pytest.importorskip("trustme")

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.doctor import Finding

# A handshake that is refused leaves the server's end to the collector, whenever that comes.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PLAIN = Transport(trust_environment=False)
NOW = datetime.now(UTC)


@cache
def authority() -> Any:
    return trustme.CA()


class TlsServer:
    """A server with this certificate; it hangs up after the handshake, since nobody asks it anything."""

    def __init__(self, certificate: Any) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                self.context.wrap_socket(connection, server_side=True).close()


def look(url: str, transport: Transport = PLAIN, seconds: float = 2.0) -> dict[str, Finding]:
    async def every() -> list[Finding]:
        return [finding async for finding in wire.look(url, transport, seconds)]

    return {finding.subject: finding for finding in asyncio.run(every())}


@pytest.fixture
def trusting(tmp_path: Path) -> Transport:
    path = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(path)
    return Transport(ca_bundle=path, trust_environment=False)


def test_a_certificate_that_is_trusted_is_shown_with_its_last_day(trusting: Transport) -> None:
    with TlsServer(authority().issue_cert("localhost", not_after=NOW + timedelta(days=90))) as server:
        findings = look(server.url, trusting)
    assert [finding.state for finding in findings.values()] == [State.OK] * 3
    assert f"until {NOW + timedelta(days=90):%Y-%m-%d}" in findings["TLS"].told


def test_a_certificate_that_expires_soon_is_noted(trusting: Transport) -> None:
    with TlsServer(authority().issue_cert("localhost", not_after=NOW + timedelta(days=3))) as server:
        findings = look(server.url, trusting)
    assert (findings["TLS"].state, exit_code(findings.values())) == (State.NOTE, 0)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "expired": (
        {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)},
        "localhost",
        "has expired",
    ),
    "not-yet": ({"not_before": NOW + timedelta(days=1)}, "localhost", "is not valid yet"),
    "another-name": ({}, "elsewhere.example.com", "is for another name"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_certificate_that_is_wrong_says_how(what: str, trusting: Transport) -> None:
    dates, name, says = WRONG[what]
    with TlsServer(authority().issue_cert(name, **dates)) as server:
        findings = look(server.url, trusting)
    assert says in findings["TLS"].told
    assert (findings["TLS"].code, bool(findings["TLS"].remedy)) == (4, True)


def test_a_certificate_of_an_unknown_authority_is_not_trusted() -> None:
    with TlsServer(authority().issue_cert("localhost")) as server:
        findings = look(server.url)
    assert "is not trusted" in findings["TLS"].told
    assert "ca_bundle" in findings["TLS"].remedy


def test_a_certificate_that_is_signed_by_itself() -> None:
    context_of_its_own = trustme.CA()
    leaf = context_of_its_own.issue_cert("localhost")
    server = TlsServer(leaf)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with context_of_its_own.private_key_pem.tempfile() as key, context_of_its_own.cert_pem.tempfile() as certificate:
        server.context.load_cert_chain(certificate, key)
    with server:
        findings = look(server.url)
    assert "is signed by itself" in findings["TLS"].told


def test_a_port_that_does_not_speak_tls() -> None:
    with answering_garbage() as server:
        findings = look(server.url.replace("http", "https"), seconds=0.5)
    assert findings["TLS"].code == 4
    assert "TLS" in findings["TLS"].told or "handshake" in findings["TLS"].told


def test_a_port_on_which_nobody_listens() -> None:
    with hanging() as server:
        url = server.url
    findings = look(url)
    assert "nobody listens there" in findings["TCP"].told
    assert (list(findings), exit_code(findings.values())) == (["DNS", "TCP"], 4)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
def test_a_name_that_has_no_address(host: str) -> None:
    findings = look(f"http://{host}")
    assert host in findings["DNS"].told
    assert (list(findings), exit_code(findings.values())) == (["DNS"], 4)


def test_without_tls_only_this_machine_is_safe() -> None:
    with hanging() as server:
        assert look(server.url)["TLS"].state is State.OK
    assert wire._plain(wire.place_of("http://staging.example.com")).state is State.NOTE


def test_what_goes_through_a_proxy_is_left_to_it() -> None:
    findings = look("https://staging.example.com", Transport(proxy="http://127.0.0.1:9"))
    assert {finding.state for finding in findings.values()} == {State.SKIP}


def test_a_proxy_of_the_environment_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost")
    assert {one.state for one in look("https://staging.example.com", Transport()).values()} == {State.SKIP}
    assert look("https://localhost:1", Transport())["DNS"].state is State.OK
