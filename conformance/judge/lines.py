"""One recorded item: the line or entry as it was read, its value, and the call that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.judge.calls import Call
from conformance.judge.texts import loads, parse
from conformance.judge.values import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

# A line as bytes, an item as it was read, or a text that says what is wrong with it.
Line = bytes | dict[str, Any] | str
# The number of its source, its place there, and what stands there.
Item = tuple[int, int, Line]

_MILLISECONDS = 1e11


def value_of(line: Line) -> tuple[dict[str, Any] | None, str]:
    """The item with its time in seconds, or None and what is wrong with it.

    A text stands for an item that whoever read the file could not make sense of.
    """
    if type(line) is str:
        return None, line
    value: Any = line
    if type(line) is bytes:
        try:
            value = loads(line)
        except ValueError:
            return None, "no JSON"
    if type(value) is not dict:
        return None, "no JSON object"
    if type(value.get("url")) is not str or type(value.get("method", "POST")) is not str:
        return None, "no call: it has no url"
    time = value.get("time")
    if time is not None and type(time) is not float:
        value["time"] = _seconds(time)
    headers = value.get("headers")
    if headers is not None and type(headers) is not dict:
        value["headers"] = header_map(headers)
    return value, ""


def call_of(raw: Mapping[str, Any], source: str, index: int) -> Call:
    """The call that an item is."""
    headers = raw.get("headers")
    status = raw.get("status")
    response = raw.get("response")
    if isinstance(response, str):
        found, value = parse(response)
        response = value if found else response
    return Call(
        method=raw.get("method", "POST"),
        url=raw["url"],
        body=raw.get("body"),
        time=raw.get("time"),
        headers=None
        if headers is None
        else {str(name): str(value) for name, value in headers.items() if value is not None},
        status=status if isinstance(status, int) and not isinstance(status, bool) else None,
        response=response,
        source=source,
        index=index,
    )


def header_map(headers: Any) -> dict[str, str] | None:
    """Headers given as a list of names and values, or of pairs."""
    if not isinstance(headers, list):
        return None
    made: dict[str, str] = {}
    for each in headers:
        if isinstance(each, dict) and "name" in each:
            made[str(each["name"])] = str(each.get("value", ""))
        elif isinstance(each, list | tuple) and len(each) == 2:  # noqa: PLR2004 - a pair
            made[str(each[0])] = str(each[1])
    return made


def _seconds(time: Any) -> float | None:
    if type(time) is str:
        return moment(time) or moment(time.strip().replace(" ", "T", 1))
    if isinstance(time, int | float) and not isinstance(time, bool):
        return time / 1000 if time >= _MILLISECONDS else float(time)
    return None
