"""What the sandbox serves for people and tests: its page, and under /_/ what came, what was found, waiting, reset."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from conformance.sandbox.answers import json_answer
from conformance.sandbox.incoming import LONGEST_NAME
from conformance.sandbox.live import redaction
from conformance.sandbox.live.feed import Feed
from conformance.sandbox.live.log import SEVERITIES, finding_shown
from conformance.sandbox.live.shown import har
from conformance.sandbox.store import DEFAULT_NAMESPACE, Arrival
from conformance.sandbox.waiting import shown, wait_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from conformance.contract.profile import Profile
    from conformance.sandbox.live.exchanges import Exchange
    from conformance.sandbox.reception import Reception
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.traffic import Surroundings, Traffic

    Endpoint = Callable[[Request], Awaitable[Response]]

_LONGEST_WAIT = 60.0
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_PARTS = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def live_routes(
    profile: Profile, store: Store, traffic: Traffic, reception: Reception | None, surroundings: Surroundings
) -> list[Route]:
    """The routes of a sandbox; those that show what was found are there where it judges."""
    tests = _ForTests(store, traffic, reception)
    found: dict[str, tuple[Endpoint, str]] = {
        "/_/ns/{name:path}/wait": (tests.wait, "GET"),
        "/_/ns/{name:path}/events": (tests.events, "GET"),
        "/_/ns/{name:path}": (tests.forget, "DELETE"),
    }
    if reception is not None:
        page = _Page(Feed(profile, store, reception, _example(surroundings)))
        found = {
            "/": (page.home, "GET"),
            **{f"/_/{name}": (_part(name, kind), "GET") for name, kind in _PARTS.items()},
            "/_/feed": (page.feed, "GET"),
            "/_/ns/{name:path}/findings": (tests.findings, "GET"),
            "/_/ns/{name:path}/exchanges.har": (tests.recording, "GET"),
            "/_/ns/{name:path}/report.html": (tests.report, "GET"),
            **found,
        }
    guard = _guard(surroundings) if reception is not None and reception.kit.guarded else None
    return [
        Route(path, endpoint if guard is None else guard(endpoint), methods=[method])
        for path, (endpoint, method) in found.items()
    ]


class _ForTests:
    """What tests ask of one namespace."""

    def __init__(self, store: Store, traffic: Traffic, reception: Reception | None) -> None:
        self._store = store
        self._traffic = traffic
        self._reception = reception

    async def wait(self, request: Request) -> Response:
        """Answers when an event with the given fields has come, or with the nearest miss."""
        try:
            seconds = float(request.query_params.get("timeout", 5))
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise HTTPException(400, f"timeout must be a number of seconds from 0 to {_LONGEST_WAIT:g}.")
        wanted = {field: value for field, value in request.query_params.items() if field != "timeout"}
        found = await wait_for(self._namespace(request), wanted, seconds)
        if isinstance(found, Arrival):
            return _json({"event": self._without_tokens(shown(found))})
        nearest = None if found.arrival is None else self._without_tokens(shown(found.arrival))
        return _json({"nearest": nearest, "differs": self._without_tokens(list(found.differs))}, status=408)

    async def events(self, request: Request) -> Response:
        """Every event that has come and is still kept, those with a broken body too."""
        namespace = self._namespace(request)
        if self._reception is None:
            return _json({"events": [shown(arrival) for arrival in namespace.arrivals]})
        return _json({"events": [_event(each) for each in self._reception.kept(namespace) if each.sentence]})

    async def findings(self, request: Request) -> Response:
        """What the judge has found, with what is to be said if nothing more comes."""
        namespace = self._namespace(request)
        log = self._judged.log(namespace)
        told = [finding_shown(finding) for finding in log.findings]
        told += [finding_shown(finding, is_open=True) for finding in log.ending()]
        counted = {severity: sum(each["severity"] == severity for each in told) for severity in SEVERITIES}
        return _json({"findings": told, "summary": {"calls": log.seen - log.visits, **counted}})

    async def recording(self, request: Request) -> Response:
        """What has come and is still kept, as a HAR file."""
        namespace = self._namespace(request)
        return _json(har(self._judged.kept(namespace)), disposition=_attachment(namespace, "har"))

    async def report(self, request: Request) -> Response:
        """What was found, as one HTML page to be kept or sent on."""
        namespace = self._namespace(request)
        judge = self._judged.log(namespace).judge
        if judge is None:
            raise HTTPException(404, "This sandbox judges nothing.")
        headers = {**_PAGE_HEADERS, "content-disposition": _attachment(namespace, "html")}
        del headers["content-security-policy"]  # the page brings a stricter one of its own
        return Response(judge.report(), media_type="text/html", headers=headers)

    async def forget(self, request: Request) -> Response:
        """Lets a namespace begin anew, in memory and in the sandbox's file."""
        name = _name(request)
        if self._reception is None:
            self._traffic.forget(name)
        else:
            await self._reception.forget(name, self._traffic.forget)
        return Response(status_code=204)

    def _without_tokens(self, value: Any) -> Any:
        return value if self._reception is None else redaction.fields(value, self._reception.secrets)

    @property
    def _judged(self) -> Reception:
        if self._reception is None:
            raise HTTPException(404, "This sandbox judges nothing.")
        return self._reception

    def _namespace(self, request: Request) -> Namespace:
        return self._store.namespace(_name(request))


class _Page:
    """The live page and what feeds it."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def home(self, _: Request) -> Response:
        """The page itself, which holds nothing of what came."""
        return Response(_read("page.html"), media_type="text/html", headers=_PAGE_HEADERS)

    async def feed(self, request: Request) -> Response:
        """What came and what comes, as server-sent events."""
        name = request.query_params.get("ns") or DEFAULT_NAMESPACE
        if len(name) > LONGEST_NAME:
            raise HTTPException(404, "There is no such namespace.")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._feed.messages(name), media_type="text/event-stream", headers=headers)


def _json(document: Any, *, status: int = 200, disposition: str = "") -> Response:
    """JSON in which every character outside ASCII is escaped: not everything that was sent is Unicode text."""
    headers = {"cache-control": "no-store", **({"content-disposition": disposition} if disposition else {})}
    return Response(json_answer(status, document).body, status, headers, "application/json")


def _attachment(namespace: Namespace, ending: str) -> str:
    name = quote(f"trackproof-{namespace.name}.{ending}", safe="")
    return f"attachment; filename*=UTF-8''{name}"


def _example(surroundings: Surroundings) -> str:
    """A token for an example: one that is let in, or a variable where only a secret one is."""
    return "$TOKEN" if surroundings.token else surroundings.admitted.decode().rpartition(" ")[2]


def _part(name: str, kind: str) -> Endpoint:
    async def part(_: Request) -> Response:
        return Response(_read(name), media_type=kind, headers=_PAGE_HEADERS)

    return part


def _read(name: str) -> bytes:
    return files("conformance.sandbox.live").joinpath(name).read_bytes()


def _guard(surroundings: Surroundings) -> Callable[[Endpoint], Endpoint]:
    """Lets in only who has the token: as the platform takes it, or as the password that a browser asks for."""
    expected = (surroundings.token or "").encode()

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def guard(request: Request) -> Response:
            value = dict(request.scope["headers"]).get(surroundings.header)
            password = _password(dict(request.scope["headers"]).get(b"authorization"))
            known = surroundings.lets_in(value) or (password is not None and hmac.compare_digest(password, expected))
            if not known:
                challenge = {"WWW-Authenticate": 'Basic realm="trackproof sandbox: the password is its token"'}
                raise HTTPException(401, "The token of the sandbox is needed here.", headers=challenge)
            return await endpoint(request)

        return guard

    return guarded


def _password(value: bytes | None) -> bytes | None:
    scheme, _, encoded = (value or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except binascii.Error:
        return None


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    if not 0 < len(name) <= LONGEST_NAME:
        raise HTTPException(404, "There is no such namespace.")
    return name


def _event(exchange: Exchange) -> dict[str, Any]:
    return {
        "operation": exchange.kind,
        "body": exchange.fields,
        "received": exchange.moment,
        "status": exchange.status,
        "outcome": exchange.outcome,
        "sentence": exchange.sentence,
    }
