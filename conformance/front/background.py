"""An engine run beside pytest: in a thread with a loop of its own, so that each item can wait for its own result."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from conformance.engine.events import RunFinished, RunStarted, ScenarioFinished
from conformance.engine.runner import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.engine.events import Event
    from conformance.engine.runner import RunOptions
    from conformance.engine.scenario import Scenario
    from conformance.results import Results, ScenarioResult


class BackgroundRun:
    """One run of the engine; it begins when it is made. `on_event` is called in its thread."""

    def __init__(self, options: RunOptions, scenarios: Sequence[Scenario], on_event: Callable[[Event], None]) -> None:
        self.run = Run(options, scenarios, self._told)
        self._on_event = on_event
        self.started: RunStarted | None = None
        self.results: Results | None = None
        self._by_id: dict[str, ScenarioResult] = {}
        self._news = threading.Condition()
        self._over = False
        self._error: Exception | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, name="trackproof-engine", daemon=True)
        self._thread.start()

    def begun(self) -> RunStarted | None:
        """What the run said when it began; None when it never did."""
        with self._news:
            self._news.wait_for(lambda: self._over or self.started is not None)
            return self.started

    def result_of(self, scenario_id: str) -> ScenarioResult | None:
        """Waits for a scenario's result; None when the run ended without one. Raises what the engine raised."""
        with self._news:
            self._news.wait_for(lambda: self._over or scenario_id in self._by_id)
            if self._error is not None:
                raise self._error
            return self._by_id.get(scenario_id)

    def finish(self, why: str) -> Results | None:
        """The results; a run that still has scenarios to judge is cut short. None when the engine itself failed."""
        if len(self._by_id) < len(self.run.scenarios):
            # The loop may have ended by itself in the meantime.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.run.stop, why)
        self._thread.join()
        return self.results

    def _told(self, event: Event) -> None:
        self._on_event(event)
        with self._news:
            match event:
                case RunStarted():
                    self.started = event
                case ScenarioFinished(result):
                    self._by_id[result.id] = result
                case RunFinished(results):
                    self.results = results
            self._news.notify_all()

    def _work(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self.run.results())
        except Exception as error:  # noqa: BLE001 - whoever waits for a result is told
            self._error = error
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()
