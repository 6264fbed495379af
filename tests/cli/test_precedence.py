"""Where a setting comes from: command line, then environment, then trackproof.toml, then the profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from command_line import NOTHING, Listener, entered

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURED = '[run]\nseed = 3\nreports = "configured"\n'


def test_the_command_line_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text(CONFIGURED)
    ended = entered(tmp_path, "run", *NOTHING, "--seed", "1", TRACKPROOF_SEED="2")
    assert ended.results("configured")["run"]["seed"] == 1
    ended = entered(tmp_path, "run", *NOTHING, TRACKPROOF_SEED="2", TRACKPROOF_REPORTS="from-environment")
    assert ended.results("from-environment")["run"]["seed"] == 2
    ended = entered(tmp_path, "run", *NOTHING)
    assert ended.results("configured")["run"]["seed"] == 3
    (tmp_path / "trackproof.toml").unlink()
    ended = entered(tmp_path, "run", *NOTHING)
    assert ended.results("reports")["run"]["seed"] != 3


def test_another_configuration_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text("[run]\nseed = 3\n")
    (tmp_path / "staging.toml").write_text("[run]\nseed = 4\n")
    (tmp_path / "nightly.toml").write_text("[run]\nseed = 5\n")
    by_variable = entered(tmp_path, "run", *NOTHING, TRACKPROOF_CONFIG="staging.toml")
    assert by_variable.results()["run"]["seed"] == 4
    by_option = entered(tmp_path, "run", *NOTHING, "--config", "nightly.toml", TRACKPROOF_CONFIG="staging.toml")
    assert by_option.results()["run"]["seed"] == 5


def test_a_switch_of_the_file_can_be_taken_back_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('[run]\nstrict = true\nsuite = ["race"]\n')
    ended = entered(tmp_path, "run", "--no-strict", "--suite", "privacy", "--plan")
    assert ended.code == 0, ended.said
    assert re.search(r"^privacy ", ended.out, re.MULTILINE)
    assert not re.search(r"^race ", ended.out, re.MULTILINE)


def test_a_repeatable_option_takes_lines_from_the_environment(tmp_path: Path) -> None:
    ended = entered(tmp_path, "run", "--plan", TRACKPROOF_SUITE="privacy\nclick-capture\n")
    assert ended.code == 0, ended.said
    planned = re.findall(r"^([a-z-]+) +\d+ +\d+$", ended.out, re.MULTILINE)
    assert planned == ["click-capture", "privacy", "total"]


def test_headers_token_and_clicks_reach_the_target_from_every_place(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text(
        '[target]\ntoken = "${STAGING_TOKEN}"\nheaders = { "X-Env" = "staging", "X-Team" = "blue" }\n'
        '[clicks]\nids = ["from-the-file-end"]\n'
    )
    few = ("--scenario", "sale/a-sale-counts", "--max-requests", "4")
    with Listener() as server:
        entered(tmp_path, "run", f"{server.url}/api/", "--suite", "sale", *few[2:], STAGING_TOKEN="of-the-file")
        of_the_file = list(server.requests)
        server.requests.clear()
        entered(
            tmp_path,
            "run",
            *("--suite", "sale", "--max-requests", "4", "--click-id", "from-the-line-end"),
            STAGING_TOKEN="of-the-file",
            TRACKPROOF_TARGET=f"{server.url}/other",
            TRACKPROOF_TOKEN="of-the-variable",
            TRACKPROOF_HEADER="X-One: 1\nX-Two: 2",
        )
        of_the_variable = list(server.requests)
    assert of_the_file
    assert of_the_variable
    for request in of_the_file:
        assert request.startswith(b"POST /api/track/")
        assert b"authorization: Bearer of-the-file\r\n" in request
        assert b"x-env: staging\r\n" in request
        assert b"x-team: blue\r\n" in request
    assert any(b'"from-the-file-end"' in request for request in of_the_file)
    for request in of_the_variable:
        assert request.startswith(b"POST /other/track/")
        assert b"authorization: Bearer of-the-variable\r\n" in request
        assert b"x-one: 1\r\nx-two: 2\r\n" in request
        assert b"x-env" not in request
    assert any(b'"from-the-line-end"' in request for request in of_the_variable)
