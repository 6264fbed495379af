"""Where valid click ids come from: the operator, or a short link that mints one for each visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.target.messages import Answer

# A platform that filters robots would not record the click of an honest user agent.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


class ClickSource(Protocol):
    """Something that has click ids to give."""

    @property
    def description(self) -> str:
        """What it is, for the report."""
        ...

    @property
    def short_links(self) -> tuple[str, ...]:
        """The links that a visit mints a click id from; empty when ids are given."""
        ...

    def take(self, besides: Sequence[str]) -> str | None:
        """A given id that is none of `besides`; None when there is none, or when ids have to be minted."""
        ...


class GivenClicks:
    """Ids that the operator knows to be valid: shared by all journeys in turn."""

    short_links: tuple[str, ...] = ()

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


class ShortLinks:
    """Short links; each visit mints an id."""

    def __init__(self, links: Sequence[str]) -> None:
        self.short_links = tuple(links)

    @property
    def description(self) -> str:
        """Which links are visited."""
        return "short link " + ", ".join(self.short_links)

    def take(self, besides: Sequence[str]) -> str | None:  # noqa: ARG002 - a link has no ids before it is visited
        """Nothing: an id has to be minted."""
        return None


class NoClicks:
    """No source at all."""

    description = "none"
    short_links: tuple[str, ...] = ()

    def take(self, besides: Sequence[str]) -> str | None:  # noqa: ARG002 - there is nothing to choose from
        """Nothing."""
        return None


def click_id_in_location(answer: Answer, visited: str, parameter: str) -> str | None:
    """The click id in the query of a redirect's Location, percent-decoded; None when there is none."""
    location = next((value for name, value in answer.headers.items() if name.lower() == "location"), None)
    if location is None or not 300 <= answer.status < 400:  # noqa: PLR2004 - HTTP's own numbers
        return None
    query = urlsplit(urljoin(visited, location)).query
    return next((value for name, value in parse_qsl(query) if name == parameter and value), None)
