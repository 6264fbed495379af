"""Non-deferred leads: one event, attributed at once.

A lead with a click id and no mode is the whole story: it counts, for that click, as soon as it is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from conformance.engine.answers import at, within
from conformance.engine.matchers import (
    Found,
    has_at_most_confirmed_leads,
    has_confirmed_lead,
    has_confirmed_leads,
    is_attributed_to,
    is_attributed_to_nobody,
    later_leads_keep,
    shows,
)
from conformance.engine.scenario import scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


@scenario(
    "non-deferred.accepted",
    "non-deferred.confirmed-at-once",
    "non-deferred.attributed",
    "non-deferred.event-name-kept",
)
async def one_event_is_a_confirmed_lead(journey: Journey) -> None:
    """A single lead event with a click id counts at once, for that click."""
    click = await journey.click()
    answer = await journey.lead(click=click, event="signup_started")
    journey.must("non-deferred.accepted", answer)
    journey.given(answer)
    await journey.must_record("non-deferred.confirmed-at-once", has_confirmed_lead())
    await journey.must_record("non-deferred.attributed", is_attributed_to(click))
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=click))
    await journey.must_record("non-deferred.event-name-kept", has_confirmed_lead(event="signup_started"))


@scenario("non-deferred.event-name-kept", variants={"with-a-blank": "Sign up", "mixed-case": "Demo-Booked_2"})
async def an_event_name_is_kept_as_it_is(journey: Journey, event: str) -> None:
    """An event name is shown as it was sent, letter case and blanks and all."""
    click = await journey.click()
    await journey.given_lead(click=click, event=event)
    await journey.must_record("non-deferred.event-name-kept", has_confirmed_lead(event=event))


@scenario("non-deferred.event-name-kept", variants={"long": "x" * 99 + ".", "any-script": "Anmeldung: größer 客户 🦄"})
async def an_unusual_event_name_is_kept_if_it_is_taken(journey: Journey, event: str) -> None:
    """An event name of a hundred characters, or in any script, is shown as it was sent, unless it was refused."""
    click = await journey.click()
    answer = await journey.lead(click=click, event=event)
    if answer.fault is None and not answer.taken:
        journey.satisfied("non-deferred.event-name-kept", "kept as it was sent, or refused", f"refused: {answer}")
    else:
        journey.given(answer)
        await journey.must_record("non-deferred.event-name-kept", has_confirmed_lead(event=event))


@scenario("non-deferred.one-lead")
async def one_event_is_one_lead(journey: Journey) -> None:
    """A single lead event never counts as two leads."""
    click = await journey.click()
    await journey.given_lead(click=click, event="demo_booked")
    await journey.given_recorded("non_deferred", has_confirmed_lead())
    await journey.must_record("non-deferred.one-lead", has_confirmed_leads(1))


@scenario("non-deferred.accepted", "non-deferred.attributed", "non-deferred.details-kept")
async def the_customers_details_are_kept(journey: Journey) -> None:
    """Name, e-mail address and avatar of a lead are shown as they were sent."""
    click = await journey.click()
    details = journey.details
    answer = await journey.lead(click=click, timestamp="2024-01-15T10:30:00Z", **details)
    journey.must("non-deferred.accepted", answer)
    journey.given(answer)
    await journey.must_record("non-deferred.attributed", is_attributed_to(click))
    for name, value in details.items():
        await journey.must_record("non-deferred.details-kept", shows({name: value}, journey.profile.equivalence))


@scenario("non-deferred.details-kept")
async def an_e_mail_address_is_kept_with_its_tag(journey: Journey) -> None:
    """Dots and a tag behind a plus belong to an e-mail address, and are shown as they were sent."""
    click = await journey.click()
    user, _, domain = journey.details["email"].partition("@")
    address = f"{user}.first.last+tag@{domain}"
    await journey.given_lead(click=click, email=address)
    await journey.must_record("non-deferred.details-kept", shows({"email": address}, journey.profile.equivalence))


@scenario("non-deferred.attributed")
async def two_customers_keep_their_own_clicks(journey: Journey) -> None:
    """Two customers who came through two clicks are each attributed to their own."""
    first, second = await journey.click(), await journey.click()
    neighbour = journey.another().customer
    await journey.given_lead(click=first)
    await journey.lead(click=second, customer=neighbour)
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=first))
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=second), customer=neighbour)
    await journey.must_record("non-deferred.attributed", is_attributed_to(first))
    await journey.must_record("non-deferred.attributed", is_attributed_to(second), customer=neighbour)


@scenario("non-deferred.attributed")
async def two_customers_with_one_address_keep_their_own_clicks(journey: Journey) -> None:
    """Two ids are two customers, each of its own click, though they share name and e-mail address."""
    first, second = await journey.click(), await journey.click()
    neighbour = journey.another().customer
    shared = {key: journey.details[key] for key in ("name", "email")}
    await journey.given_lead(click=first, **shared)
    await journey.given_lead(click=second, customer=neighbour, **shared)
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=second), customer=neighbour)
    await journey.must_record("non-deferred.attributed", is_attributed_to(second), customer=neighbour)
    await journey.must_record("non-deferred.attributed", has_confirmed_lead(click=first))


@scenario(
    "non-deferred.explicit-mode-is-not-deferred",
    variants={"the-word": "non_deferred", "null": None},
    unless={"null": "mode-null-refused"},
)
async def an_explicit_mode_is_not_deferred(journey: Journey, mode: str | None) -> None:
    """A lead that says it is not deferred counts at once, if the platform takes the word."""
    click = await journey.click()
    answer = await journey.lead(click=click, mode=mode)
    journey.must("non-deferred.explicit-mode-is-not-deferred", answer)
    if answer.taken:
        await journey.must_record("non-deferred.explicit-mode-is-not-deferred", has_confirmed_lead(click=click))


@scenario("non-deferred.explicit-mode-is-not-deferred", needs="wait-mode")
async def the_mode_that_waits_is_not_deferred(journey: Journey) -> None:
    """A lead whose sender waits until it is usable counts at once."""
    click = await journey.click()
    answer = await journey.lead(click=click, mode="wait")
    journey.must("non-deferred.explicit-mode-is-not-deferred", answer)
    await journey.must_record("non-deferred.explicit-mode-is-not-deferred", has_confirmed_lead(click=click))


@scenario("non-deferred.later-lead-same-click", "non-deferred.one-lead")
async def a_later_lead_belongs_to_the_same_click(journey: Journey) -> None:
    """A later lead of a known customer, without a click id, is never attributed to anything else."""
    click = await journey.click()
    await journey.given_lead(click=click, event="signup_started")
    await journey.given_recorded("non_deferred", has_confirmed_lead(click=click))
    await journey.lead(event="demo_booked")
    await journey.must_record("non-deferred.later-lead-same-click", later_leads_keep(click))
    await journey.must_record("non-deferred.one-lead", has_at_most_confirmed_leads(2))


@scenario("non-deferred.unknown-click-refused", "non-deferred.unknown-click-not-attributed")
async def an_unknown_click_is_nobodys(journey: Journey) -> None:
    """A lead with a click id that nobody minted is not attributed to somebody else's click."""
    await journey.given_lead(click=await journey.click(), customer=journey.another().customer)
    invented = f"{journey.name.stem}-never-minted"
    answer = await journey.lead(click=invented)
    journey.must("non-deferred.unknown-click-refused", answer)
    await journey.must_record("non-deferred.unknown-click-not-attributed", is_attributed_to_nobody(besides=invented))


@scenario(
    "non-deferred.answer-shape",
    "non-deferred.answer-names-click-and-customer",
    "non-deferred.answer-names-link",
)
async def the_answer_names_click_link_and_customer(journey: Journey) -> None:
    """The answer to a first lead names the click and the customer as they were sent, and the click's link."""
    click = await journey.click()
    details = journey.details
    answer = await journey.lead(click=click, **details)
    journey.must_fit("non-deferred.answer-shape", answer, "lead-success")
    sent = {
        "lead_click": click,
        "lead_customer": journey.customer,
        "lead_name": details["name"],
        "lead_email": details["email"],
    }
    journey.must_say("non-deferred.answer-names-click-and-customer", answer, sent)
    journey.must(
        "non-deferred.answer-names-link",
        answer,
        lambda a: Found(journey.at(a, "lead_link") is not None, str(a)),
        "a link",
    )


@scenario("non-deferred.second-event-name-is-second-lead")
async def a_second_event_name_is_a_second_lead(journey: Journey) -> None:
    """A customer's lead under another event name is a further lead."""
    click = await journey.click()
    await journey.given_lead(click=click, event="signup_started")
    await journey.lead(click=click, event="demo_booked")
    await journey.must_record("non-deferred.second-event-name-is-second-lead", has_confirmed_leads(2, click=click))


@scenario("non-deferred.several-customers-on-one-click")
async def several_customers_share_a_click(journey: Journey) -> None:
    """Two customers who came through the same click each have a lead for it."""
    click = await journey.click()
    neighbour = journey.another().customer
    await journey.given_lead(click=click)
    await journey.lead(click=click, customer=neighbour)
    await journey.must_record("non-deferred.several-customers-on-one-click", has_confirmed_lead(click=click))
    await journey.must_record(
        "non-deferred.several-customers-on-one-click", has_confirmed_lead(click=click), customer=neighbour
    )


@scenario("non-deferred.first-profile-stays")
async def the_first_profile_stays(journey: Journey) -> None:
    """A later lead changes neither the customer's name nor the address."""
    click = await journey.click()
    details = {key: journey.details[key] for key in ("name", "email")}
    await journey.given_lead(click=click, **details)
    other = journey.another()
    await journey.lead(click=click, event="demo_booked", name=f"Customer {other.stem}", email=other.email)
    await journey.must_record("non-deferred.first-profile-stays", has_confirmed_lead(event="demo_booked"))
    await journey.must_record("non-deferred.first-profile-stays", shows(details, journey.profile.equivalence))


@scenario("non-deferred.each-lead-keeps-its-click")
async def each_lead_keeps_its_own_click(journey: Journey) -> None:
    """A later lead that brings another click is attributed to that one, the first lead stays with its own."""
    first, second = await journey.click(), await journey.click()
    await journey.given_lead(click=first, event="signup_started")
    await journey.lead(click=second, event="demo_booked")
    for event, click in (("demo_booked", second), ("signup_started", first)):
        await journey.must_record(
            "non-deferred.each-lead-keeps-its-click", has_confirmed_lead(click=click, event=event)
        )


@scenario("non-deferred.event-quantity-counted")
async def a_quantity_counts_as_so_many_leads(journey: Journey) -> None:
    """A lead event with a quantity of three is three leads."""
    click = await journey.click()
    journey.given(await journey.lead(click=click, quantity=3))
    await journey.must_record("non-deferred.event-quantity-counted", has_confirmed_leads(3, click=click))


@scenario(
    "non-deferred.customer-readable",
    needs="own-read-api",
    variants={"plain": "", "escaped": " +%2B/é"},
)
async def a_customer_can_be_read(journey: Journey, further: str) -> None:
    """The platform's own customer endpoints show a customer who has a lead, and nothing of one who has none."""
    click = await journey.click()
    journey.customer += further
    await journey.given_lead(click=click)
    stranger = journey.another().customer + further
    await journey.given_recorded("non_deferred", has_confirmed_lead())
    requirement = "non-deferred.customer-readable"

    def lists(count: int) -> Callable[[Answer], Found]:
        return lambda a: Found(a.status == _OK and isinstance(a.json, list) and len(a.json) == count, str(a))

    journey.must(requirement, await journey.get(_by_filter(journey, journey.customer)), lists(1), "a list of one")
    journey.must(requirement, await journey.get(_by_filter(journey, stranger)), lists(0), "an empty list")
    answer = await journey.get(_by_id(journey, journey.customer))
    own = journey.customer
    journey.must(requirement, answer, lambda a: Found(a.status == _OK and at(a, "externalId") == own, str(a)), own)
    answer = await journey.get(_by_id(journey, stranger))
    journey.must(requirement, answer, lambda a: Found(a.status == _UNKNOWN, str(a)), "404")


_OK = 200
_UNKNOWN = 404


def _by_filter(journey: Journey, customer: str) -> str:
    return f"{journey.profile.paths['customers']}?externalId={quote(customer, safe='')}"


def _by_id(journey: Journey, customer: str) -> str:
    return f"{journey.profile.paths['customers']}/ext_{quote(customer, safe='')}"


@scenario("non-deferred.events-readable", needs="own-read-api")
async def a_lead_can_be_read(journey: Journey) -> None:
    """The platform's own events endpoint lists the lead with its click, link, customer and event name."""
    click = await journey.click()
    await journey.given_lead(click=click, event="Sign up")
    requirement, recorded = "non-deferred.events-readable", has_confirmed_lead(click=click, event="Sign up")
    await journey.must_record(requirement, recorded, readable=True)
    customers = (await journey.get(_by_filter(journey, journey.customer))).json
    if not isinstance(customers, list) or not customers or not isinstance(customers[0], dict):
        return  # that the customer can be read is judged by itself
    query = urlencode({"event": "leads", "interval": "24h", "customerId": str(customers[0].get("id"))})
    answer = await journey.get(f"{journey.profile.paths['events']}?{query}")

    def names_all(answer: Answer) -> Found:
        rows = answer.json if isinstance(answer.json, list) else []
        missing = [path for path in _ROW if any(within(row, path) is None for row in rows)]
        said = f"a row without {' and '.join(missing)}" if missing else str(answer)
        return Found(answer.status == _OK and bool(rows) and not missing, said)

    journey.must(requirement, answer, names_all, f"rows with {', '.join(_ROW)}")


_ROW = ("click.id", "link.id", "customer.externalId", "eventName")
