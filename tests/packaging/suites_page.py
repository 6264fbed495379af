"""Writes docs/suites.md, and one such page for each further profile, from suites and requirements: `make docs`.

What a scenario sends was counted by `make proof`, which plays each alone.
"""

from __future__ import annotations

import importlib
import inspect
import json
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract import load_profile, shipped_profiles
from conformance.engine.budget import is_generated
from conformance.suites import SUITES, all_scenarios

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario

DOCS = Path(__file__).parents[2] / "docs"
KILLS = Path(__file__).parents[2] / "conformance" / "engine" / "kills"
PAGES = {name: DOCS / f"suites-{name}.md" for name in shipped_profiles()} | {"cutmeshort": DOCS / "suites.md"}
HEAD = """\
# Suites

What each suite plays, and what each requirement means, for the profile `{profile}`. The whole of it, with sources, what
a breach costs and how to fix it: `trackproof requirements --format json`. This page is written by `make docs`.

An exchange is a request and its answer: events, visits to short links, reads and markers. They are counted with each
scenario played alone against the sandbox; played together, as in a run, scenarios share markers and reads, which saves
about a quarter. A target that lags is read more often. The preflight of a run sends two more.

| suite | scenarios | exchanges | for each scenario |
|---|---|---|---|
"""


def page(profile: Profile) -> str:
    """The whole page: for each suite of the profile its requirements and its scenarios."""
    known = [suite for suite in SUITES if scenarios_of(suite, profile)]
    index = "".join(f"| [`{suite}`](#{suite}) | {costs(scenarios_of(suite, profile), profile)} |\n" for suite in known)
    return HEAD.format(profile=profile.name) + index + "".join(section(suite, profile) for suite in known)


def costs(scenarios: list[Scenario], profile: Profile) -> str:
    """How many scenarios, and how many exchanges they take: all of them, and one on average."""
    counted = [one for one in scenarios if one.id in counts(profile.name)]
    if not counted:
        return f"{len(scenarios)} | as `--max-examples` says |"
    sent = exchanges(counted, profile)
    made_up = [one for one in scenarios if is_generated(one)]
    new = len(scenarios) - len(counted) - len(made_up)
    besides = ", the others as `--max-examples` says" * bool(made_up) + f" (without {new} that are new)" * bool(new)
    return f"{len(scenarios)} | {sent}{besides} | {sent / len(counted):.1f}"


def exchanges(scenarios: list[Scenario], profile: Profile) -> int:
    """How many exchanges these scenarios take, each played alone; 0 where that was not counted of each."""
    known = counts(profile.name)
    return sum(known[one.id] for one in scenarios) if all(one.id in known for one in scenarios) else 0


@cache
def counts(profile: str) -> dict[str, int]:
    document = json.loads((KILLS / f"{profile}.json").read_text(encoding="utf-8"))
    return {name: entry["exchanges"] for name, entry in document["scenarios"].items()}


def section(suite: str, profile: Profile) -> str:
    module = importlib.import_module(f"conformance.suites.{suite.replace('-', '_')}")
    about = " ".join((inspect.getdoc(module) or "").split())
    lines = [f"\n## {suite}\n\n{about}\n\n| requirement | level | what has to hold |\n|---|---|---|\n"]
    for requirement in profile.requirements.values():
        if requirement.suite == suite and requirement.binds == "platform":
            hidden = f" *Not verifiable:* {cell(requirement.unverifiable)}" if requirement.unverifiable else ""
            lines.append(f"| `{requirement.id}` | {requirement.level} | {cell(requirement.statement)}{hidden} |\n")
    lines.append("\nScenarios:\n\n")
    for base, variants in groupby(scenarios_of(suite, profile), lambda one: one.id.partition("[")[0]):
        group = list(variants)
        counted = exchanges(group, profile)
        plural, in_all = "s" * (counted > 1), " in all" * (len(group) > 1)
        sent = f" {counted} exchange{plural}{in_all}." if counted else ""
        lines.append(f"* `{base.partition('/')[2]}`{told(group)}{sent}\n")
    return "".join(lines)


def told(variants: list[Scenario]) -> str:
    first = variants[0]
    if first.variant is None:
        return f": {first.title}"
    title = first.title.removesuffix(f": {first.variant.replace('-', ' ')}.")
    return f": {title}, in {len(variants)} variants."


def scenarios_of(suite: str, profile: Profile) -> list[Scenario]:
    return [scenario for scenario in all_scenarios() if scenario.suite == suite and scenario.exists_for(profile)]


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    for name, path in PAGES.items():
        path.write_text(page(load_profile(name)), encoding="utf-8")
