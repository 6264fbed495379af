"""What a planted fault is: one realistic defect, told in a sentence, and the requirement that it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.sandbox.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Callable

CUTMESHORT = ("cutmeshort",)
DUB = ("dub",)
BOTH = (*CUTMESHORT, *DUB)


@dataclass(frozen=True)
class Fault:
    """One defect.

    `breaks` is the requirement that names it; `also` holds patterns of further ones that the same defect honestly
    breaks, and of what it merely makes unjudgeable nothing is said. `plant` makes the variation, anew for each sandbox
    where it remembers something. `sockets` says that only a real connection shows it.
    """

    name: str
    description: str
    profiles: tuple[str, ...]
    breaks: str
    plant: Variation | Callable[[], Variation]
    also: tuple[str, ...] = ()
    sockets: bool = False

    @property
    def variation(self) -> Variation:
        """What is other than in the reference platform."""
        return self.plant if isinstance(self.plant, Variation) else self.plant()
