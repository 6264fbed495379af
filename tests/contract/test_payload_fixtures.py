"""The payload fixtures against the schemas: what is valid, what is refused, where and for which keyword."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance.contract.locate import data_folder
from conformance.contract.schemas import load_schemas, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

Constraint = tuple[str, str, str]

SCHEMAS = load_schemas(data_folder("specs") / "cutmeshort" / "schemas")
LEAD_KINDS = ("nonDeferredLead", "deferredEvent1", "followUpLead")
CONSTRAINTS = {
    "const", "enum", "format", "maxLength", "maximum", "minLength", "minProperties", "minimum", "not", "pattern",
    "required", "type",
}  # fmt: skip
APPLICATORS = {"$defs", "$ref", "else", "if", "properties", "then"}
ANNOTATIONS = {"$schema", "description", "examples", "title"}


def _fixtures(folder: str) -> dict[str, dict[str, Any]]:
    files = sorted((data_folder("fixtures") / "cutmeshort" / folder).glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


VALID = _fixtures("valid")
INVALID = _fixtures("invalid")


def _errors(fixture: dict[str, Any]) -> Iterable[ValidationError]:
    """What the schema refuses; or one kind of lead by itself, where an invalid fixture asks for that."""
    validator = SCHEMAS.validator(fixture["schema"])
    if "kind" in fixture:
        reference = f"{fixture['schema']}.schema.json#/$defs/{fixture['kind']}"
        return validator.evolve(schema={"$ref": reference}).iter_errors(fixture["payload"])
    return validator.iter_errors(fixture["payload"])


@pytest.mark.parametrize("name", VALID)
def test_a_valid_payload_is_admitted(name: str) -> None:
    assert SCHEMAS.problems(VALID[name]["schema"], VALID[name]["payload"]) == ()


@pytest.mark.parametrize("name", [name for name, fixture in VALID.items() if fixture["schema"] == "lead"])
def test_a_lead_is_of_exactly_the_kind_that_its_fixture_names(name: str) -> None:
    fixture = VALID[name]
    kinds = [kind for kind in LEAD_KINDS if not list(_errors({**fixture, "kind": kind}))]
    assert kinds == [fixture["kind"]]


@pytest.mark.parametrize("name", VALID)
def test_a_valid_fixture_says_where_it_comes_from(name: str) -> None:
    assert set(VALID[name]) == {"schema", "kind", "source", "payload"}
    assert VALID[name]["source"]


def test_every_kind_of_lead_and_every_schema_has_a_valid_fixture() -> None:
    kinds = {fixture["kind"] for fixture in VALID.values()}
    assert kinds == {*LEAD_KINDS, "sale", "success", "error"}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_payload_is_refused_at_the_place_and_for_the_keyword_it_names(name: str) -> None:
    fixture = INVALID[name]
    problems = [problem_of(error) for error in _errors(fixture)]
    named = fixture["refused"]
    assert (named["path"], named["keyword"]) in {(problem.path, problem.keyword) for problem in problems}
    assert {problem.path for problem in problems} == {named["path"]}, "it is wrong in one place only"
    assert named["reason"]


def test_the_sources_own_payloads_are_fixtures() -> None:
    payloads = [fixture["payload"] for fixture in VALID.values()]
    event = {"eventName": "signup_started", "customerExternalId": "user_42", "timestamp": "2024-01-15T10:30:00Z"}
    john = {"customerName": "John Doe", "customerEmail": "john@example.com"}
    avatar = {"customerAvatar": "https://example.com/avatar.jpg"}
    for details in (john, john | avatar):
        assert {"clickId": "id_123", **event, **details} in payloads
        assert {"clickId": "id_123", "mode": "deferred", **event, **details} in payloads
    assert {"eventName": "email_verified", "customerExternalId": "user_42"} in payloads


def test_every_constraint_of_the_schemas_has_an_invalid_fixture() -> None:
    stated = {
        constraint for name in SCHEMAS.documents for constraint in _constraints(name, SCHEMAS.documents[name], "")
    }
    broken = {_place(fixture, error) for fixture in INVALID.values() for error in _errors(fixture)}
    assert stated - broken == set()
    assert broken - stated == set(), "the walk does not know a constraint that the validator enforces"


def test_the_schemas_use_no_keyword_that_the_walk_does_not_know() -> None:
    known = CONSTRAINTS | APPLICATORS | ANNOTATIONS
    for name, document in SCHEMAS.documents.items():
        assert {keyword for schema in _subschemas(document) for keyword in schema} <= known, name


def _constraints(file: str, schema: Mapping[str, Any], place: str) -> Iterator[Constraint]:
    """Every constraint that is written in a schema: file, place, and for `required` the property.

    What stands under `if` only chooses and refuses nothing; what is referred to stands where it is defined.
    """
    for keyword in sorted(CONSTRAINTS & schema.keys()):
        for detail in schema["required"] if keyword == "required" else ("",):
            yield file, f"{place}/{keyword}", detail
    for step, child in _children(schema):
        if step != "if":
            yield from _constraints(file, child, f"{place}/{step}")


def _subschemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for _, child in _children(schema):
        yield from _subschemas(child)


def _children(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for keyword in ("properties", "$defs"):
        for key, child in schema.get(keyword, {}).items():
            yield f"{keyword}/{key}", child
    for keyword in ("if", "then", "else"):
        if keyword in schema:
            yield keyword, schema[keyword]


def _place(fixture: dict[str, Any], error: ValidationError) -> Constraint:
    """Where the constraint that refused is written; the validator's own path leaves references out."""
    file = fixture["schema"]
    schema: Any = SCHEMAS.documents[file]
    steps: list[str] = []
    if "kind" in fixture:
        steps, schema = ["$defs", fixture["kind"]], schema["$defs"][fixture["kind"]]
    for step in error.absolute_schema_path:
        if "$ref" in schema and step not in schema:
            target, _, pointer = schema["$ref"].partition("#/")
            file = target.removesuffix(".schema.json") or file
            schema, steps = SCHEMAS.documents[file], pointer.split("/")
            for part in steps:
                schema = schema[part]
        schema = schema[step]
        steps = [*steps, str(step)]
    detail = problem_of(error).path.rpartition("/")[2] if error.validator == "required" else ""
    return file, "/" + "/".join(steps), detail
