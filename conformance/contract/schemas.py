"""The JSON Schemas of a profile, compiled once, and what a value breaks of them.

References between the files of one folder are resolved; formats are checked without any optional package.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, SchemaError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jsonschema import ValidationError

_SUFFIX = ".schema.json"
_LEAP_SECOND = re.compile(r"(?<=T\d\d:\d\d:)60")


@dataclass(frozen=True)
class Problem:
    """One way in which a value breaks a schema.

    `path` is a JSON Pointer (of a missing property: where it should stand), `keyword` the schema's keyword.
    """

    path: str
    keyword: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '(the whole body)'}: {self.message}"


@dataclass(frozen=True)
class Schemas:
    """The schemas of one folder by name: `lead` stands for `lead.schema.json`."""

    documents: Mapping[str, Mapping[str, Any]]
    validators: Mapping[str, Draft202012Validator]

    def validator(self, name: str) -> Draft202012Validator:
        """The compiled validator of one schema; raises KeyError when the folder does not have it."""
        return self.validators[name]

    def problems(self, name: str, value: Any) -> tuple[Problem, ...]:
        """Everything in which the value breaks the schema, outermost first; empty when it is valid.

        A keyword that refuses the same place twice, once in general and once for the kind of event, is named once.
        """
        found: dict[tuple[str, str], Problem] = {}
        for error in sorted(self.validators[name].iter_errors(value), key=_depth):
            problem = problem_of(error)
            found.setdefault((problem.path, problem.keyword), problem)
        return tuple(found.values())


def load_schemas(folder: Path) -> Schemas:
    """Reads and compiles every `*.schema.json` of a folder.

    Raises ContractError naming the file that is no JSON, or no JSON Schema of the 2020-12 dialect.
    """
    documents = {path.name.removesuffix(_SUFFIX): _read(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))}
    if not documents:
        raise ContractError(f"{folder} holds no {_SUFFIX} file", "A profile folder needs its JSON Schemas there.")
    registry: Registry[Any] = Registry().with_resources(
        (name + _SUFFIX, Resource.from_contents(document, default_specification=DRAFT202012))
        for name, document in documents.items()
    )
    checker = format_checker()
    return Schemas(
        documents=documents,
        validators={
            name: Draft202012Validator(document, registry=registry, format_checker=checker)
            for name, document in documents.items()
        },
    )


def format_checker() -> FormatChecker:
    """Checks `date-time` (ISO 8601; a zone is optional), `email` (loosely) and `uri` (absolute)."""
    checker = FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(_is_date_time)
    checker.checks("email")(_is_email)
    checker.checks("uri", raises=ValueError)(_is_uri)
    return checker


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(document)
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}") from None
    except SchemaError as error:
        raise ContractError(f"{path} is not a JSON Schema: {error.json_path}: {error.message}") from None
    return document


def problem_of(error: ValidationError) -> Problem:
    """What one error of a validator says, as a problem."""
    place = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        required: Any = error.validator_value
        # The error names the missing property in its message only.
        place += [name for name in required if error.message.startswith(repr(name))][:1]
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in place)
    return Problem(path=pointer, keyword=str(error.validator), message=error.message)


def _depth(error: ValidationError) -> tuple[int, int]:
    return len(error.absolute_path), len(error.absolute_schema_path)


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    text = value.upper()
    if "T" not in text:
        return False
    datetime.fromisoformat(_LEAP_SECOND.sub("59", text))
    return True


def _is_email(value: object) -> bool:
    if not isinstance(value, str):
        return True
    local, _, domain = value.rpartition("@")
    return bool(local and domain) and not re.search(r"\s", domain)


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and (parts.netloc or parts.path)) and not re.search(r"[\s<>\"{}|\\^`]", value)
