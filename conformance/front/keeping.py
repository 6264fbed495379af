"""What a session leaves on the disk: a journal while it goes on, and reports where they were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.reporting import keep_reports, prepare_reports, record
from conformance.reports.journal import Journal

if TYPE_CHECKING:
    import pytest

    from conformance.cli.resumption import Earlier
    from conformance.cli.settings import Settings
    from conformance.contract import Profile
    from conformance.engine.events import Event
    from conformance.results import Results


class Keeping:
    """The files of one session.

    Reports are written when the folder for them, or a further report, was named; else the journal is in pytest's cache.
    Raises UsageError when they cannot be written.
    """

    def __init__(self, settings: Settings, earlier: Earlier | None, config: pytest.Config) -> None:
        self._settings = settings
        self._reports = any(settings.origins[setting] != "default" for setting in ("reports", "output"))
        self._outputs = prepare_reports(settings, earlier) if self._reports else ()
        folder = Path(settings["reports"]) if self._reports else _cache(config)
        self._journal = Journal(folder) if folder is not None else None

    def tell(self, event: Event) -> None:
        """Writes down what has to outlive a session that is killed."""
        if self._journal is not None:
            record(self._journal, event)

    def keep(self, results: Results | None, profile: Profile) -> None:
        """Writes the reports; a journal stays where the engine failed. Raises UsageError as `keep_reports` does."""
        if self._journal is None:
            return
        self._journal.close()
        if results is not None and self._reports:
            keep_reports(results, self._settings, profile, self._outputs, self._journal)
        elif results is not None:
            self._journal.remove()


def _cache(config: pytest.Config) -> Path | None:
    """A folder of pytest's cache; None where that plugin is off."""
    return Path(config.cache.mkdir("trackproof")) if getattr(config, "cache", None) else None
