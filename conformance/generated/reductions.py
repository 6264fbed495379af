"""Smaller bodies than a given one, for finding the smallest that still fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.generated.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator


# Words and ids tell nothing that a shorter one would tell better.
_SIMPLE = re.compile(r"[A-Za-z0-9_@.:/-]{1,40}")


def smaller(template: Template) -> Iterator[Template]:
    """Templates with one thing less: a field, half of a text, part of a value; those that lose most first."""
    if template.raw is not None:
        yield from (Template(template.operation, raw=raw) for raw in _less_of(template.raw))
    elif isinstance(template.value, dict):
        yield from (Template(template.operation, value) for value in _less_of_object(template.value))
    else:
        yield from (Template(template.operation, value) for value in _simpler(template.value))


def _less_of(raw: bytes) -> Iterator[bytes]:
    if raw:
        yield b""
    if len(raw) > 1:
        middle = len(raw) // 2
        yield from (raw[:middle], raw[middle:])


def _less_of_object(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = list(body)
    if len(names) > 3:  # noqa: PLR2004 - below that, single fields do as well
        for part in (names[: len(names) // 2], names[len(names) // 2 :]):
            yield {name: value for name, value in body.items() if name not in part}
    for left_out in names:
        yield {name: value for name, value in body.items() if name != left_out}
    for name in names:
        for simpler in _simpler(body[name]):
            yield {**body, name: simpler}


def _simpler(value: Any) -> Iterator[Any]:
    match value:
        case str() if len(value) > 1 and not _SIMPLE.fullmatch(value):
            middle = len(value) // 2
            yield from (value[:middle], value[middle:])
        case list() if value:
            yield []
            yield from value[:2]
        case dict() if value:
            yield {}
            yield from _less_of_object(value)
        case float() if value != int(min(max(value, -1e15), 1e15)):
            yield float(int(min(max(value, -1e15), 1e15)))
        case bool():
            return
        case int() if abs(value) > 1:
            yield from (1 if value > 0 else -1, value // 2)
