"""Defects in non-deferred leads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.ledger import LeadEvent, Mode
from conformance.sandbox.faults.books import (
    FaultyLedger,
    as_mode,
    is_plain_lead,
    later_lead_loses_click,
    one_more,
    rules,
    same_address,
    takes_for,
    wrong_click,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import OK, SUCCESS, Sent, answers, around, reads, status, text_becomes, with_body

if TYPE_CHECKING:
    from conformance.ledger import Event, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around

_UNKNOWN = 404
_NOT_DEFERRED = ("non-deferred", "async")


def _pending_at_once(ledger: FaultyLedger, event: Event) -> bool:
    return is_plain_lead(event) and ledger.account(event.customer) is None


def _demo_counts_twice(ledger: FaultyLedger, event: Event) -> Ruling:
    ruling = ledger.rightly(event)
    if isinstance(event, LeadEvent) and is_plain_lead(event) and event.event == "demo_booked":
        return one_more(ledger, event, ruling)
    return ruling


def _loses_address(fields: dict[str, Any]) -> None:
    address = fields.get("customerEmail")
    if (
        isinstance(address, str)
        and address.count("@") == 1
        and address.endswith(".com")
        and fields.get("mode") != "deferred"
    ):
        fields["customerEmail"] = None


def _replaces_unknown_clicks(_: Surroundings) -> Around:
    known: list[str] = []

    async def answered(request: Incoming, answering: Answering) -> Answer:
        sent = Sent(request)
        answer = await answering(request)
        if sent.is_plain_lead and answer.status == OK:
            known[:] = [sent.body["clickId"]]
        elif sent.is_plain_lead and answer.status == _UNKNOWN and known:
            return await answering(with_body(request, {**sent.body, "clickId": known[0]}))
        return answer

    return answered


def _has_anothers_address(ledger: FaultyLedger, event: Event) -> bool:
    return is_plain_lead(event) and same_address(ledger, event) is not None


def _for_the_first_of_the_address(ledger: FaultyLedger, event: Event) -> Event:
    found = same_address(ledger, event)
    return event if found is None else replace(event, click=found.click)


NON_DEFERRED: tuple[Fault, ...] = (
    Fault(
        "details-answered-201",
        "A lead that brings an avatar creates a customer profile, and is answered with 201 in place of 200.",
        BOTH,
        "non-deferred.accepted",
        answers(lambda sent: sent.is_plain_lead and sent.has("customerAvatar"), status(201), statuses=(OK,)),
        also=("retry.*",),
    ),
    Fault(
        "every-lead-waits",
        "A lead without mode is kept pending until an event 2 comes, as if it were deferred.",
        BOTH,
        "non-deferred.confirmed-at-once",
        takes_for(_pending_at_once, lambda _, event: as_mode(event, Mode.DEFERRED)),
        also=(
            *("non-deferred.*", "retry.*", "race.*", "click-capture.id-usable", "validation.null-optionals-accepted"),
            *("duplicate-sale.*", "sale.*", "webhooks.*", "validation.aliases-accepted"),
        ),
    ),
    Fault(
        "demo-counts-twice",
        "A booked demo is counted as a lead and once more as an opportunity.",
        CUTMESHORT,
        "non-deferred.one-lead",
        rules(_demo_counts_twice),
    ),
    Fault(
        "avatar-takes-wrong-click",
        "A lead with an avatar goes through another code path, which attributes it to a click of somebody else.",
        BOTH,
        "non-deferred.attributed",
        takes_for(
            lambda _, event: is_plain_lead(event) and event.details.avatar is not None,
            lambda ledger, event: replace(event, click=wrong_click(ledger, event)),
        ),
    ),
    Fault(
        "event-name-becomes-slug",
        "Event names of leads are turned into slugs: hyphens become underscores.",
        BOTH,
        "non-deferred.event-name-kept",
        text_becomes("eventName", lambda name: name.replace("-", "_"), operation="lead"),
        also=("retry.event-names-compared-loosely",),
    ),
    Fault(
        "one-address-one-click",
        "A lead with an e-mail address that somebody else has is attributed to that one's click.",
        CUTMESHORT,
        "non-deferred.attributed",
        takes_for(_has_anothers_address, _for_the_first_of_the_address),
    ),
    Fault(
        "event-name-cut",
        "Event names of leads are cut off after 64 characters.",
        CUTMESHORT,
        "non-deferred.event-name-kept",
        text_becomes("eventName", lambda name: name[:64], operation="lead"),
    ),
    Fault(
        "e-mail-tag-lost",
        "What follows a plus in an e-mail address is not stored.",
        BOTH,
        "non-deferred.details-kept",
        text_becomes("customerEmail", lambda address: re.sub(r"\+[^@]*", "", address), operation="lead"),
    ),
    Fault(
        "avatar-lost",
        "The avatar of a non-deferred lead is not stored.",
        BOTH,
        "non-deferred.details-kept",
        reads(
            lambda fields: fields.update(customerAvatar=None) if fields.get("mode") != "deferred" else None,
            operation="lead",
        ),
    ),
    Fault(
        "e-mail-lost",
        "The e-mail address of a non-deferred lead is not stored.",
        CUTMESHORT,
        "non-deferred.details-kept",
        reads(_loses_address, operation="lead"),
    ),
    Fault(
        "explicit-mode-waits",
        "A mode that is named at all is taken for deferred, the word for its opposite too.",
        BOTH,
        "non-deferred.explicit-mode-is-not-deferred",
        reads(
            lambda fields: fields.update(mode="deferred") if fields.get("mode") in _NOT_DEFERRED else None,
            operation="lead",
        ),
    ),
    Fault(
        "later-lead-loses-click",
        "A later lead of a known customer is recorded for no click.",
        CUTMESHORT,
        "non-deferred.later-lead-same-click",
        later_lead_loses_click(deferred=False),
    ),
    Fault(
        "unknown-click-takes-another",
        "A click id that nobody minted is replaced by one that exists.",
        BOTH,
        "non-deferred.unknown-click-not-attributed",
        around(_replaces_unknown_clicks),
        also=(
            *("non-deferred.unknown-click-refused", "resent-click-id.unknown-click-refused"),
            "retry.rejected-lead-blocks-nothing",
        ),
    ),
    Fault(
        "unknown-click-answered-200",
        "A lead with a click id that nobody minted is answered with 200 and thrown away.",
        BOTH,
        "non-deferred.unknown-click-refused",
        answers(lambda sent: sent.is_plain_lead, lambda _: SUCCESS, statuses=(404,)),
        also=("resent-click-id.unknown-click-refused",),
    ),
)
