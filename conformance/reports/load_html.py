"""report.html of a load: one self-contained page that opens offline and has no script at all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from conformance import __version__
from conformance.reports.overview import duration
from conformance.reports.page import digest, page, part
from conformance.reports.text import clip, count
from conformance.results.load import KINDS, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from conformance.results.load import LoadResults, Second

MOST = 100
_WIDTH, _HEIGHT = 640, 120
_LOOKS = {"conformant": "passed", "nonconformant": "failed", "inconclusive": "inconclusive", "cut": "cut"}


class Curve(NamedTuple):
    """One figure over time, as the points of an SVG line within `width` and `height`."""

    title: str
    points: str
    top: str
    last: str


def html(results: LoadResults) -> str:
    """The load as a page."""
    css = part("report.css") + "\n" + part("load.css")
    found = results.reconciliation
    return _template().render(
        results=results,
        traffic=results.traffic,
        found=found,
        order=results.order,
        version=__version__,
        look=_LOOKS[results.verdict],
        kinds=KINDS,
        meanings=MEANINGS,
        groups={kind: [one for one in found.findings if one.kind == kind] for kind in KINDS},
        curves=_curves(results.traffic.curve),
        width=_WIDTH,
        height=_HEIGHT,
        most=MOST,
        css=Markup(css),  # noqa: S704 - a file of ours
        css_hash=digest(css),
    )


def _curves(seconds: Sequence[Second]) -> tuple[Curve, ...]:
    """What was measured each second; a load too short to have a course has none."""
    if len(seconds) < 2:  # noqa: PLR2004 - a line has two ends
        return ()
    figures = (
        ("exchanges a second", [second.rate for second in seconds], ""),
        ("95 % within", [second.p95 for second in seconds], " ms"),
    )
    return tuple(_curve(title, [second.at for second in seconds], values, unit) for title, values, unit in figures)


def _curve(title: str, times: Sequence[float], values: Sequence[float], unit: str) -> Curve:
    top = max(values) or 1.0
    begin, span = times[0], (times[-1] - times[0]) or 1.0
    points = " ".join(
        f"{_WIDTH * (at - begin) / span:.1f},{_HEIGHT - _HEIGHT * value / top:.1f}"
        for at, value in zip(times, values, strict=True)
    )
    return Curve(title, points, f"{top:.0f}{unit}", duration(times[-1]))


@cache
def _template() -> Template:
    return page("load.html.j2", count=count, clip=clip, duration=duration)
