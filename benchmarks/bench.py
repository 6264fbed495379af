"""Measures trackproof beside its peers, in one session on one machine, and writes RESULTS.md: `make bench`.

`python benchmarks/bench.py [PART…]` measures all parts, or those that are named and writes nothing but to the screen.
Absolute figures are of this machine; what carries over are the ratios.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import beside
import growth
import judge
import load
import starting
import throughput
import whole
from measure import HERE, PYTHON, ROOT, TOOLS, TRACKPROOF, Failed, Goal, Part, run, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Each measures one thing and says what was wanted; to add one is to add a line.
PARTS: dict[str, Callable[[], Part]] = {
    "workload": beside.part,
    "start-up": starting.part,
    "whole-runs": whole.part,
    "sandbox": throughput.part,
    "judge": judge.part,
    "load": load.part,
    "growth": growth.part,
}
_PACKAGES = ("stepci", "newman", "@stoplight/prism-cli")
_HEAD = """\
# Measured

{machine}

Written by `make bench`, in {minutes:.0f} minutes. Absolute figures are of that machine, the ratios carry over. Figures
are medians; whole processes are measured with all that they start.

"""


def machine() -> str:
    """The machine, the versions and the date."""
    versions = [f"Python {platform.python_version()}", run([TRACKPROOF, "--version"], ROOT).output.strip()]
    if node := shutil.which("node"):
        versions.append(f"Node {run([node, '--version'], ROOT).output.strip()}")
    for package in _PACKAGES:
        with contextlib.suppress(OSError):
            text = (TOOLS / "node_modules" / package / "package.json").read_text(encoding="utf-8")
            versions.append(f"{package} {json.loads(text)['version']}")
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {os.cpu_count()} cores ({_processor()}, {platform.system()}); {', '.join(versions)}."


def _processor() -> str:
    with contextlib.suppress(OSError):
        lines = open("/proc/cpuinfo", encoding="utf-8").read().splitlines()  # noqa: PTH123, SIM115 - read at once
        return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
    return platform.machine()


def measured(name: str) -> Part:
    """One part; what goes wrong in it costs the others nothing."""
    print(f"-- {name}", flush=True)
    try:
        return PARTS[name]()
    except Failed as problem:
        said = str(problem)
    except Exception:  # noqa: BLE001 - the other parts are worth having
        said = traceback.format_exc()
    print(said, flush=True)
    reason = " ".join(said.split())[-300:]
    return Part(
        name, f"Could not be measured: `{reason}`", ["| |"], [Goal(f"all of {name}", None, 0, reason="see there")]
    )


def main(names: Sequence[str]) -> int:
    """Measures, and writes RESULTS.md when nothing was left out; fails when a part could not be measured."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
        return 2
    # The first start of a fresh checkout compiles every module, and no later one does.
    run([PYTHON, "-m", "compileall", "-q", "conformance"], ROOT)
    started = time.perf_counter()
    parts = [measured(name) for name in names or PARTS]
    goals = table(["| goal | measured | met |", *(goal.row for part in parts for goal in part.goals)])
    minutes = (time.perf_counter() - started) / 60
    head = _HEAD.format(machine=machine(), minutes=minutes)
    text = head + "\n\n".join((f"## Goals\n\n{goals}", *map(str, parts))) + "\n"
    print(text)
    if not names:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return int(any("Could not be measured" in part.words for part in parts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
