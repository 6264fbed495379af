"""The catalogue holds together: every kind says what, why and how, under a requirement that a profile has."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest
from for_each import for_each
from jsonschema import Draft202012Validator

import conformance.judge
from conformance.contract import load_profile
from conformance.findings import (
    EventRef,
    Judgement,
    Severity,
    catalogue,
    findings_document,
    kinds_of,
    merged,
    shortened,
)
from conformance.findings.catalogue import LANGUAGES, Kind

PROFILES = {name: load_profile(name) for name in ("cutmeshort", "dub")}
KINDS = list(catalogue().values())
SCHEMA = json.loads((Path(__file__).parents[2] / "specs" / "findings.schema.json").read_text(encoding="utf-8"))


def test_there_are_as_many_kinds_as_are_asked_for() -> None:
    assert len(KINDS) >= 35


@for_each([(kind,) for kind in KINDS])
def test_a_kind_is_complete(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.id)
    for text in (kind.message, kind.why, kind.remedy):
        assert text.endswith((".", "{guess}.")), kind.id
    assert set(kind.examples) == set(LANGUAGES)
    assert all(example.strip() for example in kind.examples.values())
    assert any(kind.id in kinds_of(profile) for profile in PROFILES.values()), f"{kind.id} is never judged"
    ast.parse(kind.examples["python"])


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profiles_kinds_name_requirements_that_it_has(name: str) -> None:
    profile = PROFILES[name]
    for kind in kinds_of(profile).values():
        requirement = profile.requirements[kind.requirement]
        assert requirement.binds == "integrator", kind.id
        assert kind.source == requirement.source


def test_every_kind_is_made_somewhere_and_every_value_of_its_message_given() -> None:
    folder = Path(conformance.judge.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for kind in KINDS:
        made = kind.id in source or kind.id.startswith("event-2-id-")
        assert made, f"nothing makes {kind.id}"
        names = {name for _, name, _, _ in string.Formatter().parse(kind.message) if name}
        assert not [name for name in names - {"customer"} if f"{name}=" not in source and f'"{name}"' not in source]


def test_a_message_shows_what_was_sent_and_without_names_only_its_beginning() -> None:
    kind = catalogue()["event-2-id-case"]
    finding = kind.finding("user_42", [EventRef("a.har", 3, 0.5)], {"other": "USER_42"}, others=["USER_42"])
    assert finding.message == "Event 2 names USER_42, event 1 named user_42: the letter case differs."
    assert "user_42" not in finding.message_without_names
    assert "USER_42" not in finding.message_without_names
    assert shortened("user_42") in finding.message_without_names
    assert finding.told_by(str.upper).message.startswith("Event 2 names USER_42, event 1 named USER_42")


def test_a_brace_in_what_was_sent_is_no_placeholder() -> None:
    finding = catalogue()["click-invented"].finding("c", [], {"click": "{customer}", "problem": "{}"})
    assert finding.message == "The click id {customer} is {}."


def test_shortened_text_is_the_same_for_the_same_text_alone() -> None:
    assert shortened("jane@shop.example") == shortened("jane@shop.example") != shortened("Jane@shop.example")
    assert "jane" not in shortened("jane@shop.example")
    assert shortened("") == ""
    assert shortened("\ud800")


def test_findings_of_one_kind_at_one_customer_are_one_with_all_their_events() -> None:
    kind = catalogue()["timestamp-naive"]
    found = [kind.finding("c", [EventRef("a", index, float(index))], {"time": "now"}) for index in range(3)]
    other = kind.finding("d", [EventRef("a", 9, 9.0)], {"time": "now"}, severity=Severity.ERROR)
    first, second = merged([*found, other])
    assert (first.customer, second.customer) == ("d", "c")
    assert [event.index for event in second.events] == [0, 1, 2]


def test_the_document_is_as_its_schema_says() -> None:
    finding = catalogue()["click-resent"].finding("user_42", [EventRef("traffic.har", 17, 1.5)], {"event": "verified"})
    judgement = Judgement("cutmeshort", ("traffic.har",), (finding,), events=2, customers=1, calls=3)
    document = json.loads(json.dumps(findings_document(judgement)))
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["summary"]["errors"] == document["summary"]["journeys_with_findings"] == 1
    assert document["findings"][0]["events"] == [
        {"source": "traffic.har", "index": 17, "time": "1970-01-01T00:00:01.500Z"}
    ]
    assert not Draft202012Validator(SCHEMA).is_valid(document | {"format": "trackproof-findings/2"})
