"""HAR 1.2 as browsers and proxies write it: one entry as one recorded item."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.judge.lines import header_map

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_har_entry(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an entry of a HAR."""
    return "url" not in value and isinstance(value.get("request"), dict)


def item_of(entry: Any) -> dict[str, Any] | str:
    """The entry in the form of the other recordings, or what is wrong with it."""
    if not isinstance(entry, dict) or not isinstance(entry.get("request"), dict):
        return "no entry of a HAR: it has no request"
    request: dict[str, Any] = entry["request"]
    url = request.get("url")
    if not isinstance(url, str):
        return "no entry of a HAR: its request has no url"
    found = entry.get("response")
    response: dict[str, Any] = found if isinstance(found, dict) else {}
    status = response.get("status")
    return {
        "time": entry.get("startedDateTime"),
        "method": str(request.get("method") or "GET"),
        "url": url,
        "headers": _headers(request),
        "body": _body(request.get("postData")),
        "status": status if isinstance(status, int) else None,
        "response": _content(response.get("content")),
    }


def _headers(request: Mapping[str, Any]) -> dict[str, str] | None:
    # An exporter that keeps no headers writes an empty list.
    return header_map(request.get("headers")) or None


def _body(data: Any) -> Any:
    if not isinstance(data, dict):
        return None
    text = data.get("text")
    if isinstance(text, str) and text:
        return _decoded(text) if data.get("encoding") == "base64" else text
    pairs = [
        (each.get("name", ""), each.get("value", "")) for each in data.get("params") or () if isinstance(each, dict)
    ]
    return urlencode(pairs) if pairs else text


def _content(content: Any) -> Any:
    if not isinstance(content, dict):
        return None
    text = content.get("text")
    if isinstance(text, str) and content.get("encoding") == "base64":
        return _decoded(text)
    return text


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text
