"""One recorded call, whoever recorded it: what was sent, and what was answered as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.findings.model import EventRef

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Call:
    """A request and what is known of its answer.

    `time` is in seconds since 1970. `body` and `response` are raw text, bytes or the parsed value; None means that
    there is none, or that nobody recorded it. `headers` and `status` are None where they were not recorded: what needs
    them is then not judged. A status of 0 says that no answer came. `source` and `index` say where the call stands.
    """

    method: str
    url: str
    body: Any = None
    time: float | None = None
    headers: Mapping[str, str] | None = None
    status: int | None = None
    response: Any = None
    source: str = ""
    index: int = 0

    @property
    def place(self) -> EventRef:
        """Where the call stands."""
        return EventRef(self.source, self.index, self.time)

    def header(self, name: str) -> str | None:
        """A header's value whatever the case of its name, or None."""
        headers = self.headers
        if not headers:
            return None
        wanted = name.lower()
        value = headers.get(wanted)
        if value is None:
            value = next((text for key, text in headers.items() if key.lower() == wanted), None)
        return value
