"""Webhooks: which events have one, what it says, that it is signed, and that it holds nothing up."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from dub.models.components import LeadCreatedEvent, SaleCreatedEvent
from dub_talk import DUB, DubTalk, dub, refused, visited
from sandbox_talk import PROFILE, sandbox

from conformance.errors import UsageError
from conformance.sandbox import create_app
from conformance.sandbox.server import EmbeddedSandbox
from conformance.sandbox.webhooks import Receiver, receiver, signature

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "whsec_test"
SOON = 10


class Inbox:
    """Keeps what is pushed to it; the first answers are the statuses given, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.came: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()
        self.url = ""
        self.open = threading.Event()
        self.open.set()

    def next(self) -> Any:
        """The next webhook, whose signature is right."""
        _, headers, body = self.came.get(timeout=SOON)
        assert headers["dub-signature"] == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["content-type"] == "application/json"
        return json.loads(body)


@contextmanager
def listening(*statuses: int) -> Iterator[Inbox]:
    inbox = Inbox(*statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.open.wait(SOON)
            status = inbox.statuses.pop(0) if inbox.statuses else 200
            inbox.came.put((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.url = f"http://127.0.0.1:{server.server_port}/hooks?from=sandbox"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Client:
    """Sends events to an embedded sandbox."""

    def __init__(self, running: EmbeddedSandbox, namespace: str = "") -> None:
        self.running = running
        headers = {"Authorization": f"Bearer {running.token}"}
        self.http = httpx.Client(headers=headers, base_url=running.url + namespace, trust_env=False)

    def click(self) -> str:
        return visited(self.http.get("/l/demo"))

    def lead(self, **body: Any) -> httpx.Response:
        return self.http.post("/track/lead", json={"eventName": "Sign up", "customerExternalId": "ada", **body})

    def sale(self, **body: Any) -> httpx.Response:
        return self.http.post("/track/sale", json={"customerExternalId": "ada", "amount": 900, **body})


@pytest.fixture
def client() -> Iterator[Client]:
    with EmbeddedSandbox(DUB) as running:
        made = Client(running)
        yield made
        made.http.close()


def test_the_signature_is_the_one_that_is_documented() -> None:
    body = b'{"id":"evt_test","event":"lead.created","createdAt":"2026-01-01T00:00:00.000Z","data":{}}'
    assert signature(SECRET, body) == "0e70727a94d8180aad60546e8e0296360d6f7339310481527bb0ad5ada369a63"


def test_a_lead_and_a_sale_have_one_webhook_each_which_the_official_package_understands(client: Client) -> None:
    with listening() as inbox:
        client.running.push_webhooks(inbox.url, SECRET)
        click = client.click()
        client.lead(clickId=click, customerName="Ada", metadata={"plan": "pro"})
        lead = inbox.next()
        LeadCreatedEvent.model_validate(lead)
        assert (lead["event"], lead["id"][:4], len(lead["id"])) == ("lead.created", "evt_", 29)
        data = lead["data"]
        assert (data["eventName"], data["click"]["id"], data["metadata"]) == ("Sign up", click, {"plan": "pro"})
        assert (data["customer"]["externalId"], data["customer"]["name"]) == ("ada", "Ada")
        assert data["link"]["key"] == "demo"
        client.sale(invoiceId="inv")
        sale = inbox.next()
        SaleCreatedEvent.model_validate(sale)
        assert (sale["event"], sale["data"]["click"]["id"]) == ("sale.created", click)
        expected = {"amount": 900, "currency": "usd", "paymentProcessor": "custom", "invoiceId": "inv"}
        assert sale["data"]["sale"] == expected
        assert sale["data"]["customer"]["sales"] == 0
        client.sale()
        again = inbox.next()
        assert (again["data"]["sale"]["invoiceId"], again["data"]["customer"]["sales"]) == ("", 1)
        assert len({lead["id"], sale["id"], again["id"]}) == 3


def test_what_is_not_counted_has_no_webhook(client: Client) -> None:
    with listening() as inbox:
        client.running.push_webhooks(inbox.url, SECRET)
        click = client.click()
        client.lead(clickId=click, eventQuantity=3)
        client.lead(clickId=click)
        client.lead(clickId=click, mode="deferred", customerExternalId="bob")
        client.lead(clickId="made-up", eventName="Other")
        client.sale(customerExternalId="nobody")
        client.sale(customerExternalId="bob")
        client.sale(amount=0)
        client.sale(invoiceId="inv")
        client.sale(invoiceId="inv")
        client.lead(customerExternalId="bob")
        client.sale(customerExternalId="eve", clickId=click)
        came = [inbox.next() for _ in range(5)]
        told = sorted((webhook["event"], webhook["data"]["customer"]["externalId"]) for webhook in came)
        assert told == [
            ("lead.created", "ada"),
            ("lead.created", "bob"),
            ("lead.created", "eve"),
            ("sale.created", "ada"),
            ("sale.created", "eve"),
        ]
        client.lead(clickId=click, eventName="Last")
        assert inbox.next()["data"]["eventName"] == "Last"
        assert inbox.came.empty()


def test_a_webhook_that_is_not_taken_is_sent_again_as_it_was(client: Client) -> None:
    with listening(500, 302) as inbox:
        client.running.push_webhooks(inbox.url, SECRET)
        client.lead(clickId=client.click())
        came = [inbox.came.get(timeout=SOON) for _ in range(3)]
        assert len({body for _, _, body in came}) == 1
        assert {path for path, _, _ in came} == {"/hooks?from=sandbox"}
        client.lead(clickId=client.click(), eventName="Next")
        assert inbox.next()["data"]["eventName"] == "Next"


def test_no_answer_waits_until_a_webhook_is_taken(client: Client) -> None:
    with listening() as inbox:
        inbox.open.clear()
        client.running.push_webhooks(inbox.url, SECRET)
        click = client.click()
        names = {f"{number}" for number in range(20)}
        # Were an answer to wait, it would wait for ever: the webhook is taken only after all have been answered.
        assert {client.lead(clickId=click, eventName=name).status_code for name in names} == {200}
        inbox.open.set()
        assert {inbox.next()["data"]["eventName"] for _ in names} == names


def test_a_receiver_that_is_not_there_is_given_up(client: Client) -> None:
    with listening() as inbox:
        client.running.push_webhooks("http://127.0.0.1:9/", SECRET)
        click = client.click()
        client.lead(clickId=click, eventName="Lost")
        client.running.push_webhooks(inbox.url, SECRET)
        client.lead(clickId=click, eventName="Next")
        assert inbox.next()["data"]["eventName"] == "Next"


def test_each_namespace_is_told_where_to_push_over_the_wire() -> None:
    with listening() as inbox, EmbeddedSandbox(DUB) as running:
        root, one = Client(running), Client(running, "/ns/one")
        answer = one.http.post("/_/webhooks", json={"url": inbox.url, "secret": SECRET})
        assert (answer.status_code, answer.json()) == (200, {"url": inbox.url})
        root.lead(clickId=root.click())
        one.lead(clickId=one.click(), customerExternalId="bob")
        assert inbox.next()["data"]["customer"]["externalId"] == "bob"
        assert inbox.came.empty()
        root.http.close()
        one.http.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8787", Receiver("127.0.0.1", 8787, "/", "s")),
        ("http://localhost/a?b=c#d", Receiver("localhost", 80, "/a?b=c", "s")),
        ("http://[::1]:5/x", Receiver("::1", 5, "/x", "s")),
    ],
)
def test_a_receiver_on_this_machine_is_understood(url: str, expected: Receiver) -> None:
    assert receiver(url, "s") == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:80",
        "https://127.0.0.1/",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://127.0.0.1/ x",
        "http://127.0.0.1/\r\nX: y",
        "http:///",
    ],
)
def test_a_receiver_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="webhooks cannot go to"):
        receiver(url, SECRET)
    refused(dub().ask("POST", "/_/webhooks", json={"url": url, "secret": SECRET}), 400, "bad_request")


@pytest.mark.parametrize(
    "body", [{}, {"url": "http://127.0.0.1/"}, {"url": "http://127.0.0.1/", "secret": ""}, {"url": 5, "secret": 5}, []]
)
def test_half_a_receiver_is_refused(body: Any) -> None:
    refused(dub().ask("POST", "/_/webhooks", json=body), 400, "bad_request")


def test_the_receiver_is_set_by_post_only() -> None:
    assert dub().ask("GET", "/_/webhooks").status_code == 405


def test_a_platform_that_pushes_nothing_has_no_receiver() -> None:
    body = {"url": "http://127.0.0.1/", "secret": SECRET}
    assert sandbox().ask("POST", "/_/webhooks", json=body).status_code == 404
    with pytest.raises(UsageError, match="pushes no webhooks"):
        create_app(PROFILE).state.traffic.push_webhooks("http://127.0.0.1/", SECRET)


def test_a_sandbox_may_end_while_webhooks_are_on_their_way(caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedSandbox(DUB) as running:
        running.push_webhooks("http://127.0.0.1:9/", SECRET)
        client = Client(running)
        for number in range(5):
            client.lead(clickId=client.click(), eventName=f"{number}")
        client.http.close()
    assert caplog.records == []


def test_over_asgi_a_lead_with_a_receiver_is_answered_too() -> None:
    talk = DubTalk(create_app(DUB))
    talk.app.state.traffic.push_webhooks("http://127.0.0.1:9/", SECRET)  # type: ignore[attr-defined]
    assert talk.lead(clickId=talk.click()).status_code == 200
