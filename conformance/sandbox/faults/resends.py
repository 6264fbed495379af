"""Defects with click ids that are sent again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import LeadEvent, Mode, Outcome
from conformance.ledger.rulings import accepted, refused
from conformance.sandbox.faults.books import (
    FaultyLedger,
    as_mode,
    breaks_down,
    is_deferred,
    is_event_1,
    is_follow_up,
    is_pending,
    is_plain_lead,
    rules,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import instead, refusal
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from conformance.ledger import Event, Ruling


def _is_resent(ledger: FaultyLedger, event: Event) -> bool:
    return is_plain_lead(event) and is_deferred(ledger, event)


def _refuses_but_moves(ledger: FaultyLedger, event: Event) -> Ruling:
    account = ledger.account(event.customer)
    if account is not None and _is_resent(ledger, event):
        account.click = event.click
        return refused(Outcome.REFUSED_RESENT_CLICK)
    return ledger.rightly(event)


def _counts_a_resend_after_confirmation(ledger: FaultyLedger, event: Event) -> Ruling:
    account = ledger.account(event.customer)
    if account is None or account.pending is not None or not _is_resent(ledger, event):
        return ledger.rightly(event)
    key, leads = list(account.confirmed.items())[-1]
    account.confirmed[key] = (*leads, leads[-1])
    return accepted(Outcome.FURTHER, click=account.click)


def _shuts_out_after_a_resend(ledger: FaultyLedger, event: Event) -> Ruling:
    if _is_resent(ledger, event):
        ledger.marked.add(event.customer)
    elif is_follow_up(event) and event.customer in ledger.marked:
        return accepted(Outcome.DUPLICATE)
    return ledger.rightly(event)


def _retry_of_event_1_confirms(ledger: FaultyLedger, event: Event) -> Ruling:
    if is_event_1(event) and is_pending(ledger, event) and ledger.times(event) > 1:
        return ledger.rightly(replace(as_mode(event, Mode.NON_DEFERRED), click=None))
    return ledger.rightly(event)


def _event_1_under_another_name(ledger: FaultyLedger, event: Event) -> bool:
    account = ledger.account(event.customer)
    pending = None if account is None else account.pending
    return isinstance(event, LeadEvent) and is_event_1(event) and pending is not None and pending.event != event.event


RESENDS: tuple[Fault, ...] = (
    Fault(
        "resend-fails",
        "An event 2 with a click id violates a constraint, and is answered with 500.",
        BOTH,
        "resent-click-id.answered",
        breaks_down(_is_resent),
        also=("resent-click-id.*",),
    ),
    Fault(
        "resend-ignored",
        "An event 2 with a click id is answered with 200 and ignored.",
        CUTMESHORT,
        "resent-click-id.refused",
        Variation(rules={"resent_click": "ignore"}),
    ),
    Fault(
        "resend-refused-but-moves",
        "An event 2 with a click id is refused with 409, and moves the attribution nevertheless.",
        CUTMESHORT,
        "resent-click-id.attribution-unchanged",
        rules(_refuses_but_moves),
    ),
    Fault(
        "resend-counts-again",
        "A click id that is sent again after the lead was confirmed makes one more lead.",
        CUTMESHORT,
        "resent-click-id.at-most-one-lead",
        rules(_counts_a_resend_after_confirmation),
    ),
    Fault(
        "resend-shuts-out-clean-event-2",
        "After an event 2 with a click id, a clean one is dropped.",
        CUTMESHORT,
        "resent-click-id.clean-event-2-confirms",
        rules(_shuts_out_after_a_resend),
        also=("resent-click-id.attribution-unchanged",),
    ),
    Fault(
        "blank-click-refused",
        "An event 2 with an empty click id is refused.",
        BOTH,
        "resent-click-id.blank-is-absent",
        instead(lambda sent: sent.is_follow_up and sent.body.get("clickId") == "", refusal(400, "clickId is empty")),
    ),
    Fault(
        "null-click-refused",
        "An event 2 whose click id is null is refused.",
        BOTH,
        "resent-click-id.null-is-absent",
        instead(
            lambda sent: sent.is_follow_up and "clickId" in sent.body and sent.body["clickId"] is None,
            refusal(400, "clickId must be text"),
        ),
    ),
    Fault(
        "event-1-again-confirms",
        "Event 1 that is sent again is taken for event 2.",
        BOTH,
        "resent-click-id.event-1-retry-is-no-resend",
        rules(_retry_of_event_1_confirms),
        also=("retry.event-1-counted-once", "retry.event-2-counted-once", "resent-click-id.clean-event-2-confirms"),
    ),
    Fault(
        "second-event-1-fails",
        "A further event 1 under another event name violates a constraint, and is answered with 500.",
        BOTH,
        "resent-click-id.answered",
        breaks_down(_event_1_under_another_name),
    ),
)
