"""The judge of calls as they are made: what can be told at once is, and the rest when it is asked to finish."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from conformance.judge.crowd import (
    CUSTOMERS_OF_A_CLICK,
    Register,
    meant_for,
    mismatched,
    related,
    sales_of_others,
    shared_click,
    shared_invoice,
)
from conformance.judge.examiner import Examiner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract import Profile
    from conformance.findings import EventRef, Finding
    from conformance.judge.calls import Call
    from conformance.judge.journey import Journey
    from conformance.judge.kinship import Party
    from conformance.judge.sent import Sent

_Id = tuple[str, bool]


class LiveJudge:
    """Judges calls in the order in which they are taken.

    With `whole` nothing happened before the first call, so that an event 2 whose event 1 is not there has none.
    """

    def __init__(self, profile: Profile, *, whole: bool = True) -> None:
        self._examiner = Examiner(profile, whole=whole)
        self._whole = whole
        self._journeys: dict[_Id, Journey] = {}
        self._pending = Register(near=True)
        self._parties: dict[_Id, Party] = {}
        self._leads = Register(near=False)
        self._led: dict[_Id, Party] = {}
        self._leads_by_click: dict[str, list[Party]] = defaultdict(list)
        self._clicks: dict[str, dict[_Id, EventRef]] = defaultdict(dict)
        self._invoices: dict[str, dict[_Id, EventRef]] = defaultdict(dict)
        self._strangers: dict[_Id, Party] = {}
        self.events = 0
        self.latest = 0.0
        self.secrets: set[str] = set()

    @property
    def customers(self) -> int:
        """How many customers were named."""
        return len(self._journeys)

    def is_tracking(self, call: Call) -> bool:
        """Whether the call is an event, or looks like a mistyped one."""
        endpoint = self._examiner.endpoint(call)
        return endpoint is not None and self._examiner.sent(call, endpoint) is not None

    def take(self, call: Call) -> list[Finding]:
        """What is to be said of this call at once; calls that are no events are passed over."""
        endpoint = self._examiner.endpoint(call)
        sent = None if endpoint is None else self._examiner.sent(call, endpoint)
        if endpoint is None or sent is None:
            return []
        self.events += 1
        self.latest = max(self.latest, sent.time)
        self.secrets.update(self._examiner.wire.secrets(call, endpoint))
        who = (sent.customer, sent.number)
        journey = None
        if sent.customer.strip():
            journey = self._journeys.get(who)
            if journey is None:
                journey = self._journeys[who] = self._examiner.journey()
        found = self._examiner.take(sent, journey, carries_tokens=True)
        if journey is not None and not endpoint.right:
            found += self._with_others(who, sent, journey)
        return found

    def finish(self, now: float | None = None) -> list[Finding]:
        """What only the end can tell, as of now; without `now` nothing can come any more."""
        end = self.latest if now is None else now
        found: list[Finding] = []
        for who, journey in self._journeys.items():
            made = journey.finish(end, final=now is None)
            told = who in self._parties and self._parties[who].told
            found += [finding for finding in made if not (told and finding.id == "deferred-never-verified")]
            stranger = self._strangers.get(who)
            if stranger is not None:
                found += self._strangers_sale(stranger, journey)
        return found

    def _strangers_sale(self, party: Party, journey: Journey) -> list[Finding]:
        teller = self._examiner.teller
        found = [] if journey.led else sales_of_others(teller, self._leads, self._leads_by_click, party)
        sale = journey.stranger
        if found or not self._whole or party.clicks or sale is None or sale.refused:
            return found
        return teller.at("sale-unattributed", sale)

    def _with_others(self, who: _Id, sent: Sent, journey: Journey) -> list[Finding]:
        found: list[Finding] = []
        if journey.event_1 is sent:
            party = self._parties[who] = journey.party(sent)
            self._pending.add(party)
        if who in self._parties and journey.verified:
            self._parties[who].told = True
        if journey.led and who not in self._led:
            party = self._led[who] = journey.party(sent)
            self._leads.add(party)
            for click in party.clicks:
                self._leads_by_click[click].append(party)
        if journey.stranger is sent:
            self._strangers[who] = journey.party(sent)
        if journey.orphan is sent:
            found += self._orphan(sent, journey)
        return found + self._shared(who, sent, journey)

    def _orphan(self, sent: Sent, journey: Journey) -> list[Finding]:
        match = mismatched(self._examiner.teller, self._pending, journey.party(sent), whole=self._whole)
        if match:
            match.pending.told = journey.orphan_told = sent.explained = True
            return [match.finding]
        if not self._whole:
            return []
        journey.orphan_told = True
        meant = meant_for(self._examiner.teller, self._leads, journey.party(sent))
        sent.explained = sent.explained or bool(meant)
        return meant or journey.orphan_finding()

    def _shared(self, who: _Id, sent: Sent, journey: Journey) -> list[Finding]:
        found: list[Finding] = []
        teller = self._examiner.teller
        if sent.click:
            customers = self._clicks[sent.click]
            if who not in customers:
                customers[who] = sent.place
                if len(customers) == CUSTOMERS_OF_A_CLICK:
                    found += shared_click(teller, sent.click, _named(customers), len(customers))
        if sent.operation == "sale" and sent.invoice and journey.invoices.get(sent.invoice) is sent:
            customers = self._invoices[sent.invoice]
            kin = any(related(self._journeys[other].party(sent, other[0]), journey.party(sent)) for other in customers)
            customers[who] = sent.place
            if len(customers) > 1 and not kin:
                found += shared_invoice(teller, sent.invoice, _named(customers))
        return found


def _named(customers: Mapping[_Id, EventRef]) -> dict[str, EventRef]:
    return {name: place for (name, _), place in customers.items()}
