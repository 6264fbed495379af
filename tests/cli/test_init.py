"""`trackproof init` writes files that work, and never over others."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml
from command_line import entered

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = {"github": ".github/workflows/trackproof.yml", "gitlab": ".gitlab/trackproof.yml"}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("ci", WORKFLOWS)
def test_the_configuration_and_one_workflow_are_written(tmp_path: Path, ci: str) -> None:
    ended = entered(tmp_path, "init", "--ci", ci, "--profile", "dub", "--target", 'https://x.example.com/"a\\b')
    assert ended.code == 0, ended.said
    assert files(tmp_path) == {"trackproof.toml", WORKFLOWS[ci]}
    settings = tomllib.loads((tmp_path / "trackproof.toml").read_text(encoding="utf-8"))
    assert settings["profile"] == "dub"
    assert settings["target"]["url"] == 'https://x.example.com/"a\\b'
    workflow = yaml.safe_load((tmp_path / WORKFLOWS[ci]).read_text(encoding="utf-8"))
    jobs = workflow["jobs"] if ci == "github" else {"conformance": workflow["conformance"]}
    assert "trackproof run" in str(jobs["conformance"])
    assert "STAGING_TOKEN" in (tmp_path / WORKFLOWS[ci]).read_text(encoding="utf-8")


def test_what_is_written_can_be_used_and_judges_no_sandbox_by_accident(tmp_path: Path) -> None:
    entered(tmp_path, "init", "--ci", "none")
    assert files(tmp_path) == {"trackproof.toml"}
    shown = entered(tmp_path, "run", "--show-config")
    assert shown.code == 0, shown.said
    assert "https://staging.example.com/api" in shown.out
    missing = entered(tmp_path, "run")
    assert missing.code == 2, missing.said
    assert "the environment has no STAGING_TOKEN" in missing.err


@pytest.mark.parametrize("taken", ["trackproof.toml", WORKFLOWS["github"]])
def test_nothing_is_written_over_and_then_nothing_is_written(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).write_text("mine")
    ended = entered(tmp_path, "init")
    assert ended.code == 2, ended.said
    assert taken in ended.err
    assert (files(tmp_path), (tmp_path / taken).read_text()) == ({taken}, "mine")


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "trackproof.toml").symlink_to("elsewhere.toml")
    assert entered(tmp_path, "init").code == 2
    assert not (tmp_path / "elsewhere.toml").exists()


@pytest.mark.parametrize("words", [("--ci", "jenkins"), ("--profile", "nope"), ("--target", "staging")])
def test_what_cannot_be_used_writes_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = entered(tmp_path, "init", *words)
    assert (ended.code, files(tmp_path)) == (2, set())


def test_a_folder_that_cannot_take_files_leaves_none_behind(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file")
    ended = entered(tmp_path, "init")
    assert ended.code == 2, ended.said
    assert files(tmp_path) == {".github"}
