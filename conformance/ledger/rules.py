"""The choices in which platforms differ, read from a profile's `[rules]`."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ResentClick(enum.StrEnum):
    """What becomes of a follow-up that carries a click id although event 1 did."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    CONFIRM = "confirm"
    ACCEPT = "accept"


class RepeatedInvoice(enum.StrEnum):
    """What becomes of a sale whose invoice id is recorded already."""

    IGNORE = "ignore"
    REFUSE = "refuse"


class Mismatch(enum.StrEnum):
    """What becomes of a lead without a click id whose customer has none either."""

    UNLINKED = "unlinked"
    REFUSE = "refuse"


class DeferredWithoutClick(enum.StrEnum):
    """What becomes of an event 1 without a click id: refused, or taken for the click its customer has."""

    REFUSE = "refuse"
    CUSTOMERS_CLICK = "customers-click"


class EventNames(enum.StrEnum):
    """When two event names are one: byte for byte, or after trimming, lower-casing and putting hyphens for blanks."""

    EXACT = "exact"
    LOOSE = "loose"


class LeadClick(enum.StrEnum):
    """Whose click a lead counts for that brings one although its customer has one: the customer's, or its own."""

    CUSTOMERS = "customers"
    OWN = "own"


class CustomerDetails(enum.StrEnum):
    """What later events add to a customer's details: what is still missing, or nothing after the first event."""

    FILL = "fill"
    FIRST = "first"


class StrangersSale(enum.StrEnum):
    """What becomes of a sale whose customer is unknown.

    Either it counts, for its own click if that is known; or it is ignored without a click, and with one becomes a
    direct sale: an unknown click is refused, a known one makes the customer.
    """

    COUNT = "count"
    IGNORE = "ignore"


class SaleClick(enum.StrEnum):
    """Which click a sale counts for: the customer's, or that of the lead it names, else of the latest one."""

    CUSTOMERS = "customers"
    LEADS = "leads"


class SaleWithoutLead(enum.StrEnum):
    """What becomes of a known customer's sale when the customer has no confirmed lead, or none of the given name."""

    COUNT = "count"
    REFUSE = "refuse"


class ZeroSale(enum.StrEnum):
    """What becomes of a sale of nothing."""

    COUNT = "count"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Rules:
    """One platform's choices; in none of them is anything counted twice.

    `direct_sale_lead` is the event of the lead that a direct sale leaves; when it is empty, it leaves none.
    """

    resent_click: ResentClick = ResentClick.REFUSE
    repeated_invoice: RepeatedInvoice = RepeatedInvoice.IGNORE
    mismatch: Mismatch = Mismatch.UNLINKED
    deferred_without_click: DeferredWithoutClick = DeferredWithoutClick.REFUSE
    event_names: EventNames = EventNames.EXACT
    lead_click: LeadClick = LeadClick.CUSTOMERS
    customer_details: CustomerDetails = CustomerDetails.FILL
    strangers_sale: StrangersSale = StrangersSale.COUNT
    sale_click: SaleClick = SaleClick.CUSTOMERS
    sale_without_lead: SaleWithoutLead = SaleWithoutLead.COUNT
    zero_sale: ZeroSale = ZeroSale.COUNT
    direct_sale_lead: str = ""

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Rules:
        """The rules that a profile chose; raises ContractError for a rule or a choice that does not exist."""
        rules: dict[str, Any] = {}
        for name, value in chosen.items():
            if name == _TEXT_RULE:
                rules[name] = _text(name, value)
            elif name in _CHOICES:
                rules[name] = _choice(name, value)
            else:
                known = ", ".join((*_CHOICES, _TEXT_RULE))
                raise ContractError(f"there is no rule {name!r}", f"The rules are {known}.")
        return cls(**rules)


_TEXT_RULE = "direct_sale_lead"
_CHOICES: Mapping[str, type[enum.StrEnum]] = {
    "resent_click": ResentClick,
    "repeated_invoice": RepeatedInvoice,
    "mismatch": Mismatch,
    "deferred_without_click": DeferredWithoutClick,
    "event_names": EventNames,
    "lead_click": LeadClick,
    "customer_details": CustomerDetails,
    "strangers_sale": StrangersSale,
    "sale_click": SaleClick,
    "sale_without_lead": SaleWithoutLead,
    "zero_sale": ZeroSale,
}


def _choice(name: str, value: Any) -> enum.StrEnum:
    choices = _CHOICES[name]
    try:
        return choices(value)
    except ValueError:
        raise ContractError(f"the rule {name} cannot be {value!r}", f"Choose one of {', '.join(choices)}.") from None


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ContractError(f"the rule {name} cannot be {value!r}", "Give it a text, or leave it out.")
    return value
