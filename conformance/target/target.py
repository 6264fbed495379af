"""A target: its URL, its token, and the one way in which anything is sent to it."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.target import raw
from conformance.target.clicks import ClickEndpoint, ClickSource, NoClicks, ShortLinks
from conformance.target.connections import Connections, Transport, exchange, now
from conformance.target.messages import Answer, Fault, Request
from conformance.target.pace import Pace
from conformance.target.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from httpx import AsyncClient

    from conformance.contract import Profile
    from conformance.results import Exchange
    from conformance.target.transcript import Transcript

_TOO_MANY = 429
_FAULTS_IN_A_ROW = 6
_CONTROL_TRIES = 3


class BudgetSpent(Exception):
    """`--max-requests` is used up; what has not been sent stays unsent."""


@dataclass(frozen=True)
class Limits:
    """Bounds of a run: exchanges in flight, exchanges a minute (0: no pacing), seconds, and exchanges in all."""

    concurrency: int = 32
    requests_per_minute: float = 0
    deadline: float = 10.0
    settle: float = 10.0
    max_requests: int | None = None


@dataclass(frozen=True)
class TargetOptions:
    """Where to send and how: base URL (a path prefix is kept), token, further headers, click ids, read-back.

    `clicks` is where journeys get their click ids; `short_links` and `click_endpoint` are what the suite click-capture
    tries out; `words` are the options of the command line that say the same, for the command that runs it again.
    """

    url: str
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    clicks: ClickSource = field(default_factory=NoClicks)
    short_links: ShortLinks | None = None
    click_endpoint: ClickEndpoint | None = None
    readback: str | None = None
    transport: Transport = field(default_factory=Transport)
    embedded: bool = False
    words: tuple[str, ...] = ()


class Target:
    """Sends requests within the limits, keeps transcripts, and notices when the target has gone.

    `sent` counts exchanges; `created` holds the customers that were named in any event.
    """

    def __init__(
        self,
        options: TargetOptions,
        profile: Profile,
        limits: Limits,
        on_pause: Callable[[float], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.options = options
        self.profile = profile
        self.limits = limits
        self.base = options.url.rstrip("/")
        self.clicks = options.clicks
        self.redactor = Redactor(_secrets(options))
        self.sent = 0
        self.created: dict[str, None] = {}
        self.gone: Answer | None = None
        self._on_exchange = on_exchange
        self._faults_in_a_row = 0
        self._control: asyncio.Task[None] | None = None
        self._pace = Pace(limits.requests_per_minute, on_pause)
        sources = (options.clicks, options.short_links, options.click_endpoint)
        urls = (self.base, options.readback or "", *(url for source in sources if source for url in source.urls))
        self._connections = Connections(
            options.transport, limits.concurrency, tls=any(urlsplit(url).scheme == "https" for url in urls)
        )

    def url(self, operation: str) -> str:
        """The URL of `lead` or `sale`."""
        return self.base + self.profile.paths[operation]

    def headers(self, authorization: str | None = None) -> dict[str, str]:
        """The headers of a tracking call; `authorization` replaces the token's header, empty leaves it out."""
        headers = {"content-type": "application/json", **self.options.headers}
        rule = self.profile.authentication
        value = rule.value(self.options.token) if authorization is None and self.options.token else authorization
        if value:
            headers[rule.header.lower()] = value
        return headers

    def event(self, operation: str, payload: Mapping[str, Any], step: str) -> Request:
        """The request that carries a lead or a sale."""
        return Request("POST", self.url(operation), self.headers(), encode(payload), step)

    async def send(self, request: Request, transcript: Transcript | None = None) -> Answer:
        """One exchange; a 429 is waited for and repeated. Raises BudgetSpent when no more may be sent."""
        tries = 0
        while True:
            if (refused := self._refused(request)) is not None:
                return refused
            await self._pace.turn()
            async with self._connections.one() as client:
                if (refused := self._refused(request)) is not None:
                    return refused
                self._spend(1)
                answer = await exchange(client, request, self.limits.deadline, now)
            tries += 1
            if transcript is not None:
                self._record(request, answer, transcript)
            self._notice(answer)
            if not self._pace.saw(answer, tries):
                return replace(answer, rate_limited=True) if answer.status == _TOO_MANY else answer

    async def ask(self, request: Request, transcript: Transcript) -> Answer:
        """One exchange with an endpoint whose rate limit is its own: a 429 neither slows the run nor is repeated."""
        if (refused := self._refused(request)) is not None:
            return refused
        await self._pace.turn()
        async with self._connections.one() as client:
            self._spend(1)
            answer = await exchange(client, request, self.limits.deadline, now)
        self._record(request, answer, transcript)
        self._notice(answer)
        return replace(answer, rate_limited=True) if answer.status == _TOO_MANY else answer

    async def send_together(self, requests: Sequence[Request], transcript: Transcript) -> list[Answer]:
        """All requests at the same moment; a 429 is not repeated but marked, since a repeat would be no race."""
        async with self._connections.several(len(requests)) as granted:
            together = requests[:granted]
            if (refused := self._refused(together[0])) is not None:
                return [refused]
            for _ in together:
                await self._pace.turn()
            self._spend(len(together))
            if self.options.transport.direct:
                answers = await raw.burst(together, self._wire())
            else:
                answers = await asyncio.gather(*(self._through_a_client(request) for request in together))
        for request, answer in zip(together, answers, strict=True):
            self._record(request, answer, transcript)
            self._notice(answer)
            self._pace.saw(answer, 1)
        return [replace(answer, rate_limited=True) if answer.status == _TOO_MANY else answer for answer in answers]

    async def send_and_hang_up(self, request: Request, transcript: Transcript, *, after_answer_began: bool) -> bool:
        """Sends a request whose answer is never read; False when this transport cannot do that."""
        if not self.options.transport.direct or self._refused(request) is not None:
            return False
        await self._pace.turn()
        async with self._connections.several(1):
            self._spend(1)
            answer = await raw.hang_up(request, self._wire(), after_answer_began=after_answer_began)
        self._record(request, answer, transcript)
        return True

    async def close(self) -> None:
        """Ends all connections."""
        if self._control is not None:
            self._control.cancel()
        await self._connections.close()

    async def answers_at_all(self) -> bool:
        """A control exchange: whether the target gives any complete HTTP answer right now."""
        async with self._connections.one() as client:
            return self.gone is None and await self._control_exchange(client)

    async def _control_exchange(self, client: AsyncClient) -> bool:
        probe = Request("POST", self.url("lead"), self.headers(), b"{}", "control")
        self._spend(1)
        answer = await exchange(client, probe, self.limits.deadline, now)
        return answer.fault is None

    def _wire(self) -> raw.Wire:
        return raw.Wire(self._connections.ssl_context, self.limits.deadline, now)

    async def _through_a_client(self, request: Request) -> Answer:
        client = self._connections.new()
        return await exchange(client, request, self.limits.deadline, now)

    def _record(self, request: Request, answer: Answer, transcript: Transcript) -> None:
        recorded = transcript.add(request, answer)
        if self._on_exchange is not None:
            self._on_exchange(recorded)

    def _spend(self, count: int) -> None:
        if self.limits.max_requests is not None and self.sent + count > self.limits.max_requests:
            raise BudgetSpent
        self.sent += count

    def _refused(self, request: Request) -> Answer | None:
        if self.gone is not None:
            return replace(self.gone, step=request.step)
        if self._pace.hopeless:
            return Answer(_TOO_MANY, rate_limited=True, step=request.step)
        return None

    def _notice(self, answer: Answer) -> None:
        if answer.fault is None:
            self._faults_in_a_row = 0
            return
        self._faults_in_a_row += 1
        if self._faults_in_a_row >= _FAULTS_IN_A_ROW and self._control is None:
            self._control = asyncio.create_task(self._look_for_life(answer))

    async def _look_for_life(self, last: Answer) -> None:
        """Several faults in a row: either these steps are broken, or the target has gone."""
        for attempt in range(_CONTROL_TRIES):
            try:
                # Behind all that waits for its turn, this would come too late to spare the run anything.
                answers = await self._control_exchange(self._connections.new())
            except BudgetSpent:
                return
            if answers:
                self._faults_in_a_row = 0
                self._control = None
                return
            if last.fault is Fault.DEADLINE:
                break
            await asyncio.sleep(0.5 * (attempt + 1))
        self.gone = Answer(0, fault=last.fault, detail=f"the target stopped answering ({last.detail})")


def encode(payload: Any) -> bytes:
    """JSON as the real SDKs put it on the wire: compact, UTF-8; lone surrogates stay escapes."""
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(payload, separators=(",", ":")).encode()


def _secrets(options: TargetOptions) -> tuple[str, ...]:
    secrets = [options.token, *(value for name, value in options.headers.items() if _looks_secret(name))]
    urls = (options.url, options.readback or "", *options.clicks.urls)
    secrets += [urlsplit(url).password or urlsplit(url).username or "" for url in urls]
    # A Basic header made of the token is as secret as the token.
    secrets += [base64.b64encode(f"{secret}:".encode()).decode() for secret in secrets if secret]
    return tuple(secret for secret in secrets if secret)


def _looks_secret(header: str) -> bool:
    return Redactor().header(header, "something") != "something"
