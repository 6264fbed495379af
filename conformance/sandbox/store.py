"""Namespaces: each a platform of its own, made on first use and forgotten when memory runs short."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.ledger import Ledger
from conformance.sandbox.visits import arrived

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.ledger import Event, Rules, Ruling
    from conformance.sandbox.live.log import Log

DEFAULT_NAMESPACE = "default"

# What an event costs in memory beyond its bytes, roughly: the record, its text, its place in the indexes.
_OVERHEAD = 1024
# What a record keeps of a large body at most: its known fields, each of bounded length.
_LARGEST_RECORD = 32 << 10
_REMEMBERED_ARRIVALS = 1000
_REMEMBERED_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the sandbox keeps: so much that no honest use meets it, and no stray client fills the memory."""

    namespaces: int = 10_000
    bytes: int = 2 << 30


class Full(Exception):
    """The namespaces that are in use fill the sandbox."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as it came, and what became of it; `outcome` is None when the body broke the contract."""

    operation: str
    body: Mapping[str, Any]
    size: int
    received: str
    status: int
    outcome: str | None
    sentence: str

    @property
    def cost(self) -> int:
        """What it takes to remember it, in bytes."""
        return self.size + _OVERHEAD


@dataclass(slots=True)
class Namespace:
    """One workspace: its ledger, what came last, who waits for what comes next, and what only the platform keeps.

    `log` is there where exchanges are kept to be shown and judged.
    """

    name: str
    ledger: Ledger
    arrivals: deque[Arrival] = field(default_factory=deque)
    listeners: set[Callable[[Arrival], None]] = field(default_factory=set)
    held: int = 0
    remembered: int = 0
    besides: object = None
    log: Log | None = None


class Store:
    """All namespaces of one sandbox.

    `forgotten` is how many had to go for want of memory; `restore` is handed each namespace that is new in memory, to
    bring back what is known of it from elsewhere.
    """

    def __init__(self, rules: Rules, limits: Limits, ledger: Callable[[Rules], Ledger] = Ledger) -> None:
        self._rules = rules
        self._ledger = ledger
        self._limits = limits
        self._held = 0
        self.forgotten = 0
        self.restore: Callable[[Namespace], None] | None = None
        self._default = Namespace(DEFAULT_NAMESPACE, ledger(rules))
        self._others: OrderedDict[str, Namespace] = OrderedDict()

    def namespace(self, name: str = DEFAULT_NAMESPACE) -> Namespace:
        """The namespace of this name, made on first use."""
        if name == DEFAULT_NAMESPACE:
            return self._default
        namespace = self._others.get(name)
        if namespace is not None:
            self._others.move_to_end(name)
            return namespace
        if len(self._others) >= self._limits.namespaces:
            self._forget_oldest()
        namespace = self._others[name] = Namespace(name, self._ledger(self._rules))
        if self.restore is not None:
            self.restore(namespace)
        return namespace

    def peek(self, name: str) -> Namespace | None:
        """The namespace of this name if it is in memory; it is not made, and does not become younger."""
        return self._default if name == DEFAULT_NAMESPACE else self._others.get(name)

    def names(self) -> tuple[str, ...]:
        """The names of all namespaces that are in memory."""
        return (DEFAULT_NAMESPACE, *self._others)

    @property
    def limits(self) -> Limits:
        """How much is kept at most."""
        return self._limits

    def forget(self, name: str) -> bool:
        """Lets a namespace begin anew; tells whether there was one. Who waits in it goes on waiting."""
        old = self.peek(name)
        if old is None:
            return False
        self._held -= old.held
        new = Namespace(name, self._ledger(self._rules), listeners=old.listeners)
        if name == DEFAULT_NAMESPACE:
            self._default = new
        elif old.listeners:
            self._others[name] = new
        else:
            del self._others[name]
        return True

    def hold(self, namespace: Namespace, size: int) -> None:
        """Takes note that a namespace needs so much more memory, and makes room for it."""
        self._hold(namespace, size)
        self._make_room(namespace, 0)

    def mint(self, namespace: Namespace, click: str) -> None:
        """Lets the namespace know a click id; raises Full."""
        self._charge(namespace, _OVERHEAD)
        namespace.ledger.mint(click)

    def rule(self, namespace: Namespace, event: Event, size: int) -> Ruling:
        """Hands an event to the namespace's ledger; raises Full before anything is recorded."""
        cost = min(size, _LARGEST_RECORD) + _OVERHEAD
        self._charge(namespace, cost)
        ruling = namespace.ledger.rule(event)
        if not ruling.changes:
            self._hold(namespace, -cost)
        return ruling

    def remember(self, namespace: Namespace, arrival: Arrival) -> None:
        """Notes what came, tells those who wait for it, and drops what came long ago."""
        namespace.arrivals.append(arrival)
        change = arrival.cost
        while len(namespace.arrivals) > _REMEMBERED_ARRIVALS or namespace.remembered + change > _REMEMBERED_BYTES:
            change -= namespace.arrivals.popleft().cost
        namespace.remembered += change
        self.hold(namespace, change)
        arrived(arrival)
        for tell in tuple(namespace.listeners):
            tell(arrival)

    def _charge(self, namespace: Namespace, size: int) -> None:
        self._make_room(namespace, size)
        if self._held + size > self._limits.bytes:
            raise Full
        self._hold(namespace, size)

    def _hold(self, namespace: Namespace, size: int) -> None:
        namespace.held += size
        self._held += size

    def _make_room(self, namespace: Namespace, size: int) -> None:
        while self._held + size > self._limits.bytes and self._others:
            if next(iter(self._others)) == namespace.name:
                return
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, oldest = self._others.popitem(last=False)
        self._held -= oldest.held
        self.forgotten += 1
