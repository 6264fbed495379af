"""Mismatched external ids: event 2 under another id breaks the chain, and must not be linked to somebody else.

The ids must be the same byte for byte; a platform that folds, trims or cuts them attributes leads to strangers.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    has_confirmed_leads,
    has_lead_that_is,
    is_attributed_to,
    is_attributed_to_nobody,
    is_pending,
)
from conformance.engine.scenario import scenario
from conformance.ledger.records import LeadStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.engine.journey import Journey


@dataclass(frozen=True)
class Mistake:
    """How the id of event 1 is made from the journey's own, and how event 2 gets it wrong."""

    right: Callable[[str], str]
    wrong: Callable[[str], str]


def _of(right: str, wrong: str) -> Mistake:
    """Both ids are the journey's own with something put before its terminator."""
    return Mistake(lambda own: own.removesuffix(".") + right, lambda own: own.removesuffix(".") + wrong)


_MISTAKES = {
    "another-id": _of("-a.", "-b."),
    "other-case": Mistake(lambda own: f"{own}User", lambda own: f"{own}user"),
    "upper-case": Mistake(lambda own: own, str.upper),
    "leading-blank": Mistake(lambda own: own, lambda own: f" {own}"),
    "trailing-blank": Mistake(lambda own: own, lambda own: f"{own} "),
    "decomposed-unicode": Mistake(
        lambda own: own + unicodedata.normalize("NFC", "café."), lambda own: own + unicodedata.normalize("NFD", "café.")
    ),
    "without-accent": _of("-é.", "-e."),
    "full-width-letters": _of("-user.", "-ｕｓｅｒ."),  # noqa: RUF001 - the look-alike is the point
    "prefix": Mistake(lambda own: f"{own}more.", lambda own: own),
    "longer": Mistake(lambda own: own, lambda own: f"{own}more."),
    "leading-zero": _of("-42.", "-042."),
    "number-that-looks-alike": _of("-42", "-42.0"),
    "percent-encoded": _of("-a b.", "-a%20b."),
    "plus-for-blank": _of("-a b.", "-a+b."),
    "last-of-255-characters": Mistake(lambda own: own.ljust(254, "x") + "a", lambda own: own.ljust(254, "x") + "b"),
    "hyphen-for-underscore": _of("_a.", "-a."),
    "underscore-as-wildcard": _of("-a.", "_a."),
    "without-punctuation": _of("-a:b.", "-ab."),
    "sharp-s": _of("-straße.", "-strasse."),
    "invisible-character": _of("-ab.", "-a\u200bb."),
    "no-break-space": _of("-a b.", "-a\u00a0b."),
    "doubled-blank": _of("-a b.", "-a  b."),
    "another-emoji": _of("-😀.", "-😺."),
}

# Platforms that say of themselves that they compare ids more loosely are not asked.
_UNLESS = {
    **dict.fromkeys(
        (
            "other-case",
            "upper-case",
            "decomposed-unicode",
            "without-accent",
            "full-width-letters",
            "sharp-s",
            "invisible-character",
            "no-break-space",
            "another-emoji",
        ),
        "ids-fold-letters",
    ),
    **dict.fromkeys(("leading-blank", "trailing-blank"), "ids-are-trimmed"),
    "last-of-255-characters": "ids-up-to-100",
}


@scenario(
    "mismatched-external-id.answered",
    "mismatched-external-id.not-attributed",
    "mismatched-external-id.stays-pending",
    "mismatched-external-id.right-event-2-confirms",
    variants=_MISTAKES,
    unless=_UNLESS,
)
async def event_2_under_another_id_is_not_attributed(journey: Journey, mistake: Mistake) -> None:
    """Event 2 under another id is tied to nobody's click, event 1 stays pending, and the right event 2 confirms it."""
    right, wrong = mistake.right(journey.customer), mistake.wrong(journey.customer)
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred", customer=right)
    await journey.given_recorded("event_1", is_attributed_to(click), customer=right)
    answer = await journey.lead(event="email_verified", customer=wrong)
    journey.must("mismatched-external-id.answered", answer)
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(click), customer=right)
    await journey.must_record("mismatched-external-id.not-attributed", is_attributed_to_nobody(), customer=wrong)
    await journey.lead(event="email_verified", customer=right)
    await journey.must_record(
        "mismatched-external-id.right-event-2-confirms", has_confirmed_leads(1, click=click), customer=right
    )
    await journey.must_record("mismatched-external-id.not-attributed", is_attributed_to_nobody(), customer=wrong)


@scenario("mismatched-external-id.recorded-unlinked")
async def a_mismatched_event_2_shows_as_unlinked(journey: Journey) -> None:
    """An event 2 that links to nothing is kept as an unlinked lead, so that somebody can find the mistake."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred")
    stranger = journey.another().customer
    answer = await journey.lead(event="email_verified", customer=stranger)
    if answer.taken:
        await journey.must_record(
            "mismatched-external-id.recorded-unlinked", has_lead_that_is(LeadStatus.UNLINKED), customer=stranger
        )
    else:
        journey.satisfied(
            "mismatched-external-id.recorded-unlinked", "recorded as unlinked, or refused", f"refused: {answer}"
        )


@scenario(
    "mismatched-external-id.answered",
    "mismatched-external-id.not-attributed",
    "mismatched-external-id.stays-pending",
    "mismatched-external-id.right-event-2-confirms",
)
async def with_two_customers_pending_neither_is_taken(journey: Journey) -> None:
    """With two customers pending side by side, an event 2 under a third id confirms neither."""
    first, second = await journey.click(), await journey.click()
    neighbour, stranger = journey.another().customer, journey.another().customer
    await journey.given_lead(click=first, mode="deferred")
    await journey.given_lead(click=second, mode="deferred", customer=neighbour)
    await journey.given_recorded("event_1", is_attributed_to(second), customer=neighbour)
    answer = await journey.lead(event="email_verified", customer=stranger)
    journey.must("mismatched-external-id.answered", answer)
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(first))
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(second), customer=neighbour)
    await journey.must_record("mismatched-external-id.not-attributed", is_attributed_to_nobody(), customer=stranger)
    await journey.lead(event="email_verified", customer=neighbour)
    await journey.must_record(
        "mismatched-external-id.right-event-2-confirms", has_confirmed_leads(1, click=second), customer=neighbour
    )
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(first))


@scenario(
    "mismatched-external-id.not-attributed",
    "mismatched-external-id.stays-pending",
    "mismatched-external-id.right-event-2-confirms",
    variants={
        "same-email": ("email",),
        "same-name-and-email": ("name", "email"),
        "all-details": ("name", "email", "avatar"),
    },
)
async def the_same_person_under_another_id_is_not_linked(journey: Journey, *shared: str) -> None:
    """Event 2 under another id is not linked by what else it says: only the external id links."""
    click = await journey.click()
    stranger = journey.another().customer
    details = {name: journey.details[name] for name in shared}
    await journey.given_lead(click=click, mode="deferred", **details)
    await journey.given_recorded("event_1", is_attributed_to(click))
    await journey.lead(event="email_verified", customer=stranger, **details)
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(click))
    await journey.must_record("mismatched-external-id.not-attributed", is_attributed_to_nobody(), customer=stranger)
    await journey.lead(event="email_verified")
    await journey.must_record("mismatched-external-id.right-event-2-confirms", has_confirmed_leads(1, click=click))


@scenario(
    "mismatched-external-id.not-attributed",
    "mismatched-external-id.stays-pending",
    "mismatched-external-id.right-event-2-confirms",
)
async def an_e_mail_address_for_an_id_is_not_linked(journey: Journey) -> None:
    """Event 2 that gives the customer's e-mail address as the id is not linked to the customer who has it."""
    click = await journey.click()
    address = journey.name.email
    await journey.given_lead(click=click, mode="deferred", email=address)
    await journey.given_recorded("event_1", is_attributed_to(click))
    await journey.lead(event="email_verified", customer=address)
    await journey.must_record("mismatched-external-id.stays-pending", is_pending(click))
    await journey.must_record("mismatched-external-id.not-attributed", is_attributed_to_nobody(), customer=address)
    await journey.lead(event="email_verified")
    await journey.must_record("mismatched-external-id.right-event-2-confirms", has_confirmed_leads(1, click=click))


@scenario("mismatched-external-id.refused")
async def a_mismatched_event_2_is_refused(journey: Journey) -> None:
    """An event 2 under an id that nobody has is refused, so that its sender hears of the mistake."""
    click = await journey.click()
    await journey.given_lead(click=click, mode="deferred")
    answer = await journey.lead(event="email_verified", customer=journey.another().customer)
    journey.must("mismatched-external-id.refused", answer)
