"""The reference platform: what a profile's contract says, served over HTTP, to people, to tests and to the suites."""

from conformance.sandbox.app import create_app
from conformance.sandbox.store import Limits

__all__ = ["Limits", "create_app"]
