"""The sandbox keeps the documents that describe it: Schemathesis finds nothing, and every answer has its shape."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from sandbox_talk import PROFILE, sandbox

from conformance.contract.locate import data_folder
from conformance.contract.schemas import format_checker
from conformance.sandbox.server import EmbeddedSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READBACK = data_folder("specs") / "readback" / "openapi.yaml"
LAUNCH = [
    sys.executable,
    "-c",
    "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())",
    "run",
]


def fixtures(folder: str) -> dict[str, Any]:
    files = sorted((data_folder("fixtures") / PROFILE.name / folder).glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


VALID = fixtures("valid")
INVALID = {name: fixture for name, fixture in fixtures("invalid").items() if "kind" not in fixture}


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(PROFILE) as started:
        yield started


def schemathesis(document: Path, url: str, token: str, cwd: Path) -> str:
    """Runs every check of Schemathesis against a document, and gives back what it printed."""
    options = ["--url", url, "-H", f"Authorization: Bearer {token}", "--checks", "all"]
    options += ["--max-examples", "40", "--seed", "1", "--continue-on-failure", "--generation-database", "none"]
    done = subprocess.run(  # noqa: S603 - a test dependency, called as its command is
        [*LAUNCH, str(document), *options], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_schemathesis_finds_nothing_in_the_tracking_operations(running: EmbeddedSandbox, tmp_path: Path) -> None:
    printed = schemathesis(PROFILE.folder / "openapi.yaml", running.url, running.token, tmp_path)
    assert re.search(r"[1-9]\d\d+ generated", printed)
    assert "No issues found" in printed


def test_schemathesis_finds_nothing_in_read_back(running: EmbeddedSandbox, tmp_path: Path) -> None:
    # The customer that the document names, so that it is not "unknown" alone that is looked at.
    lead = VALID["lead-node-non-deferred"]["payload"]
    click = httpx.get(running.short_link).headers["location"].partition(f"{PROFILE.click_parameter}=")[2]
    httpx.post(
        running.url + PROFILE.paths["lead"],
        json={**lead, "clickId": click, "customerExternalId": "user_42"},
        headers={"Authorization": f"Bearer {running.token}"},
    ).raise_for_status()

    printed = schemathesis(READBACK, running.readback, running.token, tmp_path)
    assert "No issues found" in printed


def test_every_answer_has_the_shape_that_its_schema_describes() -> None:
    talk = sandbox()
    click = talk.click()
    accepted = [
        talk.lead(clickId=click),
        talk.lead(clickId=click),
        talk.lead(customerExternalId="bob", clickId=click, mode="deferred"),
        talk.lead(customerExternalId="bob", eventName="verified"),
        talk.lead(customerExternalId="eve"),
        talk.sale(),
        talk.sale(),
        talk.sale(customerExternalId="new", invoiceId="inv-2"),
    ]
    for answer in accepted:
        assert (answer.status_code, PROFILE.schemas.problems("success", answer.json())) == (200, ())
        assert set(answer.json()) == {"status", "data", "success"}
    refused = [
        talk.lead(customerExternalId="bob", eventName="verified", clickId=click),
        talk.lead(clickId="made-up"),
        talk.lead(eventName=""),
        talk.sale(amount=None),
        talk.ask("POST", "/track/lead", token=None),
        talk.ask("POST", "/track/lead", content="{"),
        talk.ask("GET", "/track/sale"),
        talk.ask("GET", "/nothing"),
    ]
    for answer in refused:
        body = answer.json()
        assert PROFILE.schemas.problems("error", body) == ()
        assert body["statusCode"] == answer.status_code >= 400


def test_read_back_has_the_shape_that_its_document_describes() -> None:
    schemas: Any = yaml.safe_load(READBACK.read_text(encoding="utf-8"))["components"]
    validator = Draft202012Validator(
        {"$ref": "#/components/schemas/Customer", "components": schemas}, format_checker=format_checker()
    )
    talk = sandbox()
    talk.lead(timestamp="2024-01-15T10:30:00", customerEmail="ada@example.com")
    talk.lead(clickId=talk.click(), mode="deferred")
    talk.sale(amount=49.99)
    talk.sale(customerExternalId="new", invoiceId="inv-2")
    for customer in ("ada", "new"):
        validator.validate(talk.recorded(customer))
    assert {lead["status"] for lead in talk.recorded()["leads"]} == {"unlinked", "pending"}


@pytest.mark.parametrize("name", [name for name, fixture in VALID.items() if fixture["schema"] in ("lead", "sale")])
def test_a_valid_payload_is_understood(name: str) -> None:
    fixture = VALID[name]
    answer = sandbox().ask("POST", f"/track/{fixture['schema']}", json=fixture["payload"])
    # No click of a fixture was minted here, which 404 says.
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("name", [name for name, fixture in INVALID.items() if fixture["schema"] in ("lead", "sale")])
def test_an_invalid_payload_is_refused_and_leaves_nothing(name: str) -> None:
    fixture = INVALID[name]
    talk = sandbox()
    payload = fixture["payload"]
    headers = {"Content-Type": "application/json"}
    answer = talk.ask("POST", f"/track/{fixture['schema']}", content=json.dumps(payload), headers=headers)
    assert answer.status_code in (400, 422)
    customer = payload.get("customerExternalId") if isinstance(payload, dict) else None
    assert talk.recorded(customer if isinstance(customer, str) else "ada") is None
