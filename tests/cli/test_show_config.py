"""`--show-config`: what is in force, where each value came from, no secret, and nothing sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from command_line import Listener, entered

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
[target]
token = "${STAGING_TOKEN}"
headers = { "X-Api-Key" = "${KEY}", "X-Env" = "staging" }
proxy = "http://user:${KEY}@proxy.example.com:3128"
[limits]
deadline = 7
settle = 5
[safety]
production_hosts = ["live.example.com"]
[[waivers]]
requirement = "deferred.one-lead"
reason = "known"
owner = "payments"
expires = 2020-01-31
issue = "x"
"""


def rows(out: str) -> dict[str, tuple[str, str]]:
    """Value and origin by the name of the setting."""
    found = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    return {row[0]: (row[1], row[2]) for row in found if len(row) == 3}


def test_each_value_is_shown_with_its_origin_and_no_secret_is(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text(FILE)
    with Listener() as server:
        ended = entered(
            tmp_path,
            *("run", server.url, "--show-config", "--seed", "4", "--suite", "race", "--suite", "privacy"),
            STAGING_TOKEN="sEcReT-token",
            KEY="sEcReT-key",
            TRACKPROOF_RPM="30",
            TRACKPROOF_WEBHOOK_SECRET="qZx",
            TRACKPROOF_TOKN="sEcReT-typo",
        )
    assert (ended.code, server.requests, ended.err) == (0, [], "")
    assert "sEcReT" not in ended.said
    assert "qZx" not in ended.said
    shown = rows(ended.out)
    assert shown["target"] == (server.url, "command line")
    assert shown["seed"] == ("4", "--seed")
    assert shown["suite"] == ("race", "--suite")
    assert shown["rpm"] == ("30", "TRACKPROOF_RPM")
    assert shown["deadline"] == ("7", "trackproof.toml, line 7")
    assert shown["token"] == ("[redacted]", "trackproof.toml, line 3")
    assert shown["webhook_secret"] == ("[redacted]", "TRACKPROOF_WEBHOOK_SECRET")
    assert shown["header"] == ("X-Api-Key: [redacted]", "trackproof.toml, line 4")
    assert "X-Env: staging" in ended.out
    assert shown["proxy"][0] == "http://[redacted]@proxy.example.com:3128"
    assert shown["concurrency"] == ("32", "default")
    assert "live.example.com" in ended.out
    assert "TRACKPROOF_TOKN sets nothing: did you mean TRACKPROOF_TOKEN?" in ended.out
    assert "trackproof.toml, line 11: deferred.one-lead: expired on 2020-01-31 (payments)" in ended.out


def test_the_profile_gives_what_nobody_set_and_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text('profile = "dub"\n[target]\ntoken = "${NOT_SET_ANYWHERE}"\n')
    ended = entered(tmp_path, "run", "--show-config")
    assert ended.code == 0, ended.said
    shown = rows(ended.out)
    assert shown["settle"] == ("90", "default of the profile dub")
    assert shown["token"][0] == "(not set)"
    assert "line 3: the environment has no NOT_SET_ANYWHERE" in shown["token"][1]
    assert shown["seed"] == ("drawn for each run", "default")
    assert "the embedded sandbox" in ended.out
    assert not (tmp_path / "reports").exists()


def test_a_configuration_that_cannot_be_used_is_an_error_here_too(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").write_text("[limits]\nsettel = 3\n")
    ended = entered(tmp_path, "run", "--show-config")
    assert (ended.code, ended.out) == (2, "")
    assert "line 2: there is no setting limits.settel\nDid you mean limits.settle?" in ended.err
