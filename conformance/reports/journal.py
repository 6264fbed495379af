"""The journal of a run: every exchange is written down as it happens, so that a run that dies leaves its traces.

What the reports say completely needs no journal any more: it is removed once they are written.
"""

from __future__ import annotations

import contextlib
import json
from typing import IO, TYPE_CHECKING, Any

from conformance.results.document import encodable, exchange_document

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results.model import Exchange

NAME = "journal.ndjson"


class Journal:
    """A file with one JSON object in each line; the first says of which run, each further one is an exchange.

    The file begins with the first exchange. A disk that is full costs the journal, never the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._head: dict[str, Any] = {}
        self._file: IO[str] | None = None
        self._broken = False
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def begin(self, **head: Any) -> None:
        """Says which run it is."""
        self._head = head

    def add(self, exchange: Exchange) -> None:
        """Writes one exchange, at once."""
        if self._broken:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", buffering=1)
                self._write({"format": "trackproof-journal/1", **self._head})
            self._write(exchange_document(exchange))
        except OSError:
            self._broken = True

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None  # noqa: S101 - opened by the only caller
        self._file.write(json.dumps(encodable(line), ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Ends it and leaves it where it is."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def remove(self) -> None:
        """Ends it and removes it: the reports have everything."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
