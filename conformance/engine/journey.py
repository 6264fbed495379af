"""A journey: one customer's way through the target, and the verbs with which a scenario tells it."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.contract import Level
from conformance.engine.answers import allowed, at
from conformance.engine.equivalence import same
from conformance.engine.faults import CannotJudge, HarnessFault, MetRateLimit
from conformance.engine.matchers import Found, Kind
from conformance.engine.observer import Seen
from conformance.engine.payloads import ABSENT, Absent, before_a_sale, changed, lead_payload, sale_payload
from conformance.results import Blame, Check, Missing, Verdict
from conformance.target.messages import Answer, Request
from conformance.target.target import encode
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from conformance.contract import Profile, Requirement
    from conformance.engine.deliveries import Deliveries, Expected
    from conformance.engine.matchers import Matcher
    from conformance.engine.names import Name, Names
    from conformance.engine.observer import Observer
    from conformance.engine.scenario import Scenario
    from conformance.evidence import Observation
    from conformance.target.clicks import ClickEndpoint, ClickSource, ShortLinks
    from conformance.target.target import Target

NO_CLICKS = Missing("--click-id", "click ids that are valid and unused, or --short-link URL that mints one per visit")
NO_WEBHOOKS = Missing("[webhooks] listen and secret", "an address to which the target pushes, and its signing secret")
NO_READBACK = Missing("--readback", "the base URL of the target's read-back endpoint")


@dataclass(frozen=True)
class Play:
    """What all journeys of a run share; `wants` says whether a requirement is promised and selected.

    `seed` and `max_examples` are for generated suites; `materials` holds what is generated once and used by several.
    `singly` are the scenarios that look at one thing each, for dense ones that have to tell which it was; `minted`
    holds the click ids that visits gave.
    """

    profile: Profile
    target: Target
    observer: Observer
    names: Names
    wants: Callable[[str], bool]
    deliveries: Deliveries | None = None
    visitors: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    seed: int = 0
    max_examples: int | None = None
    materials: dict[str, Task[Any]] = field(default_factory=dict)
    singly: tuple[Scenario, ...] = ()
    minted: set[str] = field(default_factory=set)

    def next_visitor(self) -> int:
        """The number of a visitor who was not here before in this run."""
        return next(self.visitors)


@dataclass
class Judged:
    """A check, and what of it only the whole run can tell: details that may be hidden from everybody."""

    check: Check
    hidden: frozenset[str] = frozenset()


@dataclass
class Account:
    """What a journey leaves behind: its checks, where a transport fault struck, and how many exchanges it kept back.

    `left_out` counts what was sent and is not in the transcript, where thousands of examples were of one kind.
    """

    judged: list[Judged] = field(default_factory=list)
    first_fault: tuple[int, str] | None = None
    left_out: int = 0


class Journey:
    """One customer's way: click, lead, verification, sale.

    Carries a fresh customer id, e-mail address and invoice ids from the run's own namespace. A step is sent with
    `lead`, `sale` or `post`; `given` says that what follows needs it; `must` and `must_record` judge.
    """

    def __init__(self, play: Play) -> None:
        self.play = play
        self.profile = play.profile
        self.name: Name = play.names.next()
        self.customer = self.name.customer
        self.transcript = Transcript(play.target.redactor)
        self.account = Account()
        self._clicks: list[str] = []
        self._steps = 0
        self._last_step = 0.0
        self._quiet: dict[str, float] = {}
        self._looked: dict[str, Observation] = {}
        self._settled: dict[tuple[str, str], Observation] = {}

    # --- names ------------------------------------------------------------------------------------------------

    @property
    def details(self) -> dict[str, str]:
        """Name, e-mail address and avatar of this customer."""
        return {"name": f"Customer {self.name.stem}", "email": self.name.email, "avatar": self.name.avatar}

    def another(self) -> Name:
        """The name of a further customer, from the same namespace."""
        return self.play.names.next()

    @property
    def before_a_sale(self) -> str | Absent:
        """The mode of a lead that a sale follows at once, where the platform has one for that."""
        return before_a_sale(self.profile)

    def named_in_answers(self, click: str) -> dict[str, str]:
        """What the answer to a lead of this customer names, where answers name anything: click, id, name, address."""
        details = self.details
        return {
            "lead_click": click,
            "lead_customer": self.customer,
            "lead_name": details["name"],
            "lead_email": details["email"],
        }

    def invoice(self) -> str:
        """A fresh invoice id."""
        return self.name.invoice()

    # --- steps ------------------------------------------------------------------------------------------------

    async def click(self) -> str:
        """A valid click id that this journey has not had; raises CannotJudge when there is none."""
        if self.play.target.clicks.urls:
            click = await self._mint()
            if click in self._clicks:
                raise CannotJudge(
                    "the same click id was minted again, and this needs distinct ones",
                    owner="click-capture.fresh-id",
                )
        else:
            given = self.play.target.clicks.take(self._clicks)
            if given is None:
                reason = "needs more distinct click ids than were given" if self._clicks else "no click ids were given"
                raise CannotJudge(reason, missing=NO_CLICKS)
            click = given
        self._clicks.append(click)
        return click

    async def visit(self, source: ClickSource, visitor: int | None = None) -> Answer:
        """One visit through a source of click ids, by a visitor who was never here unless a number says who it is."""
        return await self._send(source.visit(self.play.next_visitor() if visitor is None else visitor))

    @property
    def short_links(self) -> ShortLinks:
        """The target's short links; raises CannotJudge when none was given."""
        links = self.play.target.options.short_links
        if links is None:
            raise CannotJudge("no short link was given", missing=Missing("--short-link", "a short link of the target"))
        return links

    @property
    def click_endpoint(self) -> ClickEndpoint:
        """The target's endpoint that mints click ids; raises CannotJudge when it is not known for which link."""
        endpoint = self.play.target.options.click_endpoint
        if endpoint is None:
            raise CannotJudge(
                "no link is known for which the endpoint could mint click ids",
                missing=Missing("[clicks] domain and key", "the domain and key of a link of the target"),
            )
        return endpoint

    async def get(self, path: str) -> Answer:
        """Reads something from the platform's own API, with the run's token."""
        headers = self.play.target.headers()
        del headers["content-type"]
        return await self._send(Request("GET", self.play.target.base + path, headers, b"", "read"))

    async def send(self, request: Request) -> Answer:
        """Sends a request that a scenario made itself."""
        return await self._send(request)

    async def lead(
        self,
        *,
        click: str | Absent | None = ABSENT,
        mode: str | Absent | None = ABSENT,
        event: str = "signup_started",
        customer: str | None = None,
        **details: Any,
    ) -> Answer:
        """Sends a lead that the contract allows: click and no mode, click and `mode="deferred"`, or neither."""
        return await self._event(
            "lead", self.lead_body(click=click, mode=mode, event=event, customer=customer, **details)
        )

    async def sale(self, *, invoice: str, customer: str | None = None, **fields: Any) -> Answer:
        """Sends a sale that the contract allows; amount 4999, currency USD unless told otherwise."""
        return await self._event("sale", self.sale_body(invoice=invoice, customer=customer, **fields))

    def lead_body(
        self,
        *,
        click: str | Absent | None = ABSENT,
        mode: str | Absent | None = ABSENT,
        event: str = "signup_started",
        customer: str | None = None,
        **details: Any,
    ) -> dict[str, Any]:
        """The body of a lead, for scenarios that change or repeat it."""
        fields = {"click": click, "event": event, "customer": customer or self.customer, "mode": mode, **details}
        return lead_payload(self.profile, fields)

    def sale_body(self, *, invoice: str | Absent | None, customer: str | None = None, **fields: Any) -> dict[str, Any]:
        """The body of a sale, for scenarios that change or repeat it."""
        return sale_payload(self.profile, {"customer": customer or self.customer, "invoice": invoice, **fields})

    async def wrong(self, operation: str, body: Mapping[str, Any], **changes: Any) -> Answer:
        """Sends a body that is wrong on purpose: some fields (our words) replaced or, where ABSENT, taken out."""
        wrong = changed(self.profile, operation, body, changes)
        self._note_created(wrong)
        return await self._send(self.play.target.event(operation, wrong, f"wrong {operation}"))

    async def post(self, operation: str, body: Mapping[str, Any] | bytes, *, step: str, **overrides: Any) -> Answer:
        """Sends a body as it is; `overrides` replace `method`, `url` or `headers` of the request."""
        raw = body if isinstance(body, bytes) else encode(body)
        document = Answer(0, body=raw).json
        if isinstance(document, dict):
            self._note_created(document)
        target = self.play.target
        request = Request("POST", target.url(operation), target.headers(), raw, step)
        return await self._send(replace(request, **overrides))

    async def repeat(self, answer: Answer) -> Answer:
        """Sends again, byte for byte, what this answer answered."""
        if answer.request is None:
            raise HarnessFault("there is nothing to send again: the step was never sent")
        return await self._send(answer.request)

    async def together(self, requests: Sequence[Request]) -> list[Answer]:
        """Sends several requests at the same moment; raises MetRateLimit when one of them met a 429."""
        self._steps += 1
        answers = await self.play.target.send_together(requests, self.transcript)
        self._after_step(answers[-1])
        for answer in answers:
            self._note_fault(answer)
        if all(answer.fault for answer in answers) and not await self.play.target.answers_at_all():
            raise CannotJudge("the target stopped answering in the middle of a race", code=str(answers[0].fault))
        if any(answer.rate_limited for answer in answers):
            raise MetRateLimit("the target limited the rate, so what was sent together was no race")
        alone = len(answers) < len(requests) and len(answers) < 2  # noqa: PLR2004 - one request is no race
        if alone and answers[0].fault is None:
            raise CannotJudge("only one exchange may be in flight", missing=Missing("--concurrency", "2 or more"))
        return answers

    def request(self, operation: str, body: Mapping[str, Any]) -> Request:
        """The request that would carry this body, for `together` and `hang_up`."""
        self._note_created(body)
        self._validate(operation, body)
        return self.play.target.event(operation, body, self._step_of(operation, body))

    async def hang_up(self, request: Request, *, after_answer_began: bool) -> None:
        """Sends a request and closes the connection before the answer is read; CannotJudge through a proxy."""
        self._steps += 1
        sent = await self.play.target.send_and_hang_up(request, self.transcript, after_answer_began=after_answer_began)
        if not sent:
            raise CannotJudge("a connection cannot be cut through this transport")

    def forgive(self, answer: Answer) -> None:
        """This answer's transport fault is lawful here, so that the scenario is not played again for its sake."""
        if answer.fault is not None:
            self.account.first_fault = None

    async def pause(self, seconds: float) -> None:
        """Lets time pass, where the passing of time is what a scenario is about."""
        await asyncio.sleep(seconds)
        self._forget_looks()

    # --- set-up -----------------------------------------------------------------------------------------------

    def given(self, answer: Answer) -> Answer:
        """What follows needs this step: raises CannotJudge when the target did not take it."""
        if not answer.taken:
            owner = self.profile.owners.get(answer.step)
            raise CannotJudge(
                f"the step {answer.step!r} it needs was not taken: {answer}",
                owner=owner,
                code=str(answer.fault) if answer.fault else None,
            )
        return answer

    async def given_lead(self, **fields: Any) -> Answer:
        """A lead that what follows needs."""
        return self.given(await self.lead(**fields))

    async def given_buyer(self, *, click: str, customer: str | None = None, deferred: bool = False) -> None:
        """A customer with a confirmed lead that a sale can follow at once."""
        if deferred:
            await self.given_lead(click=click, mode="deferred", event="signup_started", customer=customer)
            await self.given_lead(event="email_verified", customer=customer, mode=self.before_a_sale)
        else:
            await self.given_lead(click=click, customer=customer, mode=self.before_a_sale)

    async def given_one_taken(self, answers: Sequence[Answer], **fields: Any) -> None:
        """What follows needs one of these leads; when none was taken, a plain one of somebody new must be.

        So a platform that refuses all leads is told apart from one that refuses only these.
        """
        if not any(answer.taken for answer in answers):
            await self.given_lead(customer=self.another().customer, **fields)

    async def given_sale(self, **fields: Any) -> Answer:
        """A sale that what follows needs."""
        return self.given(await self.sale(**fields))

    async def given_recorded(self, step: str, matcher: Matcher, customer: str | None = None) -> None:
        """What follows needs this to be recorded; without evidence it is taken on trust."""
        if not self.play.observer.evidence.available:
            return
        seen = await self._watch(matcher, customer)
        if seen.found is None or not seen.found.holds:
            what = seen.found.actual if seen.found else (seen.unreadable.reason if seen.unreadable else seen.silent)
            raise CannotJudge(
                f"the step {step!r} it needs was not recorded (expected {matcher.expected}, found {what})",
                owner=self.profile.owners.get(f"{step}_recorded"),
            )

    # --- judgement --------------------------------------------------------------------------------------------

    def must(
        self, requirement_id: str, answer: Answer, judge: Callable[[Answer], Found] | None = None, expected: str = ""
    ) -> None:
        """This answer must be one that the requirement allows, or with `judge` what `expected` says."""
        requirement = self._wanted(requirement_id)
        if requirement is None:
            return
        if judge is None:
            if requirement.answers is None:
                raise HarnessFault(f"{requirement_id} says nothing of answers")
            expected, judge = allowed(requirement.answers, self.profile)
        if answer.fault is not None:
            self._judge(
                requirement, Verdict.ERRORED, expected, str(answer), blame=Blame.UNDECIDED, code=str(answer.fault)
            )
        elif answer.rate_limited:
            self._judge(
                requirement,
                Verdict.INCONCLUSIVE,
                expected,
                str(answer),
                reason="the target limits the rate and never answered anything else",
                missing=Missing("--rpm", "exchanges a minute that the target allows"),
            )
        else:
            self._settle(requirement, expected, judge(answer))

    async def must_record(
        self, requirement_id: str, matcher: Matcher, customer: str | None = None, *, readable: bool = False
    ) -> None:
        """This must be recorded of the customer (this journey's, unless another is named).

        With `readable` it is the requirement itself that documents what is read: a malformed answer breaks it.
        """
        requirement = self._wanted(requirement_id)
        if requirement is None:
            return
        if not self.play.observer.evidence.available:
            self._judge(
                requirement,
                Verdict.INCONCLUSIVE,
                matcher.expected,
                "not observed",
                reason="the target does not show what it recorded",
                missing=NO_READBACK,
            )
            return
        seen = await self._watch(matcher, customer)
        if seen.found is not None:
            self._settle(requirement, matcher.expected, seen.found)
        elif readable and seen.unreadable is not None and seen.unreadable.malformed:
            self._settle(requirement, matcher.expected, Found(holds=False, actual=seen.unreadable.reason))
        elif seen.unreadable is not None and not seen.unreadable.rate_limited:
            self._judge(
                requirement,
                Verdict.ERRORED,
                matcher.expected,
                seen.unreadable.reason,
                blame=Blame.UNDECIDED,
                code=seen.unreadable.code,
            )
        else:
            reason = seen.silent or (seen.unreadable.reason if seen.unreadable else "")
            self._judge(
                requirement,
                Verdict.INCONCLUSIVE,
                matcher.expected,
                "not observed",
                reason=reason,
                missing=Missing("--settle", "more seconds than reads lag"),
            )

    def must_fit(self, requirement_id: str, answer: Answer, schema: str) -> None:
        """This answer's body must be valid against one of the profile's schemas."""

        def judge(answer: Answer) -> Found:
            problems = self.profile.schemas.problems(schema, answer.json)
            return Found(holds=not problems, actual=f"{problems[0]}" if problems else "it fits")

        self.must(requirement_id, answer, judge, f"a body of the documented shape ({schema})")

    async def must_deliver(self, requirement_id: str, expected: Expected) -> None:
        """This must have been pushed about this journey's customer."""
        requirement = self._wanted(requirement_id)
        if requirement is None:
            return
        if self.play.deliveries is None:
            raise CannotJudge("nobody listens for webhooks", missing=NO_WEBHOOKS)
        seen = await self.play.deliveries.watch(self.customer, expected, self._last_step)
        if seen.found is not None:
            self._settle(requirement, expected.expected, seen.found)
        else:
            self._judge(
                requirement,
                Verdict.INCONCLUSIVE,
                expected.expected,
                "not observed",
                reason=seen.silent,
                missing=NO_WEBHOOKS,
            )

    def at(self, answer: Answer, name: str) -> Any:
        """What stands in an answer where the profile says that `name` does; None when it is not there."""
        return at(answer, self.profile.answer_paths[name])

    def must_say(self, requirement_id: str, answer: Answer, values: Mapping[str, Any]) -> None:
        """This answer must say these values, each where the profile says that it stands."""
        if requirement_id not in self.profile.requirements:
            return

        def judge(answer: Answer) -> Found:
            rules = self.profile.equivalence
            wrong = [
                name
                for name, value in values.items()
                if not same(self.at(answer, name), value, rules.get(name.partition("_")[2], "exact"))
            ]
            said = ", ".join(f"{self.profile.answer_paths[name]} {self.at(answer, name)!r}" for name in wrong)
            return Found(holds=answer.taken and not wrong, actual=said or str(answer))

        wanted = ", ".join(f"{self.profile.answer_paths[name]} {value!r}" for name, value in values.items())
        self.must(requirement_id, answer, judge, wanted)

    def satisfied(self, requirement_id: str, expected: str, actual: str) -> None:
        """The requirement holds because the target took a way that the contract leaves free."""
        requirement = self._wanted(requirement_id)
        if requirement is not None:
            self._judge(requirement, Verdict.PASSED, expected, actual)

    def must_hold(self, requirement_id: str, *, expected: str, found: Found) -> None:
        """Something a scenario found out by itself, such as that two answers differ."""
        requirement = self._wanted(requirement_id)
        if requirement is not None:
            self._settle(requirement, expected, found)

    def unjudged(self, requirement_id: str, *, expected: str, reason: str, missing: Missing | None = None) -> None:
        """This could not be observed; `missing` is the option that would help."""
        requirement = self._wanted(requirement_id)
        if requirement is not None:
            self._judge(requirement, Verdict.INCONCLUSIVE, expected, "not observed", reason=reason, missing=missing)

    # --- inside -----------------------------------------------------------------------------------------------

    async def _event(self, operation: str, body: Mapping[str, Any]) -> Answer:
        return await self._send(self.request(operation, body))

    async def _send(self, request: Request) -> Answer:
        self._steps += 1
        answer = await self.play.target.send(request, self.transcript)
        self._after_step(answer)
        self._note_fault(answer)
        return answer

    async def _mint(self) -> str:
        source = self.play.target.clicks
        answer = await self.visit(source)
        click = source.click_in(answer)
        if click is None:
            raise CannotJudge(
                f"{source.description} gave no click id: {answer}",
                owner=self.profile.owners.get("click"),
                code=str(answer.fault) if answer.fault else None,
            )
        self.play.minted.add(click)
        return click

    async def _watch(self, matcher: Matcher, customer: str | None) -> Seen:
        who = customer or self.customer
        if (known := self._known(who, matcher)) is not None:
            return Seen(known)
        quiet = self._quiet.get(matcher.about)
        seen = await self.play.observer.watch(who, matcher, self._last_step, quiet, self.transcript)
        held = seen.found is not None and seen.found.holds
        if held and seen.quiet is not None and matcher.kind is not Kind.PRESENCE:
            self._quiet[matcher.about] = seen.quiet
        if seen.look is not None:
            self._looked[who] = seen.look
            if matcher.about in self._quiet:
                self._settled[who, matcher.about] = seen.look
        return seen

    def _known(self, customer: str, matcher: Matcher) -> Found | None:
        """What a look at this customer after the last step tells already, so that it need not be taken again.

        Presence is shown by any of them; everything else only by one that was taken when all had been waited out.
        """
        if (settled := self._settled.get((customer, matcher.about))) is not None:
            return matcher.judge(settled.customer)
        looked = self._looked.get(customer)
        if looked is None or matcher.kind is not Kind.PRESENCE:
            return None
        found = matcher.judge(looked.customer)
        return found if found.holds else None

    def _after_step(self, answer: Answer) -> None:
        self._last_step = answer.arrived
        self._forget_looks()

    def _forget_looks(self) -> None:
        self._quiet.clear()
        self._looked.clear()
        self._settled.clear()

    def _note_fault(self, answer: Answer) -> None:
        if answer.fault is not None and self.account.first_fault is None:
            self.account.first_fault = (self._steps, str(answer.fault))

    def _note_created(self, body: Mapping[str, Any]) -> None:
        customer = body.get(self.profile.fields["lead"]["customer"])
        if isinstance(customer, str) and customer.strip():
            self.play.target.created.setdefault(customer)

    def _validate(self, operation: str, body: Mapping[str, Any]) -> None:
        problems = self.profile.schemas.problems(operation, body)
        if problems:
            raise HarnessFault(f"about to send a {operation} that the contract does not allow: {problems[0]}")

    def _step_of(self, operation: str, body: Mapping[str, Any]) -> str:
        if operation == "sale":
            return "sale"
        names = self.profile.fields["lead"]
        if body.get(names.get("mode", "")) == self.profile.modes["deferred"]:
            return "event_1"
        return "non_deferred" if body.get(names["click"]) else "event_2"

    def _wanted(self, requirement_id: str) -> Requirement | None:
        return self.profile.requirement(requirement_id) if self.play.wants(requirement_id) else None

    def _settle(self, requirement: Requirement, expected: str, found: Found) -> None:
        if found.holds:
            self._judge(requirement, Verdict.PASSED, expected, found.actual)
        elif requirement.level is Level.MAY:
            self._judge(requirement, Verdict.PASSED, expected, found.actual, note="a MAY that this target does not do")
        else:
            broken = Verdict.FAILED if requirement.level is Level.MUST else Verdict.WARNED
            hidden = frozenset() if self.play.observer.evidence.documented else found.hidden
            self._judge(requirement, broken, expected, found.actual, blame=Blame.TARGET, hidden=hidden)

    def _judge(
        self,
        requirement: Requirement,
        verdict: Verdict,
        expected: str,
        actual: str,
        *,
        hidden: frozenset[str] = frozenset(),
        **further: Any,
    ) -> None:
        text = self.play.target.redactor.text
        check = Check(requirement.id, requirement.level, verdict, text(expected), text(actual), **further)
        self.account.judged.append(Judged(check, hidden))
