"""The sequence picture of a scenario: two lanes and an arrow for each request and each answer, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from conformance.reports.overview import duration
from conformance.reports.text import clip, count, one_line
from conformance.reports.transcript import Shown, place, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROW = 23
_HEAD = 30
# What fits between the lanes on a phone.
_WIDTH = 36
_LEFT, _RIGHT = "5%", "95%"
_SENT = Markup(
    '<text x="50%" y="{y}" class="s">{label}{title}</text>'
    '<line x1="5%" y1="{line}" x2="95%" y2="{line}" class="s" marker-end="url(#tip)"/>'
)
_ANSWERED = Markup(
    '<text x="50%" y="{y}" class="{kind}">{label}</text>'
    '<line x1="95%" y1="{line}" x2="5%" y2="{line}" class="{kind}" marker-end="url(#tip)"/>'
)
_LOST = Markup(
    '<text x="50%" y="{y}" class="{kind}">{label}</text>'
    '<line x1="95%" y1="{line}" x2="55%" y2="{line}" class="{kind}" marker-end="url(#cut)"/>'
)


def picture(sequence: Sequence[Shown], base: str) -> Markup:
    """The picture; exchanges that were in flight together are drawn so."""
    rows = [row for group in side_by_side(sequence) for row in _rows(group, base)]
    height = _HEAD + len(rows) * _ROW + 8
    drawn = Markup("").join(_row(index, row) for index, row in enumerate(rows))
    return Markup(
        '<svg class="sequence" role="img" aria-label="{name}" width="100%" height="{height}">'
        '<text x="0" y="13" class="lane">harness</text><text x="100%" y="13" class="lane end">target</text>'
        '<line x1="5%" y1="20" x2="5%" y2="{height}" class="lane"/>'
        '<line x1="95%" y1="20" x2="95%" y2="{height}" class="lane"/>{drawn}</svg>'
    ).format(
        name=f"Sequence of {count(len(sequence), 'exchange')} between harness and target", height=height, drawn=drawn
    )


def _rows(group: Sequence[Shown], base: str) -> Iterator[tuple[Markup, str, str, str]]:
    for each in group:
        request = each.exchange.request
        begin = one_line(f"{each.number} {each.exchange.step} · {request.method} ")
        times = f" \N{MULTIPLICATION SIGN}{each.times}" if each.times > 1 else ""
        full = one_line(request.url)
        path = one_line(place(request.url, base, max(8, _WIDTH - len(begin) - len(times))))
        yield _SENT, "s", clip(begin, _WIDTH) + path + times, full
    for each in sorted(group, key=lambda one: one.exchange.started + one.exchange.seconds):
        number = f"{each.number} · " if len(group) > 1 else ""
        took = duration(each.exchange.seconds)
        label = clip(one_line(f"{number}{each.outcome} · {took}"), _WIDTH)
        yield (_ANSWERED if each.exchange.response else _LOST), _kind(each), label, ""


def _kind(each: Shown) -> str:
    response = each.exchange.response
    return f"a{response.status // 100}" if response and not each.exchange.fault else "lost"


def _row(index: int, row: tuple[Markup, str, str, str]) -> Markup:
    template, kind, label, full = row
    y = _HEAD + index * _ROW + 12
    title = Markup("<title>{}</title>").format(full) if full else ""
    return template.format(y=y, line=y + 5, kind=kind, label=label, title=title)
