"""A story of a few customers as data: who does what, in which order, and what at the same moment.

Customers, clicks and invoices are numbers; whoever plays the story gives them fresh names.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.contract import Profile

NO_CLICK = -1
FORMS = ("longer", "shorter", "other-case", "blank")
_LETTERS = "ABC"


@dataclass(frozen=True)
class Move:
    """One step: `lead`, `event-1`, `event-2`, `mismatch`, `resent`, `later-lead`, `sale`, or `again`.

    `again` repeats the customer's step before, byte for byte. `form` is how a mismatched id differs. `at_once` sends it
    at the same moment as the step before it.
    """

    act: str
    who: int
    click: int = NO_CLICK
    invoice: int = 0
    amount: int = 4999
    form: str = ""
    at_once: bool = False

    def __str__(self) -> str:
        who, click = f"customer {_LETTERS[self.who]}", f"click {self.click + 1}"
        told = {
            "lead": f"lead of {who} with {click}",
            "event-1": f"event 1 of {who} with {click}",
            "event-2": f"event 2 of {who}",
            "mismatch": f"event 2 under an id that is not quite that of {who} ({self.form})",
            "resent": f"event 2 of {who} with {click} sent again",
            "later-lead": f"a later lead of {who}, without click",
            "sale": f"sale of {who}, invoice {self.invoice + 1}, amount {self.amount}"
            + (f", with {click}" if self.click != NO_CLICK else ""),
            "again": f"the same of {who} again, byte for byte",
        }[self.act]
        return f"{told}, at the same moment" if self.at_once else told


Story = tuple[Move, ...]


def told(story: Story) -> str:
    """A story as numbered steps."""
    return "; ".join(f"{number}. {move}" for number, move in enumerate(story, start=1))


def to_json(story: Story) -> list[dict[str, Any]]:
    """A story for the way between two processes."""
    return [asdict(move) for move in story]


def from_json(document: Sequence[Mapping[str, Any]]) -> Story:
    """The story of such a document."""
    return tuple(Move(**move) for move in document)


def bursts(story: Story) -> Iterator[list[Move]]:
    """The steps of a story, those together that are sent at the same moment."""
    burst: list[Move] = []
    for move in story:
        if burst and not move.at_once:
            yield burst
            burst = []
        burst.append(move)
    if burst:
        yield burst


@dataclass(frozen=True)
class Freedom:
    """What stories may hold on a platform: only steps whose outcome its contract says something about."""

    other_click_in_event_1: bool
    other_click_resent: bool
    click_in_sale: bool
    direct_sale: bool
    forms: tuple[str, ...]

    @classmethod
    def of(cls, profile: Profile) -> Freedom:
        """The freedom that a profile's promises leave."""
        without = {"other-case": "ids-fold-letters", "blank": "ids-are-trimmed"}
        return cls(
            other_click_in_event_1=profile.promises("deferred.first-click-stays"),
            other_click_resent=profile.promises("resent-click-id.attribution-unchanged"),
            click_in_sale=profile.promises("sale.lead-click-wins"),
            direct_sale=profile.promises("sale.own-click"),
            forms=tuple(form for form in FORMS if without.get(form) not in profile.traits),
        )


def sensible(story: Story) -> bool:
    """Whether each step follows from what its customer did before, so that the contract says what must come of it."""
    done: dict[int, list[Move]] = {}
    for burst in bursts(story):
        if not _may_be_together(burst):
            return False
        for move in burst:
            before = done.setdefault(move.who, [])
            if not _follows(move, before):
                return False
            before.append(move)
    return bool(story) and not story[0].at_once


def _may_be_together(burst: Sequence[Move]) -> bool:
    first = burst[0]
    if all(move.act == "again" and move.who == first.who for move in burst[1:]):
        return True
    invoices = [move.invoice for move in burst if move.act == "sale"]
    apart = len({move.who for move in burst}) == len(burst) and len(set(invoices)) == len(invoices)
    return apart and all(move.act != "again" for move in burst)


def _follows(move: Move, before: Sequence[Move]) -> bool:  # noqa: PLR0911 - one for each step
    acts = [one.act for one in before]
    match move.act:
        case "lead" | "event-1" if not acts:
            return True
        case "lead":
            return acts[0] == "lead" and move.click == before[0].click
        case "event-1":
            verified = any(act in ("event-2", "resent") for act in acts)
            return acts[0] == "event-1" and (move.click == before[0].click or not verified)
        case "event-2" | "mismatch" | "resent":
            return bool(acts) and acts[0] == "event-1"
        case "later-lead":
            return bool(acts) and (acts[0] == "lead" or (acts[0] == "event-1" and "event-2" in acts))
        case "sale":
            return bool(acts) or move.click != NO_CLICK
        case _:
            return bool(acts)


def shorter(story: Story) -> Iterator[Story]:
    """Sensible stories with less in them: without a customer, without some steps, with plainer ones."""
    for customer in sorted({move.who for move in story}):
        yield from _if_sensible(tuple(move for move in story if move.who != customer))
    for size in (len(story) // 2, len(story) // 4, 1):
        for start in range(0, len(story) if size else 0, size or 1):
            yield from _if_sensible(story[:start] + story[start + size :])
    for place, move in enumerate(story):
        plainer = [replace(move, at_once=False)] if move.at_once else []
        if move.act == "sale" and move.amount != 4999:  # noqa: PLR2004 - the amount of any other sale
            plainer.append(replace(move, amount=4999))
        if move.act == "sale" and move.click != NO_CLICK:
            plainer.append(replace(move, click=NO_CLICK))
        for one in plainer:
            yield from _if_sensible((*story[:place], one, *story[place + 1 :]))


def _if_sensible(story: Story) -> Iterator[Story]:
    if story:
        first = replace(story[0], at_once=False)
        whole = (first, *story[1:])
        if sensible(whole):
            yield whole
