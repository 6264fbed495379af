"""Where valid click ids come from: the operator, a short link, or an endpoint that mints one for each visit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit

from conformance.target.messages import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.target.messages import Answer


class ClickSource(Protocol):
    """Something that has click ids to give: a stock of them, or a way to mint one."""

    @property
    def description(self) -> str:
        """What it is, for the report."""
        ...

    @property
    def urls(self) -> tuple[str, ...]:
        """Where minting goes; empty when ids are given."""
        ...

    def take(self, besides: Sequence[str]) -> str | None:
        """A given id that is none of `besides`; None when there is none, or when ids have to be minted."""
        ...

    def visit(self, visitor: int) -> Request:
        """The request of one visitor's browser that mints a click id; two numbers are two visitors."""
        ...

    def click_in(self, answer: Answer) -> str | None:
        """The click id that the answer to a visit carries; None when there is none."""
        ...


class _Stock:
    """A source that mints nothing."""

    urls: tuple[str, ...] = ()

    def visit(self, visitor: int) -> Request:
        """Never called: there is nothing to visit."""
        raise NotImplementedError

    def click_in(self, answer: Answer) -> str | None:  # noqa: ARG002 - there was no visit
        """Nothing."""
        return None


class GivenClicks(_Stock):
    """Ids that the operator knows to be valid: shared by all journeys in turn."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = tuple(dict.fromkeys(ids))
        self._next = 0

    @property
    def description(self) -> str:
        """How many ids were given."""
        return f"{len(self._ids)} given click id{'s' if len(self._ids) != 1 else ''}"

    def take(self, besides: Sequence[str]) -> str | None:
        """The next id in turn that is none of `besides`."""
        for _ in self._ids:
            candidate = self._ids[self._next % len(self._ids)]
            self._next += 1
            if candidate not in besides:
                return candidate
        return None


class NoClicks(_Stock):
    """No source at all."""

    description = "none"

    def take(self, besides: Sequence[str]) -> str | None:  # noqa: ARG002 - there is nothing to choose from
        """Nothing."""
        return None


class ShortLinks:
    """Short links; each visit mints an id, which the redirect's Location carries in a query parameter."""

    def __init__(self, links: Sequence[str], parameter: str) -> None:
        self.urls = tuple(links)
        self._parameter = parameter

    @property
    def description(self) -> str:
        """Which links are visited."""
        return "short link " + ", ".join(self.urls)

    def take(self, besides: Sequence[str]) -> str | None:  # noqa: ARG002 - a link has no ids before it is visited
        """Nothing: an id has to be minted."""
        return None

    def visit(self, visitor: int) -> Request:
        """Follows a link as a browser does."""
        headers = {"user-agent": browser(visitor), "accept": "text/html,*/*;q=0.8"}
        return Request("GET", self.urls[visitor % len(self.urls)], headers, b"", "click")

    def click_in(self, answer: Answer) -> str | None:
        """The click id in the query of the redirect's Location."""
        visited = answer.request.url if answer.request else self.urls[0]
        return click_id_in_location(answer, visited, self._parameter)


class ClickEndpoint:
    """An endpoint that mints ids for the link of a domain and key, as the platform's browser script calls it."""

    def __init__(self, url: str, domain: str, key: str) -> None:
        self.urls = (url,)
        self.domain = domain
        self.key = key

    @property
    def description(self) -> str:
        """Which link is clicked."""
        return f"click endpoint for {self.domain}/{self.key}"

    def take(self, besides: Sequence[str]) -> str | None:  # noqa: ARG002 - ids have to be minted
        """Nothing: an id has to be minted."""
        return None

    def visit(self, visitor: int) -> Request:
        """The call that the script makes on a page that carries the link's key."""
        page = f"https://{self.domain}/{self.key}"
        body = {"domain": self.domain, "key": self.key, "url": page, "referrer": page}
        return self.call(body, visitor)

    def call(self, body: object, visitor: int) -> Request:
        """A call with any body, for scenarios that get it wrong on purpose."""
        origin = f"https://{self.domain}"
        headers = {
            "content-type": "application/json",
            "user-agent": browser(visitor),
            "referer": f"{origin}/",
            "origin": origin,
        }
        return Request("POST", self.urls[0], headers, json.dumps(body).encode(), "click")

    def click_in(self, answer: Answer) -> str | None:
        """The `clickId` of a 200."""
        document = answer.json if answer.status == 200 else None  # noqa: PLR2004 - HTTP's own number
        click = document.get("clickId") if isinstance(document, dict) else None
        return click if isinstance(click, str) and click else None


def browser(visitor: int) -> str:
    """The user agent of one visitor: a desktop browser, since platforms leave robots' clicks unrecorded."""
    return (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{100 + visitor % 40}.0.{visitor}.0 Safari/537.36"
    )


def click_id_in_location(answer: Answer, visited: str, parameter: str) -> str | None:
    """The click id in the query of a redirect's Location, percent-decoded; None when there is none."""
    location = next((value for name, value in answer.headers.items() if name.lower() == "location"), None)
    if location is None or not 300 <= answer.status < 400:  # noqa: PLR2004 - HTTP's own numbers
        return None
    try:
        query = urlsplit(urljoin(visited, location)).query
    except ValueError:
        return None
    return next((value for name, value in parse_qsl(query) if name == parameter and value), None)
