"""Short ways to talk to a sandbox that plays Dub, for its tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sandbox_talk import Talk

from conformance.contract import load_profile
from conformance.sandbox import create_app

if TYPE_CHECKING:
    import httpx

DUB = load_profile("dub")
SECRET = "dub_secret"
PUBLISHABLE = "dub_pk_secret"


@dataclass(frozen=True)
class DubTalk(Talk):
    """Requests to one sandbox that plays Dub."""

    def ask(self, method: str, path: str, *, token: str | None = SECRET, **options: Any) -> httpx.Response:
        """Sends one request, with a secret key unless another is given."""
        return super().ask(method, path, token=token, **options)

    def lead(self, **body: Any) -> httpx.Response:
        """Sends a lead of a customer called ada unless the body says otherwise."""
        return self.ask("POST", "/track/lead", json={"eventName": "Sign up", "customerExternalId": "ada", **body})

    def sale(self, **body: Any) -> httpx.Response:
        """Sends a sale of a customer called ada unless the body says otherwise; it has no invoice."""
        return self.ask("POST", "/track/sale", json={"customerExternalId": "ada", "amount": 900, **body})

    def click(self) -> str:
        """A fresh click id from a short link."""
        return visited(self.ask("GET", "/l/demo", token=None))

    def minted(self, agent: str = "Mozilla/5.0", **body: Any) -> httpx.Response:
        """Asks for a click id as the script on a page does."""
        call = {"domain": "sandbox", "key": "demo", "url": "https://example.com/", "referrer": "", **body}
        return self.ask("POST", "/track/click", token=None, json=call, headers={"User-Agent": agent})

    def events(self, kind: str, **query: Any) -> list[Any]:
        """The list of events."""
        answer = self.ask("GET", "/events", params={"event": kind, "interval": "24h", **query})
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()
        return found

    def customer(self, external: str = "ada") -> Any:
        """One customer as the platform itself shows it, or None."""
        found = self.ask("GET", "/customers", params={"externalId": external}).json()
        assert len(found) <= 1
        return found[0] if found else None


def dub() -> DubTalk:
    """A fresh sandbox that lets in every key."""
    return DubTalk(create_app(DUB))


def visited(redirect: httpx.Response) -> str:
    """The click id in the Location of a short link's answer."""
    assert redirect.status_code == 302
    return parse_qs(urlsplit(redirect.headers["location"]).query)["dub_id"][0]


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The message of a refusal, which has the platform's form."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "doc_url"}
    assert body["error"]["code"] == code
    assert DUB.codes[code] == status
    message: str = body["error"]["message"]
    return message
