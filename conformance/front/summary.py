"""The last word of a pytest session about the target: the verdict, and why; on the terminal and for pytest-html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from conformance.front.options import here
from conformance.front.telling import needed
from conformance.reports.overview import duration, gaps
from conformance.reports.text import count, one_line
from conformance.results import Verdict

if TYPE_CHECKING:
    from collections import Counter

    import pytest

    from conformance.engine.cleanup import CleanUp
    from conformance.results import Results

_COLOURS = {"conformant": "green", "nonconformant": "red", "inconclusive": "yellow", "cut": "purple"}


def tell(terminal: pytest.TerminalReporter, results: Results | None, without: str) -> None:
    """Writes the section; `without` is the sentence when there are no results."""
    verdict, why = _verdict(results, without)
    terminal.section("trackproof")
    terminal.write_line(f"{verdict.upper()}  {why}", **{_COLOURS[verdict]: True, "bold": True})
    if results is None:
        return
    for remedy in (results.stopped or "").splitlines()[1:]:
        terminal.write_line(one_line(here(remedy)))
    for warning in results.warnings:
        terminal.write_line(f"note: {one_line(warning)}")
    for gap in gaps(results):
        if gap.unjudged and gap.missing:
            terminal.write_line(f"{count(len(gap.unjudged), 'requirement')} not judged: needs {needed(gap.missing)}")
    terminal.write_line(_facts(results))


def tell_cleaned(terminal: pytest.TerminalReporter, cleaned: CleanUp, pattern: str) -> None:
    """Says what was deleted afterwards, and how to find what is left on the target."""
    terminal.write_line(f"clean-up: {count(cleaned.deleted, 'customer')} deleted, {cleaned.unknown} were never kept")
    if cleaned.left:
        terminal.write_line(f"left on the target: {count(len(cleaned.left), 'customer')}; in SQL: LIKE '{pattern}'")


def tell_html(results: Results | None, without: str) -> str:
    """The same as HTML."""
    verdict, why = _verdict(results, without)
    told = Markup("<p><b>{}</b> {}</p>").format(verdict.upper(), why)
    return str(told + Markup("<p>{}</p>").format(_facts(results)) if results else told)


def _verdict(results: Results | None, without: str) -> tuple[str, str]:
    return (results.verdict, one_line(here(results.why))) if results else ("inconclusive", without)


def _facts(results: Results) -> str:
    where = "the embedded sandbox" if results.target.embedded else results.target.url
    return one_line(
        f"profile {results.profile.name} against {where}: {_tally(results.requirement_counts())} requirements; "
        f"{results.run.requests} exchanges in {duration(results.run.seconds)}; "
        f"run {results.run.id}, seed {results.run.seed}"
    )


def _tally(counts: Counter[Verdict]) -> str:
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
