"""Evidence through Dub's own API: customers one by one, lead and sale events through one feed that all journeys share.

The events endpoint allows a few requests a second, so nobody polls it alone (rules of judging, Dub).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.evidence.feed import Events, Feed, FeedPace
from conformance.evidence.observation import Observation, Unreadable
from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedLead, RecordedSale
from conformance.target.connections import now
from conformance.target.messages import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.target.messages import Answer
    from conformance.target.target import Target
    from conformance.target.transcript import Transcript

_OK = 200
_PAGE = 100
_NOT_FOR_THIS_TOKEN = (401, 402, 403)
_TRIES = 30


class DubEvidence:
    """Reads `GET /customers?externalId=` and `GET /events` of the target, with the run's own token."""

    available = True
    documented = True

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pace = pace = self._paced()
        self._leads = Feed(partial(self._page, "leads"), _PAGE, pace, lambda: target.sent)
        self._sales = Feed(partial(self._page, "sales"), _PAGE, pace, lambda: target.sent)
        self._sorted = {self._leads: ByCustomer(), self._sales: ByCustomer()}

    @property
    def description(self) -> str:
        """Which endpoints are read."""
        return f"Dub's customers and events at {self._target.base}"

    async def look(self, customer: str, transcript: Transcript, since: float | None = None) -> Observation:
        """The customer, and the events of this run that name it; these may have been read for somebody else."""
        answer = await self._target.send(self._customers(customer), transcript)
        if (problem := _unreadable(answer, answer.json)) is not None:
            return Observation(answer.sent, unreadable=problem)
        rows = [row for row in answer.json if isinstance(row, dict) and row.get("externalId") == customer.strip()]
        after = answer.sent if since is None else min(since, answer.sent)
        leads = await self._events(self._leads, rows, after, transcript)
        if isinstance(leads, Unreadable):
            return Observation(answer.sent, unreadable=leads)
        sales = await self._events(self._sales, rows, after, transcript)
        if isinstance(sales, Unreadable):
            return Observation(answer.sent, unreadable=sales)
        looked = min(answer.sent, leads.began, sales.began)
        try:
            known = customer.strip()
            own = self._own(self._leads, known, leads.events), self._own(self._sales, known, sales.events)
            return Observation(looked, _customer(known, rows, *own))
        except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
            return Observation(looked, unreadable=Unreadable(f"events are malformed: {error!r}", malformed=True))

    def _paced(self) -> FeedPace:
        return FeedPace()

    async def _events(
        self,
        feed: Feed,
        rows: list[dict[str, Any]],  # noqa: ARG002 - others ask for the events of these customers alone
        after: float,
        transcript: Transcript,
    ) -> Events | Unreadable:
        return await feed.after(after, transcript)

    def _own(self, feed: Feed, customer: str, events: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        return self._sorted[feed].of(customer, events)

    def _customers(self, customer: str) -> Request:
        query = urlencode({"externalId": customer, "pageSize": _PAGE})
        return self._get(f"{self._target.profile.paths['customers']}?{query}")

    def _get(self, path: str) -> Request:
        headers = self._target.headers()
        del headers["content-type"]
        return Request("GET", self._target.base + path, headers, b"", "read-back")

    async def _page(
        self, kind: str, page: int, transcript: Transcript, customer: Mapping[str, str] | None = None
    ) -> Page | Unreadable:
        asked = {
            "event": kind, "interval": "24h", "page": page, "limit": _PAGE, "sortBy": "timestamp", "sortOrder": "desc"
        }  # fmt: skip
        query = urlencode(asked | dict(customer or {}))
        answer = await self._target.ask(self._get(f"{self._target.profile.paths['events']}?{query}"), transcript)
        try:
            # Pages are large: decoded once, and with numbers that are exact.
            events = _numbers_exact(answer) if answer.status == _OK else None
        except InvalidOperation:
            return Unreadable(f"events are malformed: a number out of all bounds in {answer}", malformed=True)
        problem = _unreadable(answer, events)
        if problem is not None:
            return problem
        return Page(tuple(event for event in events or () if isinstance(event, dict)))


class DubCustomers(DubEvidence):
    """Reads each customer by itself: its row, then its own leads and sales; for who has many to read, one by one."""

    def _paced(self) -> FeedPace:
        return FeedPace(gap=0.0)  # whoever reads many has a pace of its own

    def _own(
        self,
        feed: Feed,  # noqa: ARG002 - what was asked for is of one customer and does not grow
        customer: str,
        events: Sequence[dict[str, Any]],
    ) -> Sequence[dict[str, Any]]:
        return ByCustomer().of(customer, events)

    async def _events(
        self,
        feed: Feed,
        rows: list[dict[str, Any]],
        after: float,  # noqa: ARG002 - what is asked for now is newer anyway
        transcript: Transcript,
    ) -> Events | Unreadable:
        kind, began = "leads" if feed is self._leads else "sales", now()
        found: list[dict[str, Any]] = []
        for row in rows:
            page: Page | Unreadable = Unreadable("read-back: 429", rate_limited=True)
            for _ in range(_TRIES):
                await self._pace.turn()
                page = await self._page(kind, 1, transcript, {"customerId": str(row.get("id"))})
                if not isinstance(page, Unreadable) or not page.rate_limited:
                    break
                self._pace.limited()
            if isinstance(page, Unreadable):
                return page
            found += page.events
        return Events(began, found)


@dataclass(frozen=True)
class Page:
    """One page of events, newest first."""

    events: tuple[dict[str, Any], ...]


def _unreadable(answer: Answer, document: Any) -> Unreadable | None:
    if answer.fault is not None:
        return Unreadable(f"read-back: {answer}", code=str(answer.fault))
    if answer.rate_limited:
        return Unreadable("read-back: 429", rate_limited=True)
    if answer.status != _OK:
        return Unreadable(f"read-back answers {answer}", malformed=answer.status not in _NOT_FOR_THIS_TOKEN)
    if not isinstance(document, list):
        return Unreadable(f"read-back is no JSON array: {answer}", malformed=True)
    return None


def _numbers_exact(answer: Answer) -> Any:
    """The answer's JSON, or None when it is none; raises InvalidOperation."""
    try:
        return json.loads(answer.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


class ByCustomer:
    """The events of a feed by the external id that they name; thousands of customers ask for a few of them each."""

    def __init__(self) -> None:
        self._sorted = 0
        self._of: dict[str, list[dict[str, Any]]] = {}

    def of(self, customer: str, events: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Those of a customer; of a feed's events, which only grow at their end. Raises what a malformed event does."""
        for event in events[self._sorted :]:
            named = (event.get("customer") or {}).get("externalId")
            if isinstance(named, str):
                self._of.setdefault(named, []).append(event)
            self._sorted += 1
        return self._of.get(customer, ())


def _customer(
    customer: str, rows: list[dict[str, Any]], leads: Sequence[dict[str, Any]], sales: Sequence[dict[str, Any]]
) -> RecordedCustomer | None:
    if not rows and not leads and not sales:
        return None
    details = rows[0] if rows else {}
    return RecordedCustomer(
        customer=customer,
        click=None,
        name=details.get("name"),
        email=details.get("email"),
        avatar=details.get("avatar"),
        leads=tuple(_lead(event) for event in leads),
        sales=tuple(_sale(event) for event in sales),
        click_shown=False,
        copies=max(len(rows), 1),
    )


def _lead(event: dict[str, Any]) -> RecordedLead:
    return RecordedLead(event["eventName"], LeadStatus.CONFIRMED, event["click"]["id"], event.get("timestamp"))


def _sale(event: dict[str, Any]) -> RecordedSale:
    sale = event["sale"]
    return RecordedSale(
        invoice=sale.get("invoiceId") or None,
        event=event["eventName"],
        amount=Decimal(sale["amount"]),
        currency=sale.get("currency", "usd"),
        click=event["click"]["id"],
        timestamp=event.get("timestamp"),
    )
