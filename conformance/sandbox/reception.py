"""Receives each request of a sandbox that judges: has it answered, keeps it, has it judged, and sends the answer.

The answer says in two headers what the judge thinks of the call; its body stays what the platform answers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from conformance.errors import NotKept
from conformance.sandbox.answers import Answer
from conformance.sandbox.live.exchanges import VISIT, exchange, headers_of
from conformance.sandbox.live.log import CLEAN, Log, verdict
from conformance.sandbox.live.redaction import secrets_of
from conformance.sandbox.visits import Visit, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from starlette.types import Send

    from conformance.sandbox.database import Database
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.live.exchanges import Exchange, Finding, Judge
    from conformance.sandbox.misbehave import Misbehaviour, Mischief
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.variation import Answering

VERDICT = b"x-trackproof-verdict"
HINT = b"x-trackproof-hint"
_log = logging.getLogger("trackproof.sandbox")

_LONGEST_HINT = 400
_SECRETS = 100
_SHORT_LINKS = b"/l/"
_READS = ("GET", "HEAD", "OPTIONS")
_SUCCESS = range(200, 400)
_NOT_TOLD = (b"/readback/", b"/favicon.ico", b"/apple-touch-icon", b"/.well-known/", b"/robots.txt")


@dataclass(frozen=True)
class Kit:
    """What a sandbox for integrators has besides the platform: a judge for each namespace, a file, hostile modes.

    Where it is `guarded`, its page and what tests ask for need the token, as the platform's own paths do.
    """

    judge: Callable[[str], Judge] | None = None
    database: Database | None = None
    misbehaviour: Misbehaviour | None = None
    guarded: bool = False


class Reception:
    """Stands between the wire and the platform."""

    def __init__(
        self,
        kit: Kit,
        store: Store,
        operations: Mapping[bytes, str],
        refusal: Callable[..., Answer],
        now: Callable[[], str],
    ) -> None:
        self.kit = kit
        self.listeners: set[Callable[[Namespace, Exchange | None, Sequence[Finding]], None]] = set()
        self._store = store
        self._operations = operations
        self._refusal = refusal
        self._now = now
        self._numbers = 0
        self._secrets: dict[str, None] = {}
        self._elsewhere: dict[str, int] | None = None

    async def receive(self, request: Incoming, answering: Answering, send: Send) -> None:
        """Answers one request."""
        kind = self._operations.get(request.path, "")
        mischief = self._mischief(request, kind)
        visit = Visit()
        if mischief is None or mischief.answers_first:
            answer = await self._answered(request, answering, visit)
        else:
            answer = mischief.instead
        seen = answer if mischief is None else mischief.seen(answer)
        if is_told(request, answer):
            if request.path.startswith(_SHORT_LINKS) and request.method in _READS:
                kind = VISIT
            seen = await self._keep(request, kind, visit, seen, mischief)
        if mischief is not None:
            await mischief.send(seen, request.scope, send)
        elif seen is not None:
            await send({"type": "http.response.start", "status": seen.status, "headers": seen.headers})
            await send({"type": "http.response.body", "body": seen.body})

    def again(self, kept: Exchange, request: Incoming, answering: Callable[[Incoming], Answer]) -> None:
        """Takes in an exchange of an earlier time: the platform comes to know what it knew, and answers nobody."""
        visit = Visit(moment=kept.moment, seed=kept.seed) if kept.seed else Visit(moment=kept.moment)
        visit.given.extend(kept.clicks)
        end = begin(visit)
        try:
            if kept.outcome is not None or kept.status in _SUCCESS or kept.clicks:
                answering(request)
        finally:
            end()
        self._take(self._store.namespace(kept.namespace), kept)

    def count_from(self, number: int) -> None:
        """Numbers what comes after this."""
        self._numbers = max(self._numbers, number)

    def elsewhere(self) -> Mapping[str, int]:
        """The namespaces that the sandbox's file had at its start, and of how many exchanges."""
        if self._elsewhere is None:
            self._elsewhere = {} if self.kit.database is None else self.kit.database.namespaces()
        return self._elsewhere

    async def forget(self, name: str, forget: Callable[[str], bool]) -> None:
        """Lets a namespace begin anew, in the sandbox's file too."""
        if self.kit.misbehaviour is not None:
            self.kit.misbehaviour.forget(name)
        if self.kit.database is not None:
            await self.kit.database.forget(name)
            self._elsewhere = None
        namespace = self._store.peek(name)
        forget(name)
        if namespace is not None:
            self.tell(namespace, None)

    def kept(self, namespace: Namespace) -> Iterable[Exchange]:
        """What is kept of a namespace: all of it where there is a file, else the latest."""
        if self.kit.database is not None:
            return self.kit.database.exchanges(namespace.name)
        return tuple(self.log(namespace).exchanges)

    @property
    def secrets(self) -> Collection[str]:
        """The latest tokens that were seen."""
        return self._secrets

    def log(self, namespace: Namespace) -> Log:
        """The log of a namespace, made on first use."""
        if namespace.log is None:
            namespace.log = Log(self.kit.judge(namespace.name) if self.kit.judge else None)
        return namespace.log

    def tell(self, namespace: Namespace, exchange: Exchange | None, findings: Sequence[Finding] = ()) -> None:
        """Tells those who listen of an exchange, or that the namespace begins anew."""
        for listener in tuple(self.listeners):
            listener(namespace, exchange, findings)

    async def _answered(self, request: Incoming, answering: Answering, visit: Visit) -> Answer:
        visit.moment = self._now()
        end = begin(visit)
        try:
            return await answering(request)
        finally:
            end()

    def _mischief(self, request: Incoming, kind: str) -> Mischief | None:
        if self.kit.misbehaviour is None or not kind or request.method != "POST":
            return None
        return self.kit.misbehaviour.next(request.namespace, self._refusal)

    async def _keep(
        self, request: Incoming, kind: str, visit: Visit, seen: Answer | None, mischief: Mischief | None
    ) -> Answer | None:
        if visit.moment is None:
            visit.moment = self._now()
        self._secrets.update(dict.fromkeys(secrets_of(headers_of(request))))
        while len(self._secrets) > _SECRETS:
            del self._secrets[next(iter(self._secrets))]
        self._numbers += 1
        kept = exchange(self._numbers, kind, request, visit, seen)
        if mischief is not None:
            kept = replace(kept, misbehaviour=mischief.mode)
        findings = self._take(self._store.namespace(request.namespace), kept)
        if self.kit.database is not None:
            try:
                await self.kit.database.keep(kept)
            except NotKept as problem:
                _log.error("%s", problem)
                return self._refusal(503, "The sandbox cannot keep this any more.")
        return None if seen is None else told(seen, kept, findings)

    def _take(self, namespace: Namespace, kept: Exchange) -> Sequence[Finding]:
        findings, change = self.log(namespace).take(kept)
        self._store.hold(namespace, change)
        self.tell(namespace, kept, findings)
        return findings


def is_told(request: Incoming, answer: Answer) -> bool:
    """Whether an exchange is one that the page shows: what was sent, a visited link, and calls that went astray."""
    if request.path.startswith(_NOT_TOLD):
        return False
    if request.method not in _READS or request.path.startswith(_SHORT_LINKS):
        return True
    return answer.status not in _SUCCESS and b"track" in request.path.lower()


def told(answer: Answer, kept: Exchange, findings: Sequence[Finding]) -> Answer:
    """The answer with what the judge thinks of the call in its headers."""
    if kept.kind == VISIT:
        return answer
    worst = verdict(findings)
    if worst == CLEAN:
        value, hint = CLEAN, kept.sentence
    else:
        value = f"{worst}; {', '.join(dict.fromkeys(finding.id for finding in findings))}"
        first = next(finding for finding in findings if finding.severity == worst)
        hint = f"{first.message} {first.remedy}"
    headers = (*answer.headers, (VERDICT, _header(value)), *(((HINT, _header(hint)),) if hint else ()))
    return Answer(answer.status, headers, answer.body)


@lru_cache(maxsize=256)
def _header(text: str) -> bytes:
    one_line = " ".join(text.split())
    if len(one_line) > _LONGEST_HINT:
        one_line = one_line[: _LONGEST_HINT - 1] + "…"
    return "".join(sign if sign.isprintable() else "?" for sign in one_line).encode("ascii", "backslashreplace")
