"""The conformance statement: an in-toto attestation of a run, bound to tool, contract, configuration and results.

It is what a signer signs; `differences` recomputes it from the results file and the contract that are at hand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.reports.inert import inert_json
from conformance.reports.text import clip, one_line
from conformance.results.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.results.model import Results

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_WIDTH = 300
_LISTS = {
    "passedTests": (Verdict.PASSED,),
    "warnedTests": (Verdict.WARNED, Verdict.WAIVED),
    "failedTests": (Verdict.FAILED, Verdict.ERRORED),
}


def statement(
    results: Results, results_name: str, results_bytes: bytes, contract: str, configuration: Mapping[str, Any]
) -> dict[str, Any]:
    """The statement about a results file; `contract` is the digest of the profile, `configuration` is redacted."""
    settings = canonical(configuration)
    return {
        "_type": TYPE,
        "subject": [
            {
                "name": results_name,
                "digest": {"sha256": hashlib.sha256(results_bytes).hexdigest()},
                "annotations": {
                    "target": "sandbox" if results.target.embedded else one_line(results.target.url),
                    "run": one_line(results.run.id),
                    "verdict": results.verdict,
                },
            }
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "result": outcome(results),
            "configuration": [
                {"name": "trackproof", "annotations": {"version": one_line(results.tool_version)}},
                {
                    "name": "contract",
                    "digest": {"sha256": contract},
                    "annotations": {
                        "profile": one_line(results.profile.name),
                        "revision": one_line(results.profile.revision),
                    },
                },
                {
                    "name": "configuration",
                    "mediaType": "application/json",
                    "digest": {"sha256": hashlib.sha256(settings).hexdigest()},
                    "content": base64.b64encode(settings).decode("ascii"),
                },
            ],
            **{
                key: [one_line(each.id) for each in results.requirements if each.verdict in verdicts]
                for key, verdicts in _LISTS.items()
            },
        },
    }


def statement_json(document: Mapping[str, Any]) -> str:
    """The statement as it is written."""
    return inert_json(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def outcome(results: Results) -> str:
    """The word of the test-result predicate: what is not conformant has failed, what was not judged too."""
    if results.verdict != "conformant":
        return "FAILED"
    softer = {Verdict.WARNED, Verdict.WAIVED, Verdict.INCONCLUSIVE, Verdict.ERRORED}
    return "WARNED" if any(each.verdict in softer for each in results.requirements) else "PASSED"


def canonical(configuration: Mapping[str, Any]) -> bytes:
    """The bytes of a configuration of which the digest is taken."""
    return json.dumps(configuration, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def subject_of(document: Any) -> str:
    """The name of the results file that a document is about; raises UsageError when it is no such statement."""
    if not isinstance(document, dict):
        raise _unusable("it is not an object")
    for key, wanted in (("_type", TYPE), ("predicateType", PREDICATE)):
        if document.get(key) != wanted:
            raise _unusable(f"{key} is {str(document.get(key))[:80]!r}, not {wanted!r}")
    match document.get("subject"):
        case [{"name": str(name)}] if name:
            return name
        case _:
            raise _unusable("it does not have one subject with a name")


def _unusable(what: str) -> UsageError:
    return UsageError(
        f"this is no conformance statement: {one_line(what)}", "Give the file that `--output statement` wrote."
    )


def differences(document: Mapping[str, Any], results: Results, results_bytes: bytes, contract: str) -> Iterator[str]:
    """What the statement says otherwise than the results file and the contract at hand, a line for each."""
    configuration, damage = _configuration(document)
    yield from damage
    again = statement(results, subject_of(document), results_bytes, contract, configuration)
    stated, found = dict(_leaves(document)), dict(_leaves(again))
    for place in sorted(stated.keys() | found.keys()):
        if damage and place.startswith(_CONFIGURATION):
            continue
        if stated.get(place) != found.get(place):
            said, seen = _shown(stated.get(place), found.get(place)), _shown(found.get(place), stated.get(place))
            yield f"{_WORDS.get(place, one_line(place))}: the statement says {said}, here it is {seen}"


_CONFIGURATION = "predicate.configuration[2]"
_WORDS = {
    "subject[0].digest.sha256": "digest of the results",
    "subject[0].annotations.verdict": "verdict",
    "predicate.configuration[0].annotations.version": "version of trackproof",
    "predicate.configuration[1].digest.sha256": "digest of the contract",
    "predicate.configuration[1].annotations.revision": "revision of the contract",
    f"{_CONFIGURATION}.digest.sha256": "digest of the configuration",
}


def _configuration(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """The configuration that a statement carries, and what is wrong with it."""
    try:
        descriptor = document["predicate"]["configuration"][2]
        content = base64.b64decode(descriptor["content"], validate=True)
        configuration = json.loads(content)
        stated = descriptor["digest"]["sha256"]
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, binascii.Error):
        return {}, ["configuration: the statement does not carry one that can be read"]
    if not isinstance(configuration, dict):
        return {}, ["configuration: the statement does not carry one that can be read"]
    computed = hashlib.sha256(content).hexdigest()
    if computed != stated:
        return configuration, [f"digest of the configuration: the statement says {stated!s:.64}, here it is {computed}"]
    return configuration, []


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}[{number}]")
    else:
        yield place, value


def _shown(value: Any, other: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list) and isinstance(other, list):
        value = [item for item in value if item not in other]
    return clip(one_line(json.dumps(value, ensure_ascii=False)), _WIDTH)
