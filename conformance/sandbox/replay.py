"""Brings back what a sandbox was sent in an earlier life: each exchange is played again, at its own moment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.sandbox.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract.profile import Profile
    from conformance.sandbox.live.exchanges import Exchange
    from conformance.sandbox.reception import Reception
    from conformance.sandbox.store import Namespace, Store
    from conformance.sandbox.traffic import Surroundings, Traffic


def remember(
    profile: Profile, store: Store, traffic: Traffic, reception: Reception, surroundings: Surroundings
) -> None:
    """Brings back the default namespace from the sandbox's file, and each other one when it is next used."""
    database = reception.kit.database
    if database is None:
        return
    admitted = _admitted(profile, surroundings)
    reception.count_from(database.last_number())

    def restore(namespace: Namespace) -> None:
        for exchange in database.exchanges(namespace.name):
            reception.again(exchange, _incoming(exchange, surroundings, admitted), traffic.answer)

    store.restore = restore
    restore(store.namespace())


def _admitted(profile: Profile, surroundings: Surroundings) -> Callable[[bytes], bytes]:
    """What stands in the header of a request that is let in, by its path: no token is ever kept."""
    secret, browser = surroundings.admitted, profile.publishable
    if browser is None:
        return lambda _: secret
    paths = {path.encode() for path in browser.paths.values()}
    scheme, _, token = secret.decode().rpartition(" ")
    prefix = browser.prefix.partition("_")[0] + "_"
    publishable = f"{scheme} {browser.prefix}{token.removeprefix(prefix)}".encode()
    return lambda path: publishable if path in paths else secret


def _incoming(exchange: Exchange, surroundings: Surroundings, admitted: Callable[[bytes], bytes]) -> Incoming:
    path, _, query = exchange.path.encode("latin-1", "replace").partition(b"?")
    headers = {name.encode("latin-1"): value.encode("latin-1") for name, value in exchange.headers}
    headers[surroundings.header] = admitted(path)
    scope = {"query_string": query, "client": (exchange.client, 0) if exchange.client else None}
    body = None if exchange.too_large else exchange.body
    scheme = urlsplit(exchange.url).scheme or "http"
    return Incoming(exchange.method, exchange.namespace, path, headers, body, scheme, scope)
