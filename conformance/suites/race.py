"""Races: the same event at the same moment counts once, and customers who arrive together are not mixed up.

Each race is run in several rounds with fresh names, since a race that is won once may be lost the next time.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.matchers import (
    Found,
    Kind,
    Matcher,
    counts,
    describe,
    has_confirmed_leads,
    has_sale,
    is_attributed_to,
    shows,
)
from conformance.engine.scenario import scenario
from conformance.engine.strangers import stranger_in

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.engine.names import Name
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer

_ROUNDS = 3
_AT_ONCE = 8


@scenario("race.answered", "race.leads-counted-once")
async def identical_leads_at_the_same_moment_count_once(journey: Journey) -> None:
    """One lead, sent eight times at the same moment, counts once."""
    own = {journey.another().customer: await journey.click() for _ in range(_ROUNDS)}
    for customer, click in own.items():
        request = journey.request("lead", journey.lead_body(click=click, customer=customer))
        answers = await journey.together([request] * _AT_ONCE)
        for answer in answers:
            journey.must("race.answered", answer)
        await journey.given_one_taken(answers, click=click)
    for customer, click in own.items():
        await journey.must_record("race.leads-counted-once", has_confirmed_leads(1, click=click), customer=customer)


@scenario("race.answered", "race.event-2s-counted-once")
async def identical_event_2s_at_the_same_moment_confirm_once(journey: Journey) -> None:
    """One event 2, sent eight times at the same moment, confirms one lead."""
    click = await journey.click()
    customers = [journey.another().customer for _ in range(_ROUNDS)]
    for customer in customers:
        await journey.given_lead(click=click, mode="deferred", customer=customer)
    await journey.given_recorded("event_1", is_attributed_to(click), customer=customers[-1])
    for customer in customers:
        request = journey.request("lead", journey.lead_body(event="email_verified", customer=customer))
        for answer in await journey.together([request] * _AT_ONCE):
            journey.must("race.answered", answer)
    for customer in customers:
        await journey.must_record("race.event-2s-counted-once", has_confirmed_leads(1, click=click), customer=customer)


@scenario("race.answered", "race.sales-counted-once")
async def identical_sales_at_the_same_moment_count_once(journey: Journey) -> None:
    """One sale, sent eight times at the same moment, counts once."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    await journey.given_recorded("non_deferred", is_attributed_to(click))
    invoices = [journey.invoice() for _ in range(_ROUNDS)]
    for invoice in invoices:
        request = journey.request("sale", journey.sale_body(invoice=invoice, click=click))
        for answer in await journey.together([request] * _AT_ONCE):
            journey.must("race.answered", answer)
    await journey.must_record("race.sales-counted-once", counts(*invoices))


@scenario("race.answered", "race.different-invoices-all-count")
async def different_sales_at_the_same_moment_all_count(journey: Journey) -> None:
    """Eight sales of one customer at the same moment are eight sales: none is lost."""
    click = await journey.click()
    await journey.given_buyer(click=click)
    await journey.given_recorded("non_deferred", is_attributed_to(click))
    invoices: list[str] = []
    for _ in range(_ROUNDS):
        fresh = [journey.invoice() for _ in range(_AT_ONCE)]
        requests = [journey.request("sale", journey.sale_body(invoice=invoice, click=click)) for invoice in fresh]
        answers = await journey.together(requests)
        invoices += fresh[: len(answers)]
        for answer in answers:
            journey.must("race.answered", answer)
    await journey.must_record("race.different-invoices-all-count", counts(*invoices))


@scenario("race.answered", "race.customers-not-mixed-up")
async def customers_who_arrive_together_are_not_mixed_up(journey: Journey) -> None:
    """Customers who sign up and buy at the same moment keep their own clicks and amounts."""
    clicks = [await journey.click(), await journey.click()]
    names = [journey.another() for _ in range(_AT_ONCE)]
    own = {name.customer: clicks[number % 2] for number, name in enumerate(names)}
    invoices = {name.customer: name.invoice() for name in names}
    amounts = {name.customer: 1000 + number for number, name in enumerate(names)}
    leads = [
        journey.request(
            "lead",
            journey.lead_body(
                click=own[n.customer], customer=n.customer, mode=journey.before_a_sale, **_says_of_itself(n)
            ),
        )
        for n in names
    ]
    taken = len(await journey.together(leads))
    await journey.given_recorded("non_deferred", is_attributed_to(own[names[0].customer]), customer=names[0].customer)
    sales = [
        journey.request(
            "sale",
            journey.sale_body(
                invoice=invoices[n.customer], click=own[n.customer], customer=n.customer, amount=amounts[n.customer]
            ),
        )
        for n in names[:taken]
    ]
    for answer in await journey.together(sales):
        journey.must("race.answered", answer)
        journey.must("race.customers-not-mixed-up", answer, partial(_names_nobody_else, journey), _NOBODY_ELSE)
    for name in names[:taken]:
        customer = name.customer
        sale = has_sale(invoices[customer], journey.profile.equivalence, click=own[customer], amount=amounts[customer])
        await journey.must_record("race.customers-not-mixed-up", is_attributed_to(own[customer]), customer=customer)
        await journey.must_record("race.customers-not-mixed-up", sale, customer=customer)
        await journey.must_record("race.customers-not-mixed-up", _keeps_to_itself(journey, name), customer=customer)


@scenario("race.customers-not-mixed-up")
async def customers_who_are_verified_together_are_not_mixed_up(journey: Journey) -> None:
    """Customers whose event 2 arrives at the same moment are each confirmed once, for their own click."""
    clicks = [await journey.click(), await journey.click()]
    names = [journey.another() for _ in range(_AT_ONCE)]
    own = {name.customer: clicks[number % 2] for number, name in enumerate(names)}
    first = [
        journey.request(
            "lead",
            journey.lead_body(click=own[n.customer], mode="deferred", customer=n.customer, **_says_of_itself(n)),
        )
        for n in names
    ]
    taken = names[: len(await journey.together(first))]
    opener = taken[0].customer
    await journey.given_recorded("event_1", is_attributed_to(own[opener]), customer=opener)
    second = [journey.request("lead", journey.lead_body(event="email_verified", customer=n.customer)) for n in taken]
    for answer in await journey.together(second):
        journey.must("race.customers-not-mixed-up", answer, partial(_names_nobody_else, journey), _NOBODY_ELSE)
    for name in taken:
        customer = name.customer
        await journey.must_record(
            "race.customers-not-mixed-up", has_confirmed_leads(1, click=own[customer]), customer=customer
        )
        await journey.must_record("race.customers-not-mixed-up", _keeps_to_itself(journey, name), customer=customer)


@scenario("race.answered", "race.one-attribution")
async def two_event_1s_at_the_same_moment_end_in_one_attribution(journey: Journey) -> None:
    """Event 1 with two clicks at the same moment ends in one of them, and the confirmed lead agrees with it."""
    first, second = await journey.click(), await journey.click()
    customers = [journey.another().customer for _ in range(_ROUNDS)]
    for customer in customers:
        requests = [
            journey.request("lead", journey.lead_body(click=click, mode="deferred", customer=customer))
            for click in (first, second)
        ]
        answers = await journey.together(requests)
        for answer in answers:
            journey.must("race.answered", answer)
        await journey.given_one_taken(answers, click=first, mode="deferred")
        await journey.lead(event="email_verified", customer=customer)
    for customer in customers:
        await journey.must_record("race.one-attribution", _one_of(first, second), customer=customer)


@scenario("race.one-customer")
async def different_first_events_at_the_same_moment_make_one_customer(journey: Journey) -> None:
    """A customer's first events, eight different ones at the same moment, all find the same customer."""
    click = await journey.click()
    events = [f"first event {number}" for number in range(_AT_ONCE)]
    requests = [journey.request("lead", journey.lead_body(click=click, event=event)) for event in events]
    answers = await journey.together(requests)
    await journey.given_one_taken(answers, click=click)
    await journey.must_record("race.one-customer", _is_one_with(len(answers), click))


@scenario("race.direct-sales-leave-one-lead", needs="direct-sale")
async def direct_sales_at_the_same_moment_leave_one_lead(journey: Journey) -> None:
    """A new customer's sales at the same moment all count, and leave one lead."""
    click = await journey.click()
    invoices = [journey.invoice() for _ in range(_AT_ONCE)]
    requests = [journey.request("sale", journey.sale_body(invoice=invoice, click=click)) for invoice in invoices]
    await journey.together(requests)
    await journey.must_record("race.direct-sales-leave-one-lead", has_confirmed_leads(1, click=click))


def _says_of_itself(name: Name) -> dict[str, str]:
    return {"name": f"Customer {name.stem}", "email": name.email}


def _keeps_to_itself(journey: Journey, name: Name) -> Matcher:
    """What is shown of a customer is its own, or nothing: that details are shown at all is judged elsewhere."""
    own = _says_of_itself(name)
    wanted = shows(own, journey.profile.equivalence)

    def judge(customer: RecordedCustomer | None) -> Found:
        if customer is None:
            return Found(holds=True, actual="customer unknown")
        shown = {detail: value for detail, value in own.items() if getattr(customer, detail) is not None}
        found = shows(shown, journey.profile.equivalence).judge(customer)
        return found if shown else replace(found, actual="neither is shown")

    return replace(wanted, expected=f"{wanted.expected}, if shown", kind=Kind.ABSENCE, judge=judge)


_NOBODY_ELSE = "an answer that names no other customer"


def _names_nobody_else(journey: Journey, answer: Answer) -> Found:
    stranger = stranger_in(answer, journey)
    return Found(holds=stranger is None, actual=f"names {stranger}" if stranger else "names nobody else")


def _is_one_with(leads: int, click: str) -> Matcher:
    all_leads = has_confirmed_leads(leads, click=click)

    def judge(customer: RecordedCustomer | None) -> Found:
        found = all_leads.judge(customer)
        return replace(found, holds=False) if customer is not None and customer.copies > 1 else found

    return replace(all_leads, expected=f"one customer, {all_leads.expected}", judge=judge)


def _one_of(first: str, second: str) -> Matcher:
    def judge(customer: RecordedCustomer | None) -> Found:
        leads = customer.confirmed if customer else ()
        agrees = (
            customer is not None
            and len(leads) == 1
            and leads[0].click in (first, second)
            and (leads[0].click == customer.click or not customer.click_shown)
        )
        return Found(holds=agrees, actual=describe(customer), excess=len(leads) > 1)

    return Matcher(f"one confirmed lead for the customer's own click, {first} or {second}", Kind.EXACT, judge)
