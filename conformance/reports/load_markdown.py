"""summary.md of a load: the verdict, what is wrong, and the figures on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reports.markdown import code, prose
from conformance.reports.text import count
from conformance.results.load import KINDS, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results.load import LoadResults

_SIGNS = {"conformant": "✓", "nonconformant": "✕", "inconclusive": "?", "cut": "…"}
_MOST = 5
_ERRORS = 10


def summary(results: LoadResults) -> str:
    """The results as GitHub-flavoured Markdown."""
    return "\n\n".join([*_head(results), *_wrong(results), *_figures(results)]) + "\n"


def _head(results: LoadResults) -> Iterator[str]:
    yield f"# {_SIGNS[results.verdict]} trackproof load: {prose(results.verdict)}"
    yield prose(results.why)
    for warning in results.warnings:
        yield f"**Note:** {prose(warning)}"
    found = results.reconciliation
    cells = [results.traffic.accepted, found.read, *(found.counts[kind] for kind in KINDS), found.unread]
    yield "\n".join(
        [
            f"| accepted | read back | {' | '.join(KINDS)} | not readable |",
            f"|{'--:|' * len(cells)}",
            f"| {' | '.join(str(cell) for cell in cells)} |",
        ]
    )


def _wrong(results: LoadResults) -> Iterator[str]:
    found = results.reconciliation
    for kind in KINDS:
        if not found.counts[kind]:
            continue
        yield f"## {kind.capitalize()}: {prose(MEANINGS[kind])}"
        lines = []
        for one in [finding for finding in found.findings if finding.kind == kind][:_MOST]:
            lines.append(f"- {code(one.customer)} ({code(one.requirement)}, {one.level})")
            lines.append(f"  - expected {code(one.expected)}")
            lines.append(f"  - found {code(one.actual)}")
            lines.append(f"  - sent: {code(one.journey)}")
        if found.counts[kind] > _MOST:
            lines.append(f"- and {found.counts[kind] - _MOST} more")
        yield "\n".join(lines)


def _figures(results: LoadResults) -> Iterator[str]:
    traffic, order = results.traffic, results.order
    yield "## Figures"
    asked = f"{order.rate:g} a second asked for" if order.rate else "not paced"
    yield (
        f"- {traffic.exchanges} exchanges in {traffic.seconds:.1f} s: {traffic.rate:.1f} a second ({asked}), "
        f"{order.users} users, {order.workers} sending\n"
        f"- {traffic.journeys} journeys; events: {traffic.accepted} accepted, {traffic.declined} refused as may be, "
        f"{traffic.refused} refused wrongly, "
        f"{traffic.unknown} without an answer that tells; 429: {traffic.limited}\n"
        f"- target: {code(results.target.url)}, profile {code(results.profile.name)}, run {code(results.run.id)}"
    )
    rows = ["| step | exchanges | errors | median ms | 95 % | 99 % | longest |", "|:--|--:|--:|--:|--:|--:|--:|"]
    rows += [
        f"| {prose(step.step)} | {step.exchanges} | {step.failures} | {step.p50:g} | {step.p95:g} | {step.p99:g} "
        f"| {step.most:g} |"
        for step in traffic.steps
    ]
    yield "\n".join(rows)
    if traffic.errors:
        yield "\n".join(
            f"- {count(one.count, 'time')} {code(one.error)} at {prose(one.step)}" for one in traffic.errors[:_ERRORS]
        )
