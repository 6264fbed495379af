"""A finding: what the judge says of recorded traffic, at whom, and where it was seen."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.findings.shorten import shortened

if TYPE_CHECKING:
    from collections.abc import Callable


class Severity(enum.StrEnum):
    """How bad a finding is: an error or a warning fails a run, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for an error, 2 for a note: the lower, the worse."""
        return {"error": 0, "warning": 1, "note": 2}[self.value]


@dataclass(frozen=True, slots=True)
class EventRef:
    """Where a call stands: its source, its place there (HAR entry, item or line, from 0), and when it was made.

    `time` is in seconds since 1970, or None where the recording does not say.
    """

    source: str
    index: int
    time: float | None = None

    @property
    def iso(self) -> str | None:
        """The time as ISO 8601 text in UTC with milliseconds."""
        return iso_text(self.time)


# Of the values that a message quotes, those that may be a person's.
PERSONAL = frozenset({"customer", "other", "email", "name", "quoted"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `template` and `values` make its message, so that a report can shorten what is personal.

    `customer` is empty where a call names none. `others` are further ids that seem to be the same customer's.
    """

    id: str
    severity: Severity
    customer: str
    requirement: str
    template: str
    remedy: str
    events: tuple[EventRef, ...]
    values: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What was found, in one sentence, everything quoted as it was sent."""
        return self.template.format_map(_Quoted(dict(self.values)))

    @property
    def message_without_names(self) -> str:
        """The same sentence with ids, names and e-mail addresses shortened."""
        return self.template.format_map(
            _Quoted({key: shortened(value) if key in PERSONAL else value for key, value in self.values})
        )

    def told_by(self, change: Callable[[str], str]) -> Finding:
        """The finding with every text from the recording changed in this way."""
        return replace(
            self,
            customer=change(self.customer),
            values=tuple((key, change(value)) for key, value in self.values),
            others=tuple(change(other) for other in self.others),
        )


class _Quoted(dict[str, str]):
    """Values by name; a value that is not there is named, so that no message is lost for it."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


def iso_text(time: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601 text in UTC with milliseconds, or None where that is no date."""
    if time is None:
        return None
    try:
        moment = datetime.fromtimestamp(time, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
