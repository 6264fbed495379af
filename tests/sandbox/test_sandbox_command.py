"""`trackproof sandbox` as a process: what it prints, that it serves, and how it ends."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest
from sandbox_talk import click_of

from conformance.cli.sandbox import run_line
from conformance.contract import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
LAUNCH = [sys.executable, "-m", "conformance", "sandbox"]


class Started(NamedTuple):
    """A running command, and the two lines that it printed first."""

    process: subprocess.Popen[str]
    url: str
    line: str


@contextmanager
def started(*options: str) -> Iterator[Started]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*LAUNCH, "--port", "0", *options], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Started(process, process.stdout.readline().rstrip("\n"), process.stdout.readline().rstrip("\n"))
    finally:
        process.kill()
        process.communicate()


def test_the_first_line_is_the_url_and_the_second_a_complete_run_line() -> None:
    with started() as (_, url, line):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        words = shlex.split(line)
        assert words[:3] == ["trackproof", "run", url]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        assert options.keys() == {"--token", "--short-link", "--readback"}
        headers = {"Authorization": f"Bearer {options['--token']}"}
        click = click_of(httpx.get(options["--short-link"], trust_env=False))
        lead = {"eventName": "signup", "customerExternalId": "ada", "clickId": click}
        assert httpx.post(f"{url}/track/lead", json=lead, headers=headers, trust_env=False).status_code == 200
        shown = httpx.get(f"{options['--readback']}/customers/ada", headers=headers, trust_env=False)
        assert shown.json()["clickId"] == click


def test_with_a_token_only_that_one_is_let_in() -> None:
    with started("--token", "a token; $HOME") as (_, url, line):
        assert shlex.split(line)[4] == "a token; $HOME"
        for token, status in (("a token; $HOME", 404), ("another", 401)):
            headers = {"Authorization": f"Bearer {token}"}
            assert httpx.get(f"{url}/readback/customers/x", headers=headers, trust_env=False).status_code == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal_even_while_somebody_waits(number: signal.Signals) -> None:
    with started() as (process, url, _):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as waiting:
            waiting.sendall(b"GET /_/ns/default/wait?eventName=x&timeout=60 HTTP/1.1\r\nHost: x\r\n\r\n")
            httpx.get(f"{url}/_/health", trust_env=False)
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")


def test_a_port_in_use_is_one_clear_sentence_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(  # noqa: S603 - our own command
            [*LAUNCH, "--port", str(port)], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_that_does_not_exist_is_exit_code_2() -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [*LAUNCH, "--profile", "nobody"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_run_line_names_a_profile_only_when_it_is_not_the_default() -> None:
    played = load_profile("cutmeshort")
    assert "--profile" not in run_line("http://x", "t", "cutmeshort", played)
    assert shlex.split(run_line("http://x", "t", "my profile", played))[-2:] == ["--profile", "my profile"]


def test_the_run_line_says_where_a_platform_mints_click_ids_and_leaves_its_own_evidence_to_the_profile() -> None:
    line = shlex.split(run_line("http://x:1", "t", "dub", load_profile("dub")))
    assert line[line.index("--click-domain") + 1] == "x:1"
    assert "--readback" not in line


def test_a_platform_whose_tokens_begin_in_a_certain_way_is_announced_with_such_a_token() -> None:
    with started("--profile", "dub") as (_, url, line):
        words = shlex.split(line)
        assert words[-2:] == ["--profile", "dub"]
        headers = {"Authorization": f"Bearer {words[4]}"}
        assert httpx.get(f"{url}/customers", headers=headers, trust_env=False).json() == []


def test_webhooks_are_pushed_where_the_command_says() -> None:
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        webhook = f"http://127.0.0.1:{receiver.getsockname()[1]}/hooks"
        with started("--profile", "dub", "--webhook", webhook, "--webhook-secret", "whsec_test") as (_, url, _line):
            location = httpx.get(f"{url}/l/demo", trust_env=False).headers["location"]
            lead = {"eventName": "Sign up", "customerExternalId": "ada", "clickId": location.partition("dub_id=")[2]}
            headers = {"Authorization": "Bearer dub_x"}
            assert httpx.post(f"{url}/track/lead", json=lead, headers=headers, trust_env=False).status_code == 200
            receiver.settimeout(30)
            connection, _ = receiver.accept()
            with connection:
                assert connection.recv(65536).startswith(b"POST /hooks HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "options",
    [
        ("--profile", "dub", "--webhook", "http://example.com/", "--webhook-secret", "s"),
        ("--profile", "dub", "--webhook", "http://127.0.0.1/"),
        ("--profile", "cutmeshort", "--webhook", "http://127.0.0.1/", "--webhook-secret", "s"),
        ("--profile", "dub", "--token", "no-secret-key"),
    ],
)
def test_options_that_the_platform_cannot_follow_are_exit_code_2(options: tuple[str, ...]) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [*LAUNCH, *options], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
