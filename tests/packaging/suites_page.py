"""Writes docs/suites.md, and one such page for each further profile, from suites and requirements: `make docs`."""

from __future__ import annotations

import importlib
import inspect
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.contract import load_profile, shipped_profiles
from conformance.suites import SUITES, all_scenarios

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.engine.scenario import Scenario

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: DOCS / f"suites-{name}.md" for name in shipped_profiles()} | {"cutmeshort": DOCS / "suites.md"}
HEAD = """\
# Suites

What each suite plays, and what each requirement means, for the profile `{profile}`. The whole of it, with sources, what
a breach costs and how to fix it: `trackproof requirements --format json`. This page is written by `make docs`.

"""


def page(profile: Profile) -> str:
    """The whole page: for each suite of the profile its requirements and its scenarios."""
    known = [suite for suite in SUITES if scenarios_of(suite, profile)]
    counts = {suite: len(scenarios_of(suite, profile)) for suite in known}
    index = "".join(f"* [`{suite}`](#{suite}), {counts[suite]} scenarios\n" for suite in known)
    return HEAD.format(profile=profile.name) + index + "".join(section(suite, profile) for suite in known)


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
        lines.append(f"* `{base.partition('/')[2]}`{told(list(variants))}\n")
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
