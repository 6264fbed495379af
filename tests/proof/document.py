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
# A minute of each plan's limit that is documented, and what lies between.
BUDGETS = (60, 120, 300, 600)
HEAD = """\
# Kill matrix

What the suites catch, measured: each line is a realistic defect that was planted in the sandbox, the requirement that
it breaks, the suites in which that requirement turned red, and how many exchanges the shortest scenario took that saw
it. All hand-written suites are played against every fault; whatever turns red besides has to be an honest consequence
of the same defect, and is declared with it. `trackproof sandbox --fault NAME` serves one of them. This page is written
by `make proof`.

The other way round, every scenario and every variant of one catches at least one fault, or it would not be there. Where
nothing works any more after a fault, that is counted for those alone which look at what it breaks.

Where a run may send little, `--budget N` begins with dense journeys, of which each exchange tries out many requirements
at once; each section says what is caught within a minute of the documented limit, and with less or more. Costs are
those of a target that keeps the contract: what strikes is followed up by the scenarios that look at it alone, which
costs more.
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
    idle = [name for name, told in data(matrix)["scenarios"].items() if not told["kills"]]
    if idle:
        lines.append("\n### Scenarios that catch nothing\n\n")
        lines += [f"* `{name}`\n" for name in idle]
    return "".join(lines)


def _budget(matrix: Matrix) -> list[str]:
    """What is caught within a minute of the documented limit, with less or more, and by which dense journeys."""
    profile = PROFILES[matrix.profile]
    within, planted = profile.documented_requests_per_minute, len(matrix.judgements)
    caught = {exchanges: _caught(matrix, exchanges) for exchanges in sorted({*BUDGETS, within})}
    told = data(matrix)["scenarios"]
    return [
        f"\n### Within {within} exchanges\n\n",
        f"`--budget {within}` catches {caught[within][1]} of {planted} faults ",
        f"({100 * caught[within][1] // planted} %), each by the requirement it breaks.\n\n",
        "| `--budget` | scenarios | faults caught |\n|---|---|---|\n",
        *(f"| {n} | {played} | {found} ({100 * found // planted} %) |\n" for n, (played, found) in caught.items()),
        "\n| dense journey | exchanges | faults caught |\n|---|---|---|\n",
        *(
            f"| `{one.id}` | {told[one.id]['exchanges']} | {len(told[one.id]['kills'])} |\n"
            for one in dense_of(profile)
        ),
    ]


def _caught(matrix: Matrix, exchanges: int) -> tuple[int, int]:
    """How many scenarios fit into so many exchanges, and how many faults they catch by what these break."""
    profile = PROFILES[matrix.profile]
    chosen = budget.choose((*dense_of(profile), *scenarios_of(profile)), profile, exchanges).scenarios
    names = {one.id for one in chosen}
    caught = {one.fault for one in (*matrix.densely, *matrix.judgements) if names & set(one.caught_by)}
    return len(chosen), len(caught)


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
