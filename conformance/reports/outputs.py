"""Reports that are written on demand: each format by its name, with the file it goes to unless another is named."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.results.model import Results


@dataclass(frozen=True)
class Output:
    """One report on demand: its format, and where it goes."""

    form: str
    path: Path


@dataclass(frozen=True)
class Reported:
    """A run whose results.json is written, and what a report on demand needs to know besides.

    `configuration` is redacted; `location` is the configuration file as seen from the working directory, if there is
    one; `contract` is the folder of the profile.
    """

    results: Results
    file: Path
    contract: Path
    configuration: Mapping[str, Any]
    location: str = ""


# Each is loaded when it is asked for: no run's first request waits for reports that nobody wants.
def _sarif(run: Reported) -> str:
    from conformance.reports.sarif import sarif  # noqa: PLC0415

    return sarif(run.results, run.location)


def _code_quality(run: Reported) -> str:
    from conformance.reports.code_quality import code_quality  # noqa: PLC0415

    return code_quality(run.results, run.location)


def _badge(run: Reported) -> str:
    from conformance.reports.badge import badge  # noqa: PLC0415

    return badge(run.results)


def _statement(run: Reported) -> str:
    from conformance.contract.digest import contract_digest  # noqa: PLC0415
    from conformance.reports.statement import statement, statement_json  # noqa: PLC0415

    contract = contract_digest(run.contract)
    data = run.file.read_bytes()
    return statement_json(statement(run.results, run.file.name, data, contract, run.configuration))


_FORMATS: Mapping[str, tuple[str, Callable[[Reported], str]]] = {
    "sarif": ("results.sarif", _sarif),
    "code-quality": ("code-quality.json", _code_quality),
    "badge": ("badge.svg", _badge),
    "statement": ("statement.json", _statement),
}
FORMATS = tuple(_FORMATS)
DEFAULT_NAMES = tuple(name for name, _ in _FORMATS.values())


def outputs_of(words: Iterable[str], folder: Path) -> tuple[Output, ...]:
    """The outputs that words such as `sarif` and `badge=public/badge.svg` ask for.

    Raises UsageError for a format that does not exist.
    """
    found = []
    for word in words:
        form, equals, path = word.partition("=")
        if form not in _FORMATS or (equals and not path):
            near = difflib.get_close_matches(form, FORMATS, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near and form not in FORMATS else f"Known: {', '.join(FORMATS)}."
            raise UsageError(f"--output {word!r} is no FORMAT or FORMAT=FILE", hint)
        found.append(Output(form, Path(path) if path else folder / _FORMATS[form][0]))
    return tuple(dict.fromkeys(found))


def content_of(output: Output, run: Reported) -> str:
    """What goes into the file."""
    return _FORMATS[output.form][1](run)
