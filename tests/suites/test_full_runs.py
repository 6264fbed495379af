"""All suites against the embedded sandbox and against another platform that keeps the contract in its own way."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
LIMITS = Limits(concurrency=16)
DIRECT = Transport(trust_environment=False)


@dataclass(frozen=True)
class Runs:
    """One run against the sandbox as each platform, and one against the other platform."""

    embedded: dict[str, Results]
    other: Results


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


def judge_other(platform: OtherPlatform) -> Results:
    links = ShortLinks([platform.short_link], PROFILE.click_parameter)
    target = TargetOptions(
        platform.url, platform.token, clicks=links, short_links=links, readback=platform.readback, transport=DIRECT
    )
    return asyncio.run(run(RunOptions(PROFILE, target, LIMITS), all_scenarios()))


@pytest.fixture(scope="session")
def runs() -> Runs:
    with OtherPlatform(lag=0.1) as other, ThreadPoolExecutor() as threads:
        embedded = {name: threads.submit(judge_sandbox, profile) for name, profile in PROFILES.items()}
        second = threads.submit(judge_other, other)
        return Runs({name: future.result() for name, future in embedded.items()}, second.result())


every_profile = pytest.mark.parametrize("name", PROFILES)


def unhappy(results: Results) -> list[str]:
    return [
        f"{scenario.id}: {check.requirement} {check.verdict}: {check.actual} {check.reason or ''}"
        for scenario in results.scenarios
        for check in scenario.checks
        if check.verdict is not Verdict.PASSED
    ]


@every_profile
def test_the_sandbox_is_conformant_and_leaves_nothing_unjudged(runs: Runs, name: str) -> None:
    results = runs.embedded[name]

    assert unhappy(results) == []
    assert results.verdict == "conformant"
    assert results.warnings == ()
    assert results.requirement_counts()[Verdict.INCONCLUSIVE] == 0


@every_profile
def test_the_sandbox_needs_no_second_try(runs: Runs, name: str) -> None:
    scenarios = runs.embedded[name].scenarios

    assert [one.id for one in scenarios if one.attempts > 1 or any(check.flaky for check in one.checks)] == []


@pytest.mark.parametrize(("name", "scenario_id"), [(name, one) for name, all_of in DECLARED.items() for one in all_of])
def test_a_scenario_checks_what_it_declares_and_nothing_else(runs: Runs, name: str, scenario_id: str) -> None:
    result = next(one for one in runs.embedded[name].scenarios if one.id == scenario_id)
    promised = {one for one in DECLARED[name][scenario_id].verifies if PROFILES[name].promises(one)}

    assert {check.requirement for check in result.checks} == promised


@every_profile
def test_every_scenario_was_run_once(runs: Runs, name: str) -> None:
    assert [one.id for one in runs.embedded[name].scenarios] == list(DECLARED[name])


def test_every_scenario_was_run_once_against_the_other_platform_too(runs: Runs) -> None:
    assert [one.id for one in runs.other.scenarios] == list(DECLARED["cutmeshort"])


@every_profile
def test_every_requirement_that_can_be_verified_was(runs: Runs, name: str) -> None:
    verifiable = {one.id for one in PROFILES[name].requirements.values() if one.verifiable}

    assert {one.id for one in runs.embedded[name].requirements if one.verdict is Verdict.PASSED} == verifiable


def test_whoever_answers_otherwise_where_the_documents_are_silent_breaks_nothing(runs: Runs) -> None:
    red = [line for line in unhappy(runs.other) if " failed: " in line or " errored: " in line]

    assert red == []
    assert runs.other.verdict == "conformant"


def test_of_whoever_answers_otherwise_only_recommendations_are_open(runs: Runs) -> None:
    open_ones = [one for one in runs.other.requirements if one.verdict not in (Verdict.PASSED, Verdict.UNTESTED)]

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


@every_profile
def test_everything_that_the_sandbox_accepted_is_listed_as_created(runs: Runs, name: str) -> None:
    assert created_and_not_listed(runs.embedded[name]) == set()


def test_everything_that_the_other_platform_accepted_is_listed_as_created(runs: Runs) -> None:
    assert created_and_not_listed(runs.other) == set()


@every_profile
def test_everything_that_is_created_lies_in_the_runs_own_namespace(runs: Runs, name: str) -> None:
    run = runs.embedded[name].run

    # What is wrong on purpose may shout or begin with a blank.
    assert [one for one in run.created if not one.strip().lower().startswith(f"tp-{run.id}-")] == []


@every_profile
def test_no_two_scenarios_speak_of_the_same_customer(runs: Runs, name: str) -> None:
    speakers: dict[str, set[str]] = {}
    for scenario in runs.embedded[name].scenarios:
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
