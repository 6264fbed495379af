"""The command that plays one red scenario again: whole, quoted, and without a secret."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from bad_transport import failing
from command_line import entered

from conformance.cli.again import words
from conformance.cli.settings import resolve

if TYPE_CHECKING:
    from pathlib import Path

CUT_OFF = "validation/a-body-that-is-no-json-is-refused[cut-off]"


def test_what_was_set_anywhere_is_said_again_and_defaults_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ci.toml").write_text('[clicks]\nids = ["a b", "2", "3", "4", "5"]\n[run]\nstrict = true\n')
    given = {"header": ("X-Env: it's", "X-Api-Key: key-of-mine"), "token": "secret-token", "allow_production": True}
    environment = {"TRACKPROOF_SETTLE": "2.5", "TRACKPROOF_RPM": "300", "TRACKPROOF_CONFIG": "ci.toml"}
    settings = resolve(given, None, environment)
    assert shlex.join(words(settings, embedded=False)) == (
        """--config ci.toml --header 'X-Env: it'"'"'s' --click-id 'a b' --click-id 2 --click-id 3 --click-id 4"""
        " --allow-production --rpm 300 --strict --settle 2.5"
    )
    assert words(settings, embedded=True) == ("--config", "ci.toml", "--strict", "--settle", "2.5")
    assert words(resolve({}, None, {}), embedded=False) == ()


def test_a_folder_that_is_the_profile_is_named_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert words(resolve({"profile": "../my profile"}, None, {}), embedded=True) == ("--profile", "../my profile")


def test_every_red_line_ends_with_the_command_that_plays_just_it_again(tmp_path: Path) -> None:
    with failing() as server:
        asked = ("run", server.url, "--header", "X-Env: a b", "--token", "secret-token", "--seed", "7")
        ended = entered(tmp_path, *asked, "--scenario", "validation/a-body-that-is-no-json-is-refused")
    assert ended.code == 1, ended.said
    again = ["trackproof", "run", server.url, "--header", "X-Env: a b"]
    red = [line for line in ended.out.splitlines() if line.startswith("failed validation/")]
    assert len(red) > 2
    for line in red:
        name, _, command = line.removeprefix("failed ").partition("; again: ")
        assert shlex.split(command) == [*again, "--scenario", name, "--seed", "7"]
    # In the summary each scenario that is shown, and all of a requirement where there are more.
    shown = re.findall(r"^  in (.+)\n(?:    .+\n)*    again    (.+)\n", ended.out, re.MULTILINE)
    assert [shlex.split(command)[-4:] for _, command in shown] == [
        ["--scenario", name, "--seed", "7"] for name, _ in shown
    ]
    (rest,) = re.findall(r"^  and \d+ more; all of them again: (.+)$", ended.out, re.MULTILINE)
    assert shlex.split(rest) == [*again, "--requirement", "validation.malformed-json", "--seed", "7"]
    assert "secret-token" not in ended.said


@pytest.mark.parametrize("name", ["junit.xml", "summary.md"])
def test_reports_say_it_too(tmp_path: Path, name: str) -> None:
    with failing() as server:
        entered(tmp_path, "run", server.url, "--header", "X-Env: a", "--scenario", CUT_OFF, "--seed", "7")
    again = f"trackproof run {server.url} --header 'X-Env: a' --scenario '{CUT_OFF}' --seed 7"
    assert again in (tmp_path / "reports" / name).read_text(encoding="utf-8")
