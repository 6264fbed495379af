"""Finds the customers that something in another bag has to do with: the second reading, made only when it is needed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.judge.digests import digest
from conformance.judge.kinship import Party, blocking_keys
from conformance.judge.lines import call_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.findings import EventRef
    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Item
    from conformance.judge.sent import Sent
    from conformance.judge.surveys import Who


@dataclass(frozen=True)
class Wanted:
    """What is looked for: keys of ids, click ids, and digests of clicks and invoices that several customers have."""

    keys: frozenset[str] = frozenset()
    clicks: frozenset[str] = frozenset()
    shared_clicks: frozenset[int] = frozenset()
    shared_invoices: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.keys or self.clicks or self.shared_clicks or self.shared_invoices)


@dataclass
class Found:
    """Who was found: leads, and the customers of each shared click and invoice with their first event."""

    leads: list[Party] = field(default_factory=list)
    clicks: dict[str, dict[str, EventRef]] = field(default_factory=lambda: defaultdict(dict))
    invoices: dict[str, dict[str, EventRef]] = field(default_factory=lambda: defaultdict(dict))


def look_up(examiner: Examiner, sources: tuple[str, ...], bag: Iterable[Item], wanted: Wanted) -> Found:
    """Everybody in the bag who is wanted."""
    found = Found()
    leads: dict[Who, Party] = {}
    for sent in _events(examiner, sources, bag):
        if sent.click and digest(sent.click) in wanted.shared_clicks:
            _earliest(found.clicks[sent.click], sent)
        if sent.operation == "sale":
            if sent.invoice and not sent.refused and digest(sent.invoice) in wanted.shared_invoices:
                _earliest(found.invoices[sent.invoice], sent)
        elif not sent.refused and (sent.click or (sent.customer, sent.number) in leads):
            _take_lead(leads, sent)
    for party in leads.values():
        if party.clicks & wanted.clicks or blocking_keys(party, near=False) & wanted.keys:
            found.leads.append(party)
    return found


def _events(examiner: Examiner, sources: tuple[str, ...], bag: Iterable[Item]) -> Iterable[Sent]:
    for source, index, line in bag:
        raw, _ = value_of(line)
        call = None if raw is None else call_of(raw, sources[source], index)
        endpoint = None if call is None else examiner.endpoint(call)
        if call is None or endpoint is None or not endpoint.operation:
            continue
        sent = examiner.sent(call, endpoint)
        if sent is not None and sent.customer.strip() and not sent.redirected and call.method.upper() == "POST":
            yield sent


def _earliest(places: dict[str, EventRef], sent: Sent) -> None:
    known = places.get(sent.customer)
    if known is None or (known.time or 0.0) > sent.time:
        places[sent.customer] = sent.place


def _take_lead(leads: dict[Who, Party], sent: Sent) -> None:
    who = (sent.customer, sent.number)
    known = leads.get(who)
    emails = frozenset((sent.email,) if sent.email else ())
    clicks = frozenset((sent.click,) if sent.click else ())
    if known is None:
        leads[who] = Party(sent.customer, sent.place, sent.event, sent.number, emails, clicks)
        return
    known.emails |= emails
    known.clicks |= clicks
    if (known.first.time or 0.0) > sent.time and sent.click:
        known.first = sent.place
