"""`trackproof run --plan`: what a run would send, counted on the embedded sandbox; nothing goes to the target."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from conformance.cli.resumption import check_same, resumed
from conformance.cli.running import embedded, embedded_options, run_options
from conformance.engine.runner import Run
from conformance.sandbox.platforms import plays
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.cli.settings import Settings
    from conformance.engine.runner import RunOptions
    from conformance.engine.scenario import Scenario
    from conformance.results import Results


def plan(settings: Settings) -> int:
    """Prints scenarios, exchanges and minutes; returns the exit code."""
    earlier, settings = resumed(settings)
    scenarios = all_scenarios() if earlier is None else earlier.remaining(all_scenarios())
    asked = run_options(settings) if not embedded(settings) else None
    if earlier is not None and asked is not None:
        check_same(earlier, asked)
    if asked is not None and not plays(asked.profile):
        return _uncounted(asked, scenarios)
    with embedded_options(settings) as options:
        if earlier is not None and asked is None:
            check_same(earlier, options)
        # The rehearsal is not paced: only what it counts is.
        unpaced = replace(options, limits=replace(options.limits, requests_per_minute=0), max_time=None)
        rehearsal = Run(unpaced, scenarios)
        results = asyncio.run(rehearsal.results())
    where = asked.target.url if asked else "the embedded sandbox"
    rate = settings["rpm"] or options.profile.documented_requests_per_minute
    click.echo(f"would send to {where} (profile {options.profile.name}); nothing was sent there")
    click.echo()
    for line in _table(results, rehearsal.left_out):
        click.echo(line)
    click.echo()
    if rate:
        origin = "--rpm" if settings["rpm"] else "the documented limit"
        click.echo(f"at {rate:g} exchanges a minute ({origin}): {results.run.requests / rate:.1f} minutes")
    if rehearsal.budgeted is not None:
        click.echo(rehearsal.budgeted.told)
    if earlier is not None:
        click.echo(f"{len(earlier.judged)} scenarios have a verdict in {earlier.path} and are not played again.")
    click.echo("Counted where reads do not lag: each second of lag adds polls.")
    return 0 if results.scenarios or earlier is not None else 3


def _uncounted(options: RunOptions, remaining: Sequence[Scenario]) -> int:
    """The scenarios alone, where there is no sandbox to count exchanges on."""
    scenarios = Counter(scenario.suite for scenario in options.selection.choose(remaining, options.profile))
    click.echo(f"would play against {options.target.url} (profile {options.profile.name}); nothing was sent there")
    click.echo()
    for suite, number in scenarios.items():
        click.echo(f"{suite:<26}{number:>10} scenarios")
    click.echo()
    click.echo(
        "Exchanges are counted on a sandbox, which this profile does not have; reckon with about six a scenario."
    )
    return 0 if scenarios else 3


def _table(results: Results, left_out: Mapping[str, int]) -> list[str]:
    scenarios: Counter[str] = Counter()
    exchanges: Counter[str] = Counter()
    for scenario in results.scenarios:
        scenarios[scenario.suite] += 1
        exchanges[scenario.suite] += len(scenario.exchanges) + left_out[scenario.id]
    shared = results.run.requests - sum(exchanges.values())
    lines = [f"{'suite':<26}{'scenarios':>10}{'exchanges':>11}"]
    lines += [f"{suite:<26}{scenarios[suite]:>10}{exchanges[suite]:>11}" for suite in scenarios]
    lines.append(f"{'preflight and markers':<26}{'':>10}{shared:>11}")
    lines.append(f"{'total':<26}{sum(scenarios.values()):>10}{results.run.requests:>11}")
    return lines
