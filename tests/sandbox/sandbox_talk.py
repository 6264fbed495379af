"""Short ways to talk to a sandbox, over ASGI or over a socket, for its tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from conformance.contract import load_profile
from conformance.sandbox import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PROFILE = load_profile("cutmeshort")
TOKEN = "a-token"


@dataclass(frozen=True)
class Talk:
    """Requests to one sandbox over ASGI, below one base path."""

    app: ASGIApp
    base: str = ""

    def ask(self, method: str, path: str, *, token: str | None = TOKEN, **options: Any) -> httpx.Response:
        """Sends one request to a path as it stands, percent-encoding and all."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.request(method, self.base + path, headers=headers, **options)

        headers = {**({} if token is None else {"Authorization": f"Bearer {token}"}), **options.pop("headers", {})}
        return asyncio.run(send())

    def lead(self, **body: Any) -> httpx.Response:
        """Sends a lead of a customer called ada unless the body says otherwise."""
        return self.ask("POST", "/track/lead", json={"eventName": "signup", "customerExternalId": "ada", **body})

    def sale(self, **body: Any) -> httpx.Response:
        """Sends a sale of a customer called ada unless the body says otherwise."""
        sale = {"eventName": "purchase", "customerExternalId": "ada", "invoiceId": "inv-1", "amount": 1}
        return self.ask("POST", "/track/sale", json={**sale, "currency": "USD", **body})

    def click(self) -> str:
        """A fresh click id from a short link."""
        return click_of(self.ask("GET", "/l/demo", token=None))

    def recorded(self, customer: str = "ada") -> Any:
        """What read-back shows of a customer, or None."""
        # The client would take a dot for a step in the path.
        quoted = quote(customer, safe="").replace(".", "%2E")
        answer = self.ask("GET", f"/readback/customers/{quoted}")
        assert answer.status_code in (200, 404)
        return answer.json() if answer.status_code == 200 else None


def sandbox() -> Talk:
    """A fresh sandbox that lets any token in."""
    return Talk(create_app(PROFILE))


def click_of(redirect: httpx.Response) -> str:
    """The click id in the Location of a short link's answer."""
    assert redirect.status_code == 302
    return parse_qs(urlsplit(redirect.headers["location"]).query)["cms_rf"][0]
