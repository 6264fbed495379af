"""One explanation as text, Markdown or JSON: what, whose words, why it costs money, how to fix and to check it."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from conformance.reports.inert import inert, inert_json
from conformance.reports.markdown import code, prose
from conformance.reports.text import lines as visible
from conformance.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 100
_INDENT = "  "
_SOURCES = "Whose words"
_RIGHT = "Right (u1 and u2 are customers, c1 and c2 click ids, i1 and i2 invoices)"


@dataclass(frozen=True)
class Explanation:
    """What is to be said of one requirement or finding; an empty text is left out.

    `weight` is a level or a severity; `code` is the right way in some languages; `sources` are pages with their
    addresses; `checks` say how it is looked for, each a name and what it does; `related` are ids that belong to it;
    `remarks` whatever else has to be known.
    """

    id: str
    kind: str
    weight: str
    what: str
    costs: str = ""
    fix: str = ""
    free: str = ""
    right: str = ""
    wrong: str = ""
    code: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    again: str = ""
    related: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def explanation_text(told: Explanation) -> str:
    """The explanation to read on a terminal."""
    lines = [f"{told.id}  {told.weight}  ({told.kind})", "", *_wrapped(told.what, "")]
    for remark in told.remarks:
        lines += _wrapped(remark, "")
    for title, texts in _parts(told):
        lines += ["", title]
        for text in texts:
            lines += _wrapped(text, _INDENT)
    for language, source in told.code:
        lines += ["", f"In {language}", *(f"{_INDENT}{visible(line)}" for line in source.split("\n"))]
    return inert("\n".join(lines) + "\n")


def explanation_markdown(told: Explanation) -> str:
    """The explanation for a page or a pull request."""
    blocks = [f"## {code(told.id)} ({prose(told.weight)}, {prose(told.kind)})", prose(told.what)]
    blocks += [prose(remark) for remark in told.remarks]
    quoted = {_RIGHT, "Wrong", "Run it"}
    for title, texts in _parts(told):
        write = code if title in quoted else _linked if title == _SOURCES else prose
        blocks.append(f"**{title}**")
        blocks.append("\n".join(f"- {write(text)}" for text in texts))
    blocks += [f"```{language}\n{visible(source)}\n```" for language, source in told.code]
    return inert("\n\n".join(blocks) + "\n")


def explanation_json(told: Explanation) -> str:
    """The explanation for programs."""
    document = asdict(told) | {
        "sources": [{"page": page, "url": url} for page, url in told.sources],
        "code": dict(told.code),
        "checks": [{"id": name, "title": title} for name, title in told.checks],
    }
    return inert_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _parts(told: Explanation) -> Iterator[tuple[str, tuple[str, ...]]]:
    parts = {
        _SOURCES: tuple(f"{page}: {url}" if url else page for page, url in told.sources),
        "Why it costs money": (told.costs,),
        "How to fix it": (told.fix,),
        "What is left free": (told.free,),
        _RIGHT: (told.right,),
        "Wrong": (told.wrong,),
        "How it is checked": tuple(f"{name}: {title}" for name, title in told.checks),
        "Run it": (told.again,),
        "See also": told.related,
    }
    for title, texts in parts.items():
        if any(texts):
            yield title, texts


def _linked(source: str) -> str:
    """A page as a link; an address that is not plainly one stays text."""
    found = re.fullmatch(r"(.*): (https?://[\w.~:/?#@!$&'*+,;=%-]+)", source)
    return f"[{prose(found.group(1))}]({found.group(2)})" if found else prose(source)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
