"""Short ways to talk to a sandbox that judges, for its tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from conformance.contract import load_profile
from conformance.sandbox import create_app
from conformance.sandbox.reception import Kit
from conformance.watch.bench import NamespaceJudge

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PROFILE = load_profile("cutmeshort")
TOKEN = "a-token-of-mine"


def judging(**options: Any) -> Kit:
    """What a sandbox needs so that it judges."""
    return Kit(judge=lambda _: NamespaceJudge(PROFILE, "sandbox"), **options)


@dataclass(frozen=True)
class Talk:
    """Requests to one sandbox over ASGI, below one base path."""

    app: ASGIApp
    base: str = ""

    def ask(self, method: str, path: str, *, token: str | None = TOKEN, **options: Any) -> httpx.Response:
        """Sends one request to a path as it stands."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.request(method, path, headers=headers, **options)

        headers = {**({} if token is None else {"Authorization": f"Bearer {token}"}), **options.pop("headers", {})}
        return asyncio.run(send())

    def lead(self, **body: Any) -> httpx.Response:
        """Sends a lead of a customer called ada unless the body says otherwise."""
        lead = {"eventName": "signup", "customerExternalId": "ada", **body}
        return self.ask("POST", f"{self.base}/track/lead", json=lead)

    def sale(self, **body: Any) -> httpx.Response:
        """Sends a sale of a customer called ada unless the body says otherwise."""
        sale = {"eventName": "purchase", "customerExternalId": "ada", "invoiceId": "inv-1", "amount": 5}
        return self.ask("POST", f"{self.base}/track/sale", json={**sale, "currency": "USD", **body})

    def click(self) -> str:
        """A fresh click id from a short link."""
        return self.ask("GET", f"{self.base}/l/demo", token=None).headers["location"].rpartition("=")[2]

    def recorded(self, customer: str = "ada") -> Any:
        """What read-back shows of a customer."""
        return self.ask("GET", f"{self.base}/readback/customers/{customer}").json()

    def found(self, name: str = "default") -> list[tuple[str, str]]:
        """Kind and customer of each finding in a namespace."""
        findings = self.ask("GET", f"/_/ns/{name}/findings").json()["findings"]
        return [(finding["id"], finding["customer"]) for finding in findings]

    def events(self, name: str = "default") -> list[Any]:
        """The events of a namespace."""
        found: list[Any] = self.ask("GET", f"/_/ns/{name}/events").json()["events"]
        return found


def sandbox(base: str = "", **options: Any) -> Talk:
    """A fresh sandbox that judges."""
    return Talk(create_app(PROFILE, kit=judging(**options)), base)


def wrong_event_2(talk: Talk, customer: str = "ada") -> httpx.Response:
    """Plays a deferred journey whose event 2 brings the click id again; the answer to that event 2."""
    click = talk.click()
    talk.lead(customerExternalId=customer, clickId=click, mode="deferred")
    return talk.lead(customerExternalId=customer, eventName="verified", clickId=click)
