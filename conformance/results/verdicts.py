"""The words for what was found, and how many of them become one."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(enum.StrEnum):
    """What was found of a check, a requirement or a scenario; the same word in every report."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    INCONCLUSIVE = "inconclusive"
    WAIVED = "waived"
    ERRORED = "errored"
    UNTESTED = "untested"


_OF_A_REQUIREMENT = (
    Verdict.FAILED,
    Verdict.ERRORED,
    Verdict.WARNED,
    Verdict.WAIVED,
    Verdict.PASSED,
    Verdict.INCONCLUSIVE,
)
_OF_A_SCENARIO = (Verdict.FAILED, Verdict.ERRORED, Verdict.INCONCLUSIVE, Verdict.WARNED, Verdict.WAIVED, Verdict.PASSED)


def requirement_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the checks made of a requirement; inconclusive only if nothing else was seen."""
    return _first(verdicts, _OF_A_REQUIREMENT, Verdict.UNTESTED)


def scenario_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of a scenario's checks; a scenario without a check could judge nothing and is inconclusive."""
    return _first(verdicts, _OF_A_SCENARIO, Verdict.INCONCLUSIVE)


def _first(verdicts: Iterable[Verdict], order: tuple[Verdict, ...], empty: Verdict) -> Verdict:
    seen = set(verdicts)
    return next((verdict for verdict in order if verdict in seen), empty)
