"""JUnit XML of a judgement: a kind of finding is a testcase, which fails where it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.findings import Severity, kinds_of
from conformance.reports.text import lines, one_line

if TYPE_CHECKING:
    from conformance.findings import Kind
    from conformance.reports.findings_view import Group, View

_MOST = 50


def junit(view: View) -> str:
    """The judgement as JUnit XML; well-formed whatever was recorded."""
    groups: dict[str, list[Group]] = {}
    for group in view.groups:
        groups.setdefault(group.kind.id, []).append(group)
    cases = [_case(kind, groups.get(kind.id, [])) for kind in kinds_of(view.profile).values()]
    # A judgement of nothing must not look like one that found nothing.
    cases = cases if view.judgement.events else [_wrong("tracking-calls", "inconclusive", view.why)]
    cases += [] if view.judgement.complete else [_wrong("complete", "interrupted", view.why)]
    totals = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": "0",
    }
    root = ET.Element("testsuites", {"name": "trackproof judge", **totals})
    suite = ET.SubElement(root, "testsuite", {"name": "findings", **totals})
    properties = ET.SubElement(suite, "properties")
    facts = {"profile": view.judgement.profile, "events": view.judgement.events, "customers": view.judgement.customers}
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": one_line(str(value))})
    suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(kind: Kind, groups: list[Group]) -> ET.Element:
    case = ET.Element("testcase", {"classname": f"findings.{kind.requirement.partition('.')[0]}", "name": kind.id})
    case.set("time", "0.000")
    notes = [shown for group in groups if group.severity is Severity.NOTE for shown in group.found]
    wrong = [shown for group in groups if group.severity is not Severity.NOTE for shown in group.found]
    if wrong:
        severities = {group.severity for group in groups}
        worst = Severity.ERROR if Severity.ERROR in severities else Severity.WARNING
        message = f"{wrong[0].message}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else "")
        failure = ET.SubElement(case, "failure", {"type": worst.value, "message": one_line(message)})
        told = [f"{shown.customer or '(no customer)'}: {shown.message} [{shown.places}]" for shown in wrong[:_MOST]]
        told += [f"and {len(wrong) - _MOST} more"] if wrong[_MOST:] else []
        failure.text = lines("\n".join([*told, "", f"why: {kind.why}", f"mend it: {kind.remedy}"]))
    elif notes:
        out = ET.SubElement(case, "system-out")
        out.text = lines("\n".join(f"note: {shown.customer}: {shown.message}" for shown in notes[:_MOST]))
    return case


def _wrong(name: str, kind: str, why: str) -> ET.Element:
    """A testcase of the judgement itself, which is no success whatever was found."""
    case = ET.Element("testcase", {"classname": "findings", "name": name, "time": "0.000"})
    ET.SubElement(case, "error", {"type": kind, "message": one_line(why)})
    return case
