"""What a load says on the console: how it goes, then the verdict, the figures and what is wrong."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from rich.console import Console as Rich
from rich.markup import escape

from conformance.cli.console import COLOURS, printable
from conformance.reports.text import count, one_line
from conformance.results.load import KINDS, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.status import Status

    from conformance.load.errand import Order
    from conformance.results.load import LoadFinding, LoadResults
    from conformance.target.target import Target

_EVERY = 10.0
_MOST = 5


class LoadConsole:
    """Tells one load: a line that changes on a terminal, one now and then in a log."""

    def __init__(self, rich: Rich | None = None) -> None:
        self._rich = rich or Rich(highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._last = 0.0
        self.reads = False

    @contextlib.contextmanager
    def showing(self, order: Order, target: Target) -> Iterator[None]:
        """Shows how it goes for the length of the block."""
        where = "the embedded sandbox" if target.options.embedded else target.redactor.text(target.base)
        paced = f"{order.rate:g} exchanges a second" if order.rate else "as fast as they can"
        self._rich.print(
            f"trackproof: {count(order.users, 'user')} for {order.duration:g} s, {paced}, at most "
            f"{order.max_requests} exchanges, profile {target.profile.name}, against {escape(where)} (run {order.run})"
        )
        if not self._rich.is_terminal:
            yield
            return
        with self._rich.status("starting") as self._status:
            yield

    def sending(self, line: dict[str, Any]) -> None:
        """Hears one line of a process that sends, or of the master."""
        if line["what"] != "progress":
            return
        self._show(
            line["at"],
            f"{line['at']:.0f} s: {line['exchanges']} exchanges, {line['rate']:.0f} a second, "
            f"95 % within {line['p95']:.0f} ms, {line['failures']} errors, {count(line['users'], 'user')}",
        )

    def reading(self, read: int, wanted: int) -> None:
        """So many customers were read back."""
        if self._status is not None:
            self._status.update(f"reading back: {read} of {wanted} customers")

    def worker(self, line: dict[str, Any]) -> None:
        """Hears one line of a worker."""
        told = {"connected": "the master was found; waiting for its order", "begun": "sending"}.get(line["what"])
        if told:
            self._rich.print(f"trackproof: {told}")

    def interrupted(self, name: str) -> None:
        """Somebody wants it to end, or wants it again."""
        told = "nothing more is read back" if self.reads else "nothing more is sent; what was is read back"
        self.reads = True
        self._rich.print(f"{name}: {told}")

    def _show(self, at: float, text: str) -> None:
        if self._status is not None:
            self._status.update(text)
        elif at - self._last >= _EVERY:
            self._last = at
            self._rich.print(text)

    def summary(self, results: LoadResults, report: Path) -> None:
        """The verdict first, then what is wrong, the figures, and where the report is."""
        say = self._rich.print
        traffic, found = results.traffic, results.reconciliation
        say()
        say(f"[{COLOURS[results.verdict]}]{results.verdict.upper()}[/]  {escape(printable(results.why))}")
        for warning in results.warnings:
            say(f"[yellow]note[/]: {escape(printable(warning))}")
        for kind in KINDS:
            self._kind(kind, [one for one in found.findings if one.kind == kind], found.counts[kind])
        say()
        say(
            f"sent: {traffic.exchanges} exchanges in {traffic.seconds:.1f} s ({traffic.rate:.1f} a second), "
            f"{count(traffic.journeys, 'journey')}"
        )
        say(
            f"events: {traffic.accepted} accepted, {traffic.declined} refused as may be, {traffic.refused} refused "
            f"wrongly, {traffic.unknown} without an answer that tells ({traffic.error_share:.2f} % failed); "
            f"429: {traffic.limited}"
        )
        for step in traffic.steps[-1:]:
            say(
                f"milliseconds: median {step.p50:g}, 90 % {step.p90:g}, 95 % {step.p95:g}, 99 % {step.p99:g}, "
                f"longest {step.most:g}"
            )
        for error in traffic.errors[:_MOST]:
            told = escape(printable(one_line(error.error)))
            say(f"[yellow]error[/]: {count(error.count, 'time')} {told} at {error.step}")
        where = escape(found.evidence)
        say(f"read back: {found.read} of {found.customers} customers in {found.seconds:.1f} s ({where})")
        say(f"created: {count(len(results.run.created), 'customer')}, listed in load.json for `trackproof cleanup`")
        say(f"report: {escape(str(report))}")

    def _kind(self, kind: str, findings: list[LoadFinding], number: int) -> None:
        say = self._rich.print
        if not number:
            return
        say()
        say(f"[red]{kind}[/] [bold]{number}[/]: {MEANINGS[kind]}")
        for one in findings[:_MOST]:
            say(f"  {escape(printable(one.customer))} ({one.requirement}, {one.level})")
            say(f"    expected {escape(printable(one.expected))}")
            say(f"    found    {escape(printable(one.actual))}")
        if number > _MOST:
            say(f"  and {number - _MOST} more; the report has them")
