"""A sandbox in a process of its own that is killed: forked from one that has loaded everything, so that it is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live_talk import PROFILE, judging

from conformance.sandbox.app import create_app
from conformance.sandbox.database import Database
from conformance.sandbox.server import LOOPBACK, listen, serve

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path


def serve_from(path: Path, told: Connection) -> None:
    """Serves what the file has until it is killed, and tells its base URL."""
    serve(create_app(PROFILE, kit=judging(database=Database(path))), listen(LOOPBACK, 0), told.send)
