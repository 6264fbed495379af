"""JUnit XML of a load: each kind of finding is a testcase, and so is the load itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.reports.text import lines, one_line
from conformance.results.load import KINDS, MEANINGS

if TYPE_CHECKING:
    from conformance.results.load import LoadResults

_MOST = 50
_ITSELF = "could-be-told"
_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(results: LoadResults) -> str:
    """The results as JUnit XML; well-formed whatever a target recorded."""
    cases = [_itself(results), *(_case(results, kind) for kind in KINDS)]
    totals = {
        "tests": str(len(cases)),
        **{name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in _COUNTS.items()},
        "time": f"{results.run.seconds:.3f}",
    }
    root = ET.Element("testsuites", {"name": "trackproof load", **totals})
    suite = ET.SubElement(root, "testsuite", {"name": "load", "timestamp": results.run.started[:-1], **totals})
    properties = ET.SubElement(suite, "properties")
    facts = {
        "profile": results.profile.name,
        "target": results.target.url,
        "run": results.run.id,
        "seed": results.run.seed,
        "verdict": results.verdict,
        "exchanges": results.traffic.exchanges,
        "exchanges_per_second": round(results.traffic.rate, 1),
        "accepted": results.traffic.accepted,
        "read": results.reconciliation.read,
        **{f"ms_{name}": getattr(step, name) for step in results.traffic.steps[-1:] for name in ("p50", "p95", "p99")},
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": one_line(str(value))})
    suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _itself(results: LoadResults) -> ET.Element:
    """Whether anything could be told, so that a load that judged nothing does not look like one that found nothing."""
    case = ET.Element("testcase", {"classname": "load", "name": _ITSELF, "time": f"{results.run.seconds:.3f}"})
    told = {"message": one_line(results.why), "type": results.verdict}
    if results.verdict in ("cut", "inconclusive"):
        ET.SubElement(case, "error", told)
    elif results.verdict == "nonconformant" and not results.reconciliation.wrong:
        ET.SubElement(case, "failure", told)
    return case


def _case(results: LoadResults, kind: str) -> ET.Element:
    found = results.reconciliation
    case = ET.Element("testcase", {"classname": "load", "name": f"nothing-{kind}", "time": "0.000"})
    if not found.read:
        ET.SubElement(case, "skipped", {"message": one_line(results.why)})
    elif found.counts[kind]:
        listed = [one for one in found.findings if one.kind == kind]
        message = f"{found.counts[kind]} {MEANINGS[kind]}"
        failure = ET.SubElement(case, "failure", {"message": message, "type": kind})
        told = [
            f"{one.customer} ({one.requirement}): expected {one.expected}; found {one.actual}; sent {one.journey}"
            for one in listed[:_MOST]
        ]
        failure.text = lines("\n".join(told + ["…"] * (found.counts[kind] > _MOST)))
    return case
