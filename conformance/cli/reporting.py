"""What a run leaves on the disk: its journal while it goes on, then its reports; that there is room is seen before."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.further import prepare_outputs, write_outputs
from conformance.engine.events import ExchangeRecorded, RunStarted
from conformance.errors import UsageError
from conformance.reports import remove_reports, results_json, write_file, write_reports

if TYPE_CHECKING:
    from conformance.cli.resumption import Earlier
    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.engine.events import Event
    from conformance.reports.journal import Journal
    from conformance.reports.outputs import Output
    from conformance.results import Results


def prepare_reports(settings: Settings, earlier: Earlier | None) -> tuple[Output, ...]:
    """Removes the reports of an earlier run; returns the further reports that are asked for.

    Raises UsageError when they cannot be written: better now than after minutes of a run.
    """
    folder = Path(settings["reports"])
    try:
        remove_reports(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if earlier is not None and not earlier.path.exists():
            # Its findings are in no other file until this run has ended.
            write_file(earlier.path, results_json(earlier.results))
    except OSError as error:
        raise UsageError(f"{folder} cannot take reports: {error}", "Choose another --reports.") from None
    return prepare_outputs(settings)


def record(journal: Journal, event: Event) -> None:
    """Keeps the journal of a run."""
    match event:
        case RunStarted():
            journal.begin(run=event.run, target=event.target.url, profile=event.profile.name, seed=event.seed)
        case ExchangeRecorded():
            journal.add(event.exchange)


def keep_reports(
    results: Results, settings: Settings, profile: Profile, outputs: tuple[Output, ...], journal: Journal
) -> Path:
    """Writes every report, after which the journal has had its day; returns where report.html is.

    Raises UsageError when the disk does not take them.
    """
    folder = Path(settings["reports"])
    try:
        files = write_reports(results, folder)
    except OSError as error:
        raise UsageError(f"the reports cannot be written to {folder}: {error}", "Choose another --reports.") from None
    journal.remove()
    write_outputs(outputs, results, files["results.json"], profile, settings)
    return files["report.html"]
