"""`trackproof requirements`: the contract as a table and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from command_line import entered, trackproof

SPECS = Path(__file__).parents[2] / "specs"


def listed(folder: Path, *words: str, **settings: str) -> list[dict[str, Any]]:
    ended = entered(folder, "requirements", *words, "--format", "json", **settings)
    assert ended.code == 0, ended.said
    document = json.loads(ended.out)
    assert document["profile"]["name"] == "cutmeshort"
    requirements: list[dict[str, Any]] = document["requirements"]
    return requirements


def test_json_holds_everything_that_the_file_holds(tmp_path: Path) -> None:
    source = tomllib.loads((SPECS / "cutmeshort" / "requirements.toml").read_text(encoding="utf-8"))
    found = listed(tmp_path)
    assert [one["id"] for one in found] == [entry["id"] for entry in source["requirement"]]
    for one, entry in zip(found, source["requirement"], strict=True):
        for key in ("level", "statement", "costs", "fix"):
            assert one[key] == entry[key]
        assert one["binds"] == entry.get("binds", "platform")
        assert [each["page"] for each in one["sources"]] == [source["sources"][key]["page"] for key in entry["sources"]]
        assert all(each["url"].startswith("https://") for each in one["sources"])


def test_the_table_names_every_requirement_and_whom_it_binds(tmp_path: Path) -> None:
    ended = trackproof(tmp_path, "requirements")
    assert ended.code == 0, ended.said
    rows = [line.split()[:3] for line in ended.out.splitlines()]
    for one in listed(tmp_path):
        assert [one["id"], one["level"], one["binds"]] in rows


def test_level_and_suite_narrow_the_list(tmp_path: Path) -> None:
    everything = listed(tmp_path)
    musts = listed(tmp_path, "--level", "must")
    assert musts == [one for one in everything if one["level"] == "MUST"]
    assert 0 < len(musts) < len(everything)
    some = listed(tmp_path, "--suite", "race", "--suite", "privacy")
    assert {one["suite"] for one in some} == {"race", "privacy"}
    assert len(some) == sum(one["suite"] in ("race", "privacy") for one in everything)


def test_a_folder_is_a_profile_too_and_the_environment_may_name_it(tmp_path: Path) -> None:
    folder = str(SPECS / "cutmeshort")
    assert listed(tmp_path, "--profile", folder) == listed(tmp_path, TRACKPROOF_PROFILE=folder)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--profile", "nobody"), "there is no profile 'nobody'"),
        (("--suite", "rase"), "Did you mean race?"),
        (("--level", "perhaps"), "perhaps"),
        (("--format", "yaml"), "yaml"),
    ],
    ids=["profile", "suite", "level", "format"],
)
def test_what_does_not_exist_is_a_usage_error(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ended = entered(tmp_path, "requirements", *words)
    assert ended.code == 2, ended.said
    assert says in ended.err


def test_a_reader_that_has_seen_enough_breaks_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "requirements", "--format", "json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
