"""Writes down what the kill matrix found: a page for people, and data from which `--budget` chooses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playing import PROFILES, scenarios_of

from conformance.engine import budget
from conformance.sandbox.faults import fault_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judging import Judgement
    from matrix import Matrix

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
DATA = Path(budget.__file__).with_name("kills")
HEAD = """\
# Kill matrix

What the suites catch, measured: each line is a realistic defect that was planted in the sandbox, the requirement that
it breaks, the suites in which that requirement turned red, and how many exchanges the shortest scenario took that saw
it. All hand-written suites are played against every fault; whatever turns red besides has to be an honest consequence
of the same defect, and is declared with it. `trackproof sandbox --fault NAME` serves one of them. This page is written
by `make proof`.
"""


def write(matrices: Sequence[Matrix]) -> None:
    """Writes the page and the data."""
    PAGE.write_text(page(matrices), encoding="utf-8")
    DATA.mkdir(exist_ok=True)
    for matrix in matrices:
        path = DATA / f"{matrix.profile}.json"
        path.write_text(json.dumps(data(matrix), indent=1) + "\n", encoding="utf-8")


def page(matrices: Sequence[Matrix]) -> str:
    """The whole page."""
    return HEAD + "".join(_section(matrix) for matrix in matrices)


def data(matrix: Matrix) -> dict[str, Any]:
    """Of each scenario, what it costs and which faults it catches."""
    scenarios = scenarios_of(PROFILES[matrix.profile])
    caught: dict[str, list[str]] = {one.id: [] for one in scenarios}
    for judgement in matrix.judgements:
        for scenario in judgement.kills:
            caught[scenario].append(judgement.fault)
    return {
        "format": budget.FORMAT,
        "faults": [judgement.fault for judgement in matrix.judgements],
        "scenarios": {name: {"exchanges": matrix.costs[name], "kills": faults} for name, faults in caught.items()},
    }


def _section(matrix: Matrix) -> str:
    lines = [
        f"\n## {PROFILES[matrix.profile].title}\n\n",
        f"{len(matrix.judgements)} faults, all caught.\n\n",
        "| fault | what is wrong | requirement | caught by | exchanges |\n|---|---|---|---|---|\n",
    ]
    lines += [_line(matrix.profile, judgement) for judgement in matrix.judgements]
    redundant = [name for name, told in data(matrix)["scenarios"].items() if not told["kills"]]
    lines.append("\n### Scenarios that kill none yet\n\n")
    lines += [f"* `{name}`\n" for name in redundant] or ["None: every scenario catches at least one fault.\n"]
    return "".join(lines)


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
