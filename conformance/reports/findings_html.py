"""report.html of a judgement: one self-contained file that opens offline and executes nothing but its own script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from conformance import __version__
from conformance.findings import Severity
from conformance.findings.catalogue import LANGUAGES
from conformance.reports.findings_view import foreign, tally
from conformance.reports.text import count, one_line

if TYPE_CHECKING:
    from jinja2 import Template

    from conformance.reports.findings_view import View

MOST_OF_A_KIND = 200
# The look of a verdict, for a severity.
_LOOKS = {Severity.ERROR: "failed", Severity.WARNING: "warned", Severity.NOTE: "inconclusive"}


def html(view: View) -> str:
    """The judgement as a page."""
    css, script = _part("report.css"), _part("findings.js")
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
        css_hash=_hash(css),
        script_hash=_hash(script),
    )


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else one_line(value)


def _code(text: str) -> Markup:
    """An example of ours, its lines kept."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped one line above


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _part(name: str) -> str:
    return files("conformance.reports").joinpath("templates", name).read_text(encoding="utf-8").strip()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({"count": count, "code": _code})
    return environment.get_template("findings.html.j2")
