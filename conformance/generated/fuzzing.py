"""Sends drawn bodies and judges what each is answered, and what of it is recorded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.engine.answers import allowed
from conformance.engine.matchers import (
    Found,
    Matcher,
    has_confirmed_lead,
    has_sale,
    is_not_recorded,
    is_shown_under,
    shows,
)
from conformance.generated.meaning import Meaning, meaning
from conformance.generated.templates import Template, realised, wire
from conformance.target.messages import Request
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer

_AT_ONCE = 8


@dataclass(frozen=True)
class Inspection:
    """Something that is looked for in every answer, whatever was sent."""

    requirement: str
    expected: str
    judge: Callable[[Journey, Answer], Found]


@dataclass(frozen=True)
class Sent:
    """One body as it was sent, what the contract says of it, and what came back; `at` is when it was answered."""

    template: Template
    body: Any
    means: Meaning
    customer: str
    click: str
    answer: Answer
    transcript: Transcript

    @property
    def text(self) -> str:
        """The body in one line."""
        text = self.body.decode("utf-8", "replace") if isinstance(self.body, bytes) else json.dumps(self.body)
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_SHOWN = 400


@dataclass(frozen=True)
class Failure:
    """A requirement that one example broke; `kind` is the same for what probably has one cause."""

    requirement: str
    expected: str
    actual: str
    kind: str
    sent: Sent


class Fuzzer:
    """Puts one requirement to the test with many bodies."""

    def __init__(self, journey: Journey, requirement: str, click: str, inspections: Sequence[Inspection]) -> None:
        self.journey = journey
        self.requirement = requirement
        self.click = click
        self._inspections = inspections
        self._side_by_side = asyncio.Semaphore(_AT_ONCE)

    def bears(self, template: Template) -> bool:
        """Whether a body puts the requirement to the test."""
        profile = self.journey.profile
        body = realised(template, profile, self.journey.name, self.click)
        return self._concerns(meaning(profile, template.operation, body))

    def _concerns(self, means: Meaning) -> bool:
        return self.requirement in (means.accept, *means.refuse, means.free)

    async def send(self, template: Template) -> Sent | None:
        """Sends a body with fresh ids; None when it does not bear on the requirement, or its set-up is refused.

        What strikes once below HTTP is sent once more, with fresh ids again.
        """
        async with self._side_by_side:
            sent = await self._once(template)
            return await self._once(template) if sent is not None and sent.answer.fault is not None else sent

    async def _once(self, template: Template) -> Sent | None:
        journey, profile = self.journey, self.journey.profile
        name = journey.another()
        body = realised(template, profile, name, self.click)
        means = meaning(profile, template.operation, body)
        if not self._concerns(means):
            return None
        target, transcript = journey.play.target, Transcript(journey.play.target.redactor)
        customer = body.get(profile.fields[template.operation]["customer"]) if isinstance(body, dict) else None
        if isinstance(customer, str) and customer.startswith(f"tp-{journey.play.names.run}-"):
            target.created.setdefault(customer)
        if template.operation == "sale" and means.accept and isinstance(customer, str):
            lead = journey.lead_body(click=self.click, customer=customer, mode=journey.before_a_sale)
            if not (await target.send(target.event("lead", lead, "lead"), transcript)).taken:
                return None
        step = f"generated {template.operation}"
        request = Request("POST", target.url(template.operation), target.headers(), wire(body), step)
        answer = await target.send(request, transcript)
        known = customer if isinstance(customer, str) else ""
        return Sent(template, body, means, known, self.click, answer, transcript)

    async def answered_wrongly(self, sent: Sent) -> list[Failure]:
        """Every requirement that the answer breaks."""
        answer, profile = sent.answer, self.journey.profile
        if answer.rate_limited:
            return []
        if answer.fault is not None:
            return await self._struck(sent)
        owed = [sent.means.accept] if sent.means.accept else sorted(sent.means.refuse) or [sent.means.free]
        broken = []
        for requirement in owed:
            answers = profile.requirement(requirement).answers
            if answers is None:
                continue
            expected, judge = allowed(answers, profile)
            found = judge(answer)
            if not found.holds:
                kind = f"{answer.status // 100}xx" if answer.status < 500 else str(answer.status)  # noqa: PLR2004 - HTTP
                broken.append(Failure(requirement, expected, found.actual, kind, sent))
        wanted = [one for one in self._inspections if self.journey.play.wants(one.requirement)]
        inspected = [(one, one.judge(self.journey, answer)) for one in wanted]
        return broken + [
            Failure(one.requirement, one.expected, found.actual, "shown", sent)
            for one, found in inspected
            if not found.holds
        ]

    async def _struck(self, sent: Sent) -> list[Failure]:
        """No complete answer, twice: the target's fault if it answers something else meanwhile."""
        if self.journey.play.target.gone is not None or not await self.journey.play.target.answers_at_all():
            return []
        requirement = sent.means.accept or next(iter(sorted(sent.means.refuse)), sent.means.free)
        return [Failure(requirement, "a complete answer", str(sent.answer), str(sent.answer.fault), sent)]

    async def recorded_wrongly(self, sent: Sent) -> list[Failure]:
        """What the evidence shows of it, where a requirement says what that has to be."""
        play = self.journey.play
        broken = []
        for requirement, matcher in _records(self.journey, sent):
            if not play.wants(requirement) or not play.observer.evidence.available:
                continue
            seen = await play.observer.watch(sent.customer, matcher, sent.answer.arrived, None, sent.transcript)
            found = seen.found
            if found is not None and not found.holds and not found.hidden - play.observer.shown:
                broken.append(Failure(requirement, matcher.expected, found.actual, "recorded", sent))
        return broken

    async def wrong(self, sent: Sent) -> list[Failure]:
        """Everything that is wrong with it; what is recorded matters only where the answer is right."""
        return await self.answered_wrongly(sent) or await self.recorded_wrongly(sent)


def _records(journey: Journey, sent: Sent) -> list[tuple[str, Matcher]]:
    """What must be recorded of a body that was answered as it should be."""
    rules, body, answer = journey.profile.equivalence, sent.body, sent.answer
    if not isinstance(body, dict) or not sent.customer:
        return []
    names = journey.profile.fields[sent.template.operation]
    ours = {word: body.get(name) for word, name in names.items()}
    if sent.means.refuse:
        plain = sent.customer.startswith(f"tp-{journey.play.names.run}-") and sent.customer.endswith("-Cu.")
        refused = answer.fault is None and not answer.taken and plain
        about = sent.template.operation
        return [("validation.refused-leaves-nothing", is_not_recorded(about=about))] if refused else []
    if not answer.taken or not sent.means.accept:
        return []
    if sent.template.operation == "sale":
        as_sent = {"amount": ours["amount"]} if ours["currency"] == "USD" else {}
        recorded = has_sale(str(ours["invoice"]), rules, **as_sent)
        return [
            (
                {"validation.ids-accepted": "validation.ids-unchanged"}.get(sent.means.accept, "sale.amount-kept"),
                recorded,
            )
        ]
    found = []
    if sent.means.accept == "validation.any-script-accepted":
        found.append(("validation.any-script-unchanged", shows({"name": str(ours["name"])}, rules)))
    if sent.means.accept == "validation.ids-accepted":
        found.append(("validation.ids-unchanged", is_shown_under(sent.customer)))
    if ours.get("mode") is None and sent.means.accept == "validation.null-optionals-accepted":
        found.append((sent.means.accept, has_confirmed_lead(click=sent.click)))
    if sent.means.accept == "non-deferred.accepted":
        named = has_confirmed_lead(click=sent.click, event=str(ours["event"]))
        found.append(("non-deferred.event-name-kept", named))
    return found
