"""The schemas as files, and the loader that compiles them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from conformance.contract import shipped_profiles
from conformance.contract.locate import data_folder
from conformance.contract.schemas import Problem, format_checker, load_schemas
from conformance.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

ALL = {profile: load_schemas(data_folder("specs") / profile / "schemas") for profile in shipped_profiles()}
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2.5,
    Decimal("9.90"),
    10**30,
    "",
    " ",
    "a\n",
    "USD\n",
    "x@y",
    "2024-01-15T10:30:60Z",
    [],
)
EVERY = [(profile, name) for profile, schemas in ALL.items() for name in schemas.documents]
SCHEMAS = ALL["cutmeshort"]
LEAD = {"clickId": "id_123", "eventName": "signup_started", "customerExternalId": "user_42"}


@pytest.mark.parametrize("profile", ALL)
def test_a_profile_has_the_four_schemas(profile: str) -> None:
    assert set(ALL[profile].documents) >= {"lead", "sale", "success", "error"}


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_a_schema_is_of_the_2020_12_dialect_and_holds_together(profile: str, name: str) -> None:
    document = ALL[profile].documents[name]
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(document)


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_every_example_of_a_schema_is_valid(profile: str, name: str) -> None:
    examples = ALL[profile].documents[name]["examples"]
    assert examples
    assert [ALL[profile].problems(name, example) for example in examples] == [()] * len(examples)


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_what_is_called_valid_at_once_is_valid_to_the_validator_that_names_problems(profile: str, name: str) -> None:
    quick, thorough = ALL[profile].quick[name], ALL[profile].validator(name)
    example = ALL[profile].documents[name]["examples"][0]
    near = [{**example, key: value} for key in example for value in STRANGE]
    assert [quick.is_valid(each) for each in near] == [thorough.is_valid(each) for each in near]


def test_a_value_that_json_cannot_carry_is_left_to_the_validator_that_names_problems() -> None:
    assert SCHEMAS.problems("lead", {**LEAD, "eventName": "\ud800"}) == ()
    assert [problem.path for problem in SCHEMAS.problems("lead", {**LEAD, "eventName": "", "x": "\ud800"})] == [
        "/eventName"
    ]


@pytest.mark.parametrize(("profile", "name"), EVERY)
def test_every_property_says_what_it_is_and_gives_a_valid_example(profile: str, name: str) -> None:
    document = ALL[profile].documents[name]
    definitions = document.get("$defs", {})
    described = dict(definitions.get("leadEvent", document).get("properties", {}))
    described |= {key: value for key, value in definitions.items() if "properties" not in value}
    for key, schema in described.items():
        if "$ref" in schema:
            continue
        assert schema["description"].endswith("."), key
        validator = ALL[profile].validator(name).evolve(schema=schema)
        assert schema["examples"], key
        assert all(validator.is_valid(example) for example in schema["examples"]), key


def test_dub_admits_the_payment_processors_of_newer_releases_in_answers_and_no_others_in_requests() -> None:
    """A list that grows: the request's is data, and an answer may name whatever the platform has learnt since."""
    sale = {"customerExternalId": "user_42", "amount": 4999}
    known = ALL["dub"].documents["sale"]["properties"]["paymentProcessor"]["enum"]
    assert {"stripe", "custom", "lemonsqueezy"} <= set(known)
    for processor in known:
        assert ALL["dub"].problems("sale", {**sale, "paymentProcessor": processor}) == ()
    (problem,) = ALL["dub"].problems("sale", {**sale, "paymentProcessor": "payments2030"})
    assert (problem.path, problem.keyword) == ("/paymentProcessor", "enum")
    answer = ALL["dub"].documents["sale-success"]["examples"][0]
    newer = {**answer, "sale": {**answer["sale"], "paymentProcessor": "payments2030"}}
    assert ALL["dub"].problems("sale-success", newer) == ()


def test_a_problem_names_place_and_keyword() -> None:
    assert SCHEMAS.problems("lead", {**LEAD, "eventName": ""}) == (
        Problem(path="/eventName", keyword="minLength", message="'' should be non-empty"),
    )


def test_a_missing_property_is_named_where_it_should_stand() -> None:
    problems = SCHEMAS.problems("lead", {"clickId": "id_123"})
    assert {(problem.path, problem.keyword) for problem in problems} == {
        ("/customerExternalId", "required"),
        ("/eventName", "required"),
    }


def test_a_problem_of_the_whole_body_says_so() -> None:
    (problem,) = SCHEMAS.problems("lead", [])
    assert str(problem).startswith("(the whole body): ")


def test_a_place_is_named_once_for_each_keyword() -> None:
    problems = SCHEMAS.problems("lead", {**LEAD, "mode": "later"})
    assert [(problem.path, problem.keyword) for problem in problems] == [("/mode", "enum")]


def test_a_validator_is_compiled_once() -> None:
    assert SCHEMAS.validator("lead") is SCHEMAS.validator("lead")


def test_a_schema_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        SCHEMAS.problems("refund", {})


def test_a_place_is_escaped_as_a_json_pointer(tmp_path: Path) -> None:
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    (tmp_path / "x.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    (problem,) = load_schemas(tmp_path).problems("x", {"a/b~c": 1})
    assert problem.path == "/a~1b~0c"


def test_a_reference_to_another_file_of_the_folder_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "a.schema.json").write_text('{"$ref": "b.schema.json#/$defs/id"}', encoding="utf-8")
    (tmp_path / "b.schema.json").write_text('{"$defs": {"id": {"type": "string"}}}', encoding="utf-8")
    schemas = load_schemas(tmp_path)
    assert [problem.keyword for problem in schemas.problems("a", 1)] == ["type"]
    assert schemas.problems("a", "x") == ()


def test_a_folder_without_schemas_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=tmp_path.name):
        load_schemas(tmp_path)


@pytest.mark.parametrize("text", ["{", '{"type": "text"}', "[]"])
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.schema.json").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"broken\.schema\.json"):
        load_schemas(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date-time", "2024-01-15T10:30:00Z"),
        ("date-time", "2024-01-15t10:30:00z"),
        ("date-time", "2024-01-15T10:30:00.1234567+05:30"),
        ("date-time", "2024-01-15T10:30:00"),
        ("date-time", "2016-12-31T23:59:60Z"),
        ("email", "john@example.com"),
        ("email", "джон@пример.рф"),
        ("email", '"a b"@example.com'),
        ("uri", "https://example.com/a?b=c#d"),
        ("uri", "data:image/png;base64,AAAA"),
    ],
)
def test_a_format_admits(name: str, value: str) -> None:
    assert format_checker().conforms(value, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date-time", "2024-01-15"),
        ("date-time", "2024-02-30T10:30:00Z"),
        ("date-time", "2024-01-15T25:00:00Z"),
        ("date-time", "1705314600"),
        ("date-time", "T"),
        ("email", "john"),
        ("email", "@example.com"),
        ("email", "john@"),
        ("email", "john@exam ple.com"),
        ("uri", "example.com/a.jpg"),
        ("uri", "/a.jpg"),
        ("uri", "https://exa mple.com"),
        ("uri", "https://[::1/a.jpg"),
        ("uri", "https:"),
    ],
)
def test_a_format_refuses(name: str, value: str) -> None:
    assert not format_checker().conforms(value, name)


@pytest.mark.parametrize("name", ["date-time", "email", "uri"])
def test_a_format_says_nothing_of_what_is_no_text(name: str) -> None:
    assert format_checker().conforms(None, name)
