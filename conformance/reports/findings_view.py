"""What the reports of a judgement share: findings by kind, with personal data shown or shortened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.findings import Severity, kinds_of, shortened
from conformance.reports.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract import Profile
    from conformance.findings import Finding, Judgement, Kind


@dataclass(frozen=True)
class Shown:
    """One finding as a report shows it."""

    finding: Finding
    customer: str
    message: str

    @property
    def places(self) -> str:
        """Where its calls stand, the first few of them."""
        told = [
            f"{event.source} #{event.index}" + (f" at {event.iso}" if event.iso else "")
            for event in self.finding.events
        ]
        more = f" and {len(told) - 4} more" if len(told) > 4 else ""  # noqa: PLR2004 - enough to find them
        return ", ".join(told[:4]) + more


@dataclass(frozen=True)
class Group:
    """The findings of one kind and severity."""

    kind: Kind
    severity: Severity
    found: tuple[Shown, ...]


@dataclass(frozen=True)
class View:
    """A judgement as the reports show it."""

    judgement: Judgement
    profile: Profile
    groups: tuple[Group, ...]
    personal: bool

    @property
    def verdict(self) -> str:
        """In one or two words: what a pipeline has to know."""
        return verdict(self.judgement)

    @property
    def why(self) -> str:
        """The same in one sentence."""
        return why(self.judgement)

    def each(self) -> Iterator[tuple[Group, Shown]]:
        """Every finding with its group."""
        return ((group, shown) for group in self.groups for shown in group.found)


def verdict(judgement: Judgement) -> str:
    """In a few words: what a pipeline has to know; what was interrupted is never clean."""
    found = _found(judgement)
    return found if judgement.complete else f"cut short: {found if judgement.worst else 'not judged to the end'}"


def _found(judgement: Judgement) -> str:
    if not judgement.events:
        return "nothing judged"
    if judgement.errors:
        return count(judgement.errors, "error")
    return count(judgement.warnings, "warning") if judgement.warnings else "clean"


def why(judgement: Judgement) -> str:
    """What was judged and found, in a sentence or two."""
    if not judgement.complete:
        return f"Interrupted: what came after that is not judged. {_what(judgement)}"
    return _what(judgement)


def foreign(judgement: Judgement) -> str:
    """What is to be said of tracking calls to other platforms, which were passed over."""
    hosts = ", ".join(f"{count(number, 'tracking call')} to {host}" for host, number in judgement.foreign.items())
    return f"{hosts} passed over: --profile judges another platform's calls." if hosts else ""


def _what(judgement: Judgement) -> str:
    if not judgement.events:
        return (
            f"No tracking call was among the {count(judgement.calls, 'call')} that were read: nothing could be judged."
        )
    found = [
        count(number, noun)
        for number, noun in ((judgement.errors, "error"), (judgement.warnings, "warning"), (judgement.notes, "note"))
        if number
    ]
    judged = f"{count(judgement.events, 'event')} of {count(judgement.customers, 'customer')}"
    return f"{', '.join(found) or 'Nothing'} found in {judged}."


def view(judgement: Judgement, profile: Profile, *, show_customers: bool = False) -> View:
    """The judgement prepared for a report."""
    kinds = kinds_of(profile)
    groups: dict[tuple[str, Severity], list[Shown]] = {}
    for finding in judgement.findings:
        groups.setdefault((finding.id, finding.severity), []).append(shown(finding, show_customers=show_customers))
    made = [Group(kinds[name], severity, tuple(found)) for (name, severity), found in groups.items()]
    made.sort(key=lambda group: (group.severity.rank, -len(group.found), group.kind.id))
    return View(judgement, profile, tuple(made), show_customers)


def shown(finding: Finding, *, show_customers: bool) -> Shown:
    """One finding with its customer shown or shortened."""
    if show_customers:
        return Shown(finding, finding.customer, finding.message)
    return Shown(finding, shortened(finding.customer), finding.message_without_names)


def tally(judgement: Judgement) -> Mapping[Severity, int]:
    """How many findings there are of each severity."""
    return {
        Severity.ERROR: judgement.errors,
        Severity.WARNING: judgement.warnings,
        Severity.NOTE: judgement.notes,
    }
