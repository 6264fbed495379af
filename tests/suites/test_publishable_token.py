"""A token for browsers: the paths for browsers are judged, by what they promise and by nothing else."""

from __future__ import annotations

import asyncio

from conformance.contract import load_profile
from conformance.engine.runner import RunOptions, run
from conformance.engine.selection import Selection
from conformance.results import Verdict
from conformance.sandbox.server import EmbeddedSandbox
from conformance.suites import all_scenarios
from conformance.target.clicks import ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

SUITES = ("authentication", "deferred", "mismatched-external-id", "resent-click-id", "validation")


def test_nothing_is_red_and_only_the_paths_for_browsers_are_called() -> None:
    whole = load_profile("dub")
    with EmbeddedSandbox(whole) as sandbox:
        token = "dub_pk_" + sandbox.token.removeprefix("dub_")
        profile = whole.for_token(token)
        links = ShortLinks([sandbox.short_link], profile.click_parameter)
        target = TargetOptions(
            sandbox.url, token, clicks=links, short_links=links, transport=Transport(trust_environment=False)
        )
        options = RunOptions(profile, target, Limits(concurrency=16), selection=Selection(suites=SUITES))
        results = asyncio.run(run(options, all_scenarios()))

    assert {one.verdict for one in results.requirements} <= {Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.UNTESTED}
    assert results.requirement_counts()[Verdict.PASSED] > len(SUITES)
    called = {one.request.url.removeprefix(sandbox.url) for result in results.scenarios for one in result.exchanges}
    assert {"/track/lead/client", "/track/sale/client"} <= called
    assert not {"/track/lead", "/track/sale"} & called
