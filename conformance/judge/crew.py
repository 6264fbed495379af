"""Processes that share one work: each takes a task when it has done the one before, and keeps what it has learned."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self, cast

from conformance.errors import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from types import TracebackType

# The name of a method of each worker, and what it is called with.
Task = tuple[str, tuple[Any, ...]]


class Crew:
    """So many workers, each made by `make(number, *given)` in a process of its own; one alone works in this process."""

    def __init__(self, jobs: int, make: Callable[..., Any], *given: Any) -> None:
        self.size = max(jobs, 1)
        self._alone = make(0, *given) if self.size == 1 else None
        self._processes: list[Any] = []
        self._ends: list[Connection] = []
        if self._alone is None:
            self._start(make, given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in self._ends:
            end.close()
        for process in self._processes:
            if kind is not None:
                process.kill()
            process.join()

    def each(self, name: str, *given: Any) -> list[Any]:
        """What every worker answers to one and the same task, in the order of their numbers."""
        if self._alone is not None:
            return [getattr(self._alone, name)(*given)]
        for end in self._ends:
            _send(end, (name, given))
        return [_received(end) for end in self._ends]

    def answers(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """The answers to the tasks in the order of these; the next task is made while the others are worked at."""
        if self._alone is not None:
            for name, given in tasks:
                yield getattr(self._alone, name)(*given)
            return
        numbered = zip(count(), tasks, strict=False)
        following = next(numbered, None)
        idle = list(self._ends)
        busy: dict[Any, int] = {}
        ready: dict[int, Any] = {}
        due = 0
        while following is not None or busy:
            while following is not None and idle:
                end = idle.pop()
                busy[end] = following[0]
                _send(end, following[1])
                following = next(numbered, None)
            for free in cast("list[Connection]", wait(list(busy))):
                ready[busy.pop(free)] = _received(free)
                idle.append(free)
            while due in ready:
                yield ready.pop(due)
                due += 1

    def _start(self, make: Callable[..., Any], given: Sequence[Any]) -> None:
        context: Any = get_context(_way_of_starting())
        copies = context.get_start_method() == "fork"
        for number in range(self.size):
            ours, theirs = context.Pipe()
            self._ends.append(ours)
            # What a copy of this process holds open besides its own end would never be seen to close.
            inherited = tuple(self._ends) if copies else ()
            process = context.Process(target=_serve, args=(theirs, inherited, make, number, given), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)


def _way_of_starting() -> str:
    """A copy of this process starts at once, but copies its threads' locks too; where there are any, none is made."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _send(end: Connection, task: Task) -> None:
    with suppress(BrokenPipeError):  # what the worker was lost to is told when its answer is missing
        end.send(task)


def _received(end: Connection) -> Any:
    try:
        done, answer = end.recv()
    except (EOFError, ConnectionResetError):
        raise WorkerLost(
            "a process that judged was ended from outside, as happens when memory is short",
            "Judge with --jobs 1, or where there is more memory.",
        ) from None
    if not done:
        raise answer
    return answer


def _serve(
    end: Connection, inherited: Sequence[Connection], make: Callable[..., Any], number: int, given: Sequence[Any]
) -> None:
    # Who interrupts the command is answered by the process that was started first.
    for each_signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each_signal, signal.SIG_IGN)
    for each in inherited:
        each.close()
    worker = make(number, *given)
    with suppress(EOFError, BrokenPipeError):
        while True:
            name, values = end.recv()
            try:
                answer = (True, getattr(worker, name)(*values))
            except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
                answer = (False, error)
            end.send(answer)
