"""The transport below the clients: what goes over its wire, when its connection is kept, and when it is not used."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.target.connections import Transport
from conformance.target.direct import DirectTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

trustme = pytest.importorskip("trustme")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Answers each request with the next of some answers, and hangs up after one that is followed by None."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.heads: list[bytes] = []
        self.connections = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.answers:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.pop(0)
                writer.write(answer or b"")
                await writer.drain()
                if self.answers[:1] == [None]:
                    self.answers.pop(0)
                    break
        writer.close()


def tell(server: Server, story: Callable[[httpx.AsyncClient], Awaitable[None]], keep_alive: float = 5) -> None:
    async def told() -> None:
        listening = await asyncio.start_server(server.meet, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        transport = DirectTransport(None, keep_alive)
        async with listening, httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}") as client:
            await story(client)

    asyncio.run(told())


def bodies(*paths: str) -> Callable[[httpx.AsyncClient], Awaitable[None]]:
    async def story(client: httpx.AsyncClient) -> None:
        for path in paths:
            assert (await client.get(path)).text == "ok"

    return story


def test_what_goes_over_the_wire_is_what_httpx_itself_sends() -> None:
    direct, own = Server(OK), Server(OK)

    async def by_httpx() -> None:
        listening = await asyncio.start_server(own.meet, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with listening, httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{port}/a%2Fb?c=d", headers={"X-Env": "staging"})

    async def story(client: httpx.AsyncClient) -> None:
        await client.get("/a%2Fb?c=d", headers={"X-Env": "staging"})

    asyncio.run(by_httpx())
    tell(direct, story)

    without_port = [
        [line for line in server.heads[0].split(b"\r\n") if b"Host" not in line] for server in (direct, own)
    ]
    assert without_port[0] == without_port[1]


def test_a_connection_is_used_again() -> None:
    server = Server(OK, OK, OK)
    tell(server, bodies("/1", "/2", "/3"))

    assert server.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    server = Server(OK, OK)
    tell(server, bodies("/1", "/2"), keep_alive=0)

    assert server.connections == 2


def test_a_connection_that_the_target_has_ended_is_not_used_again() -> None:
    server = Server(OK, None, OK)

    async def story(client: httpx.AsyncClient) -> None:
        await client.get("/1")
        await asyncio.sleep(0.01)
        assert (await client.get("/2")).text == "ok"

    tell(server, story)

    assert server.connections == 2


@pytest.mark.parametrize(
    "answer", [OK + b"more than was promised", OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
def test_a_connection_on_which_more_came_or_which_is_to_end_is_not_used_again(answer: bytes) -> None:
    server = Server(answer, OK)
    tell(server, bodies("/1", "/2"))

    assert server.connections == 2


def test_what_only_tells_of_progress_is_passed_over() -> None:
    tell(Server(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK), bodies("/1"))


def test_a_body_that_nobody_reads_to_its_end_costs_its_connection() -> None:
    server = Server(OK.replace(b": 2", b": 9999"), OK)

    async def story(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/1"):
            pass
        assert (await client.get("/2")).text == "ok"

    tell(server, story)

    assert server.connections == 2


def test_over_tls_a_connection_is_used_again_and_only_a_known_authority_is_trusted(tmp_path: Path) -> None:
    authority, server = trustme.CA(), Server(OK, OK)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusting = Transport(ca_bundle=tmp_path / "ca.pem", trust_environment=False)

    async def story() -> None:
        listening = await asyncio.start_server(server.meet, "127.0.0.1", 0, ssl=context)
        url = f"https://localhost:{listening.sockets[0].getsockname()[1]}"
        async with listening:
            async with httpx.AsyncClient(transport=trusting.made(trusting.ssl_context())) as client:
                for _ in range(2):
                    assert (await client.get(url)).text == "ok"
            stranger = Transport(trust_environment=False)
            async with httpx.AsyncClient(transport=stranger.made(stranger.ssl_context())) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.get(url)

    asyncio.run(story())

    assert server.connections == 1


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert isinstance(Transport().made(None), DirectTransport)

    monkeypatch.setenv(variable, "http://127.0.0.1:9")

    assert Transport().made(None) is None
    assert isinstance(Transport(trust_environment=False).made(None), DirectTransport)
