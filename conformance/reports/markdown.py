"""summary.md: the verdict for a pull request or a pipeline's page, on one screen.

What a target said stands in code spans, and all other text is escaped: nothing becomes a link, a tag or a heading.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reports.overview import Breach, Gap, breaches, duration, gaps, rerun
from conformance.reports.text import clip, count, one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results.model import RequirementResult, Results, ScenarioResult

_SIGNS = {"conformant": "✓", "nonconformant": "✕", "inconclusive": "?", "cut": "…"}
_MOST = 40
_WIDTH = 400
_COMMAND = 4000
_BROKEN = (
    (Verdict.FAILED, "Broken"),
    (Verdict.ERRORED, "Harness or connection failed"),
    (Verdict.WARNED, "Recommended, and not so"),
    (Verdict.WAIVED, "Waived"),
)


def summary(results: Results) -> str:
    """The results as GitHub-flavoured Markdown."""
    blocks = [*_head(results)]
    for verdict, title in _BROKEN:
        found = breaches(results, verdict)
        if found:
            blocks.append(f"## {title}")
            blocks.extend(_broken(results, breach) for breach in found[:_MOST])
            blocks.extend(f"… and {len(found) - _MOST} more in report.html." for _ in found[_MOST : _MOST + 1])
    unjudged = gaps(results)
    if unjudged:
        blocks.append("## Could not be judged")
        blocks.extend(_unjudged(gap) for gap in unjudged[:_MOST])
    blocks.append(f"Run it again: {code(rerun(results), _COMMAND)}")
    return "\n\n".join(blocks) + "\n"


def _head(results: Results) -> Iterator[str]:
    yield f"# {_SIGNS.get(results.verdict, '?')} trackproof: {prose(results.verdict)}"
    if results.why:
        yield prose(results.why)
    if results.stopped:
        yield f"**The run was stopped:** {prose(results.stopped)}"
    for warning in results.warnings:
        yield f"**Note:** {prose(warning)}"
    yield "\n".join(_table(results))
    run, profile = results.run, results.profile
    yield "\n".join(
        [
            f"- target: {'the embedded sandbox' if results.target.embedded else code(results.target.url)}",
            f"- profile: {code(profile.name)}, revision {code(profile.revision)}",
            f"- run {code(run.id)}, seed {run.seed}, {count(run.requests, 'request')} in {duration(run.seconds)}",
        ]
    )


def _table(results: Results) -> Iterator[str]:
    verdicts = tuple(Verdict)
    yield f"| | {' | '.join(verdict.value for verdict in verdicts)} |"
    yield f"|---|{'--:|' * len(verdicts)}"
    for name, counts in (("requirements", results.requirement_counts()), ("scenarios", results.scenario_counts())):
        yield f"| {name} | {' | '.join(str(counts[verdict]) for verdict in verdicts)} |"


def _broken(results: Results, breach: Breach) -> str:
    requirement = breach.requirement
    parts = [f"- **{prose(requirement.id)}** ({requirement.level}): {prose(requirement.statement)}"]
    for scenario, check in breach.found[:1]:
        parts.append(f"  - expected: {code(check.expected)}")
        parts.append(f"  - actual: {code(check.actual)}")
        parts += [
            f"  - {name}: {prose(text)}" for name, text in (("reason", check.reason), ("note", check.note)) if text
        ]
        blame = f", blame: {check.blame}" if check.blame else ""
        parts.append(f"  - seen in {_scenarios(list(breach.scenarios))}{blame}")
        parts.append(f"  - again: {code(rerun(results, scenario), _COMMAND)}")
    return "\n".join(parts)


def _unjudged(gap: Gap) -> str:
    if gap.missing:
        head = f"- Give {code(gap.missing.option)}: {prose(gap.missing.hint)}"
    else:
        head = f"- {prose(gap.reasons[0] if gap.reasons else 'no reason was given')}"
    parts = [head, *(f"  - {prose(reason)}" for reason in gap.reasons[:3] if gap.missing)]
    if gap.unjudged:
        parts.append(f"  - would judge: {_requirements(gap.unjudged)}")
    parts.append(f"  - met in {_scenarios(list(gap.scenarios))}")
    return "\n".join(parts)


def _requirements(requirements: tuple[RequirementResult, ...]) -> str:
    named = ", ".join(f"{code(each.id)} ({each.level})" for each in requirements[:_MOST])
    return named + (f" and {len(requirements) - _MOST} more" if requirements[_MOST:] else "")


def _scenarios(scenarios: list[ScenarioResult]) -> str:
    distinct = list({scenario.id: scenario for scenario in scenarios})
    return ", ".join(code(name) for name in distinct[:3]) + (f" and {len(distinct) - 3} more" if distinct[3:] else "")


def code(text: str, width: int = _WIDTH) -> str:
    """The text as a code span: one line, clipped, fenced with more backticks than it holds."""
    shown = clip(one_line(text), width) or " "
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # One blank on both sides is taken off again by Markdown; it keeps a backtick or blank at an end what it is.
    padding = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


_MARKUP = re.compile(
    r"""[\\`*\[\]~|$]             # spans, links, cells, formulas
    | (?<![^\W_])_ | _(?![^\W_])  # emphasis; within a word an underscore is none
    | :(?=//) | (?<=www)\.        # bare addresses
    | ^[#+=-] | (?<=^\d)[.)] | (?<=^\d\d)[.)]  # what begins a block
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def prose(text: str) -> str:
    """The text as words only: one line in which nothing is markup, a tag, a link or a mention."""
    # An item of a list with nothing in it would make a heading of the line above.
    shown = clip(one_line(text).strip(), _WIDTH) or "(blank)"
    escaped = _MARKUP.sub(lambda found: "\\" + found.group(), shown).translate(_ENTITIES)
    # No escape keeps a host from reading a mention; a word joiner after the sign does.
    return escaped.replace("@", "@\u2060")
