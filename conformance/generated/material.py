"""Examples for the generated suites, drawn in a process of their own while other scenarios are under way."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import conformance
from conformance.engine.faults import HarnessFault

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.engine.journey import Play


_CHILD = """
import sys
sys.path.append(sys.argv[1])
from conformance.generated.child import main
main(sys.argv[2:])
"""


_Wanted = tuple[str, str, int, int]
_DRAWN: dict[_Wanted, Any] = {}


def prepare(profile: Profile, kind: str, seed: int, size: int) -> Any:
    """Draws and waits; a run of this process with the same profile, seed and size then has it without waiting."""
    wanted = (kind, str(profile.folder), seed, size)
    if wanted not in _DRAWN:
        with _child(wanted) as process:
            _DRAWN[wanted] = _said(process, *process.communicate())
    return _DRAWN[wanted]


async def drawn(play: Play, kind: str, size: int) -> Any:
    """What is drawn of a kind (`bodies`, `journeys`) for this run's profile, seed and size; drawn once for a run."""
    wanted = (kind, str(play.profile.folder), play.seed, size)
    if wanted in _DRAWN:
        return _DRAWN[wanted]
    task = play.materials.get(kind)
    if task is None:
        task = asyncio.create_task(_draw(wanted))
        play.materials[kind] = task
    return await asyncio.shield(task)


async def _draw(wanted: _Wanted) -> Any:
    with _child(wanted) as process:
        try:
            return _said(process, *await asyncio.to_thread(process.communicate))
        finally:
            process.kill()


def _child(wanted: _Wanted) -> subprocess.Popen[bytes]:
    root = str(Path(conformance.__file__).parent.parent)
    # Not `-m`, and -P: whatever lies in the working directory must not be taken for a module of ours.
    command = [sys.executable, "-P", "-c", _CHILD, root, *map(str, wanted)]
    # Sets of texts are walked in an order that depends on the hash seed, and so would be what is drawn.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


def _said(process: subprocess.Popen[bytes], out: bytes, told: bytes) -> Any:
    if process.returncode != 0:
        last = told.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise HarnessFault(f"no examples could be drawn: {last or f'exit code {process.returncode}'}")
    return json.loads(out)
