"""What an interrupted `judge` does: it reads no further, and what was read is judged and reported as cut short."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import IO, TYPE_CHECKING, Any, Self

from conformance.judge.files import Progress
from conformance.judge.readers import STOP

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long judging what was read may take, in seconds: a pipeline ends everything soon after it has asked.
_PATIENCE = 5.0


class Interruption:
    """Takes the signals that end a program while it lasts. `asked` says that one came.

    A second one ends at once with KeyboardInterrupt, and so does having taken too long after the first.
    """

    def __init__(self, stdin: IO[bytes]) -> None:
        self._stdin = stdin
        self._waits = False
        self._before: dict[int, Any] = {}
        self._timer: threading.Timer | None = None
        self.asked = False

    def __enter__(self) -> Self:
        # Only the main thread may; elsewhere the handlers that are there stay.
        with contextlib.suppress(ValueError):
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def heeded_by(self, progress: Progress) -> Progress:
        """The same progress, which stops the readers when somebody asks for it."""

        def advance(size: int) -> object:
            progress.advance(size)
            return STOP if self.asked else None

        return Progress(progress.begin, advance)

    def read(self, size: int) -> bytes:
        """What stands on standard input; nothing when it is interrupted while it waits there."""
        if self.asked:
            return b""
        self._waits = True
        try:
            return self._stdin.read1(size) if hasattr(self._stdin, "read1") else self._stdin.read(size)
        except KeyboardInterrupt:
            return b""
        finally:
            self._waits = False

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if not again:
            # To the thread that judges, which may be waiting for others.
            judging = threading.main_thread().ident or 0
            self._timer = threading.Timer(_PATIENCE, signal.pthread_kill, (judging, signal.SIGINT))
            self._timer.daemon = True
            self._timer.start()
        if again or self._waits:
            raise KeyboardInterrupt
