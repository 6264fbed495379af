"""`trackproof cleanup RESULTS` deletes what it may, and lists the rest as CSV and as a pattern for SQL."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from bad_transport import BadServer, response
from command_line import Ended, Listener, entered

from conformance.contract import load_profile

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

OURS = ["tp-abcdefgh-aaab-Cu.", "TP-ABCDEFGH-aaac-Cu.", " tp-abcdefgh-aaad/ü,-Cu."]


def results(folder: Path, url: str, *created: str, profile: str = "dub", embedded: bool = False) -> str:
    document: dict[str, Any] = {
        "format": "trackproof-results/1",
        "tool": {"name": "trackproof", "version": "0.1.0"},
        "profile": {"name": profile, "revision": load_profile("dub").revision},
        "target": {"url": url, "embedded": embedded},
        "run": {"id": "abcdefgh", "seed": 1, "started": "", "seconds": 1, "requests": 1, "complete": True},
        "verdict": "conformant",
        "requirements": [],
        "scenarios": [],
        "created": [{"kind": "customer", "id": name} for name in created],
    }
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return "results.json"


class Deleting(BadServer):
    """Answers each DELETE with the next status, and keeps what was asked."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(self.answer)
        self.statuses = list(statuses)
        self.asked: list[str] = []

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.decode("latin-1").partition(" HTTP")[0])
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        writer.write(response(f"{status} x".encode(), b"{}"))


def rows(ended: Ended) -> list[list[str]]:
    return list(csv.reader(io.StringIO(ended.out)))


def test_what_the_profile_can_delete_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    with Deleting(200, 404, 200) as server:
        ended = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS, "user_42"), TRACKPROOF_TOKEN="dub_x")
    assert ended.code == 0, ended.said
    assert sorted(server.asked) == [
        "DELETE /customers/ext_%20tp-abcdefgh-aaad%2F%C3%BC%2C-Cu.",
        "DELETE /customers/ext_TP-ABCDEFGH-aaac-Cu.",
        "DELETE /customers/ext_tp-abcdefgh-aaab-Cu.",
    ]
    assert "2 customers deleted, 1 were never kept" in ended.err
    assert "1 customers in results.json have names that no run gives" in ended.err
    assert ended.out == ""


def test_what_cannot_be_deleted_is_listed_and_the_exit_code_says_so(tmp_path: Path) -> None:
    with Deleting(200, 500) as server:
        ended = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS), TRACKPROOF_TOKEN="dub_x")
    assert ended.code == 1, ended.said
    assert rows(ended)[0] == ["kind", "id", "run"]
    assert len(rows(ended)) == 3
    assert "LIKE 'tp-abcdefgh-%'" in ended.err


@pytest.mark.parametrize("status", [401, 500])
def test_4_when_nothing_at_all_can_be_deleted(tmp_path: Path, status: int) -> None:
    with Deleting(status) as server:
        ended = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS), TRACKPROOF_TOKEN="dub_x")
    assert ended.code == 4, ended.said
    assert {row[1] for row in rows(ended)[1:]} == set(OURS)


def test_a_profile_that_cannot_delete_lists_everything_and_sends_nothing(tmp_path: Path) -> None:
    with Listener() as server:
        ended = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS, profile="cutmeshort"))
    assert (ended.code, server.requests) == (0, []), ended.said
    assert rows(ended)[1:] == [["customer", name, "abcdefgh"] for name in OURS]
    assert "LIKE 'tp-abcdefgh-%'" in ended.err


def test_list_sends_nothing_and_the_sandbox_of_a_run_is_gone(tmp_path: Path) -> None:
    with Listener() as server:
        listed = entered(tmp_path, "cleanup", "--list", results(tmp_path, server.url, *OURS))
        gone = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS, embedded=True))
    assert (listed.code, gone.code, gone.out, server.requests) == (0, 0, "", [])
    assert len(rows(listed)) == 4
    assert "gone" in gone.err


def test_the_token_goes_to_no_target_but_the_configured_one(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[target]\nurl = "https://staging.example.com"\ntoken = "${TOKEN}"\n')
    with Listener() as server:
        ended = entered(tmp_path, "cleanup", results(tmp_path, server.url, *OURS), TOKEN="dub_secret")
    assert (ended.code, server.requests) == (2, []), ended.said
    assert "staging.example.com" in ended.err


def test_live_data_is_deleted_only_when_that_is_allowed(tmp_path: Path) -> None:
    ended = entered(tmp_path, "cleanup", results(tmp_path, "https://api.dub.co", *OURS), TRACKPROOF_TOKEN="dub_x")
    assert ended.code == 2, ended.said
    assert "--allow-production" in ended.err
