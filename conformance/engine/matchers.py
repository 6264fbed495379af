"""Small pure functions that say what was expected of an answer or a record, and what was found.

They know nothing of tests, journeys or verdicts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.engine.equivalence import same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.ledger.records import LeadStatus, RecordedCustomer, RecordedSale


class Kind(enum.Enum):
    """When a matcher may be believed: as soon as it holds, only after the target had time for more, or both."""

    PRESENCE = "presence"
    ABSENCE = "absence"
    EXACT = "exact"


@dataclass(frozen=True)
class Found:
    """What a matcher found. `excess`: there is too much already, so that waiting cannot help.

    `hidden` names details that are null where something was expected: lost, or never shown to anybody.
    """

    holds: bool
    actual: str
    excess: bool = False
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Matcher:
    """What must be recorded of a customer; `about` is `lead` or `sale`, for the marker that proves the channel live."""

    expected: str
    kind: Kind
    judge: Callable[[RecordedCustomer | None], Found]
    about: str = "lead"


def is_attributed_to(click: str) -> Matcher:
    """The customer is tied to this click."""
    return Matcher(f"customer attributed to click {click}", Kind.PRESENCE, lambda c: _attribution(c, click))


def stays_attributed_to(click: str) -> Matcher:
    """The customer is tied to this click, also after the target had time to change that."""
    return Matcher(f"customer still attributed to click {click}", Kind.EXACT, lambda c: _attribution(c, click))


def _attribution(customer: RecordedCustomer | None, click: str) -> Found:
    if customer is None:
        return Found(holds=False, actual="customer unknown")
    if not customer.click_shown:
        astray = [lead for lead in customer.confirmed if lead.click != click]
        return Found(holds=not astray, actual=describe(customer), excess=bool(astray))
    return Found(holds=customer.click == click, actual=f"customer attributed to {_click(customer.click)}")


def is_attributed_to_nobody(besides: str | None = None) -> Matcher:
    """Nothing of this customer is tied to any click (but `besides`); being unknown is the plainest form of it."""

    def judge(customer: RecordedCustomer | None) -> Found:
        if customer is None:
            return Found(holds=True, actual="customer unknown")
        clicks = [customer.click, *(lead.click for lead in customer.leads), *(sale.click for sale in customer.sales)]
        tied = any(click is not None and click != besides for click in clicks)
        return Found(holds=not tied, actual=describe(customer), excess=tied)

    return Matcher("attributed to no click" + (f" but {besides}" if besides else ""), Kind.ABSENCE, judge)


def has_confirmed_lead(*, click: str | None = None, event: str | None = None) -> Matcher:
    """There is a confirmed lead, tied to this click and of this event name where given."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.confirmed if customer else ()
        right = [
            lead for lead in leads if (click is None or lead.click == click) and (event is None or lead.event == event)
        ]
        hidden = (
            frozenset({"lead event name"}) if not right and leads and _nameless(leads, click, event) else frozenset()
        )
        return Found(holds=bool(right), actual=describe(customer), hidden=hidden)

    of_click = f" attributed to click {click}" if click else ""
    named = f" named {event}" if event else ""
    return Matcher(f"a confirmed lead{named}{of_click}", Kind.PRESENCE, judge)


def _nameless(leads: Any, click: str | None, event: str | None) -> bool:
    return event is not None and any((click is None or lead.click == click) and lead.event is None for lead in leads)


def has_confirmed_leads(count: int, *, click: str | None = None) -> Matcher:
    """There are exactly so many confirmed leads, every one tied to this click where given, and no more come."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.confirmed if customer else ()
        right = [lead for lead in leads if click is None or lead.click == click]
        holds = len(leads) == len(right) == count
        return Found(holds=holds, actual=describe(customer), excess=len(leads) > count)

    noun = "confirmed lead" if count == 1 else "confirmed leads"
    of_click = f", attributed to click {click}" if click else ""
    return Matcher(f"exactly {count} {noun}{of_click}", Kind.EXACT, judge)


def has_one_lead_and_it_is_confirmed() -> Matcher:
    """There is one lead, it is confirmed, and none is left pending or unlinked beside it."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.leads if customer else ()
        confirmed = customer.confirmed if customer else ()
        holds = len(leads) == len(confirmed) == 1
        return Found(holds=holds, actual=describe(customer), excess=len(confirmed) > 1)

    return Matcher("one lead, confirmed, and no other beside it", Kind.EXACT, judge)


def has_at_most_confirmed_leads(count: int) -> Matcher:
    """There are no more confirmed leads than so many."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.confirmed if customer else ()
        return Found(holds=len(leads) <= count, actual=describe(customer), excess=len(leads) > count)

    return Matcher(f"at most {count} confirmed lead{'s' if count != 1 else ''}", Kind.ABSENCE, judge)


def has_no_confirmed_lead() -> Matcher:
    """No lead counts."""
    at_most = has_at_most_confirmed_leads(0)
    return Matcher("no confirmed lead", Kind.ABSENCE, at_most.judge)


def is_pending(click: str) -> Matcher:
    """The customer waits for event 2: tied to this click, no lead confirmed."""

    def judge(customer: RecordedCustomer | None) -> Found:
        confirmed = customer.confirmed if customer else ()
        tied = customer is not None and (customer.click == click or not customer.click_shown)
        return Found(holds=tied and not confirmed, actual=describe(customer), excess=bool(confirmed))

    return Matcher(f"pending: tied to click {click}, no confirmed lead", Kind.EXACT, judge)


def has_lead_that_is(status: LeadStatus) -> Matcher:
    """There is a lead with this status."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = [lead for lead in customer.leads if lead.status is status] if customer else []
        return Found(holds=bool(leads), actual=describe(customer))

    return Matcher(f"a lead shown as {status}", Kind.PRESENCE, judge)


def later_leads_keep(click: str) -> Matcher:
    """Every confirmed lead, however many, is tied to this click, and so is the customer."""

    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.confirmed if customer else ()
        astray = [lead for lead in leads if lead.click != click]
        holds = bool(leads) and not astray and _attribution(customer, click).holds
        return Found(holds=holds, actual=describe(customer), excess=bool(astray))

    return Matcher(f"all confirmed leads attributed to click {click}", Kind.EXACT, judge)


def shows(details: Mapping[str, str], rules: Mapping[str, str]) -> Matcher:
    """The customer's details are shown as they were sent, by the profile's rules of equivalence."""

    def judge(customer: RecordedCustomer | None) -> Found:
        if customer is None:
            return Found(holds=False, actual="customer unknown")
        shown = {name: getattr(customer, name) for name in details}
        wrong = {name for name, value in details.items() if not same(shown[name], value, rules.get(name, "exact"))}
        hidden = frozenset(name for name in wrong if shown[name] is None)
        return Found(
            holds=not wrong,
            actual=", ".join(f"{name} {shown[name]!r}" for name in details),
            hidden=hidden if hidden == wrong else frozenset(),
        )

    return Matcher(", ".join(f"{name} {value!r}" for name, value in details.items()), Kind.PRESENCE, judge)


def is_shown_under(customer_id: str) -> Matcher:
    """The record bears the id that was sent, character by character."""

    def judge(customer: RecordedCustomer | None) -> Found:
        if customer is None:
            return Found(holds=False, actual="customer unknown")
        return Found(holds=customer.customer == customer_id, actual=f"customer {customer.customer!r}")

    return Matcher(f"customer {customer_id!r}", Kind.PRESENCE, judge)


def has_sale(invoice: str, rules: Mapping[str, str], **fields: Any) -> Matcher:
    """There is a sale with this invoice id whose other fields are as sent (`amount`, `currency`, `event`, `click`)."""

    def judge(customer: RecordedCustomer | None) -> Found:
        sales = _sales(customer, invoice)
        right = [sale for sale in sales if all(_field_is(sale, n, v, rules) for n, v in fields.items())]
        hidden = frozenset(
            f"sale {name}"
            for sale in sales
            for name, value in fields.items()
            if name == "event" and sale.event is None and value is not None
        )
        return Found(holds=bool(right), actual=describe(customer), hidden=hidden if not right else frozenset())

    wanted = ", ".join(f"{name} {value}" for name, value in fields.items())
    return Matcher(f"sale {invoice}" + (f" with {wanted}" if wanted else ""), Kind.PRESENCE, judge, about="sale")


def counts(*invoices: str) -> Matcher:
    """Exactly these invoices count, each once, and no other sale does."""

    def judge(customer: RecordedCustomer | None) -> Found:
        found = sorted(str(sale.invoice) for sale in customer.sales) if customer else []
        wanted = sorted(invoices)
        excess = len(found) > len(wanted) or len(set(found)) < len(found)
        return Found(holds=found == wanted, actual=describe(customer), excess=excess)

    noun = "sale" if len(invoices) == 1 else "sales"
    return Matcher(f"exactly {len(invoices)} {noun}: {', '.join(invoices)}", Kind.EXACT, judge, about="sale")


def has_so_many_sales(count: int) -> Matcher:
    """Exactly so many sales count, whatever their invoices."""

    def judge(customer: RecordedCustomer | None) -> Found:
        sales = customer.sales if customer else ()
        return Found(holds=len(sales) == count, actual=describe(customer), excess=len(sales) > count)

    return Matcher(f"exactly {count} sales", Kind.EXACT, judge, about="sale")


def has_no_sale() -> Matcher:
    """No sale counts."""

    def judge(customer: RecordedCustomer | None) -> Found:
        sales = customer.sales if customer else ()
        return Found(holds=not sales, actual=describe(customer), excess=bool(sales))

    return Matcher("no sale", Kind.ABSENCE, judge, about="sale")


def sale_if_counted_has(invoice: str, click: str) -> Matcher:
    """The sale with this invoice id, if it counts at all, is tied to this click."""

    def judge(customer: RecordedCustomer | None) -> Found:
        astray = [sale for sale in _sales(customer, invoice) if sale.click != click]
        return Found(holds=not astray, actual=describe(customer), excess=bool(astray))

    return Matcher(f"sale {invoice}, if counted, attributed to click {click}", Kind.ABSENCE, judge, about="sale")


def sale_is_not_of(invoice: str, click: str) -> Matcher:
    """The sale with this invoice id, if it counts at all, is not tied to this click; to which, others judge."""

    def judge(customer: RecordedCustomer | None) -> Found:
        taken = any(sale.click == click for sale in _sales(customer, invoice))
        return Found(holds=not taken, actual=describe(customer), excess=taken)

    return Matcher(f"sale {invoice}, if counted, not attributed to click {click}", Kind.ABSENCE, judge, about="sale")


def is_not_recorded(*, about: str = "lead") -> Matcher:
    """Nothing was kept of this customer: unknown, or an empty record without click, lead or sale."""

    def judge(customer: RecordedCustomer | None) -> Found:
        kept = customer is not None and bool(customer.click or customer.leads or customer.sales)
        return Found(holds=not kept, actual=describe(customer), excess=kept)

    return Matcher("nothing recorded", Kind.ABSENCE, judge, about=about)


def is_unknown(*, about: str = "lead") -> Matcher:
    """There is no customer of this id, not even an empty record."""

    def judge(customer: RecordedCustomer | None) -> Found:
        return Found(holds=customer is None, actual=describe(customer), excess=customer is not None)

    return Matcher("no such customer", Kind.ABSENCE, judge, about=about)


def _sales(customer: RecordedCustomer | None, invoice: str) -> list[RecordedSale]:
    return [sale for sale in customer.sales if sale.invoice == invoice] if customer else []


def _field_is(sale: RecordedSale, name: str, value: Any, rules: Mapping[str, str]) -> bool:
    return same(getattr(sale, name), value, rules.get(name, "exact"))


def _click(click: str | None) -> str:
    return "no click" if click is None else f"click {click}"


def describe(customer: RecordedCustomer | None) -> str:
    """A record in one line, as reports show it."""
    if customer is None:
        return "customer unknown"
    leads = [f"{lead.status} {lead.event or 'lead'} ({_click(lead.click)})" for lead in customer.leads]
    sales = [f"sale {sale.invoice} {sale.amount} {sale.currency} ({_click(sale.click)})" for sale in customer.sales]
    attributed = f"attributed to {_click(customer.click)}" if customer.click_shown else "known"
    if customer.copies > 1:
        attributed += f" {customer.copies} times"
    return f"customer {attributed}; " + (", ".join([*leads, *sales]) or "no leads, no sales")
