"""An SVG badge: the verdict of a run and how many MUSTs it rests on; nothing in it runs or loads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.contract.requirements import Level
from conformance.reports.text import one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from conformance.results.model import Results

_COLOURS = {"conformant": "#1a7f37", "nonconformant": "#c62828", "inconclusive": "#8a6100", "cut": "#6f42a8"}
_LABEL = "trackproof"
_LETTER = 6.6
_PADDING = 10


def badge(results: Results) -> str:
    """The badge; its text is also its title, for those who do not see it."""
    message = told(results)
    widths = [round(len(text) * _LETTER + _PADDING) for text in (_LABEL, message)]
    whole = str(sum(widths))
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": whole,
            "height": "20",
            "role": "img",
            "aria-label": f"{_LABEL}: {message}",
        },
    )
    ET.SubElement(svg, "title").text = f"{_LABEL}: {message}"
    ET.SubElement(svg, "rect", {"width": whole, "height": "20", "rx": "3", "fill": "#444"})
    colour = _COLOURS.get(results.verdict, _COLOURS["inconclusive"])
    right = {"x": str(widths[0]), "width": str(widths[1]), "height": "20", "rx": "3", "fill": colour}
    ET.SubElement(svg, "rect", right)
    # The corners between the two halves are square.
    ET.SubElement(svg, "rect", {"x": str(widths[0]), "width": "4", "height": "20", "fill": colour})
    letters = {"fill": "#fff", "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": "11"}
    group = ET.SubElement(svg, "g", {**letters, "text-anchor": "middle"})
    for text, begin, width in ((_LABEL, 0, widths[0]), (message, widths[0], widths[1])):
        place = {"x": f"{begin + width / 2:g}", "y": "14", "textLength": str(width - _PADDING)}
        ET.SubElement(group, "text", place).text = text
    return ET.tostring(svg, encoding="unicode") + "\n"


def told(results: Results) -> str:
    """The verdict and the number of MUSTs that make it."""
    musts = [requirement.verdict for requirement in results.requirements if requirement.level is Level.MUST]
    seen = [verdict for verdict in musts if verdict is not Verdict.UNTESTED]
    failed = musts.count(Verdict.FAILED)
    unjudged = sum(musts.count(verdict) for verdict in (Verdict.INCONCLUSIVE, Verdict.ERRORED))
    match results.verdict:
        case "conformant":
            waived = musts.count(Verdict.WAIVED)
            return f"conformant · {musts.count(Verdict.PASSED)} MUST{f', {waived} waived' if waived else ''}"
        case "nonconformant":
            # With `--strict` it is a SHOULD, else a waiver that is out of date.
            return f"nonconformant · {f'{failed} of {len(seen)}' if failed else 'no'} MUST broken"
        case "inconclusive":
            return f"inconclusive · {unjudged} of {len(seen)} MUST not judged"
        case _:
            return one_line(results.verdict)
