"""The JSON Schemas of a profile, compiled once, and what a value breaks of them.

References between the files of one folder are resolved; formats are checked without any optional package. jsonschema-rs
tells at once that a value is valid, which nearly all are; what is wrong with one, and where, only jsonschema says.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema_rs

from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jsonschema import Draft202012Validator, FormatChecker, ValidationError

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
    """The schemas of one folder by name: `lead` stands for `lead.schema.json`.

    `quick` holds those of which jsonschema-rs can tell whether a value is valid.
    """

    documents: Mapping[str, dict[str, Any]]
    quick: Mapping[str, jsonschema_rs.Draft202012Validator]

    def validator(self, name: str) -> Draft202012Validator:
        """The compiled validator of one schema; raises KeyError when the folder does not have it."""
        return self._validators[name]

    def problems(self, name: str, value: Any) -> tuple[Problem, ...]:
        """Everything in which the value breaks the schema, outermost first; empty when it is valid.

        A keyword that refuses the same place twice, once in general and once for the kind of event, is named once.
        """
        if self._is_surely_valid(name, value):
            return ()
        found: dict[tuple[str, str], Problem] = {}
        for error in sorted(self._validators[name].iter_errors(value), key=_depth):
            problem = problem_of(error)
            found.setdefault((problem.path, problem.keyword), problem)
        return tuple(found.values())

    def _is_surely_valid(self, name: str, value: Any) -> bool:
        quick = self.quick.get(name)
        try:
            return quick is not None and _is_plain(value) and quick.is_valid(value)
        except (ValueError, TypeError, RecursionError):  # a value that is more than JSON can say
            return False

    @cached_property
    def _validators(self) -> Mapping[str, Draft202012Validator]:
        # They take long to load, and a run in which all is as it should be never asks them.
        from jsonschema import Draft202012Validator  # noqa: PLC0415
        from referencing import Registry, Resource  # noqa: PLC0415
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

        registry: Registry[Any] = Registry().with_resources(
            (name + _SUFFIX, Resource.from_contents(document, default_specification=DRAFT202012))
            for name, document in self.documents.items()
        )
        checker = format_checker()
        return {
            name: Draft202012Validator(document, registry=registry, format_checker=checker)
            for name, document in self.documents.items()
        }


def load_schemas(folder: Path) -> Schemas:
    """Reads and compiles every `*.schema.json` of a folder.

    Raises ContractError naming the file that is no JSON, or no JSON Schema of the 2020-12 dialect.
    """
    documents = {path.name.removesuffix(_SUFFIX): _read(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))}
    if not documents:
        raise ContractError(f"{folder} holds no {_SUFFIX} file", "A profile folder needs its JSON Schemas there.")
    quick = {}
    for name, document in documents.items():
        try:
            quick[name] = _compiled(document, documents)
        except ValueError:
            _check(folder / (name + _SUFFIX), document)
    return Schemas(documents, quick)


def _compiled(document: dict[str, Any], documents: Mapping[str, dict[str, Any]]) -> jsonschema_rs.Draft202012Validator:
    """The schema as jsonschema-rs compiles it; raises ValueError for what is none to it."""
    registry = jsonschema_rs.Registry(
        [(name + _SUFFIX, each) for name, each in documents.items()], draft=jsonschema_rs.Draft202012
    )
    formats = {name: _passes(check) for name, check in _FORMATS.items()}
    return jsonschema_rs.Draft202012Validator(document, registry=registry, formats=formats, validate_formats=True)


def _is_plain(value: Any) -> bool:
    """Whether no text has characters that are blank, or of a word, to one regular expression and not to another."""
    return "\\u" not in json.dumps(value, default=str)


def _passes(check: Callable[[object], bool]) -> Callable[[str], bool]:
    def passes(value: str) -> bool:
        try:
            return check(value)
        except ValueError:
            return False

    return passes


def format_checker() -> FormatChecker:
    """Checks `date-time` (ISO 8601; a zone is optional), `email` (loosely) and `uri` (absolute)."""
    from jsonschema import FormatChecker  # noqa: PLC0415 - see Schemas

    checker = FormatChecker(formats=())
    for name, check in _FORMATS.items():
        checker.checks(name, raises=ValueError)(check)
    return checker


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}") from None
    return document


def _check(path: Path, document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - see Schemas

    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        raise ContractError(f"{path} is not a JSON Schema: {error.json_path}: {error.message}") from None


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


_FORMATS: Mapping[str, Callable[[object], bool]] = {"date-time": _is_date_time, "email": _is_email, "uri": _is_uri}
