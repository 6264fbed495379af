"""Reads results.json from a disk; whatever is wrong with the file becomes one clear sentence."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.results.document import FORMAT, from_document
from conformance.results.load import FORMAT as LOAD

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results.model import Results

REMEDY = "Give the results.json that `trackproof run` wrote."


def read_results(path: Path) -> Results:
    """The results that a file holds, of this version or an earlier one.

    Raises UsageError, naming the file, when it cannot be read or is no results document.
    """
    return results_of(read_bytes(path), path)


def read_created(path: Path) -> Results:
    """The results of a run, or of a load as far as they are those of a run: what was created, and where.

    Raises UsageError, naming the file, when it cannot be read or is neither.
    """
    data = read_bytes(path)
    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is complained of below
        document = json.loads(data)
        if isinstance(document, dict) and document.get("format") == LOAD:
            try:
                return from_document({**document, "format": FORMAT, "requirements": [], "scenarios": []})
            except UsageError as error:
                raise UsageError(f"{path}: {error.what}", "Give the load.json that `trackproof load` wrote.") from None
    return results_of(data, path)


def read_bytes(path: Path) -> bytes:
    """What the file holds; raises UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}", REMEDY) from None


def results_of(data: bytes, path: Path) -> Results:
    """The results in these bytes, which came from this file."""
    try:
        return from_document(json.loads(data))
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", error.remedy) from None
    # A document that nests too deeply ends the parser with a RecursionError.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", REMEDY) from None
