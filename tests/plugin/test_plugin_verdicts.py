"""How the engine's verdicts become pytest's, and how a session ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from html import unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bad_transport import ACCEPTED, BadServer, failing, hang, limiting, refusing_the_token, response
from front_talk import CHECKOUT, CUT_OFF, NO_JSON, PENDING, environment, plugins_for, session, sessions
from other_platform import OtherPlatform

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path


def test_a_sound_target_passes_and_the_verdict_comes_first(tmp_path: Path) -> None:
    options = ["--trackproof-reports", str(tmp_path), "--trackproof-cleanup", "--trackproof-output", "badge"]
    sound = session(PENDING, "-q", f"--junitxml={tmp_path / 'junit.xml'}", *options)
    assert sound.code == 0
    assert sound.counts == "1 passed"
    section = next(number for number, line in enumerate(sound.lines) if " trackproof " in line)
    assert sound.lines[section + 1].startswith("CONFORMANT  ")
    assert "left on the target: " in sound.output

    case = ET.parse(tmp_path / "junit.xml").getroot().find(".//testcase")  # noqa: S314 - our own file
    assert case is not None
    assert case.get("name") == "event_1_leaves_the_lead_pending"
    properties = [(each.get("name"), each.get("value")) for each in case.iter("property")]
    assert ("verdict", "passed") in properties
    assert ("requirement", "deferred.pending-until-event-2") in properties
    # Written because --trackproof-reports was given, over whatever stood there.
    assert json.loads((tmp_path / "results.json").read_text())["verdict"] == "conformant"
    assert "conformant · " in (tmp_path / "badge.svg").read_text(encoding="utf-8")


def test_a_broken_must_fails_in_the_words_of_the_requirement() -> None:
    with failing() as server:
        broken = session(CUT_OFF, "--target", server.url)
    assert broken.code == 1
    assert broken.counts == "1 failed"
    assert "NONCONFORMANT  1 MUST broken: validation.malformed-json." in broken.output
    assert "failed validation.malformed-json (MUST): " in broken.output
    assert "  expected 4xx" in broken.lines
    assert '  found    500 {"message": "internal error"}' in broken.lines
    assert "  blame    target" in broken.lines
    assert f"trackproof run {server.url} --scenario 'validation/a-body-that-is-no-json-is-refused[cut-off]'" in (
        broken.output
    )
    assert "Captured exchanges" in broken.output
    assert "Traceback" not in broken.output
    assert "conformance/front" not in broken.output


def test_a_broken_should_passes_unless_strict() -> None:
    with OtherPlatform() as platform:
        options = [
            *(PENDING, "--target", platform.url, "--trackproof-token", platform.token),
            *(
                "--trackproof-short-link",
                platform.short_link,
                "--trackproof-readback",
                platform.readback,
                "--trackproof-settle",
                "2",
            ),
        ]
        lenient, strict = sessions(options, [*options, "--trackproof-strict"])
    assert (lenient.code, lenient.counts) == (0, "1 passed")
    assert "1 recommendation not followed: deferred.pending-visible" in lenient.output
    assert (strict.code, strict.counts) == (1, "1 failed")
    assert "warned deferred.pending-visible (SHOULD): " in strict.output
    assert platform.token not in lenient.output + strict.output


def test_what_could_not_be_judged_is_skipped_and_never_green() -> None:
    with failing() as server:
        options = [PENDING, "-rs", "--target", server.url]
        unjudged, allowed = sessions(options, [*options, "--trackproof-allow-inconclusive"])
    assert (unjudged.code, unjudged.counts) == (3, "1 skipped")
    assert "inconclusive: no click ids were given; needs --trackproof-click-id" in unjudged.output
    assert "INCONCLUSIVE  " in unjudged.output
    assert (allowed.code, allowed.counts) == (0, "1 skipped")
    assert "INCONCLUSIVE  " in allowed.output


def test_a_target_that_goes_away_is_an_error_and_no_failure() -> None:
    answers = [response(b"200 OK", ACCEPTED)]

    async def answer_once(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop() if answers else b"")

    with BadServer(answer_once) as server:
        gone = session(CUT_OFF, "--target", server.url)
    assert (gone.code, gone.counts) == (3, "1 error")
    assert "errored validation.malformed-json (MUST): " in gone.output
    assert "  blame    undecided (no-answer)" in gone.output
    assert "Traceback" not in gone.output


WAIVED = """
[[waivers]]
requirement = "validation.malformed-json"
reason = "the parser is being replaced"
owner = "gateway team"
expires = 2099-12-31
issue = "https://tracker.example.com/1"
"""


def test_what_is_waived_is_an_expected_failure(tmp_path: Path) -> None:
    config = tmp_path / "waived.toml"
    config.write_text(WAIVED)
    with failing() as server:
        options = [CUT_OFF, "-rx", "--target", server.url, "--trackproof-config", str(config)]
        waived, not_waived = sessions(options, [*options, "--runxfail"])
    # A run in which nothing passed is inconclusive, whatever is waived in it.
    assert (waived.code, waived.counts) == (3, "1 xfailed")
    assert "waived: validation.malformed-json" in waived.output
    assert not_waived.counts == "1 failed"


def test_a_run_is_taken_up_and_told_as_one(tmp_path: Path) -> None:
    cut = tmp_path / "reports" / "results.json"
    with failing() as server:
        options = [CUT_OFF, f"{NO_JSON}[plain-text]", "--target", server.url, "--trackproof-reports", str(cut.parent)]
        session(*options)
        document = json.loads(cut.read_text(encoding="utf-8"))
        kept, seed, requests = document["scenarios"][0], document["run"]["seed"], document["run"]["requests"]
        document |= {"verdict": "cut", "scenarios": [kept], "run": {**document["run"], "complete": False}}
        cut.write_text(json.dumps(document), encoding="utf-8")
        taken_up, planned, other = sessions(
            [*options, "--trackproof-resume", str(cut)],
            [*options, "--trackproof-resume", str(cut), "--trackproof-seed", str(seed + 1)],
            [*options[:-2], "--trackproof-resume", str(cut), "--trackproof-profile", "dub"],
        )
    assert (taken_up.code, taken_up.counts) == (1, "2 failed")
    assert f"note: resumed from {cut}: 1 scenarios are of run {document['run']['id']}" in taken_up.output
    assert f"trackproof run {server.url} --scenario 'validation/a-body-that-is-no-json-is-refused[" in taken_up.output
    whole = json.loads(cut.read_text(encoding="utf-8"))
    assert len(whole["scenarios"]) == 2
    assert kept in whole["scenarios"]
    assert (whole["run"]["seed"], whole["run"]["complete"]) == (seed, True)
    assert requests < whole["run"]["requests"] <= 2 * requests
    assert (planned.code, other.code) == (2, 2)
    assert "Leave --trackproof-seed out: a run that is resumed keeps its seed." in planned.output
    assert "its profile is cutmeshort, and this run's is dub" in other.output


def test_a_target_that_cannot_be_judged_at_all_is_one_sentence_and_exit_code_4() -> None:
    with failing() as server:
        nobody = server.url
    with refusing_the_token() as server:
        refused, unreachable = sessions(
            ["conformance", "--target", server.url, "--trackproof-token", "tp-wrong-secret"],
            ["conformance", "--target", nobody],
        )
    assert "Exit: trackproof: the target refuses the token" in refused.output
    assert "tp-wrong-secret" not in refused.output
    assert f"Exit: trackproof: {nobody} gives no HTTP answer" in unreachable.output
    for stopped in (refused, unreachable):
        assert stopped.code == 4
        assert "deselected" in stopped.counts
        assert not any(word in stopped.counts for word in ("failed", "error", "passed", "skipped"))


def test_the_first_failure_stops_what_is_not_judged_yet_with_x() -> None:
    preflight = [response(b"200 OK", ACCEPTED)]

    async def answer_the_cut_off_only(request: bytes, writer: asyncio.StreamWriter) -> None:
        if preflight:
            writer.write(preflight.pop())
        elif request.endswith(b'"signup'):
            writer.write(response(b"500 Internal Server Error", b"{}"))
        else:
            await hang(request, writer)

    with BadServer(answer_the_cut_off_only) as server:
        stopped = session(CUT_OFF, f"{NO_JSON}[plain-text]", "-x", "--target", server.url)
    assert (stopped.code, stopped.counts) == (1, "1 failed")
    assert "CUT  The run was cut short: pytest stopped before every scenario was judged." in stopped.output


def test_a_run_that_was_cut_never_looks_finished() -> None:
    cut = session(PENDING, "--trackproof-max-time", "0.01")
    assert (cut.code, cut.counts) == (130, "1 skipped")
    assert "not judged: The run was cut short: --trackproof-max-time" in cut.output


def test_a_session_that_is_terminated_exits_with_130_and_keeps_what_it_found(tmp_path: Path) -> None:
    journal = tmp_path / "journal.ndjson"
    with limiting("30") as server:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [
                *(sys.executable, "-m", "pytest", *plugins_for(()), PENDING),
                *("--target", server.url, "--trackproof-reports", str(tmp_path)),
            ],
            cwd=CHECKOUT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            while not (journal.exists() and journal.stat().st_size) and process.poll() is None:
                time.sleep(0.01)
            # The engine has had an answer; give pytest's own thread the time to begin to wait for it.
            time.sleep(1)
            head, first, *_ = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)
    assert (head["format"], head["target"]) == ("trackproof-journal/1", server.url)
    assert first["response"]["status"] == 429
    assert process.returncode == 130
    assert "CUT  The run was cut short: interrupted." in output
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (results["verdict"], results["run"]["complete"]) == ("cut", False)
    assert not journal.exists()


def test_an_engine_that_breaks_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "breaks.py").write_text(
        "from conformance.engine.runner import Run\n"
        "async def results(self):\n    raise RuntimeError('the engine is out of order')\n"
        "Run.results = results\n"
    )
    broken = session("-p", "breaks", PENDING, CUT_OFF, PYTHONPATH=str(tmp_path))
    assert (broken.code, broken.counts) == (3, "1 error")
    assert "RuntimeError: the engine is out of order" in broken.output


def test_a_failure_elsewhere_in_the_session_stays_one(tmp_path: Path) -> None:
    test = tmp_path / "test_elsewhere.py"
    test.write_text("def test_elsewhere():\n    assert 1 == 2\n")
    mixed = session(PENDING, str(test))
    assert (mixed.code, mixed.counts) == (1, "1 failed, 1 passed")
    assert "\nCONFORMANT  " in mixed.output


def test_only_what_failed_last_time_is_played_again(tmp_path: Path) -> None:
    options = ["-o", f"cache_dir={tmp_path / 'cache'}", PENDING, CUT_OFF, f"{NO_JSON}[plain-text]"]
    with failing() as server:
        first, again = sessions([*options, "--target", server.url], [*options, "--target", server.url, "--lf"])
    assert first.counts == "2 failed, 1 skipped"
    assert again.counts == "2 failed, 1 deselected"


def test_the_rows_of_pytest_html_tell_all_and_escape_it(tmp_path: Path) -> None:
    alone, with_assets = tmp_path / "alone.html", tmp_path / "page.html"

    async def spiteful(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"500 <b>", b"<script>alert(1)</script></pre>"))

    with BadServer(spiteful) as server:
        options = [CUT_OFF, "--target", server.url, "--metadata", "Deployment", "42"]
        sessions([*options, f"--html={alone}", "--self-contained-html"], [*options, f"--html={with_assets}"])
    for page in (alone, with_assets):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "NONCONFORMANT" in text
        document = json.loads(unescape(text.partition('data-jsonblob="')[2].partition('"')[0]))
        assert document["environment"] == {"Deployment": "42"}
        (row,) = document["tests"][CUT_OFF]
        assert "<script" not in row["log"]
        (extra,) = row["extras"]
        told = extra["content"]
        for part in ("validation.malformed-json", "4xx", "target", "POST", "curl -sS", "&lt;script&gt;alert(1)"):
            assert part in told
        assert "<script" not in told
