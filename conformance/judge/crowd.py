"""What only several customers together show: ids that are one person's, clicks and invoices that are shared."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.findings import Severity
from conformance.judge.kinship import Kinship, blocking_keys, kinship

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.findings import EventRef, Finding
    from conformance.judge.kinship import Party
    from conformance.judge.teller import Teller

# Colleagues, a family, a shared machine: so many may come by one click before it is hard to believe.
CUSTOMERS_OF_A_CLICK = 6
_SHOWN = 20
_A_MONTH = 31 * 86400.0
_CLOCKS_DIFFER = 5.0
_MOST_KIN = 200
# Up to this rank two ids are the same text in other words, or an e-mail address says so.
_SAME = 2


class Register:
    """Parties that are found again by whatever two ids of one customer have in common."""

    def __init__(self, *, near: bool) -> None:
        self._near = near
        self._by_key: dict[str, list[Party]] = defaultdict(list)

    def add(self, party: Party) -> None:
        """Takes a party in."""
        for key in blocking_keys(party, near=self._near):
            self._by_key[key].append(party)

    def kin(self, party: Party) -> Iterator[tuple[Kinship, Party]]:
        """Everybody who may be the same customer, with how the ids differ."""
        seen = set()
        for key in blocking_keys(party, near=self._near):
            for other in self._by_key.get(key, ())[:_MOST_KIN]:
                if id(other) in seen:
                    continue
                seen.add(id(other))
                found = kinship(other, party)
                if found:
                    yield found, other


@dataclass(frozen=True, slots=True)
class Match:
    """An event 2 and the event 1 that it was meant for."""

    finding: Finding
    pending: Party
    orphan: Party


def mismatched(teller: Teller, pending: Register, orphan: Party, *, whole: bool) -> Match | None:
    """The event 1 that a follow-up was meant for, if its id tells."""
    candidates = [
        (found, other)
        for found, other in pending.kin(orphan)
        if not other.told and _in_order(other.first, orphan.first, _A_MONTH if found.rank > _SAME else math.inf)
    ]
    if not candidates:
        return None
    found, other = min(candidates, key=lambda pair: (pair[0].rank, -(pair[1].first.time or 0.0)))
    ties = [each for each, _ in candidates if each.rank == found.rank]
    sure = whole or (found.sure and (len(ties) == 1 or found.rank <= _SAME))
    made = _mismatch(teller, found, other, orphan, None if sure else Severity.NOTE)
    return Match(made[0], other, orphan) if made else None


def meant_for(teller: Teller, leads: Register, orphan: Party) -> list[Finding]:
    """The customer whom a follow-up meant that waits for none: verified already, or with a lead that needs it not."""
    candidates = [(found, other) for found, other in leads.kin(orphan) if found.sure and found.rank <= _SAME]
    if not candidates:
        return []
    found, other = min(candidates, key=lambda pair: pair[0].rank)
    return _mismatch(teller, found, other, orphan, None)


def _mismatch(teller: Teller, found: Kinship, lead: Party, orphan: Party, severity: Severity | None) -> list[Finding]:
    return teller.of(
        f"event-2-id-{found.how}",
        lead.customer,
        (lead.first, orphan.first),
        severity=severity,
        others=(orphan.customer,),
        other=orphan.customer,
        problem=found.problem,
        email=found.problem,
    )


def _in_order(first: EventRef, second: EventRef, longest: float) -> bool:
    if first.time is None or second.time is None:
        return True
    return -_CLOCKS_DIFFER <= second.time - first.time <= longest


def sales_of_others(
    teller: Teller, leads: Register, by_click: Mapping[str, Sequence[Party]], sale: Party
) -> list[Finding]:
    """The lead that a sale without one belongs to, if its id, e-mail address or click tells."""
    candidates = [(found, other) for found, other in leads.kin(sale) if found.sure and found.rank <= 3]  # noqa: PLR2004
    if candidates:
        found, other = min(candidates, key=lambda pair: pair[0].rank)
        problem = {
            "email": "an e-mail address in place of the id",
            "type": "one is a number, the other a text",
            "other": "both give one e-mail address",
        }.get(found.how, f"they differ {found.problem}")
        return _sale(teller, sale, other, problem, None)
    for click in sorted(sale.clicks):
        # Several customers of one click say nothing about whose the sale is.
        with_click = by_click.get(click, ())
        if len(with_click) == 1 and with_click[0].customer != sale.customer:
            return _sale(teller, sale, with_click[0], "both carry one click id", Severity.WARNING)
    return []


def _sale(teller: Teller, sale: Party, lead: Party, problem: str, severity: Severity | None) -> list[Finding]:
    return teller.of(
        "sale-other-id",
        lead.customer,
        (lead.first, sale.first),
        severity=severity,
        others=(sale.customer,),
        other=sale.customer,
        problem=problem,
    )


def shared_click(teller: Teller, click: str, customers: Mapping[str, EventRef], count: int) -> list[Finding]:
    """One click for implausibly many customers."""
    first = next(iter(customers))
    places = list(customers.values())[:_SHOWN]
    others = list(customers)[1:_SHOWN]
    return teller.of("click-shared", first, places, others=others, click=click, count=count)


def shared_invoice(teller: Teller, invoice: str, customers: Mapping[str, EventRef]) -> list[Finding]:
    """One invoice of several customers; told at the last, whose sale is lost."""
    *earlier, last = customers
    places = list(customers.values())[-_SHOWN:]
    return teller.of(
        "invoice-shared", last, places, others=earlier[:_SHOWN], first=invoice, count=len(customers), other=earlier[0]
    )


def related(one: Party, other: Party) -> bool:
    """Whether two customers are one person's two ids, so that what they share is told as that."""
    found = kinship(one, other)
    return found is not None and found.sure


def by_click(parties: Iterable[Party]) -> dict[str, list[Party]]:
    """The parties whose leads carried each click."""
    found: dict[str, list[Party]] = defaultdict(list)
    for party in parties:
        for click in party.clicks:
            found[click].append(party)
    return found
