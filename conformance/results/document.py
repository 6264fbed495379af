"""Results as the document results.json, and back.

The names and shapes are those of `specs/results.schema.json`; a reader ignores keys that it does not know.
"""

from __future__ import annotations

from typing import Any

from conformance.contract.requirements import Level
from conformance.results.model import (
    Blame,
    Check,
    Exchange,
    Missing,
    ProfileInfo,
    RecordedRequest,
    RecordedResponse,
    RequirementResult,
    Results,
    RunInfo,
    ScenarioResult,
    TargetInfo,
)
from conformance.results.reading import Node, unusable
from conformance.results.verdicts import Verdict

FORMAT = "trackproof-results/1"
RUN_VERDICTS = ("conformant", "nonconformant", "inconclusive", "cut")

_OF_SCENARIOS = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNTESTED)


def to_document(results: Results) -> dict[str, Any]:
    """The results as a JSON value; text that UTF-8 cannot carry (lone surrogates) is spelled out."""
    run = results.run
    requirements, scenarios = results.requirement_counts(), results.scenario_counts()
    document = {
        "format": FORMAT,
        "tool": {"name": "trackproof", "version": results.tool_version},
        "profile": {
            "name": results.profile.name,
            "title": results.profile.title,
            "revision": results.profile.revision,
        },
        "target": {
            "url": results.target.url,
            "embedded": results.target.embedded,
            "evidence": results.target.evidence,
            "clicks": results.target.clicks,
            "options": list(results.target.options),
        },
        "run": {
            "id": run.id,
            "seed": run.seed,
            "started": run.started,
            "seconds": run.seconds,
            "requests": run.requests,
            "complete": run.complete,
        },
        "verdict": results.verdict,
        "why": results.why,
        "stopped": results.stopped,
        "warnings": list(results.warnings),
        "summary": {
            "requirements": {verdict.value: requirements[verdict] for verdict in Verdict},
            "scenarios": {verdict.value: scenarios[verdict] for verdict in _OF_SCENARIOS},
        },
        "requirements": [_requirement(requirement) for requirement in results.requirements],
        "scenarios": [_scenario(scenario) for scenario in results.scenarios],
        "created": [{"kind": "customer", "id": customer} for customer in run.created],
    }
    return {key: encodable(value) for key, value in document.items()}


def _requirement(requirement: RequirementResult) -> dict[str, Any]:
    return {
        "id": requirement.id,
        "suite": requirement.suite,
        "level": requirement.level.value,
        "statement": requirement.statement,
        "source": requirement.source,
        "url": requirement.url,
        "costs": requirement.costs,
        "fix": requirement.fix,
        "latitude": requirement.latitude,
        "verdict": requirement.verdict.value,
        "scenarios": list(requirement.scenarios),
        "reason": requirement.reason,
    }


def _scenario(scenario: ScenarioResult) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "suite": scenario.suite,
        "title": scenario.title,
        "description": scenario.description,
        "verdict": scenario.verdict.value,
        "seconds": scenario.seconds,
        "attempts": scenario.attempts,
        "checks": [_check(check) for check in scenario.checks],
        "exchanges": [exchange_document(exchange) for exchange in scenario.exchanges],
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "requirement": check.requirement,
        "level": check.level.value,
        "verdict": check.verdict.value,
        "expected": check.expected,
        "actual": check.actual,
        "blame": check.blame.value if check.blame else None,
        "code": check.code,
        "reason": check.reason,
        "missing": {"option": check.missing.option, "hint": check.missing.hint} if check.missing else None,
        "note": check.note,
        "flaky": check.flaky,
    }


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a JSON value, as results.json has it."""
    request, response = exchange.request, exchange.response
    return {
        "step": exchange.step,
        "started": exchange.started,
        "seconds": exchange.seconds,
        "fault": exchange.fault,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": request.body,
            "body_base64": request.body_base64,
            "body_truncated": request.body_truncated,
        },
        "response": response
        and {
            "status": response.status,
            "reason": response.reason,
            "headers": dict(response.headers),
            "body": response.body,
            "body_base64": response.body_base64,
            "body_truncated": response.body_truncated,
        },
    }


def encodable(value: Any) -> Any:
    """The value with text that UTF-8 cannot carry spelled out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [encodable(item) for item in value]
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    return value


def from_document(document: Any) -> Results:
    """The results that a document describes.

    Raises UsageError, naming the place, when it is no results document.
    """
    root = Node(document, "")
    written = root.text("format")
    if written != FORMAT:
        raise unusable(f"its format is {written[:60]!r}, and this trackproof reads {FORMAT!r}")
    profile, target, run = root.node("profile"), root.node("target"), root.node("run")
    return Results(
        tool_version=root.node("tool").text("version"),
        profile=ProfileInfo(profile.text("name"), profile.text("title", ""), profile.text("revision")),
        target=TargetInfo(
            url=target.text("url"),
            embedded=target.flag("embedded"),
            evidence=target.text("evidence", "none"),
            clicks=target.text("clicks", "none"),
            options=target.texts("options", optional=True),
        ),
        run=RunInfo(
            id=run.text("id"),
            seed=run.integer("seed"),
            started=run.text("started"),
            seconds=run.number("seconds"),
            requests=run.integer("requests"),
            complete=run.flag("complete"),
            created=tuple(made.text("id") for made in root.nodes("created", optional=True)),
        ),
        verdict=root.choice("verdict", RUN_VERDICTS),
        why=root.text("why", ""),
        requirements=tuple(_read_requirement(node) for node in root.nodes("requirements")),
        scenarios=tuple(_read_scenario(node) for node in root.nodes("scenarios")),
        stopped=root.text_or_none("stopped"),
        warnings=root.texts("warnings", optional=True),
    )


def _read_requirement(node: Node) -> RequirementResult:
    name = node.text("id")
    return RequirementResult(
        id=name,
        suite=node.text("suite", name.partition(".")[0]),
        level=Level(node.choice("level", tuple(Level))),
        statement=node.text("statement"),
        source=node.text("source"),
        url=node.text("url", ""),
        costs=node.text("costs", ""),
        fix=node.text("fix", ""),
        latitude=node.text("latitude", ""),
        verdict=Verdict(node.choice("verdict", tuple(Verdict))),
        scenarios=node.texts("scenarios"),
        reason=node.text_or_none("reason"),
    )


def _read_scenario(node: Node) -> ScenarioResult:
    return ScenarioResult(
        id=node.text("id"),
        suite=node.text("suite"),
        title=node.text("title"),
        description=node.text("description", ""),
        checks=tuple(_read_check(check) for check in node.nodes("checks")),
        exchanges=tuple(_read_exchange(exchange) for exchange in node.nodes("exchanges")),
        seconds=node.number("seconds"),
        attempts=node.integer("attempts", 1),
    )


def _read_check(node: Node) -> Check:
    missing = node.node_or_none("missing")
    return Check(
        requirement=node.text("requirement"),
        level=Level(node.choice("level", tuple(Level))),
        verdict=Verdict(node.choice("verdict", tuple(Verdict))),
        expected=node.text("expected"),
        actual=node.text("actual"),
        blame=Blame(node.choice("blame", tuple(Blame))) if node.holds("blame") else None,
        code=node.text_or_none("code"),
        reason=node.text_or_none("reason"),
        missing=Missing(missing.text("option"), missing.text("hint", "")) if missing else None,
        note=node.text_or_none("note"),
        flaky=node.flag("flaky", default=False),
    )


def _read_exchange(node: Node) -> Exchange:
    request, response = node.node("request"), node.node_or_none("response")
    return Exchange(
        request=RecordedRequest(
            method=request.text("method"),
            url=request.text("url"),
            headers=request.mapping("headers"),
            body=request.text("body"),
            body_base64=request.flag("body_base64", default=False),
            body_truncated=request.flag("body_truncated", default=False),
        ),
        response=_read_response(response) if response else None,
        started=node.number("started", 0.0),
        seconds=node.number("seconds"),
        step=node.text("step", ""),
        fault=node.text_or_none("fault"),
    )


def _read_response(node: Node) -> RecordedResponse:
    return RecordedResponse(
        status=node.integer("status"),
        headers=node.mapping("headers"),
        body=node.text("body"),
        reason=node.text("reason", ""),
        body_base64=node.flag("body_base64", default=False),
        body_truncated=node.flag("body_truncated", default=False),
    )
