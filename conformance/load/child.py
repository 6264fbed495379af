"""A process of a load: takes its errand from standard input, and stops when that ends.

`python -m conformance.load.child`; it says on standard output, a line of JSON each, what its starter has to know.
"""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gevent.event import Event

    from conformance.load.errand import Errand


def main() -> int:
    """Carries out one errand."""
    # Imported here, since it changes Python's sockets; and first, since whatever holds sockets must come after it.
    import gevent  # noqa: PLC0415
    from gevent.event import Event  # noqa: PLC0415

    from conformance.load import conducting, working  # noqa: PLC0415
    from conformance.load.errand import WORKER  # noqa: PLC0415

    errand: Errand = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    over = Event()
    gevent.spawn(_watch, over)
    if errand.role == WORKER:
        working.work(errand, over)
    else:
        conducting.conduct(errand, over)
    return 0


def _watch(over: Event) -> None:
    """Ends the load when whoever started it is gone, or says so."""
    import gevent.os  # noqa: PLC0415

    while gevent.os.tp_read(sys.stdin.fileno(), 1):
        pass
    over.set()


if __name__ == "__main__":
    sys.exit(main())
