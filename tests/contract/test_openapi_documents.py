"""The OpenAPI documents: they validate, they load, and they say what the schemas and fixtures say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from conformance.contract import load_profile, shipped_profiles
from conformance.contract.locate import data_folder
from conformance.contract.schemas import format_checker, load_schemas

if TYPE_CHECKING:
    from pathlib import Path

SPECS = data_folder("specs")
PROFILES = shipped_profiles()
READBACK = SPECS / "readback" / "openapi.yaml"
DOCUMENTS = {profile: SPECS / profile / "openapi.yaml" for profile in PROFILES} | {"read-back": READBACK}
SCHEMAS = {profile: load_schemas(SPECS / profile / "schemas") for profile in PROFILES}
EVENTS = [(profile, event) for profile in PROFILES for event in ("lead", "sale")]
TRACKING = ["POST /track/lead", "POST /track/sale"]
OPERATIONS = {
    "cutmeshort": TRACKING,
    "dub": [
        *TRACKING,
        "POST /track/click",
        "GET /customers",
        "GET /customers/{id}",
        "DELETE /customers/{id}",
        "GET /events",
    ],
    "read-back": ["GET /customers/{customerExternalId}"],
}
DOCUMENTED = {"200", "400", "401", "403", "404", "409", "422", "429", "500", "502", "503", "504", "4XX"}


@cache
def _load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _labels(path: Path) -> list[str]:
    """The operations that Schemathesis can read; one that it cannot read raises."""
    results = schemathesis.openapi.from_path(str(path)).get_all_operations()
    return [_operation(result).label for result in results]


def _operation(result: Any) -> Any:
    return result.ok()


def _operation_of(profile: str, event: str) -> dict[str, Any]:
    operation: dict[str, Any] = _load(DOCUMENTS[profile])["paths"][f"/track/{event}"]["post"]
    return operation


def _answer(profile: str, event: str, status: str) -> Any:
    """The schema of one answer; None where any body will do."""
    name = _operation_of(profile, event)["responses"][status]["$ref"].rpartition("/")[2]
    response = _load(DOCUMENTS[profile])["components"]["responses"][name]
    return response.get("content", {}).get("application/json", {}).get("schema")


@pytest.mark.parametrize("path", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_document_is_openapi_3_1(path: Path) -> None:
    document, base = read_from_filename(str(path))
    validate(document, base_uri=base)
    assert document["openapi"].startswith("3.1.")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemathesis_finds_every_operation(name: str) -> None:
    assert _labels(DOCUMENTS[name]) == OPERATIONS[name]


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_an_operation_takes_the_schema_of_its_event(profile: str, event: str) -> None:
    operation = _operation_of(profile, event)
    assert operation["operationId"] == f"track{event.capitalize()}"
    body = operation["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {"$ref": f"schemas/{event}.schema.json"}


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_the_examples_of_an_operation_are_valid(profile: str, event: str) -> None:
    content = _operation_of(profile, event)["requestBody"]["content"]["application/json"]
    examples = [example["value"] for example in content["examples"].values()]
    assert examples
    assert [SCHEMAS[profile].problems(event, example) for example in examples] == [()] * len(examples)


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_an_operation_names_every_documented_status(profile: str, event: str) -> None:
    codes = {str(status) for status in load_profile(profile).codes.values()}
    assert set(_operation_of(profile, event)["responses"]) == DOCUMENTED | codes


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_an_accepted_event_is_answered_as_its_schema_says(profile: str, event: str) -> None:
    own = f"{event}-success"
    schema = own if own in SCHEMAS[profile].documents else "success"
    assert _answer(profile, event, "200") == {"$ref": f"schemas/{schema}.schema.json"}


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_every_refusal_refers_to_the_schema_of_errors(profile: str, event: str) -> None:
    refusals = [status for status in _operation_of(profile, event)["responses"] if status.startswith("4")]
    assert refusals
    for status in refusals:
        assert _answer(profile, event, status) == {"$ref": "schemas/error.schema.json"}, status


@pytest.mark.parametrize(("profile", "event"), EVENTS)
def test_what_stands_in_front_of_the_platform_may_answer_anything(profile: str, event: str) -> None:
    assert [_answer(profile, event, status) for status in ("502", "503", "504")] == [None] * 3


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_wants_a_bearer_token_but_for_the_click_endpoint(name: str) -> None:
    document = _load(DOCUMENTS[name])
    assert document["security"] == [{"bearer": []}]
    scheme = document["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    own = {
        path: operation["security"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and "security" in operation
    }
    assert own == ({"/track/click": []} if name == "dub" else {})


@pytest.mark.parametrize("path", DOCUMENTS.values(), ids=DOCUMENTS)
def test_no_client_that_is_made_from_a_document_calls_production(path: Path) -> None:
    hosts = [server["url"].split("/")[2] for server in _load(path)["servers"]]
    assert hosts == ["127.0.0.1:8080"]


def test_the_profile_of_dub_names_paths_that_its_document_has() -> None:
    assert set(load_profile("dub").paths.values()) <= set(_load(DOCUMENTS["dub"])["paths"])


@pytest.mark.parametrize("name", ["Customer", "Event"])
def test_the_examples_of_what_dub_shows_are_valid(name: str) -> None:
    schema = _load(DOCUMENTS["dub"])["components"]["schemas"][name]
    validator = Draft202012Validator(schema, format_checker=format_checker())
    assert schema["examples"]
    assert all(validator.is_valid(example) for example in schema["examples"])


@pytest.mark.parametrize("missing", ["click", "link", "eventName", "customer"])
def test_a_lead_event_that_proves_no_attribution_is_refused(missing: str) -> None:
    schema = _load(DOCUMENTS["dub"])["components"]["schemas"]["Event"]
    event = {key: value for key, value in schema["examples"][0].items() if key != missing}
    assert not Draft202012Validator(schema).is_valid(event)


def _readback_problems(customer: Any) -> list[str]:
    document = _load(READBACK)
    schema = {"$ref": "#/components/schemas/Customer", "components": document["components"]}
    validator = Draft202012Validator(schema, format_checker=format_checker())
    return [error.json_path for error in validator.iter_errors(customer)]


def _readback_examples() -> dict[str, Any]:
    operation = _load(READBACK)["paths"]["/customers/{customerExternalId}"]["get"]
    examples = operation["responses"]["200"]["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in examples.items()}


@pytest.mark.parametrize("name", _readback_examples())
def test_the_examples_of_the_read_back_are_valid(name: str) -> None:
    assert _readback_problems(_readback_examples()[name]) == []


def test_a_read_back_may_show_keys_that_are_not_listed() -> None:
    assert _readback_problems({**_readback_examples()["confirmed"], "internal": 1}) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"clickId": 1}, "$.clickId"),
        ({"leads": None}, "$.leads"),
        ({"leads": [{"eventName": "a", "status": "open", "clickId": None}]}, "$.leads[0].status"),
        ({"leads": [{"eventName": "a", "status": "pending", "clickId": 1}]}, "$.leads[0].clickId"),
        ({"sales": [{"invoiceId": "a", "amount": "49.99"}]}, "$.sales[0].amount"),
        ({"sales": [{"invoiceId": "a", "amount": 1, "timestamp": "today"}]}, "$.sales[0].timestamp"),
    ],
)
def test_a_read_back_that_is_malformed_is_refused(change: dict[str, Any], place: str) -> None:
    assert _readback_problems({**_readback_examples()["confirmed"], **change}) == [place]
