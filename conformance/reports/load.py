"""The reports of a load: report.html, load.json, junit.xml and summary.md over the same results."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.reports import remove_reports, write_file
from conformance.reports.load_html import html
from conformance.reports.load_junit import junit
from conformance.reports.load_markdown import summary
from conformance.results.load import to_load_document

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results.load import LoadResults

LOAD = "load.json"


def load_json(results: LoadResults) -> str:
    """The results as a JSON document."""
    return json.dumps(to_load_document(results), ensure_ascii=False, indent=1) + "\n"


_RENDER = {"report.html": html, LOAD: load_json, "junit.xml": junit, "summary.md": summary}


def prepare_load_reports(folder: Path, *besides: str) -> None:
    """Removes the reports of an earlier run or load, and these files besides.

    Raises UsageError when the folder cannot take reports: better now than after minutes of a load.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_reports(folder)
        for name in (LOAD, *besides):
            (folder / name).unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder} cannot take reports: {error}", "Choose another --reports.") from None


def write_load_reports(results: LoadResults, folder: Path) -> Path:
    """Writes every report into the folder; returns where the page is. Raises UsageError when that cannot be."""
    try:
        made = {name: write_file(folder / name, render(results)) for name, render in _RENDER.items()}
    except OSError as error:
        raise UsageError(f"the reports cannot be written to {folder}: {error}", "Choose another --reports.") from None
    return made["report.html"]
