"""What the query of a listing asks for; a value that cannot be used is refused as one in a body is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from conformance.sandbox.platforms.dub.errors import Refused
from conformance.sandbox.platforms.dub.reading import MISSING, Problem, default, one_of, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Entry = TypeVar("Entry")

_INTERVALS = ("24h", "7d", "30d", "90d", "1y", "mtd", "qtd", "ytd", "all")
_ORDERS = ("asc", "desc")
_CUSTOMERS_BY = ("createdAt", "saleAmount", "firstSaleAt", "subscriptionCanceledAt")
_SWITCHES = ("true", "false")
_PER_PAGE = 100
_MOST_CUSTOMERS = 100
_MOST_EVENTS = 1000
_DIGITS = 12
_BEYOND = 10**_DIGITS


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, which begins with what is newest unless it is turned round."""

    number: int
    size: int
    newest_first: bool

    def of(self, oldest_first: Iterable[Entry], newest_first: Iterable[Entry]) -> Iterable[Entry]:
        """The entries of the page."""
        start = (self.number - 1) * self.size
        return islice(newest_first if self.newest_first else oldest_first, start, start + self.size)


@dataclass(frozen=True, slots=True)
class CustomersQuery:
    """Which customers are asked for, where None stands for any, and by which of their fields they are sorted."""

    external: str | None
    email: str | None
    search: str | None
    expanded: bool
    by: str
    page: Page


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """Which events are asked for: clicks, leads or sales, of one customer (by the platform's own id) or of all."""

    kind: str
    customer: str | None
    page: Page


def customers_query(query: bytes) -> CustomersQuery:
    """The query of a list of customers; raises Refused."""
    asked = _parameters(query)
    return CustomersQuery(
        external=asked.get("externalId") or None,
        email=asked.get("email") or None,
        search=asked.get("search") or None,
        expanded=wants_expanded(query),
        by=read(asked, "sortBy", default(one_of(_CUSTOMERS_BY), _CUSTOMERS_BY[0])),
        page=_page(asked, "pageSize", _MOST_CUSTOMERS),
    )


def wants_expanded(query: bytes) -> bool:
    """Whether customers are to be shown with their link; raises Refused."""
    return read(_parameters(query), "includeExpandedFields", default(one_of(_SWITCHES), "false")) == "true"


def events_query(query: bytes) -> EventsQuery:
    """The query of a list of events; raises Refused."""
    asked = _parameters(query)
    read(asked, "interval", default(one_of(_INTERVALS), _INTERVALS[0]))
    read(asked, "sortBy", default(one_of(("timestamp",)), "timestamp"))
    if "sortOrder" not in asked and "order" in asked:
        asked["sortOrder"] = asked["order"]
    return EventsQuery(
        kind=read(asked, "event", default(one_of(("clicks", "leads", "sales")), "clicks")),
        customer=asked.get("customerId") or None,
        page=_page(asked, "limit", _MOST_EVENTS),
    )


def _parameters(query: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    except ValueError:
        raise Refused("bad_request", "The query has too many fields.") from None


def _page(asked: Mapping[str, Any], size: str, most: int) -> Page:
    return Page(
        number=read(asked, "page", _number(1, None)),
        size=read(asked, size, _number(_PER_PAGE, most)),
        newest_first=read(asked, "sortOrder", default(one_of(_ORDERS), "desc")) == "desc",
    )


def _number(otherwise: int, most: int | None) -> Callable[[Any], int]:
    def read_number(value: Any) -> int:
        if value is MISSING:
            return otherwise
        if not (value.isascii() and value.isdigit()):
            raise Problem("invalid_type", "Invalid input: expected number, received NaN")
        # Beyond so many digits there is nothing to be found, however many they are.
        number = int(value) if len(value) <= _DIGITS else _BEYOND
        if not number:
            raise Problem("too_small", "Too small: expected number to be >0")
        if most is not None and number > most:
            raise Problem("too_big", f"Too big: expected number to be <={most}")
        return number

    return read_number
