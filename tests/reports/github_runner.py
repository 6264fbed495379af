"""A GitHub runner as far as its log goes: which lines of an output it would obey."""

from __future__ import annotations

import re


def obeyed(output: str) -> list[str]:
    """The lines that the runner takes for commands: `::` at a line's beginning, `##[` anywhere, unless stopped."""
    found, stopped = [], ""
    for line in output.splitlines():
        text = line.lstrip()
        if stopped:
            stopped = "" if text.startswith(f"::{stopped}::") else stopped
        elif stop := re.match(r"::stop-commands::(.+)", text):
            stopped = stop.group(1)
        elif text.startswith("::") or "##[" in line:
            found.append(line)
    return found
