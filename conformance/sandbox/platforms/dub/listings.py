"""What Dub shows of customers and events, and the deletion of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.incoming import decoded
from conformance.sandbox.platforms.dub.errors import Refused, refusal
from conformance.sandbox.platforms.dub.queries import customers_query, events_query, wants_expanded
from conformance.sandbox.platforms.dub.shapes import click_event, expanded_customer, full_customer, recorded_event
from conformance.sandbox.platforms.dub.workspace import one_by_one, workspace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.contract.profile import Profile
    from conformance.ledger import Ledger, RecordedCustomer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.platforms.dub.queries import CustomersQuery, EventsQuery
    from conformance.sandbox.platforms.dub.workspace import Click, Customer, Recorded, Workspace
    from conformance.sandbox.store import Namespace

_EXTERNAL = "ext_"
_ORDERS: Mapping[str, Callable[[Customer], Any]] = {
    "saleAmount": lambda customer: customer.sale_amount,
    "firstSaleAt": lambda customer: customer.first_sale or "",
}
_ON_MANY = ("GET", "HEAD")
_NOT_ON_MANY = refusal(405, "", (b"allow", b"GET, HEAD"))
_ON_ONE = (*_ON_MANY, "DELETE")
_NOT_ON_ONE = refusal(405, "", (b"allow", b"GET, HEAD, DELETE"))


class Listings:
    """The operations on customers and events."""

    def __init__(self, profile: Profile) -> None:
        self._customers = profile.paths["customers"].encode()
        self._one_customer = self._customers + b"/"
        self._events = profile.paths["events"].encode()

    def serve(self, path: bytes) -> bool:
        """Whether this path is one of theirs."""
        return path in (self._customers, self._events) or path.startswith(self._one_customer)

    def answer(self, request: Incoming, namespace: Namespace) -> Answer:
        """The answer to a request for such a path; raises Refused."""
        workspace = workspace_of(namespace)
        if request.path.startswith(self._one_customer):
            if request.method not in _ON_ONE:
                return _NOT_ON_ONE
            customer = _find(decoded(request.path[len(self._one_customer) :]), workspace)
            if request.method == "DELETE":
                return _delete(customer, namespace, workspace)
            show = expanded_customer if wants_expanded(request.query) else full_customer
            return json_answer(200, show(customer, _recorded(customer, namespace.ledger)))
        if request.method not in _ON_MANY:
            return _NOT_ON_MANY
        if request.path == self._customers:
            return json_answer(200, _list_customers(customers_query(request.query), namespace.ledger, workspace))
        return json_answer(200, _list_events(events_query(request.query), namespace.ledger, workspace))


def _find(identity: str, workspace: Workspace) -> Customer:
    external = identity.removeprefix(_EXTERNAL)
    found = workspace.customer_with_id(identity) if external == identity else workspace.customers.get(external)
    if found is None:
        raise Refused("not_found", "Customer not found.")
    return found


def _delete(customer: Customer, namespace: Namespace, workspace: Workspace) -> Answer:
    namespace.ledger.forget(customer.external)
    workspace.forget(customer)
    return json_answer(200, {"id": customer.id})


def _recorded(customer: Customer, ledger: Ledger) -> RecordedCustomer:
    recorded = ledger.recorded(customer.external)
    if recorded is None:
        raise LookupError(customer.external)
    return recorded


def _list_customers(query: CustomersQuery, ledger: Ledger, workspace: Workspace) -> list[dict[str, Any]]:
    if query.external is not None:
        only = workspace.customers.get(query.external)
        found = [] if only is None else [only]
    else:
        found = list(workspace.customers.values())
    pairs = [(customer, _recorded(customer, ledger)) for customer in found]
    if query.email is not None:
        pairs = [pair for pair in pairs if pair[1].email == query.email]
    if query.search is not None:
        pairs = [pair for pair in pairs if _matches(query.search, pair[1])]
    # They came in the order of their creation, and sorting keeps it among equals.
    if (order := _ORDERS.get(query.by)) is not None:
        pairs.sort(key=lambda pair: order(pair[0]))
    show = expanded_customer if query.expanded else full_customer
    return [show(*pair) for pair in query.page.of(pairs, reversed(pairs))]


def _matches(search: str, recorded: RecordedCustomer) -> bool:
    wanted = search.lower()
    return any(wanted in (value or "").lower() for value in (recorded.name, recorded.email, recorded.customer))


def _list_events(query: EventsQuery, ledger: Ledger, workspace: Workspace) -> list[dict[str, Any]]:
    customer = None if query.customer is None else workspace.customer_with_id(query.customer)
    if query.customer is not None and customer is None:
        return []
    if query.kind == "clicks":
        clicks: Sequence[Click] = list(workspace.clicks.values()) if customer is None else [customer.click]
        return [click_event(click, workspace) for click in query.page.of(clicks, reversed(clicks))]
    if query.kind == "leads":
        entries: Sequence[Recorded] = workspace.leads if customer is None else customer.leads
    else:
        entries = workspace.sales if customer is None else customer.bought
    page = query.page.of(one_by_one(iter(entries)), one_by_one(reversed(entries)))
    return [
        recorded_event(identity, entry, full_customer(entry.customer, _recorded(entry.customer, ledger)), workspace)
        for identity, entry in page
    ]
