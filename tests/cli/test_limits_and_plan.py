"""What is sent: nothing with --plan, and never more than --max-requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from command_line import accepting, entered, options
from other_platform import OtherPlatform

if TYPE_CHECKING:
    from pathlib import Path

CLICKS = tuple(word for number in range(8) for word in ("--click-id", f"click-{number}-end"))


def test_plan_sends_nothing_and_names_scenarios_exchanges_and_minutes(tmp_path: Path) -> None:
    with accepting() as server:
        ended = entered(
            tmp_path,
            *("run", server.url, "--token", "x", *CLICKS, "--readback", server.url),
            *("--suite", "duplicate-sale", "--suite", "deferred", "--rpm", "30", "--plan"),
        )
    assert ended.code == 0, ended.said
    assert server.connections == 0
    assert server.url in ended.out
    assert re.search(r"^duplicate-sale +\d+ +\d+$", ended.out, re.MULTILINE)
    total = re.search(r"^total +(\d+) +(\d+)$", ended.out, re.MULTILINE)
    minutes = re.search(r"at 30 exchanges a minute \(--rpm\): ([\d.]+) minutes", ended.out)
    assert total
    assert minutes
    assert int(total[1]) >= 20
    assert float(minutes[1]) == pytest.approx(int(total[2]) / 30, abs=0.1)
    assert not (tmp_path / "reports").exists()


def test_plan_without_a_rate_counts_with_the_documented_limit(tmp_path: Path) -> None:
    ended = entered(tmp_path, "run", "--suite", "race", "--plan")
    assert ended.code == 0, ended.said
    assert re.search(r"at 60 exchanges a minute \(the documented limit\): [\d.]+ minutes", ended.out)


def test_plan_of_nothing_is_inconclusive_as_the_run_would_be(tmp_path: Path) -> None:
    ended = entered(tmp_path, "run", "--level", "must", "--requirement", "deferred.pending-visible", "--plan")
    assert ended.code == 3, ended.said


@pytest.mark.parametrize(
    ("most", "suites"), [(1, ("--suite", "duplicate-sale")), (37, ())], ids=["one", "of-all-suites"]
)
def test_max_requests_is_never_exceeded_and_what_is_left_out_is_named(
    tmp_path: Path, most: int, suites: tuple[str, ...]
) -> None:
    with accepting() as server:
        ended = entered(tmp_path, "run", server.url, "--token", "x", *CLICKS, "--max-requests", str(most), *suites)
    results = ended.results()
    assert server.connections == results["run"]["requests"]
    assert server.connections <= most
    assert ended.code in (1, 3)
    assert "--max-requests" in ended.out
    unsent = [
        check
        for scenario in results["scenarios"]
        for check in scenario["checks"]
        if (check["missing"] or {}).get("option") == "--max-requests"
    ]
    assert unsent
    assert {check["verdict"] for check in unsent} == {"inconclusive"}


def test_the_number_of_exchanges_is_the_number_that_the_target_saw(tmp_path: Path) -> None:
    with accepting() as server:
        ended = entered(tmp_path, "run", server.url, "--token", "x", *CLICKS, "--suite", "race", "--suite", "retry")
    assert ended.results()["run"]["requests"] == server.connections


def test_everything_created_is_listed_for_clean_up(tmp_path: Path) -> None:
    with OtherPlatform(lag=0) as platform:
        ended = entered(tmp_path, "run", *options(platform), "--suite", "sale")
        known = set(platform.books.customers)
    results = ended.results()
    assert known
    assert known <= {one["id"] for one in results["created"] if one["kind"] == "customer"}
    assert all(customer.startswith(f"tp-{results['run']['id']}-") for customer in known)
