"""report.html of a judgement: one self-contained file that opens offline and executes nothing but its own script."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from conformance import __version__
from conformance.findings import Severity
from conformance.findings.catalogue import LANGUAGES
from conformance.reports.findings_view import foreign, tally
from conformance.reports.page import digest, page, part
from conformance.reports.text import count

if TYPE_CHECKING:
    from jinja2 import Template

    from conformance.reports.findings_view import View

MOST_OF_A_KIND = 200
# The look of a verdict, for a severity.
_LOOKS = {Severity.ERROR: "failed", Severity.WARNING: "warned", Severity.NOTE: "inconclusive"}


def html(view: View) -> str:
    """The judgement as a page."""
    css, script = part("report.css"), part("findings.js")
    judgement = view.judgement
    worst = judgement.worst
    return _template().render(
        view=view,
        judgement=judgement,
        version=__version__,
        tally=tally(judgement),
        severities=tuple(Severity),
        looks=_LOOKS,
        look=_LOOKS[worst] if worst else ("passed" if judgement.events and judgement.complete else "inconclusive"),
        languages=LANGUAGES,
        most=MOST_OF_A_KIND,
        foreign=foreign(judgement),
        css=Markup(css),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - a file of ours
        css_hash=digest(css),
        script_hash=digest(script),
    )


def _code(text: str) -> Markup:
    """An example of ours, its lines kept."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped one line above


@cache
def _template() -> Template:
    return page("findings.html.j2", count=count, code=_code)
