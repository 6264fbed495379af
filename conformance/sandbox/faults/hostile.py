"""Defects that hostile text shows: what breaks on characters that careless servers do not expect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.sandbox.faults.fault import BOTH, Fault
from conformance.sandbox.faults.wire import FAILURE, Sent, instead

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTACK = re.compile(r"<script|DROP TABLE|\{\{|\.\./|%n")
_DISALLOWED = re.compile("[\x01-\x1f\x7f\u202a-\u202e\ufffe\uffff]")
_DEEP = 64


def _holds(sign: str) -> Callable[[Sent], bool]:
    return lambda sent: any(sign in value for value in sent.body.values() if isinstance(value, str))


def _matches(pattern: re.Pattern[str]) -> Callable[[Sent], bool]:
    return lambda sent: any(pattern.search(value) for value in sent.body.values() if isinstance(value, str))


def _is_deep(sent: Sent) -> bool:
    return sent.posted and (sent.request.body or b"").count(b"{") > _DEEP


HOSTILE: tuple[Fault, ...] = (
    Fault(
        "nul-fails",
        "A NUL in a text is answered with 500.",
        BOTH,
        "resilience.hostile-text",
        instead(_holds("\x00"), FAILURE),
    ),
    Fault(
        "surrogate-fails",
        "A lone surrogate in a text is answered with 500.",
        BOTH,
        "resilience.hostile-text",
        instead(_holds("\ud800"), FAILURE),
    ),
    Fault(
        "disallowed-characters-fail",
        "Text with a control character, an override of direction or a noncharacter is answered with 500.",
        BOTH,
        "resilience.hostile-text",
        instead(_matches(_DISALLOWED), FAILURE),
    ),
    Fault(
        "attack-filter-fails",
        "Text that looks like an attack on a page, a database, a template, a path or a format is answered with 500.",
        BOTH,
        "resilience.hostile-text",
        instead(_matches(_ATTACK), FAILURE),
    ),
    Fault(
        "deep-body-fails",
        "A body that is nested deeper than sixty-four levels is answered with 500.",
        BOTH,
        "resilience.hostile-text",
        instead(_is_deep, FAILURE),
    ),
)
