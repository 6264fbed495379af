"""A canary token is searched for in everything that a run says and writes, in every spelling."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from bad_transport import BadServer, hostile, response
from command_line import NAMES, trackproof

from conformance.reports.outputs import FORMATS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "cAnArY/9f27+tOkEn=~of@this:run"
HEADER_CANARY = "hEaDeR/53c1+cAnArY=="


def spellings(secret: str) -> Iterator[str]:
    """The secret itself, percent-encoded in three ways, and Base64 with one, two or three bytes before it."""
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            yield encode(b"\0" * before + secret.encode())[4:-4].decode()


async def echo(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Give everything back: in a header, in the reason, in the body as it is, in Base64 and percent-encoded."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    authorization = next((line for line in lines if line.lower().startswith("authorization:")), "").partition(": ")[2]
    token = authorization.partition(" ")[2]
    parts = [
        "echo of ",
        head.decode("latin-1"),
        base64.b64encode(authorization.encode()).decode(),
        base64.b64encode(b"user:" + token.encode()).decode(),
        base64.urlsafe_b64encode(token.encode()).decode(),
        quote(token, safe=""),
        quote(authorization),
        # At the cut of what is stored a half of the token would be left.
        "." * (4096 - 1200),
        *[f"{token} " for _ in range(120)],
        body.decode("latin-1"),
    ]
    headers = f"Content-Type: text/plain\r\nX-Echo: {authorization}\r\nX-{quote(token, safe='')}: 1\r\n".encode()
    status = 400 if len(request) % 2 else 200
    writer.write(response(f"{status} {token}".encode(), "".join(parts).encode("latin-1"), headers))


def echoing() -> BadServer:
    return BadServer(echo)


@pytest.mark.parametrize("server", [hostile, echoing])
def test_no_report_and_no_output_holds_the_token(tmp_path: Path, server: Callable[[], BadServer]) -> None:
    with server() as target:
        ended = trackproof(
            tmp_path,
            *("run", target.url, "--readback", target.url, "--click-id", "one-end", "--click-id", "two-end"),
            *("--header", f"X-Api-Key: {HEADER_CANARY}", "--settle", "0.5"),
            *("--suite", "non-deferred", "--suite", "authentication", "--suite", "privacy"),
            *(word for form in FORMATS for word in ("--output", f"{form}=further/{form}")),
            TRACKPROOF_TOKEN=CANARY,
            GITHUB_ACTIONS="true",
            GITHUB_STEP_SUMMARY=str(tmp_path / "further-summary"),
        )
        assert target.connections > 20
    assert ended.code in (1, 3), ended.said
    ended.results()
    places = {"stdout": ended.out, "stderr": ended.err}
    places |= {name: (tmp_path / "reports" / name).read_text(encoding="utf-8") for name in NAMES}
    places |= {form: (tmp_path / "further" / form).read_text(encoding="utf-8") for form in FORMATS}
    places["step"] = (tmp_path / "further-summary").read_text(encoding="utf-8")
    places["configuration"] = base64.b64decode(
        json.loads(places["statement"])["predicate"]["configuration"][2]["content"]
    ).decode()
    found = [
        (place, spelling)
        for place, text in places.items()
        for secret in (CANARY, HEADER_CANARY)
        for spelling in spellings(secret)
        if spelling.lower() in text.lower()
    ]
    assert found == []


def test_the_search_finds_a_token_in_every_spelling() -> None:
    for before in ("", "a", "ab"):
        encoded = base64.b64encode((before + CANARY).encode()).decode()
        assert any(spelling in encoded for spelling in spellings(CANARY))
    assert any(spelling in f"x={quote(CANARY)}&" for spelling in spellings(CANARY))


def test_a_refused_token_is_not_told(tmp_path: Path) -> None:
    async def refuse(request: bytes, writer: asyncio.StreamWriter) -> None:
        token = request.partition(b"Bearer ")[2].partition(b"\r\n")[0]
        writer.write(response(b"401 Unauthorized", b'{"message": "unknown token %b"}' % token))

    with BadServer(refuse) as target:
        ended = trackproof(tmp_path, "run", target.url, "--click-id", "one-end", TRACKPROOF_TOKEN=CANARY)
    assert ended.code == 4, ended.said
    texts = [ended.said, *((tmp_path / "reports" / name).read_text(encoding="utf-8") for name in NAMES)]
    assert not any(CANARY in text for text in texts)
    with contextlib.suppress(KeyError):
        assert "unknown token [redacted]" in ended.results()["stopped"]
