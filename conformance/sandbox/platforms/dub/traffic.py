"""What the sandbox answers as Dub: who is let in comes first, then the body as JSON, then its fields, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.bodies import LARGEST_BODY, NoJson, parse_json
from conformance.sandbox.platforms.dub import errors
from conformance.sandbox.platforms.dub.conversions import Conversions
from conformance.sandbox.platforms.dub.errors import Refused
from conformance.sandbox.platforms.dub.keys import keys_of
from conformance.sandbox.platforms.dub.listings import Listings
from conformance.sandbox.platforms.dub.messages import Reader
from conformance.sandbox.platforms.dub.reading import an_object, read, required, text
from conformance.sandbox.platforms.dub.workspace import DEMO, Click, instant, workspace_of
from conformance.sandbox.store import Arrival
from conformance.sandbox.traffic import LANDING, Traffic
from conformance.sandbox.webhooks import Pusher, receiver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract.profile import Profile
    from conformance.ledger import Ruling
    from conformance.sandbox.incoming import Incoming
    from conformance.sandbox.platforms.dub.workspace import Link
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.traffic import Surroundings

_WEBHOOKS = b"/_/webhooks"
_KINDS = ("lead", "sale")
_CLICK = "click"
# Marks the operations of browsers, which have a path of their own.
_BROWSER = "browser's "
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"Content-Type, Authorization"),
)
_ALLOWED = Answer(204, _CORS, b"")


class Wire:
    """The paths that are posted to, and the form of a refusal."""

    def __init__(self, profile: Profile) -> None:
        browsers = profile.publishable.paths if profile.publishable else {}
        self.operations = {profile.paths[name].encode(): name for name in (*_KINDS, _CLICK)}
        self.operations |= {path.encode(): _BROWSER + name for name, path in browsers.items()}
        self.refusal = errors.refusal


class DubTraffic(Traffic):
    """The application behind every path of Dub's."""

    def __init__(self, profile: Profile, store: Store, surroundings: Surroundings) -> None:
        super().__init__(Wire(profile), store, surroundings)
        self._keys = keys_of(profile, surroundings.token)
        self._reader = Reader(profile)
        conversions = surroundings.variation.conversions or Conversions
        self._conversions: Conversions = conversions(store, Pusher())
        self._listings = Listings(profile)

    def push_webhooks(self, url: str, secret: str) -> None:
        """Tells the plain root where to push what it records; raises UsageError for what is not on this machine."""
        workspace_of(self._store.namespace()).receiver = receiver(url, secret)

    def forget(self, name: str) -> bool:
        """Lets a namespace begin anew, but for where it pushes webhooks."""
        namespace = self._store.peek(name)
        to = None if namespace is None else workspace_of(namespace).receiver
        known = super().forget(name)
        if to is not None:
            workspace_of(self._store.namespace(name)).receiver = to
        return known

    def _track(self, operation: str, request: Incoming) -> Answer:
        from_browser = operation not in _KINDS
        if from_browser and request.method == "OPTIONS":
            return _ALLOWED
        if request.method != "POST":
            return self._post_only
        try:
            answer = self._click(request) if operation == _CLICK else self._convert(operation, request)
        except Refused as refused:
            answer = refused.answer()
        return Answer(answer.status, (*answer.headers, *_CORS), answer.body) if from_browser else answer

    def _convert(self, operation: str, request: Incoming) -> Answer:
        from_browser = operation not in _KINDS
        check = self._keys.check_publishable if from_browser else self._keys.check_secret
        check(self._header(request))
        body = _body(request)
        kind, size = operation.removeprefix(_BROWSER), len(request.body or b"")
        namespace = self._store.namespace(request.namespace)
        received = self._around.now()
        outcome = None
        try:
            answer, ruling = self._rule(kind, namespace, body, received, size, from_browser=from_browser)
            outcome, sentence = ruling.outcome.value, ruling.sentence
        except Refused as refused:
            answer, sentence = refused.answer(), str(refused)
        self._store.remember(namespace, Arrival(kind, body, size, received, answer.status, outcome, sentence))
        return answer

    def _rule(
        self,
        kind: str,
        namespace: Namespace,
        body: Mapping[str, Any],
        received: str,
        size: int,
        *,
        from_browser: bool,
    ) -> tuple[Answer, Ruling]:
        fields = self._understood(kind, body)
        if kind == "lead":
            return self._conversions.lead(namespace, self._reader.lead(fields, received, browser=from_browser), size)
        return self._conversions.sale(namespace, self._reader.sale(fields, received, browser=from_browser), size)

    def _click(self, request: Incoming) -> Answer:
        body = _body(request)
        domain = read(body, "domain", required("domain", LARGEST_BODY, text))
        key = read(body, "key", required("key", LARGEST_BODY, text))
        namespace = self._store.namespace(request.namespace)
        workspace = workspace_of(namespace)
        if not _is_own(domain, request) or not (key == DEMO or key in workspace.links):
            raise Refused("not_found", f"Link not found for domain: {domain} and key: {key}.")
        visit = workspace.latest_visit(request.address, _agent(request), key, instant(self._around.now()))
        click = visit.id if visit else self._mint(namespace, request, key)
        return json_answer(200, {"clickId": click})

    def _mint(self, namespace: Namespace, request: Incoming, key: str) -> str:
        click = super()._mint(namespace, request, key)
        link = self._link(namespace, request, key)
        moment = instant(self._around.now())
        workspace_of(namespace).visited(Click(click, link, moment, request.address, _agent(request)))
        return click

    def _link(self, namespace: Namespace, request: Incoming, key: str) -> Link:
        workspace = workspace_of(namespace)
        return workspace.link(key, request.base, f"{request.origin}{LANDING}", instant(self._around.now()))

    def _elsewhere(self, request: Incoming) -> Answer:
        if request.path == _WEBHOOKS:
            return self._set_receiver(request)
        if not self._listings.serve(request.path):
            return self._unknown_path
        if refused := self._refused_token(request):
            return refused
        try:
            return self._listings.answer(request, self._store.namespace(request.namespace))
        except Refused as refusal:
            return refusal.answer()

    def _set_receiver(self, request: Incoming) -> Answer:
        if request.method != "POST":
            return self._post_only
        try:
            body = _body(request)
            to = receiver(read(body, "url", text), read(body, "secret", text))
        except (Refused, UsageError) as problem:
            return self._refusal(400, str(problem))
        workspace_of(self._store.namespace(request.namespace)).receiver = to
        return json_answer(200, {"url": body["url"]})

    def _refused_token(self, request: Incoming) -> Answer | None:
        try:
            self._keys.check_secret(self._header(request))
        except Refused as refused:
            return refused.answer()
        return None

    def _header(self, request: Incoming) -> bytes | None:
        return request.headers.get(self._around.header)


def _body(request: Incoming) -> Mapping[str, Any]:
    if request.body is None:
        raise Refused("bad_request", "The request body is too large.")
    try:
        document = parse_json(request.body)
    except NoJson:
        raise Refused("bad_request", "Invalid JSON format in request body. Please ensure it is valid.") from None
    return an_object(document)


def _is_own(domain: str, request: Incoming) -> bool:
    host = request.headers.get(b"host", b"").decode("ascii", "replace").lower()
    return domain.lower() in (host, host.rpartition(":")[0] or host)


def _agent(request: Incoming) -> str:
    return request.headers.get(b"user-agent", b"").decode("latin-1")
