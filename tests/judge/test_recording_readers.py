"""Recordings in every form are read as a stream, and what is broken in them is counted, named and passed."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from judge_journeys import as_har, as_ndjson, journeys

from conformance.errors import UsageError
from conformance.judge.files import judge_files
from conformance.judge.readers import read

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.findings import Judgement

ITEMS = [item for journey in journeys()[:30] for item in journey.items if journey.profile == "cutmeshort"]


def judged(tmp_path: Path, data: bytes) -> Judgement:
    path = tmp_path / "recording"
    path.write_bytes(data)
    return judge_files([str(path)])


def ids(judgement: Judgement) -> list[tuple[str, str]]:
    return sorted((finding.id, finding.customer) for finding in judgement.findings)


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(data))


@pytest.mark.parametrize(
    "form",
    [
        as_ndjson,
        as_har,
        lambda items: json.dumps(items).encode(),
        lambda items: json.dumps(items, indent=2).encode(),
        lambda items: b"\n\n".join(json.dumps(item, indent=1).encode() for item in items),
        lambda items: as_ndjson(items).replace(b"\n", b"\r\n"),
        lambda items: b"\xef\xbb\xbf" + as_ndjson(items),
        lambda items: b"  \n" + as_har(items) + b"\n",
        lambda items: json.dumps(json.loads(as_har(items))["log"]["entries"]).encode(),
        lambda items: gzip.compress(as_ndjson(items)[:500]) + gzip.compress(as_ndjson(items)[500:]),
        lambda items: zstd(as_ndjson(items)),
        lambda items: gzip.compress(as_har(items)),
    ],
    ids=[
        "ndjson",
        "har",
        "array",
        "indented",
        "objects",
        "crlf",
        "bom",
        "blanks",
        "entries",
        "gzip",
        "zstd",
        "har-gzip",
    ],
)
def test_every_form_of_a_recording_says_the_same(form: Any, tmp_path: Path) -> None:
    judgement = judged(tmp_path, form(ITEMS))
    assert judgement.calls == judgement.events == len(ITEMS)
    assert judgement.broken_lines == 0
    assert ids(judgement) == ids(judged(tmp_path, as_ndjson(ITEMS)))


def test_standard_input_is_a_file_like_any_other() -> None:
    judgement = judge_files(["-"], stdin=io.BytesIO(as_ndjson(ITEMS)))
    assert judgement.events == len(ITEMS)
    assert judgement.sources == ("stdin",)


def test_broken_lines_are_counted_and_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    lines = as_ndjson(ITEMS[:2]).splitlines()
    data = b"\n".join([lines[0], b"{broken", b"[]", b'{"method": "GET"}', b"\xff\xfe", lines[1]])
    judgement = judged(tmp_path, data)
    assert judgement.events == 2
    named = [(broken.line, broken.problem) for broken in judgement.broken]
    assert named == [(2, "no JSON"), (3, "no JSON object"), (4, "no call: it has no url"), (5, "no JSON")]


@pytest.mark.parametrize(
    ("data", "events", "problem"),
    [
        (as_har(ITEMS[:3])[:-300], 2, "the file ends early"),
        (json.dumps(ITEMS[:3]).encode()[:-20], 2, "the file ends early"),
        (
            b"[" + json.dumps(ITEMS[0]).encode() + b', {"url": nonsense}, ' + json.dumps(ITEMS[1]).encode() + b"]",
            2,
            "no JSON",
        ),
        (gzip.compress(as_ndjson(ITEMS))[:-9], len(ITEMS), "the compressed data ends early"),
        (b'{"log": {"version": "1.2"}}', 0, "no HAR: it has no entries"),
        (b"\x89PNG\r\n", 0, "no JSON"),
    ],
)
def test_a_file_that_is_damaged_is_judged_as_far_as_it_goes(
    data: bytes, events: int, problem: str, tmp_path: Path
) -> None:
    judgement = judged(tmp_path, data)
    assert judgement.events == events
    assert judgement.broken[-1].problem == problem
    assert judgement.broken_lines == len(judgement.broken) == 1


def test_a_value_longer_than_what_is_read_at_once_is_read_whole(tmp_path: Path) -> None:
    long = {**ITEMS[0], "response": "x" * 3_000_000}
    assert judged(tmp_path, json.dumps([ITEMS[1], long, ITEMS[1]]).encode()).calls == 3


def test_a_har_without_bodies_and_headers_is_nobodys_fault(tmp_path: Path) -> None:
    har = json.loads(as_har(ITEMS[:1]))
    request = har["log"]["entries"][0]["request"]
    del request["postData"]
    request["headers"] = []
    judgement = judged(tmp_path, json.dumps(har).encode())
    assert judgement.events == 1
    assert not judgement.findings


def test_a_form_in_a_har_is_found_by_its_parameters(tmp_path: Path) -> None:
    har = json.loads(as_har(ITEMS[:1]))
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "customerExternalId", "value": "u_1"}]}
    har["log"]["entries"][0]["request"]["postData"] = form
    assert ids(judged(tmp_path, json.dumps(har).encode())) == [("body-form", "u_1")]


@pytest.mark.parametrize(("path", "says"), [("nowhere.har", "there is no file"), (".", "is a folder")])
def test_a_file_that_cannot_be_read_is_a_usage_error(path: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        judge_files([path])


def test_zstd_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"0" * 20)
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(UsageError, match="zstandard"):
        list(read(str(path), io.BytesIO(), lambda _size: None))


def test_the_profile_is_that_of_the_known_host_and_calls_to_another_platform_are_passed_over(tmp_path: Path) -> None:
    ours = next(journey for journey in journeys() if journey.profile == "dub")
    judgement = judged(tmp_path, as_ndjson([*ours.items, *ours.items, ITEMS[0]]))
    assert judgement.profile == "dub"
    assert judgement.events == 2 * len(ours.items)
