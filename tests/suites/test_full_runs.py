"""All suites against the embedded sandbox and against another platform that keeps the contract in its own way."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import TYPE_CHECKING

import pytest
from other_platform import OtherPlatform

from conformance.contract import Level, load_profile, shipped_profiles
from conformance.engine.runner import RunOptions, run
from conformance.engine.selection import Selection
from conformance.evidence.inbox import InboxOptions
from conformance.results import Verdict
from conformance.sandbox.server import EmbeddedSandbox
from conformance.suites import all_scenarios
from conformance.target.clicks import ClickEndpoint, ShortLinks
from conformance.target.connections import Transport
from conformance.target.target import Limits, TargetOptions

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.results import Results

PROFILES = {name: load_profile(name) for name in shipped_profiles()}
PROFILE = PROFILES["cutmeshort"]
DECLARED = {
    name: {one.id: one for one in Selection().choose(all_scenarios(), profile)} for name, profile in PROFILES.items()
}
OTHER = "other"
LIMITS = Limits(concurrency=16)
DIRECT = Transport(trust_environment=False)


def judge_sandbox(profile: Profile) -> Results:
    with EmbeddedSandbox(profile) as sandbox:
        links = ShortLinks([sandbox.short_link], profile.click_parameter)
        endpoint, inbox = None, None
        if "click" in profile.paths:
            endpoint = ClickEndpoint(sandbox.url + profile.paths["click"], sandbox.url.removeprefix("http://"), "demo")
        if profile.signature_header:
            secret = "whsec_of-a-test"
            inbox = InboxOptions("127.0.0.1:0", secret, lambda url: sandbox.push_webhooks(url, secret))
        target = TargetOptions(
            sandbox.url,
            sandbox.token,
            clicks=links,
            short_links=links,
            click_endpoint=endpoint,
            readback=sandbox.readback if profile.evidence == "readback" else None,
            transport=DIRECT,
        )
        return asyncio.run(run(RunOptions(profile, target, LIMITS, inbox=inbox), all_scenarios()))


def judge_other() -> Results:
    with OtherPlatform(lag=0.1) as platform:
        links = ShortLinks([platform.short_link], PROFILE.click_parameter)
        target = TargetOptions(
            platform.url, platform.token, clicks=links, short_links=links, readback=platform.readback, transport=DIRECT
        )
        return asyncio.run(run(RunOptions(PROFILE, target, LIMITS), all_scenarios()))


@cache
def results_of(name: str) -> Results:
    """One run against the sandbox as the named platform, or against the other platform."""
    return judge_other() if name == OTHER else judge_sandbox(PROFILES[name])


def played_once(*names: str) -> pytest.MarkDecorator:
    """Tests with the results of these runs."""
    return pytest.mark.parametrize("name", names)


def unhappy(results: Results) -> list[str]:
    return [
        f"{scenario.id}: {check.requirement} {check.verdict}: {check.actual} {check.reason or ''}"
        for scenario in results.scenarios
        for check in scenario.checks
        if check.verdict is not Verdict.PASSED
    ]


@played_once(*PROFILES)
def test_the_sandbox_is_conformant_and_leaves_nothing_unjudged(name: str) -> None:
    results = results_of(name)

    assert unhappy(results) == []
    assert results.verdict == "conformant"
    assert results.warnings == ()
    assert results.requirement_counts()[Verdict.INCONCLUSIVE] == 0


@played_once(*PROFILES)
def test_the_sandbox_needs_no_second_try(name: str) -> None:
    scenarios = results_of(name).scenarios

    assert [one.id for one in scenarios if one.attempts > 1 or any(check.flaky for check in one.checks)] == []


@played_once(*PROFILES)
def test_a_scenario_checks_what_it_declares_and_nothing_else(name: str) -> None:
    profile = PROFILES[name]
    declared = {
        scenario_id: {requirement for requirement in scenario.verifies if profile.promises(requirement)}
        for scenario_id, scenario in DECLARED[name].items()
    }

    assert {one.id: {check.requirement for check in one.checks} for one in results_of(name).scenarios} == declared


@played_once(*PROFILES, OTHER)
def test_every_scenario_was_run_once(name: str) -> None:
    assert [one.id for one in results_of(name).scenarios] == list(DECLARED[results_of(name).profile.name])


@played_once(*PROFILES)
def test_every_requirement_that_can_be_verified_was(name: str) -> None:
    verifiable = {one.id for one in PROFILES[name].requirements.values() if one.verifiable}

    assert {one.id for one in results_of(name).requirements if one.verdict is Verdict.PASSED} == verifiable


@played_once(OTHER)
def test_whoever_answers_otherwise_where_the_documents_are_silent_breaks_nothing(name: str) -> None:
    red = [line for line in unhappy(results_of(name)) if " failed: " in line or " errored: " in line]

    assert red == []
    assert results_of(name).verdict == "conformant"


@played_once(OTHER)
def test_of_whoever_answers_otherwise_only_recommendations_are_open(name: str) -> None:
    open_ones = [one for one in results_of(name).requirements if one.verdict not in (Verdict.PASSED, Verdict.UNTESTED)]

    assert {one.level for one in open_ones} <= {Level.SHOULD, Level.MAY}


def created_and_not_listed(results: Results) -> set[tuple[str, str]]:
    return {
        (scenario.id, customer)
        for scenario in results.scenarios
        for exchange in scenario.exchanges
        if exchange.request.method == "POST" and exchange.response and exchange.response.status == 200
        for customer in _customers(exchange.request.body)
        if customer not in results.run.created
    }


@played_once(*PROFILES, OTHER)
def test_everything_that_was_accepted_is_listed_as_created(name: str) -> None:
    assert created_and_not_listed(results_of(name)) == set()


@played_once(*PROFILES)
def test_everything_that_is_created_lies_in_the_runs_own_namespace(name: str) -> None:
    run = results_of(name).run

    # What is wrong on purpose may shout or begin with a blank.
    assert [one for one in run.created if not one.strip().lower().startswith(f"tp-{run.id}-")] == []


@played_once(*PROFILES)
def test_no_two_scenarios_speak_of_the_same_customer(name: str) -> None:
    speakers: dict[str, set[str]] = {}
    for scenario in results_of(name).scenarios:
        for exchange in scenario.exchanges:
            for customer in _customers(exchange.request.body):
                speakers.setdefault(customer, set()).add(scenario.id)

    assert {customer: told for customer, told in speakers.items() if len(told) > 1} == {}


def _customers(body: str) -> list[str]:
    """The external ids that an event names, whatever its platform calls the field."""
    try:
        document = json.loads(body)
    except ValueError:
        return []
    if not isinstance(document, dict):
        return []
    fields = {profile.fields[operation]["customer"] for profile in PROFILES.values() for operation in ("lead", "sale")}
    return [value for name in fields if isinstance(value := document.get(name), str) and value]
