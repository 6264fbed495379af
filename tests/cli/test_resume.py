"""`--resume RESULTS` plays what has no verdict yet, writes both runs as one, and refuses what was another run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from bad_transport import BadServer, response
from command_line import Listener, entered, options
from other_platform import OtherPlatform

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from pathlib import Path

    from command_line import Ended

FEW = (
    "--scenario",
    "privacy/answers-show-nothing-of-another-customer",
    "--scenario",
    "authentication/an-empty-token-is-refused",
)


@pytest.fixture(scope="module")
def platform() -> Iterator[OtherPlatform]:
    with OtherPlatform(lag=0) as other:
        yield other


@pytest.fixture(scope="module")
def whole(platform: OtherPlatform, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return entered(tmp_path_factory.mktemp("whole"), "run", *options(platform), *FEW, "--seed", "7")


def interrupted(ended: Ended, folder: Path, kept: int, **changes: Any) -> dict[str, Any]:
    """The results of a run that was cut after so many scenarios, in this folder."""
    document = {**ended.results(), "verdict": "cut", **changes}
    document["run"] = {**document["run"], "complete": False}
    document["scenarios"] = document["scenarios"][:kept]
    (folder / "cut.json").write_text(json.dumps(document), encoding="utf-8")
    return document


def test_only_what_has_no_verdict_is_played_and_both_runs_are_one(
    tmp_path: Path, platform: OtherPlatform, whole: Ended
) -> None:
    assert whole.code == 0, whole.said
    every = whole.results()["scenarios"]
    before = interrupted(whole, tmp_path, kept=len(every) - 1)
    ended = entered(tmp_path, "run", *options(platform), *FEW, "--resume", "cut.json")
    assert ended.code == 0, ended.said
    assert "trackproof: 1 scenarios" in ended.out
    results = ended.results()
    assert [one["id"] for one in results["scenarios"]] == [one["id"] for one in every]
    assert results["scenarios"][: len(every) - 1] == before["scenarios"]
    assert (results["verdict"], results["run"]["complete"], results["run"]["seed"]) == ("conformant", True, 7)
    assert results["run"]["requests"] > before["run"]["requests"]
    assert {one["id"] for one in before["created"]} < {one["id"] for one in results["created"]}
    assert results["run"]["started"] == before["run"]["started"]
    tested = [one for one in results["requirements"] if one["verdict"] != "untested"]
    assert len(tested) == len([one for one in whole.results()["requirements"] if one["verdict"] != "untested"])


def test_a_run_that_had_ended_sends_nothing_more(tmp_path: Path, whole: Ended) -> None:
    with Listener() as server:
        interrupted(whole, tmp_path, kept=99, target={"url": server.url, "embedded": False})
        ended = entered(tmp_path, "run", server.url, *FEW, TRACKPROOF_RESUME="cut.json")
    assert server.requests == []
    assert ended.code == 0, ended.said
    assert len(ended.results()["scenarios"]) == len(whole.results()["scenarios"])


def test_a_plan_counts_only_what_is_still_to_be_played(tmp_path: Path, platform: OtherPlatform, whole: Ended) -> None:
    interrupted(whole, tmp_path, kept=1)
    before = len(platform.books.customers)
    words = ("run", *options(platform), *FEW, "--resume", "cut.json")
    planned = entered(tmp_path, *words, TRACKPROOF_PLAN="1")
    assert planned.code == 0, planned.said
    assert re.search(rf"^total +{len(whole.results()['scenarios']) - 1} +\d+$", planned.out, re.MULTILINE)
    assert "1 scenarios have a verdict in cut.json and are not played again." in planned.out
    other = entered(tmp_path, "run", "sandbox", *FEW, "--resume", "cut.json", "--plan")
    assert (other.code, "cannot be resumed: its target is" in other.err) == (2, True)
    assert len(platform.books.customers) == before
    assert not (tmp_path / "reports").exists()


def test_what_a_budget_left_out_is_played(tmp_path: Path, platform: OtherPlatform) -> None:
    short = entered(tmp_path, "run", *options(platform), *FEW, "--max-requests", "4")
    assert short.code == 3, short.said
    ended = entered(tmp_path, "run", *options(platform), *FEW, "--resume", "reports/results.json")
    assert ended.code == 0, ended.said
    assert {one["verdict"] for one in ended.results()["scenarios"]} == {"passed"}


def test_a_run_that_is_resumed_and_cut_again_stays_cut(tmp_path: Path, whole: Ended) -> None:
    async def never(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"500 Internal Server Error", b""))

    with BadServer(never) as server:
        interrupted(whole, tmp_path, kept=1, target={"url": server.url, "embedded": False})
        words = (*FEW, "--resume", "cut.json", "--max-time", "0.0001")
        ended = entered(tmp_path, "run", server.url, *words)
    assert ended.code == 130, ended.said
    results = ended.results()
    assert (results["verdict"], results["run"]["complete"]) == ("cut", False)
    assert len(results["scenarios"]) >= 1


OTHERS: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "another target": ({"target": {"url": "http://127.0.0.1:9/elsewhere", "embedded": False}}, (), "target"),
    "another profile": ({"profile": {"name": "dub", "revision": "2026-11-21"}}, (), "profile"),
    "another revision": ({"profile": {"name": "cutmeshort", "revision": "1999-01-01"}}, (), "contract revision"),
    "another seed": ({}, ("--seed", "8"), "seed 7"),
}


@pytest.mark.parametrize("what", OTHERS, ids=[name.replace(" ", "-") for name in OTHERS])
def test_another_run_is_refused_before_anything_is_sent(tmp_path: Path, whole: Ended, what: str) -> None:
    changes, words, says = OTHERS[what]
    with Listener() as server:
        interrupted(whole, tmp_path, kept=1, **{"target": {"url": server.url, "embedded": False}, **changes})
        ended = entered(tmp_path, "run", server.url, *FEW, "--resume", "cut.json", *words)
    assert ended.code == 2, ended.said
    assert says in ended.err
    assert (server.requests, (tmp_path / "reports").exists()) == ([], False)


def test_results_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text("{}")
    for name in ("cut.json", "nowhere.json"):
        ended = entered(tmp_path, "run", "--resume", name)
        assert ended.code == 2, ended.said
        assert name in ended.err
