"""What the users of one process of a load share: whose turn it is, what may still be sent, and how calls look.

Only processes of a load import this: gevent changes Python's sockets.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gevent.event import Event

from conformance.engine.answers import denies_itself
from conformance.engine.names import letters
from conformance.engine.payloads import lead_payload, sale_payload
from conformance.load.errand import Tally
from conformance.target.messages import Request
from conformance.target.pace import retry_after
from conformance.target.target import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.env import Environment

    from conformance.load.errand import Errand, Order
    from conformance.load.hand_in import Played
    from conformance.target.messages import Answer
    from conformance.target.target import TargetOptions

TOO_MANY = 429
REFUSED = range(400, 500)
IDLE = 0.2
_LONGEST_PAUSE = 60.0


class Stopped(Exception):
    """The load is over, or its exchanges are spent: nothing more is sent."""


@dataclass
class Crew:
    """What the users of one process share.

    `hand_in` takes a journey that is over. `over` is set when the load ends; `number` is this process's, of which its
    names are made.
    """

    errand: Errand
    order: Order
    number: int
    environment: Environment
    hand_in: Callable[[Played], None]
    over: Event = field(default_factory=Event)
    tally: Tally = field(default_factory=Tally)
    spent: bool = False
    _journeys: int = 0
    _next_turn: float = 0.0
    _paused_until: float = 0.0
    _granted: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.order.seed}/{self.number}")  # noqa: S311 - which journeys, no secret
        # Never asked to send anything: it knows how a call of this profile looks.
        self.forms = Forms(self.errand.target, self.errand)

    def joined(self) -> None:
        """One more user: its share of the exchanges is added to what may be sent from here."""
        self._granted += self.order.max_requests // self.order.users

    def next_stem(self) -> tuple[int, str]:
        """The number and the stem of the names of the next journey."""
        self._journeys += 1
        return self._journeys, f"tp-{self.order.run}-{letters(self.number, 2)}{letters(self._journeys, 5)}"

    def turn(self) -> None:
        """Waits for the moment at which one more exchange may be sent; raises Stopped when there is none any more."""
        while True:
            now = time.monotonic()
            if self.over.is_set():
                raise Stopped
            if self.tally.exchanges >= self._granted:
                self.spent = True
                raise Stopped
            if self._paused_until > now:
                self.over.wait(min(self._paused_until - now, IDLE))
                continue
            gap = self._gap()
            opens = max(self._next_turn, now)
            self._next_turn = opens + gap
            # Counted before it waits, so that no two users take the last one.
            self.tally.exchanges += 1
            if opens > now and self.over.wait(opens - now):
                self.tally.exchanges -= 1
                raise Stopped
            return

    def _gap(self) -> float:
        """Seconds between two exchanges of this process, whose share is that of its users."""
        if not self.order.rate:
            return 0.0
        here = max(1, self.environment.runner.user_count if self.environment.runner else 1)
        return self.order.users / (self.order.rate * here)

    def limited(self, answer: Answer, tries: int) -> None:
        """The target answered 429: everybody here waits for as long as it asks, else 1, 2, 4 … seconds."""
        self.tally.limited += 1
        now = time.monotonic()
        asked = retry_after(answer)
        pause = min(2.0 ** min(tries, 5) if asked is None else asked, _LONGEST_PAUSE)
        if now + pause > self._paused_until:
            self.tally.paused += now + pause - max(now, self._paused_until)
            self._paused_until = now + pause

    def must_accept(self, answer: Answer) -> str | None:
        """What is wrong with an answer to what has to be accepted."""
        if not answer.taken:
            return f"status {answer.status}"
        denied = denies_itself(answer, self.errand.profile)
        return f"status {answer.status}, but {denied}" if denied else None

    def may_refuse(self, answer: Answer) -> str | None:
        """What is wrong with an answer to what may be refused."""
        return None if answer.status in REFUSED else self.must_accept(answer)


class Forms:
    """How the calls of a profile look, for this target and its token."""

    def __init__(self, options: TargetOptions, errand: Errand) -> None:
        self._profile = errand.profile
        self._urls = {operation: options.url.rstrip("/") + errand.profile.paths[operation] for operation in _OPERATIONS}
        self._headers = headers_of(options, errand)

    def event(self, operation: str, fields: dict[str, Any], step: str) -> Request:
        """The request that carries a lead or a sale."""
        body = (sale_payload if operation == "sale" else lead_payload)(self._profile, fields)
        return Request("POST", self._urls[operation], self._headers, encode(body), step)


_OPERATIONS = ("lead", "sale")


def headers_of(options: TargetOptions, errand: Errand) -> dict[str, str]:
    """The headers of a tracking call."""
    rule = errand.profile.authentication
    headers = {"content-type": "application/json", "accept": "application/json", **options.headers}
    return headers | ({rule.header.lower(): rule.value(options.token)} if options.token else {})
