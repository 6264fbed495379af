"""Standard output for whoever may stop to read it."""

from __future__ import annotations

import os
import sys

from rich.console import Console


class Terminal(Console):
    """Standard output; when nobody reads it any more, as behind `head`, what is told goes nowhere and work goes on."""

    def on_broken_pipe(self) -> None:
        """Rich would end the program with 1, which is a verdict."""
        self.quiet = True
        unread()


def unread() -> None:
    """Sends standard output nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
