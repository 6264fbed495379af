"""Reads journeys.toml: each journey as recorded items, with ids and clicks of its own."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

BEGIN = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)
TOKEN = "Bearer sk_test_0123456789abcdef"
HOSTS = {"cutmeshort": "https://api.cme.sh", "dub": "https://api.dub.co"}
_CALL = re.compile(
    r"(?P<at>[\d.]+) (?P<operation>lead|sale) "
    r"(?P<options>(?:(?:url|type|auth|method)=\S+ )*)(?P<body>.*?) +(?P<status>\d+)"
)
_STAMP = re.compile(r"\$t(?P<off>[+-]\d+)?|\$n(?P<naive>\d+)|\$(?P<form>[ou])(?![a-z])")


@dataclass(frozen=True)
class Journey:
    name: str
    profile: str
    customer: str
    told: tuple[str, ...]
    severity: str
    items: tuple[dict[str, Any], ...]


def journeys() -> list[Journey]:
    document = tomllib.loads(Path(__file__).with_name("journeys.toml").read_text(encoding="utf-8"))
    return [_journey(number, entry) for number, entry in enumerate(document["journey"])]


def _journey(number: int, entry: dict[str, Any]) -> Journey:
    profile = entry.get("profile", "cutmeshort")
    return Journey(
        name=entry["name"],
        profile=profile,
        customer=_filled(entry.get("customer", "$c"), number),
        told=tuple(entry["told"]),
        severity=entry.get("severity", ""),
        items=tuple(_item(call, number, profile) for call in entry["calls"]),
    )


def _filled(text: str, number: int) -> str:
    # Words, since ids that differ in a digit alone are near misses of one another.
    letters = "bcdfghjklmnpqrstvwxz"
    word = "".join(letters[number // 20**place % 20] * 2 for place in range(2))
    values = {"$c": f"cust-{word}", "$k": f"id_{word}{number:03d}Ab", "$i": f"inv-{word}-{number:03d}", "$$": "$"}
    return re.sub(r"\$(?:[cki]|\$)(?![a-z0-9])", lambda found: values[found.group()], text).replace(
        "$n", f"{number:03d}"
    )


def _item(call: str, number: int, profile: str) -> dict[str, Any]:
    match = _CALL.fullmatch(call)
    assert match, call
    at = BEGIN + timedelta(minutes=number, seconds=float(match["at"]))
    options = dict(option.split("=", 1) for option in match["options"].split())
    body = _filled(_STAMP.sub(lambda found: _stamp(found, at), match["body"]), number)
    auth = (
        options.get("auth", TOKEN).replace("_", " ", 1)
        if options.get("auth", "").startswith("Bearer_")
        else options.get("auth", TOKEN)
    )
    headers = {"Content-Type": options.get("type", "application/json")} | (
        {} if auth == "none" else {"Authorization": auth}
    )
    return {
        "time": at.isoformat().replace("+00:00", "Z"),
        "method": options.get("method", "POST"),
        "url": options.get("url", f"{HOSTS[profile]}/track/{match['operation']}"),
        "headers": headers,
        "body": json.loads(body) if body.startswith("{") else body,
        "status": int(match["status"]),
        "response": _answer(int(match["status"])),
    }


def _answer(status: int) -> dict[str, Any] | None:
    if status < 400:
        return {"success": True} if status == 200 else None
    return {"success": False, "error": "it did not work", "type": "Error", "statusCode": status}


def _stamp(found: re.Match[str], at: datetime) -> str:
    if found["naive"]:
        return (at + timedelta(seconds=int(found["naive"]))).replace(tzinfo=None).isoformat(timespec="seconds")
    if found["form"] == "o":
        return at.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(timespec="seconds")
    if found["form"] == "u":
        return at.isoformat(timespec="microseconds")
    return (at + timedelta(seconds=int(found["off"] or 0))).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def as_ndjson(items: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()


def as_har(items: list[dict[str, Any]]) -> bytes:
    entries = [
        {
            "startedDateTime": item["time"],
            "time": 12.5,
            "request": {
                "method": item["method"],
                "url": item["url"],
                "httpVersion": "HTTP/2",
                "headers": [{"name": name, "value": value} for name, value in item["headers"].items()],
                "queryString": [],
                "cookies": [],
                "postData": {
                    "mimeType": item["headers"].get("Content-Type", ""),
                    "text": item["body"] if isinstance(item["body"], str) else json.dumps(item["body"]),
                },
                "headersSize": -1,
                "bodySize": -1,
            },
            "response": {
                "status": item["status"],
                "statusText": "",
                "headers": [],
                "cookies": [],
                "content": {"size": 0, "mimeType": "application/json", "text": json.dumps(item["response"])},
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1,
            },
            "cache": {},
            "timings": {"send": 0, "wait": 12, "receive": 0.5},
        }
        for item in items
    ]
    log = {"version": "1.2", "creator": {"name": "test", "version": "1"}, "pages": [], "entries": entries}
    return json.dumps({"log": log}, indent=2).encode()
