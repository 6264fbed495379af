"""GitLab's code-quality report: one entry for each requirement that a scenario saw broken or could not see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.contract.requirements import Level
from conformance.reports.inert import inert_json
from conformance.reports.marks import fingerprint, marks, module_of, said
from conformance.reports.overview import broken_as_a_whole
from conformance.reports.text import clip, one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from conformance.results.model import Results

_WIDTH = 600
_SEVERITIES = {
    Verdict.FAILED: "critical",
    Verdict.ERRORED: "major",
    Verdict.WARNED: "minor",
    Verdict.INCONCLUSIVE: "info",
    Verdict.WAIVED: "info",
}


def code_quality(results: Results, location: str = "") -> str:
    """The results as a code-quality report; `location` is the file they are about, else the module of the suite is."""
    entries = []
    # A run that judged too little must not look like one that found nothing.
    if results.verdict in ("cut", "inconclusive") or broken_as_a_whole(results):
        why = f"{results.verdict}: {results.stopped or results.why}"
        place = location or "conformance/suites/__init__.py"
        entries.append(_entry("trackproof.run", why, fingerprint(results, "run"), "major", place))
    for mark in marks(results):
        severity = _SEVERITIES[mark.verdict]
        if mark.verdict is Verdict.INCONCLUSIVE and mark.requirement.level is Level.MUST:
            severity = "minor"
        told = f"{mark.verdict}: {mark.requirement.statement} {said(mark)} (scenario {mark.scenario.id})"
        place = location or module_of(mark.scenario.suite)
        entries.append(_entry(mark.requirement.id, told, mark.fingerprint, severity, place))
    return inert_json(json.dumps(entries, ensure_ascii=False, indent=1)) + "\n"


def _entry(name: str, told: str, mark: str, severity: str, place: str) -> dict[str, Any]:
    return {
        "description": clip(one_line(told.replace("\n", " | ")), _WIDTH),
        "check_name": one_line(name),
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": one_line(place), "lines": {"begin": 1}},
    }
