"""The judge of stories: what the ledger rules of each step, and what a lawful platform may do in its place.

Where the documents leave a choice, the oracle follows what the target did; where they do not, the ledger's ruling is
the only one.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.generated.accounts import Expected, Sold
from conformance.generated.moves import NO_CLICK
from conformance.ledger import Details, LeadEvent, Ledger, Mode, Outcome, Rules, SaleEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.contract import Profile
    from conformance.generated.moves import Move
    from conformance.ledger import Event, Ruling

SIGNED_UP, VERIFIED, LATER = "signup_started", "email_verified", "trial_started"
# Any answer but a server error; every profile has one of them.
_ANSWERED = ("retry.answered", "validation.bad-format-no-server-error")


@dataclass(frozen=True)
class Names:
    """The names under which a story is played: of its customers, strangers, clicks and invoices."""

    customers: Sequence[str]
    clicks: Sequence[str]
    invoices: Mapping[int, str]

    def stranger(self, move: Move) -> str:
        """An id that is not quite that of a customer."""
        customer = self.customers[move.who]
        return {
            "longer": customer + "x",
            "shorter": customer[:-1],
            "other-case": customer.swapcase(),
            "blank": customer + " ",
        }[move.form]


class Oracle:
    """Follows one story as it is played; `expected` holds the bounds of every customer, strangers too."""

    def __init__(self, profile: Profile, names: Names) -> None:
        self.profile = profile
        self.names = names
        self.expected: dict[str, Expected] = {}
        self.ledger = Ledger(Rules.of(profile.rules))
        for click in names.clicks:
            self.ledger.mint(click)
        self._last: dict[int, tuple[Move, Event, str, bool]] = {}
        self._sellers: dict[int, tuple[str, bool]] = {}

    def promised(self, *requirements: str) -> str | None:
        """The first of these that the profile promises."""
        return next((one for one in requirements if self.profile.promises(one)), None)

    def acted(self, move: Move) -> Move:
        """The step that a step is: for `again`, the one that it repeats."""
        return self._last[move.who][0] if move.act == "again" else move

    def event(self, move: Move) -> Event:
        """The event of a step, in the ledger's words."""
        if move.act == "again":
            return self._last[move.who][1]
        names = self.names
        customer = names.stranger(move) if move.act == "mismatch" else names.customers[move.who]
        click = names.clicks[move.click] if move.click != NO_CLICK else None
        if move.act == "sale":
            return SaleEvent(customer, names.invoices[move.invoice], Decimal(move.amount), "USD", click=click)
        name = {"lead": SIGNED_UP, "event-1": SIGNED_UP, "later-lead": LATER}.get(move.act, VERIFIED)
        mode = Mode.DEFERRED if move.act == "event-1" else Mode.NON_DEFERRED
        return LeadEvent(customer, name, click, mode, details=Details())

    def owed(self, move: Move) -> str | None:  # noqa: PLR0911 - one for each step
        """The requirement that says how this step must be answered; to be asked before the step is `taken_in`."""
        if move.act == "again":
            _, _, requirement, taken = self._last[move.who]
            if move.at_once:
                return self.promised("race.answered", *_ANSWERED)
            return self.promised(*_ANSWERED) if taken else requirement
        expected = self.expected.get(self.names.customers[move.who])
        match move.act:
            case "lead":
                return self.promised(*(("non-deferred.accepted",) if expected is None else _ANSWERED))
            case "event-1":
                if expected is None:
                    return self.promised("deferred.event-1-accepted")
                other = "other-click" in expected.marks or expected.click != self.names.clicks[move.click]
                kept = "deferred.first-click-stays" if other else "resent-click-id.event-1-retry-is-no-resend"
                return self.promised(kept, *_ANSWERED)
            case "event-2":
                first = expected is not None and not {"verified", "resent taken"} & expected.marks
                return self.promised(*(("deferred.event-2-accepted",) if first else ()), *_ANSWERED)
            case "mismatch":
                return self.promised("mismatched-external-id.answered")
            case "resent":
                return self.promised("resent-click-id.answered")
            case "sale":
                return self._owed_for_sale(move, expected)
            case _:
                return self.promised(*_ANSWERED)

    def _owed_for_sale(self, move: Move, expected: Expected | None) -> str | None:
        if move.invoice in self._sellers:
            return self.promised("duplicate-sale.answered")
        if expected is None:
            return self.promised("sale.own-click")
        if expected.least:
            return self.promised("sale.accepted")
        return self.promised("sale.without-lead-and-click", *_ANSWERED)

    def taken_in(self, move: Move, *, taken: bool) -> None:
        """Takes note of a step that the target took, or refused, as it may; every bound follows."""
        acted, event, requirement = self.acted(move), self.event(move), self.owed(move)
        before = None if taken else deepcopy(self.ledger)
        ruling = self.ledger.rule(event)
        if ruling.changes and before is not None:
            self.ledger = before
        again = move.act == "again"
        if acted.act == "mismatch":
            stranger = self.expected.setdefault(event.customer, Expected(event.customer, acted.act, stranger=True))
            stranger.marks.add("mismatch")
            self.expected[self.names.customers[move.who]].marks.add("mismatch")
        else:
            expected = self.expected.setdefault(event.customer, Expected(event.customer, acted.act))
            if move.at_once:
                expected.marks.add("twins" if again else "at-once")
            if isinstance(event, SaleEvent):
                self._sold(expected, acted, taken=taken)
            else:
                self._signed(expected, acted, event, ruling, taken=taken)
            if again:
                expected.marks.add(f"again {acted.act}")
        if not again:
            self._last[move.who] = (move, event, requirement or "", taken)

    def _signed(self, expected: Expected, move: Move, event: LeadEvent, ruling: Ruling, *, taken: bool) -> None:
        marks = expected.marks
        match move.act:
            case "lead" | "event-1" if expected.click is None and taken:
                expected.click = event.click
                expected.least = expected.most = int(move.act == "lead")
            case "event-1":
                marks.add("again event-1" if event.click == expected.click else "other-click")
            case "event-2":
                if taken or "resent taken" in marks:
                    expected.least = max(expected.least, 1)
                marks.add("verified")
                expected.most = max(expected.most, 1)
            case "resent":
                marks |= {"resent", "resent taken"} if taken else {"resent"}
                expected.most = max(expected.most, 1)
            case "later-lead":
                marks.add("later")
                if ruling.outcome is Outcome.FURTHER and taken:
                    expected.most += 1
                    counts = self.profile.promises("non-deferred.second-event-name-is-second-lead")
                    expected.least += int(counts and bool(expected.least))

    def _sold(self, expected: Expected, move: Move, *, taken: bool) -> None:
        invoice, marks = self.names.invoices[move.invoice], expected.marks
        seller = self._sellers.get(move.invoice)
        confirmed = expected.least > 0
        direct = seller is None and expected.began == "sale" and not expected.sales and move.click != NO_CLICK
        if move.click != NO_CLICK and not direct:
            marks.add("click-in-sale")
        if not confirmed and expected.began == "event-1":
            marks.add("sale-while-pending")
        if direct and taken:
            expected.click = self.names.clicks[move.click]
        if seller is None:
            if taken:
                must = confirmed or direct
                self._sellers[move.invoice] = (expected.customer, must)
                tied = must or expected.began != "sale"
                expected.sales[invoice] = Sold(must, move.amount, expected.click, tied)
        elif seller[0] == expected.customer:
            expected.sales[invoice].later |= {move.amount} - {expected.sales[invoice].first}
        elif taken and invoice not in expected.sales:
            sold = Sold(must=False, first=move.amount, click=expected.click, at_most=int(not seller[1]))
            expected.sales[invoice] = sold
