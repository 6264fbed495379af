"""Customers who are verified, one among the other: one stays pending, one goes through everything, one comes last.

Their ids are what an event 2 under somebody else's id could be mistaken for, so that a single stranger tries all of
them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.equivalence import same
from conformance.engine.payloads import ABSENT
from conformance.generated.screening import Facet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract import Profile
    from conformance.engine.journey import Journey
    from conformance.generated.screening import Screen
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer

VERIFIED = (
    "deferred.event-1-accepted",
    "deferred.pending-until-event-2",
    "deferred.pending-visible",
    "deferred.attribution-locked",
    "deferred.details-before-event-2",
    "deferred.first-click-stays",
    "deferred.confirms-only-its-own",
    "deferred.event-2-accepted",
    "deferred.one-lead",
    "deferred.attributed-to-event-1",
    "deferred.details-kept",
    "deferred.same-event-name-confirms",
    "deferred.other-event-name-confirms",
    "deferred.event-1-answer-shape",
    "deferred.event-1-never-deduplicated",
    "deferred.answer-names-event-1",
    "mismatched-external-id.refused",
    "resent-click-id.same-click-accepted",
    "sale.between-events-refused",
    "deferred.later-lead-same-click",
    "mismatched-external-id.answered",
    "mismatched-external-id.not-attributed",
    "mismatched-external-id.stays-pending",
    "mismatched-external-id.right-event-2-confirms",
    "mismatched-external-id.recorded-unlinked",
    "resent-click-id.answered",
    "resent-click-id.refused",
    "resent-click-id.attribution-unchanged",
    "resent-click-id.at-most-one-lead",
    "resent-click-id.clean-event-2-confirms",
    "resent-click-id.blank-is-absent",
    "resent-click-id.null-is-absent",
    "resent-click-id.event-1-retry-is-no-resend",
    "sale.between-events-attributed",
    "sale.between-events-keeps-pending",
    "sale.attributed-to-lead",
    "retry.answered",
    "retry.answered-200",
    "retry.event-1-counted-once",
    "retry.event-2-counted-once",
    "race.answered",
    "race.event-2s-counted-once",
    "validation.ids-accepted",
    "click-capture.parameter-in-location",
    "click-capture.fresh-id",
    "privacy.no-other-customer",
)
_UNMOVED = "resent-click-id.attribution-unchanged"
_FIRST, _SECOND, _LATER, _WRONG = "signup_started", "Qualified", "trial_started", "newsletter_joined"


@dataclass(frozen=True)
class _Cast:
    """The customers by their part, the stranger, two addresses and the click of all.

    The busy one and the stranger share an address; `own` is that of the last one.
    """

    waiting: str
    busy: str
    numbered: str
    last: str
    stranger: str
    shared: str
    own: str
    click: str
    details: Mapping[str, str]
    sale: str


def _cast(screen: Screen, click: str) -> _Cast:
    """Ids that differ from the stranger's in what platforms are known to overlook."""
    journey = screen.journey
    name, shared, last = (journey.another() for _ in range(3))
    screen.acquainted.update((shared.stem, last.stem))
    stem, traits = name.stem, journey.profile.traits
    stranger = f"{stem}-Cu_7-7.y@example.com"
    loose = "ids-fold-letters" in traits
    return _Cast(
        waiting=stranger + ("2" if "ids-are-trimmed" in traits else " "),
        busy=f"{stem}-Cux7-7.y@example.com" if loose else f"{stem}-Cu_7-7.Y@example.com",
        numbered=f"{stem}-Cu_7-07.y@example.com",
        # A platform may fold letters, and so look-alikes; any other character does as well there.
        last=f"{stem}-Cu-7-7.y@example.com" if loose else f"{stem}-Cu\uff3f7-7.y@example.com",
        stranger=stranger,
        shared=shared.email,
        own=last.email,
        click=click,
        details={"name": f"Customer {stem}", "avatar": name.avatar},
        sale=name.invoice(),
    )


async def told(screen: Screen) -> None:
    """The whole story, and what is recorded of everybody in it."""
    journey = screen.journey
    click, other = await screen.click(), await screen.click()
    cast = _cast(screen, click)
    # A click id that is sent again may move the attribution where nothing else is promised.
    other = other if journey.profile.promises(_UNMOVED) else click
    busy = await _everybody_starts(screen, cast, other)
    mismatched = await _event_2s_go_wrong(screen, cast, other)
    await _is_verified(screen, cast, busy, other)
    last = await journey.lead(customer=cast.last, event=_FIRST, click="" if _takes_blank(journey) else None)
    if not last.taken:
        screen.answered("resent-click-id.blank-is-absent", last, "deferred.event-2-accepted")
        last = await journey.lead(customer=cast.last, event=_FIRST)
    screen.answered("deferred.event-2-accepted", last, "deferred.same-event-name-confirms")
    screen.expect(("resent-click-id.blank-is-absent",), holds=True, expected="", actual="")
    named = {"lead_click": click, "lead_customer": cast.last}
    screen.says("deferred.answer-names-event-1", [last], named)
    await screen.until_live(cast.last, partial(_of_last, journey.profile, cast), "lead")
    await screen.records(cast.waiting, partial(_of_waiting, journey.profile, cast))
    await screen.records(cast.busy, partial(_of_busy, journey.profile, cast))
    await screen.records(cast.stranger, partial(_of_stranger, taken=mismatched))


def _takes_blank(journey: Journey) -> bool:
    return journey.profile.promises("resent-click-id.blank-is-absent")


async def _everybody_starts(screen: Screen, cast: _Cast, other: str) -> Answer:
    """Everybody's event 1; the waiting one's again, and again with another click and name."""
    journey = screen.journey
    answers = []
    addresses = {cast.waiting: cast.stranger, cast.busy: cast.shared, cast.last: cast.own, cast.numbered: cast.numbered}
    for customer, email in addresses.items():
        more = {**cast.details, "email": email}
        answer = await journey.lead(click=cast.click, mode="deferred", event=_FIRST, customer=customer, **more)
        screen.answered("deferred.event-1-accepted", answer, "validation.ids-accepted")
        screen.fits("deferred.event-1-answer-shape", answer, "lead-success")
        answers.append(journey.given(answer))
    again = await journey.repeat(answers[0])
    screen.answered("resent-click-id.event-1-retry-is-no-resend", again, "retry.answered")
    screen.says("deferred.event-1-never-deduplicated", [again], {"lead_link": ...})
    second = await journey.lead(click=other, mode="deferred", event=_SECOND, customer=cast.waiting)
    screen.answered("resent-click-id.answered", second, "deferred.first-click-stays")
    return answers[1]


async def _event_2s_go_wrong(screen: Screen, cast: _Cast, other: str) -> bool:
    """A sale before the time, an event 2 under an id that is nobody's, and one with a click id.

    Returns whether the second was taken, as it may be.
    """
    journey = screen.journey
    own = other if journey.profile.promises("sale.between-events-attributed") else ABSENT
    early = await journey.sale(invoice=cast.sale, customer=cast.busy, click=own)
    screen.answered("sale.between-events-refused", early)
    mismatched = await journey.lead(event=_WRONG, customer=cast.stranger, email=cast.shared)
    screen.answered("mismatched-external-id.answered", mismatched)
    screen.answered("mismatched-external-id.refused", mismatched)
    screen.names_nobody_else(mismatched, cast.busy)
    if journey.profile.promises(_UNMOVED):
        resent = await journey.lead(click=other, event=_SECOND, customer=cast.busy)
        if screen.answered("resent-click-id.answered", resent):
            screen.answered("resent-click-id.refused", resent)
    return mismatched.taken


async def _is_verified(screen: Screen, cast: _Cast, event_1: Answer, other: str) -> None:
    """The busy one's event 2, twice at once; a later lead, a late event 1, and a click id once more."""
    journey = screen.journey
    details = {"name": cast.details["name"], "email": cast.shared}
    body = journey.lead_body(click=None, event=_SECOND, customer=cast.busy, **details)
    request = journey.request("lead", body)
    answers = await screen.at_once([request, request])
    if not any(answer.taken for answer in answers):
        for answer in answers:
            screen.answered("resent-click-id.null-is-absent", answer, "deferred.event-2-accepted", "race.answered")
        request = journey.request("lead", journey.lead_body(event=_SECOND, customer=cast.busy, **details))
        answers = await screen.at_once([request, request])
    screen.expect(("resent-click-id.null-is-absent",), holds=True, expected="", actual="")
    taken = sorted(answers, key=lambda answer: not answer.taken)
    screen.answered("deferred.event-2-accepted", taken[0])
    for answer in taken[1:]:
        screen.answered("race.answered", answer, "retry.answered")
    refused = [answer for answer in taken if 400 <= answer.status < 500 and answer.status != 409]  # noqa: PLR2004 - HTTP's
    screen.expect(("retry.answered-200",), holds=not refused, expected="200 or 409", actual=str(refused))
    await journey.lead(event=_LATER, customer=cast.busy)
    screen.answered("retry.answered", await journey.repeat(event_1))
    # Where it may count as a lead of its own, it is one that has come already.
    event = _SECOND if journey.profile.promises(_UNMOVED) else _LATER
    resent = await journey.lead(click=other, event=event, customer=cast.busy)
    if screen.answered("resent-click-id.answered", resent):
        screen.answered("resent-click-id.same-click-accepted", resent)


# --- what has to be recorded ------------------------------------------------------------------------------------------


def _of_waiting(profile: Profile, cast: _Cast, record: RecordedCustomer | None) -> list[Facet]:
    confirmed = record.confirmed if record else ()
    tied = record is not None and (record.click == cast.click or not record.click_shown)
    shown = record is not None and (bool(record.pending) or bool(confirmed))
    too_soon = (
        "resent-click-id.event-1-retry-is-no-resend",
        "deferred.pending-until-event-2",
        "deferred.confirms-only-its-own",
        "retry.event-1-counted-once",
        "mismatched-external-id.stays-pending",
    )
    moved = ("deferred.attribution-locked", "deferred.first-click-stays", "mismatched-external-id.stays-pending")
    details = {**cast.details, "email": cast.stranger}
    facets = [
        Facet(too_soon, not confirmed, "no confirmed lead", excess=bool(confirmed)),
        Facet(moved, tied, f"customer attributed to click {cast.click}"),
        Facet(("deferred.pending-visible",), shown, "a pending lead"),
    ]
    return facets + _kept(profile, ("deferred.details-before-event-2",), details, record)


def _of_busy(profile: Profile, cast: _Cast, record: RecordedCustomer | None) -> list[Facet]:
    confirmed = record.confirmed if record else ()
    sales = [sale for sale in record.sales if sale.invoice == cast.sale] if record else []
    tied = record is not None and (record.click == cast.click or not record.click_shown)
    later = [lead for lead in confirmed if lead.event == _LATER]
    others = [lead for lead in confirmed if lead.event != _LATER]
    few = (
        "deferred.one-lead",
        "deferred.other-event-name-confirms",
        "sale.between-events-keeps-pending",
        "resent-click-id.clean-event-2-confirms",
        "mismatched-external-id.right-event-2-confirms",
    )
    many = (
        "retry.event-2-counted-once",
        "deferred.one-lead",
        "mismatched-external-id.stays-pending",
        "retry.event-1-counted-once",
        "race.event-2s-counted-once",
        "resent-click-id.at-most-one-lead",
    )
    moved = (
        "resent-click-id.attribution-unchanged",
        "deferred.attributed-to-event-1",
        "mismatched-external-id.stays-pending",
    )
    # A later lead may count or not.
    too_many = len(others) > 1 or len(later) > 1
    facets = [
        Facet(few, bool(others), "a lead that event 2 confirmed"),
        Facet(many, not too_many, "one confirmed lead, and a later one", excess=too_many),
        Facet(moved, tied, f"customer attributed to click {cast.click}"),
        Facet(
            ("deferred.attributed-to-event-1", "resent-click-id.attribution-unchanged"),
            all(lead.click == cast.click for lead in others),
            f"the lead attributed to click {cast.click}",
        ),
        Facet(
            ("deferred.later-lead-same-click",),
            all(lead.click == cast.click for lead in later),
            f"the later lead attributed to click {cast.click}",
        ),
        Facet(
            ("sale.between-events-attributed", "sale.attributed-to-lead"),
            all(sale.click == cast.click for sale in sales),
            f"sale {cast.sale} attributed to click {cast.click}",
        ),
    ]
    details = {**cast.details, "email": cast.shared}
    return facets + _kept(profile, ("deferred.details-kept",), details, record)


def _of_stranger(record: RecordedCustomer | None, *, taken: bool) -> list[Facet]:
    clicks = [record.click, *(lead.click for lead in record.leads)] if record else []
    tied = any(click is not None for click in clicks)
    unlinked = record is not None and bool(record.unlinked)
    return [
        Facet(("mismatched-external-id.not-attributed",), not tied, "attributed to no click", excess=tied),
        Facet(("mismatched-external-id.recorded-unlinked",), unlinked or tied or not taken, "an unlinked lead"),
    ]


def _of_last(profile: Profile, cast: _Cast, record: RecordedCustomer | None) -> list[Facet]:
    confirmed = record.confirmed if record else ()
    details = {**cast.details, "email": cast.own}
    facets = [
        Facet(("deferred.same-event-name-confirms", "deferred.one-lead"), bool(confirmed), "a confirmed lead"),
        Facet(
            ("deferred.attributed-to-event-1",),
            all(lead.click == cast.click for lead in confirmed),
            f"a lead attributed to click {cast.click}",
        ),
    ]
    return facets + _kept(profile, ("deferred.details-kept",), details, record)


def _kept(
    profile: Profile, suspects: tuple[str, ...], details: Mapping[str, str], record: RecordedCustomer | None
) -> list[Facet]:
    if record is None:
        return []
    return [
        Facet(
            suspects,
            same(getattr(record, word), sent, profile.equivalence.get(word, "exact")),
            f"the {word} {sent!r}",
        )
        for word, sent in details.items()
    ]
