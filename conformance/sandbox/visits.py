"""What one request leaves behind while it is answered: its moment, the event that it was, the ids it was given.

A request that is played again brings its moment, its click ids and its seed with it, so that the same comes of it.
"""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.sandbox.store import Arrival


@dataclass(slots=True)
class Visit:
    """One request on its way; `given` are click ids that were given out for it before and are given out again.

    Every other id that is made for it follows from its `seed`.
    """

    moment: str | None = None
    seed: str = field(default_factory=lambda: token_hex(8))
    ids: int = 0
    given: deque[str] = field(default_factory=deque)
    minted: list[str] = field(default_factory=list)
    arrival: Arrival | None = None


_VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


def begin(visit: Visit) -> Callable[[], None]:
    """Makes this the visit of the present context; call what is returned at its end."""
    token = _VISIT.set(visit)
    return lambda: _VISIT.reset(token)


def moment_of(clock: Callable[[], str]) -> str:
    """The moment of the present request, or what the clock says where there is none."""
    visit = _VISIT.get()
    if visit is None:
        return clock()
    if visit.moment is None:
        visit.moment = clock()
    return visit.moment


def click_for(mint: Callable[[], str]) -> str:
    """A click id for the present request: the one that it was given before, else a new one."""
    visit = _VISIT.get()
    if visit is None:
        return mint()
    click = visit.given.popleft() if visit.given else mint()
    visit.minted.append(click)
    return click


def id_for_now() -> str:
    """64 hexadecimal digits as nobody else's: the same ones when the present request is played again."""
    visit = _VISIT.get()
    if visit is None:
        return token_hex(32)
    visit.ids += 1
    return sha256(f"{visit.seed} {visit.ids}".encode()).hexdigest()


def arrived(arrival: Arrival) -> None:
    """Tells the present visit which event it was."""
    visit = _VISIT.get()
    if visit is not None:
        visit.arrival = arrival
