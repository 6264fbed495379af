"""Where the pytest fixture takes its sandbox from: one for each process, or that of `trackproof watch`."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from conformance.contract import load_profile
from conformance.sandbox.platforms import platform_module
from conformance.sandbox.reception import Kit
from conformance.sandbox.server import EmbeddedSandbox
from conformance.watch.bench import NamespaceJudge
from conformance.watch.client import TrackingSandbox, namespace_for

if TYPE_CHECKING:
    from collections.abc import Iterator

# Set by `trackproof watch` for the command that it starts.
WATCHED = "TRACKPROOF_WATCH"
ANY_TOKEN = "sandbox"  # noqa: S105 - guards nothing


@contextlib.contextmanager
def sandbox_process(profile: str) -> Iterator[tuple[str, str]]:
    """Origin and token of a sandbox that judges, for as long as the block lasts."""
    played = load_profile(profile)
    token = platform_module(played).TOKEN_PREFIX + ANY_TOKEN
    watched = os.environ.get(WATCHED)
    if watched:
        yield watched, token
        return
    kit = Kit(judge=lambda _: NamespaceJudge(played, "sandbox"))
    with EmbeddedSandbox(played, any_token=True, kit=kit) as running:
        yield running.url, token


@contextlib.contextmanager
def sandbox_of(origin: str, token: str, test: str) -> Iterator[TrackingSandbox]:
    """A namespace for one test, which is forgotten after it."""
    sandbox = TrackingSandbox(origin, namespace_for(test), token)
    yield sandbox
    sandbox.reset()
