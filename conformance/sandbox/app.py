"""The reference platform as an ASGI application: the platform's own paths, and what serves people and tests."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from conformance.ledger import Rules
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.incoming import LONGEST_NAME
from conformance.sandbox.pages import HOME, LANDING
from conformance.sandbox.platforms import platform_module
from conformance.sandbox.platforms.fields import utc_text
from conformance.sandbox.store import Arrival, Limits, Store
from conformance.sandbox.tokens import gatekeeper
from conformance.sandbox.traffic import Surroundings
from conformance.sandbox.waiting import shown, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from conformance.contract.profile import Profile

_LONGEST_WAIT = 60.0
_HEALTHY = json_answer(200, {"status": "ok"})


def now() -> str:
    """This moment as ISO 8601 text in UTC."""
    return utc_text(datetime.now(UTC))


def create_app(
    profile: Profile,
    *,
    token: str | None = None,
    clock: Callable[[], str] = now,
    clicks: Callable[[], str] | None = None,
    limits: Limits | None = None,
) -> Starlette:
    """The sandbox that plays this profile.

    Without a token, any non-empty one is let in but those that are wrong on purpose. `clock` says when an event came,
    `clicks` makes the ids that short links give out. The application's `state.traffic` is what answers for the
    platform. Raises UsageError when the sandbox cannot play the profile.
    """
    platform = platform_module(profile)
    store = Store(Rules.of(profile.rules), limits or Limits())
    authentication = profile.authentication
    surroundings = Surroundings(
        header=authentication.header.lower().encode(),
        challenge=authentication.scheme.encode(),
        token=token,
        lets_in=gatekeeper(authentication, token),
        now=clock,
        new_click=clicks or platform.new_click,
        click_parameter=profile.click_parameter,
    )
    traffic = platform.traffic(profile, store, surroundings)

    async def wait(request: Request) -> Response:
        try:
            seconds = float(request.query_params.get("timeout", 5))
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise HTTPException(400, f"timeout must be a number of seconds from 0 to {_LONGEST_WAIT:g}.")
        name = request.path_params["name"]
        if len(name) > LONGEST_NAME:
            raise HTTPException(404, "There is no such namespace.")
        wanted = {field: value for field, value in request.query_params.items() if field != "timeout"}
        found = await wait_for(store.namespace(name), wanted, seconds)
        if isinstance(found, Arrival):
            return _response(json_answer(200, {"event": shown(found)}))
        nearest = None if found.arrival is None else shown(found.arrival)
        return _response(json_answer(408, {"nearest": nearest, "differs": found.differs}))

    def refuse(_: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = tuple((key.lower().encode(), value.encode()) for key, value in (error.headers or {}).items())
        return _response(traffic.refusal(error.status_code, error.detail, *headers))

    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/_/health", _health),
            Route("/_/landing", _landing),
            Route("/_/ns/{name}/wait", wait),
        ],
        exception_handlers={HTTPException: refuse},
    )
    app.router.redirect_slashes = False
    app.router.default = traffic
    app.state.traffic = traffic
    return app


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {key.decode(): value.decode() for key, value in answer.headers})


async def _home(_: Request) -> Response:
    return HTMLResponse(HOME)


async def _landing(_: Request) -> Response:
    return HTMLResponse(LANDING)


async def _health(_: Request) -> Response:
    return _response(_HEALTHY)
