"""What the body of a lead or a sale says: the ledger's event, and what only the platform keeps."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from conformance.ledger import Details, LeadEvent, Mode, SaleEvent
from conformance.sandbox.platforms.dub.errors import Refused
from conformance.sandbox.platforms.dub.money import USD, converted
from conformance.sandbox.platforms.dub.reading import (
    LONGEST_DETAIL,
    LONGEST_EVENT,
    amount,
    at_most,
    default,
    email,
    metadata,
    one_of,
    optional,
    quantity,
    read,
    required,
    text,
    trimmed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.contract.profile import Profile

_DEFAULT_EVENT = "Purchase"
_DEFAULT_PROCESSOR = "custom"
# The last but two is newer than the server's code that was read, and in both official packages.
_PROCESSORS = ("stripe", "shopify", "polar", "paddle", "apple", "revenuecat", "lemonsqueezy", "dub", "custom")
_ALIASES = ("externalId", "customerId")
# The documents give the length, which the code checks for browsers only; here the stricter word holds.
_TRIMMED = at_most(LONGEST_DETAIL, trimmed)
_AS_IT_IS = at_most(LONGEST_DETAIL)
_PICTURES = "https://dubassets.com/customers/avatar_"
_FIRST = ("Brave", "Calm", "Clever", "Eager", "Fair", "Gentle", "Happy", "Jolly", "Kind", "Lively", "Mild", "Noble")
_SECOND = ("Amber", "Blue", "Coral", "Golden", "Green", "Indigo", "Ivory", "Lilac", "Olive", "Red", "Silver", "Teal")
_THIRD = ("Badger", "Crane", "Deer", "Falcon", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Seal", "Swan")


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as it was sent."""

    event: LeadEvent
    metadata: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it was sent; `name` is its event's."""

    event: SaleEvent
    name: str
    processor: str
    metadata: dict[str, Any] | None


class Reader:
    """Reads leads and sales under the profile's field names; what comes from a browser is read more strictly."""

    def __init__(self, profile: Profile) -> None:
        self._lead = profile.fields["lead"]
        self._sale = profile.fields["sale"]
        modes = profile.modes
        self._deferred = modes["deferred"]
        self._default_mode = modes["non_deferred"]
        self._mode = default(one_of((modes["non_deferred"], modes["wait"], modes["deferred"])), self._default_mode)

    def lead(self, body: Mapping[str, Any], received: str, *, browser: bool) -> Lead:
        """The lead that the body describes; raises Refused."""
        names = self._lead
        click = read(body, names["click"], trimmed if browser else optional(trimmed))
        event = read(body, names["event"], required(names["event"], LONGEST_EVENT))
        customer = _sent_customer(body, names["customer"], _TRIMMED, browser=browser)
        details = _details(body, names)
        mode = read(body, names["mode"], self._mode)
        count = read(body, names["quantity"], optional(quantity)) or 1
        extra = read(body, names["metadata"], optional(metadata))
        customer = customer or _alias(body, names["customer"], _TRIMMED, browser=browser)
        lead = LeadEvent(
            customer=customer,
            event=event,
            click=click or None,
            mode=Mode.DEFERRED if mode == self._deferred else Mode.NON_DEFERRED,
            details=_completed(details, customer),
            received=received,
            quantity=count,
        )
        return Lead(lead, extra)

    def sale(self, body: Mapping[str, Any], received: str, *, browser: bool) -> Sale:
        """The sale that the body describes; raises Refused."""
        names = self._sale
        # For servers, the external id of a sale is taken as it is, blanks and all.
        understand = _TRIMMED if browser else _AS_IT_IS
        customer = _sent_customer(body, names["customer"], understand, browser=browser)
        price = read(body, names["amount"], amount)
        currency = read(body, names["currency"], default(text, USD)).lower()
        name = read(body, names["event"], default(at_most(LONGEST_EVENT), _DEFAULT_EVENT))
        processor = read(body, names["processor"], default(one_of(_PROCESSORS), _DEFAULT_PROCESSOR))
        invoice = read(body, names["invoice"], optional(text))
        extra = read(body, names["metadata"], optional(metadata))
        lead = read(body, names["lead_event"], optional(text))
        click = read(body, names["click"], optional(trimmed))
        details = _details(body, names)
        customer = customer or _alias(body, names["customer"], understand, browser=browser)
        cents, currency = converted(price, currency)
        sale = SaleEvent(
            customer=customer,
            invoice=invoice or None,
            amount=Decimal(cents),
            currency=currency,
            event=name,
            click=click or None,
            details=_completed(details, customer),
            received=received,
            lead=lead or None,
        )
        return Sale(sale, name, processor, extra)


def _sent_customer(
    body: Mapping[str, Any], name: str, understand: Callable[[Any], str], *, browser: bool
) -> str | None:
    return read(body, name, required(name, LONGEST_DETAIL) if browser else optional(understand))


def _alias(body: Mapping[str, Any], name: str, understand: Callable[[Any], str], *, browser: bool) -> str:
    found = "" if browser else next(filter(None, [read(body, alias, optional(understand)) for alias in _ALIASES]), "")
    if not found:
        raise Refused("bad_request", f"{name} is required")
    return found


def _details(body: Mapping[str, Any], names: Mapping[str, str]) -> Details:
    return Details(
        name=read(body, names["name"], optional(at_most(LONGEST_DETAIL))),
        email=read(body, names["email"], optional(email)),
        avatar=read(body, names["avatar"], optional(text)),
    )


def _completed(details: Details, customer: str) -> Details:
    """The details of a customer that they make: never without a name, and with a picture of the platform's own."""
    name = details.name or details.email or _made_up_name(customer)
    return Details(name, details.email, _own_picture(details.avatar) if details.avatar else None)


def _own_picture(address: str) -> str:
    return _PICTURES + blake2b(address.encode(), digest_size=10).hexdigest()


def _made_up_name(customer: str) -> str:
    number = zlib.crc32(customer.encode())
    words = []
    for choice in (_FIRST, _SECOND, _THIRD):
        number, index = divmod(number, len(choice))
        words.append(choice[index])
    return " ".join(words)
