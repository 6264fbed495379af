"""Text that a pipeline's log may show without obeying it.

GitHub's runner takes a line that begins with `::`, and `##[` anywhere in a line, for a command.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)


def inert(text: str) -> str:
    """The text with a blank inside whatever a runner would obey."""
    return _COMMAND.sub(lambda found: f"{found.group()} ", text)


def inert_json(text: str) -> str:
    """The same for a JSON text, whose meaning stays: a sign inside a string is spelled as an escape."""
    return text.replace("##[", "\\u0023\\u0023[")
