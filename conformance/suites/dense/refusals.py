"""One customer of whom everything is refused at first, and who then signs up rightly: that is all that is recorded.

Each wrong event has one thing wrong with it; what broke the server or was taken is told at once, and what was recorded
of it is seen in one look at the end.
"""

from __future__ import annotations

import base64
import json
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from conformance.engine.payloads import ABSENT
from conformance.generated.screening import Facet
from conformance.suites.privacy import echoes_no_token, shows_no_stack_trace
from conformance.suites.resilience import OVERSIZED, agrees_with_status, is_error
from conformance.target.messages import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.engine.matchers import Found
    from conformance.generated.screening import Screen
    from conformance.ledger.records import RecordedCustomer
    from conformance.target.messages import Answer

_SHARED_CLICK = "non-deferred.several-customers-on-one-click"
REFUSALS = (
    "validation.refused-leaves-nothing",
    "validation.lead-without-event-name",
    "validation.lead-mode-unknown",
    "validation.sale-currency-not-three-letters",
    "validation.malformed-json",
    "validation.not-an-object",
    "validation.wrong-content-type",
    "validation.wrong-content-type-415",
    "validation.wrong-method",
    "validation.wrong-method-405",
    "validation.unknown-path",
    "validation.unknown-path-404",
    "validation.bad-format-no-server-error",
    "validation.null-optionals-accepted",
    "authentication.missing-token",
    "authentication.empty-token",
    "authentication.other-scheme",
    "authentication.before-body",
    "authentication.wrong-token",
    "authentication.exactly-401",
    "authentication.nothing-recorded",
    "non-deferred.unknown-click-refused",
    "non-deferred.unknown-click-not-attributed",
    "non-deferred.confirmed-at-once",
    "non-deferred.one-lead",
    "non-deferred.explicit-mode-is-not-deferred",
    _SHARED_CLICK,
    "resilience.oversized-body",
    "resilience.hostile-text",
    "resilience.still-answers",
    "resilience.error-is-json",
    "resilience.error-status-agrees",
    "privacy.no-stack-trace",
    "privacy.token-not-echoed",
    "privacy.no-other-customer",
)
_EVENT = "demo_booked"
_HOSTILE = "a\x01\r\nb\u202e\uffff<script>'; DROP TABLE customers; --{{7*7}}../../%s%n"
_DEEP: dict[str, Any] = reduce(lambda inner, _: {"a": inner}, range(100), {})
_UNAUTHORIZED = "order-unauthorized"


class _Wrong:
    """Sends what is wrong on purpose, and takes note of whether any of it was taken."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.journey = screen.journey
        self.taken = False

    def refused(self, answer: Answer, *requirements: str) -> None:
        """This must have been refused, as these requirements say."""
        for requirement in requirements:
            self.journey.must(requirement, answer)
        if answer.fault is None:
            self.taken = self.taken or answer.taken
            self._shaped(answer)

    def _shaped(self, answer: Answer) -> None:
        self.screen.names_nobody_else(answer)
        ways: dict[str, Callable[[Answer], Found]] = {
            "privacy.no-stack-trace": shows_no_stack_trace,
            "privacy.token-not-echoed": partial(echoes_no_token, self.journey),
        }
        if not answer.taken and answer.request is not None and answer.request.method == "POST":
            ways["resilience.error-is-json"] = partial(is_error, self.journey)
            ways["resilience.error-status-agrees"] = partial(agrees_with_status, self.journey)
        for requirement, judge in ways.items():
            found = judge(answer)
            self.screen.expect((requirement,), holds=found.holds, expected="as documented", actual=found.actual)


async def told(screen: Screen) -> None:
    """What must be survived, what must be refused, and a lead that is right."""
    journey = screen.journey
    click = await screen.click()
    wrong = _Wrong(screen)
    lead, sale = (
        journey.lead_body(click=click, **journey.details),
        journey.sale_body(invoice=journey.invoice(), click=click),
    )
    await _survived(wrong, click)
    await _with_wrong_token(wrong, click)
    await _without_token(wrong, click)
    wrong.refused(await journey.wrong("lead", lead, event=ABSENT), "validation.lead-without-event-name")
    wrong.refused(await journey.wrong("lead", lead, mode="DEFERRED"), "validation.lead-mode-unknown")
    if journey.profile.promises("validation.sale-currency-not-three-letters"):
        answer = await journey.wrong("sale", sale, currency=840)
        wrong.refused(answer, "validation.sale-currency-not-three-letters")
        journey.must("validation.bad-format-no-server-error", answer)
    wrong.refused(
        await journey.post("lead", b'{"clickId":"id_123","eventName":"signup', step="malformed lead"),
        "validation.malformed-json",
    )
    wrong.refused(
        await journey.post("lead", json.dumps([lead]).encode(), step="list with a lead"), "validation.not-an-object"
    )
    await _no_event_at_all(wrong, lead)
    stranger = journey.another().customer
    answer = await journey.lead(click=f"{journey.name.stem}-never-minted", customer=stranger)
    screen.answered("non-deferred.unknown-click-refused", answer)
    await _rightly(wrong, click)
    if answer.taken:
        await screen.records(stranger, _attributed_to_nobody)
    else:
        screen.expect(("non-deferred.unknown-click-not-attributed",), holds=True, expected="", actual="")


async def _survived(wrong: _Wrong, click: str) -> None:
    journey = wrong.journey
    answer = await journey.post(
        "lead",
        {**journey.lead_body(click=click, customer=journey.another().customer), "note": "x" * OVERSIZED},
        step="oversized body",
    )
    if answer.fault in (Fault.RESET, Fault.NO_ANSWER):
        journey.forgive(answer)
        journey.satisfied("resilience.oversized-body", "any answer but a server error", f"hung up: {answer}")
    else:
        journey.must("resilience.oversized-body", answer)
    body = {**journey.lead_body(click=click), "deep": _DEEP}
    hostile = {"customer": journey.another().customer, "name": "a\x00b\ud800c", "event": _HOSTILE}
    journey.must("resilience.hostile-text", await journey.wrong("lead", body, **hostile))
    types = {"customer": journey.another().customer, "name": 5, "avatar": 1, "event": "x" * 300}
    lead = journey.lead_body(click=click)
    journey.must("validation.bad-format-no-server-error", await journey.wrong("lead", lead, **types))


async def _with_wrong_token(wrong: _Wrong, click: str) -> None:
    journey = wrong.journey
    rule, token = journey.profile.authentication, journey.play.target.options.token
    longer = rule.value(f"{token}-{rule.wrong_token}" if token else rule.wrong_token)
    body = journey.sale_body(invoice=journey.invoice(), click=click, event=_UNAUTHORIZED)
    answer = await journey.post("sale", body, step="wrong token", headers=journey.play.target.headers(longer))
    wrong.refused(answer, "authentication.wrong-token", *(() if answer.taken else ("authentication.exactly-401",)))


async def _without_token(wrong: _Wrong, click: str) -> None:
    """Calls without a token, with an empty one, and under another scheme."""
    journey = wrong.journey
    target, rule = journey.play.target, journey.profile.authentication
    # Of somebody else: what was recorded of it would be in the way of a lead that is right.
    lead = journey.lead_body(click=click, mode="deferred", customer=journey.another().customer)
    sale = journey.sale_body(invoice=journey.invoice(), click=click, event=_UNAUTHORIZED)
    basic = base64.b64encode(f"{target.options.token}:".encode()).decode()
    for requirement, operation, body, value in (
        ("authentication.missing-token", "lead", lead, ""),
        ("authentication.missing-token", "sale", sale, ""),
        ("authentication.empty-token", "lead", lead, rule.scheme),
        ("authentication.other-scheme", "sale", sale, f"Basic {basic}"),
    ):
        step = f"{operation} without the right token"
        answer = await journey.post(operation, body, step=step, headers=target.headers(value))
        wrong.refused(answer, requirement)
    if journey.profile.promises("authentication.before-body"):
        headers = target.headers(rule.value(rule.wrong_token))
        answer = await journey.post("lead", b"{}", step="wrong token and body", headers=headers)
        journey.must("authentication.before-body", answer)


async def _no_event_at_all(wrong: _Wrong, lead: dict[str, Any]) -> None:
    journey = wrong.journey
    target = journey.play.target
    if journey.profile.promises("validation.wrong-content-type"):
        headers = {**target.headers(), "content-type": "application/x-www-form-urlencoded"}
        form = "&".join(f"{key}={value}" for key, value in lead.items()).encode()
        answer = await journey.post("lead", form, step="form-encoded lead", headers=headers)
        journey.must("validation.wrong-content-type", answer)
        journey.must("validation.wrong-content-type-415", answer)
        wrong.taken = wrong.taken or answer.taken
    answer = await journey.post("lead", b"", step="GET lead", method="GET")
    journey.must("validation.wrong-method", answer)
    journey.must("validation.wrong-method-405", answer)
    answer = await journey.post("lead", lead, step="unknown path", url=f"{target.base}/track/leads")
    journey.must("validation.unknown-path", answer)
    journey.must("validation.unknown-path-404", answer)


async def _rightly(wrong: _Wrong, click: str) -> None:
    """The customer signs up at last; somebody else in the customer's place where something wrong was taken."""
    screen, journey = wrong.screen, wrong.journey
    customer = journey.another().customer if wrong.taken else journey.customer
    words = ("timestamp", "name", "email", "avatar", "quantity", "metadata")
    nothing: dict[str, Any] = dict.fromkeys(words)
    # Where a sale may follow at once in a mode of its own, the word for a lead that is not deferred is promised.
    mode = "non_deferred" if "wait" in journey.profile.modes else ABSENT
    answer = await journey.lead(click=click, customer=customer, event=_EVENT, mode=mode, **nothing)
    suspects = ("resilience.still-answers", "non-deferred.accepted")
    if not screen.answered("validation.null-optionals-accepted", answer, *suspects) or not answer.taken:
        journey.given(await journey.lead(click=click, customer=customer, event=_EVENT))
    else:
        screen.expect(suspects, holds=True, expected="", actual="")
    await screen.until_live(customer, _is_confirmed, "lead")
    await screen.records(customer, partial(_only_that, nothing_wrong=not wrong.taken))


def _is_confirmed(record: RecordedCustomer | None) -> list[Facet]:
    suspects = ("non-deferred.confirmed-at-once", _SHARED_CLICK, "non-deferred.explicit-mode-is-not-deferred")
    return [Facet(suspects, record is not None and bool(record.confirmed), "a confirmed lead")]


def _only_that(record: RecordedCustomer | None, *, nothing_wrong: bool) -> list[Facet]:
    confirmed = record.confirmed if record else ()
    sales = record.sales if record else ()
    twice = len([lead for lead in confirmed if lead.event == _EVENT]) > 1
    more = [lead for lead in confirmed if lead.event != _EVENT] if len(confirmed) > 1 else []
    without_token = any(sale.event == _UNAUTHORIZED for sale in sales)
    refused = bool(more) or any(sale.event != _UNAUTHORIZED for sale in sales)
    facets = [
        *_is_confirmed(record),
        Facet(("non-deferred.one-lead",), not twice, "one confirmed lead", excess=twice),
    ]
    if nothing_wrong:
        facets += [
            Facet(
                ("authentication.nothing-recorded",), not without_token, "nothing without a token", excess=without_token
            ),
            Facet(("validation.refused-leaves-nothing",), not refused, "nothing of what was refused", excess=refused),
        ]
    return facets


def _attributed_to_nobody(record: RecordedCustomer | None) -> list[Facet]:
    tied = record is not None and any(
        click is not None for click in (record.click, *(one.click for one in record.leads))
    )
    return [Facet(("non-deferred.unknown-click-not-attributed",), not tied, "attributed to no click", excess=tied)]
