"""A pytest session in a process of its own, as somebody starts it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKOUT = Path(__file__).parents[2]
ENDED = "===== session ended with"
SEVERAL = """
import json, os, sys
sys.path.insert(0, os.getcwd())
import pytest
for arguments in json.loads(sys.argv[2]):
    code = pytest.main(arguments)
    print(sys.argv[1], int(code), flush=True)
"""
# Plugins that have no part in it and take long to load.
WITHOUT = ("schemathesis", "hypothesispytest", "cov", "anyio")
PENDING = "conformance/suites/deferred.py::event_1_leaves_the_lead_pending"
NO_JSON = "conformance/suites/validation.py::a_body_that_is_no_json_is_refused"
CUT_OFF = f"{NO_JSON}[cut-off]"


class Session(NamedTuple):
    """How a session ended, and all that it printed."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()

    @property
    def items(self) -> list[str]:
        """The ids that `--co -q` printed."""
        return [line for line in self.lines if "::" in line]

    @property
    def counts(self) -> str:
        """Pytest's last line, without the time it took."""
        summaries = [line for line in self.lines if " in " in line and line.rstrip(" =").endswith("s")]
        return summaries[-1].strip(" =").partition(" in ")[0]


def command(*sessions: Sequence[str]) -> list[str]:
    """A process that holds these sessions, one after the other, since most of the time goes into starting one."""
    every = [[*plugins_for(arguments), *arguments] for arguments in sessions]
    return [sys.executable, "-c", SEVERAL, ENDED, json.dumps(every)]


def plugins_for(arguments: Sequence[str]) -> Iterator[str]:
    for name in WITHOUT:
        yield from ("-p", f"no:{name}")
    if not any(argument.startswith("cache_dir=") for argument in arguments):
        yield from ("-p", "no:cacheprovider")


def environment(**further: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKPROOF_", "PYTEST_"))}
    return kept | further


def sessions(*asked: Sequence[str], cwd: Path = CHECKOUT, **variables: str) -> list[Session]:
    done = subprocess.run(  # noqa: S603 - our own command
        command(*asked),
        cwd=cwd,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    *parts, rest = re.split(rf"^{ENDED} (\d+)\n", done.stdout, flags=re.MULTILINE)
    assert (done.returncode, rest) == (0, ""), done.stdout
    return [Session(int(code), output) for output, code in batched(parts)]


def session(*arguments: str, cwd: Path = CHECKOUT, **variables: str) -> Session:
    (only,) = sessions(arguments, cwd=cwd, **variables)
    return only


def batched(parts: list[str]) -> Iterator[tuple[str, str]]:
    return zip(parts[::2], parts[1::2], strict=True)
