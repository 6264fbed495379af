"""Every page of help has examples and fits a terminal of 80 columns; the shell completes what a profile knows."""

from __future__ import annotations

import importlib

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from conformance.cli import _COMMANDS, cli
from conformance.cli.settings import PREFIX, SETTINGS
from conformance.cli.show_config import OTHERS

NAMES = ["", *_COMMANDS]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_examples_and_fits_the_terminal(name: str) -> None:
    ended = CliRunner().invoke(cli, [name, "--help"] if name else ["--help"], prog_name="trackproof")
    assert ended.exit_code == 0
    assert f"\n  trackproof {name}".rstrip() in ended.output
    assert [line for line in ended.output.splitlines() if len(line) > 80] == []


def test_no_variable_that_sets_something_is_told_to_set_nothing() -> None:
    known = {setting.variable for setting in SETTINGS} | {f"{PREFIX}{name}" for name in OTHERS}
    commands = [importlib.import_module(f"conformance.cli.{name}").command for name in _COMMANDS]
    named = {option.envvar for each in commands for option in each.params if isinstance(option, click.Option)}
    assert {str(name) for name in named if name} <= known


@pytest.mark.parametrize(
    ("words", "begun", "completed"),
    [
        (["run", "--suite"], "de", ["deferred"]),
        (["run", "--profile", "dub", "--suite"], "web", ["webhooks"]),
        (["run", "--requirement"], "deferred.pending-v", ["deferred.pending-visible"]),
        (["run", "--scenario"], "click-capture/each", ["click-capture/each-visit-has-a-click-id-of-its-own"]),
        (["run", "--profile", "no-such-profile", "--suite"], "de", []),
        (["run", "--profile"], "du", ["dub", "du"]),
        (["requirements", "--suite"], "du", ["duplicate-sale"]),
        (["explain"], "click-res", ["click-resent"]),
    ],
)
def test_the_shell_completes_what_a_profile_knows(words: list[str], begun: str, completed: list[str]) -> None:
    found = ShellComplete(cli, {}, "trackproof", "_TRACKPROOF_COMPLETE").get_completions(words, begun)
    assert [item.value for item in found] == completed
