"""summary.md of a judgement: what is wrong and how to mend it, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.findings import Severity
from conformance.reports.findings_view import foreign, tally
from conformance.reports.markdown import code, prose
from conformance.reports.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.reports.findings_view import Group, View

_MOST_KINDS = 40
_MOST = 5
_TITLES = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.NOTE: "Notes"}


def summary(view: View) -> str:
    """The judgement as GitHub-flavoured Markdown."""
    blocks = [*_head(view)]
    for severity, title in _TITLES.items():
        groups = [group for group in view.groups if group.severity is severity]
        if groups:
            blocks.append(f"## {title}")
            blocks += [_group(group) for group in groups[:_MOST_KINDS]]
    return "\n\n".join(blocks) + "\n"


def _head(view: View) -> Iterator[str]:
    judgement = view.judgement
    sign = (
        "?"
        if not judgement.events or (not judgement.complete and not judgement.worst)
        else ("✕" if judgement.errors or judgement.warnings else "✓")
    )
    yield f"# {sign} trackproof judge: {prose(view.verdict)}"
    yield prose(view.why)
    figures = [*tally(judgement).values(), judgement.events, judgement.customers, judgement.journeys_with_findings]
    yield "\n".join(
        [
            "| errors | warnings | notes | events | customers | with findings |",
            "|--:|--:|--:|--:|--:|--:|",
            f"| {' | '.join(str(number) for number in figures)} |",
        ]
    )
    sources = ", ".join(code(source) for source in judgement.sources[:5])
    more = f" and {len(judgement.sources) - 5} more" if judgement.sources[5:] else ""
    yield f"- recorded traffic: {sources}{more}\n- profile: {code(judgement.profile)}"
    if told := foreign(judgement):
        yield prose(told)
    if judgement.broken_lines:
        named = "\n".join(f"  - {code(str(broken))}" for broken in judgement.broken[:_MOST])
        yield f"**{count(judgement.broken_lines, 'line')} could not be read:**\n\n{named}"


def _group(group: Group) -> str:
    kind = group.kind
    parts = [f"- **{prose(kind.title)}** ({code(kind.id)}, {len(group.found)}): {prose(kind.why)}"]
    for shown in group.found[:_MOST]:
        customer = f"{code(shown.customer)}: " if shown.customer else ""
        parts.append(f"  - {customer}{prose(shown.message)} ({prose(shown.places)})")
    if group.found[_MOST:]:
        parts.append(f"  - and {len(group.found) - _MOST} more in report.html")
    parts.append(f"  - **mend it:** {prose(kind.remedy)}")
    return "\n".join(parts)
