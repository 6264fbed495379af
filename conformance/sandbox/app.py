"""The reference platform as an ASGI application: the platform's own paths, and what serves people and tests."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from conformance.ledger import Rules
from conformance.sandbox.answers import Answer, json_answer
from conformance.sandbox.live.routes import live_routes
from conformance.sandbox.pages import HOME, LANDING
from conformance.sandbox.platforms import platform_module
from conformance.sandbox.platforms.fields import utc_text
from conformance.sandbox.reception import Reception
from conformance.sandbox.replay import remember
from conformance.sandbox.store import Limits, Store
from conformance.sandbox.tokens import gatekeeper
from conformance.sandbox.traffic import Surroundings
from conformance.sandbox.variation import NONE, Variation
from conformance.sandbox.visits import click_for, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from conformance.contract.profile import Profile
    from conformance.sandbox.reception import Kit

_OURS = "/_/"
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
    variation: Variation = NONE,
    kit: Kit | None = None,
) -> Starlette:
    """The sandbox that plays this profile.

    Without a token, any non-empty one is let in but those that are wrong on purpose. `clock` says when an event came,
    `clicks` makes the ids that short links give out, `variation` plants a fault or latitudes, `kit` judges what
    arrives and shows it on a page. The application's `state.traffic` is what answers for the platform. Raises
    UsageError when the sandbox cannot play the profile.
    """
    platform = platform_module(profile)
    store = Store(Rules.of({**profile.rules, **variation.rules}), limits or Limits(), variation.ledger)
    authentication = profile.authentication
    surroundings = Surroundings(
        header=authentication.header.lower().encode(),
        challenge=authentication.scheme.encode(),
        token=token,
        lets_in=gatekeeper(authentication, token),
        now=partial(moment_of, clock),
        new_click=partial(click_for, clicks or platform.new_click),
        click_parameter=profile.click_parameter,
        admitted=authentication.value(token or f"{platform.TOKEN_PREFIX}somebody").encode(),
        variation=variation,
    )
    traffic = platform.traffic(profile, store, surroundings)
    reception = None
    if kit is not None:
        reception = traffic.reception = Reception(kit, store, traffic.operations, traffic.refusal, clock)
        remember(profile, store, traffic, reception, surroundings)

    def refuse(_: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = tuple((key.lower().encode(), value.encode()) for key, value in (error.headers or {}).items())
        return _response(traffic.refusal(error.status_code, error.detail, *headers))

    app = _Sandbox(
        routes=[
            Route("/_/health", _health),
            Route("/_/landing", _landing),
            *(Route("/", _home) for _ in range(reception is None)),
            *live_routes(profile, store, traffic, reception, surroundings),
        ],
        exception_handlers={HTTPException: refuse},
    )
    app.router.redirect_slashes = False
    app.router.default = traffic
    app.state.traffic = traffic
    return app


class _Sandbox(Starlette):
    """Hands everything to the platform but the paths that are there for people and tests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and scope["path"] != "/" and not scope["path"].startswith(_OURS):
            await self.state.traffic(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {key.decode(): value.decode() for key, value in answer.headers})


async def _home(_: Request) -> Response:
    return HTMLResponse(HOME)


async def _landing(_: Request) -> Response:
    return HTMLResponse(LANDING)


async def _health(_: Request) -> Response:
    return _response(_HEALTHY)
