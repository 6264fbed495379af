"""The reports of a judgement: report.html, findings.json, junit.xml and summary.md over the same findings."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

from conformance.errors import UsageError
from conformance.findings import findings_document
from conformance.reports import remove_reports, write_file
from conformance.reports.findings_html import html
from conformance.reports.findings_junit import junit
from conformance.reports.findings_markdown import summary
from conformance.reports.findings_view import view

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.contract import Profile
    from conformance.findings import Judgement

FINDINGS = "findings.json"
_RENDER = {"report.html": html, "junit.xml": junit, "summary.md": summary}


def write_findings(
    judgement: Judgement, profile: Profile, folder: Path, *, show_customers: bool = False
) -> dict[str, Path]:
    """Writes every report into the folder, which is made if need be; returns where each is, by name.

    findings.json always names the customers; the others shorten them unless told otherwise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(findings_document(judgement), ensure_ascii=False, indent=1) + "\n"
    prepared = view(judgement, profile, show_customers=show_customers)
    made = {name: write_file(folder / name, render(prepared)) for name, render in _RENDER.items()}
    return made | {FINDINGS: write_file(folder / FINDINGS, document)}


def remove_findings(folder: Path) -> None:
    """Removes the reports of an earlier run or judgement, so that none can be taken for this one's.

    Raises UsageError when the folder cannot take reports: better now than when everything was judged.
    """
    try:
        remove_reports(folder)
        (folder / FINDINGS).unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder} cannot take reports: {error}", "Choose another --reports.") from None
