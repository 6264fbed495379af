"""A sandbox that plays Dub keeps the document that describes it, and takes valid payloads and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dub_talk import DUB, DubTalk
from jsonschema import Draft202012Validator

from conformance.contract.locate import data_folder
from conformance.contract.schemas import format_checker
from conformance.sandbox import create_app
from conformance.sandbox.server import EmbeddedSandbox

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = DUB.folder / "openapi.yaml"
LAUNCH = [
    sys.executable,
    "-c",
    "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())",
]
# A lead without a click is a bad request unless its customer is known, and no schema can say who is.
ACCEPTED = '[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "400", "404"]\n'
CLICK = "rLnWe1uz9t282v7g"
NAMES = ("customerExternalId", "externalId", "customerId")


def fixtures(folder: str) -> dict[str, Any]:
    files = sorted((data_folder("fixtures") / "dub" / folder).glob("*.json"))
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}
    return {name: each for name, each in found.items() if each["schema"] in ("lead", "sale")}


VALID = fixtures("valid")
# Those of a kind are right as another kind.
INVALID = {name: each for name, each in fixtures("invalid").items() if "kind" not in each}


def prepared(payload: Any) -> DubTalk:
    """A sandbox that knows the click that the payload names, or that every example does."""
    click = (payload.get("clickId") if isinstance(payload, dict) else None) or CLICK
    talk = DubTalk(create_app(DUB, clicks=lambda: str(click).strip() or CLICK))
    talk.click()
    return talk


def send(talk: DubTalk, fixture: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    body = json.dumps(fixture["payload"])
    return talk.ask("POST", f"/track/{fixture['schema']}", content=body, headers=headers)


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(ACCEPTED, encoding="utf-8")
    with EmbeddedSandbox(DUB) as running:
        options = ["--url", running.url, "-H", f"Authorization: Bearer {running.token}", "--checks", "all"]
        # A key of another form is answered 404 here, which is no answer that the check knows; others test keys.
        options += ["--exclude-checks", "ignored_auth", "--max-examples", "10", "--seed", "1"]
        options += ["--continue-on-failure", "--generation-database", "none"]
        done = subprocess.run(  # noqa: S603 - a test dependency, called as its command is
            [*LAUNCH, "--config-file", str(config), "run", str(DOCUMENT), *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d\d+ generated", done.stdout)


def test_what_is_shown_has_the_shape_that_the_document_describes() -> None:
    schemas: Any = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    talk = prepared({})
    talk.lead(clickId=CLICK, customerEmail="a@example.com", eventQuantity=2)
    talk.sale()
    shown = {"Customer": talk.ask("GET", "/customers").json()}
    shown["Event"] = [event for kind in ("clicks", "leads", "sales") for event in talk.events(kind)]
    assert [len(entries) for entries in shown.values()] == [1, 4]
    for name, entries in shown.items():
        validator = Draft202012Validator(schemas[name], format_checker=format_checker())
        for entry in entries:
            validator.validate(entry)


@pytest.mark.parametrize("name", VALID)
def test_a_valid_payload_is_accepted(name: str) -> None:
    payload = VALID[name]["payload"]
    talk = prepared(payload)
    if not (payload.get("clickId") or "").strip():
        customer = next(payload[name] for name in NAMES if payload.get(name))
        talk.lead(customerExternalId=customer, clickId=CLICK, mode="deferred")
        if VALID[name]["schema"] == "sale":
            talk.lead(customerExternalId=customer, eventName=payload.get("leadEventName") or "First")
    answer = send(talk, VALID[name])
    assert answer.status_code == 200, answer.text
    assert DUB.schemas.problems(f"{VALID[name]['schema']}-success", answer.json()) == ()


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_payload_is_refused_and_leaves_nothing(name: str) -> None:
    talk = prepared(INVALID[name]["payload"])
    answer = send(talk, INVALID[name])
    assert answer.status_code in (400, 422), answer.text
    assert DUB.schemas.problems("error", answer.json()) == ()
    assert talk.ask("GET", "/customers").json() == []
