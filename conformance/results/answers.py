"""What a target answered, without what differs from run to run: ids, times and the names of a run's customers.

Two runs against the same target then have the same answers, unless the target behaves differently.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results.model import Exchange, RecordedResponse, ScenarioResult

# Step, method and path, each without what differs from run to run.
Step = tuple[str, str, str]

_READ = "read-back"
_SOMETHING = "*"
_WIDTH = 1000
_VOLATILE = re.compile(
    r"""
    (?:%[0-9a-f]{2}|[ ])*tp-[a-z0-9]{8}-[a-z0-9]{4}[\w.%-]*       # the names of a run
    | \d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?
    | (?:mon|tue|wed|thu|fri|sat|sun),[ ]\d\d[ ]\w{3}[ ]\d{4}[ ][\d:]{8}[ ]gmt
    | \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b
    | \b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{8,}\b                    # ids of letters and digits
    | \b\d{9,}\b                                                  # ids, or seconds since 1970
    | \b\d+(?:\.\d+)?[ ]?(?:ms|s|seconds)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VOLATILE_KEY = re.compile(r"(?:^|_)id$|I[dD]$|(?:^|_)(?:at|on|time|date|timestamp)$|(?:At|Time|Date|Timestamp)$")


def answers_of(scenario: ScenarioResult) -> dict[Step, frozenset[str]]:
    """What was answered at each step of a scenario; of a read-back that was polled, the last answer."""
    found: dict[Step, dict[str, str]] = {}
    for number, exchange in enumerate(sorted(scenario.exchanges, key=lambda each: each.started)):
        request = exchange.request
        step = (exchange.step, request.method, steady(urlsplit(request.url).path))
        # Polls of one address are one read; the last one stands.
        poll = request.url if exchange.step == _READ and request.method == "GET" else str(number)
        found.setdefault(step, {})[poll] = answer_of(exchange)
    return {step: frozenset(answers.values()) for step, answers in found.items()}


def answer_of(exchange: Exchange) -> str:
    """One answer in one line: its status and its body, or the fault that came instead."""
    if exchange.fault or exchange.response is None:
        return exchange.fault or "no answer"
    return f"{exchange.response.status} {_body(exchange.response)}".strip()


def _body(response: RecordedResponse) -> str:
    if response.body_base64:
        return "(binary)"
    if response.body_truncated:
        return "(a long body)"
    try:
        text = json.dumps(_steady(json.loads(response.body)), ensure_ascii=False, sort_keys=True)
    except (ValueError, RecursionError):
        text = steady(" ".join(response.body.split()))
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {steady(key): _of_key(key, item) for key, item in value.items()}
    if isinstance(value, list):
        # Lists have no order.
        return sorted((_steady(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return steady(value) if isinstance(value, str) else value


def _of_key(key: str, value: Any) -> Any:
    volatile = _VOLATILE_KEY.search(key) and isinstance(value, str | int | float) and not isinstance(value, bool)
    return _SOMETHING if volatile else _steady(value)


def steady(text: str) -> str:
    """The text with a sign in place of whatever is another in every run."""
    return _VOLATILE.sub(_SOMETHING, text)


def changed(old: ScenarioResult, new: ScenarioResult) -> Iterator[tuple[Step, str, str]]:
    """The steps of a scenario that were answered otherwise: what only the old run saw, and what only the new one."""
    before, after = answers_of(old), answers_of(new)
    for step in before.keys() & after.keys():
        was, now = before[step] - after[step], after[step] - before[step]
        if was and now:
            yield step, " | ".join(sorted(was)), " | ".join(sorted(now))
