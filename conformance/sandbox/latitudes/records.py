"""What is free in recording and showing."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.ledger import Ledger, Outcome, SaleEvent
from conformance.ledger.rulings import accepted, refused
from conformance.sandbox.answers import Answer, json_bytes_answer
from conformance.sandbox.faults.books import FaultyLedger, is_follow_up, is_pending, is_stranger, rules, shows
from conformance.sandbox.faults.fault import CUTMESHORT
from conformance.sandbox.faults.wire import OK, answers, says, text_becomes
from conformance.sandbox.latitudes.latitude import LAG, Latitude, reads_back
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, RecordedCustomer, Rules, Ruling

_AMOUNT = re.compile(rb'"amount":(-?[0-9.]+)')


class _LaggingLedger(Ledger):
    """Shows what was recorded a while ago."""

    def __init__(self, chosen: Rules) -> None:
        super().__init__(chosen)
        self._history: dict[str, list[tuple[float, RecordedCustomer | None]]] = {}

    def rule(self, event: Event) -> Ruling:
        """Takes the event in, and keeps what is to be shown later."""
        ruling = super().rule(event)
        if ruling.changes:
            moment = asyncio.get_running_loop().time()
            self._history.setdefault(event.customer, []).append((moment, super().recorded(event.customer)))
        return ruling

    def recorded(self, customer: str) -> RecordedCustomer | None:
        """What was recorded of this customer a while ago."""
        due = asyncio.get_running_loop().time() - LAG
        return next((shown for at, shown in reversed(self._history.get(customer, [])) if at <= due), None)


class _FirstName(Ledger):
    """A confirmed lead keeps the event name of event 1."""

    def __init__(self, chosen: Rules) -> None:
        super().__init__(chosen)
        self._names: dict[tuple[str, str | None], str | None] = {}

    def rule(self, event: Event) -> Ruling:
        """Takes the event in, and remembers under which name the lead began."""
        account = self._accounts.get(event.customer)
        pending = None if account is None else account.pending
        ruling = super().rule(event)
        if ruling.outcome is Outcome.CONFIRMED and pending is not None:
            self._names[event.customer, event.event] = pending.event
        return ruling

    def recorded(self, customer: str) -> RecordedCustomer | None:
        """What is shown of this customer."""
        found = super().recorded(customer)
        if found is None:
            return None
        leads = tuple(replace(lead, event=self._names.get((customer, lead.event), lead.event)) for lead in found.leads)
        return replace(found, leads=leads)


def _timestamps(change: Callable[[str | None], str | None]) -> Variation:
    def showing(customer: RecordedCustomer) -> RecordedCustomer:
        return replace(
            customer,
            leads=tuple(replace(lead, timestamp=change(lead.timestamp)) for lead in customer.leads),
            sales=tuple(replace(sale, timestamp=change(sale.timestamp)) for sale in customer.sales),
        )

    return shows(showing)


def _hides_pending(customer: RecordedCustomer) -> RecordedCustomer:
    return replace(customer, leads=(*customer.confirmed, *customer.unlinked))


def _turned_round(document: Any) -> Any:
    return {**document, "leads": document["leads"][::-1], "sales": document["sales"][::-1]}


def _more_decimals(answer: Answer) -> Answer:
    body = answer.body.decode()
    for whole in ("4999", "900", "1000", "500"):
        body = body.replace(f'"amount":{whole},', f'"amount":{whole}.000,')
    return json_bytes_answer(answer.status, body.encode())


def _amounts_as_text(answer: Answer) -> Answer:
    return json_bytes_answer(answer.status, _AMOUNT.sub(rb'"amount":"\1"', answer.body))


def _currencies(change: Callable[[str], str]) -> Variation:
    def showing(customer: RecordedCustomer) -> RecordedCustomer:
        sales = tuple(replace(sale, currency=sale.currency and change(sale.currency)) for sale in customer.sales)
        return replace(customer, sales=sales)

    return shows(showing)


def _is_later(ledger: FaultyLedger, event: Event) -> bool:
    account = ledger.account(event.customer)
    return is_follow_up(event) and account is not None and bool(account.confirmed) and account.pending is None


def _later_leads_do_not_count(ledger: FaultyLedger, event: Event) -> Ruling:
    return accepted(Outcome.DUPLICATE) if _is_later(ledger, event) else ledger.rightly(event)


def _needs_lead_or_click(ledger: FaultyLedger, event: Event) -> Ruling:
    if isinstance(event, SaleEvent) and event.click is None and is_stranger(ledger, event):
        return refused(Outcome.REFUSED_UNKNOWN_CLICK)
    return ledger.rightly(event)


def _no_sale_while_pending(ledger: FaultyLedger, event: Event) -> Ruling:
    if isinstance(event, SaleEvent) and is_pending(ledger, event):
        return refused(Outcome.REFUSED_UNKNOWN_CLICK)
    return ledger.rightly(event)


def _unknown_click_is_unlinked(ledger: FaultyLedger, event: Event) -> Ruling:
    if not isinstance(event, SaleEvent) and event.click is not None and not ledger.is_known(event.click):
        return accepted(Outcome.UNLINKED)
    return ledger.rightly(event)


RECORDS: tuple[Latitude, ...] = (
    Latitude(
        "reads-lag", "What was recorded shows a while later.", CUTMESHORT, "ledger", Variation(ledger=_LaggingLedger)
    ),
    Latitude(
        "event-1s-name-stays",
        "A confirmed lead carries the event name of event 1.",
        CUTMESHORT,
        "ledger",
        Variation(ledger=_FirstName),
    ),
    Latitude(
        "pending-hidden",
        "A pending lead is not shown.",
        CUTMESHORT,
        "ledger",
        shows(_hides_pending),
        lacks=("deferred.pending-visible",),
    ),
    Latitude("no-timestamps", "Times are not shown.", CUTMESHORT, "ledger", _timestamps(lambda _: None)),
    Latitude(
        "timestamps-to-the-second",
        "Times are shown to the second.",
        CUTMESHORT,
        "ledger",
        _timestamps(lambda moment: moment and f"{moment[:19]}+00:00"),
    ),
    Latitude(
        "time-of-receipt",
        "The time of receipt is shown in place of the time that was sent.",
        CUTMESHORT,
        "ledger",
        rules(lambda ledger, event: ledger.rightly(replace(event, timestamp=None))),
    ),
    Latitude(
        "names-composed",
        "A customer's name is stored in the composed form of its Unicode.",
        CUTMESHORT,
        "names",
        text_becomes("customerName", lambda name: unicodedata.normalize("NFC", name)),
    ),
    Latitude(
        "addresses-in-lower-case",
        "E-mail addresses are stored in lower case.",
        CUTMESHORT,
        "addresses",
        text_becomes("customerEmail", str.lower),
    ),
    Latitude(
        "currency-in-lower-case", "Currencies are shown in lower case.", CUTMESHORT, "ledger", _currencies(str.lower)
    ),
    Latitude(
        "amounts-with-more-decimals",
        "Amounts are shown with more decimals than were sent.",
        CUTMESHORT,
        "amounts",
        answers(reads_back, _more_decimals, statuses=(OK,)),
    ),
    Latitude(
        "amounts-as-text",
        "Amounts are shown as text, digit by digit.",
        CUTMESHORT,
        "amounts",
        answers(reads_back, _amounts_as_text, statuses=(OK,)),
    ),
    Latitude(
        "latest-first",
        "Leads and sales are listed with the latest first.",
        CUTMESHORT,
        "order",
        answers(reads_back, says(_turned_round), statuses=(OK,)),
    ),
    Latitude(
        "later-lead-not-counted",
        "A later lead of a customer is accepted, and not counted.",
        CUTMESHORT,
        "ledger",
        rules(_later_leads_do_not_count),
    ),
    Latitude(
        "strangers-sale-refused",
        "A sale with neither lead nor click is refused.",
        CUTMESHORT,
        "ledger",
        rules(_needs_lead_or_click),
    ),
    Latitude(
        "early-sale-refused",
        "A sale between event 1 and event 2 is refused.",
        CUTMESHORT,
        "ledger",
        rules(_no_sale_while_pending),
    ),
    Latitude(
        "unknown-click-unlinked",
        "A lead with a click id that nobody minted is accepted, and attributed to nothing.",
        CUTMESHORT,
        "ledger",
        rules(_unknown_click_is_unlinked),
        lacks=("non-deferred.unknown-click-refused",),
    ),
)
