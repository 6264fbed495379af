"""Starts the processes of a load, hears from them, and ends them; it is not one of them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import pickle
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.errors import LoadFailed, UsageError
from conformance.load.errand import ALONE, MASTER, SUMMARY, WORKER

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable

    from conformance.load.errand import Errand

    Tell = Callable[[dict[str, Any]], None]

_LOOPBACK = "127.0.0.1"
_GONE_WITHIN = 10.0
_LONGEST_LINE = 1 << 20


def check_installed() -> None:
    """Raises UsageError when what sends is not installed."""
    if importlib.util.find_spec("locust") is None:
        raise UsageError(
            "trackproof load needs Locust, which is not installed", "Install it with: pip install 'trackproof[load]'"
        )


async def send(errand: Errand, processes: int, tell: Tell, stop: asyncio.Event) -> dict[str, Any]:
    """Sends a load, alone or as a master; returns its figures. `stop` ends it early.

    With `processes` of its own, a master listens on this machine alone. Raises LoadFailed.
    """
    if errand.folder is None:
        raise ValueError("a load needs a folder")
    if not processes and errand.role == ALONE:
        async with _started(errand) as process:
            await _until_end(process, tell, stop)
    else:
        await _send_with_workers(errand, processes, tell, stop)
    try:
        found: dict[str, Any] = json.loads((errand.folder / SUMMARY).read_text(encoding="utf-8"))
    except OSError:
        raise LoadFailed("the processes that send ended before the load did", "What they said stands above.") from None
    return found


async def work(errand: Errand, processes: int, tell: Tell, stop: asyncio.Event) -> None:
    """Works for a master elsewhere until it says that the load is over; raises LoadFailed when there is none."""
    async with contextlib.AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(_started(errand)) for _ in range(max(1, processes))]
        await asyncio.gather(*(_until_end(worker, tell, stop) for worker in workers))
        if any([await worker.wait() for worker in workers]):
            raise LoadFailed("a process that sends ended before the load did", "What it said stands above.")


async def _send_with_workers(errand: Errand, processes: int, tell: Tell, stop: asyncio.Event) -> None:
    network = errand.network
    if processes:
        network = replace(network, bind_host=_LOOPBACK, bind_port=0, expect_workers=processes)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def hear(line: dict[str, Any]) -> None:
        if line["what"] == "listening" and not port.done():
            port.set_result(line["port"])
        tell(line)

    async with contextlib.AsyncExitStack() as stack:
        master = await stack.enter_async_context(_started(replace(errand, role=MASTER, network=network)))
        conducting = asyncio.create_task(_until_end(master, hear, stop))
        either: list[asyncio.Future[Any]] = [conducting, port]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if processes and port.done():
            mine = replace(network, master_host=_LOOPBACK, master_port=port.result())
            part = replace(errand, role=WORKER, order=None, network=mine, folder=None)
            for _ in range(processes):
                worker = await stack.enter_async_context(_started(part))
                stack.push_async_callback(_hear, worker)
        port.cancel()
        await conducting


async def _hear(worker: Process) -> None:
    """Lets a worker of this machine end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GONE_WITHIN):
            await worker.communicate()


@contextlib.asynccontextmanager
async def _started(errand: Errand) -> AsyncIterator[Process]:
    """A process with this errand; it is gone when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "conformance.load.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        # What interrupts this process must not reach that one before it is told to end.
        start_new_session=True,
    )
    try:
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        # A profile as it was loaded: what has been compiled of it since cannot be handed over.
        process.stdin.write(pickle.dumps(replace(errand, profile=replace(errand.profile))))
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
        yield process
    finally:
        _let_go(process)
        try:
            async with asyncio.timeout(_GONE_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _until_end(process: Process, tell: Tell, stop: asyncio.Event) -> None:
    """Hears a process until it says no more; raises LoadFailed when that is why it could do nothing."""
    failed: dict[str, Any] = {}
    stopping = asyncio.create_task(_stop(process, stop))
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        async for text in process.stdout:
            line = json.loads(text)
            if line["what"] == "failed":
                failed = line
            tell(line)
    finally:
        stopping.cancel()
    if failed:
        raise LoadFailed(failed["why"], "See docs/load.md for how a load is spread over machines.")


async def _stop(process: Process, stop: asyncio.Event) -> None:
    await stop.wait()
    _let_go(process)


def _let_go(process: Process) -> None:
    """Tells a process to end: its standard input does."""
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.close()
