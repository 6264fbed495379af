"""A worker: sends what a master orders, and hands in what became of it.

Only processes of a load import this: Locust changes Python's sockets.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from locust import runners
from locust.env import Environment

from conformance.load.crew import Crew
from conformance.load.errand import DONE, LANGUAGE, PLAYED, REFUSED, SPENT, Order, order_of
from conformance.load.visiting import Visitor

if TYPE_CHECKING:
    from locust.runners import WorkerRunner

    from conformance.load.errand import Errand
    from conformance.load.hand_in import Played

# What a journey may still take once the load is over, besides the deadline of the exchange that is under way.
GRACE = 3.0
TELL_EVERY = 1.0
_BATCH = 200
_BATCH_EVERY = 0.5
_FAREWELL = 1.5


def tell(what: str, **more: Any) -> None:
    """One line for the process that started this one."""
    sys.stdout.write(json.dumps({"what": what, **more}) + "\n")
    sys.stdout.flush()


def locust_options(**more: Any) -> Namespace:
    """What Locust looks for among the options of its own command; `more` travels from a master to its workers."""
    return Namespace(enable_rebalancing=False, web_base_path="", headless=True, **more)


def work(errand: Errand, over: Event) -> None:
    """Obeys a master until it says that the load is over, or `over` is set."""
    environment = Environment(
        user_classes=[Visitor], stop_timeout=errand.deadline + GRACE, parsed_options=locust_options()
    )
    runners.WORKER_REPORT_INTERVAL = TELL_EVERY
    network = errand.network
    try:
        runner = environment.create_worker_runner(network.master_host, network.master_port)
    except (ConnectionError, OSError) as error:
        tell("failed", why=f"no master at {network.master_host}:{network.master_port}: {error}")
        return
    tell("connected")
    Worker(errand, environment, runner).obey(over)


class Worker:
    """One worker process of a load."""

    def __init__(self, errand: Errand, environment: Environment, runner: WorkerRunner) -> None:
        self._errand = errand
        self._environment = environment
        self._runner = runner
        self._lines: list[str] = []
        self._batches = 0
        self._crew: Crew | None = None
        self._ended = Event()
        environment.events.test_start.add_listener(self._begin)
        environment.events.test_stopping.add_listener(self._close)
        environment.events.test_stop.add_listener(self._say_goodbye)

    def obey(self, over: Event) -> None:
        """Works until the load is over."""
        told = False
        while not self._ended.wait(_BATCH_EVERY) and not over.is_set():
            self._send_batch()
            if self._crew is not None and self._crew.spent and not told:
                told = True
                self._runner.send_message(SPENT, {})
        if over.is_set():
            self._runner.stop()
        gevent.sleep(_FAREWELL)  # what was said last is still on its way

    def _begin(self, environment: Environment, **_: Any) -> None:
        order = order_of(vars(environment.parsed_options)["trackproof"])
        refusal = _refusal(self._errand, order)
        if refusal:
            self._runner.send_message(REFUSED, {"why": refusal})
            tell("failed", why=refusal)
            self._ended.set()
            return
        self._crew = Visitor.crew = Crew(self._errand, order, self._runner.worker_index + 1, environment, self._hand_in)
        tell("begun", run=order.run)

    def _close(self, **_: Any) -> None:
        if self._crew is not None:
            self._crew.over.set()

    def _say_goodbye(self, **_: Any) -> None:
        if self._crew is not None:
            self._send_batch()
            figures: dict[str, Any] = {}
            self._environment.events.report_to_master.fire(client_id=self._runner.client_id, data=figures)
            self._runner.send_message("stats", figures)
            self._runner.send_message(DONE, {"batches": self._batches, "tally": asdict(self._crew.tally)})
        self._ended.set()

    def _hand_in(self, played: Played) -> None:
        self._lines.append(played.line())
        if len(self._lines) >= _BATCH:
            self._send_batch()

    def _send_batch(self) -> None:
        if self._lines:
            sent, self._lines = self._lines, []
            self._batches += 1
            self._runner.send_message(PLAYED, {"lines": sent})


def _refusal(errand: Errand, order: Order) -> str:
    """Why this worker cannot obey, or nothing."""
    if order.language != LANGUAGE:
        return f"the master is of another version of trackproof: it speaks {order.language}, and this worker {LANGUAGE}"
    if order.target != errand.target.url:
        return f"the master's target is {order.target}, and this worker's {errand.target.url}"
    return ""
