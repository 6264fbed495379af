"""One customer's journey: each event is ruled on by the ledger, and what the sender did wrong is told.

Calls are taken in time order. What only the end can tell, or other customers, is kept until it is asked for.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.findings import Severity
from conformance.judge.kinship import Party
from conformance.judge.retries import Retries
from conformance.judge.sales import Sales
from conformance.judge.sent import answer_fields
from conformance.judge.values import distance, is_invented, is_uuid
from conformance.ledger import LeadEvent, Ledger, Outcome

if TYPE_CHECKING:
    from conformance.findings import Finding
    from conformance.judge.sent import Sent
    from conformance.judge.teller import Teller
    from conformance.ledger import Rules, Ruling

_CLOCKS_DIFFER = 1.0
_HOUR = 3600.0
_DAY = 86400.0
# A name that only a first event has; a verification, a qualification or a later milestone may be a follow-up.
_SIGNS_UP = re.compile(r"sign[\W_]*(?:ed[\W_]*)?up|regist|account[\W_]*creat|creat\w*[\W_]*account", re.IGNORECASE)
_VERIFIES = re.compile(r"verif|confirm|activ|qualif|complet|approv|valid|finish|success", re.IGNORECASE)
_UNKNOWN = (Outcome.UNLINKED, Outcome.REFUSED_MISMATCH)


@dataclass(slots=True)
class Setting:
    """What all journeys of a judgement share. `whole` says that nothing happened before the first call."""

    teller: Teller
    rules: Rules
    whole: bool
    same_name_follows: bool
    final_statuses: frozenset[int]


class Journey:
    """What is known of one customer."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._teller = setting.teller
        self._ledger = Ledger(setting.rules)
        self._retries = Retries(setting)
        self._sales = Sales(setting)
        self._clicks: dict[str, Sent] = {}
        self._uuids: dict[str, Sent] = {}
        self._with_click = 0
        self._told_uuids = False
        self._without_click = False
        self._followed_wrongly = False
        self.emails: set[str] = set()
        self.event_1: Sent | None = None
        self.verified = False
        self.orphan: Sent | None = None
        self.orphan_told = False
        self.early: Sent | None = None
        self.led = False
        self.stranger: Sent | None = None

    @property
    def clicks(self) -> frozenset[str]:
        """The click ids that the customer's events carried."""
        return frozenset(self._clicks)

    @property
    def invoices(self) -> dict[str, Sent]:
        """The invoices of the customer's sales."""
        return self._sales.invoices

    def is_known(self, sent: Sent) -> bool:
        """Whether an equal event was taken before."""
        return self._retries.is_known(sent)

    def take(self, sent: Sent) -> list[Finding]:
        """What is to be said of this event now."""
        known, new = self._retries.is_known(sent), self._retries.is_new(sent)
        found = self._retries.take(sent)
        if sent.operation == "sale" and not sent.redirected:
            found += self._sales.repeated(sent) if known else []
        if not new or sent.redirected:
            return found
        if sent.email:
            self.emails.add(sent.email)
        found += self._of_clicks(sent, known=known)
        ruling = self._rule(sent)
        if sent.operation == "lead":
            return found + (self._of_lead(sent, ruling) if ruling else [])
        if ruling:
            self._note_sale(sent, ruling)
        return found + self._sales.take(sent)

    def _rule(self, sent: Sent) -> Ruling | None:
        event = sent.ledger_event()
        if event is None or (isinstance(event, LeadEvent) and not event.event):
            return None
        # What the platform refused changed nothing: it is ruled on, and forgotten.
        ledger = deepcopy(self._ledger) if sent.refused else self._ledger
        if event.click:
            ledger.mint(event.click)
        return ledger.rule(event)

    def _of_clicks(self, sent: Sent, *, known: bool) -> list[Finding]:
        click = sent.click
        if not click or is_invented(click):
            return []
        self._with_click += not known
        self._clicks.setdefault(click, sent)
        if not is_uuid(click) or self._told_uuids:
            return []
        self._uuids.setdefault(click, sent)
        count = len(self._uuids)
        first, last = next(iter(self._uuids.values())), sent
        close = last.time - first.time <= _HOUR
        if count != self._with_click or count < (2 if close else 3):
            return []
        self._told_uuids = True
        earlier = [each for each in self._uuids.values() if each is not sent]
        return self._teller.at("click-new-each-time", sent, *earlier, count=count)

    def _of_lead(self, sent: Sent, ruling: Ruling) -> list[Finding]:
        if sent.deferred:
            return self._of_deferred(sent)
        if sent.click:
            return self._of_lead_with_click(sent, ruling)
        return self._of_follow_up(sent, ruling)

    def _of_deferred(self, sent: Sent) -> list[Finding]:
        first = self.event_1
        if not sent.click:
            if first or (_VERIFIES.search(sent.event) and not _SIGNS_UP.search(sent.event)):
                self._followed_wrongly = True
                earlier = (first,) if first else ()
                return self._teller.at("mode-repeated", sent, *earlier, event=sent.event, quoted="deferred")
            self._without_click = True
            return self._teller.at("event-1-without-click", sent, event=sent.event)
        if first is None:
            if not sent.refused:
                self.event_1 = sent
                self.led = True
            return []
        if sent.event == first.event or not _VERIFIES.search(sent.event) or _VERIFIES.search(first.event):
            return []
        self._followed_wrongly = True
        found = self._teller.at("mode-repeated", sent, first, event=sent.event, quoted="deferred")
        kind = "click-resent" if sent.click in (first.click, None) else "click-changed"
        return found + self._teller.at(kind, sent, first, event=sent.event)

    def _of_lead_with_click(self, sent: Sent, ruling: Ruling) -> list[Finding]:
        first = self.event_1
        if not sent.refused:
            self.led = True
        if first is None:
            return []
        same = sent.click == first.click
        pending = not self.verified
        if not (pending or (ruling.outcome is Outcome.REFUSED_RESENT_CLICK and same)):
            return []
        if pending and not same and sent.event == first.event and ruling.outcome is not Outcome.REFUSED_RESENT_CLICK:
            # Where a lead with a click of its own is lawful, this is somebody who came again.
            self.verified = True
            return []
        self._followed_wrongly = True
        found = self._stamped_first(sent, first) if pending else []
        if not sent.refused and not sent.failed:
            self.verified = True
        return found + self._teller.at("click-resent" if same else "click-changed", sent, first, event=sent.event)

    def _of_follow_up(self, sent: Sent, ruling: Ruling) -> list[Finding]:
        mode = sent.value("mode")
        found: list[Finding] = []
        if not isinstance(sent.value("click"), str) and sent.body.get(sent.names["click"]):
            return found  # a click that is no text is told as that
        if isinstance(mode, str) and mode and not self._setting.same_name_follows:
            if self.event_1 is None and not self._clicks:
                return self._teller.at("lead-without-click", sent, event=sent.event)
            if mode == "non-deferred":
                found = self._teller.at("mode-repeated", sent, severity=Severity.WARNING, event=sent.event, quoted=mode)
        if ruling.outcome in _UNKNOWN:
            if self.orphan is None or self.orphan.refused:
                self.orphan = sent
            return found
        first = self.event_1
        if first is not None and not self.verified:
            found += self._stamped_first(sent, first)
            if not sent.refused:
                self.verified = True
        return found

    def _stamped_first(self, sent: Sent, first: Sent) -> list[Finding]:
        if sent.stamped is None or first.stamped is None or sent.stamped >= first.stamped - _CLOCKS_DIFFER:
            return []
        return self._teller.at("event-2-stamped-first", sent, first, distance=distance(first.stamped - sent.stamped))

    def _note_sale(self, sent: Sent, ruling: Ruling) -> None:
        if not self.led and self.event_1 is None and self.stranger is None and self.orphan is None:
            self.stranger = sent
        if ruling.outcome in (Outcome.STRANGERS_SALE, Outcome.REFUSED_SALE_WITHOUT_LEAD) and self.early is None:
            self.early = sent

    def orphan_finding(self) -> list[Finding]:
        """What is to be said of a follow-up to which there is no event 1; one without click was told as that."""
        sent = self.orphan
        if sent is None or self._without_click:
            return []
        whole = self._setting.whole
        certain = Severity.ERROR if whole or sent.refused else None
        signs_up = bool(_SIGNS_UP.search(sent.event)) and not _VERIFIES.search(sent.event)
        if signs_up and (certain or not self._setting.same_name_follows):
            severity = certain or Severity.WARNING
            return self._teller.at("lead-without-click", sent, severity=severity, event=sent.event)
        where = "" if whole else " in this recording"
        return self._teller.at("event-2-without-event-1", sent, severity=certain, event=sent.event, where=where)

    def unverified(self) -> Sent | None:
        """The event 1 that nothing verified."""
        return None if self.verified else self.event_1

    def crossed(self) -> list[Finding]:
        """The finding of an event 2 that came before event 1; empty when a later one verified the lead."""
        early, late = self.orphan, self.event_1
        if early is None or late is None or self.verified or early.time > late.time:
            return []
        gap = late.time - early.time
        if gap > _DAY:
            return []
        return self._teller.at("event-2-before-event-1", early, late, distance=distance(gap))

    def finish(self, end: float, *, final: bool) -> list[Finding]:
        """What only the end can tell; `final` says that nothing can come after it."""
        crossed = self.crossed()
        found = list(crossed)
        pending = self.unverified()
        # Why nothing has verified the lead is told where an event 2 was sent in a wrong way.
        if pending and not crossed and not self._followed_wrongly:
            found += self._teller.at("deferred-never-verified", pending, event=pending.event)
        if self.orphan and not crossed and self.event_1 is None and not self.orphan_told:
            found += self.orphan_finding()
        return found + self._early_sale() + self._retries.finish(end, final=final)

    def _early_sale(self) -> list[Finding]:
        sale = self.early
        if sale is None or not self._teller.tells("sale-before-lead"):
            return []
        lead = next((each for each in self._retries.leads if each.time >= sale.time and not each.refused), None)
        if lead and lead.time - sale.time <= _HOUR and not self._retries.came_again(sale, lead.time):
            return self._teller.at("sale-before-lead", sale, lead, distance=distance(lead.time - sale.time))
        nothing = answer_fields(sale.call).get("sale", sale) is None
        if nothing and sale.value("amount") and sale.call.status == 200:  # noqa: PLR2004 - said to be recorded
            return self._teller.at("sale-of-stranger", sale)
        return []

    def party(self, sent: Sent, customer: str | None = None) -> Party:
        """The customer as one to be compared with others."""
        emails = frozenset(self.emails)
        return Party(customer or sent.customer, sent.place, sent.event, sent.number, emails, self.clicks)
