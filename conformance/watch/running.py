"""Runs a command of somebody else's, hands it the signals that are meant for it, and says how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

_PASSED_ON = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
_SHELLS_OWN = 128
# How long a command may take to end before it is ended, in seconds. A pipeline that cancels a job says so a second time
# after some seconds, and ends everything soon after that: until then the reports have to be written.
_PATIENCE = 5.0
_IMPATIENCE = 1.0


@dataclass(frozen=True)
class Ended:
    """How a command ended; `interrupted` says that it was asked to."""

    status: int
    interrupted: bool

    @property
    def failed(self) -> bool:
        """Whether the command says of itself that it failed."""
        return self.status != 0

    @property
    def how(self) -> str:
        """The end in words."""
        number = -self.status if self.status < 0 else self.status - _SHELLS_OWN
        with contextlib.suppress(ValueError):
            if self.status < 0:
                return f"was ended by {signal.Signals(number).name}"
        return f"exited with {self.status}"


def run(command: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Runs the command to its end; raises UsageError when it cannot be started.

    Signals are handed on to it. When it does not heed them it is ended, so that what had arrived is reported.
    """
    sys.stdout.flush()
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - to run it is what the operator asked for
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"{command[0]!r} cannot be started: {reason}",
            "Write the command after --, as it would be typed: trackproof watch -- npm test",
        ) from None
    with process, _signals_passed_on(process) as interrupted:
        status = process.wait()
    return Ended(status, bool(interrupted))


@contextlib.contextmanager
def _signals_passed_on(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    seen: list[int] = []

    timers: list[threading.Timer] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        again = number in seen
        if seen or number != signal.SIGINT:
            timers.append(threading.Timer(_IMPATIENCE if seen else _PATIENCE, process.kill))
            timers[-1].daemon = True
            timers[-1].start()
        seen.append(number)
        if again or not _typed(number):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        yield seen
    finally:
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _typed(number: int) -> bool:
    """Whether the signal was typed at the terminal, which then has sent it to the command too."""
    if number not in (signal.SIGINT, getattr(signal, "SIGQUIT", None)):
        return False
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
