"""The default run of each profile on the embedded sandbox, all of it and without the suites that are generated."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from measure import TRACKPROOF, Cost, Goal, Part, median, run

ROUNDS = 3
PROFILES = ("cutmeshort", "dub")
GENERATED = ("fuzz", "journeys")
_WAITS = "invoices are repeated after a pause, absence is watched, and what fuzz and journeys send is drawn first"


def played(profile: str, *words: str) -> Cost:
    """One run; its reports go to a folder that is removed again."""
    with tempfile.TemporaryDirectory() as name:
        return run([TRACKPROOF, "run", "sandbox", "--profile", profile, *words], Path(name))


def written_by_hand(profile: str) -> list[str]:
    """The options that choose every suite but the generated ones."""
    from conformance.contract import load_profile  # noqa: PLC0415 - the checkout's own
    from conformance.suites import all_scenarios  # noqa: PLC0415

    contract = load_profile(profile)
    suites = dict.fromkeys(one.suite for one in all_scenarios() if one.exists_for(contract))
    return [word for suite in suites if suite not in GENERATED for word in ("--suite", suite)]


def part() -> Part:
    """Wall, CPU and memory of whole runs."""
    rows = ["| profile | suites | wall | CPU | peak memory | exchanges |"]
    goals = []
    for profile in PROFILES:
        for which, words in (("all", []), ("without fuzz and journeys", written_by_hand(profile))):
            cost = median(lambda profile=profile, words=words: played(profile, *words), ROUNDS)  # type: ignore[misc]
            found = re.search(r"(\d+) exchanges", cost.output)
            exchanges = found[1] if found else "?"
            figures = f"{cost.wall:.1f} s | {cost.cpu:.1f} s | {cost.memory:.0f} MB | {exchanges}"
            rows.append(f"| {profile} | {which} | {figures} |")
            print(rows[-1], flush=True)
            if which == "all":
                goals.append(Goal(f"the default run of {profile}: at most 5 s", cost.wall, 5, " s", reason=_WAITS))
    return Part("The default run on the embedded sandbox", "", rows, goals)
