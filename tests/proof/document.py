"""Writes down what the kill matrix found: a page for people, and data from which `--budget` chooses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playing import PROFILES, dense_of, scenarios_of

from conformance.engine import budget
from conformance.sandbox.faults import fault_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judging import Judgement
    from matrix import Matrix

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
DATA = Path(budget.__file__).with_name("kills")
# A minute of the smallest limit that is documented.
BUDGET = 60
HEAD = """\
# Kill matrix

What the suites catch, measured: each line is a realistic defect that was planted in the sandbox, the requirement that
it breaks, the suites in which that requirement turned red, and how many exchanges the shortest scenario took that saw
it. All hand-written suites are played against every fault; whatever turns red besides has to be an honest consequence
of the same defect, and is declared with it. `trackproof sandbox --fault NAME` serves one of them. This page is written
by `make proof`.

Where a run may send little, `--budget N` begins with dense journeys, of which each exchange tries out many requirements
at once; each section says what they catch within a minute of the documented limit. Costs are those of a target that
keeps the contract: what strikes is followed up by the scenarios that look at it alone, which costs more.
"""


def write(matrices: Sequence[Matrix]) -> None:
    """Writes the page and the data."""
    DATA.mkdir(exist_ok=True)
    for matrix in matrices:
        path = DATA / f"{matrix.profile}.json"
        path.write_text(json.dumps(data(matrix), indent=1) + "\n", encoding="utf-8")
    # What fits into a budget is chosen from the data.
    PAGE.write_text(page(matrices), encoding="utf-8")


def page(matrices: Sequence[Matrix]) -> str:
    """The whole page."""
    return HEAD + "".join(_section(matrix) for matrix in matrices)


def data(matrix: Matrix) -> dict[str, Any]:
    """Of each scenario, what it costs and which faults it catches."""
    profile = PROFILES[matrix.profile]
    caught: dict[str, list[str]] = {one.id: [] for one in (*dense_of(profile), *scenarios_of(profile))}
    for judgement in matrix.judgements:
        for scenario in judgement.kills:
            caught[scenario].append(judgement.fault)
    for judgement in matrix.densely:
        for scenario in judgement.caught_by:
            caught[scenario].append(judgement.fault)
    return {
        "format": budget.FORMAT,
        "faults": {judgement.fault: judgement.requirement for judgement in matrix.judgements},
        "scenarios": {name: {"exchanges": matrix.costs[name], "kills": faults} for name, faults in caught.items()},
    }


def _section(matrix: Matrix) -> str:
    lines = [
        f"\n## {PROFILES[matrix.profile].title}\n\n",
        f"{len(matrix.judgements)} faults, all caught.\n\n",
        "| fault | what is wrong | requirement | caught by | exchanges |\n|---|---|---|---|---|\n",
    ]
    lines += [_line(matrix.profile, judgement) for judgement in matrix.judgements]
    lines += _budget(matrix)
    redundant = [name for name, told in data(matrix)["scenarios"].items() if not told["kills"]]
    lines.append("\n### Scenarios that kill none yet\n\n")
    lines += [f"* `{name}`\n" for name in redundant] or ["None: every scenario catches at least one fault.\n"]
    return "".join(lines)


def _budget(matrix: Matrix) -> list[str]:
    """What is caught within a minute of the documented limit, and by which dense journeys."""
    profile, within = PROFILES[matrix.profile], BUDGET
    chosen = {one.id for one in budget.choose((*dense_of(profile), *scenarios_of(profile)), profile, within).scenarios}
    named = {one.fault for one in (*matrix.densely, *matrix.judgements) if chosen & set(one.caught_by)}
    share = 100 * len(named) // len(matrix.judgements)
    told = data(matrix)["scenarios"]
    rows = [
        f"| `{one.id}` | {told[one.id]['exchanges']} | {len(told[one.id]['kills'])} |\n" for one in dense_of(profile)
    ]
    told_so = f"catches {len(named)} of {len(matrix.judgements)} faults ({share} %), each by the requirement it breaks"
    return [
        f"\n### Within {within} exchanges\n\n",
        f"`--budget {within}` {told_so}.\n\n",
        "| dense journey | exchanges | faults caught |\n|---|---|---|\n",
        *rows,
    ]


def _line(profile: str, judgement: Judgement) -> str:
    suites = sorted({scenario.partition("/")[0] for scenario in judgement.caught_by})
    cells = (
        f"`{judgement.fault}`",
        fault_named(judgement.fault, profile).description,
        f"`{judgement.requirement}` ({judgement.level})",
        ", ".join(suites),
        str(min(judgement.caught_by.values())),
    )
    return f"| {' | '.join(cells)} |\n"
