"""A second platform that keeps the contract and shares no rule with the sandbox.

Wherever the documents are silent it answers otherwise: what the sandbox happens to do is no requirement.
"""

import json
import re
import threading
import time
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote
from uuid import uuid4

EMAIL = re.compile(r"[^\s@.]+(\.[^\s@.]+)*@[^\s@.]+(\.[^\s@.]+)+")
TOKEN = "other-platform-token"
LONGEST_TEXT = 255
LARGEST_BODY = 100_000


class Refused(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass
class Signup:
    click: str
    name: str
    confirmed_by: str | None = None


@dataclass
class Customer:
    external_id: str
    signup: Signup | None = None
    details: dict[str, str] = field(default_factory=dict)
    charges: list[dict[str, Any]] = field(default_factory=list)
    pages: list[tuple[float, str]] = field(default_factory=list)

    def write_page(self) -> None:
        self.pages.append((time.monotonic(), json.dumps(self.page())))

    def page(self) -> dict[str, Any]:
        signup = self.signup
        counted = signup is not None and signup.confirmed_by is not None
        lead = {"timestamp": None, "clickId": signup and signup.click, "eventName": signup and signup.name}
        return {
            "leads": [{**lead, "status": "confirmed"}] if counted else [],
            "sales": [charge for charge in reversed(self.charges) if counted or not charge["held"]],
            "avatar": self.details.get("customerAvatar"),
            "email": self.details.get("customerEmail", "").lower() or None,
            "name": unicodedata.normalize("NFC", self.details.get("customerName", "")) or None,
            "clickId": signup and signup.click,
            "customerExternalId": self.external_id,
        }


@dataclass
class Books:
    lag: float
    clicks: set[str]
    customers: dict[str, Customer] = field(default_factory=dict)
    invoices: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mint(self) -> str:
        click = f"C.{uuid4().hex}.Z"
        self.clicks.add(click)
        return click

    def read(self, external_id: str) -> str | None:
        customer = self.customers.get(external_id)
        due = time.monotonic() - self.lag
        return next((page for at, page in reversed(customer.pages) if at <= due), None) if customer else None

    def take_lead(self, event: dict[str, Any]) -> None:
        check_lead(event)
        customer = self.customers.get(event["customerExternalId"]) or Customer(event["customerExternalId"])
        if event.get("clickId"):
            self.begin(customer, event)
        else:
            finish(customer, event)
        for key in ("customerName", "customerEmail", "customerAvatar"):
            if event.get(key):
                customer.details.setdefault(key, event[key])
        self.customers[customer.external_id] = customer
        customer.write_page()

    def begin(self, customer: Customer, event: dict[str, Any]) -> None:
        if customer.signup:
            raise Refused(HTTPStatus.CONFLICT, "this customer signed up before")
        if event["clickId"] not in self.clicks:
            raise Refused(HTTPStatus.NOT_FOUND, "no such click")
        deferred = event.get("mode") == "deferred"
        customer.signup = Signup(event["clickId"], event["eventName"], None if deferred else event["eventName"])

    def take_sale(self, event: dict[str, Any]) -> None:
        check_sale(event)
        customer = self.customers.get(event["customerExternalId"]) or Customer(event["customerExternalId"])
        own_click = event.get("clickId") or None
        if own_click not in self.clicks and not customer.signup:
            raise Refused(HTTPStatus.NOT_FOUND, "neither the customer nor the click is known")
        if event["invoiceId"] in self.invoices:
            raise Refused(HTTPStatus.CONFLICT, "this invoice was counted before")
        self.invoices.add(event["invoiceId"])
        charge = {key: event[key] for key in ("amount", "invoiceId", "eventName")}
        click = customer.signup.click if customer.signup else own_click
        held = customer.signup is not None and customer.signup.confirmed_by is None
        customer.charges.append(
            {**charge, "currency": event["currency"].lower(), "timestamp": None, "clickId": click, "held": held},
        )
        self.customers[customer.external_id] = customer
        customer.write_page()


def finish(customer: Customer, event: dict[str, Any]) -> None:
    if event.get("mode") == "deferred":
        raise Refused(HTTPStatus.BAD_REQUEST, "a deferred lead needs its click")
    if customer.signup is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no such customer")
    if customer.signup.confirmed_by is not None:
        raise Refused(HTTPStatus.CONFLICT, "this customer converted before")
    customer.signup.confirmed_by = event["eventName"]


def check_lead(event: dict[str, Any]) -> None:
    need_text(event, "customerExternalId", "eventName")
    if event.get("mode") not in (None, "deferred", "non-deferred"):
        raise Refused(HTTPStatus.BAD_REQUEST, "mode is unknown")
    check_optional(event)


def check_sale(event: dict[str, Any]) -> None:
    need_text(event, "customerExternalId", "eventName", "invoiceId", "currency")
    amount = event.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < float("inf"):
        raise Refused(HTTPStatus.BAD_REQUEST, "amount is no amount")
    if not re.fullmatch("[A-Za-z]{3}", event["currency"]):
        raise Refused(HTTPStatus.BAD_REQUEST, "currency is no code")
    check_optional(event)


def check_optional(event: dict[str, Any]) -> None:
    for key in ("customerName", "customerEmail", "customerAvatar", "timestamp"):
        if event.get(key) is not None:
            need_text(event, key)
    if event.get("clickId") not in (None, ""):
        need_text(event, "clickId")
    if event.get("customerEmail") is not None and not EMAIL.fullmatch(event["customerEmail"]):
        raise Refused(HTTPStatus.BAD_REQUEST, "customerEmail is no address")
    if event.get("timestamp") is not None and not is_time(event["timestamp"]):
        raise Refused(HTTPStatus.BAD_REQUEST, "timestamp is no time")


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"[-+:.,\dTWZ]+", text) is not None  # Python takes any character for the T


def need_text(event: dict[str, Any], *keys: str) -> None:
    for key in keys:
        value = event.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
            raise Refused(HTTPStatus.BAD_REQUEST, f"{key} is missing or no text of up to {LONGEST_TEXT} characters")
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
            raise Refused(HTTPStatus.BAD_REQUEST, f"{key} has control characters")


class Handler(BaseHTTPRequestHandler):
    """Answers in a single write, so that no packet waits for another."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def __init__(self, platform: "OtherPlatform", *connection: Any) -> None:
        self.platform = platform
        super().__init__(*connection)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 (the base class names it)
        """Stay silent: a server of the tests writes no log."""

    def work(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.platform.latency)
        try:
            with self.platform.books.lock:
                self.route(body)
        except Refused as refused:
            text = json.dumps({"requestId": uuid4().hex, "message": refused.why})
            self.reply(refused.status, text, "application/problem+json")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = work  # noqa: N815 (http.server's names)

    def route(self, body: bytes) -> None:
        platform, books = self.platform, self.platform.books
        path = self.path.partition("?")[0]
        takers = {"/v3/track/lead": books.take_lead, "/v3/track/sale": books.take_sale}
        if path == "/go/spring":
            self.reply(HTTPStatus.SEE_OTHER, "", "text/plain", f"/shop/?a=b&cms_rf={books.mint()}#top")
        elif path.startswith(platform.readback_path + "/customers/"):
            self.admit()
            page = books.read(unquote(path.removeprefix(platform.readback_path + "/customers/")))
            if page is None:
                raise Refused(HTTPStatus.NOT_FOUND, "no such customer")
            self.reply(HTTPStatus.OK, page, "application/json")
        elif path not in takers:
            raise Refused(HTTPStatus.NOT_FOUND, "nothing lives here")
        elif self.command != "POST":
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "events are posted")
        else:
            self.admit()
            takers[path](self.event(body))
            stamp = datetime.now(UTC).isoformat()
            self.reply(HTTPStatus.OK, json.dumps({"timestamp": stamp, "success": True}), "application/json")

    def admit(self) -> None:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self.platform.token:
            raise Refused(HTTPStatus.UNAUTHORIZED, "this opens nothing")

    def event(self, body: bytes) -> dict[str, Any]:
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is understood, nothing else")
        if len(body) > LARGEST_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is too much")
        try:
            event = json.loads(body.decode(), parse_constant=Decimal)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "this is no JSON object")
        return event

    def reply(self, status: HTTPStatus, text: str, media: str, location: str | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        if not self.platform.keep_alive:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error of this server."""


class OtherPlatform:
    """Context manager: the platform on a free loopback port, with everything a run needs to know about it."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        lag: float = 0.3,
        latency: float = 0.0,
        keep_alive: bool = False,
        readback_path: str = "/audit/books",
        click_ids: tuple[str, ...] = (),
    ) -> None:
        self.token = token
        self.latency = latency
        self.keep_alive = keep_alive
        self.readback_path = readback_path
        self.books = Books(lag, set(click_ids))
        self.server = Server(("127.0.0.1", 0), partial(Handler, self))
        origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.url = f"{origin}/v3"
        self.readback = origin + readback_path
        self.short_link = f"{origin}/go/spring"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
