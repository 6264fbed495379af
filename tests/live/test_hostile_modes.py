"""Hostile modes: what is recorded, what the client sees, and what is said of how it tries again."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from live_talk import PROFILE, Talk, judging, sandbox

from conformance.errors import UsageError
from conformance.sandbox import misbehave
from conformance.sandbox.misbehave import MODES, Misbehaviour, Plan, plan
from conformance.sandbox.server import EmbeddedSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


def hostile(*plans: str, seed: int = 0) -> Talk:
    return sandbox(misbehaviour=Misbehaviour([plan(text) for text in plans], seed))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("429", Plan("429", 1)),
        ("reset:3", Plan("reset", 3)),
        ("slow:20%", Plan("slow", 0, 0.2)),
        ("500-after-commit:100%", Plan("500-after-commit", 0, 1.0)),
    ],
)
def test_a_plan_says_how_often(text: str, expected: Plan) -> None:
    assert plan(text) == expected


@pytest.mark.parametrize("text", ["", "reboot", "429:", "429:0", "429:-1", "429:x", "slow:0%", "slow:101%", "slow:%"])
def test_a_plan_that_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        plan(text)


def test_after_500_the_event_is_recorded_and_the_next_call_is_answered() -> None:
    talk = hostile("500-after-commit")
    click = talk.click()
    assert talk.sale(clickId=click).status_code == 500
    assert len(talk.recorded()["sales"]) == 1
    assert talk.sale(clickId=click).status_code == 200
    assert len(talk.recorded()["sales"]) == 1
    assert talk.found() == []


def test_a_sale_that_is_tried_again_under_a_new_invoice_is_found() -> None:
    talk = hostile("500-after-commit")
    talk.sale(invoiceId="inv-1")
    talk.sale(invoiceId="inv-2")
    assert "invoice-changed" in [kind for kind, _ in talk.found()]


def test_a_try_that_changes_the_body_is_found() -> None:
    talk = hostile("500-after-commit")
    talk.sale(amount=5)
    talk.sale(amount=6)
    assert {"retry-changed", "invoice-amount-changed"} & {kind for kind, _ in talk.found()}


def test_after_429_nothing_is_recorded() -> None:
    talk = hostile("429:2")
    first = talk.sale()
    assert (first.status_code, first.headers["retry-after"]) == (429, "1")
    assert talk.sale().status_code == 429
    assert talk.recorded().get("sales") is None
    assert talk.sale().status_code == 200


def test_bad_json_has_the_length_that_it_says() -> None:
    answer = hostile("bad-json").sale()
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["content-length"])
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_each_namespace_has_its_own_first_calls_and_modes_take_turns() -> None:
    talk = hostile("429:1", "500-after-commit:1")
    for base in ("", "/ns/mine"):
        statuses = [Talk(talk.app, base).sale().status_code for _ in range(3)]
        assert statuses == [429, 500, 200]


def test_a_share_is_the_same_for_the_same_seed() -> None:
    def played(seed: int) -> list[int]:
        talk = hostile("500-after-commit:50%", seed=seed)
        return [talk.sale().status_code for _ in range(12)]

    assert played(1) == played(1)
    assert set(played(1)) == {200, 500}
    assert played(1) != played(2)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misbehave, "_DRIP", 0.0)
    monkeypatch.setattr(misbehave, "_SLOW", 0.05)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[EmbeddedSandbox]:
    kit = judging(misbehaviour=Misbehaviour([plan(request.param)]))
    with EmbeddedSandbox(PROFILE, any_token=True, kit=kit) as sandbox:
        yield sandbox


def sent(running: EmbeddedSandbox, wait: float = 10) -> bytes | None:
    """Sends a sale: the answer as far as it came, or None when there was a reset."""
    parts = urlsplit(running.url)
    body = b'{"eventName":"p","customerExternalId":"ada","invoiceId":"i","amount":5,"currency":"USD"}'
    head = (
        "POST /track/sale HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer any-token\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=wait) as connection:
        connection.sendall(head.encode() + body)
        try:
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            return None
        except TimeoutError:
            return b""


@pytest.mark.parametrize("running", ["reset"], indirect=True)
def test_a_reset_is_one_on_the_wire(running: EmbeddedSandbox) -> None:
    assert sent(running) is None
    assert (sent(running) or b"").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("running", ["timeout-after-commit"], indirect=True)
def test_where_no_answer_comes_the_event_is_recorded_and_the_next_call_is_answered(running: EmbeddedSandbox) -> None:
    assert sent(running, wait=0.1) == b""
    assert b"repeated" not in (sent(running) or b"")
    assert b"recorded already" in (sent(running) or b"")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("running", ["drip", "slow"], indirect=True)
def test_a_late_answer_is_a_whole_one(running: EmbeddedSandbox) -> None:
    answer = sent(running) or b""
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer == answer.rstrip()
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["success"] is True


def test_every_mode_says_what_it_does() -> None:
    assert all(MODES.values())
