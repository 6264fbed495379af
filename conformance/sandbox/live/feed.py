"""Feeds the live page: what is kept of one namespace, then what comes, in batches, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from conformance.sandbox.live.shown import exchange_shown
from conformance.sandbox.store import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from conformance.contract.profile import Profile
    from conformance.sandbox.live.exchanges import Exchange, Finding
    from conformance.sandbox.reception import Reception
    from conformance.sandbox.store import Namespace, Store

# What a page is shown of the time before it was opened, and at most of what waits to be shown.
_SHOWN = 500
_PAUSE = 0.05
_ALIVE = 15.0
_LISTED = 300


class Feed:
    """What the pages of one sandbox are told; `token` stands in the example of a first call."""

    def __init__(self, profile: Profile, store: Store, reception: Reception, token: str) -> None:
        self._profile = profile
        self._token = token
        self._store = store
        self._reception = reception

    async def messages(self, name: str) -> AsyncIterator[bytes]:
        """The stream of one page; it never ends by itself."""
        waiting: deque[tuple[Exchange, Sequence[Finding]]] = deque(maxlen=_SHOWN)
        stirred, begin = asyncio.Event(), [True]

        def listen(namespace: Namespace, exchange: Exchange | None, findings: Sequence[Finding]) -> None:
            if namespace.name == name:
                if exchange is None:
                    waiting.clear()
                    begin[0] = True
                else:
                    waiting.append((exchange, findings))
            stirred.set()

        self._reception.listeners.add(listen)
        try:
            while True:
                if begin[0]:
                    begin[0] = False
                    waiting.clear()
                    yield _message("begin", {**self._situation(name), "exchanges": self._kept(name)})
                elif stirred.is_set():
                    stirred.clear()
                    batch = [self._shown(exchange, findings) for exchange, findings in waiting]
                    waiting.clear()
                    yield _message("more", {**self._situation(name), "exchanges": batch})
                try:
                    await asyncio.wait_for(stirred.wait(), _ALIVE)
                    await asyncio.sleep(_PAUSE)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._reception.listeners.discard(listen)

    def _kept(self, name: str) -> list[dict[str, Any]]:
        namespace = self._store.peek(name)
        if namespace is None and name in self._reception.elsewhere():
            namespace = self._store.namespace(name)
        if namespace is None or namespace.log is None:
            return []
        log = namespace.log
        latest = list(log.exchanges)[-_SHOWN:]
        return [self._shown(exchange, log.told.get(exchange.number, ())) for exchange in latest]

    def _shown(self, exchange: Exchange, findings: Sequence[Finding]) -> dict[str, Any]:
        return exchange_shown(exchange, findings, self._profile.fields)

    def _situation(self, name: str) -> dict[str, Any]:
        names = list(dict.fromkeys((*self._reception.elsewhere(), *self._store.names())))
        names.remove(DEFAULT_NAMESPACE) if DEFAULT_NAMESPACE in names else None
        database = self._reception.kit.database
        return {
            "profile": self._profile.title,
            "namespace": name,
            "token": self._token,
            "namespaces": [self._summary(each) for each in (DEFAULT_NAMESPACE, *reversed(names[-_LISTED:]))],
            "forgotten": self._store.forgotten,
            "file": None if database is None else database.path.name,
            "judged": self._reception.kit.judge is not None,
        }

    def _summary(self, name: str) -> dict[str, Any]:
        namespace = self._store.peek(name)
        log = None if namespace is None else namespace.log
        if log is None:
            return {
                "name": name,
                "calls": self._reception.elsewhere().get(name, 0),
                "error": 0,
                "warning": 0,
                "note": 0,
            }
        return {"name": name, "calls": log.seen - log.visits, **log.counted}


def _message(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
