"""Why a scenario cannot go on; raised by a journey, understood by the runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.results import Missing


class CannotJudge(Exception):
    """What follows cannot be judged: a step that it needs was refused or not recorded, or something is not there.

    `owner` is the requirement that owns the step; `code` the transport fault, if it was one.
    """

    def __init__(
        self, reason: str, *, owner: str | None = None, missing: Missing | None = None, code: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.owner = owner
        self.missing = missing
        self.code = code


class MetRateLimit(CannotJudge):
    """A race met a 429 and should be run again, alone."""


class HarnessFault(Exception):
    """trackproof did something that the contract does not allow; never the target's fault."""
