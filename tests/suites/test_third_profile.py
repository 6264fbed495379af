"""A platform is a folder: the named suites judge one that trackproof does not ship, and know nothing of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tiny_platform import KEY, TinyPlatform

from conformance.contract import load_profile
from conformance.engine.runner import RunOptions, run
from conformance.results import Results, Verdict
from conformance.suites import all_scenarios
from conformance.target.clicks import GivenClicks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

FOLDER = Path(__file__).parent.parent / "profiles" / "tiny"


def judge(platform: TinyPlatform) -> Results:
    profile = load_profile(str(FOLDER))
    target = TargetOptions(
        platform.url,
        KEY,
        clicks=GivenClicks([f"ref-{number}" for number in range(6)]),
        readback=f"{platform.url}/readback",
        transport=Transport(trust_environment=False),
    )
    return asyncio.run(run(RunOptions(profile, target, Limits(settle=profile.settle)), all_scenarios()))


def test_the_named_suites_judge_a_platform_that_is_only_a_folder() -> None:
    with TinyPlatform() as platform:
        results = judge(platform)
    assert results.verdict == "conformant", results.why
    assert {requirement.verdict for requirement in results.requirements} == {Verdict.PASSED}
    assert {scenario.suite for scenario in results.scenarios} == {
        "non-deferred",
        "deferred",
        "mismatched-external-id",
        "resent-click-id",
        "duplicate-sale",
    }


def test_they_find_its_defect() -> None:
    with TinyPlatform(counts_twice=True) as platform:
        results = judge(platform)
    failed = [requirement.id for requirement in results.requirements if requirement.verdict is Verdict.FAILED]
    assert failed == ["duplicate-sale.counted-once"]


def test_its_plan_names_the_scenarios_although_there_is_no_sandbox_to_count_on() -> None:
    command = [sys.executable, "-m", "conformance", "run", "http://127.0.0.1:1", "--profile", str(FOLDER), "--plan"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert told.returncode == 0, told.stderr
    assert "mismatched-external-id" in told.stdout
    assert "nothing was sent" in told.stdout
