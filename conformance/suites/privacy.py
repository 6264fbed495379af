"""Privacy: an answer shows nobody else's data, no secret, and nothing of the server's inside."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from conformance.engine.matchers import Found
from conformance.engine.payloads import ABSENT
from conformance.engine.scenario import scenario
from conformance.engine.strangers import header_values, stranger_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

STACK_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"]+\", line \d+"
    r"|^\s+at [\w$.<> \[\]]+\(?[^()\n]*:\d+(:\d+)?\)?"
    r"|\bat [\w$.]+\([\w$]+\.(java|kt|scala):\d+\)"
    r"|\.php(:| on line )\d+|#\d+ /[\w./-]+\.php\(\d+\)"
    r"|^\s+at [\w.`<>]+\([^()\n]*\)( in |\s*$)|:line \d+\b"
    r"|goroutine \d+ \[|\bpanic: |[\w/.-]+\.go:\d+"
    r"|[\w/.-]+\.rb:\d+:in "
    r"|(node_modules|site-packages)[/\\]"
    r"|(?<![\w:/])/(usr|home|var|app|srv|opt|root|Users)/[\w./-]+\.(py|js|mjs|cjs|ts|rb|php|go|java|rs|cs)\b"
    r"|\bSQLSTATE\[|\bat line \d+ of file|thread '[^']+' panicked",
    re.MULTILINE,
)

_SHORTEST = 6


def _everything(answer: Answer) -> str:
    return "\n".join([answer.text.replace("\\n", "\n").replace("\\/", "/"), *header_values(answer)])


def _shows_nothing_of(journey: Journey, strangers: Sequence[str]) -> Callable[[Answer], Found]:
    """Judges that an answer shows none of these texts, and nobody of this run but whom the request itself named."""

    def judge(answer: Answer) -> Found:
        text = _everything(answer).casefold()
        shown = next((secret for secret in strangers if secret.casefold() in text), None)
        shown = shown or stranger_in(answer, journey)
        return Found(holds=shown is None, actual=f"the answer shows {shown!r}" if shown else "nothing of it")

    return judge


@scenario("privacy.no-other-customer")
async def answers_show_nothing_of_another_customer(journey: Journey) -> None:
    """Whatever one customer's events collide with, no answer shows the other customer's name, address or id."""
    first, second = await journey.click(), await journey.click()
    stranger = journey.another()
    secrets = {"name": f"Confidential {stranger.stem}", "email": stranger.email, "avatar": stranger.avatar}
    invoice, by_design = stranger.invoice(), "replay-shows-first-customer" in journey.profile.traits
    await journey.given_lead(click=first, mode="deferred", customer=stranger.customer, **secrets)
    await journey.lead(event="email_verified", customer=stranger.customer)
    await journey.sale(invoice=invoice, click=first, customer=stranger.customer)
    judge = _shows_nothing_of(journey, (secrets["name"], secrets["email"], secrets["avatar"], stranger.customer))

    def must(answer: Answer) -> None:
        journey.must("privacy.no-other-customer", answer, judge, "nothing of another customer")

    must(await journey.lead(event="email_verified"))
    must(await journey.sale(invoice=journey.invoice()))
    must(await journey.lead(click=first, mode="deferred"))
    must(await journey.lead(click=first, event="email_verified"))
    collides = journey.sale_body(invoice=journey.invoice() if by_design else invoice, click=first)
    must(await journey.wrong("sale", collides, amount="4999"))
    must(await journey.wrong("lead", journey.lead_body(click=first), event=ABSENT))
    if not by_design:
        must(await journey.sale(invoice=invoice, click=second))
        must(await journey.sale(invoice=invoice, click=first, amount=100))


@scenario("privacy.no-other-customer")
async def a_shared_address_shows_nothing_of_its_first_owner(journey: Journey) -> None:
    """A lead with an e-mail address that another customer has shows nothing of that customer."""
    first, second = await journey.click(), await journey.click()
    stranger = journey.another()
    name = f"Confidential {stranger.stem}"
    await journey.given_lead(click=first, customer=stranger.customer, name=name, email=stranger.email)
    judge = _shows_nothing_of(journey, (name, stranger.customer))
    answer = await journey.lead(click=second, email=stranger.email)
    journey.must("privacy.no-other-customer", answer, judge, "nothing of another customer")
    answer = await journey.repeat(answer)
    journey.must("privacy.no-other-customer", answer, judge, "nothing of another customer")


def shows_no_stack_trace(answer: Answer) -> Found:
    """No stack trace, and no path of a file on the server."""
    found = STACK_TRACE.search(_everything(answer))
    return Found(holds=found is None, actual=f"the answer shows {found.group(0)!r}" if found else "nothing of it")


def echoes_no_token(journey: Journey, answer: Answer) -> Found:
    """Neither the run's token nor the wrong one that was sent; a very short one stands in any text."""
    target = journey.play.target
    secrets = (target.options.token, target.profile.authentication.wrong_token)
    echoed = any(len(secret) >= _SHORTEST and secret in _everything(answer) for secret in secrets)
    return Found(holds=not echoed, actual="the answer shows the token" if echoed else "no token")


@scenario("privacy.no-stack-trace", "privacy.token-not-echoed")
async def refusals_show_nothing_of_the_servers_inside(journey: Journey) -> None:
    """No refusal, whatever provoked it, and no success shows a stack trace, a path of the server, or the token."""
    click = await journey.click()
    target = journey.play.target
    lead, sale = journey.lead_body(click=click), journey.sale_body(invoice=journey.invoice(), click=click)
    wrong = target.profile.authentication.wrong_token

    for answer in (
        await journey.wrong("lead", lead, customer=ABSENT),
        await journey.wrong("lead", lead, customer={"$ne": None}),
        await journey.wrong("lead", lead, timestamp="yesterday"),
        await journey.wrong("lead", lead, mode="sometimes"),
        await journey.wrong("sale", sale, amount="4999"),
        await journey.wrong("sale", sale, amount={"value": 4999}),
        await journey.wrong("sale", sale, currency="dollars"),
        await journey.post("lead", b'{"eventName":', step="malformed lead"),
        await journey.post("lead", b"[]", step="lead that is no object"),
        await journey.post("sale", b"null", step="sale that is no object"),
        await journey.post("lead", lead, step="wrong token", headers=target.headers(f"Bearer {wrong}")),
        await journey.post("lead", b"", step="GET lead", method="GET"),
        await journey.post("lead", lead, step="unknown path", url=f"{target.base}/track/nothing-here"),
        await journey.lead(click=click),
    ):
        journey.must("privacy.no-stack-trace", answer, shows_no_stack_trace, "no stack trace, no path of the server")
        journey.must("privacy.token-not-echoed", answer, partial(echoes_no_token, journey), "the token is not echoed")
