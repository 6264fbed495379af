"""What has to be recorded of the buyer of a dense journey, and of a customer who bought without a lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.engine.equivalence import same
from conformance.generated.screening import Facet
from conformance.suites.validation import is_that_time

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from conformance.contract import Profile
    from conformance.engine.names import Name
    from conformance.ledger.records import RecordedCustomer, RecordedSale

SECOND_LEAD = "non-deferred.second-event-name-is-second-lead"
EACH_ITS_OWN = "non-deferred.each-lead-keeps-its-click"
NAME = "Zoë 🦄  Анна محمد 王小明"
TIME, PAID = "2024-01-15T12:30:00.250+02:00", "2024-01-16T08:05:00Z"
EVENT, LATER, DEMO = "sign-up_started", "demo-booked-" + "with-a-name-of-some-length-" * 3, "demo_booked"


@dataclass
class Bought:
    """A sale that was accepted, and what its record has to say.

    `click` comes with the requirement that ties the sale to it; of `present`, `once` and `kept` one is broken where the
    sale is missing, counts twice, or has another amount or currency. `at` is its time, where it was sent, and when that
    was.
    """

    invoice: str
    amount: Decimal
    currency: str
    event: str
    click: tuple[str, str]
    present: tuple[str, ...]
    once: tuple[str, ...]
    kept: tuple[str, ...]
    at: tuple[str, datetime] | None = None


@dataclass
class Buyer:
    """The customer of the story, as it was accepted; `later` is the click of the later lead, where it has its own."""

    customer: str
    click: str
    odd: bool
    began: datetime
    name: Name
    later: str | None = None
    later_event: str = LATER
    sales: list[Bought] = field(default_factory=list)

    @property
    def email(self) -> str:
        """An address with a tag, as some people have one for each shop."""
        return self.name.email.replace("@", "+tag@")


def of_buyer(profile: Profile, buyer: Buyer, record: RecordedCustomer | None) -> list[Facet]:
    """The buyer's lead, later lead and sales."""
    if record is None:
        suspects = ("validation.ids-unchanged", "validation.ids-with-slash") if buyer.odd else ()
        return [
            Facet((*suspects, "non-deferred.confirmed-at-once"), holds=False, expected=f"customer {buyer.customer}")
        ]
    confirmed, click = record.confirmed, buyer.click
    first = [lead for lead in confirmed if lead.event == EVENT]
    nameless = all(lead.event is None for lead in confirmed)
    others = [lead for lead in confirmed if lead not in first]
    tied = record.click == click or not record.click_shown
    waits = ("non-deferred.explicit-mode-is-not-deferred", "non-deferred.confirmed-at-once")
    twice = ("race.leads-counted-once", "retry.lead-counted-once", "non-deferred.one-lead")
    once = len(first) <= 1 and len(confirmed) <= 2  # noqa: PLR2004 - the lead and the later one
    rightly = tied and any(lead.click == click for lead in (first or confirmed))
    facets = [
        Facet(waits, bool(confirmed), "a confirmed lead"),
        Facet(twice, once, "each lead once", excess=not once),
        Facet(("non-deferred.attributed",), rightly or not confirmed, f"a lead attributed to click {click}"),
        Facet(
            ("non-deferred.later-lead-same-click", EACH_ITS_OWN, "non-deferred.attributed"),
            all(lead.click == (buyer.later or click) for lead in (others if first else confirmed)),
            f"a later lead attributed to click {buyer.later or click}",
        ),
        Facet((SECOND_LEAD,), bool(others), "a second lead under another name"),
        Facet(
            ("non-deferred.event-name-kept",),
            not first or all(lead.event in (None, buyer.later_event) for lead in others),
            f"a later lead named {buyer.later_event}",
        ),
        Facet(
            ("non-deferred.event-name-kept", *waits),
            bool(first) or not confirmed or (not buyer.odd and nameless),
            f"a lead named {EVENT}",
        ),
    ]
    if buyer.odd:
        facets += _odd(profile, buyer, record)
    return facets + _sold(profile, buyer, record)


def _odd(profile: Profile, buyer: Buyer, record: RecordedCustomer) -> list[Facet]:
    rules, details = profile.equivalence, ("non-deferred.details-kept",)
    at = next((lead.timestamp for lead in record.leads if lead.event == EVENT), None)
    return [
        Facet(("validation.ids-unchanged",), record.customer == buyer.customer, f"customer {buyer.customer!r}"),
        Facet(
            (
                "race.customers-not-mixed-up",
                "validation.any-script-unchanged",
                "non-deferred.first-profile-stays",
                *details,
            ),
            same(record.name, NAME, rules.get("name", "exact")),
            f"the name {NAME!r}",
        ),
        Facet(
            details,
            same(record.email, buyer.email, rules.get("email", "exact")),
            "the e-mail address",
        ),
        Facet(details, same(record.avatar, buyer.name.avatar, rules.get("avatar", "exact")), "the avatar"),
        Facet(("validation.timestamp-same-instant",), is_that_time(at, TIME, buyer.began), f"the instant {TIME}"),
    ]


def _sold(profile: Profile, buyer: Buyer, record: RecordedCustomer) -> list[Facet]:
    facets = []
    for bought in buyer.sales:
        facets += _as_bought(profile, bought, [sale for sale in record.sales if sale.invoice == bought.invoice])
    own = {bought.invoice for bought in buyer.sales}
    foreign = [sale.invoice for sale in record.sales if sale.invoice not in own]
    facets.append(Facet(("sale.invoice-kept", "duplicate-sale.counted-once"), not foreign, "no other invoice"))
    return facets


def _as_bought(profile: Profile, bought: Bought, sales: list[RecordedSale]) -> list[Facet]:
    rules, told = profile.equivalence, f"sale {bought.invoice}"
    click, tied = bought.click
    facets = [
        Facet(bought.present, bool(sales), told),
        Facet(bought.once, len(sales) <= 1, f"{told} once", excess=len(sales) > 1),
    ]
    if sales:
        kept = any(same(sale.amount, bought.amount, rules.get("amount", "exact")) for sale in sales)
        code = any(same(sale.currency, bought.currency, rules.get("currency", "exact")) for sale in sales)
        named = any(sale.event == bought.event for sale in sales)
        facets += [
            Facet(bought.kept, kept, f"{told} of {bought.amount}"),
            Facet(("sale.currency-kept", *bought.kept), code, f"{told} in {bought.currency}"),
            Facet(("sale.event-name-kept",), named, f"{told} named {bought.event}"),
            Facet((tied,), any(sale.click == click for sale in sales), f"{told} attributed to click {click}"),
        ]
        if bought.at is not None:
            moment, began = bought.at
            then = any(is_that_time(sale.timestamp, moment, began) for sale in sales)
            facets.append(Facet(("validation.timestamp-same-instant",), then, f"{told} at {moment}"))
    return facets


def is_there(bought: Bought, record: RecordedCustomer | None) -> list[Facet]:
    """The sale counts."""
    there = record is not None and any(sale.invoice == bought.invoice for sale in record.sales)
    return [Facet(bought.present, there, f"sale {bought.invoice}")]


def of_stranger(bought: Bought, record: RecordedCustomer | None) -> list[Facet]:
    """The sale of a customer without a lead, and the lead that it may leave."""
    sales = [sale for sale in record.sales if sale.invoice == bought.invoice] if record else []
    click, tied = bought.click
    led = record is not None and any(lead.click == click for lead in record.confirmed)
    return [
        *is_there(bought, record),
        Facet(("sale.own-click-leaves-lead",), led, f"a lead attributed to click {click}"),
        Facet(bought.once, len(sales) <= 1, f"sale {bought.invoice} once", excess=len(sales) > 1),
        Facet(
            (tied, "click-capture.id-usable"),
            all(sale.click == click for sale in sales),
            f"sale {bought.invoice} attributed to click {click}",
        ),
    ]
