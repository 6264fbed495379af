"""No evidence: a target that shows nothing of what it recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.evidence.observation import Observation, Unreadable

if TYPE_CHECKING:
    from conformance.target.transcript import Transcript


class NoEvidence:
    """Every look shows that there is nothing to look at."""

    description = "none"
    available = False
    documented = False

    async def look(
        self,
        customer: str,  # noqa: ARG002 - nothing is sent
        transcript: Transcript,  # noqa: ARG002
        since: float | None = None,  # noqa: ARG002
    ) -> Observation:
        """Nothing can be told of this customer."""
        return Observation(looked=0.0, unreadable=Unreadable("the target does not show what it recorded"))
