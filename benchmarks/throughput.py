"""The sandbox as a server: events for a second of its CPU, how soon it listens, and how fast it is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measure import HERE, NODE_TOOLS, ROOT, TRACKPROOF, Failed, Goal, Part, cpu, ratio, running
from workload import TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUESTS, CONNECTIONS = 6000, 16
ON_DISK, WRITERS = 4000, 64
_PATIENCE = 30.0
_STARTS = 5
_WORDS = """\
Leads of one new customer each over {connections} connections, of which the second {requests} are measured. The sandbox
keeps, checks and judges every event; plain Node parses the body and answers; Prism mocks the same OpenAPI document.
With `--db` an event is answered once it is on disk: {on_disk} leads over {writers} connections beside a loop that
appends as many bytes and calls fdatasync, on the same disk."""


async def click(port: int) -> str:
    """A click id that the sandbox minted; the others take any."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /l/demo HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
    found = re.search(rb"cms_rf=([\w-]+)", await reader.read())
    writer.close()
    return found[1].decode() if found else "id_1"


async def send(port: int, customers: Sequence[str], click_id: str) -> None:
    """Sends the leads of these customers over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for customer in customers:
        lead = {"clickId": click_id, "eventName": "signup_started", "customerExternalId": customer}
        body = json.dumps(lead).encode()
        head = (
            f"POST /track/lead HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {TOKEN}\r\n"
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


async def flood(port: int, requests: int, connections: int, name: str = "user") -> float:
    """So many events over so many connections; the seconds that it took."""
    minted = await click(port)
    customers = [f"{name}_{number}" for number in range(requests)]
    started = time.perf_counter()
    await asyncio.gather(*(send(port, customers[first::connections], minted) for first in range(connections)))
    return time.perf_counter() - started


def until_it_listens(port: int, command: Sequence[str | Path]) -> None:
    """Returns once something takes connections there; raises Failed when nothing does."""
    for _ in range(int(_PATIENCE / 0.05)):
        with contextlib.suppress(OSError):
            asyncio.run(_touch(port))
            return
        time.sleep(0.05)
    raise Failed(f"{command[0]} did not listen within {_PATIENCE:.0f} s")


async def _touch(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def servers() -> dict[str, tuple[list[str | Path], int]]:
    """The command and port of each server that can be started here."""
    found: dict[str, tuple[list[str | Path], int]] = {
        "trackproof sandbox": ([TRACKPROOF, "sandbox", "--port", "18941"], 18941),
    }
    if shutil.which("node"):
        found["plain Node http"] = (["node", HERE / "plain_server.mjs", "18942"], 18942)
        prism = NODE_TOOLS / "prism"
        if prism.exists():
            document = ROOT / "specs" / "cutmeshort" / "openapi.yaml"
            found["Prism mock"] = ([prism, "mock", "--port", "18943", document], 18943)
    return found


def events_for_a_second_of_cpu(command: Sequence[str | Path], port: int) -> float:
    """How many events the server takes for each second of its own CPU, once it is warm."""
    with running(command) as process:
        until_it_listens(port, command)
        asyncio.run(flood(port, REQUESTS, CONNECTIONS, "early"))
        before = cpu(process.pid)
        asyncio.run(flood(port, REQUESTS, CONNECTIONS))
        return REQUESTS / (cpu(process.pid) - before)


def listens_after() -> float:
    """Seconds until the sandbox says that it listens."""
    taken = []
    for _ in range(_STARTS):
        started = time.perf_counter()
        with running([TRACKPROOF, "sandbox", "--port", "0"]) as process:
            assert process.stdout is not None
            process.stdout.readline()
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def events_on_disk(folder: Path) -> float:
    """Acknowledged events a second of a sandbox with a file."""
    command = [TRACKPROOF, "sandbox", "--port", "18944", "--db", folder / "sandbox.db"]
    with running(command):
        until_it_listens(18944, command)
        asyncio.run(flood(18944, ON_DISK // 4, WRITERS, "early"))
        return ON_DISK / asyncio.run(flood(18944, ON_DISK, WRITERS))


def appends(folder: Path) -> float:
    """Appends a second of a bare loop that waits for the disk after each."""
    line = b"x" * 512
    with (folder / "appended").open("ab", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(ON_DISK):
            file.write(line)
            os.fdatasync(file.fileno())
        return ON_DISK / (time.perf_counter() - started)


def part() -> Part:
    """All of it."""
    rates: dict[str, float] = {}
    rows = ["| what | figure | beside the sandbox |"]
    for name, (command, port) in servers().items():
        rates[name] = events_for_a_second_of_cpu(command, port)
        beside = rates[name] / rates["trackproof sandbox"]
        rows.append(f"| {name}, events for a second of its CPU | {rates[name]:.0f} | {beside:.2f} |")
        print(rows[-1], flush=True)
    listening = listens_after()
    # In the checkout: what is for short-lived files may be no disk at all.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as name:
        written, bare = events_on_disk(Path(name)), appends(Path(name))
    rows += [
        f"| trackproof sandbox, from its start until it listens | {listening:.2f} s | |",
        f"| trackproof sandbox with `--db`, acknowledged events a second | {written:.0f} | |",
        f"| append and fdatasync, a second | {bare:.0f} | {bare / written:.2f} |",
    ]
    ours = rates["trackproof sandbox"]
    return Part(
        "The sandbox as a server",
        _WORDS.format(connections=CONNECTIONS, requests=REQUESTS, on_disk=ON_DISK, writers=WRITERS),
        rows,
        [
            Goal(
                "events for a second of CPU: at least 0.25 of plain Node's",
                ratio(ours, rates.get("plain Node http")),
                0.25,
                at_least=True,
                reason="each is ruled on, judged with its customer's others and kept before it is answered, in Python",
            ),
            Goal(
                "events for a second of CPU: at least 3 times Prism's",
                ratio(ours, rates.get("Prism mock")),
                3,
                at_least=True,
            ),
            Goal("the sandbox listens within 0.4 s", listening, 0.4, " s"),
            Goal("with `--db`: at least 0.5 of append and fdatasync", written / bare, 0.5, at_least=True),
        ],
    )
