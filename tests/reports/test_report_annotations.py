"""In a GitHub workflow a run annotates its job, and nothing that a target says is taken for a command."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from github_runner import obeyed
from report_data import WAIVED, assembled, hostile, realistic

from conformance.cli.console import Console
from conformance.cli.github import announce, shielded
from conformance.reports.annotations import MOST, workflow_commands
from conformance.reports.inert import inert, inert_json
from conformance.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

INJECTION = "x\n::set-output name=verdict::conformant\r\n  ::add-mask::a\n##[error]b ::c::,d:e%0A::f"
COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]+)::([^\r\n]*)")


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return tmp_path / "summary"


def told(lines: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for line in lines:
        found = COMMAND.fullmatch(line)
        assert found, line
        yield found.group(1), unquote(found.group(2)), unquote(found.group(3))


def test_each_requirement_that_is_not_green_is_one_annotation_with_its_verdict() -> None:
    made = list(told(workflow_commands(realistic(40))))
    kinds = {title: kind for kind, title, _ in made}
    assert kinds["trackproof: nonconformant"] == "error"
    assert kinds["failed: duplicate-sale.counted-once"] == "error"
    assert kinds["errored: retry.after-cut-connection"] == "error"
    assert kinds["warned: resent-click-id.refused"] == "warning"
    assert kinds["inconclusive: click-capture.parameter-in-location"] == "warning"
    assert kinds["waived: validation.bad-email"] == "notice"
    assert WAIVED in next(text for _, title, text in made if title == "waived: validation.bad-email")
    assert "inconclusive: click-capture.fresh-id" not in kinds  # a SHOULD that was not seen changes nothing
    message = next(text for _, title, text in made if title == "failed: duplicate-sale.counted-once")
    assert "expected: exactly 1 sale" in message
    assert "found: 2 sales" in message
    assert "again: trackproof run https://staging.example.com/api --scenario duplicate-sale/" in message


def test_hostile_text_ends_no_line_and_no_property() -> None:
    for text in (INJECTION, "%0A::error::x", "a,file=/etc/passwd:b"):
        lines = workflow_commands(hostile(text))
        assert len(list(told(lines))) == len(lines)
        assert all("\n" not in line and "\r" not in line for line in lines)


def test_a_requirement_with_an_odd_name_adds_no_property() -> None:
    (first, *others) = realistic(40).requirements
    odd = replace(first, id="a,file=b:c%", verdict=Verdict.FAILED)
    lines = workflow_commands(replace(realistic(40), requirements=(odd, *others)))
    assert "failed: a,file=b:c%" in [title for _, title, _ in told(lines)]


def test_what_github_would_drop_is_counted() -> None:
    results = realistic(40)
    broken = tuple(replace(each, verdict=Verdict.FAILED) for each in results.requirements)
    made = told(workflow_commands(replace(results, requirements=broken)))
    titles = [title for kind, title, _ in made if kind == "error"]
    assert len(titles) == MOST
    assert titles[-1] == f"and {len(broken) + 1 - MOST + 1} more"


def test_a_conformant_run_is_a_notice() -> None:
    results = assembled((), verdict="conformant", why="Every requirement that could be judged holds.", warnings=())
    assert workflow_commands(results) == (
        "::notice title=trackproof%3A conformant::Every requirement that could be judged holds.",
    )


@pytest.mark.usefixtures("workflow")
def test_the_runner_obeys_annotations_and_nothing_that_a_target_said(capsys: pytest.CaptureFixture[str]) -> None:
    results = replace(hostile(INJECTION), stopped=INJECTION, why=INJECTION)
    Console().summary(results, Path("report.html"))
    assert obeyed(capsys.readouterr().out), "the target's lines do nothing, so the shield shows nothing"
    with shielded():
        Console().summary(results, Path("report.html"))
    announce(results)
    assert obeyed(capsys.readouterr().out) == list(workflow_commands(results))


@pytest.mark.usefixtures("workflow")
def test_commands_work_again_when_the_block_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), shielded():
        raise RuntimeError
    print("::notice::later")  # noqa: T201 - what the next command of the step prints
    assert obeyed(capsys.readouterr().out) == ["::notice::later"]


def test_the_summary_is_appended_to_that_of_the_step(workflow: Path) -> None:
    workflow.write_text("of the step before\n")
    announce(realistic(40))
    text = workflow.read_text(encoding="utf-8")
    assert text.startswith("of the step before\n# ✕ trackproof: nonconformant\n")
    assert "duplicate-sale.counted-once" in text


def test_a_summary_is_never_larger_than_github_takes(workflow: Path) -> None:
    results = realistic(40)
    requirements = tuple(replace(each, verdict=Verdict.FAILED) for each in results.requirements)
    target = replace(results.target, options=("--short-link", "x" * 4000) * 10)
    long = tuple(
        replace(each, checks=tuple(replace(check, verdict=Verdict.FAILED, actual="ü" * 400) for check in each.checks))
        for each in results.scenarios
    )
    warnings = tuple("w" * 400 for _ in range(2400))
    announce(replace(results, requirements=requirements, scenarios=long, target=target, warnings=warnings))
    assert 500_000 < workflow.stat().st_size < 1_000_000
    assert workflow.read_text(encoding="utf-8").rstrip().endswith("the rest is in summary.md.")


def test_nothing_is_said_elsewhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    with shielded():
        pass
    announce(realistic(40))
    assert capsys.readouterr().out == ""


def test_a_summary_that_cannot_be_written_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(workflow.parent))
    announce(realistic(40))
    assert "cannot be written" in capsys.readouterr().err


def test_inert_text_is_obeyed_nowhere_and_else_unchanged() -> None:
    text = f"a::b\n# head\n{INJECTION}"
    assert obeyed(text)
    assert not obeyed(inert(text))
    assert inert("a::b\n# head ## c") == "a::b\n# head ## c"
    assert not obeyed(inert_json('{"a": "##[error]"}'))
