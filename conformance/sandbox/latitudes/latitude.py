"""What a latitude is: one lawful variation, and the question on which the documents are silent or disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.sandbox.faults.wire import Sent

# How long, in seconds, what is late is late.
LAG = 0.4
_READ_BACK = (b"/readback/", b"/customers", b"/events")


@dataclass(frozen=True)
class Latitude:
    """One lawful variation; `about` is the question that it answers, to which there is one answer at a time.

    `lacks` are recommendations that it does without.
    """

    name: str
    description: str
    profiles: tuple[str, ...]
    about: str
    plant: Variation | Callable[[], Variation]
    lacks: tuple[str, ...] = ()

    @property
    def variation(self) -> Variation:
        """What is other than in the reference platform."""
        return self.plant if isinstance(self.plant, Variation) else self.plant()


def tracking(sent: Sent) -> bool:
    """Whether the request is for a tracking path."""
    return bool(sent.operation)


def reads_back(sent: Sent) -> bool:
    """Whether the request reads what was recorded."""
    return sent.request.path.startswith(_READ_BACK)
