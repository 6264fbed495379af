"""What an interrupted `judge` does: it reads no further, and what was read is judged and reported as cut short."""

from __future__ import annotations

import contextlib
import signal
from typing import IO, TYPE_CHECKING, Any, Self

from conformance.judge.files import Progress
from conformance.judge.readers import STOP

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Takes the signals that end a program while it lasts. `asked` says that one came; a second one ends at once."""

    def __init__(self, stdin: IO[bytes]) -> None:
        self._stdin = stdin
        self._waits = False
        self._before: dict[int, Any] = {}
        self.asked = False

    def __enter__(self) -> Self:
        # Only the main thread may; elsewhere the handlers that are there stay.
        with contextlib.suppress(ValueError):
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
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
        if again or self._waits:
            raise KeyboardInterrupt
