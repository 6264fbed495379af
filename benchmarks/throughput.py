"""How many events a server takes for each second of its own CPU: the sandbox, plain Node, a mock of the document."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workload import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROOT = HERE.parent
REQUESTS, CONNECTIONS = 6000, 16
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(process: int) -> float:
    """The seconds of CPU that a process and its children have used."""
    total = 0.0
    with contextlib.suppress(FileNotFoundError):
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total = (int(fields[11]) + int(fields[12])) / TICKS
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
        total += sum(cpu(int(child)) for child in children)
    return total


async def click(port: int) -> str:
    """A click id that the sandbox minted; the others take any."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /l/demo HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
    found = re.search(rb"cms_rf=([\w-]+)", await reader.read())
    writer.close()
    return found[1].decode() if found else "id_1"


async def send(port: int, path: str, click_id: str, first: int) -> None:
    """Sends its share of the events over one connection, a new customer each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(first, REQUESTS, CONNECTIONS):
        lead = {"clickId": click_id, "eventName": "signup_started", "customerExternalId": f"user_{number}"}
        body = json.dumps(lead).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {TOKEN}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        lines = answer.lower().split(b"\r\n")
        length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), None)
        if length is None:
            await reader.readuntil(b"0\r\n\r\n")
        else:
            await reader.readexactly(length)
    writer.close()


async def flood(port: int, path: str) -> None:
    """All events, over several connections."""
    minted = await click(port)
    await asyncio.gather(*(send(port, path, minted, first) for first in range(CONNECTIONS)))


@contextlib.contextmanager
def serving(command: list[str], port: int) -> Iterator[int]:
    """A server as a process, from the moment at which it listens."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    asyncio.run(_touch(port))
                    break
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()


async def _touch(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def servers(python: Path, node_tools: Path) -> dict[str, tuple[list[str], int]]:
    """The command and port of each server that can be started here."""
    found = {
        "trackproof sandbox": ([str(python), "-m", "conformance", "sandbox", "--port", "18941"], 18941),
    }
    if shutil.which("node"):
        found["plain Node http"] = (["node", str(HERE / "plain_server.mjs"), "18942"], 18942)
    prism = node_tools / "prism"
    if shutil.which("node") and prism.exists():
        document = str(ROOT / "specs" / "cutmeshort" / "openapi.yaml")
        found["Prism mock"] = ([str(prism), "mock", "--port", "18943", document], 18943)
    return found


def table(python: Path, node_tools: Path) -> tuple[list[str], dict[str, float]]:
    """Events for each second of the server's CPU, by server."""
    rates = {}
    rows = ["| server | events for a second of its CPU | beside the sandbox |", "|---|---|---|"]
    for name, (command, port) in servers(python, node_tools).items():
        with serving(command, port) as process:
            asyncio.run(flood(port, "/track/lead"))  # warms it up
            before = cpu(process)
            asyncio.run(flood(port, "/track/lead"))
            rates[name] = REQUESTS / (cpu(process) - before)
        rows.append(f"| {name} | {rates[name]:.0f} | {rates[name] / rates['trackproof sandbox']:.2f} |")
        print(rows[-1], flush=True)
    return rows, rates
