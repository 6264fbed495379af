"""How time and memory grow with the work: scenarios of a run; events, customers and namespaces of the sandbox.

`python benchmarks/growth.py` prints it; `make bench` writes it down. Each run is a process of its own; of the sandbox
its own process is looked at, and what sends is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measure import HERE, PYTHON, Goal, Part, cpu, run, running
from workload import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CUSTOMERS = (20, 60, 200, 600)
EVENTS = (1_000, 3_000, 10_000, 30_000)
NAMESPACES = (100, 300, 1_000, 3_000)
CONNECTIONS, CONCURRENCY = 16, 100
_CLICK = re.compile(rb"cms_rf=([\w-]+)")


@dataclass(frozen=True)
class Point:
    """So much work, the CPU that it took in seconds, and the memory after it (of a run: at its peak) in mebibytes."""

    work: int
    cpu: float
    memory: float

    @property
    def each(self) -> float:
        """Milliseconds of CPU for each piece of work."""
        return 1000 * self.cpu / self.work


@dataclass(frozen=True)
class Series:
    """One kind of work, as it grows."""

    title: str
    unit: str
    points: tuple[Point, ...]


def runs() -> Series:
    """The workload of the five named scenarios, for more and more customers."""
    points = []
    with tempfile.TemporaryDirectory() as name, _instant_server() as url:
        for customers in CUSTOMERS:
            command: list[str | Path] = [PYTHON, HERE / "workload.py", url, str(CONCURRENCY), str(customers)]
            cost = run(command, Path(name))
            points.append(Point(5 * customers, cost.cpu, cost.memory))
            print(f"run, {5 * customers} scenarios: {cost.cpu:.1f} s of CPU, {cost.memory:.0f} MB", flush=True)
    return Series("`run`: scenarios", "scenario", tuple(points))


@contextlib.contextmanager
def _instant_server() -> Iterator[str]:
    with running([PYTHON, HERE / "server.py", "0"]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


# --- the sandbox ------------------------------------------------------------------------------------------------------


def sandbox() -> Iterator[Series]:
    """Events of one customer each, events of one customer, and namespaces with one event each."""
    of_many = _grown("events of as many customers", EVENTS, lambda number: ("", f"user_{number}", f"e_{number}"))
    yield Series("sandbox: events of as many customers", "event", of_many)
    of_one = _grown("events of one customer", EVENTS, lambda number: ("", "user_1", f"e_{number}"))
    yield Series("sandbox: events of one customer", "event", of_one)
    of_names = _grown("namespaces", NAMESPACES, lambda number: (f"/ns/n{number}", "user_1", "signup"))
    yield Series("sandbox: namespaces, an event each", "namespace", of_names)


def _grown(what: str, sizes: Sequence[int], named: Callable[[int], tuple[str, str, str]]) -> tuple[Point, ...]:
    """Points from one sandbox that is sent more and more."""
    points, sent = [], 0
    with running([PYTHON, "-m", "conformance", "sandbox", "--port", "0"]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().strip().rpartition(":")[2])
        before = cpu(process.pid)
        for size in sizes:
            asyncio.run(_flood(port, range(sent, size), named))
            sent = size
            points.append(Point(size, cpu(process.pid) - before, _memory(process.pid)))
            print(f"sandbox, {size} {what}: {points[-1].cpu:.1f} s of CPU, {points[-1].memory:.0f} MB", flush=True)
    return tuple(points)


def _memory(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


async def _flood(port: int, numbers: range, named: Callable[[int], tuple[str, str, str]]) -> None:
    shares = [numbers[first::CONNECTIONS] for first in range(CONNECTIONS)]
    await asyncio.gather(*(_send(port, share, named) for share in shares if share))


async def _send(port: int, numbers: range, named: Callable[[int], tuple[str, str, str]]) -> None:
    """Leads, over one connection; a click is minted once for each namespace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    clicks: dict[str, str] = {}
    for number in numbers:
        base, customer, event = named(number)
        if base not in clicks:
            writer.write(f"GET {base}/l/demo HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
            found = _CLICK.search(await _answer(reader))
            assert found is not None
            clicks[base] = found[1].decode()
        lead = {"clickId": clicks[base], "eventName": event, "customerExternalId": customer}
        body = json.dumps(lead).encode()
        head = (
            f"POST {base}/track/lead HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {TOKEN}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await _answer(reader)
        assert answer.startswith(b"HTTP/1.1 200"), answer
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return head


# --- told -------------------------------------------------------------------------------------------------------------


_WORDS = """\
What the same work takes when there is more of it. CPU for each piece should stay where it is, and memory grow by no
more than what is kept."""


def part() -> Part:
    """A table of all that grows, a plot for each, and the goal that no piece becomes dearer."""
    rows = ["| work | CPU | for each | memory | memory for each more |"]
    goals, plots = [], []
    for series in (runs(), *sandbox()):
        first = series.points[0]
        for point in series.points:
            more = point.work - first.work
            kept = f"{1024 * (point.memory - first.memory) / more:.1f} KB" if more else ""
            figures = f"{point.cpu:.1f} s | {point.each:.2f} ms | {point.memory:.0f} MB | {kept}"
            rows.append(f"| {series.title}: {point.work} | {figures} |")
        dearer = series.points[-1].each / first.each
        goals.append(Goal(f"{series.title}: the last {series.unit} takes no more CPU than the first", dearer, 1.25))
        plots.append(_plot(series, "ms of CPU for each", [point.each for point in series.points]))
        plots.append(_plot(series, "MB of memory", [point.memory for point in series.points]))
    return Part("Growth", "\n\n".join((_WORDS, *plots)), rows, goals)


def _plot(series: Series, what: str, values: Sequence[float]) -> str:
    """A chart as code hosts draw it from text."""
    work = ", ".join(f'"{point.work}"' for point in series.points)
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            f'  title "{series.title.replace("`", "")}: {what}"',
            f"  x-axis [{work}]",
            f"  y-axis 0 --> {1.1 * max(values):.2f}",
            f"  bar [{', '.join(f'{value:.2f}' for value in values)}]",
            "```",
        ]
    )


if __name__ == "__main__":
    print(part())
