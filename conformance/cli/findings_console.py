"""What `judge` and `watch` say on the console: a bar while somebody is watching, then what was found."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.cli.console import printable
from conformance.cli.terminal import Terminal
from conformance.findings import Severity
from conformance.judge.files import SILENT
from conformance.judge.files import Progress as Told
from conformance.reports.findings_view import foreign, view
from conformance.reports.text import count, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console as Rich

    from conformance.contract import Profile
    from conformance.findings import Judgement
    from conformance.reports.findings_view import Group

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_MOST_KINDS = 20
_MOST = 5
_HINT = "Record the calls to the platform's tracking endpoints, or name their platform with --profile."


class FindingsConsole:
    """Tells one judgement."""

    def __init__(self, rich: Rich | None = None) -> None:
        self._rich = rich or Terminal(highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Told]:
        """A bar on a terminal, elsewhere nothing."""
        if not self._rich.is_terminal:
            yield SILENT
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._rich, transient=True) as progress:
            tasks = []

            def begin(what: str, total: int) -> None:
                tasks.append(progress.add_task(what, total=total or None))

            yield Told(begin, lambda size: progress.advance(tasks[-1], size))

    def summary(
        self, judgement: Judgement, profile: Profile, report: Path, *, show_customers: bool, hint: str = _HINT
    ) -> None:
        """The verdict first, then what was found, kind by kind, and where the report is; a hint where nothing came."""
        say = self._rich.print
        shown = view(judgement, profile, show_customers=show_customers)
        worst = judgement.worst
        green = judgement.events and judgement.complete
        colour = _COLOURS[worst] if worst else ("bold green" if green else "bold yellow")
        say(f"[{colour}]{shown.verdict.upper()}[/]  {escape(shown.why)}")
        for group in shown.groups[:_MOST_KINDS]:
            self._group(group)
        if shown.groups[_MOST_KINDS:]:
            say(f"\nand {count(len(shown.groups) - _MOST_KINDS, 'kind')} more; the report has them all")
        if judgement.broken_lines:
            say(f"\n[yellow]{count(judgement.broken_lines, 'line')} could not be read[/]")
            for broken in judgement.broken[:_MOST]:
                say(f"  {escape(printable(str(broken)))}")
        if told := foreign(judgement):
            say(f"\n{escape(printable(told))}")
        if judgement.left_out:
            say(f"\n{count(judgement.left_out, 'finding')} more of the same kinds are counted and not listed")
        if not judgement.events:
            say(escape(hint))
        say(f"\nprofile {profile.name}; {count(judgement.calls, 'call')} read; report: {escape(str(report))}")

    def _group(self, group: Group) -> None:
        say = self._rich.print
        say()
        title = escape(group.kind.title)
        say(f"[{_COLOURS[group.severity]}]{group.severity.value}[/] [bold]{group.kind.id}[/] {title}")
        for each in group.found[:_MOST]:
            customer = f"{escape(printable(one_line(each.customer)))}: " if each.customer else ""
            say(f"  {customer}{escape(printable(one_line(each.message)))}")
            say(f"    [dim]{escape(printable(one_line(each.places)))}[/]")
        if group.found[_MOST:]:
            say(f"  and {len(group.found) - _MOST} more")
        say(f"  mend it: {escape(group.kind.remedy)}")
