"""A sandbox of its own, whose headers tell a sender of other customers too, and that takes any token, is lawful."""

from __future__ import annotations

import asyncio

from conformance.contract import load_profile
from conformance.engine.runner import RunOptions, run
from conformance.engine.selection import Selection
from conformance.sandbox.reception import Kit
from conformance.sandbox.server import EmbeddedSandbox
from conformance.suites import all_scenarios
from conformance.target.clicks import ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import TargetOptions
from conformance.watch.bench import NamespaceJudge

PROFILE = load_profile("cutmeshort")


def test_neither_a_hint_nor_a_token_of_one_letter_is_taken_for_a_leak() -> None:
    kit = Kit(judge=lambda name: NamespaceJudge(PROFILE, name))
    with EmbeddedSandbox(PROFILE, any_token=True, kit=kit) as running:
        links = ShortLinks([running.short_link], PROFILE.click_parameter)
        target = TargetOptions(
            running.url,
            "x",
            clicks=links,
            short_links=links,
            readback=running.readback,
            transport=Transport(trust_environment=False),
        )
        selection = Selection(suites=("privacy", "mismatched-external-id"))
        results = asyncio.run(run(RunOptions(PROFILE, target, selection=selection), all_scenarios()))

    hints = [
        value
        for scenario in results.scenarios
        for exchange in scenario.exchanges
        if exchange.response
        for name, value in exchange.response.headers.items()
        if name.lower() == "x-trackproof-hint"
    ]
    assert any("event 1 named" in hint for hint in hints)
    assert results.verdict == "conformant", results.why
    assert [one.id for one in results.requirements if one.verdict == "warned"] == []
