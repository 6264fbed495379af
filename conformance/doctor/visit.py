"""What the doctor shares while it looks: the target, one customer's journey, the answers so far, and the time left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.engine.journey import Journey, Play
from conformance.engine.names import Names
from conformance.engine.observer import Observer
from conformance.evidence import evidence_for
from conformance.target.messages import Answer, Fault
from conformance.target.target import Target
from conformance.target.transcript import Transcript

if TYPE_CHECKING:
    from conformance.engine.runner import RunOptions
    from conformance.target.messages import Request


# What one exchange may take of the time there is, so that something can still be said of an answer that never ends.
_OF_ALL = 0.7
_SHOWN = 100


@dataclass
class Visit:
    """One examination of a target; `until` is on the monotonic clock.

    `lead` is the answer to the one well-formed lead, `click` its click id; `skews` is what the clocks of answers differ
    by from this machine's, in seconds.
    """

    options: RunOptions
    target: Target
    journey: Journey
    until: float
    transcript: Transcript
    answers: list[Answer] = field(default_factory=list)
    skews: list[float] = field(default_factory=list)
    click: str | None = None
    lead: Answer | None = None
    wrong_token: Answer | None = None

    @property
    def left(self) -> float:
        """Seconds that are left; never less than a moment."""
        return max(self.until - time.monotonic(), 0.05)

    def text(self, value: object) -> str:
        """A text without secrets, and not too long for a line."""
        text = self.target.redactor.text(str(value))
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    async def ask(self, request: Request) -> Answer:
        """One exchange, not repeated, that ends with the time that is left."""
        try:
            async with asyncio.timeout(self.left):
                answer = await self.target.ask(request, self.transcript)
        except TimeoutError:
            answer = Answer(0, fault=Fault.DEADLINE, detail="no complete answer in time", request=request)
        self.answers.append(answer)
        date = next((value for name, value in answer.headers.items() if name.lower() == "date"), "")
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            self.skews.append(parsedate_to_datetime(date).timestamp() - time.time())
        return answer


def new_visit(options: RunOptions, seconds: float) -> Visit:
    """A visit of so many seconds; nothing has been sent."""
    # So few exchanges need no pacing, and there is no time for it.
    limits = replace(options.limits, requests_per_minute=0, max_requests=None, deadline=_OF_ALL * seconds)
    target = Target(options.target, options.profile, limits)
    evidence = evidence_for(options.profile, target)

    async def no_marker(_kind: str, _transcript: Transcript) -> str | None:
        return None

    observer = Observer(evidence, seconds, no_marker, lambda: Transcript(target.redactor))
    play = Play(options.profile, target, observer, Names(), lambda _: True)
    return Visit(options, target, Journey(play), time.monotonic() + seconds, Transcript(target.redactor))
