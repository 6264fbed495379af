"""The payload fixtures against the schemas: what is valid, what is refused, where and for which keyword."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from for_each import for_each

from conformance.contract import shipped_profiles
from conformance.contract.locate import data_folder
from conformance.contract.schemas import load_schemas, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

Constraint = tuple[str, str, str]
Named = tuple[str, str]

PROFILES = shipped_profiles()
SCHEMAS = {profile: load_schemas(data_folder("specs") / profile / "schemas") for profile in PROFILES}
LEAD_KINDS = ("nonDeferredLead", "deferredEvent1", "followUpLead")
# Alternatives are one constraint: what breaks all of them is refused at the place where they stand.
CONSTRAINTS = {
    "anyOf", "const", "enum", "format", "maxLength", "maximum", "minLength", "minProperties", "minimum", "not",
    "pattern", "required", "type",
}  # fmt: skip
APPLICATORS = {"$defs", "$ref", "allOf", "else", "if", "properties", "then"}
ANNOTATIONS = {"$schema", "description", "examples", "title"}


def _fixtures(folder: str) -> dict[Named, dict[str, Any]]:
    return {
        (profile, path.stem): json.loads(path.read_text(encoding="utf-8"))
        for profile in PROFILES
        for path in sorted((data_folder("fixtures") / profile / folder).glob("*.json"))
    }


VALID = _fixtures("valid")
INVALID = _fixtures("invalid")


def _of(profile: str, fixtures: Mapping[Named, dict[str, Any]]) -> list[dict[str, Any]]:
    return [fixture for (owner, _), fixture in fixtures.items() if owner == profile]


def _errors(profile: str, fixture: dict[str, Any]) -> Iterable[ValidationError]:
    """What the schema refuses; or one kind of lead by itself, where an invalid fixture asks for that."""
    validator = SCHEMAS[profile].validator(fixture["schema"])
    if "kind" in fixture:
        reference = f"{fixture['schema']}.schema.json#/$defs/{fixture['kind']}"
        return validator.evolve(schema={"$ref": reference}).iter_errors(fixture["payload"])
    return validator.iter_errors(fixture["payload"])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_has_payloads_of_both_sorts(profile: str) -> None:
    assert _of(profile, VALID)
    assert _of(profile, INVALID)


@for_each(VALID)
def test_a_valid_payload_is_admitted(profile: str, name: str) -> None:
    fixture = VALID[profile, name]
    assert SCHEMAS[profile].problems(fixture["schema"], fixture["payload"]) == ()


@pytest.mark.parametrize(
    ("profile", "name"), [named for named, fixture in VALID.items() if fixture["schema"] == "lead"]
)
def test_a_lead_is_of_exactly_the_kind_that_its_fixture_names(profile: str, name: str) -> None:
    fixture = VALID[profile, name]
    kinds = [kind for kind in LEAD_KINDS if not list(_errors(profile, {**fixture, "kind": kind}))]
    assert kinds == [fixture["kind"]]


@for_each(VALID)
def test_a_valid_fixture_says_where_it_comes_from(profile: str, name: str) -> None:
    fixture = VALID[profile, name]
    assert set(fixture) == {"schema", "kind", "source", "payload"}
    assert fixture["source"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_kind_of_lead_and_every_schema_has_a_valid_fixture(profile: str) -> None:
    kinds = {fixture["kind"] for fixture in _of(profile, VALID)}
    assert kinds == {*LEAD_KINDS, *SCHEMAS[profile].documents} - {"lead"}


@for_each(INVALID)
def test_an_invalid_payload_is_refused_at_the_place_and_for_the_keyword_it_names(profile: str, name: str) -> None:
    fixture = INVALID[profile, name]
    problems = [problem_of(error) for error in _errors(profile, fixture)]
    named = fixture["refused"]
    assert (named["path"], named["keyword"]) in {(problem.path, problem.keyword) for problem in problems}
    assert {problem.path for problem in problems} == {named["path"]}, "it is wrong in one place only"
    assert named["reason"]


@for_each(VALID | INVALID)
def test_what_is_called_valid_at_once_is_valid_to_the_validator_that_names_problems(profile: str, name: str) -> None:
    fixture = (VALID | INVALID)[profile, name]
    quick, thorough = SCHEMAS[profile].quick[fixture["schema"]], SCHEMAS[profile].validator(fixture["schema"])
    assert quick.is_valid(fixture["payload"]) == thorough.is_valid(fixture["payload"])


def test_the_payloads_of_cutmeshorts_pages_are_fixtures() -> None:
    payloads = [fixture["payload"] for fixture in _of("cutmeshort", VALID)]
    event = {"eventName": "signup_started", "customerExternalId": "user_42", "timestamp": "2024-01-15T10:30:00Z"}
    john = {"customerName": "John Doe", "customerEmail": "john@example.com"}
    avatar = {"customerAvatar": "https://example.com/avatar.jpg"}
    for details in (john, john | avatar):
        assert {"clickId": "id_123", **event, **details} in payloads
        assert {"clickId": "id_123", "mode": "deferred", **event, **details} in payloads
    assert {"eventName": "email_verified", "customerExternalId": "user_42"} in payloads


def test_the_two_steps_of_dubs_page_are_fixtures() -> None:
    """The page shows code, not values: both steps send the same fields, but for clickId and mode."""
    fields = {"eventName", "customerExternalId", "customerName", "customerEmail", "customerAvatar", "clickId"}
    first, second = (VALID["dub", f"lead-page-deferred-event-{step}"]["payload"] for step in (1, 2))
    assert set(first) == fields | {"mode"}
    assert (set(second), second["clickId"]) == (fields, "")
    assert first == {**second, "clickId": first["clickId"], "mode": "deferred"}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (
            "lead-sdk-minimal",
            (
                '{"clickId":"clk123","eventName":"Sign up","customerExternalId":"user_1","customerName":null,'
                '"customerEmail":null,"customerAvatar":null,"mode":"async"}'
            ),
        ),
        (
            "lead-sdk-deferred-event-2",
            (
                '{"clickId":"","eventName":"Sign up","customerExternalId":"user_1","customerName":null,'
                '"customerEmail":null,"customerAvatar":null,"mode":"async"}'
            ),
        ),
        (
            "sale-sdk-minimal",
            (
                '{"customerExternalId":"user_1","amount":100,"currency":"usd","eventName":"Purchase",'
                '"paymentProcessor":"custom","invoiceId":null,"leadEventName":null,"customerName":null,'
                '"customerEmail":null,"customerAvatar":null}'
            ),
        ),
    ],
)
def test_what_dubs_packages_put_on_the_wire_is_a_fixture_byte_for_byte(name: str, body: str) -> None:
    assert json.dumps(VALID["dub", name]["payload"], separators=(",", ":")) == body


@pytest.mark.parametrize("profile", PROFILES)
def test_every_constraint_of_the_schemas_has_an_invalid_fixture(profile: str) -> None:
    documents = SCHEMAS[profile].documents
    stated = {constraint for name in documents for constraint in _constraints(name, documents[name], "")}
    broken = {
        _place(profile, fixture, error) for fixture in _of(profile, INVALID) for error in _errors(profile, fixture)
    }
    assert stated - broken == set()
    assert broken - stated == set(), "the walk does not know a constraint that the validator enforces"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_schemas_use_no_keyword_that_the_walk_does_not_know(profile: str) -> None:
    known = CONSTRAINTS | APPLICATORS | ANNOTATIONS
    for name, document in SCHEMAS[profile].documents.items():
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
    for index, child in enumerate(schema.get("allOf", ())):
        yield f"allOf/{index}", child
    for keyword in ("if", "then", "else"):
        if keyword in schema:
            yield keyword, schema[keyword]


def _place(profile: str, fixture: dict[str, Any], error: ValidationError) -> Constraint:
    """Where the constraint that refused is written; the validator's own path leaves references out."""
    documents = SCHEMAS[profile].documents
    file = fixture["schema"]
    schema: Any = documents[file]
    steps: list[str] = []
    if "kind" in fixture:
        steps, schema = ["$defs", fixture["kind"]], schema["$defs"][fixture["kind"]]
    for step in error.absolute_schema_path:
        if "$ref" in schema and step not in schema:
            target, _, pointer = schema["$ref"].partition("#/")
            file = target.removesuffix(".schema.json") or file
            schema, steps = documents[file], pointer.split("/")
            for part in steps:
                schema = schema[part]
        schema = schema[step]
        steps = [*steps, str(step)]
    detail = problem_of(error).path.rpartition("/")[2] if error.validator == "required" else ""
    return file, "/" + "/".join(steps), detail
