"""`trackproof watch -- COMMAND`: what COMMAND is given, what is reported, and the exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from conformance.cli.watch import Options, _environment, command
from conformance.contract import load_profile
from conformance.errors import TargetUnreachable, UsageError
from conformance.watch.running import run

if TYPE_CHECKING:
    from click.testing import Result

CHECKOUT = Path(__file__).parents[2]
# Only what Python itself brings, so that it starts at once.
SENDER = textwrap.dedent("""
    import json, os, sys, urllib.request
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_): return None
    base = os.environ[sys.argv[1]]
    def click():
        try: urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay).open(base + "/l/demo")
        except urllib.error.HTTPError as redirect: return redirect.headers["Location"].rpartition("=")[2]
    def lead(**body):
        headers = {"Authorization": "Bearer canary-token-0815", "Content-Type": "application/json"}
        body = {"customerExternalId": "user-of-flesh-and-blood", **body}
        try: opener.open(urllib.request.Request(base + "/track/lead", json.dumps(body).encode(), headers)).close()
        except urllib.error.HTTPError as error: error.close()
    """)
RIGHT = SENDER + 'lead(clickId=click(), eventName="sign_up")\n'
WRONG = SENDER + 'lead(clickId="undefined", eventName="sign_up")\n'
WARNED = SENDER + 'lead(clickId=click(), eventName="sign_up", timestamp="2026-01-01T10:00:00")\n'
FAILING = RIGHT + "sys.exit(7)\n"


def watched(folder: Path, program: str, *options: str, variable: str = "TRACKPROOF_URL") -> Result:
    words = [*options, "--reports", str(folder / "out"), "--", sys.executable, "-S", "-c", program, variable]
    return CliRunner().invoke(command, words)


def report(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "out" / "findings.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize(
    ("program", "options", "code", "said"),
    [
        (RIGHT, (), 0, "Nothing found"),
        (WRONG, (), 1, "click-invented"),
        (WARNED, (), 1, "timestamp-naive"),
        (WARNED, ("--fail-on", "error"), 0, "timestamp-naive"),
        (FAILING, (), 1, "the command itself failed"),
        ("", (), 3, "nothing arrived"),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    tmp_path: Path, program: str, options: tuple[str, ...], code: int, said: str
) -> None:
    result = watched(tmp_path, program, *options)
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_reports_are_written_that_name_the_customer_only_where_they_may(tmp_path: Path) -> None:
    result = watched(tmp_path, WRONG)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "findings.json", "junit.xml", "summary.md"}
    (finding,) = report(tmp_path)["findings"]
    assert (finding["id"], finding["customer"]) == ("click-invented", "user-of-flesh-and-blood")
    for path in (tmp_path / "out").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "canary-token-0815" not in text
        assert ("user-of-flesh-and-blood" in text) == (path.name == "findings.json"), path.name
    assert "user-of-flesh-and-blood" not in result.output
    assert "user-of-flesh-and-blood" in watched(tmp_path, WRONG, "--show-customers").output


def test_the_commands_own_failure_is_told_apart_from_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    output = watched(tmp_path, FAILING).output
    word = output.partition("::stop-commands::")[2].partition("\n")[0]
    assert "Nothing found" in output.partition(word)[2].partition(f"::{word}::")[0]
    assert "exited with 7; nothing that fails was found in what it sent" in output


def test_the_base_url_stands_in_every_variable_that_is_named(tmp_path: Path) -> None:
    result = watched(tmp_path, RIGHT, "--env", "CMS_BASE_URL", "--env", "OTHER", variable="CMS_BASE_URL")
    assert result.exit_code == 0


def options_with(**given: Any) -> Options:
    defaults: dict[str, Any] = dict.fromkeys(Options.__dataclass_fields__)
    return Options(**{**defaults, "env": (), "token_env": (), "misbehave": (), **given})


def test_packages_that_read_a_token_find_one_that_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUB_API_KEY", "dub_a-real-one")
    monkeypatch.setenv("NO_PROXY", "internal.example.com")
    found = _environment(load_profile("dub"), options_with(token_env=("MINE",)), "http://127.0.0.1:1")
    assert found["DUB_API_KEY"] == found["MINE"] == "dub_sandbox"
    assert found["NO_PROXY"] == "internal.example.com,127.0.0.1,localhost"
    kept = _environment(load_profile("dub"), options_with(forward="https://x"), "http://127.0.0.1:1")
    assert kept["DUB_API_KEY"] == "dub_a-real-one"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no command to watch"),
        (["--env", "A=B", "--", "true"], "no name of an environment variable"),
        (["--forward", "https://x", "--misbehave", "429", "--", "true"], "cannot be told to misbehave"),
        (["--forward", "https://api.cme.sh/x", "--", "true"], "production host"),
        (["--forward", "x", "--", "true"], "no base URL"),
        (["--misbehave", "nicely", "--", "true"], "no hostile mode"),
        (["--profile", "nobody", "--", "true"], "nobody"),
    ],
)
def test_what_cannot_be_followed_is_a_usage_error(words: list[str], said: str) -> None:
    result = CliRunner().invoke(command, words)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)


def test_a_command_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be started"):
        run(["/no/such/command"], {})


def test_a_command_that_ignores_a_signal_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.watch.running._PATIENCE", 0.05)
    ready = tmp_path / "ready"
    stubborn = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); open(sys.argv[1], 'x'); time.sleep(60)"

    def interrupt() -> None:
        while not ready.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    ended = run([sys.executable, "-S", "-c", stubborn, str(ready)], {})
    assert (ended.interrupted, ended.how) == (True, "was ended by SIGKILL")


def test_a_target_that_answers_nothing_is_exit_code_4(tmp_path: Path) -> None:
    result = watched(tmp_path, WRONG, "--forward", "http://127.0.0.1:9")
    assert isinstance(result.exception, TargetUnreachable)


def test_a_hostile_mode_shows_that_the_command_does_not_try_again(tmp_path: Path) -> None:
    result = watched(tmp_path, RIGHT, "--misbehave", "500-after-commit")
    assert [finding["id"] for finding in report(tmp_path)["findings"]] == ["not-retried"]
    assert result.exit_code == 1


def test_a_signal_is_passed_on_and_the_reports_say_that_they_are_cut_short(tmp_path: Path) -> None:
    program = "import os, signal, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "conformance", "watch", "--reports", str(tmp_path), "--", sys.executable, "-c", program],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    document = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))
    assert document["complete"] is False
    assert output.startswith("CUT SHORT: NOT JUDGED TO THE END")
