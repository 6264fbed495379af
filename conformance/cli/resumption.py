"""`--resume RESULTS`: what an interrupted run has found already, and both runs as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.engine.conclusion import flaky, requirement_results, run_verdict
from conformance.errors import UsageError
from conformance.results.files import read_results
from conformance.results.waivers import unwaived
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.cli.settings import Settings
    from conformance.engine.runner import RunOptions
    from conformance.engine.scenario import Scenario
    from conformance.results import Results, ScenarioResult
    from conformance.results.waivers import Waivers

# Options that leave scenarios out: these have no verdict yet, although they are listed.
_LEFT_OUT = ("--max-requests", "--budget")


@dataclass(frozen=True)
class Earlier:
    """An earlier run that is taken up again, and where its results were read."""

    path: Path
    results: Results

    @property
    def judged(self) -> tuple[ScenarioResult, ...]:
        """The scenarios that have a verdict."""
        return tuple(scenario for scenario in self.results.scenarios if not _left_out(scenario))

    def kept(self, waivers: Waivers) -> tuple[ScenarioResult, ...]:
        """The same by the waivers of today."""
        return tuple(
            waivers.applied(replace(scenario, checks=tuple(unwaived(check) for check in scenario.checks)))
            for scenario in self.judged
        )

    def remaining(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """The scenarios that are still to be played."""
        done = {scenario.id for scenario in self.judged}
        return [scenario for scenario in scenarios if scenario.id not in done]


def _left_out(scenario: ScenarioResult) -> bool:
    return any(check.missing is not None and check.missing.option in _LEFT_OUT for check in scenario.checks)


def read_earlier(name: str) -> Earlier:
    """Reads the results of the run that is taken up; raises UsageError when there are none."""
    return Earlier(Path(name), read_results(Path(name)))


def resumed(settings: Settings) -> tuple[Earlier | None, Settings]:
    """The run that `--resume` takes up, if there is one, and the settings with its seed.

    Raises UsageError when it cannot be read, or had another seed than the one that is asked for.
    """
    if not settings["resume"]:
        return None, settings
    earlier = read_earlier(settings["resume"])
    return earlier, with_seed_of(earlier, settings)


def with_seed_of(earlier: Earlier, settings: Settings) -> Settings:
    """The settings with the seed of the earlier run, so that what is generated stays the same.

    Raises UsageError when another one was asked for.
    """
    asked = settings["seed"]
    if asked is not None and asked != earlier.results.run.seed:
        raise UsageError(
            f"{earlier.path} was made with seed {earlier.results.run.seed}, and this run has seed {asked} "
            f"({settings.origins['seed']})",
            "Leave --seed out: a run that is resumed keeps its seed.",
        )
    seed, origin = earlier.results.run.seed, str(earlier.path)
    return replace(settings, values={**settings.values, "seed": seed}, origins={**settings.origins, "seed": origin})


def check_same(earlier: Earlier, options: RunOptions) -> None:
    """Raises UsageError when the earlier run judged something else."""
    then, profile, target = earlier.results, options.profile, options.target
    sandbox = "the embedded sandbox"
    differences = [
        ("profile", then.profile.name, profile.name),
        ("contract revision", then.profile.revision, profile.revision),
        (
            "target",
            sandbox if then.target.embedded else then.target.url.rstrip("/"),
            sandbox if target.embedded else target.url.rstrip("/"),
        ),
    ]
    for what, before, now in differences:
        if before != now:
            raise UsageError(
                f"{earlier.path} cannot be resumed: its {what} is {before}, and this run's is {now}",
                "Resume with the options of the earlier run, or begin a new one without --resume.",
            )


def joined(earlier: Earlier, results: Results, options: RunOptions) -> Results:
    """Both runs as one: every scenario once, judged by the waivers of today."""
    waivers = options.waivers
    kept = earlier.kept(waivers)
    order = {scenario.id: number for number, scenario in enumerate(all_scenarios())}
    scenarios = tuple(sorted((*kept, *results.scenarios), key=lambda one: order.get(one.id, len(order))))
    requirements = requirement_results(options.profile, scenarios, options.selection)
    verdict, why = results.verdict, results.why
    remarks: tuple[str, ...] = ()
    if results.stopped is None:
        if verdict != "cut":
            verdict, why = run_verdict(requirements, scenarios, strict=options.strict, cut=None)
        verdict, why, remarks = waivers.verdict(verdict, why, scenarios)
    of_a_part = {*waivers.verdict("", "", results.scenarios)[2], *flaky(results.scenarios)}
    remarks = (*remarks, *flaky(scenarios))
    note = f"resumed from {earlier.path}: {len(kept)} scenarios are of run {earlier.results.run.id}"
    return replace(
        results,
        run=replace(
            results.run,
            started=earlier.results.run.started,
            seconds=round(earlier.results.run.seconds + results.run.seconds, 3),
            requests=earlier.results.run.requests + results.run.requests,
            created=tuple(dict.fromkeys((*earlier.results.run.created, *results.run.created))),
        ),
        verdict=verdict,
        why=why,
        requirements=requirements,
        scenarios=scenarios,
        warnings=(*remarks, *(warning for warning in results.warnings if warning not in of_a_part), note),
    )
