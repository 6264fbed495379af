"""Hostile modes: a sandbox that takes the event and loses the answer, so that a client shows how it tries again."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.sandbox.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Receive, Scope, Send

MODES = {
    "500-after-commit": "recorded, then answered 500",
    "timeout-after-commit": "recorded, then never answered",
    "reset": "recorded, then the connection is reset",
    "429": "not recorded, answered 429 with Retry-After: 1",
    "drip": "recorded, then answered byte by byte",
    "slow": "recorded, then answered after three seconds",
    "bad-json": "recorded, then answered with a body that is cut in the middle",
}
# The key under which the server says how a connection is broken off.
ABORT = "trackproof.abort"
# The key under which it says how an answer is begun before it is known: with an interim one.
BEGIN = "trackproof.begin"
# Longer than any client waits.
_NEVER = 300.0
_DRIP = 0.1
_SLOW = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A mode, and when it takes hold: on the first calls of each namespace, or on a share of all."""

    mode: str
    first: int = 1
    share: float | None = None


def plan(text: str) -> Plan:
    """The plan that is written as MODE, MODE:N or MODE:P%; raises UsageError for anything else."""
    mode, _, when = text.partition(":")
    if mode not in MODES:
        raise UsageError(f"there is no hostile mode {mode!r}", f"Use one of {', '.join(MODES)}.")
    try:
        if when.endswith("%"):
            share = float(when[:-1]) / 100
            if 0 < share <= 1:
                return Plan(mode, 0, share)
        elif ":" not in text or int(when) > 0:
            return Plan(mode, int(when or 1))
    except ValueError:
        pass
    raise UsageError(
        f"{text!r} does not say when to misbehave",
        f"Write {mode}:3 for the first three calls of each namespace, or {mode}:20% for a share of all.",
    )


class Misbehaviour:
    """Decides call by call; the same seed and the same order of calls give the same decisions."""

    def __init__(self, plans: Sequence[Plan], seed: int = 0) -> None:
        self._plans = tuple(plans)
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._calls: Counter[str] = Counter()

    def next(self, namespace: str, refusal: Callable[..., Answer]) -> Mischief | None:
        """What happens to the next call of a namespace, or None when it is answered as it should be."""
        number = self._calls[namespace]
        self._calls[namespace] += 1
        for each in self._plans:
            if each.share is not None:
                if self._chance.random() < each.share:
                    return Mischief(each.mode, refusal)
            elif number < each.first:
                return Mischief(each.mode, refusal)
            else:
                number -= each.first
        return None

    def forget(self, namespace: str) -> None:
        """Begins to count the calls of a namespace anew."""
        del self._calls[namespace]


@dataclass(frozen=True, slots=True)
class Mischief:
    """What happens to one call."""

    mode: str
    refusal: Callable[..., Answer]

    @property
    def answers_first(self) -> bool:
        """Whether the platform comes to know of the call at all."""
        return self.mode != "429"

    @property
    def instead(self) -> Answer:
        """The answer to a call that the platform does not come to know of."""
        return self.refusal(429, "Too many requests.", (b"retry-after", b"1"))

    def seen(self, answer: Answer) -> Answer | None:
        """What the client comes to see of the platform's answer."""
        match self.mode:
            case "500-after-commit":
                return self.refusal(500, "Something went wrong.")
            case "timeout-after-commit" | "reset":
                return None
            case "bad-json":
                cut = answer.body[: len(answer.body) // 2]
                return Answer(answer.status, _with_length(answer, len(cut)), cut)
            case _:
                return answer

    async def send(self, seen: Answer | None, scope: Scope, send: Send) -> None:
        """Sends the answer in the manner of the mode."""
        if seen is None:
            if self.mode == "timeout-after-commit":
                await _hung_up(scope["trackproof.receive"])
            _abort(scope)
            return
        if self.mode == "slow":
            await asyncio.sleep(_SLOW)
        await send({"type": "http.response.start", "status": seen.status, "headers": seen.headers})
        if self.mode == "drip":
            for byte in seen.body:
                await send({"type": "http.response.body", "body": bytes((byte,)), "more_body": True})
                await asyncio.sleep(_DRIP)
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.body", "body": seen.body})


def _abort(scope: Scope) -> None:
    abort = scope.get(ABORT)
    if abort is None:
        raise ConnectionResetError("the sandbox broke the connection off, as it was told to")
    abort()


async def _hung_up(receive: Receive) -> None:
    async def hang_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(hang_up(), _NEVER)


def _with_length(answer: Answer, length: int) -> tuple[tuple[bytes, bytes], ...]:
    size = (b"content-length", str(length).encode())
    return tuple(size if name == b"content-length" else (name, value) for name, value in answer.headers)
