"""From the figures of what was sent, and the reconciliation, to the results of a load and their verdict."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from conformance import __version__
from conformance.load.hand_in import Outcome, read_ledger
from conformance.load.reading import INTERRUPTED
from conformance.load.reconciling import customers_of, is_primary
from conformance.results import ProfileInfo, RunInfo, TargetInfo
from conformance.results.load import (
    KINDS,
    LOST,
    LoadError,
    LoadOrder,
    LoadResults,
    Second,
    StepTimes,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conformance.contract import Profile
    from conformance.load.errand import Order
    from conformance.load.hand_in import Played
    from conformance.results.load import Reconciliation
    from conformance.target.target import Target

EXIT_CODES = {"conformant": 0, "nonconformant": 1, "inconclusive": 3, "cut": 130}
_HALF = 50.0
_VERBS = {
    "lost": "lost",
    "doubled": "counted twice",
    "misattributed": "attributed to someone else",
    "altered": "altered",
}


def sampled(ledger: Path, wanted: int | None, seed: int) -> tuple[int, Iterator[Played]]:
    """How many journeys of a ledger file are to be read back, and which: all of them, or so many by chance."""
    count = sum(1 for _ in read_ledger(ledger))
    if wanted is None or wanted >= count:
        return count, read_ledger(ledger)
    chosen = set(random.Random(seed).sample(range(count), wanted))  # noqa: S311 - which ones, no secret
    return wanted, (played for number, played in enumerate(read_ledger(ledger)) if number in chosen)


def traffic_of(summary: Mapping[str, Any], ledger: Path) -> Traffic:
    """What was sent and answered."""
    outcomes: Counter[Outcome] = Counter()
    kinds: Counter[str] = Counter()
    declined = 0
    for played in read_ledger(ledger):
        story = played.story
        outcomes.update(played.outcomes)
        kinds[played.kind] += 1
        declined += sum(
            outcome is Outcome.REFUSED and not is_primary(story, place) for place, outcome in enumerate(played.outcomes)
        )
    tally = summary["tally"]
    return Traffic(
        seconds=summary["seconds"],
        exchanges=tally["exchanges"],
        journeys=summary["journeys"],
        accepted=outcomes[Outcome.ACCEPTED],
        refused=outcomes[Outcome.REFUSED] - declined,
        declined=declined,
        unknown=outcomes[Outcome.UNKNOWN],
        limited=tally["limited"],
        paused=round(tally["paused"], 3),
        kinds=dict(kinds),
        steps=tuple(StepTimes(**step) for step in summary["steps"]),
        errors=tuple(sorted((LoadError(**one) for one in summary["errors"]), key=lambda one: -one.count)),
        curve=tuple(Second(**second) for second in summary["curve"]),
    )


def created_by(ledger: Path, besides: list[str]) -> tuple[str, ...]:
    """Every customer that the load named, and those that were written besides."""
    return (*(customer for played in read_ledger(ledger) for customer in customers_of(played)), *besides)


def conclude(  # noqa: PLR0913 - one for each part of the results
    *,
    profile: Profile,
    target: Target,
    order: Order,
    summary: Mapping[str, Any],
    traffic: Traffic,
    reconciliation: Reconciliation,
    started: str,
    seconds: float,
    created: tuple[str, ...],
    strict: bool,
    max_errors: float | None,
) -> LoadResults:
    """The results of a load."""
    interrupted = summary["why"] == "interrupted" or INTERRUPTED in reconciliation.unread_because
    verdict, why = _verdict(
        summary, traffic, reconciliation, interrupted=interrupted, strict=strict, max_errors=max_errors
    )
    clean = target.redactor.text
    return LoadResults(
        tool_version=__version__,
        profile=ProfileInfo(profile.name, profile.title, profile.revision),
        target=TargetInfo(
            url=clean(target.base),
            embedded=target.options.embedded,
            evidence=clean(reconciliation.evidence),
            clicks=clean(target.clicks.description),
        ),
        run=RunInfo(
            id=order.run,
            seed=order.seed,
            started=started,
            seconds=round(seconds, 3),
            requests=traffic.exchanges + target.sent,
            complete=not interrupted,
            created=created,
        ),
        order=LoadOrder(
            order.users, order.rate, order.duration, order.max_requests, order.spawn_rate, int(summary["workers"])
        ),
        verdict=verdict,
        why=why,
        traffic=traffic,
        reconciliation=reconciliation,
        warnings=tuple(_warnings(summary, order, traffic, reconciliation)),
    )


def _verdict(
    summary: Mapping[str, Any],
    traffic: Traffic,
    found: Reconciliation,
    *,
    interrupted: bool,
    strict: bool,
    max_errors: float | None,
) -> tuple[str, str]:
    if interrupted:
        return "cut", f"It was interrupted; until then {_found(found)}."
    broken = found.wrong if strict else found.wrong - found.warned
    if broken:
        return "nonconformant", f"Of {traffic.accepted} accepted events, {_found(found)}."
    if max_errors is not None and traffic.error_share > max_errors:
        share = f"{traffic.error_share:.2f} % of the events failed, and --max-errors allows {max_errors:g} %"
        return "nonconformant", f"{share}."
    if why := _why_inconclusive(summary, traffic, found):
        return "inconclusive", why
    of = f"{found.read} of {traffic.journeys} customers" if found.sampled else f"{found.read} customers"
    told = f"{traffic.accepted} events were accepted, and the records of {of} are as they were sent"
    return "conformant", f"{told}: nothing lost, nothing doubled, nothing attributed to someone else."


def _why_inconclusive(summary: Mapping[str, Any], traffic: Traffic, found: Reconciliation) -> str:  # noqa: PLR0911
    if summary["refusals"]:
        return f"A worker refused: {summary['refusals'][0]}."
    if not traffic.accepted:
        return "No event was accepted, so there was nothing to reconcile."
    if not found.available:
        return "The target does not show what it recorded: give --readback, the base URL of its read-back endpoint."
    if summary["why"] == "harness failed" or summary["exceptions"]:
        return f"The harness itself failed: {'; '.join(summary['exceptions'][:3])}. Please report it."
    if summary["missing"]:
        return (
            f"Of {summary['workers']} workers {len(summary['missing'])} were lost, and with them what they sent last."
        )
    if traffic.error_share > _HALF:
        return f"Only {traffic.accepted} of {traffic.sent} events were accepted: too few to tell anything from."
    if found.unread:
        reasons = "; ".join(found.unread_because)
        return f"{found.unread} of {found.customers} customers could not be read back: {reasons}."
    if not found.live:
        return "A customer written after the load did not appear within --settle, so absence proves nothing."
    return ""


def _found(found: Reconciliation) -> str:
    told = [f"{found.counts[kind]} were {_VERBS[kind]}" for kind in KINDS if found.counts[kind]]
    return ", ".join(told) or "nothing was found to be wrong"


def _warnings(summary: Mapping[str, Any], order: Order, traffic: Traffic, found: Reconciliation) -> Iterator[str]:
    if summary["why"] == "spent":
        yield f"The load ended when its {order.max_requests} exchanges were sent: --max-requests allows more."
    if summary["why"] == "worker lost":
        yield "The load ended early, since a worker was lost."
    if summary["busy"]:
        yield "The machine that sent was busy: times are longer than the target's own. Use --processes, or workers."
    if order.rate and traffic.rate < 0.9 * order.rate and summary["why"] == "time":
        yield (
            f"{traffic.rate:.1f} exchanges a second were sent of the {order.rate:g} asked for: "
            "more --users keep more of them in flight."
        )
    if traffic.limited:
        yield f"The target answered 429 {traffic.limited} times, and had the users wait {traffic.paused:.1f} s."
    if found.warned:
        yield f"{found.warned} of the findings break a SHOULD only."
    if found.sampled:
        yield f"{found.customers} of {traffic.journeys} customers were read back: a sample."
    if found.counts[LOST] and not found.live:
        yield "A customer written after the load was not recorded either."
