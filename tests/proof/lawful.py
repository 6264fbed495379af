"""Every latitude alone, and a covering array in which every pair of compatible ones comes together at least once.

A suite that turns red on any of them asks for more than the contract does. `make proof` runs it.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from itertools import combinations
from operator import or_
from typing import TYPE_CHECKING

from playing import LIMITS, PROFILES, dense_of, play, play_over_sockets, scenarios_of

from conformance.results import Verdict
from conformance.sandbox.latitudes import Latitude, latitudes_of
from conformance.sandbox.variation import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.engine.scenario import Scenario
    from conformance.results import Results

WORKERS = 2
# What only a real connection can show.
ON_THE_WIRE = ("no-keep-alive", "headers-in-capitals", "slow-answers")
_SUITE_ON_THE_WIRE = "deferred"

Row = tuple[str, ...]


def compatible(one: Latitude, other: Latitude) -> bool:
    """Whether a platform can have both: they answer different questions."""
    return one.about != other.about


def pairs_of(profile: str) -> set[frozenset[str]]:
    """Every pair of latitudes that a platform can have at once."""
    return {
        frozenset((one.name, other.name))
        for one, other in combinations(latitudes_of(profile), 2)
        if compatible(one, other)
    }


def covering_array(profile: str) -> list[Row]:
    """Rows of latitudes, one to each question at most, that hold every pair; made greedily, and always the same."""
    open_pairs = pairs_of(profile)
    rows = []
    while open_pairs:
        row: list[Latitude] = []
        while (best := _best(row, latitudes_of(profile), open_pairs)) is not None:
            row.append(best)
        names = tuple(latitude.name for latitude in row)
        open_pairs -= {frozenset(pair) for pair in combinations(names, 2)}
        rows.append(names)
    return rows


def _best(row: Sequence[Latitude], latitudes: Sequence[Latitude], open_pairs: set[frozenset[str]]) -> Latitude | None:
    """The latitude that fits into the row and brings most pairs that are still open, with those to come."""

    def gain(candidate: Latitude) -> tuple[int, int]:
        now = sum(frozenset((candidate.name, other.name)) in open_pairs for other in row)
        later = sum(candidate.name in pair for pair in open_pairs)
        return now, later

    fitting = [one for one in latitudes if all(compatible(one, other) for other in row)]
    useful = [one for one in fitting if gain(one)[0] or (not row and gain(one)[1])]
    return max(useful, key=gain, default=None)


def red(profile: str, names: Row, results: Results) -> list[str]:
    """What is red although the contract leaves it free."""
    lacks = {lack for latitude in latitudes_of(profile) if latitude.name in names for lack in latitude.lacks}
    return [
        f"{profile}: {' + '.join(names)}: {scenario.id}: {check.requirement} {check.verdict}: {check.actual}"
        for scenario in results.scenarios
        for check in scenario.checks
        if check.verdict in (Verdict.FAILED, Verdict.ERRORED)
        or (check.verdict is Verdict.WARNED and check.requirement not in lacks)
    ] + ([f"{profile}: {' + '.join(names)}: {results.stopped}"] if results.stopped else [])


def play_row(profile: str, names: Row) -> list[str]:
    """What is red when a platform has these latitudes."""
    logging.getLogger("trackproof.sandbox").setLevel(logging.CRITICAL)
    scenarios = (*scenarios_of(PROFILES[profile]), *dense_of(PROFILES[profile]))
    return red(profile, names, _played(profile, names, scenarios))


def _played(profile: str, names: Row, scenarios: Sequence[Scenario]) -> Results:
    by_name = {latitude.name: latitude for latitude in latitudes_of(profile)}
    return play(PROFILES[profile], reduce(or_, (by_name[name].variation for name in names), NONE), scenarios, LIMITS)


def play_on_the_wire(profile: str, name: str) -> list[str]:
    """What is red when a platform has this latitude, over a socket."""
    latitude = next(one for one in latitudes_of(profile) if one.name == name)
    suite = scenarios_of(PROFILES[profile], _SUITE_ON_THE_WIRE)
    return red(profile, (name,), play_over_sockets(PROFILES[profile], latitude.variation, suite))


def main() -> int:
    """Plays all of them and says what was red."""
    began = time.perf_counter()
    rows = {name: covering_array(name) for name in PROFILES}
    with ProcessPoolExecutor(WORKERS) as pool:
        alone = [pool.submit(play_row, name, (one.name,)) for name in PROFILES for one in latitudes_of(name)]
        together = [pool.submit(play_row, name, row) for name in PROFILES for row in rows[name]]
        wire = [pool.submit(play_on_the_wire, name, one) for name in PROFILES for one in ON_THE_WIRE]
        wrong = [line for played in (*alone, *together, *wire) for line in played.result()]
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        f"{len(alone)} latitudes alone and {len(together)} rows of pairs: {len(wrong)} red lines; "
        f"{time.perf_counter() - began:.0f} s\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
