"""What Dub keeps of a workspace beside its ledger: links and clicks, ids, counters, and the list of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.sandbox.visits import id_for_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.sandbox.store import Namespace
    from conformance.sandbox.webhooks import Receiver

_SAME_VISITOR = timedelta(hours=1)
_ID_CHARACTERS = 25
# A link that is there before anybody has visited it.
DEMO = "demo"


def new_id(prefix: str) -> str:
    """An id as no other, of this kind."""
    return prefix + id_for_now()[:_ID_CHARACTERS]


def instant(moment: str) -> str:
    """A moment in UTC as Dub writes it, to the millisecond."""
    return f"{moment[:19]}.{moment[20:23].rstrip('Z'):0<3}Z"


@dataclass(slots=True)
class Link:
    """A short link, where it was first seen to stand, and what it counted."""

    id: str
    domain: str
    key: str
    address: str
    leads_to: str
    created: str
    clicks: int = 0
    leads: int = 0
    conversions: int = 0
    sales: int = 0
    sale_amount: int = 0
    last_clicked: str | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """A click on a link."""

    id: str
    link: Link
    timestamp: str
    address: str
    agent: str


@dataclass(slots=True)
class Customer:
    """What the ledger does not keep of a customer."""

    id: str
    external: str
    click: Click
    created: str
    leads: list[Recorded] = field(default_factory=list)
    bought: list[Recorded] = field(default_factory=list)
    sales: int = 0
    sale_amount: int = 0
    first_sale: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """What a sale is besides an event."""

    amount: int
    currency: str
    processor: str
    invoice: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A lead or a sale that counts; `quantity` leads are that many events."""

    id: str
    name: str
    click: Click
    customer: Customer
    timestamp: str
    metadata: dict[str, Any] | None
    quantity: int = 1
    payment: Payment | None = None


@dataclass(slots=True)
class Workspace:
    """One workspace; customers are found by their external id."""

    id: str = field(default_factory=lambda: new_id("ws_"))
    links: dict[str, Link] = field(default_factory=dict)
    clicks: dict[str, Click] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    leads: list[Recorded] = field(default_factory=list)
    sales: list[Recorded] = field(default_factory=list)
    first_answers: dict[str, bytes] = field(default_factory=dict)
    receiver: Receiver | None = None
    _external: dict[str, str] = field(default_factory=dict)
    _visitors: dict[tuple[str, str, str], Click] = field(default_factory=dict)

    def link(self, key: str, base: str, leads_to: str, now: str) -> Link:
        """The link with this key, made on first use."""
        link = self.links.get(key)
        if link is None:
            domain = base.partition("://")[2].partition("/")[0]
            link = self.links[key] = Link(new_id("link_"), domain, key, f"{base}/l/{key}", leads_to, now)
        return link

    def visited(self, click: Click) -> None:
        """Takes note of a click."""
        self.clicks[click.id] = click
        self._visitors[click.address, click.agent, click.link.key] = click
        click.link.clicks += 1
        click.link.last_clicked = click.timestamp

    def latest_visit(self, address: str, agent: str, key: str, now: str) -> Click | None:
        """The click of the same visitor on the same link, if it was within the hour."""
        click = self._visitors.get((address, agent, key))
        if click is None or datetime.fromisoformat(now) - datetime.fromisoformat(click.timestamp) > _SAME_VISITOR:
            return None
        return click

    def customer(self, external: str, click: str, now: str) -> Customer:
        """The customer with this external id, made on first use."""
        customer = self.customers.get(external)
        if customer is None:
            customer = Customer(new_id("cus_"), external, self.clicks[click], now)
            self.customers[external] = customer
            self._external[customer.id] = external
        return customer

    def customer_with_id(self, identity: str) -> Customer | None:
        """The customer with this id of the platform's own."""
        external = self._external.get(identity)
        return None if external is None else self.customers[external]

    def forget(self, customer: Customer) -> None:
        """Deletes a customer, with all that was recorded."""
        del self.customers[customer.external]
        del self._external[customer.id]
        self.leads = [lead for lead in self.leads if lead.customer is not customer]
        self.sales = [sale for sale in self.sales if sale.customer is not customer]

    def record_lead(self, lead: Recorded) -> None:
        """Lists a lead and counts it."""
        self.leads.append(lead)
        lead.customer.leads.append(lead)
        lead.click.link.leads += lead.quantity

    def record_sale(self, sale: Recorded, payment: Payment) -> None:
        """Lists a sale and counts it."""
        customer, link = sale.customer, sale.click.link
        if all(earlier.click.link is not link for earlier in customer.bought):
            link.conversions += 1
        self.sales.append(sale)
        customer.bought.append(sale)
        customer.sales += 1
        customer.sale_amount += payment.amount
        customer.first_sale = customer.first_sale or sale.timestamp
        link.sales += 1
        link.sale_amount += payment.amount


def one_by_one(recorded: Iterator[Recorded]) -> Iterator[tuple[str, Recorded]]:
    """Each event with an id of its own, where one lead stands for several."""
    for entry in recorded:
        for index in range(entry.quantity):
            yield (f"{entry.id}{index or ''}", entry)


def workspace_of(namespace: Namespace) -> Workspace:
    """What Dub keeps of a namespace, made on first use."""
    if not isinstance(namespace.besides, Workspace):
        namespace.besides = Workspace()
    return namespace.besides
