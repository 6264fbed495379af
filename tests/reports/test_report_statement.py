"""The conformance statement: an in-toto statement of type test-result, of which every word can be recomputed."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_data import hostile, realistic

from conformance.contract.digest import contract_digest
from conformance.errors import UsageError
from conformance.reports import results_json
from conformance.reports.statement import differences, outcome, statement, statement_json, subject_of
from conformance.results import Results, Verdict

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = "c" * 64
SETTINGS = {"target": "https://staging.example.com", "token": "[redacted]", "strict": False, "name": "Zoë"}


def stated(results: Results) -> tuple[dict[str, Any], bytes]:
    data = results_json(results).encode("utf-8")
    made = statement(results, "results.json", data, CONTRACT, SETTINGS)
    document: dict[str, Any] = json.loads(statement_json(made))
    return document, data


def test_it_has_the_shape_of_an_in_toto_test_result() -> None:
    document, data = stated(realistic(40))
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    (subject,) = document["subject"]
    assert subject["digest"] == {"sha256": hashlib.sha256(data).hexdigest()}
    assert subject["annotations"]["verdict"] == "nonconformant"
    predicate = document["predicate"]
    assert predicate["result"] == "FAILED"
    tool, contract, configuration = predicate["configuration"]
    assert tool["annotations"] == {"version": "0.1.0"}
    assert contract["digest"] == {"sha256": CONTRACT}
    assert contract["annotations"] == {"profile": "cutmeshort", "revision": "2026-04-10"}
    content = base64.b64decode(configuration["content"])
    assert json.loads(content) == SETTINGS
    assert configuration["digest"] == {"sha256": hashlib.sha256(content).hexdigest()}
    assert "duplicate-sale.counted-once" in predicate["failedTests"]
    assert "resent-click-id.refused" in predicate["warnedTests"]
    assert "sale.recorded" in predicate["passedTests"]
    named = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
    assert "click-capture.fresh-id" not in named  # what was not observed is said to be nothing


@pytest.mark.parametrize("verdict", ["nonconformant", "inconclusive", "cut"])
def test_only_what_is_conformant_is_no_failure(verdict: str) -> None:
    assert outcome(replace(realistic(40), verdict=verdict)) == "FAILED"


def test_a_conformant_run_with_something_left_open_is_warned() -> None:
    results = replace(realistic(40), verdict="conformant")
    assert outcome(results) == "WARNED"
    passed = tuple(replace(each, verdict=Verdict.PASSED) for each in results.requirements)
    assert outcome(replace(results, requirements=passed)) == "PASSED"


def test_recomputed_it_agrees() -> None:
    for results in (realistic(40), hostile()):
        document, data = stated(results)
        assert list(differences(document, results, data, CONTRACT)) == []


def changed(document: dict[str, Any], *path: str | int) -> dict[str, Any]:
    other = copy.deepcopy(document)
    place: Any = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "changed"
    return other


CONFIGURATION = ("predicate", "configuration", 2)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (("subject", 0, "digest", "sha256"), "digest of the results"),
        (("subject", 0, "annotations", "verdict"), "verdict"),
        (("subject", 0, "annotations", "target"), "subject[0].annotations.target"),
        (("predicate", "result"), "predicate.result"),
        (("predicate", "passedTests"), "predicate.passedTests"),
        (("predicate", "configuration", 0, "annotations", "version"), "version of trackproof"),
        (("predicate", "configuration", 1, "digest", "sha256"), "digest of the contract"),
        (("predicate", "configuration", 1, "annotations", "revision"), "revision of the contract"),
        ((*CONFIGURATION, "digest", "sha256"), "digest of the configuration"),
        ((*CONFIGURATION, "content"), "configuration"),
        (("predicate", "configuration"), "configuration"),
        (("predicate", "url"), "predicate.url"),
    ],
)
def test_whatever_is_changed_is_named(path: tuple[str | int, ...], named: str) -> None:
    results = realistic(40)
    document, data = stated(results)
    found = list(differences(changed(document, *path), results, data, CONTRACT))
    assert found
    assert found[0].startswith(f"{named}: the statement ")


def test_another_configuration_under_the_old_digest_is_named() -> None:
    results = realistic(40)
    document, data = stated(results)
    descriptor = document["predicate"]["configuration"][2]
    descriptor["content"] = base64.b64encode(json.dumps(SETTINGS | {"strict": True}).encode()).decode()
    assert [line.partition(":")[0] for line in differences(document, results, data, CONTRACT)] == [
        "digest of the configuration"
    ]


def test_other_results_or_another_contract_are_named() -> None:
    results = realistic(40)
    document, data = stated(results)
    (line,) = differences(document, results, data + b" ", CONTRACT)
    assert line.startswith("digest of the results: the statement says ")
    (line,) = differences(document, results, data, "d" * 64)
    assert line == f'digest of the contract: the statement says "{CONTRACT}", here it is "{"d" * 64}"'


@pytest.mark.parametrize(
    "document",
    [
        [],
        None,
        "text",
        {},
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"},
        {"_type": [], "predicateType": {}},
        stated(realistic(40))[0] | {"subject": []},
        stated(realistic(40))[0] | {"subject": [{"name": 1}]},
    ],
)
def test_what_is_no_statement_is_refused(document: Any) -> None:
    with pytest.raises(UsageError, match="this is no conformance statement"):
        subject_of(document)


def test_the_digest_of_a_contract_changes_with_each_of_its_files(tmp_path: Path) -> None:
    def digest(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "schemas").mkdir(parents=True)
        for name, text in files.items():
            (folder / name.replace("_", "/").replace("0", ".")).write_bytes(text.encode())
        return contract_digest(folder)

    first = digest(profile0toml="a = 1\n", schemas_lead0json="{}")
    assert first == digest(schemas_lead0json="{}", profile0toml="a = 1\r\n", notes0md="ignored")
    others = {
        digest(profile0toml="a = 2\n", schemas_lead0json="{}"),
        digest(profile0toml="a = 1\n", schemas_sale0json="{}"),
        digest(profile0toml="a = 1\n", schemas_lead0json="{}", openapi0yaml=""),
        digest(profile0toml="a = 1\n"),
    }
    assert len(others | {first}) == 5
