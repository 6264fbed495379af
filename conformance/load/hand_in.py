"""What became of one journey, as whoever played it hands it in: a line of the ledger file, and back."""

from __future__ import annotations

import enum
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from conformance.load.mix import NAMES, story_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from conformance.generated.moves import Story


class Outcome(enum.StrEnum):
    """What became of a step: accepted, refused, or unknown, since no answer came that tells."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Played:
    """One journey: the stem of its customer's names, its kind, click and amount, and the outcome of each step sent.

    There may be fewer outcomes than steps: a load that ends does not finish its journeys.
    """

    stem: str
    kind: str
    click: str
    amount: int
    outcomes: tuple[Outcome, ...]

    @property
    def story(self) -> Story:
        """The steps that were sent."""
        return story_of(self.kind, self.amount)[: len(self.outcomes)]

    @property
    def accepted(self) -> int:
        """How many steps were accepted."""
        return sum(outcome is Outcome.ACCEPTED for outcome in self.outcomes)

    @property
    def told(self) -> str:
        """The journey in one line: `1. lead of customer A with click 1: accepted; …`."""
        pairs = zip(self.story, self.outcomes, strict=True)
        return "; ".join(f"{number}. {move}: {outcome}" for number, (move, outcome) in enumerate(pairs, start=1))

    def line(self) -> str:
        """The journey as a line of JSON, without its end."""
        return json.dumps(asdict(self), separators=(",", ":"))


def played_of(line: str | bytes) -> Played:
    """The journey of such a line; raises ValueError or KeyError when it is none."""
    found = json.loads(line)
    if found["kind"] not in NAMES:
        raise ValueError(f"there is no journey {found['kind']!r}")
    outcomes = tuple(Outcome(outcome) for outcome in found["outcomes"])
    return Played(str(found["stem"]), found["kind"], str(found["click"]), int(found["amount"]), outcomes)


def read_ledger(path: Path) -> Iterator[Played]:
    """The journeys of a ledger file, in the order in which they were handed in; a last line cut short is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield played_of(line)


def write_ledger(path: Path, journeys: Iterable[Played]) -> None:
    """Appends journeys to a ledger file."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{one.line()}\n" for one in journeys)
