"""Defects with an event 2 whose external id is not that of event 1."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.ledger import Outcome
from conformance.ledger.rulings import accepted
from conformance.sandbox.faults.books import (
    FaultyLedger,
    breaks_down,
    is_follow_up,
    is_stranger,
    rules,
    same_address,
    swallows,
    takes_for,
)
from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import Sent, answers, around, refusal, with_body
from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.ledger import Event, Ruling
    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.traffic import Surroundings
    from conformance.sandbox.variation import Answering, Around


def _linked(alike: Callable[[FaultyLedger, Event], str | None]) -> Variation:
    """A follow-up of a stranger takes the click of whoever seems to be the same."""

    def other(ledger: FaultyLedger, event: Event) -> Event:
        return replace(event, click=alike(ledger, event))

    def when(ledger: FaultyLedger, event: Event) -> bool:
        return is_follow_up(event) and is_stranger(ledger, event) and alike(ledger, event) is not None

    return takes_for(when, other)


def _spelt_alike(fold: Callable[[str], str]) -> Variation:
    def alike(ledger: FaultyLedger, event: Event) -> str | None:
        own = fold(event.customer)
        return next(
            (other.click for other in ledger.others(event) if other.pending and fold(other.customer) == own), None
        )

    return _linked(alike)


def _begins_alike(ledger: FaultyLedger, event: Event) -> str | None:
    pending = (other for other in ledger.others(event) if other.pending)
    return next((other.click for other in pending if other.customer.startswith(event.customer)), None)


def _by_collation(text: str) -> str:
    """How a collation of general use compares text: all characters beyond the BMP are one."""
    return re.sub("[\U00010000-\U0010ffff]", "?", text).replace("ß", "ss")


def _without_blanks(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def _is_like(ledger: FaultyLedger, event: Event) -> str | None:
    pattern = re.compile(re.escape(event.customer).replace("_", "."))
    pending = (other for other in ledger.others(event) if other.pending)
    return next((other.click for other in pending if pattern.fullmatch(other.customer)), None)


def _click_of_address(ledger: FaultyLedger, event: Event) -> str | None:
    found = same_address(ledger, event)
    return None if found is None else found.click


def _address_as_id(ledger: FaultyLedger, event: Event) -> str | None:
    return next((other.click for other in ledger.others(event) if other.email == event.customer), None)


def _drops_the_pending_lead(ledger: FaultyLedger, event: Event) -> Ruling:
    found = same_address(ledger, event)
    if is_follow_up(event) and is_stranger(ledger, event) and found is not None:
        ledger.drop(found.customer)
    return ledger.rightly(event)


def _confirms_by_address() -> Variation:
    """An event 2 is given to whoever has its e-mail address."""

    def make(_: Surroundings) -> Around:
        owners: dict[str, str] = {}

        async def redirected(request: Incoming, answering: Answering) -> Answer:
            sent = Sent(request)
            address = sent.body.get("customerEmail")
            if isinstance(address, str) and sent.customer:
                owner = owners.setdefault(address, sent.customer)
                if sent.is_follow_up and owner != sent.customer:
                    request = with_body(request, {**sent.body, "customerExternalId": owner})
            return await answering(request)

        return redirected

    return around(make)


def _shuts_out_the_right_one(ledger: FaultyLedger, event: Event) -> Ruling:
    if is_follow_up(event):
        found = same_address(ledger, event)
        if is_stranger(ledger, event) and found is not None:
            ledger.marked.add(found.customer)
        elif event.customer in ledger.marked:
            return accepted(Outcome.DUPLICATE)
    return ledger.rightly(event)


MISMATCHES: tuple[Fault, ...] = (
    Fault(
        "mismatch-fails",
        "An event 2 of an unknown customer runs into a missing record, and is answered with 500.",
        BOTH,
        "mismatched-external-id.answered",
        breaks_down(lambda ledger, event: is_follow_up(event) and is_stranger(ledger, event)),
        also=("mismatched-external-id.refused",),
    ),
    Fault(
        "mismatch-forbidden",
        "An event 2 of an unknown customer is answered with 403, which every SDK takes for a wrong token.",
        CUTMESHORT,
        "mismatched-external-id.answered",
        Variation(rules={"mismatch": "refuse"})
        | answers(lambda sent: sent.is_follow_up, lambda _: refusal(403, "Forbidden"), statuses=(404,)),
    ),
    Fault(
        "ids-match-ignoring-case",
        "Event 2 finds the customer of event 1 without regard to letter case.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(str.casefold),
    ),
    Fault(
        "ids-match-trimmed",
        "Event 2 finds the customer of event 1 although its id has a blank more.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(str.strip),
    ),
    Fault(
        "ids-match-normalised",
        "Event 2 finds the customer of event 1 by the compatible form of its Unicode.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(lambda text: unicodedata.normalize("NFKC", text)),
    ),
    Fault(
        "ids-match-by-collation",
        "Event 2 finds the customer of event 1 by a collation that takes all emoji for one, and a sharp s for two.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(_by_collation),
    ),
    Fault(
        "ids-match-without-blanks",
        "Event 2 finds the customer of event 1 without regard to blanks and invisible characters in their ids.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(_without_blanks),
    ),
    Fault(
        "ids-match-with-wildcards",
        "Event 2 finds a pending lead by a LIKE that takes an underscore in its id for any character.",
        BOTH,
        "mismatched-external-id.not-attributed",
        _linked(_is_like),
    ),
    Fault(
        "ids-match-as-numbers",
        "Leading zeros of a number in an id are passed over when event 2 is matched.",
        BOTH,
        "mismatched-external-id.not-attributed",
        _spelt_alike(lambda text: text.replace("-0", "-")),
    ),
    Fault(
        "ids-cut-in-index",
        "Pending leads are found by the first 250 characters of their id.",
        CUTMESHORT,
        "mismatched-external-id.not-attributed",
        _spelt_alike(lambda text: text[:250]),
    ),
    Fault(
        "ids-match-by-beginning",
        "Event 2 finds a pending lead whose id only begins with its own, as LIKE does.",
        BOTH,
        "mismatched-external-id.not-attributed",
        _linked(_begins_alike),
    ),
    Fault(
        "ids-match-by-address",
        "An event 2 of an unknown customer is linked by its e-mail address.",
        BOTH,
        "mismatched-external-id.not-attributed",
        _linked(_click_of_address),
    ),
    Fault(
        "address-taken-for-id",
        "An event 2 that gives an e-mail address for an id is linked to the customer who has it.",
        BOTH,
        "mismatched-external-id.not-attributed",
        _linked(_address_as_id),
    ),
    Fault(
        "mismatch-drops-pending",
        "An event 2 under another id deletes the pending customer with its e-mail address.",
        CUTMESHORT,
        "mismatched-external-id.stays-pending",
        rules(_drops_the_pending_lead),
        also=("mismatched-external-id.right-event-2-confirms",),
    ),
    Fault(
        "mismatch-confirms-by-address",
        "An event 2 under another id confirms the pending lead with its e-mail address.",
        BOTH,
        "mismatched-external-id.stays-pending",
        _confirms_by_address,
        also=("mismatched-external-id.*",),
    ),
    Fault(
        "mismatch-shuts-out-the-right-one",
        "After an event 2 under another id, the right one is dropped.",
        BOTH,
        "mismatched-external-id.right-event-2-confirms",
        rules(_shuts_out_the_right_one),
    ),
    Fault(
        "mismatch-leaves-no-trace",
        "An event 2 that links to nothing is answered with 200 and thrown away.",
        CUTMESHORT,
        "mismatched-external-id.recorded-unlinked",
        swallows(lambda ledger, event: is_follow_up(event) and is_stranger(ledger, event)),
    ),
)
