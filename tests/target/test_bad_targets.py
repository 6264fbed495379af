"""Whole runs against targets that misbehave: each ends, has a named verdict, and is nobody's traceback."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import bad_transport as bad
import pytest
from target_talk import DIRECT, PROFILE, TOKEN

from conformance.engine.runner import Run, RunOptions
from conformance.engine.selection import Selection
from conformance.results.document import to_document
from conformance.suites import all_scenarios
from conformance.target import pace
from conformance.target.clicks import GivenClicks
from conformance.target.target import Limits, TargetOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.results import Results

SELECTION = Selection(
    scenarios=(
        "non-deferred/one-event-is-a-confirmed-lead",
        "deferred/event-2-confirms-the-lead-that-event-1-left-pending",
        "duplicate-sale/the-same-invoice-counts-once-whatever-else-it-says",
        "race/identical-leads-at-the-same-moment-count-once",
        "retry/a-sale-sent-again-after-a-cut-connection-counts-once",
        "privacy/refusals-show-nothing-of-the-servers-inside",
        "resilience/hostile-text-breaks-nothing",
    )
)
STOPPED = "stopped"
# The fault of every exchange, and what the run comes to.
EXPECTED: dict[str, tuple[Callable[[], bad.BadServer], str, str | None]] = {
    "hanging": (bad.hanging, STOPPED, "deadline"),
    "dripping-headers": (partial(bad.dripping_headers, 0.1), STOPPED, "deadline"),
    "dripping-body": (partial(bad.dripping_body, 0.1), "inconclusive", "deadline"),
    "truncating": (bad.truncating, "inconclusive", "truncated"),
    "truncating-chunks": (bad.truncating_chunks, "inconclusive", "truncated"),
    "resetting": (bad.resetting, STOPPED, "reset"),
    "resetting-amid-body": (bad.resetting_amid_body, "inconclusive", "reset"),
    "closing": (bad.closing, STOPPED, "no-answer"),
    "redirecting": (bad.redirecting, "nonconformant", None),
    "answering-html": (bad.answering_html, "nonconformant", None),
    "answering-a-gigabyte": (bad.answering_a_gigabyte, "inconclusive", "too-large"),
    "answering-garbage": (bad.answering_garbage, STOPPED, None),
    "answering-endless-headers": (bad.answering_endless_headers, STOPPED, "not-http"),
    "failing": (bad.failing, "nonconformant", None),
    "refusing-the-token": (bad.refusing_the_token, STOPPED, None),
    "hostile": (bad.hostile, "nonconformant", None),
}


async def judge(url: str, *, deadline: float, selection: Selection = SELECTION) -> tuple[Results, Run]:
    run = Run(
        RunOptions(
            PROFILE,
            TargetOptions(url, TOKEN, clicks=GivenClicks(["id_1", "id_2"]), readback=f"{url}/x", transport=DIRECT),
            Limits(deadline=deadline, settle=0.4),
            selection,
        ),
        all_scenarios(),
    )
    return await run.results(), run


def side_by_side(
    names: list[str], *, deadline: float, selection: Selection = SELECTION
) -> dict[str, tuple[Results, Run]]:
    async def story() -> dict[str, tuple[Results, Run]]:
        async with asyncio.timeout(40):
            found = await asyncio.gather(
                *(judge(server.url, deadline=deadline, selection=selection) for server in servers.values())
            )
        return dict(zip(servers, found, strict=True))

    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(EXPECTED[name][0]()) for name in names}
        return asyncio.run(story())


@pytest.fixture(scope="module")
def runs() -> dict[str, tuple[Results, Run]]:
    slow = [name for name, (_, _, code) in EXPECTED.items() if code == "deadline"]
    large = ["answering-a-gigabyte"]
    others = [name for name in EXPECTED if name not in (*slow, *large)]
    # Only who is slow on purpose may meet the deadline, however busy this machine is.
    return {
        **side_by_side(slow, deadline=0.4),
        **side_by_side(others, deadline=30),
        **side_by_side(large, deadline=30, selection=Selection(scenarios=SELECTION.scenarios[:2])),
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_a_target_that_misbehaves_has_a_named_verdict(runs: dict[str, tuple[Results, Run]], name: str) -> None:
    results, run = runs[name]
    _, verdict, code = EXPECTED[name]

    if verdict == STOPPED:
        assert run.exit_code_when_stopped == 4
        assert results.stopped is not None
        assert code is None or code in results.stopped
    else:
        assert results.stopped is None
        assert results.verdict == verdict
        codes = {check.code for scenario in results.scenarios for check in scenario.checks if check.code}
        assert codes == ({code} if code else set())


@pytest.mark.parametrize("name", EXPECTED)
def test_no_misbehaviour_is_taken_for_a_defect_of_trackproof(runs: dict[str, tuple[Results, Run]], name: str) -> None:
    results, _ = runs[name]

    for scenario in results.scenarios:
        for check in scenario.checks:
            assert check.blame != "harness", check
            assert "Traceback" not in check.actual or name == "hostile"
    assert to_document(results)


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_passes_that_a_target_like_that_cannot_have_done(
    runs: dict[str, tuple[Results, Run]], name: str
) -> None:
    results, _ = runs[name]
    passed = {one.id for one in results.requirements if one.verdict == "passed"}

    assert not [one for one in passed if not one.startswith(("privacy.", "resilience.", "race.answered"))]
    assert results.verdict != "conformant"


def test_a_target_that_only_limits_is_inconclusive_and_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_PATIENCE_BEFORE_ANY_ANSWER", 1.0)
    with bad.limiting("0.05") as server:
        results, run = asyncio.run(asyncio.wait_for(judge(server.url, deadline=5), 30))

    assert results.verdict == "inconclusive"
    assert run.exit_code_when_stopped is None
    assert not [one for one in results.requirements if one.verdict not in ("inconclusive", "untested")]
