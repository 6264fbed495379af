"""JUnit XML for pipelines: a suite is a testsuite, a scenario a testcase."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.reports.overview import broken_as_a_whole, rerun
from conformance.reports.text import lines, one_line
from conformance.results.verdicts import Verdict
from conformance.results.waivers import why_waived

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.results.model import Check, Results, ScenarioResult

_COUNTS = ("tests", "failures", "errors", "skipped")
_SKIPPED = (Verdict.INCONCLUSIVE, Verdict.WAIVED)


def junit(results: Results) -> str:
    """The results as JUnit XML; well-formed whatever a target sent."""
    suites: dict[str, list[ScenarioResult]] = {}
    for scenario in results.scenarios:
        suites.setdefault(scenario.suite, []).append(scenario)
    made = [_suite(name, scenarios, results) for name, scenarios in suites.items()]
    # A run that judged nothing must not look like a run that found nothing.
    if results.stopped or not results.run.complete or not results.scenarios:
        made.insert(0, _run_itself(results, "errors", "error"))
    elif broken_as_a_whole(results):
        made.insert(0, _run_itself(results, "failures", "failure"))
    # The schema that CI servers validate against knows no `skipped` here.
    totals = {key: str(sum(int(suite.get(key, "0")) for suite in made)) for key in _COUNTS if key != "skipped"}
    root = ET.Element("testsuites", {"name": "trackproof", **totals, "time": f"{results.run.seconds:.3f}"})
    root.extend(made)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, scenarios: Sequence[ScenarioResult], results: Results) -> ET.Element:
    started = results.run.started.removesuffix("Z")
    attributes = {"name": name, "timestamp": started, **_totals(scenarios, sum(each.seconds for each in scenarios))}
    suite = _element("testsuite", attributes)
    facts = {
        "profile": results.profile.name,
        "revision": results.profile.revision,
        "target": results.target.url,
        "run": results.run.id,
        "seed": str(results.run.seed),
        "verdict": results.verdict,
    }
    suite.append(_properties(facts.items()))
    for scenario in scenarios:
        suite.append(_case(scenario, results))
    return suite


def _case(scenario: ScenarioResult, results: Results) -> ET.Element:
    case = _element(
        "testcase", {"classname": scenario.suite, "name": scenario.id, "time": f"{max(scenario.seconds, 0):.3f}"}
    )
    facts = [("verdict", scenario.verdict.value)]
    facts += [("requirement", name) for name in dict.fromkeys(check.requirement for check in scenario.checks)]
    facts += [("flaky", "true")] * any(check.flaky for check in scenario.checks)
    case.append(_properties(facts))
    guilty = [check for check in scenario.checks if check.verdict is scenario.verdict]
    told = "\n\n".join(_told(check) for check in guilty)
    match scenario.verdict:
        case Verdict.FAILED:
            text = f"{told}\n\nrun it again: {rerun(results, scenario)}"
            case.append(_element("failure", {"type": "failed", "message": _headline(guilty)}, text))
        case Verdict.ERRORED:
            text = f"{told}\n\nrun it again: {rerun(results, scenario)}"
            case.append(_element("error", {"type": "errored", "message": _headline(guilty)}, text))
        case Verdict.INCONCLUSIVE | Verdict.WAIVED as verdict:
            case.append(
                _element("skipped", {"type": verdict.value, "message": f"{verdict}: {_headline(guilty)}"}, told)
            )
        case Verdict.WARNED:
            case.append(_element("system-out", {}, f"{told}\n\nrun it again: {rerun(results, scenario)}"))
        case _:
            flaky = [_told(check) for check in scenario.checks if check.flaky]
            if flaky:
                case.append(_element("system-out", {}, "passed on the second try only\n\n" + "\n\n".join(flaky)))
    return case


def _run_itself(results: Results, counted: str, tag: str) -> ET.Element:
    what = results.stopped or results.why or "no scenario was run"
    counts = dict.fromkeys(_COUNTS, "0") | {"tests": "1", counted: "1"}
    suite = _element("testsuite", {"name": "run", **counts})
    case = _element("testcase", {"classname": "run", "name": "run/complete", "time": "0.000"})
    case.append(_element(tag, {"type": results.verdict, "message": what}))
    suite.append(case)
    return suite


def _headline(guilty: Sequence[Check]) -> str:
    if not guilty:
        return "no check was made"
    first = guilty[0]
    said = f"{first.expected}; found {first.actual}"
    if first.verdict is Verdict.WAIVED:
        said = why_waived(first)
    elif first.verdict is Verdict.INCONCLUSIVE and first.reason:
        said = first.reason
    more = f" (and {len(guilty) - 1} more)" if guilty[1:] else ""
    return f"{first.requirement}: {said}{more}"


def _told(check: Check) -> str:
    give = f"{check.missing.option} ({check.missing.hint})" if check.missing else None
    facts = {
        "expected": check.expected,
        "actual": check.actual,
        "reason": check.reason,
        "note": check.note,
        "code": check.code,
        "blame": check.blame,
        "give": give,
    }
    told = [f"  {name + ':':<9} {value}" for name, value in facts.items() if value]
    return "\n".join([f"{check.requirement} ({check.level}) {check.verdict}", *told])


def _totals(scenarios: Sequence[ScenarioResult], seconds: float) -> dict[str, str]:
    verdicts = [scenario.verdict for scenario in scenarios]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.FAILED)),
        "errors": str(verdicts.count(Verdict.ERRORED)),
        "skipped": str(sum(verdict in _SKIPPED for verdict in verdicts)),
        "time": f"{max(seconds, 0):.3f}",
    }


def _properties(facts: Iterable[tuple[str, str]]) -> ET.Element:
    properties = ET.Element("properties")
    for name, value in facts:
        properties.append(_element("property", {"name": name, "value": value}))
    return properties


def _element(tag: str, attributes: dict[str, str], text: str = "") -> ET.Element:
    element = ET.Element(tag, {name: one_line(value) for name, value in attributes.items()})
    element.text = lines(text) or None
    return element
