"""The reports of a run: report.html, results.json, junit.xml and summary.md over the same results."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.reports.outputs import DEFAULT_NAMES
from conformance.results.document import to_document

if TYPE_CHECKING:
    from conformance.results.model import Results


def results_json(results: Results) -> str:
    """The results document as indented JSON."""
    return json.dumps(to_document(results), ensure_ascii=False, indent=1) + "\n"


# What only an end of a run needs is loaded then, so that its first request does not wait for it.
def _html(results: Results) -> str:
    from conformance.reports.html_report import html  # noqa: PLC0415

    return html(results)


def _junit(results: Results) -> str:
    from conformance.reports.junit import junit  # noqa: PLC0415

    return junit(results)


def _summary(results: Results) -> str:
    from conformance.reports.markdown import summary  # noqa: PLC0415

    return summary(results)


_REPORTS = {
    "report.html": _html,
    "results.json": results_json,
    "junit.xml": _junit,
    "summary.md": _summary,
}
NAMES = tuple(_REPORTS)


def write_reports(results: Results, folder: Path) -> dict[str, Path]:
    """Writes every report into the folder, which is made if need be; returns where each is, by name.

    Each file appears whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {name: write_file(folder / name, render(results)) for name, render in _REPORTS.items()}


def remove_reports(folder: Path) -> None:
    """Removes the reports of an earlier run, so that none can be taken for this run's."""
    for name in (*NAMES, *DEFAULT_NAMES):
        (folder / name).unlink(missing_ok=True)


def write_file(path: Path, content: str) -> Path:
    """Writes a text into a file, which appears whole or not at all; returns where it is."""
    # Text that UTF-8 cannot carry must not cost the run its report.
    data = content.encode("utf-8", "backslashreplace")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # mkstemp makes files that only their owner reads; a report is as readable as any other file.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return path


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
