"""GitHub annotations: one line for each requirement that is not green, which the runner shows beside the job.

Everything in them is escaped as the runner unescapes it, so that nothing can end a line or a property early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.contract.requirements import Level
from conformance.reports.overview import breaches, rerun
from conformance.reports.text import clip, lines, one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.reports.overview import Breach
    from conformance.results.model import Results

# GitHub shows ten of each kind for a step and drops the rest without a word.
MOST = 10
_WIDTH = 400
_RUN = {"conformant": "notice", "nonconformant": "error", "inconclusive": "error", "cut": "error"}
_KINDS = (
    (Verdict.FAILED, "error"),
    (Verdict.ERRORED, "error"),
    (Verdict.WARNED, "warning"),
    (Verdict.INCONCLUSIVE, "warning"),
    (Verdict.WAIVED, "notice"),
)


def workflow_commands(results: Results) -> tuple[str, ...]:
    """The workflow commands that annotate a run: first its verdict, then what is broken, errors first."""
    made = {kind: [_command(kind, *said) for said in _told(results, kind)] for kind in ("error", "warning", "notice")}
    return tuple(line for kind in made for line in _limited(kind, made[kind]))


def _told(results: Results, kind: str) -> Iterator[tuple[str, str]]:
    if _RUN.get(results.verdict, "error") == kind:
        yield f"trackproof: {results.verdict}", results.stopped or results.why
    for verdict, of in _KINDS:
        if of == kind:
            for breach in breaches(results, verdict):
                if verdict is not Verdict.INCONCLUSIVE or breach.requirement.level is Level.MUST:
                    yield f"{verdict}: {breach.requirement.id}", "\n".join(_message(results, breach, verdict))
    if kind == "notice":
        for warning in results.warnings:
            yield "trackproof: note", warning


def _message(results: Results, breach: Breach, verdict: Verdict) -> Iterator[str]:
    requirement = breach.requirement
    yield f"{requirement.level}: {requirement.statement}"
    for scenario, check in breach.found[:1]:
        if verdict is Verdict.INCONCLUSIVE:
            yield f"not judged: {check.reason or check.actual}"
            if check.missing:
                yield f"give: {check.missing.option} ({check.missing.hint})"
        else:
            yield f"expected: {check.expected}"
            yield f"found: {check.actual}"
            if check.note:
                yield check.note
            yield f"blame: {check.blame or 'undecided'}{f' ({check.code})' if check.code else ''}"
            if requirement.fix and verdict is not Verdict.ERRORED:
                yield f"fix: {requirement.fix}"
        yield f"again: {rerun(results, scenario)}"


def _limited(kind: str, commands: list[str]) -> list[str]:
    if len(commands) <= MOST:
        return commands
    left_out = len(commands) - MOST + 1
    return [*commands[: MOST - 1], _command(kind, f"and {left_out} more", "The report and the summary have them all.")]


def _command(kind: str, title: str, message: str) -> str:
    told = "\n".join(clip(line, _WIDTH) for line in lines(message).split("\n"))
    return f"::{kind} title={_property(clip(one_line(title), _WIDTH))}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
