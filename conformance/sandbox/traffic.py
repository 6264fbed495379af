"""What the sandbox answers to a platform's traffic: tracking operations, short links and read-back, in namespaces.

An event is ruled on without a pause between look-up and record, so that requests at the same moment cannot race.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from conformance.errors import UsageError
from conformance.sandbox.answers import Answer, json_bytes_answer, redirect
from conformance.sandbox.bodies import HungUp, NoJson, TooLarge, parse_object, read_body
from conformance.sandbox.incoming import Incoming, decoded, incoming
from conformance.sandbox.platforms import Invalid
from conformance.sandbox.readback import customer_document
from conformance.sandbox.store import Arrival, Full
from conformance.sandbox.variation import NONE, PlantedFailure, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from starlette.types import Receive, Scope, Send

    from conformance.sandbox.platforms import Platform, RulingPlatform
    from conformance.sandbox.reception import Reception
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.variation import Answering, Around

_SHORT_LINKS = b"/l/"
_CUSTOMERS = b"/readback/customers/"
LANDING = "/_/landing"

_log = logging.getLogger("trackproof.sandbox")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the traffic needs from outside: who is let in, what time it is, and a click id that is new.

    `token` is the only one to be let in; without, `lets_in` tells which are; `admitted` is the header's value for one
    that is. `variation` says in what the platform differs from the reference.
    """

    header: bytes
    challenge: bytes
    token: str | None
    lets_in: Callable[[bytes | None], bool]
    now: Callable[[], str]
    new_click: Callable[[], str]
    click_parameter: str
    admitted: bytes = b""
    variation: Variation = NONE


class Traffic:
    """The ASGI application behind every path that is the platform's; each platform adds what only it has."""

    def __init__(self, platform: Platform, store: Store, surroundings: Surroundings) -> None:
        self._refusal = platform.refusal
        self._operations = platform.operations
        self._store = store
        self._around = surroundings
        refusal = platform.refusal
        challenge = ((b"www-authenticate", surroundings.challenge),) if surroundings.challenge else ()
        self._unauthorized = refusal(401, "A valid token is missing.", *challenge)
        self._unknown_path = refusal(404, "There is nothing at this path.")
        self._unknown_customer = refusal(404, "Nothing is recorded of this customer.")
        self._post_only = refusal(405, "Only POST is allowed here.", (b"allow", b"POST"))
        self._get_only = refusal(405, "Only GET is allowed here.", (b"allow", b"GET, HEAD"))
        self._too_large = refusal(413, "The body is too large.")
        self._broken = refusal(500, "The sandbox made a mistake.")
        self._full = refusal(503, "The sandbox is full: start it again.")
        self.reception: Reception | None = None
        self._vary_body = surroundings.variation.body
        self._answering: Answering | None = None
        for make in reversed(surroundings.variation.around):
            self._answering = _wrapped(make(surroundings), self._answering or self._answered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        headers = dict(scope["headers"])
        body: bytes | None = b""
        if b"content-length" in headers or b"transfer-encoding" in headers:
            waits = headers.get(b"expect", b"").lower() == b"100-continue"
            try:
                body = await read_body(receive, headers.get(b"content-length"), waits=waits)
            except TooLarge:
                body = None
            except HungUp:
                return
        request = incoming(scope, headers, body)
        scope["trackproof.receive"] = receive  # for a fault that looks whether the client is still there
        if self.reception is not None:
            await self.reception.receive(request, self._answering or self._answered, send)
            return
        answer = self.answer(request) if self._answering is None else await self._answering(request)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, request: Incoming) -> Answer:
        """The answer to one request."""
        try:
            operation = self._operations.get(request.path)
            if operation is not None:
                return self._track(operation, request)
            if request.path.startswith(_CUSTOMERS):
                return self._read_back(request)
            if request.path.startswith(_SHORT_LINKS) and request.path != _SHORT_LINKS:
                return self._follow(request)
            return self._elsewhere(request)
        except Full:
            return self._full
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the client is shown no trace of it
            if not isinstance(error, PlantedFailure):
                _log.exception("the sandbox could not answer %s %r", request.method, request.path)
            return self._broken

    @property
    def operations(self) -> Mapping[bytes, str]:
        """Path of each operation that is posted, and our word for it."""
        return self._operations

    def refusal(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> Answer:
        """An error answer in the platform's own form."""
        return self._refusal(status, message, *headers)

    def push_webhooks(self, url: str, secret: str) -> None:  # noqa: ARG002 - there is nothing to sign
        """Tells the plain root where to push what it records; raises UsageError when the platform pushes nothing."""
        raise UsageError(
            f"this platform pushes no webhooks, so none can go to {url}",
            "Play the profile of a platform that does.",
        )

    def forget(self, name: str) -> bool:
        """Lets a namespace begin anew; tells whether there was one."""
        return self._store.forget(name)

    async def _answered(self, request: Incoming) -> Answer:
        return self.answer(request)

    def _understood(self, operation: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields of an event as this platform takes them."""
        return body if self._vary_body is None else self._vary_body(operation, body)

    def _track(self, operation: str, request: Incoming) -> Answer:
        raise NotImplementedError

    def _elsewhere(self, request: Incoming) -> Answer:  # noqa: ARG002 - other platforms have more paths
        return self._unknown_path

    def _refused_token(self, request: Incoming) -> Answer | None:
        allowed = self._around.lets_in(request.headers.get(self._around.header))
        return None if allowed else self._unauthorized

    def _mint(self, namespace: Namespace, request: Incoming, key: str) -> str:  # noqa: ARG002 - any link will do
        click = self._around.new_click()
        self._store.mint(namespace, click)
        return click

    def _read_back(self, request: Incoming) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return self._get_only
        if refused := self._refused_token(request):
            return refused
        customer = decoded(request.path[len(_CUSTOMERS) :])
        recorded = self._store.namespace(request.namespace).ledger.recorded(customer)
        if recorded is None:
            return self._unknown_customer
        return json_bytes_answer(200, customer_document(recorded))

    def _follow(self, request: Incoming) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return self._get_only
        key = decoded(request.path[len(_SHORT_LINKS) :])
        click = self._mint(self._store.namespace(request.namespace), request, key)
        return redirect(f"{request.origin}{LANDING}?{urlencode({self._around.click_parameter: click})}")


class RulingTraffic(Traffic):
    """The traffic of a platform whose answers follow from the ruling alone."""

    def __init__(self, platform: RulingPlatform, store: Store, surroundings: Surroundings) -> None:
        super().__init__(platform, store, surroundings)
        self._platform = platform
        self._no_json_type = platform.refusal(415, "The body must be sent as application/json.")

    def _track(self, operation: str, request: Incoming) -> Answer:
        if request.method != "POST":
            return self._post_only
        if refused := self._refused_token(request):
            return refused
        if request.body is None:
            return self._too_large
        if not request.is_json:
            return self._no_json_type
        try:
            body = parse_object(request.body)
        except NoJson as problem:
            return self._refusal(400, str(problem))
        return self._rule(operation, request.namespace, body, len(request.body))

    def _rule(self, operation: str, name: str, body: Mapping[str, Any], size: int) -> Answer:
        namespace = self._store.namespace(name)
        received = self._around.now()
        try:
            event = self._platform.event(operation, self._understood(operation, body), received)
        except Invalid as invalid:
            answer = self._platform.invalid(invalid.problems)
            arrival = Arrival(operation, body, size, received, answer.status, None, str(invalid))
        else:
            ruling = self._store.rule(namespace, event, size)
            answer = self._platform.ruled(ruling)
            outcome = ruling.outcome.value
            arrival = Arrival(operation, body, size, received, answer.status, outcome, ruling.sentence)
        self._store.remember(namespace, arrival)
        return answer


def _wrapped(around: Around, inner: Answering) -> Answering:
    async def answering(request: Incoming) -> Answer:
        return await around(request, inner)

    return answering
