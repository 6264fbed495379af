"""What the doctor says of one thing: how it is, in a line, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNJUDGEABLE = 3
UNREACHABLE = 4


class State(enum.StrEnum):
    """How one thing is."""

    OK = "ok"
    NOTE = "note"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Finding:
    """One line: `code` is what a failure makes of the exit code, 4 where a run would be stopped, else 3."""

    subject: str
    state: State
    told: str
    remedy: str = ""
    code: int = 0


def ok(subject: str, told: str) -> Finding:
    """As it should be."""
    return Finding(subject, State.OK, told)


def note(subject: str, told: str, remedy: str = "") -> Finding:
    """Worth knowing; a run can be made all the same."""
    return Finding(subject, State.NOTE, told, remedy)


def fail(subject: str, told: str, remedy: str, code: int = UNJUDGEABLE) -> Finding:
    """A run would be stopped by it, or could not judge."""
    return Finding(subject, State.FAIL, told, remedy, code)


def skip(subject: str, told: str) -> Finding:
    """Not looked at, and why."""
    return Finding(subject, State.SKIP, told)


def exit_code(findings: Iterable[Finding]) -> int:
    """The worst of them: 4 unreachable or refused, 3 not judgeable, else 0."""
    return max((finding.code for finding in findings), default=0)
