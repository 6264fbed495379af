"""What pages of reports share: templates in which everything is escaped and can be seen, and digests of their parts."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from conformance.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Template


def page(name: str, **filters: Callable[..., Any]) -> Template:
    """A template of ours; every text that it shows is escaped, and what cannot be seen is made visible."""
    environment = Environment(
        loader=FunctionLoader(part),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template(name)


@cache
def part(name: str) -> str:
    """A template, stylesheet or script of ours."""
    return files("conformance.reports").joinpath("templates", name).read_text(encoding="utf-8").strip()


def digest(text: str) -> str:
    """The SHA-256 of a part, as a content security policy names it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else one_line(value)
