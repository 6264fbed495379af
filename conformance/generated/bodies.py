"""Bodies of leads and sales that Schemathesis draws from a profile's OpenAPI document: right ones and wrong ones."""

from __future__ import annotations

import base64
import contextlib
import json
import warnings
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis import GenerationMode

from conformance.engine.scenario import OPENAPI
from conformance.generated.drawing import draw
from conformance.generated.marks import JSON, RAW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.contract import Profile

# So many that hardly any seed lacks an odd text, a null or an unknown field.
_FEWEST = {GenerationMode.POSITIVE: 40, GenerationMode.NEGATIVE: 16}


def draw_bodies(profile: Profile, operation: str, seed: int, size: int) -> list[tuple[str, Any]]:
    """Different bodies for an operation, each marked as a JSON value or as raw bytes in base64.

    First the document's examples, then what Schemathesis' coverage phase makes of every keyword, then random ones.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = schemathesis.openapi.from_path(str(profile.folder / OPENAPI))
        described = document[profile.paths[operation]]["POST"]
        found: dict[str, tuple[str, Any]] = {}
        for body in _all(described, seed, size // 2):
            if isinstance(body, bytes):
                marked = (RAW, base64.b64encode(body).decode("ascii"))
            elif _is_json(body):
                marked = (JSON, body)
            else:  # the mark that a body is left out
                marked = (RAW, "")
            found.setdefault(json.dumps(marked, sort_keys=True), marked)
    return list(found.values())


def _all(described: Any, seed: int, half: int) -> Iterator[Any]:
    for strategy in described.get_strategies_from_examples():
        yield from (case.body for case in draw(strategy, 1, seed))
    yield from _coverage(described)
    for mode, fewest in _FEWEST.items():
        strategy = described.as_strategy(generation_mode=mode)
        yield from (case.body for case in draw(strategy, max(half, fewest), seed))


def _coverage(described: Any) -> Iterator[Any]:
    # Of all that is used here only this has no public name; without it the random bodies have to do.
    with contextlib.suppress(ImportError, AttributeError, TypeError):
        document = described.schema
        cases = document.iter_coverage_cases(
            described,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=document.config.generation_for(operation=described),
            extra_data_source=None,
            error_feedback=None,
            session=None,
        )
        yield from (case.body for case in cases if case.method == "POST")


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)
