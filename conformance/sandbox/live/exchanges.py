"""One exchange with the sandbox as it is kept, judged and shown: secrets are taken out before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from conformance.sandbox.bodies import NoJson, parse_object
from conformance.sandbox.live import redaction
from conformance.sandbox.waiting import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.sandbox.answers import Answer
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.visits import Visit

# What an exchange costs in memory beyond its bytes, roughly.
_OVERHEAD = 2048
VISIT = "visit"


class EventReference(Protocol):
    """Where an event stands that a finding speaks of."""

    @property
    def index(self) -> int:
        """The number of its exchange."""
        ...


class Finding(Protocol):
    """What a judge says of an exchange."""

    @property
    def id(self) -> str:
        """Its kind."""
        ...

    @property
    def severity(self) -> str:
        """Error, warning or note."""
        ...

    @property
    def customer(self) -> str:
        """Whose journey it is about, or nothing."""
        ...

    @property
    def requirement(self) -> str:
        """The requirement that is at stake."""
        ...

    @property
    def message(self) -> str:
        """What is wrong."""
        ...

    @property
    def remedy(self) -> str:
        """How to mend it."""
        ...

    @property
    def events(self) -> Sequence[EventReference]:
        """The exchanges that show it."""
        ...


class Judge(Protocol):
    """Judges the exchanges of one namespace, one after the other."""

    def take(self, exchange: Exchange) -> Sequence[Finding]:
        """What is to be said now that this one has come."""
        ...

    def finish(self) -> Sequence[Finding]:
        """What is to be said if nothing more comes."""
        ...

    def report(self) -> str:
        """All of it as one HTML page, to be kept or sent on."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; `status` is 0 when no answer was sent, `kind` an operation, a visit or nothing.

    `misbehaviour` names the hostile mode that took hold of it; from `seed` follow the ids that were made for it.
    """

    number: int
    namespace: str
    moment: str
    method: str
    url: str
    path: str
    client: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    too_large: bool
    kind: str
    status: int
    answer_headers: tuple[tuple[str, str], ...]
    answer: bytes
    outcome: str | None
    sentence: str
    fields: Mapping[str, Any]
    clicks: tuple[str, ...] = ()
    misbehaviour: str = ""
    seed: str = ""

    @property
    def cost(self) -> int:
        """What it takes to keep it, in bytes."""
        return _OVERHEAD + 2 * len(self.body) + len(self.answer)

    @property
    def time(self) -> float:
        """Its moment in seconds since 1970."""
        return datetime.fromisoformat(self.moment).timestamp()


def exchange(number: int, kind: str, request: Incoming, visit: Visit, answer: Answer | None) -> Exchange:
    """What is kept of a request, what became of it, and its answer."""
    received = headers_of(request)
    secrets = redaction.secrets_of(received)
    arrival = visit.arrival
    path = request.path.decode("latin-1")
    query = f"?{request.query.decode('latin-1')}" if request.query else ""
    return Exchange(
        number=number,
        namespace=request.namespace,
        moment=visit.moment or "",
        method=request.method,
        url=redaction.address(f"{request.base}{path}{query}", secrets),
        path=redaction.address(path + query, secrets),
        client=request.address,
        headers=tuple((name, redaction.header(name, value, secrets)) for name, value in received),
        body=redaction.body(request.body or b"", secrets),
        too_large=request.body is None,
        kind=kind.rpartition(" ")[2] if arrival is None else arrival.operation,
        status=0 if answer is None else answer.status,
        answer_headers=() if answer is None else _readable(answer),
        answer=b"" if answer is None else redaction.answer(answer.body, secrets),
        outcome=None if arrival is None else arrival.outcome,
        sentence="" if arrival is None else redaction.text(arrival.sentence, secrets),
        fields=redaction.fields(plain(dict(_fields(request) if arrival is None else arrival.body)), secrets),
        clicks=tuple(visit.minted),
        seed=visit.seed,
    )


def headers_of(request: Incoming) -> tuple[tuple[str, str], ...]:
    """The headers of a request as text."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.items())


def _fields(request: Incoming) -> Mapping[str, Any]:
    """What a call says that the platform did not look at."""
    try:
        return parse_object(request.body or b"")
    except NoJson:
        return {}


def _readable(answer: Answer) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
