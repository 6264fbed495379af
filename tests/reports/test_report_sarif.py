"""SARIF 2.1.0: of the shape that the standard prescribes, with stable fingerprints, whatever a target sent.

The schema here is ours: the part of the standard that is used, and nothing else allowed. The standard's own, which
allows much more, travels with an npm package that the full check installs.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from report_data import WAIVED, assembled, hostile, realistic
from report_strategies import results as any_results
from report_strategies import with_surrogates

from conformance.contract.requirements import Level
from conformance.reports.sarif import sarif
from conformance.results import Results, Verdict


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXT = {"type": "string"}
BAG = {"type": "object"}
MESSAGE = closed({"text": TEXT})
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = closed(
    {
        "id": TEXT,
        "name": TEXT,
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": closed({"text": TEXT, "markdown": TEXT}),
        "defaultConfiguration": closed({"level": LEVEL}),
        "properties": BAG,
    },
    {"helpUri": {"type": "string", "format": "uri", "pattern": "^https?://"}},
)
LOCATION = closed(
    {
        "physicalLocation": closed(
            {
                "artifactLocation": closed(
                    {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._/%-]+$"}, "uriBaseId": {"const": "%SRCROOT%"}}
                ),
                "region": closed({"startLine": {"const": 1}}),
            }
        ),
        "logicalLocations": many(closed({"fullyQualifiedName": TEXT, "kind": TEXT})),
    }
)
RESULT = closed(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["fail", "open"]},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {**many(LOCATION), "minItems": 1},
        "partialFingerprints": {"type": "object", "minProperties": 1, "additionalProperties": TEXT},
        "properties": BAG,
    },
    {
        "suppressions": many(
            closed({"kind": {"enum": ["external"]}, "status": {"enum": ["accepted"]}, "justification": TEXT})
        )
    },
)
INVOCATION = closed(
    {
        "executionSuccessful": {"type": "boolean"},
        "toolExecutionNotifications": many(closed({"level": LEVEL, "message": MESSAGE})),
    },
    {"startTimeUtc": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}},
)
RUN = closed(
    {
        "tool": closed({"driver": closed({"name": TEXT, "version": {"type": "string"}, "rules": many(RULE)})}),
        "automationDetails": closed({"id": TEXT}),
        "columnKind": {"enum": ["unicodeCodePoints"]},
        "invocations": {**many(INVOCATION), "minItems": 1},
        "originalUriBaseIds": closed({"%SRCROOT%": closed({"description": MESSAGE})}),
        "results": many(RESULT),
        "properties": BAG,
    }
)
VALIDATOR = jsonschema.Draft202012Validator(
    closed({"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": {**many(RUN), "minItems": 1, "maxItems": 1}})
)


MODULES = Path(os.environ.get("TRACKPROOF_NODE_MODULES") or Path(__file__).parents[2] / "node_modules")
STANDARD = MODULES / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
RUN_OF_ALL_KINDS = realistic(40)


def run_of(results: Results, location: str = "") -> dict[str, Any]:
    """The one run of the document, which has to be valid."""
    document = json.loads(sarif(results, location).encode("utf-8"))
    VALIDATOR.validate(document)
    run: dict[str, Any] = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["level"] == "none") == (result["kind"] == "open")
    return run


@settings(max_examples=8, deadline=None)
@given(any_results)
def test_it_is_valid_whatever_the_results_are(results: Results) -> None:
    document = json.loads(sarif(results).encode("utf-8"))
    VALIDATOR.validate(document)


@settings(max_examples=20, deadline=None)
@given(with_surrogates)
def test_it_is_valid_whatever_characters_a_target_sends(text: str) -> None:
    run_of(hostile(text))


@pytest.mark.outside
@pytest.mark.skipif(not STANDARD.is_file(), reason="the npm package @microsoft/jest-sarif is not in node_modules")
def test_it_is_valid_by_the_schema_of_the_standard() -> None:
    schema = json.loads(STANDARD.read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    for results in (RUN_OF_ALL_KINDS, hostile("<\ud800>"), assembled((), stopped="the token was refused")):
        validator.validate(json.loads(sarif(results)))
    broken = json.loads(sarif(RUN_OF_ALL_KINDS))
    broken["runs"][0]["results"][0]["level"] = "critical"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(broken)


def test_hostile_text_is_no_link_and_no_placeholder() -> None:
    run = run_of(hostile("[click](javascript:alert(1)) {0} ##[error] \u202e"))
    text = "\n".join(result["message"]["text"] for result in run["results"])
    assert r"\[click\](javascript:alert(1)) {{0}}" in text
    assert not re.search(r"(?<!\\)\[", text)
    assert "\u202e" not in text
    assert all("helpUri" not in rule for rule in run["tool"]["driver"]["rules"])
    assert "##[" not in sarif(hostile("##[error]"))


def test_each_breach_is_a_result_with_the_verdict_that_all_reports_use() -> None:
    results = RUN_OF_ALL_KINDS
    run = run_of(results)
    seen = {(result["ruleId"], result["properties"]["verdict"]) for result in run["results"]}
    assert seen == {
        (requirement.id, requirement.verdict.value)
        for requirement in results.requirements
        if requirement.verdict not in (Verdict.PASSED, Verdict.UNTESTED)
    }
    by_rule = {result["ruleId"]: result for result in run["results"]}
    assert by_rule["duplicate-sale.counted-once"]["level"] == "error"
    assert by_rule["resent-click-id.refused"]["level"] == "warning"
    assert by_rule["click-capture.parameter-in-location"]["kind"] == "open"
    assert by_rule["retry.after-cut-connection"]["kind"] == "open"
    suppression = {"kind": "external", "status": "accepted", "justification": WAIVED.removeprefix("waived: ")}
    assert by_rule["validation.bad-email"]["suppressions"] == [suppression]
    assert "suppressions" not in by_rule["resent-click-id.refused"]


def test_what_one_scenario_could_not_see_and_another_could_is_no_result() -> None:
    name = "sale.recorded"
    seen = [each for each in RUN_OF_ALL_KINDS.scenarios if any(check.requirement == name for check in each.checks)]
    assert len(seen) > 1
    blind = replace(seen[0], checks=tuple(replace(check, verdict=Verdict.INCONCLUSIVE) for check in seen[0].checks[:1]))
    assert blind.checks[0].requirement == name
    both = run_of(assembled((blind, seen[1])))["results"]
    alone = run_of(assembled((blind,)))["results"]
    assert [name in (result["ruleId"] for result in results) for results in (both, alone)] == [False, True]


def test_a_rule_explains_its_requirement() -> None:
    rule = next(
        each for each in run_of(RUN_OF_ALL_KINDS)["tool"]["driver"]["rules"] if each["id"] == "sale.amount-kept"
    )
    assert rule["helpUri"] == "https://docs.example.com/docs/leads"
    assert rule["defaultConfiguration"]["level"] == "error"
    assert "Costs: The partner who brought the customer" in rule["help"]["text"]
    assert rule["properties"]["tags"] == ["sale", Level.MUST.value]


def test_fingerprints_are_the_same_in_every_run_and_differ_within_one() -> None:
    results = RUN_OF_ALL_KINDS
    later = replace(results, run=replace(results.run, id="other", seed=1), tool_version="9.9")
    prints = [each["partialFingerprints"] for each in run_of(results)["results"]]
    assert prints == [each["partialFingerprints"] for each in run_of(later)["results"]]
    for name in ("trackproofMark/v1", "primaryLocationLineHash"):
        assert len({each[name] for each in prints}) == len(prints)


def test_a_result_stands_in_the_configuration_or_else_in_its_suite() -> None:
    places = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run_of(RUN_OF_ALL_KINDS, "ci files/trackproof.toml")["results"]
        for location in result["locations"]
    }
    assert places == {"ci%20files/trackproof.toml"}
    uri = run_of(RUN_OF_ALL_KINDS)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "conformance/suites/deferred.py"


def test_a_run_that_was_stopped_or_cut_is_no_success() -> None:
    stopped = run_of(assembled((), verdict="inconclusive", why="x", stopped="the token was refused"))
    assert stopped["invocations"][0]["executionSuccessful"] is False
    notes = stopped["invocations"][0]["toolExecutionNotifications"]
    assert notes[0] == {"level": "error", "message": {"text": "the token was refused"}}
    results = RUN_OF_ALL_KINDS
    assert run_of(replace(results, run=replace(results.run, complete=False)))["invocations"][0] != notes
    assert run_of(results)["invocations"][0]["executionSuccessful"] is True
