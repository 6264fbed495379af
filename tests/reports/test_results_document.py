"""results.json: what is written validates and can be read back; what is no results document is refused by name."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from report_data import assembled, hostile, realistic
from report_strategies import results as any_results
from report_strategies import with_surrogates

from conformance.contract.locate import data_folder
from conformance.errors import UsageError
from conformance.reports import results_json
from conformance.results import Results, Verdict
from conformance.results.document import from_document, to_document

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads((data_folder("specs") / "results.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

LEAST: dict[str, Any] = {
    "format": "trackproof-results/1",
    "tool": {"name": "trackproof", "version": "0.1.0"},
    "profile": {"name": "cutmeshort", "revision": "1"},
    "target": {"url": "http://127.0.0.1:8080", "embedded": False},
    "run": {"id": "a1", "seed": 1, "started": "2026-04-10T12:00:00Z", "seconds": 2, "requests": 1, "complete": True},
    "verdict": "nonconformant",
    "summary": {},
    "requirements": [
        {
            "id": "duplicate-sale.counted-once",
            "level": "MUST",
            "statement": "It counts once.",
            "source": "a page",
            "verdict": "failed",
            "scenarios": ["duplicate-sale/a"],
        }
    ],
    "scenarios": [
        {
            "id": "duplicate-sale/a",
            "suite": "duplicate-sale",
            "title": "a",
            "verdict": "failed",
            "seconds": 0.2,
            "checks": [
                {
                    "requirement": "duplicate-sale.counted-once",
                    "level": "MUST",
                    "verdict": "failed",
                    "expected": "1 sale",
                    "actual": "2 sales",
                    "blame": "target",
                    "code": None,
                    "reason": None,
                    "missing": None,
                }
            ],
            "exchanges": [
                {
                    "request": {
                        "method": "POST",
                        "url": "http://127.0.0.1:8080/track/sale",
                        "headers": {},
                        "body": "{}",
                    },
                    "response": {"status": 200, "headers": {}, "body": "{}"},
                    "seconds": 0.01,
                }
            ],
        }
    ],
}


def small() -> dict[str, Any]:
    return to_document(realistic(12))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@settings(deadline=None)
@given(any_results)
def test_every_document_validates_and_reads_back_as_what_was_written(results: Results) -> None:
    document = json.loads(results_json(results))
    VALIDATOR.validate(document)
    assert from_document(document) == results


@settings(deadline=None)
@given(with_surrogates)
def test_text_that_utf_8_cannot_carry_is_spelled_out(text: str) -> None:
    written = results_json(hostile(text)).encode("utf-8")
    VALIDATOR.validate(json.loads(written))
    assert from_document(json.loads(written)).warnings == (text.encode("utf-8", "backslashreplace").decode(),)


def test_a_document_has_no_key_that_the_schema_does_not_describe() -> None:
    described = set(SCHEMA["properties"])
    for part in [*SCHEMA["properties"].values(), *SCHEMA["$defs"].values()]:
        described |= set(part.get("properties", {}))
    exchange = SCHEMA["$defs"]["exchange"]["properties"]
    described |= set(exchange["request"]["properties"]) | set(exchange["response"]["anyOf"][1]["properties"])
    described |= {"kind", "option", "hint", *Verdict}

    def keys(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(keys, value))
        if isinstance(value, dict):
            return set(value).union(*(keys(item) for name, item in value.items() if name != "headers"))
        return set()

    assert keys(small()) <= described


def test_results_are_shown_in_a_line_however_much_was_exchanged() -> None:
    # Every event loop that ends asks for it.
    assert "nonconformant, 140 scenarios" in repr(realistic())
    assert len(repr(realistic())) < 100


def test_counts_name_every_verdict_even_when_there_is_none() -> None:
    summary = to_document(assembled(()))["summary"]
    assert set(summary["requirements"]) == set(Verdict)
    assert summary["scenarios"] == dict.fromkeys(set(Verdict) - {"untested"}, 0)


def test_what_was_made_on_the_target_is_listed_by_kind() -> None:
    assert small()["created"] == [
        {"kind": "customer", "id": "tp-7f3k-0001-c"},
        {"kind": "customer", "id": "tp-7f3k-0002-c"},
    ]


def test_an_inconclusive_check_names_the_option_that_would_help() -> None:
    checks = [check for scenario in to_document(realistic())["scenarios"] for check in scenario["checks"]]
    unseen = [check for check in checks if check["verdict"] == "inconclusive"]
    assert unseen
    assert all(check["missing"]["option"] == "--short-link" and check["reason"] for check in unseen)
    assert {check["missing"] is None for check in checks if check["verdict"] == "passed"} == {True}


def test_a_document_with_the_keys_of_the_interface_alone_can_be_read() -> None:
    read = from_document(LEAST)
    assert read.run.seconds == 2.0
    assert read.requirements[0].suite == "duplicate-sale"
    assert read.scenarios[0].verdict is Verdict.FAILED
    assert read.scenarios[0].exchanges[0].response is not None
    VALIDATOR.validate(to_document(read))


def test_unknown_keys_are_passed_over() -> None:
    document = small()
    wanted = from_document(document)
    document["later"] = document["run"]["later"] = document["scenarios"][0]["checks"][0]["later"] = {"a": 1}
    VALIDATOR.validate(document)
    assert from_document(document) == wanted


def _without(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def _with(value: Any, *path: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_without("format"), "format"),
        (_with("trackproof-findings/1", "format"), "trackproof-findings/1"),
        (_without("run", "seed"), "run.seed"),
        (_with("1", "run", "seed"), "run.seed"),
        (_with(True, "run", "seed"), "run.seed"),
        (_with("soon", "run", "seconds"), "run.seconds"),
        (_with("yes", "target", "embedded"), "target.embedded"),
        (_with("fine", "verdict"), "verdict"),
        (_with({}, "scenarios"), "scenarios"),
        (_with("x", "scenarios", 1), "scenarios[1]"),
        (_with("skipped", "scenarios", 2, "checks", 0, "verdict"), "scenarios[2].checks[0].verdict"),
        (_with("nobody", "scenarios", 2, "checks", 0, "blame"), "scenarios[2].checks[0].blame"),
        (_without("scenarios", 0, "exchanges", 0, "request", "url"), "scenarios[0].exchanges[0].request.url"),
        (_with("200", "scenarios", 0, "exchanges", 0, "response", "status"), "response.status"),
        (_with({"a": 1}, "scenarios", 0, "exchanges", 0, "response", "headers"), "response.headers"),
        (_with([1], "requirements", 0, "scenarios"), "requirements[0].scenarios"),
        (_with("HAVE TO", "requirements", 0, "level"), "requirements[0].level"),
    ],
)
def test_what_is_no_results_document_is_refused_and_the_place_is_named(
    change: Callable[[dict[str, Any]], None], place: str
) -> None:
    document = copy.deepcopy(small())
    change(document)
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(UsageError) as refused:
        from_document(document)
    assert place in refused.value.what
    assert "trackproof run" in refused.value.remedy


@pytest.mark.parametrize("document", [None, [], "text", 1, {}])
def test_any_other_json_is_refused(document: Any) -> None:
    with pytest.raises(UsageError, match="no results document"):
        from_document(document)
