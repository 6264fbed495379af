"""Every exit code of `trackproof run`: each once as a process, its variations through the entry point."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from bad_transport import hanging
from command_line import (
    LONGEST,
    NAMES,
    NOTHING,
    QUICK,
    accepting,
    begin,
    entered,
    forgetful_platform,
    options,
    started,
    trackproof,
)
from other_platform import OtherPlatform

if TYPE_CHECKING:
    from pathlib import Path


def test_0_when_the_embedded_sandbox_is_judged(tmp_path: Path) -> None:
    ended = trackproof(tmp_path, "run", *QUICK)
    assert ended.code == 0, ended.said
    results = ended.results()
    assert results["verdict"] == "conformant"
    assert results["target"]["embedded"] is True
    assert results["run"]["complete"] is True
    assert "CONFORMANT" in ended.out
    assert "report: reports/report.html" in ended.out


def test_run_sandbox_is_the_embedded_one_whatever_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[target]\nurl = "http://127.0.0.1:9"\n')
    elsewhere = {"TRACKPROOF_TARGET": "http://127.0.0.1:9", "TRACKPROOF_READBACK": "http://127.0.0.1:9"}
    ended = entered(tmp_path, "run", "sandbox", *QUICK, **elsewhere)
    assert ended.code == 0, ended.said
    assert ended.results()["target"]["embedded"] is True


def test_0_against_another_platform_that_keeps_the_contract(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        ended = entered(tmp_path, "run", *options(platform), *QUICK)
    assert ended.code == 0, ended.said
    target = ended.results()["target"]
    assert (target["url"], target["embedded"]) == (platform.url, False)


def test_1_when_a_must_is_broken_and_it_is_named(tmp_path: Path) -> None:
    with forgetful_platform() as platform:
        ended = trackproof(
            tmp_path,
            *("run", *options(platform), "--requirement", "duplicate-sale.counted-once"),
            *("--requirement", "duplicate-sale.new-invoice-counts", "--suite", "duplicate-sale"),
        )
    assert ended.code == 1, ended.said
    results = ended.results()
    assert results["verdict"] == "nonconformant"
    failed = [one for one in results["requirements"] if one["verdict"] == "failed"]
    assert [one["id"] for one in failed] == ["duplicate-sale.counted-once"]
    blamed = {
        check["blame"]
        for scenario in results["scenarios"]
        for check in scenario["checks"]
        if check["verdict"] == "failed"
    }
    assert blamed == {"target"}
    assert "NONCONFORMANT" in ended.out
    assert "duplicate-sale.counted-once" in ended.out


def test_1_for_a_should_only_with_strict(tmp_path: Path) -> None:
    should = ("--suite", "duplicate-sale", "--requirement", "duplicate-sale.counted-once-across-customers")
    lone_should = (*should, "--suite", "sale", "--requirement", "sale.recorded")
    with forgetful_platform() as platform:
        lenient = entered(tmp_path, "run", *options(platform), *lone_should)
        strict = entered(tmp_path, "run", *options(platform), *lone_should, "--strict")
    assert (lenient.code, strict.code) == (0, 1), lenient.said + strict.said
    verdicts = {one["id"]: one["verdict"] for one in strict.results()["requirements"]}
    assert verdicts["duplicate-sale.counted-once-across-customers"] == "warned"
    assert verdicts["sale.recorded"] == "passed"


def test_3_without_read_back_and_the_summary_names_the_option(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        reached = ("run", platform.url, "--token", platform.token, "--short-link", platform.short_link)
        wanted = ("--requirement", "non-deferred.accepted", "--requirement", "non-deferred.one-lead")
        words = (*reached, *QUICK, *wanted)
        ended = trackproof(tmp_path, *words)
        allowed = entered(tmp_path, *words, "--allow-inconclusive")
        by_variable = entered(tmp_path, *words, TRACKPROOF_ALLOW_INCONCLUSIVE="1")
    assert ended.code == 3, ended.said
    assert ended.results()["verdict"] == "inconclusive"
    assert "--readback" in ended.out
    for lenient in (allowed, by_variable):
        assert lenient.code == 0, lenient.said
        assert lenient.results()["verdict"] == "inconclusive"
        assert "INCONCLUSIVE" in lenient.out


@pytest.mark.parametrize("lenient", [(), ("--allow-inconclusive",)], ids=["plainly", "allowing-inconclusive"])
def test_3_when_nothing_is_selected(tmp_path: Path, lenient: tuple[str, ...]) -> None:
    with accepting() as server:
        ended = entered(tmp_path, "run", server.url, *NOTHING, *lenient)
    assert ended.code == 3, ended.said
    assert server.connections == 0
    results = ended.results()
    assert (results["verdict"], results["scenarios"]) == ("inconclusive", [])
    assert "Nothing was selected" in ended.out


def test_4_when_nobody_listens_and_one_sentence_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ended = trackproof(tmp_path, "run", f"http://127.0.0.1:{port}", "--token", "x")
    assert ended.code == 4, ended.said
    results = ended.results()
    assert results["verdict"] == "inconclusive"
    assert f"http://127.0.0.1:{port}" in results["stopped"]
    assert results["run"]["complete"] is False
    assert len(ended.said.split("\n\n")[1].splitlines()) <= 3
    assert "Traceback" not in ended.said


def test_4_when_the_target_never_answers(tmp_path: Path) -> None:
    with hanging() as server:
        ended = entered(tmp_path, "run", server.url, "--token", "x", "--deadline", "0.3")
    assert ended.code == 4, ended.said
    assert "no HTTP answer" in ended.results()["stopped"]


@pytest.mark.parametrize("words", [("--token", "not-the-one"), ()], ids=["wrong-token", "no-token"])
def test_4_when_the_credentials_are_refused_and_no_wall_of_red(tmp_path: Path, words: tuple[str, ...]) -> None:
    with OtherPlatform(lag=0) as platform:
        ended = entered(tmp_path, "run", platform.url, "--short-link", platform.short_link, *words)
    assert ended.code == 4, ended.said
    results = ended.results()
    assert results["verdict"] == "inconclusive"
    assert "token" in results["stopped"]
    assert all(one["verdict"] == "untested" for one in results["requirements"])
    assert "TRACKPROOF_TOKEN" in ended.out
    assert "failed" not in ended.out
    assert len(ended.out.splitlines()) <= 6


def test_reports_of_an_earlier_run_are_gone_as_soon_as_the_options_are_valid(tmp_path: Path) -> None:
    reports = tmp_path / "elsewhere"
    reports.mkdir()
    for name in (*NAMES, "notes.txt"):
        (reports / name).write_text("of an earlier run")

    refused = entered(tmp_path, "run", "--suite", "no-such-suite", "--reports", "elsewhere")
    assert refused.code == 2
    assert (reports / "report.html").read_text() == "of an earlier run"

    with hanging() as server, started(tmp_path, "run", server.url, "--reports", "elsewhere") as process:
        for _ in range(200):
            if server.connections:
                break
            time.sleep(0.05)
        assert process.poll() is None
        assert [path.name for path in reports.iterdir()] == ["notes.txt"]


def test_nobody_who_stops_to_read_changes_the_verdict(tmp_path: Path) -> None:
    with begin(tmp_path, "run", "--scenario", "click-capture/each-visit-has-a-click-id-of-its-own") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=LONGEST) == 0
    assert (tmp_path / "reports" / "results.json").exists()
