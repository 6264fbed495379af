"""The judges of one sandbox: one for each namespace, and all that they found."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.findings import Judgement, merged
from conformance.judge import Call, LiveJudge
from conformance.sandbox.live.redaction import REDACTED
from conformance.sandbox.store import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from conformance.contract.profile import Profile
    from conformance.findings import Finding
    from conformance.sandbox.live.exchanges import Exchange


SOURCE = "watch"
_MOST = 20_000


class NamespaceJudge:
    """Judges the exchanges of one namespace as they come; `whole` says that nothing happened there before."""

    def __init__(self, profile: Profile, source: str, *, whole: bool = True) -> None:
        self._profile = profile
        self._judge = LiveJudge(profile, whole=whole)
        self._source = source
        self._told: deque[Finding] = deque(maxlen=_MOST)

    def take(self, exchange: Exchange) -> Sequence[Finding]:
        """What is to be said now that this one has come."""
        # The path alone: that a sandbox stands at another address than the platform, and in plain HTTP, is no mistake.
        call = Call(
            method=exchange.method,
            url=exchange.path,
            body=exchange.body or None,
            time=exchange.time,
            headers=dict(exchange.headers),
            status=exchange.status,
            response=exchange.answer,
            source=self._source,
            index=exchange.number,
        )
        found = self._judge.take(call)
        self._told.extend(found)
        return found

    def finish(self) -> Sequence[Finding]:
        """What is to be said as of now."""
        return self._judge.finish(time.time())

    def report(self) -> str:
        """What is to be said as of now, as one HTML page."""
        # Loaded here, so that no test waits for it that asks for no report.
        from conformance.reports.findings_html import html  # noqa: PLC0415
        from conformance.reports.findings_view import view  # noqa: PLC0415

        judgement = _judgement(self._profile, self._source, [self], self.finish())
        return html(view(judgement, self._profile, show_customers=False))

    def end(self) -> Sequence[Finding]:
        """What is to be said when nothing more can come."""
        return self._judge.finish()

    @property
    def told(self) -> Sequence[Finding]:
        """What was said so far, the latest of it if there is very much."""
        return self._told

    @property
    def secrets(self) -> Collection[str]:
        """The tokens that were seen, if any is left in what was kept."""
        return self._judge.secrets

    @property
    def seen(self) -> tuple[int, int]:
        """How many tracking calls there were, and of how many customers."""
        return self._judge.events, self._judge.customers


class Bench:
    """All judges of one watched command."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._judges: list[NamespaceJudge] = []

    def judge(self, namespace: str = DEFAULT_NAMESPACE, *, whole: bool = True) -> NamespaceJudge:
        """A judge for one more namespace; a target that was there before knows of more than was seen."""
        source = SOURCE if namespace == DEFAULT_NAMESPACE else f"{SOURCE}/ns/{namespace}"
        made = NamespaceJudge(self._profile, source, whole=whole)
        self._judges.append(made)
        return made

    def judgement(self, *, complete: bool = True) -> Judgement:
        """All that was found, now that nothing more comes; unless it is `complete`, more would have come."""
        ending = [finding for judge in self._judges for finding in (judge.end() if complete else judge.finish())]
        return replace(_judgement(self._profile, SOURCE, self._judges, ending), complete=complete)


def _judgement(profile: Profile, source: str, judges: Sequence[NamespaceJudge], ending: Sequence[Finding]) -> Judgement:
    events, customers = (sum(counts) for counts in zip((0, 0), *(judge.seen for judge in judges), strict=True))
    told = (finding for judge in judges for finding in judge.told)
    return Judgement(
        profile.name,
        (source,),
        merged((*told, *ending)),
        events=events,
        customers=customers,
        calls=events,
        secrets=frozenset(secret for judge in judges for secret in judge.secrets if secret != REDACTED),
    )
