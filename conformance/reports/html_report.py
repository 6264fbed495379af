"""report.html: one self-contained file that opens offline and executes nothing but its own script.

Every text is made visible and escaped on its way into the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from markupsafe import Markup

from conformance.contract.examples import shared_examples
from conformance.reports.curl import script
from conformance.reports.overview import breaches, duration, gaps, rerun, rerun_of
from conformance.reports.page import digest, page, part
from conformance.reports.sequence import picture
from conformance.reports.text import UNSEEN_IN_LINES, clip, count, symbols
from conformance.reports.transcript import Body, Shown, outcome, place, readable, shown
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import Template

    from conformance.results.model import RecordedRequest, RecordedResponse, RequirementResult, Results, ScenarioResult

_Sequences = dict[str, tuple[Shown, ...]]
_Suited = TypeVar("_Suited", "RequirementResult", "ScenarioResult")

LARGEST = 2_900_000
_STORED = 4096
_MOST_HEADERS = 40
_FEWEST_HEADERS = 8
_SCARCE = 512
_MARKUP = 200

# How much of a body is shown: of scenarios that are not green, and of those that are; with 0, no exchange is shown.
# The first that fits is taken.
_LIMITS = ((_STORED, _STORED), (_STORED, 1024), (2048, 512), (1024, 256), (512, 128), (256, 64), (128, 0), (0, 0))


@dataclass(frozen=True)
class _Link:
    page: str
    url: str


@dataclass(frozen=True)
class _Transcript:
    sequence: tuple[Shown, ...]
    picture: Markup
    script: str
    limit: int

    def body(self, message: RecordedRequest | RecordedResponse) -> Body:
        return readable(message, self.limit)

    def headers(self, message: RecordedRequest | RecordedResponse) -> tuple[str, ...]:
        """The header lines; no target makes the page long with them."""
        width = max(self.limit, _MOST_HEADERS)
        most = _MOST_HEADERS if self.limit > _SCARCE else _FEWEST_HEADERS
        made = [clip(f"{name}: {value}", width) for name, value in islice(message.headers.items(), most)]
        left_out = len(message.headers) - len(made)
        return (*made, f"… and {count(left_out, 'more header')}") if left_out else tuple(made)


def html(results: Results) -> str:
    """The results as a page, with as much of the bodies as keeps it under the largest size."""
    sequences = {scenario.id: shown(scenario.exchanges) for scenario in results.scenarios}
    made = _render(results, sequences, _LIMITS[-1])
    frame = _size(made)
    possible = [limits for limits in _LIMITS[:-1] if frame + _least(results, sequences, limits) <= LARGEST]
    # Each makes the page smaller, and a page of hundreds of scenarios takes long to make: few are.
    first = 0
    while possible:
        page = _render(results, sequences, possible[first])
        if _size(page) <= LARGEST:
            made, possible = page, possible[:first]
        else:
            possible = possible[first + 1 :]
        first = len(possible) // 2
    return made


def _size(page: str) -> int:
    return len(page.encode("utf-8", "backslashreplace"))


def _limit(scenario: ScenarioResult, limits: tuple[int, int]) -> int:
    return limits[scenario.verdict is Verdict.PASSED]


def _least(results: Results, sequences: _Sequences, limits: tuple[int, int]) -> int:
    """What exchanges add at least to a page without them: their bodies, unescaped, and the markup around those."""
    return sum(
        _MARKUP
        + sum(min(len(message.body), limit) for message in (each.exchange.request, each.exchange.response) if message)
        for scenario in results.scenarios
        if (limit := _limit(scenario, limits))
        for each in sequences[scenario.id]
    )


def _render(results: Results, sequences: _Sequences, limits: tuple[int, int]) -> str:
    def transcript(scenario: ScenarioResult) -> _Transcript:
        sequence = sequences[scenario.id]
        limit = _limit(scenario, limits)
        drawn = picture(sequence, results.target.url) if sequence else Markup("")
        return _Transcript(sequence, drawn, script(sequence, limit), limit)

    css, code = part("report.css"), part("report.js")
    return _template().render(
        results=results,
        verdicts=tuple(Verdict),
        counts=(
            ("Requirements", results.requirement_counts(), len(results.requirements)),
            ("Scenarios", results.scenario_counts(), len(results.scenarios)),
        ),
        failed=breaches(results, Verdict.FAILED),
        errored=breaches(results, Verdict.ERRORED),
        warned=breaches(results, Verdict.WARNED),
        waived=breaches(results, Verdict.WAIVED),
        gaps=gaps(results),
        examples=shared_examples(),
        requirements={requirement.id: requirement for requirement in results.requirements},
        requirements_by_suite=_by_suite(results.requirements),
        scenarios_by_suite=_by_suite(results.scenarios),
        scenario_verdicts={scenario.id: scenario.verdict for scenario in results.scenarios},
        suites=_suites(results),
        transcript=transcript,
        css=Markup(css),  # noqa: S704 - a file of ours
        script=Markup(code),  # noqa: S704 - a file of ours
        css_hash=digest(css),
        script_hash=digest(code),
    )


def _by_suite(items: Iterable[_Suited]) -> dict[str, list[_Suited]]:
    suites: dict[str, list[_Suited]] = {}
    for item in items:
        suites.setdefault(item.suite, []).append(item)
    return suites


def _suites(results: Results) -> tuple[str, ...]:
    suites = [requirement.suite for requirement in results.requirements]
    return tuple(dict.fromkeys(suites + [scenario.suite for scenario in results.scenarios]))


def _links(requirement: RequirementResult) -> tuple[_Link, ...]:
    """The pages of a requirement; an address that is not a web address is no link."""
    links = []
    for source in requirement.source.split("; "):
        found = re.fullmatch(r"(.*) \((https?://[^\s()]+)\)", source)
        links.append(_Link(*found.groups()) if found else _Link(source, ""))
    if len(links) == 1 and not links[0].url and re.match(r"https?://", requirement.url):
        return (_Link(links[0].page or requirement.url, requirement.url),)
    return tuple(link for link in links if link.page)


def _lines(text: str) -> Markup:
    """Text with its lines kept, escaped as little as element content needs, invisible characters marked."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = UNSEEN_IN_LINES.sub(lambda found: f"<i>{symbols(found.group())}</i>", escaped)
    return Markup(marked)  # noqa: S704 - escaped two lines above


@cache
def _template() -> Template:
    return page("report.html.j2", **_filters())


def _filters() -> Mapping[str, Callable[..., Any]]:
    return {
        "clip": clip,
        "count": count,
        "duration": duration,
        "lines": _lines,
        "links": _links,
        "outcome": outcome,
        "place": place,
        "rerun": rerun,
        "rerun_of": rerun_of,
    }
