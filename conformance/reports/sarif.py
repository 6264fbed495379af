"""SARIF 2.1.0 for code scanning: a requirement is a rule, what a scenario saw broken of it a result."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.contract.requirements import Level
from conformance.reports.inert import inert_json
from conformance.reports.markdown import prose
from conformance.reports.marks import marks, module_of, said
from conformance.reports.overview import rerun
from conformance.reports.text import clip, lines, one_line
from conformance.results.verdicts import Verdict
from conformance.results.waivers import why_waived

if TYPE_CHECKING:
    from conformance.reports.marks import Mark
    from conformance.results.model import RequirementResult, Results

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "note"}
_PROBLEM = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "recommendation"}
# What could not be judged is open: no result of that kind has a level.
_OPEN = (Verdict.INCONCLUSIVE, Verdict.ERRORED)
_WIDTH = 2000
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")


def sarif(results: Results, location: str = "") -> str:
    """The results as SARIF; `location` is the file they are about, else the module of the suite is."""
    index = {requirement.id: number for number, requirement in enumerate(results.requirements)}
    run = {
        "tool": {
            "driver": {
                "name": "trackproof",
                "version": one_line(results.tool_version),
                "rules": [_rule(requirement) for requirement in results.requirements],
            }
        },
        "automationDetails": {"id": f"trackproof/{one_line(results.profile.name)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(results)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the checkout."}}},
        "results": [_result(results, mark, index, location) for mark in marks(results)],
        "properties": {
            "verdict": results.verdict,
            "why": one_line(results.why),
            "profile": one_line(results.profile.name),
            "revision": one_line(results.profile.revision),
            "target": one_line(results.target.url),
            "run": one_line(results.run.id),
            "seed": results.run.seed,
        },
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return inert_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _rule(requirement: RequirementResult) -> dict[str, Any]:
    parts = {
        "Costs": requirement.costs,
        "Fix": requirement.fix,
        "Free": requirement.latitude,
        "Source": requirement.source,
    }
    told = {name: text for name, text in parts.items() if text}
    rule: dict[str, Any] = {
        "id": one_line(requirement.id),
        "name": "".join(word.capitalize() for word in re.findall(r"\w+", requirement.id)) or "Requirement",
        "shortDescription": {"text": _message(requirement.statement)},
        "fullDescription": {"text": _message(f"{requirement.level}: {requirement.statement}")},
        "help": {
            "text": _message("\n".join(f"{name}: {text}" for name, text in told.items()) or requirement.statement),
            "markdown": "\n\n".join(
                [f"{prose(requirement.statement)}", *(f"**{name}:** {prose(text)}" for name, text in told.items())]
            ),
        },
        "defaultConfiguration": {"level": _LEVELS[requirement.level]},
        "properties": {
            "tags": [one_line(requirement.suite), requirement.level.value],
            "problem.severity": _PROBLEM[requirement.level],
            "verdict": requirement.verdict.value,
        },
    }
    if _ADDRESS.fullmatch(requirement.url):
        rule["helpUri"] = requirement.url
    return rule


def _result(results: Results, mark: Mark, index: dict[str, int], location: str) -> dict[str, Any]:
    is_open = mark.verdict in _OPEN
    place = quote(location or module_of(mark.scenario.suite), safe="/")
    scenario = one_line(mark.scenario.id)
    again = rerun(results, mark.scenario)
    made: dict[str, Any] = {
        "ruleId": one_line(mark.requirement.id),
        "ruleIndex": index[mark.requirement.id],
        "kind": "open" if is_open else "fail",
        "level": "none" if is_open else _LEVELS[mark.checks[0].level],
        "message": {"text": _message(f"{mark.verdict}: {said(mark)}\nscenario: {mark.scenario.id}\nagain: {again}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": scenario, "kind": "function"}],
            }
        ],
        # The first name is ours; the second is the only one that GitHub looks at.
        "partialFingerprints": {
            "trackproofMark/v1": mark.fingerprint,
            "primaryLocationLineHash": f"{mark.fingerprint[:16]}:1",
        },
        "properties": {"verdict": mark.verdict.value, "scenario": scenario},
    }
    if mark.verdict is Verdict.WAIVED:
        reason = one_line(why_waived(mark.checks[0]))
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return made


def _invocation(results: Results) -> dict[str, Any]:
    whole = results.run.complete and not results.stopped
    invocation: dict[str, Any] = {"executionSuccessful": whole}
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", results.run.started):
        invocation["startTimeUtc"] = results.run.started
    notes = [] if whole else [("error", results.stopped or results.why)]
    notes += [("warning", warning) for warning in results.warnings]
    invocation["toolExecutionNotifications"] = [
        {"level": level, "message": {"text": _message(text) or "cut short"}} for level, text in notes
    ]
    return invocation


def _message(text: str) -> str:
    """A plain message: brackets would begin a link, braces a placeholder."""
    shown = "\n".join(clip(line, _WIDTH) for line in lines(text).split("\n"))
    escaped = re.sub(r"[\\\[\]]", lambda found: "\\" + found.group(), shown)
    return escaped.replace("{", "{{").replace("}", "}}")
