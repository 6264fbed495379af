"""The OpenAPI documents: they validate, they load, and they say what the schemas and fixtures say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from conformance.contract.locate import data_folder
from conformance.contract.schemas import format_checker, load_schemas

if TYPE_CHECKING:
    from pathlib import Path

SPECS = data_folder("specs")
TRACKING = SPECS / "cutmeshort" / "openapi.yaml"
READBACK = SPECS / "readback" / "openapi.yaml"
SCHEMAS = load_schemas(SPECS / "cutmeshort" / "schemas")
OPERATIONS = {"/track/lead": "lead", "/track/sale": "sale"}
DOCUMENTED = {"200", "400", "401", "403", "404", "409", "422", "429", "500", "502", "503", "504"}


def _load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _labels(path: Path) -> list[str]:
    """The operations that Schemathesis can read; one that it cannot read raises."""
    results = schemathesis.openapi.from_path(str(path)).get_all_operations()
    return [_operation(result).label for result in results]


def _operation(result: Any) -> Any:
    return result.ok()


@pytest.mark.parametrize("path", [TRACKING, READBACK], ids=["tracking", "read-back"])
def test_the_document_is_openapi_3_1(path: Path) -> None:
    document, base = read_from_filename(str(path))
    validate(document, base_uri=base)
    assert document["openapi"].startswith("3.1.")


def test_schemathesis_finds_both_tracking_operations() -> None:
    assert _labels(TRACKING) == ["POST /track/lead", "POST /track/sale"]


def test_schemathesis_finds_the_read_back() -> None:
    assert _labels(READBACK) == ["GET /customers/{customerExternalId}"]


@pytest.mark.parametrize(("path", "schema"), OPERATIONS.items())
def test_an_operation_takes_the_schema_of_its_event(path: str, schema: str) -> None:
    operation = _load(TRACKING)["paths"][path]["post"]
    assert operation["operationId"] == f"track{schema.capitalize()}"
    body = operation["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == {"$ref": f"schemas/{schema}.schema.json"}


@pytest.mark.parametrize(("path", "schema"), OPERATIONS.items())
def test_the_examples_of_an_operation_are_valid(path: str, schema: str) -> None:
    content = _load(TRACKING)["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    examples = [example["value"] for example in content["examples"].values()]
    assert examples
    assert [SCHEMAS.problems(schema, example) for example in examples] == [()] * len(examples)


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_names_every_documented_status(path: str) -> None:
    responses = _load(TRACKING)["paths"][path]["post"]["responses"]
    assert set(responses) == DOCUMENTED | {"4XX"}


def test_every_answer_refers_to_its_schema() -> None:
    responses = _load(TRACKING)["components"]["responses"]
    for name, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        expected = {"Accepted": "schemas/success.schema.json", "ServerError": None}.get(
            name, "schemas/error.schema.json"
        )
        assert schema == (expected and {"$ref": expected}), name


@pytest.mark.parametrize("path", [TRACKING, READBACK], ids=["tracking", "read-back"])
def test_every_operation_wants_a_bearer_token(path: Path) -> None:
    document = _load(path)
    assert document["security"] == [{"bearer": []}]
    scheme = document["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("path", [TRACKING, READBACK], ids=["tracking", "read-back"])
def test_no_client_that_is_made_from_a_document_calls_production(path: Path) -> None:
    hosts = [server["url"].split("/")[2] for server in _load(path)["servers"]]
    assert hosts == ["127.0.0.1:8080"]


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
