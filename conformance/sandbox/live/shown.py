"""An exchange as the page is shown it, and as an entry of a HAR file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from conformance import __version__
from conformance.sandbox.live.log import finding_shown, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.sandbox.live.exchanges import Exchange, Finding

_NAMES = ("customer", "event", "click", "mode", "invoice", "amount", "currency")
_LONGEST = 200
_STATUS_TEXTS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


def exchange_shown(
    exchange: Exchange, findings: Sequence[Finding], fields: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Everything that the page shows of an exchange; `fields` are the profile's names on the wire."""
    names = fields.get(exchange.kind, {})
    told = {word: exchange.fields.get(names.get(word, "")) for word in _NAMES}
    return {
        "number": exchange.number,
        "namespace": exchange.namespace,
        "time": exchange.moment,
        "method": exchange.method,
        "url": exchange.url,
        "path": exchange.path,
        "kind": exchange.kind,
        "headers": [list(header) for header in exchange.headers],
        "body": _text(exchange.body),
        "status": exchange.status,
        "answer": _text(exchange.answer),
        "outcome": exchange.outcome,
        "sentence": exchange.sentence,
        "misbehaviour": exchange.misbehaviour,
        "clicks": list(exchange.clicks),
        "verdict": verdict(findings),
        "findings": [finding_shown(finding) for finding in findings],
        **{word: _short(value) for word, value in told.items()},
    }


def har(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """The exchanges as a HAR 1.2 document; what is kept of them is without tokens already."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "trackproof", "version": __version__},
            "entries": [_entry(exchange) for exchange in exchanges],
        }
    }


def _entry(exchange: Exchange) -> dict[str, Any]:
    sent = dict(exchange.headers)
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.headers),
        "queryString": _pairs(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(exchange.body),
    }
    if exchange.body:
        request["postData"] = {"mimeType": sent.get("content-type", ""), "text": _text(exchange.body)}
    answered = dict(exchange.answer_headers)
    return {
        "startedDateTime": exchange.moment,
        "time": 0,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": _STATUS_TEXTS.get(exchange.status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.answer_headers),
            "content": {
                "size": len(exchange.answer),
                "mimeType": answered.get("content-type", ""),
                "text": _text(exchange.answer),
            },
            "redirectURL": answered.get("location", ""),
            "headersSize": -1,
            "bodySize": len(exchange.answer),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
