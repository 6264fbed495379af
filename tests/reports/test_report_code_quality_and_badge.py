"""GitLab's code-quality report, as GitLab documents it, and the badge as a browser opens it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from report_data import assembled, hostile, realistic
from report_strategies import with_surrogates

from conformance.contract.requirements import Level
from conformance.reports.badge import badge
from conformance.reports.code_quality import code_quality
from conformance.results import Results, Verdict

ENTRY = {
    "type": "object",
    "required": ["description", "check_name", "fingerprint", "severity", "location"],
    "properties": {
        "description": {"type": "string", "minLength": 1},
        "check_name": {"type": "string", "minLength": 1},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {
            "type": "object",
            "required": ["path", "lines"],
            "properties": {
                "path": {"type": "string", "pattern": r"^(?!\./|/)"},
                "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
            },
        },
    },
}
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {f"{SVG}{name}" for name in ("svg", "title", "rect", "g", "text")}


def entries(results: Results, location: str = "") -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads(code_quality(results, location).encode("utf-8"))
    jsonschema.validate(made, {"type": "array", "items": ENTRY})
    assert len({entry["fingerprint"] for entry in made}) == len(made)
    return made


@settings(max_examples=20, deadline=None)
@given(with_surrogates)
def test_both_are_valid_whatever_characters_a_target_sends(text: str) -> None:
    results = hostile(text)
    entries(results)
    drawn(replace(results, verdict=text or "x"))


def test_each_breach_is_an_entry_as_severe_as_its_verdict() -> None:
    severities = {entry["check_name"]: entry["severity"] for entry in entries(realistic(40))}
    assert severities["duplicate-sale.counted-once"] == "critical"
    assert severities["retry.after-cut-connection"] == "major"
    assert severities["resent-click-id.refused"] == "minor"
    assert severities["click-capture.parameter-in-location"] == "minor"
    assert severities["click-capture.fresh-id"] == "info"
    assert severities["validation.bad-email"] == "info"
    assert "sale.recorded" not in severities
    first = entries(realistic(40))[0]
    assert first["description"].startswith("warned: A pending lead is shown as pending.")
    assert "deferred/pending-visible" in first["description"]


def test_an_entry_stands_in_the_configuration_or_else_in_its_suite() -> None:
    assert {entry["location"]["path"] for entry in entries(realistic(40), "ci/trackproof.toml")} == {
        "ci/trackproof.toml"
    }
    assert entries(realistic(40))[0]["location"]["path"] == "conformance/suites/deferred.py"


def test_a_run_that_judged_too_little_is_an_entry_of_its_own() -> None:
    (entry,) = entries(assembled((), verdict="inconclusive", why="Nothing was selected."))
    assert (entry["check_name"], entry["severity"]) == ("trackproof.run", "major")
    assert "Nothing was selected." in entry["description"]
    assert entries(assembled((), verdict="conformant")) == []
    (stale,) = entries(assembled((), verdict="nonconformant", why="A waiver is out of date."))
    assert "A waiver is out of date." in stale["description"]


def drawn(results: Results) -> str:
    """What the badge says, after a look at all that it is made of."""
    root = ET.fromstring(badge(results).encode("utf-8", "backslashreplace"))  # noqa: S314 - our own writing
    assert {element.tag for element in root.iter()} <= DRAWN
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name or name == "style"]
    label, message = (str(text.text) for text in root.iter(f"{SVG}text"))
    assert root.get("aria-label") == f"{label}: {message}" == str(root.findtext(f"{SVG}title"))
    return message


@pytest.mark.parametrize(
    ("verdict", "of_must", "message"),
    [
        ("conformant", Verdict.PASSED, "conformant · 30 MUST"),
        ("conformant", Verdict.WAIVED, "conformant · 0 MUST, 30 waived"),
        ("nonconformant", Verdict.FAILED, "nonconformant · 30 of 30 MUST broken"),
        ("nonconformant", Verdict.PASSED, "nonconformant · no MUST broken"),
        ("inconclusive", Verdict.INCONCLUSIVE, "inconclusive · 30 of 30 MUST not judged"),
        ("cut", Verdict.PASSED, "cut"),
    ],
)
def test_the_badge_says_the_verdict_and_what_it_rests_on(verdict: str, of_must: Verdict, message: str) -> None:
    results = realistic(40)
    requirements = tuple(replace(each, verdict=of_must) for each in results.requirements)
    assert sum(each.level is Level.MUST for each in requirements) == 30
    assert drawn(replace(results, requirements=requirements, verdict=verdict)) == message
