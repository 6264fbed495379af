"""Makes findings of the kinds that a profile has; what it does not have is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.findings import Severity, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract import Profile
    from conformance.findings import EventRef, Finding
    from conformance.judge.sent import Sent


class Teller:
    """The kinds of finding under one profile."""

    def __init__(self, profile: Profile) -> None:
        self._kinds = kinds_of(profile)

    def tells(self, kind: str) -> bool:
        """Whether there is such a finding under this profile."""
        return kind in self._kinds

    def of(
        self,
        kind: str,
        customer: str,
        events: Iterable[EventRef],
        *,
        severity: Severity | None = None,
        others: Iterable[str] = (),
        **values: object,
    ) -> list[Finding]:
        """The finding as a list of one, or an empty list when the profile does not have it."""
        known = self._kinds.get(kind)
        return [] if known is None else [known.finding(customer, events, values, severity, others)]

    def at(
        self, kind: str, sent: Sent, *earlier: Sent, severity: Severity | None = None, **values: object
    ) -> list[Finding]:
        """The finding at one call, after the earlier ones that it is about."""
        known = self._kinds.get(kind)
        if known is None:
            return []
        places = [*(each.place for each in earlier), sent.place]
        made = [known.finding(sent.customer, places, values, severity)]
        if made[0].severity is not Severity.NOTE:
            sent.explained = True
        return made
