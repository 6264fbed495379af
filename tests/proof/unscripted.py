"""The generated suites against every planted fault, with no scenario written by hand, and at length on a sound sandbox.

On the sound one they have to find nothing, with thousands of examples; each of them has to find a good many of the
faults, and to tell each with the body or the story that shows it. `make proof` runs it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from judging import judge
from matrix import WORKERS, quiet, unhappy
from playing import LIMITS, PROFILES, generated_scenarios_of, play

from conformance.generated.material import prepare
from conformance.generated.themes import THEMES
from conformance.sandbox.faults import fault_named, faults_of
from conformance.sandbox.variation import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.results import Results

SUITES = ("fuzz", "journeys")
MANY = 2000
# Enough for most of what can be found, and little enough for three hundred faults.
FEW = 60
LEAST = 10
_LIMITS = replace(LIMITS, concurrency=64)


@dataclass(frozen=True)
class Search:
    """What one generated suite made of one fault: `told` is what it broke, `crashes` are of the harness itself."""

    profile: str
    suite: str
    fault: str
    found: bool
    crashes: tuple[str, ...]


def search(profile: str, suite: str, fault: str) -> Search:
    """Looks for a fault with one generated suite."""
    planted = fault_named(fault, profile)
    judged = judge(planted, PROFILES[profile], _played(profile, suite, fault, FEW))
    return Search(profile, suite, fault, bool(judged.kills), judged.crashes)


def sound(profile: str, suite: str, size: int = MANY, seed: int = 0) -> list[str]:
    """What is red on an unmodified sandbox, with so many examples."""
    return [f"{profile}: {suite}: seed {seed}: {line}" for line in unhappy(_played(profile, suite, "", size, seed))]


def _played(profile: str, suite: str, fault: str, size: int, seed: int = 0) -> Results:
    draw(profile, suite, size, seed)
    variation = fault_named(fault, profile).variation if fault else NONE
    scenarios = generated_scenarios_of(PROFILES[profile], suite)
    return play(PROFILES[profile], variation, scenarios, _LIMITS, seed=seed, max_examples=size)


def draw(profile: str, suite: str, size: int, seed: int = 0) -> None:
    """Draws what a suite sends, once for this process and for those that it starts."""
    if suite == "fuzz":
        prepare(PROFILES[profile], "bodies", seed, size)
    else:
        prepare(PROFILES[profile], "journeys", seed, -(-size // len(THEMES)))


def wrong_with(searches: Sequence[Search]) -> list[str]:
    """Why the generated suites do not prove what they have to; empty when they do."""
    wrong = [f"{one.profile}: {one.suite}: {one.fault}: {line}" for one in searches for line in one.crashes]
    found = Counter((one.profile, one.suite) for one in searches if one.found)
    return wrong + [
        f"{profile}: {suite} finds {found[profile, suite]} faults, fewer than {LEAST}"
        for profile in PROFILES
        for suite in SUITES
        if found[profile, suite] < LEAST
    ]


def main() -> int:
    """Plays all of it and says what is wrong, and how many faults each suite finds."""
    began = time.perf_counter()
    for profile in PROFILES:
        for suite in SUITES:
            draw(profile, suite, FEW)
    with ProcessPoolExecutor(WORKERS, initializer=quiet) as pool:
        green = [pool.submit(sound, profile, suite) for profile in PROFILES for suite in SUITES]
        looked = [
            pool.submit(search, profile, suite, fault.name)
            for profile in PROFILES
            for suite in SUITES
            for fault in faults_of(profile)
            if not fault.sockets
        ]
        searches = [one.result() for one in looked]
        wrong = [line for one in green for line in one.result()] + wrong_with(searches)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    for profile in PROFILES:
        mine = [one for one in searches if one.profile == profile]
        by = {suite: {one.fault for one in mine if one.found and one.suite == suite} for suite in SUITES}
        told = ", ".join(f"{suite} {len(faults)}" for suite, faults in by.items())
        together = len(set().union(*by.values()))
        sys.stdout.write(f"{profile}: {told}, together {together} of {len({one.fault for one in mine})} faults\n")
    sys.stdout.write(f"{MANY} examples on a sound sandbox: {len(wrong)} wrong; {time.perf_counter() - began:.0f} s\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
