"""A difference between two runs as text, Markdown or JSON; what a target said is quoted, and stays a quotation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reports.inert import inert, inert_json
from conformance.reports.markdown import code, prose
from conformance.reports.overview import rerun
from conformance.reports.text import clip, count, one_line
from conformance.results.difference import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.results.difference import Change, ChangedAnswer, Difference

FORMAT = "trackproof-diff/1"
_ORDER = (Kind.RED, Kind.UNOBSERVABLE, Kind.GREEN, Kind.OTHER)
_MOST = 40
_NAMED = 3
_WIDTH = 400


def diff_text(found: Difference) -> str:
    """The difference to read on a terminal."""
    return inert("\n".join(one_line(line) for line in _lines(found, _Plain())) + "\n")


def diff_markdown(found: Difference) -> str:
    """The difference for a pull request."""
    return inert("\n".join(_lines(found, _Markdown())) + "\n")


def diff_json(found: Difference) -> str:
    """The difference for programs."""
    document = {
        "format": FORMAT,
        "old": _run(found.old.run.id, found.old.verdict, found.old.run.started),
        "new": _run(found.new.run.id, found.new.verdict, found.new.run.started),
        "worse": found.worse,
        "notes": list(found.notes),
        **{kind.value.replace(" ", "_"): [_change(found, each) for each in found.of(kind)] for kind in _ORDER},
        "changed_answers": [_answer(each) for each in found.answers],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return inert_json(text.encode("utf-8", "backslashreplace").decode()) + "\n"


def _run(name: str, verdict: str, started: str) -> dict[str, str]:
    return {"run": name, "verdict": verdict, "started": started}


def _change(found: Difference, change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {
        "requirement": change.requirement.id,
        "level": change.requirement.level.value,
        "was": change.was,
        "now": change.now,
        "worse": change.worse,
        "scenario": change.scenario,
    }
    if change.seen is not None:
        scenario, check = change.seen
        told |= {
            "scenario": scenario.id,
            "expected": check.expected,
            "actual": check.actual,
            "reason": check.reason,
            "again": rerun(found.new, scenario),
        }
    return told | {"whole_requirement": change.scenario is None}


def _answer(answer: ChangedAnswer) -> dict[str, Any]:
    step, method, path = answer.step
    return {
        "step": step,
        "method": method,
        "path": path,
        "was": answer.was,
        "now": answer.now,
        "scenarios": list(answer.scenarios),
    }


class _Plain:
    """How a terminal is written to."""

    def head(self, text: str) -> str:
        return text

    def item(self, name: str, text: str) -> str:
        return f"  {name}{text}"

    def fact(self, name: str, text: str, quoted: str) -> str:
        return f"    {name} {text}{clip(quoted, _WIDTH)}"

    def note(self, text: str) -> str:
        return f"note: {text}"


class _Markdown:
    """How Markdown is written."""

    def head(self, text: str) -> str:
        return f"## {text}\n"

    def item(self, name: str, text: str) -> str:
        return f"- {code(name)}{prose_of(text)}"

    def fact(self, name: str, text: str, quoted: str) -> str:
        return f"  - {name} {prose_of(text)}{code(quoted) if quoted else ''}"

    def note(self, text: str) -> str:
        return f"**Note:** {prose(text)}\n"


def prose_of(text: str) -> str:
    """Words that may begin or end with a blank, which stays."""
    if not text.strip():
        return text
    return f"{' ' * text.startswith(' ')}{prose(text)}{' ' * text.endswith(' ')}"


def _lines(found: Difference, style: _Plain | _Markdown) -> Iterator[str]:
    worse = "something got worse" if found.worse else "nothing got worse"
    yield style.head(f"{found.old.verdict} → {found.new.verdict}: {worse}")
    for note in found.notes:
        yield style.note(note)
    for kind in _ORDER:
        changes = found.of(kind)
        if changes:
            yield ""
            yield style.head(f"{kind.value}: {len(changes)}")
            for change in changes[:_MOST]:
                yield from _told(found, change, style)
            yield from _left_out(len(changes), style.fact)
    if found.answers:
        yield ""
        yield style.head(f"answers that changed although the verdict did not: {len(found.answers)}")
        for answer in found.answers[:_MOST]:
            yield from _told_answer(answer, style)
        yield from _left_out(len(found.answers), style.fact)


def _left_out(number: int, fact: Callable[[str, str, str], str]) -> Iterator[str]:
    if number > _MOST:
        yield fact("and", f"{number - _MOST} more; --format json has them all", "")


def _told(found: Difference, change: Change, style: _Plain | _Markdown) -> Iterator[str]:
    was, now = change.was or "absent", change.now or "absent"
    where = "" if change.scenario is None else ", in one more scenario"
    requirement = change.requirement
    yield style.item(requirement.id, f" ({requirement.level}): {was} → {now}{where}; {requirement.statement}")
    if change.seen is None:
        if requirement.reason and change.kind is Kind.UNOBSERVABLE:
            yield style.fact("because", requirement.reason, "")
        return
    scenario, check = change.seen
    if change.kind in (Kind.RED, Kind.OTHER):
        yield style.fact("expected", "", check.expected)
        yield style.fact("found", "", check.actual)
    elif change.kind is Kind.UNOBSERVABLE:
        give = f"; give {check.missing.option}" if check.missing else ""
        yield style.fact("because", f"{check.reason or check.actual}{give}", "")
    if change.kind is not Kind.GREEN:
        yield style.fact("again", "", rerun(found.new, scenario))


def _told_answer(answer: ChangedAnswer, style: _Plain | _Markdown) -> Iterator[str]:
    step, method, path = answer.step
    yield style.item(f"{method} {path}", f" ({step}), in {count(len(answer.scenarios), 'scenario')}")
    yield style.fact("was", "", answer.was)
    yield style.fact("now", "", answer.now)
    yield style.fact("in", "", ", ".join(answer.scenarios[:_NAMED]))
