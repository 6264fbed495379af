"""Lets plain customers through by the make of their events: one look for all customers whose events are made alike.

The early pass is asked once, with made-up values, whether a customer with such events is plain. Where it says so, only
the values can make a difference: equal clicks, later stamps, other invoices and amounts. Who is not plain by this look
is left to the early pass itself, so nothing has to be told apart here that it tells apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.judge.digests import digest_of, note_amount
from conformance.judge.surveys import Survey
from conformance.judge.values import INVENTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.judge.patterns import Pattern, Patterns, Row, Texts
    from conformance.judge.plain import Plain
    from conformance.judge.surveys import Timed

_MOST = 20_000
_LONGEST = 64
_INVENTED = frozenset(text.encode() for text in INVENTED)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the values stand that make a difference, each as the number of the event and the place in its row."""

    times: tuple[int, ...]
    clicks: tuple[tuple[int, int], ...]
    stamps: tuple[tuple[int, int], ...]
    sales: tuple[tuple[int, int, int, Pattern], ...]
    is_whole: bool


class Plans:
    """The plans of one early pass."""

    def __init__(self, plain: Plain, patterns: Patterns) -> None:
        self._plain = plain
        self._seconds = patterns.seconds
        self._plans: dict[tuple[bytes, ...], _Plan | None] = {}

    def take(self, rows: list[Row], made: Survey, known: Mapping[bytes, Pattern]) -> bool:
        """Whether there is nothing to say of the customer whose events these are; if so it is noted."""
        plan = self._of(rows, known)
        if plan is not None and not _are_in_order(plan, rows):
            rows.sort(key=lambda row: row[known[row[-1]].places.time])
            plan = self._of(rows, known)
            if plan is not None and not _are_in_order(plan, rows):
                return False
        if plan is None or not _holds(plan, rows):
            return False
        made.customers += 1
        made.plain += 1
        made.events += len(rows)
        latest = self._seconds(rows[-1][plan.times[-1]])
        made.latest = max(made.latest, latest)
        at, place = plan.clicks[0]
        made.clicks.append(digest_of(rows[at][place]))
        for at, invoice, amount, pattern in plan.sales:
            event = rows[at]
            made.invoices.append(digest_of(event[invoice]))
            worth = int(event[amount]) if pattern.whole_amount else float(event[amount])
            note_amount(made.amounts, pattern.currency, worth)
        return True

    def _of(self, rows: list[Row], known: Mapping[bytes, Pattern]) -> _Plan | None:
        keys = tuple([row[-1] for row in rows])
        try:
            return self._plans[keys]
        except KeyError:
            return self._plan(keys, [known[key] for key in keys])

    def _plan(self, keys: tuple[bytes, ...], makes: Sequence[Pattern]) -> _Plan | None:
        plan = None
        if len(makes) <= _LONGEST and self._plain.take(("customer-1", False), _made_up(makes), Survey()):
            places = [pattern.places for pattern in makes]
            sales = tuple(
                (at, each.invoice, each.amount, makes[at]) for at, each in enumerate(places) if each.amount >= 0
            )
            plan = _Plan(
                times=tuple(each.time for each in places),
                clicks=tuple((at, each.click) for at, each in enumerate(places) if each.click >= 0),
                stamps=tuple(
                    (at, each.timestamp)
                    for at, each in enumerate(places)
                    if each.timestamp >= 0 and makes[at].endpoint.operation == "lead"
                ),
                sales=sales,
                is_whole=all(pattern.whole_amount for *_, pattern in sales),
            )
            if not plan.clicks or any(invoice < 0 for _, invoice, _, _ in sales):
                plan = None
        if len(self._plans) < _MOST:
            self._plans[keys] = plan
        return plan


def _made_up(makes: Sequence[Pattern]) -> list[Timed]:
    """Events of these makes with values against which there is nothing to be said."""
    made: list[Timed] = []
    for number, pattern in enumerate(makes):
        texts = [b"x"] * (len(pattern.parts) - 1)
        amount = b"%d" % (10 + number) if pattern.whole_amount else b"%d.5" % (10 + number)
        moment = b"2026-01-01T00:00:00Z"
        values = (moment, b"customer-1", b"id_made_up", moment, b"invoice-%d" % number, amount)
        for place, value in zip(pattern.places, values, strict=True):
            if place >= 0:
                texts[place] = value
        made.append((float(number), 0, number, None, pattern, tuple(texts)))
    return made


def _are_in_order(plan: _Plan, rows: list[Row]) -> bool:
    """Whether each event was made after the one before, as texts of one length tell."""
    before = b""
    for row, place in zip(rows, plan.times, strict=True):
        moment = row[place]
        # Of one length, since a fraction sorts before the end of a second.
        if moment <= before or (before and len(moment) != len(before)):
            return False
        before = moment
    return True


def _holds(plan: _Plan, texts: Sequence[Texts]) -> bool:
    """Whether the values are as those were with which the early pass was asked."""
    (at, place), *further = plan.clicks
    click = texts[at][place]
    for at, place in further:
        if texts[at][place] != click:
            return False
    # Of one letter alone, or what people type.
    if not click.strip(click[:1]) or click.lower() in _INVENTED:
        return False
    before = b""
    for at, place in plan.stamps:
        stamp = texts[at][place]
        # As with times.
        if stamp < before or (before and len(stamp) != len(before)):
            return False
        before = stamp
    return not plan.sales or _are_charges(plan, texts)


def _are_charges(plan: _Plan, texts: Sequence[Texts]) -> bool:
    """Whether the sales are different ones, all of whole amounts or all of others."""
    if len(plan.sales) == 1:
        return True
    invoices = {texts[at][invoice] for at, invoice, _, _ in plan.sales}
    amounts = {float(texts[at][amount]) for at, _, amount, _ in plan.sales}
    if len(invoices) < len(plan.sales) or len(amounts) < len(plan.sales):
        return False
    return plan.is_whole or not any(amount.is_integer() for amount in amounts)
