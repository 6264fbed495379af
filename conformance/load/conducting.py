"""Conducts a load inside one of its processes, which sends alone or is the master of workers.

Only processes of a load import this: Locust changes Python's sockets.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import gevent
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner

from conformance.load.crew import Crew
from conformance.load.errand import (
    ALONE,
    DONE,
    LEDGER,
    MASTER,
    PLAYED,
    REFUSED,
    SPENT,
    SUMMARY,
    Tally,
)
from conformance.load.visiting import Visitor
from conformance.load.working import GRACE, TELL_EVERY, locust_options, tell

if TYPE_CHECKING:
    from io import TextIOWrapper

    from gevent.event import Event
    from locust.runners import Runner

    from conformance.load.errand import Errand, Order

_TICK = 0.1
_LAST_WORDS = 15.0
_ENOUGH = 2000


@dataclass
class Books:
    """What the workers, or this process alone, handed in: journeys on a disk, and who has said the last word.

    `batches` counts what came from each worker, and `done` holds how many each says it sent.
    """

    file: TextIOWrapper
    journeys: int = 0
    tally: Tally = field(default_factory=Tally)
    batches: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    def write(self, lines: list[str]) -> None:
        """Journeys, a line each."""
        self.journeys += len(lines)
        self.file.writelines(f"{line}\n" for line in lines)

    def played(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002 - Locust's signature
        """A batch of journeys came from a worker."""
        self.batches[msg.node_id] = self.batches.get(msg.node_id, 0) + 1
        self.write(msg.data["lines"])

    def last_word(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002 - Locust's signature
        """A worker has handed in everything."""
        self.done[msg.node_id] = msg.data["batches"]
        self.tally.add(msg.data["tally"])

    def is_spent(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002 - Locust's signature
        """A worker may send no more."""
        self.spent.add(msg.node_id)

    def refused(self, environment: Environment, msg: Any, **_: Any) -> None:  # noqa: ARG002 - Locust's signature
        """A worker cannot obey."""
        self.refusals.append(str(msg.data["why"]))

    def missing(self, workers: set[str]) -> list[str]:
        """The workers whose journeys are not all here."""
        return sorted(one for one in workers if self.done.get(one, -1) != self.batches.get(one, 0))


def conduct(errand: Errand, over: Event) -> None:
    """Sends what the order says, and leaves journeys and figures in the folder; `over` ends it early."""
    order = errand.order
    if order is None or errand.folder is None:
        raise ValueError("a load needs an order and a folder")
    environment = _environment(errand, order)
    with (errand.folder / LEDGER).open("w", encoding="utf-8") as file:
        books = Books(file)
        runner = _runner(errand, environment, books)
        if errand.role == MASTER and not _have_come(runner, errand, over):
            runner.quit()
            return
        crew = None if errand.role == MASTER else _crew(errand, order, 0, environment, books)
        workers = set(runner.clients) if isinstance(runner, MasterRunner) else set()
        began = time.monotonic()
        tell("begun", workers=max(1, len(workers)))
        runner.start(order.users, order.spawn_rate)
        curve: list[dict[str, float]] = []
        why = _until_over(runner, order, books, crew, workers, over, curve)
        seconds = time.monotonic() - began
        if crew is not None:
            crew.over.set()
        runner.stop()
        if crew is not None:
            books.tally = crew.tally
        missing = _last_words(books, workers)
    summary = {
        "why": why,
        "seconds": round(seconds, 3),
        "workers": max(1, len(workers)),
        "journeys": books.journeys,
        "tally": asdict(books.tally),
        "missing": missing,
        "refusals": books.refusals,
        "curve": curve,
        "steps": _steps(environment),
        "errors": _errors(environment),
        "exceptions": [one["msg"] for one in runner.exceptions.values()],
        "busy": runner.cpu_warning_emitted or runner.worker_cpu_warning_emitted,
    }
    (errand.folder / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")
    runner.quit()


def _environment(errand: Errand, order: Order) -> Environment:
    return Environment(
        user_classes=[Visitor],
        host=order.target,
        stop_timeout=errand.deadline + GRACE,
        parsed_options=locust_options(trackproof=order.text()),
    )


def _runner(errand: Errand, environment: Environment, books: Books) -> Runner:
    if errand.role == ALONE:
        return environment.create_local_runner()
    network = errand.network
    runner = environment.create_master_runner(network.bind_host, network.bind_port)
    heard = {PLAYED: books.played, DONE: books.last_word, SPENT: books.is_spent, REFUSED: books.refused}
    for name, listener in heard.items():
        runner.register_message(name, listener)
    tell("listening", port=runner.server.port)
    return runner


def _crew(errand: Errand, order: Order, number: int, environment: Environment, books: Books) -> Crew:
    crew = Visitor.crew = Crew(errand, order, number, environment, lambda played: books.write([played.line()]))
    return crew


def _have_come(runner: Any, errand: Errand, over: Event) -> bool:
    """Whether the workers came that are waited for."""
    wanted, began = errand.network.expect_workers, time.monotonic()
    while len(runner.clients.ready) < wanted:
        if over.wait(_TICK):
            tell("failed", why="interrupted while waiting for workers", interrupted=True)
            return False
        if time.monotonic() - began > errand.network.patience:
            tell("failed", why=f"{len(runner.clients.ready)} of {wanted} workers came")
            return False
    return True


def _until_over(
    runner: Any,
    order: Order,
    books: Books,
    crew: Crew | None,
    workers: set[str],
    over: Event,
    curve: list[dict[str, float]],
) -> str:
    """Waits for the end, and says why it came."""
    began = told = time.monotonic()
    counted = 0
    while True:
        if over.wait(_TICK):
            return "interrupted"
        now = time.monotonic()
        if now - told >= TELL_EVERY:
            counted = _measure(runner, curve, now - began, now - told, counted)
            told = now
        if now - began >= order.duration:
            return "time"
        if (crew is not None and crew.spent) or (workers and books.spent >= workers):
            return "spent"
        if books.refusals:
            return "worker refused"
        if runner.exceptions:
            return "harness failed"
        if any(one not in runner.clients or runner.clients[one].state == STATE_MISSING for one in workers):
            return "worker lost"


def _measure(runner: Any, curve: list[dict[str, float]], at: float, seconds: float, counted: int) -> int:
    total = runner.stats.total
    rate = (total.num_requests - counted) / seconds
    late = total.get_current_response_time_percentile(0.95) or total.get_response_time_percentile(0.95) or 0
    users = runner.user_count
    if len(curve) < _ENOUGH:
        curve.append({"at": round(at, 1), "rate": round(rate, 1), "p95": float(late), "users": users})
    tell("progress", at=at, rate=rate, p95=late, users=users, exchanges=total.num_requests, failures=total.num_failures)
    return int(total.num_requests)


def _last_words(books: Books, workers: set[str]) -> list[str]:
    """The workers that have not handed in everything although they were waited for."""
    began = time.monotonic()
    while books.missing(workers) and time.monotonic() - began < _LAST_WORDS:
        gevent.sleep(_TICK)
    return books.missing(workers)


def _steps(environment: Environment) -> list[dict[str, Any]]:
    total = environment.stats.total
    entries = [*environment.stats.entries.values(), *([total] if total.num_requests else [])]
    return [
        {
            "step": "all" if entry is total else entry.name,
            "exchanges": entry.num_requests,
            "failures": entry.num_failures,
            "least": round(float(entry.min_response_time or 0), 2),
            "mean": round(float(entry.avg_response_time), 2),
            **{
                f"p{round(100 * share)}": round(float(entry.get_response_time_percentile(share) or 0), 2)
                for share in (0.5, 0.9, 0.95, 0.99)
            },
            "most": round(float(entry.max_response_time), 2),
        }
        for entry in entries
    ]


def _errors(environment: Environment) -> list[dict[str, Any]]:
    return [
        {"step": one.name, "error": str(one.error), "count": one.occurrences}
        for one in environment.stats.errors.values()
    ]
