"""What pytest shows of a scenario: why it is red or was not judged, its exchanges, and the row of pytest-html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from conformance.front.options import here
from conformance.reports.curl import script
from conformance.reports.overview import duration, rerun
from conformance.reports.text import lines, one_line
from conformance.reports.transcript import readable, shown
from conformance.results import Verdict
from conformance.results.waivers import why_waived

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.contract import Profile
    from conformance.reports.transcript import Shown
    from conformance.results import Check, Missing, RecordedRequest, RecordedResponse, Results, ScenarioResult

# Of a body in pytest-html's row: enough to see what went wrong; results.json has all that was stored.
_BODY = 2048
_HEADERS = 40


def broken(result: ScenarioResult, *, strict: bool) -> tuple[Check, ...]:
    """The checks for which the scenario is red."""
    red = {Verdict.FAILED, Verdict.ERRORED} | ({Verdict.WARNED} if strict else set())
    return tuple(check for check in result.checks if check.verdict in red)


def failure(result: ScenarioResult, checks: Sequence[Check], profile: Profile, run: Results) -> str:
    """Each broken check, and the command that plays the scenario again."""
    parts = [one_line(result.title), *(_told(check, profile) for check in checks)]
    return "\n\n".join([*parts, f"run it again: {rerun(run, result)}"])


def _told(check: Check, profile: Profile) -> str:
    facts = {
        "expected": check.expected,
        "found": check.actual,
        "reason": check.reason,
        "blame": f"{check.blame or 'undecided'}{f' ({check.code})' if check.code else ''}",
        "fix": profile.requirement(check.requirement).fix if check.verdict is not Verdict.ERRORED else None,
    }
    statement = one_line(profile.requirement(check.requirement).statement)
    told = [f"  {name:<8} {one_line(value)}" for name, value in facts.items() if value]
    return "\n".join([f"{check.verdict} {check.requirement} ({check.level}): {statement}", *told])


def headline(checks: Sequence[Check]) -> str:
    """The first broken check in one line."""
    first = checks[0]
    more = f" (and {len(checks) - 1} more)" if checks[1:] else ""
    return one_line(f"{first.requirement}: expected {first.expected}; found {first.actual}{more}")


def unjudged(result: ScenarioResult) -> str:
    """Why nothing could be said, and which option would help."""
    reasons = []
    for check in result.checks:
        if check.verdict is Verdict.INCONCLUSIVE:
            reason = here(check.reason or check.actual)
            reasons.append(f"{reason}; needs {needed(check.missing)}" if check.missing else reason)
    return one_line("inconclusive: " + ("; ".join(dict.fromkeys(reasons)) or "no check was made"))


def needed(missing: Missing) -> str:
    """The option that would help, as it is called here."""
    return one_line(here(f"{missing.option} ({missing.hint})"))


def waived(result: ScenarioResult) -> str:
    """Which waived checks a scenario has, and who answers for them."""
    checks = [check for check in result.checks if check.verdict is Verdict.WAIVED]
    return one_line("; ".join(f"{check.requirement}: {why_waived(check)}" for check in checks))


def exchanges(result: ScenarioResult) -> str:
    """The exchanges, a line each."""
    return "\n".join(_heading(each) for each in shown(result.exchanges))


def _heading(each: Shown) -> str:
    exchange = each.exchange
    times = f", {each.times} times" if each.times > 1 else ""
    return one_line(
        f"{each.number}. {exchange.step}: {exchange.request.method} {exchange.request.url} → {each.outcome}"
        f" in {duration(exchange.seconds)}{times}"
    )


# --- pytest-html ------------------------------------------------------------------------------------------------------

_ROW = Markup(
    '<div style="white-space:normal;overflow-wrap:anywhere;margin:.5em;color:#222"><p><b>{title}</b> ({verdict})</p>'
    '<table border="1" style="border-collapse:collapse;width:100%"><tr>{heads}</tr>{checks}</table>'
    "<details><summary>Transcript</summary>{pre}{transcript}</pre></details>"
    "<details><summary>curl</summary>{pre}{curl}</pre></details></div>"
)
_PRE = Markup('<pre style="white-space:pre-wrap;overflow-wrap:anywhere">')
_HEADS = Markup("").join(
    Markup('<th style="text-align:left">{}</th>').format(head)
    for head in ("Requirement", "Level", "Verdict", "Expected", "Found", "Blame")
)


def row(result: ScenarioResult) -> str:
    """What pytest-html shows under the scenario's row; whatever a target wrote is escaped."""
    sequence = shown(result.exchanges)
    return str(
        _ROW.format(
            title=one_line(result.title),
            verdict=result.verdict.value,
            heads=_HEADS,
            checks=Markup("").join(_cells(check) for check in result.checks),
            pre=_PRE,
            transcript="\n\n".join(_transcript(each) for each in sequence),
            curl=script(sequence, _BODY),
        )
    )


def _cells(check: Check) -> Markup:
    found = f"{check.actual} ({check.reason})" if check.reason else check.actual
    blame = check.blame.value if check.blame else ""
    values = (check.requirement, check.level.value, check.verdict.value, check.expected, found, blame)
    return Markup("<tr>{}</tr>").format(
        Markup("").join(Markup("<td>{}</td>").format(one_line(value)) for value in values)
    )


def _transcript(each: Shown) -> str:
    response = each.exchange.response
    parts = [_heading(each), *_message(">", each.exchange.request)]
    if response is not None:
        parts += [f"< {response.status} {one_line(response.reason)}".rstrip(), *_message("<", response)]
    return "\n".join(parts)


def _message(sign: str, message: RecordedRequest | RecordedResponse) -> Iterator[str]:
    for name, value in list(message.headers.items())[:_HEADERS]:
        yield one_line(f"{sign} {name}: {value}")
    body = readable(message, _BODY)
    if body.text:
        yield lines(body.text)
    if body.remark:
        yield f"({body.remark})"
