"""The users of a load: each plays one journey after the other, paced with all others, and hands in what became of it.

Only processes of a load import this: Locust changes Python's sockets.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import gevent
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust import User, task

from conformance import __version__
from conformance.engine.answers import denies_itself
from conformance.engine.names import Name
from conformance.generated.casting import fields_of
from conformance.load.crew import IDLE, REFUSED, TOO_MANY, Crew, Stopped
from conformance.load.hand_in import Outcome, Played
from conformance.load.mix import amount_of, chosen, names_of, story_of
from conformance.load.reconciling import is_primary
from conformance.target.messages import Answer, Fault, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.env import Environment

    from conformance.load.errand import Errand
    from conformance.target.clicks import ClickSource

_BODY_LIMIT = 1 << 20
# A step without an answer is sent again, byte for byte, as the platform's own packages do.
_GAPS = (0.5, 1.0)
_TRIES_AT_THE_GATE = 8
_WITHOUT_A_CLICK = 1.0


class Visitor(User):
    """One user: plays journeys, each of a customer of its own, until the load is over."""

    crew: ClassVar[Crew | None] = None

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._clients: dict[str, HTTPClient] = {}
        self._visits = 0

    def wait_time(self) -> float:
        """None: exchanges are paced, one by one."""
        return 0.0

    def on_start(self) -> None:
        """Takes its share of what may be sent."""
        if self.crew is not None:
            self.crew.joined()

    @task
    def journey(self) -> None:
        """One journey, from the click to the last sale."""
        crew = self.crew
        if crew is None or crew.over.is_set() or crew.spent:
            gevent.sleep(IDLE)  # the worker refused its order, or there is nothing more to do
            return
        number, stem = crew.next_stem()
        kind = chosen(crew.dice)
        outcomes: list[Outcome] = []
        click: str | None = None
        try:
            click = self._click(crew, number)
            if click is None:
                crew.over.wait(_WITHOUT_A_CLICK)
                return
            crew.tally.journeys += 1
            self._play(crew, Name(stem), kind, click, amount_of(number), outcomes)
        except Stopped:
            pass
        finally:
            if outcomes:
                crew.hand_in(Played(stem, kind, click or "", amount_of(number), tuple(outcomes)))

    def _play(self, crew: Crew, name: Name, kind: str, click: str, amount: int, outcomes: list[Outcome]) -> None:
        profile = crew.errand.profile
        story, names = story_of(kind, amount), names_of(name, click)
        request: Request | None = None
        for place, move in enumerate(story):
            if move.act != "again" or request is None:
                operation, fields = fields_of(profile, move, names, name)
                request = crew.forms.event(operation, fields, move.act)
            step = renamed(request, f"{request.step} again") if move.act == "again" else request
            primary = is_primary(story, place)
            if self._sent(crew, step, outcomes, must=primary) is not Outcome.ACCEPTED and primary:
                return

    def _sent(self, crew: Crew, request: Request, outcomes: list[Outcome], *, must: bool) -> Outcome:
        """Sends a step until an answer tells what became of it, or three tries told nothing.

        What `must` be accepted and is refused counts as an error; anything else may be refused.
        """
        place = len(outcomes)
        tries = limits = 0
        while True:
            crew.turn()
            if place == len(outcomes):
                # Whatever ends this process from here on: the step may have arrived.
                outcomes.append(Outcome.UNKNOWN)
            answer = self._exchange(crew, request, crew.must_accept if must else crew.may_refuse)
            if answer.status == TOO_MANY:
                crew.limited(answer, limits)
                limits += 1
                if limits >= _TRIES_AT_THE_GATE:
                    break
                continue
            if answer.taken and denies_itself(answer, crew.errand.profile) is None:
                outcomes[place] = Outcome.ACCEPTED
                break
            if answer.fault is None and (answer.status in REFUSED or answer.taken):
                # A repeat that is refused says nothing of the call that was never answered.
                outcomes[place] = Outcome.UNKNOWN if tries else Outcome.REFUSED
                break
            if tries >= len(_GAPS) or crew.over.wait(_GAPS[tries]):
                break
            tries += 1
        return outcomes[place]

    def _click(self, crew: Crew, number: int) -> str | None:
        clicks = crew.errand.target.clicks
        given = clicks.take(())
        if given is not None or not clicks.urls:
            return given
        self._visits += 1
        visitor = (crew.number << 24) + number
        while True:
            crew.turn()
            request = clicks.visit(visitor)
            answer = self._exchange(crew, request, _must_bring_click(clicks))
            if answer.status != TOO_MANY:
                return clicks.click_in(answer)
            crew.limited(answer, 0)

    # --- one exchange -----------------------------------------------------------------------------------------

    def _exchange(self, crew: Crew, request: Request, judged: Callable[[Answer], str | None]) -> Answer:
        """One request and its answer within the deadline, told to Locust; never raises for the target's sake.

        `judged` says what is wrong with an answer that came, if anything is.
        """
        started, began = time.time(), time.perf_counter()
        answer = self._within_the_deadline(crew, request)
        problem = _problem(answer, judged)
        self.environment.events.request.fire(
            request_type=request.method,
            name=request.step,
            response_time=(time.perf_counter() - began) * 1000,
            response_length=len(answer.body),
            exception=problem,
            context={},
            start_time=started,
            url=request.url,
            response=None,
        )
        return answer

    def _within_the_deadline(self, crew: Crew, request: Request) -> Answer:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        late = gevent.Timeout(crew.errand.deadline)
        late.start()
        try:
            return self._come(crew, request, origin, request.url[len(origin) :] or "/")
        except (gevent.Timeout, TimeoutError):
            self._drop(origin)
            return Answer(0, fault=Fault.DEADLINE, detail="no answer within the deadline", request=request)
        except (OSError, ValueError, HTTPParseError) as error:
            self._drop(origin)
            garbled = isinstance(error, ValueError | HTTPParseError) and not isinstance(error, HTTPConnectionClosed)
            fault = Fault.NOT_HTTP if garbled else Fault.RESET
            return Answer(0, fault=fault, detail=type(error).__name__, request=request)
        finally:
            late.close()

    def _come(self, crew: Crew, request: Request, origin: str, path: str) -> Answer:
        client = self._clients.get(origin)
        if client is None:
            client = self._clients[origin] = _connected(crew.errand, origin)
        response = client.request(request.method, path, request.body, dict(request.headers))
        body = bytes(response.read(_BODY_LIMIT + 1))
        if len(body) > _BODY_LIMIT:
            self._drop(origin)
            return Answer(response.get_code(), fault=Fault.TOO_LARGE, detail="a body beyond all bounds")
        return Answer(response.get_code(), dict(response.items()), body, request=request)

    def _drop(self, origin: str) -> None:
        client = self._clients.pop(origin, None)
        if client is not None:
            client.close()


def _connected(errand: Errand, origin: str) -> HTTPClient:
    transport = errand.target.transport
    proxy = urlsplit(transport.proxy) if transport.proxy else None
    return HTTPClient.from_url(
        origin,
        concurrency=1,
        connection_timeout=errand.deadline,
        network_timeout=errand.deadline,
        ssl_context_factory=partial(_context, transport) if origin.startswith("https:") else None,
        headers={"user-agent": f"trackproof/{__version__}"},
        proxy_host=proxy.hostname if proxy else None,
        proxy_port=proxy.port if proxy else None,
    )


def _context(transport: Any, *_: Any, **__: Any) -> Any:
    return transport.ssl_context()


def renamed(request: Request, step: str) -> Request:
    """The same bytes under another name."""
    return Request(request.method, request.url, request.headers, request.body, step)


class NotAsWanted(Exception):
    """An answer that counts as an error; the same words for the same kind, so that they can be counted."""

    def __repr__(self) -> str:
        return str(self)  # what Locust's master shows of a worker's errors


def _problem(answer: Answer, judged: Callable[[Answer], str | None]) -> NotAsWanted | None:
    if answer.status == TOO_MANY:
        return None  # counted by itself, and never a verdict
    wrong = f"{answer.fault}: {answer.detail}" if answer.fault is not None else judged(answer)
    return NotAsWanted(wrong) if wrong else None


def _must_bring_click(clicks: ClickSource) -> Callable[[Answer], str | None]:
    return lambda answer: None if clicks.click_in(answer) else f"status {answer.status}, without a click id"
