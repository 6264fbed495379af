"""`trackproof diff`, `explain` and `verify` as they are called: exit codes, files of all kinds, and what is said."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from command_line import entered, trackproof

from conformance.contract import load_profile, shipped_profiles
from conformance.contract.examples import shared_examples
from conformance.contract.locate import data_folder
from conformance.findings import kinds_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "duplicate-sale.counted-once"
# As an early version wrote it: only what interfaces promised from the beginning.
OLD: dict[str, Any] = {
    "format": "trackproof-results/1",
    "tool": {"name": "trackproof", "version": "0.0.1"},
    "profile": {"name": "cutmeshort", "revision": "2026-01-01"},
    "target": {"url": "http://127.0.0.1:8080", "embedded": False},
    "run": {
        "id": "aaaabbbb",
        "seed": 1,
        "started": "2026-01-01T00:00:00Z",
        "seconds": 1.9,
        "requests": 2,
        "complete": True,
    },
    "verdict": "conformant",
    "summary": {},
    "requirements": [
        {
            "id": NAME,
            "level": "MUST",
            "statement": "One invoice counts once.",
            "source": "a page",
            "verdict": "passed",
            "scenarios": ["duplicate-sale/once"],
        }
    ],
    "scenarios": [
        {
            "id": "duplicate-sale/once",
            "suite": "duplicate-sale",
            "title": "Once.",
            "verdict": "passed",
            "seconds": 0.2,
            "checks": [
                {
                    "requirement": NAME,
                    "level": "MUST",
                    "verdict": "passed",
                    "expected": "1 sale",
                    "actual": "1 sale",
                    "blame": None,
                    "code": None,
                    "reason": None,
                    "missing": None,
                }
            ],
            "exchanges": [],
        }
    ],
}


def failing(name: str = NAME) -> dict[str, Any]:
    """The same, broken, under this requirement's name."""
    text = json.dumps(OLD).replace('"passed"', '"failed"').replace(NAME, name)
    document: dict[str, Any] = json.loads(text)
    return document | {"verdict": "nonconformant"}


def files(folder: Path, **documents: object) -> None:
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


def test_diff_exits_with_1_when_something_got_worse_and_else_with_0(tmp_path: Path) -> None:
    files(tmp_path, old=OLD, new=failing())
    worse = entered(tmp_path, "diff", "old.json", "new.json")
    assert worse.code == 1, worse.said
    assert f"{NAME} (MUST): passed → failed" in worse.out
    better = entered(tmp_path, "diff", "new.json", "old.json")
    assert better.code == 0, better.said
    assert "newly green: 1" in better.out
    assert entered(tmp_path, "diff", "old.json", "old.json").out == "conformant → conformant: nothing got worse\n"


def test_diff_speaks_markdown_and_json_too(tmp_path: Path) -> None:
    files(tmp_path, old=OLD, new=failing())
    markdown = entered(tmp_path, "diff", "old.json", "new.json", "--format", "markdown")
    assert markdown.code == 1
    assert f"- `{NAME}` (MUST): passed → failed" in markdown.out
    document = json.loads(entered(tmp_path, "diff", "old.json", "new.json", "--format", "json").out)
    assert document["worse"] is True
    assert document["old"]["run"] == "aaaabbbb"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "no results document"),
        (b'{"format": "trackproof-findings/1"}', "its format is 'trackproof-findings/1'"),
        (json.dumps(OLD | {"format": "trackproof-results/2"}).encode(), "reads 'trackproof-results/1'"),
        (json.dumps(OLD | {"requirements": [7]}).encode(), "requirements[0] is not an object"),
    ],
    ids=["missing", "no-utf-8", "cut", "deep", "list", "findings", "newer", "wrong-inside"],
)
def test_diff_exits_with_2_for_what_is_no_results_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    files(tmp_path, old=OLD)
    if content is not None:
        (tmp_path / "bad.json").write_bytes(content)
    for words in (("old.json", "bad.json"), ("bad.json", "old.json")):
        ended = entered(tmp_path, "diff", *words)
        assert ended.code == 2, ended.said
        assert "bad.json" in ended.err
        assert said in ended.err
        assert "Traceback" not in ended.said


def profile_with_alias(folder: Path) -> Path:
    """A profile in which a requirement has an earlier name."""
    made = folder / "renamed"
    shutil.copytree(data_folder("specs") / "cutmeshort", made)
    path = made / "requirements.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'id = "{NAME}"\n', f'id = "{NAME}"\naliases = ["duplicate-sale.once"]\n'))
    return made


def test_a_requirement_is_known_by_its_earlier_name(tmp_path: Path) -> None:
    profile = str(profile_with_alias(tmp_path))
    files(tmp_path, old=failing("duplicate-sale.once"), new=failing())
    assert entered(tmp_path, "diff", "old.json", "new.json").code == 1
    same = entered(tmp_path, "diff", "old.json", "new.json", "--profile", profile)
    assert same.code == 0, same.said
    told = entered(tmp_path, "explain", "duplicate-sale.once", "--profile", profile)
    assert told.code == 0, told.said
    assert told.out.startswith(f"{NAME}  MUST")
    assert "duplicate-sale.once is an earlier name of it." in told.out


# --- explain ----------------------------------------------------------------------------------------------------------


def test_explain_says_all_that_a_reader_needs(tmp_path: Path) -> None:
    ended = entered(tmp_path, "explain", NAME)
    assert ended.code == 0, ended.said
    titles = ("Whose words", "Why it costs money", "How to fix it", "Right", "Wrong", "How it is checked", "Run it")
    assert [title for title in titles if f"\n{title}" not in ended.out] == []
    assert "https://docs.cutmeshort.com/api-reference/endpoint/Sale" in ended.out
    assert "duplicate-sale/an-identical-sale-counts-once: " in ended.out
    assert f"trackproof run TARGET --requirement {NAME}" in ended.out


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_requirement_and_every_finding_is_explained(name: str) -> None:
    from conformance.cli.explain import _explanation  # noqa: PLC0415 - as lazy as the command itself
    from conformance.reports.explanation import (  # noqa: PLC0415
        explanation_json,
        explanation_markdown,
        explanation_text,
    )

    profile = load_profile(name)
    assert sorted(set(profile.requirements) - set(shared_examples())) == [], "add an example to specs/examples.toml"
    for known in (*profile.requirements, *kinds_of(profile)):
        told = _explanation(known, profile)
        assert told.what, known
        assert told.costs, known
        assert told.fix, known
        assert told.sources, known
        assert told.right, known
        assert told.wrong, known
        judged = known in kinds_of(profile) or profile.requirements[known].verifiable
        assert bool(told.checks) is judged, known
        assert told.fix.split()[0] in explanation_text(told)
        assert explanation_markdown(told).startswith(f"## `{known}`")
        assert json.loads(explanation_json(told))["id"] == known


def test_explain_hints_at_what_may_have_been_meant(tmp_path: Path) -> None:
    unknown = {
        "duplicate-sale.counted-one": "Did you mean duplicate-sale.counted-once",
        "webhooks.signed": "add --profile dub",
        "counted": "Did you mean duplicate-sale.counted-once",
        "no such thing": "`trackproof requirements` lists them.",
    }
    for name, hint in unknown.items():
        ended = entered(tmp_path, "explain", name)
        assert ended.code == 2, ended.said
        assert hint in ended.err
        assert "Traceback" not in ended.said


def test_a_finding_is_explained_with_code(tmp_path: Path) -> None:
    ended = entered(tmp_path, "explain", "click-resent", "--format", "json")
    assert ended.code == 0, ended.said
    document = json.loads(ended.out)
    assert document["weight"] in ("error", "warning", "note")
    assert set(document["code"]) == {"python", "javascript", "curl"}
    assert document["related"] == ["deferred.event-2-without-click"]


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_exits_with_2_for_what_cannot_be_used(tmp_path: Path) -> None:
    files(tmp_path, old=OLD)
    (tmp_path / "cut.json").write_text("{")
    for name, said in {"old.json": "no conformance statement", "cut.json": "is not JSON", "gone": "be read"}.items():
        ended = entered(tmp_path, "verify", name)
        assert ended.code == 2, ended.said
        assert said in ended.err
        assert "Traceback" not in ended.said


# --- the shell --------------------------------------------------------------------------------------------------------


def test_the_shell_completes_ids(tmp_path: Path) -> None:
    asked = {"COMP_WORDS": "trackproof explain duplicate-sale.c", "COMP_CWORD": "2"}
    ended = trackproof(tmp_path, _TRACKPROOF_COMPLETE="bash_complete", **asked)
    assert ended.code == 0, ended.said
    assert f"plain,{NAME}" in ended.out.splitlines()
    assert all(line.startswith("plain,duplicate-sale.c") for line in ended.out.splitlines())
