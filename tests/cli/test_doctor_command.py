"""`trackproof doctor` through the command: its exit codes, and that secrets and live data are safe."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
from bad_transport import hostile
from command_line import Listener, entered, options, trackproof
from other_platform import OtherPlatform

if TYPE_CHECKING:
    from pathlib import Path

LINES = re.compile(r"^(ok|note|fail|skip) +(.+?)  +(.+)$", re.MULTILINE)


def test_0_for_a_target_that_will_do_and_a_line_for_each_thing(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        ended = trackproof(tmp_path, "doctor", *options(platform))
    assert ended.code == 0, ended.said
    subjects = [subject for _, subject, _ in LINES.findall(ended.out)]
    assert subjects[:8] == ["DNS", "TCP", "TLS", "HTTP", "base path", "token", "click id", "clock"]
    assert {"read-back", "webhooks", "rate limit"} <= set(subjects)
    assert "nothing is scored" in ended.out
    assert not (tmp_path / "reports").exists()


def test_the_sandbox_is_looked_at_whatever_is_configured(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[target]\nurl = "http://127.0.0.1:9"\ntoken = "${NOT_SET}"\n')
    ended = entered(tmp_path, "doctor", "sandbox")
    assert ended.code == 0, ended.said


def test_settings_come_from_environment_and_file_as_for_run(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        (tmp_path / "trackproof.toml").write_text(f'[readback]\nurl = "{platform.readback}"\n')
        ended = entered(
            tmp_path,
            "doctor",
            TRACKPROOF_TARGET=platform.url,
            TRACKPROOF_TOKEN=platform.token,
            TRACKPROOF_SHORT_LINK=platform.short_link,
        )
    assert ended.code == 0, ended.said


def test_a_read_back_is_tried_alone(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        good = entered(tmp_path, "doctor", "--readback", platform.readback, "--token", platform.token)
        bad = entered(tmp_path, "doctor", "--readback", f"{platform.readback}/v9", "--token", platform.token)
        known = set(platform.books.customers)
    assert (good.code, bad.code, known) == (0, 3, set()), good.said + bad.said


def test_3_and_4_with_a_remedy_for_what_is_wrong(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        no_click = entered(tmp_path, "doctor", platform.url, "--token", platform.token)
        no_token = entered(tmp_path, "doctor", platform.url)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nobody = entered(tmp_path, "doctor", f"http://127.0.0.1:{port}")
    in_workflow = entered(tmp_path, "doctor", f"http://127.0.0.1:{port}", GITHUB_ACTIONS="true")
    first, *told, last = in_workflow.out.splitlines()
    assert first.startswith("::stop-commands::"), "what a target says must be no command to the runner"
    assert (last, told) == (f"::{first.removeprefix('::stop-commands::')}::", nobody.out.splitlines())
    assert (no_click.code, no_token.code, nobody.code) == (3, 4, 4)
    for ended in (no_click, no_token, nobody):
        lines = ended.out.splitlines()
        failed = [number for number, line in enumerate(lines) if line.startswith("fail")]
        assert failed
        assert all("→" in lines[number + 1] for number in failed)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("https://api.cme.sh",), "--allow-production"),
        (("--readback", "https://api.cme.sh/readback"), "--allow-production"),
        (("",), "TARGET is empty"),
        (("staging",), "no http or https URL"),
        (("http://127.0.0.1:9", "--config", "nowhere.toml"), "nowhere.toml"),
    ],
    ids=["live-data", "live-data-by-read-back", "empty", "no-url", "no-file"],
)
def test_2_before_anything_is_sent(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ended = entered(tmp_path, "doctor", *words)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err


def test_an_expired_waiver_is_found_before_the_run_finds_it(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text(
        '[[waivers]]\nrequirement = "sale.recorded"\nreason = "r"\nowner = "o"\nissue = "i"\nexpires = 2020-01-01\n'
    )
    with Listener() as server:
        ended = entered(tmp_path, "doctor", server.url)
    assert (ended.code, server.requests) == (2, [])


def test_what_a_target_says_cannot_drive_the_terminal(tmp_path: Path) -> None:
    with hostile() as server:
        ended = entered(tmp_path, "doctor", server.url, "--token", "cAnArY-token", "--click-id", "one-end")
    assert ended.code == 3, ended.said
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", ended.out)
    assert "cAnArY" not in ended.said
