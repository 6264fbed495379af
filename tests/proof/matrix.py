"""The kill matrix: every fault against every hand-written suite; `make proof` runs it and writes down what it found.

Each fault must turn its own requirement red and nothing else, and each scenario catch some fault; an unmodified sandbox
passes, a canary dies, and whatever crashes the harness counts as not caught. Otherwise the matrix is void. `.ci/run`
runs it too, as `make matrix`, which writes nothing.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import document
from judging import Judgement, judge
from playing import PROFILES, dense_of, play, play_over_sockets, scenarios_of

from conformance.engine.budget import PREFLIGHT
from conformance.results import Verdict
from conformance.sandbox.faults import Fault, fault_named, faults_of
from conformance.sandbox.faults.wire import SUCCESS, instead
from conformance.sandbox.variation import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario
    from conformance.results import Results

WORKERS = 2
LANES = 2
# What only a plain socket, or a listener for webhooks, can show; the lane over sockets plays these suites.
OVER_SOCKETS = ("retry", "deferred", "webhooks")
CANARY = Fault(
    "canary",
    "Every event is answered with success, and thrown away.",
    tuple(PROFILES),
    "non-deferred.confirmed-at-once",
    instead(lambda sent: sent.posted, SUCCESS),
    also=("*",),
)


@dataclass(frozen=True)
class Job:
    """One line of the matrix, by names that can be handed to another process."""

    profile: str
    fault: str


@dataclass(frozen=True)
class Matrix:
    """All of one profile: what became of each fault, and what each scenario costs alone, in exchanges.

    `densely` is what became of it in the dense scenarios; `unsound` why none of it may be believed.
    """

    profile: str
    unsound: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    costs: dict[str, int]
    densely: tuple[Judgement, ...]


def unhappy(results: Results) -> list[str]:
    """What is not as it should be on an unmodified sandbox; what needs a socket may be left open."""
    red = (Verdict.FAILED, Verdict.WARNED, Verdict.ERRORED)
    return [
        f"{scenario.id}: {check.requirement} {check.verdict}: {check.actual}"
        for scenario in results.scenarios
        for check in scenario.checks
        if check.verdict in red
    ] + ([results.stopped] if results.stopped else [])


def baseline(name: str) -> list[str]:
    """What is red on an unmodified sandbox of this profile, in both lanes."""
    profile = PROFILES[name]
    return (
        unhappy(play(profile, NONE, scenarios_of(profile)))
        + unhappy(play(profile, NONE, dense_of(profile)))
        + unhappy(play_over_sockets(profile, NONE, _over_sockets(profile)))
    )


def canary_dies(name: str) -> bool:
    """Whether a sandbox that forgets everything is found out."""
    profile = PROFILES[name]
    results = play(profile, CANARY.variation, scenarios_of(profile))
    return results.verdict == "nonconformant" and judge(CANARY, profile, results).killed


def unsound(name: str) -> tuple[str, ...]:
    """Why nothing that is said of this profile's faults may be believed."""
    red = [f"unmodified, and red: {line}" for line in baseline(name)]
    return (*red, *(() if canary_dies(name) else ("the canary lives",)))


def play_fault(job: Job) -> Judgement:
    """What becomes of one fault."""
    profile, fault = PROFILES[job.profile], fault_named(job.fault, job.profile)
    if fault.sockets:
        suite = profile.requirement(fault.breaks).suite
        return judge(fault, profile, play_over_sockets(profile, fault.variation, scenarios_of(profile, suite)))
    return judge(fault, profile, play(profile, fault.variation, scenarios_of(profile)))


def play_densely(job: Job) -> Judgement:
    """What becomes of one fault in the dense scenarios, as a budget plays them: together."""
    profile, fault = PROFILES[job.profile], fault_named(job.fault, job.profile)
    played = play_over_sockets if fault.sockets else play
    return judge(fault, profile, played(profile, fault.variation, dense_of(profile)))


def costs(name: str) -> dict[str, int]:
    """How many exchanges each scenario takes when it is played alone, markers and all, but not the preflight."""
    profile = PROFILES[name]
    return {one.id: _cost(profile, one) for one in (*dense_of(profile), *scenarios_of(profile))}


def _cost(profile: Profile, scenario: Scenario) -> int:
    results = play(profile, NONE, [scenario])
    if any(check.verdict is Verdict.INCONCLUSIVE for one in results.scenarios for check in one.checks):
        results = play_over_sockets(profile, NONE, [scenario])
    return results.run.requests - PREFLIGHT


def run_matrix(names: Sequence[str] = tuple(PROFILES)) -> list[Matrix]:
    """Plays everything in two processes, and beside them, in two that mostly wait, the lane over sockets."""
    jobs = [Job(name, fault.name) for name in names for fault in faults_of(name)]
    slow = [job for job in jobs if fault_named(job.fault, job.profile).sockets]
    quick = [job for job in jobs if job not in slow]
    # Those of the profile that takes longer come first, so that no process is left alone at the end.
    quick.sort(key=lambda job: job.profile, reverse=True)
    with (
        ProcessPoolExecutor(WORKERS, initializer=quiet) as pool,
        ProcessPoolExecutor(LANES, initializer=quiet) as lane,
    ):
        void = {name: pool.submit(unsound, name) for name in names}
        costly = {name: pool.submit(costs, name) for name in names}
        judged = {job: pool.submit(play_fault, job) for job in quick}
        judged |= {job: lane.submit(play_fault, job) for job in slow}
        densely = {job: pool.submit(play_densely, job) for job in quick}
        densely |= {job: lane.submit(play_densely, job) for job in slow}
        return [
            Matrix(
                name,
                void[name].result(),
                tuple(judged[job].result() for job in jobs if job.profile == name),
                costly[name].result(),
                tuple(densely[job].result() for job in jobs if job.profile == name),
            )
            for name in names
        ]


def problems(matrices: Sequence[Matrix]) -> list[str]:
    """Why the matrix is void; empty when it is not."""
    found = []
    for matrix in matrices:
        found += [f"{matrix.profile}: {line}" for line in matrix.unsound]
        for one in matrix.judgements:
            found += [f"{matrix.profile}: {one.fault}: crash: {line}" for line in one.crashes]
            if not one.killed:
                found.append(f"{matrix.profile}: {one.fault} survives: {one.requirement} stays as it was")
            found += [f"{matrix.profile}: {one.fault}: noise: {line}" for line in one.noise]
        told = document.data(matrix)["scenarios"]
        found += [f"{matrix.profile}: {name} catches nothing" for name, entry in told.items() if not entry["kills"]]
        for one in matrix.densely:
            wrong = (*one.crashes, *one.noise)
            found += [f"{matrix.profile}: {one.fault}: in dense journeys: {line}" for line in wrong]
    return found


def _over_sockets(profile: Profile) -> tuple[Scenario, ...]:
    promised = [suite for suite in OVER_SOCKETS if any(one.suite == suite for one in scenarios_of(profile))]
    return scenarios_of(profile, *promised)


def quiet() -> None:
    """Readies a process that plays many runs: no log, and no collector."""
    # What lives as long as the process need not be looked through again and again.
    gc.freeze()
    gc.disable()
    logging.getLogger("trackproof.sandbox").setLevel(logging.CRITICAL)


def main(arguments: Sequence[str]) -> int:
    """Runs the matrix, writes its page and its data, or with `--check` neither, and tells what is wrong with it."""
    began = time.perf_counter()
    matrices = run_matrix()
    seconds = time.perf_counter() - began
    wrong = problems(matrices)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    if wrong:
        sys.stderr.write(f"the matrix is void: {len(wrong)} problems\n")
        return 1
    if "--check" not in arguments:
        document.write(matrices)
    killed = sum(len(matrix.judgements) for matrix in matrices)
    sys.stdout.write(f"{killed} faults, all caught, no noise; {seconds:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
