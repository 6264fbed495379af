"""Waivers, `trackproof waive` and `--ratchet` through the command: exit codes, reports, and the line to delete."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from command_line import Listener, entered, forgetful_platform, options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command_line import Ended
    from other_platform import OtherPlatform

BROKEN = "duplicate-sale.counted-once"
FEW = ("--scenario", "duplicate-sale/an-identical-sale-counts-once")
HOLDS = "privacy.no-stack-trace"
QUICK = ("--scenario", "privacy/refusals-show-nothing-of-the-servers-inside")
WAIVER = (
    '[[waivers]]\nreason = "the importer"\nowner = "payments"\nexpires = 2999-01-31\n'
    'issue = "https://tracker.example.com/1"\n'
)


@pytest.fixture(scope="module")
def forgetful() -> Iterator[OtherPlatform]:
    with forgetful_platform() as platform:
        yield platform


@pytest.fixture(scope="module")
def first(forgetful: OtherPlatform, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return entered(tmp_path_factory.mktemp("first"), "run", *options(forgetful), *FEW)


def waived(folder: Path, *more: str, **changes: str) -> None:
    text = WAIVER + "".join(f"{key} = {value}\n" for key, value in changes.items())
    (folder / "trackproof.toml").write_text("# what is known\n" + text + "".join(more), encoding="utf-8")


def verdicts(results: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in results["requirements"] if one["verdict"] != "untested"}


def test_a_waived_failure_is_waived_everywhere_and_fails_nothing(tmp_path: Path, forgetful: OtherPlatform) -> None:
    waived(tmp_path, requirement=f'"{BROKEN}"')
    ended = entered(tmp_path, "run", *options(forgetful), *FEW)
    assert ended.code == 0, ended.said
    results = ended.results()
    again = entered(tmp_path, "waive", "reports/results.json")
    assert (again.code, again.out) == (0, "")
    assert "nothing is broken that is not waived" in again.err
    assert verdicts(results) == {BROKEN: "waived", "duplicate-sale.answered": "passed"}
    notes = [check["note"] for one in results["scenarios"] for check in one["checks"] if check["verdict"] == "waived"]
    assert notes
    assert all("payments" in note and "2999-01-31" in note for note in notes)
    assert "1 waived" in ended.out
    assert BROKEN in results["why"]
    for name in ("junit.xml", "summary.md", "report.html"):
        assert "waived" in (tmp_path / "reports" / name).read_text(encoding="utf-8").lower(), name


def test_what_is_not_waived_still_fails(tmp_path: Path, forgetful: OtherPlatform, first: Ended) -> None:
    broken = {
        one["id"] for one in first.results()["scenarios"] for check in one["checks"] if check["verdict"] == "failed"
    }
    one = min(broken)
    waived(tmp_path, scenario=f'"{one}"')
    ended = entered(tmp_path, "run", *options(forgetful), *FEW)
    assert len(broken) > 1
    assert ended.code == 1, ended.said
    assert verdicts(ended.results())[BROKEN] == "failed"


def test_a_waiver_of_what_passes_fails_the_run_and_the_line_is_named(tmp_path: Path) -> None:
    waived(tmp_path, requirement=f'"{HOLDS}"')
    ended = entered(tmp_path, "run", *QUICK)
    assert ended.code == 1, ended.said
    results = ended.results()
    assert results["verdict"] == "nonconformant"
    assert "trackproof.toml, line 2" in ended.out
    assert "delete it" in results["why"]
    assert any("trackproof.toml, line 2" in warning for warning in results["warnings"])


def test_a_waiver_is_not_judged_when_not_everything_about_it_ran(tmp_path: Path) -> None:
    waived(tmp_path, requirement='"duplicate-sale.counted-once"')
    ended = entered(tmp_path, "run", *QUICK)
    assert ended.code == 0, ended.said
    assert not any("waiver" in warning for warning in ended.results()["warnings"])


def test_waivers_are_those_of_the_configured_target_and_not_of_the_sandbox(tmp_path: Path) -> None:
    waived(tmp_path, '[target]\nurl = "http://127.0.0.1:9"\n', requirement=f'"{HOLDS}"')
    ended = entered(tmp_path, "run", "sandbox", *QUICK)
    assert ended.code == 0, ended.said


def test_what_cannot_be_observed_can_be_waived(tmp_path: Path, forgetful: OtherPlatform) -> None:
    words = ("run", *options(forgetful)[:-2], *QUICK, "--scenario", "non-deferred/one-event-is-a-confirmed-lead")
    plain = entered(tmp_path, *words)
    assert plain.code == 3, plain.said
    unseen = [name for name, verdict in verdicts(plain.results()).items() if verdict == "inconclusive"]
    entries = [f'requirement = "{name}"\naccepts = "inconclusive"\n' for name in unseen]
    (tmp_path / "trackproof.toml").write_text("".join(WAIVER + entry for entry in entries))
    ended = entered(tmp_path, *words)
    assert ended.code == 0, ended.said
    assert {verdicts(ended.results())[name] for name in unseen} == {"waived"}


@pytest.mark.parametrize("changes", [{"expires": "2020-01-01"}, {"owner": '""'}, {"requirement": '"none.such"'}])
def test_a_waiver_that_cannot_be_used_is_an_error_before_anything_is_sent(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    fields = {"requirement": f'"{BROKEN}"', "reason": '"r"', "owner": '"o"', "expires": "2999-01-01", "issue": '"i"'}
    lines = "".join(f"{key} = {value}\n" for key, value in {**fields, **changes}.items())
    (tmp_path / "trackproof.toml").write_text("\n[[waivers]]\n" + lines)
    with Listener() as server:
        ended = entered(tmp_path, "run", server.url, "--token", "x")
    assert ended.code == 2, ended.said
    assert "trackproof.toml, line " in ended.err
    assert (server.requests, (tmp_path / "reports").exists()) == ([], False)


# --- trackproof waive -------------------------------------------------------------------------------------------------


def test_waive_writes_entries_that_have_to_be_filled_in(tmp_path: Path, forgetful: OtherPlatform, first: Ended) -> None:
    assert first.code == 1, first.said
    written = entered(tmp_path, "waive", str(first.folder / "reports" / "results.json"))
    assert written.code == 0, written.said
    entries = tomllib.loads(written.out)["waivers"]
    assert [entry["requirement"] for entry in entries] == [BROKEN]
    assert "fill in reason, owner, issue, expires" in written.err
    (tmp_path / "trackproof.toml").write_text(written.out)
    assert entered(tmp_path, "run", *options(forgetful), *FEW).code == 2


def test_waive_with_everything_said_writes_entries_that_can_be_used(tmp_path: Path, first: Ended) -> None:
    said = ("--owner", 'The "A" team', "--issue", "T-1", "--reason", "import\nstops", "--expires", "2999-12-31")
    written = entered(tmp_path, "waive", str(first.folder / "reports" / "results.json"), *said)
    (tmp_path / "trackproof.toml").write_text(written.out, encoding="utf-8")
    (entry,) = tomllib.loads(written.out)["waivers"]
    assert (entry["owner"], entry["reason"]) == ('The "A" team', "import\nstops")
    assert entered(tmp_path, "run", "--plan", *QUICK).code == 0


@pytest.mark.parametrize("content", ["", "[]", '{"format": "x"}', None])
def test_waive_of_what_is_no_results_file(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    ended = entered(tmp_path, "waive", "results.json")
    assert (ended.code, ended.out) == (2, "")
    assert "results.json" in ended.err


# --- --ratchet --------------------------------------------------------------------------------------------------------


def test_ratchet_allows_the_failures_that_were_there_and_again_with_its_own_results(
    tmp_path: Path, forgetful: OtherPlatform, first: Ended
) -> None:
    (tmp_path / "old.json").write_text((first.folder / "reports" / "results.json").read_text(encoding="utf-8"))
    once = entered(tmp_path, "run", *options(forgetful), *FEW, "--ratchet", "old.json")
    assert once.code == 0, once.said
    assert verdicts(once.results())[BROKEN] == "waived"
    twice = entered(tmp_path, "run", *options(forgetful), *FEW, TRACKPROOF_RATCHET="reports/results.json")
    assert twice.code == 0, twice.said
    assert verdicts(twice.results())[BROKEN] == "waived"


def test_ratchet_fails_on_a_failure_that_is_new_and_tells_what_is_gone(
    tmp_path: Path, forgetful: OtherPlatform, first: Ended
) -> None:
    bad = str(first.folder / "reports" / "results.json")
    better = entered(tmp_path, "run", *FEW, "--ratchet", bad)
    assert better.code == 0, better.said
    (tmp_path / "reports" / "results.json").rename(tmp_path / "good.json")
    ended = entered(tmp_path, "run", *options(forgetful), *FEW, "--ratchet", "good.json")
    assert ended.code == 1, ended.said
    assert f"no longer broken since {bad}: {BROKEN}" in better.out


def test_ratchet_of_another_profile_or_of_nothing_is_refused(tmp_path: Path, first: Ended) -> None:
    old = str(first.folder / "reports" / "results.json")
    for words, says in ((("--ratchet", "none.json"), "none.json"), (("--profile", "dub", "--ratchet", old), "profile")):
        ended = entered(tmp_path, "run", *words)
        assert ended.code == 2, ended.said
        assert says in ended.err
