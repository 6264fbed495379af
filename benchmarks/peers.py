"""Workload W written for the tools that people would use instead; each file is written into a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workload import TOKEN, chains

if TYPE_CHECKING:
    from pathlib import Path

_PYTEST = """
import httpx
import pytest

@pytest.fixture(scope="session")
def client():
    with httpx.Client(base_url={url!r}, headers={{"Authorization": "Bearer {token}"}}, trust_env=False) as client:
        yield client

@pytest.mark.parametrize(("name", "chain"), {chains!r})
def test_scenario(client, name, chain):
    for operation, body in chain:
        answer = client.post("/track/" + operation, json=body)
        assert answer.status_code == 200
        assert answer.json()["success"] is True
"""


def pytest_file(folder: Path, url: str) -> Path:
    """Plain pytest with one httpx client, a request after the other."""
    path = folder / "test_workload.py"
    path.write_text(_PYTEST.format(url=url, token=TOKEN, chains=list(chains())), encoding="utf-8")
    return path


def tavern_file(folder: Path, url: str) -> Path:
    """One Tavern test for each scenario; YAML documents may be written as JSON."""
    documents = [
        {
            "test_name": name,
            "stages": [
                {
                    "name": operation,
                    "request": {
                        "url": f"{url}/track/{operation}",
                        "method": "POST",
                        "headers": {"Authorization": f"Bearer {TOKEN}"},
                        "json": body,
                    },
                    "response": {"status_code": 200, "strict": False, "json": {"success": True}},
                }
                for operation, body in chain
            ],
        }
        for name, chain in chains()
    ]
    path = folder / "test_workload.tavern.yaml"
    path.write_text("\n---\n".join(json.dumps(document) for document in documents), encoding="utf-8")
    return path


def stepci_file(folder: Path, url: str) -> Path:
    """One Step CI test for each scenario; it plays all tests at the same time."""
    tests: dict[str, Any] = {
        name.replace(" ", "-"): {
            "steps": [
                {
                    "name": operation,
                    "http": {
                        "url": f"{url}/track/{operation}",
                        "method": "POST",
                        "headers": {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
                        "body": json.dumps(body),
                        "check": {"status": 200, "jsonpath": {"$.success": True}},
                    },
                }
                for operation, body in chain
            ]
        }
        for name, chain in chains()
    }
    path = folder / "workload.yml"
    path.write_text(json.dumps({"version": "1.1", "name": "workload", "tests": tests}), encoding="utf-8")
    return path


def newman_file(folder: Path, url: str) -> Path:
    """One folder of a Postman collection for each scenario."""
    check = "pm.test('accepted', () => { pm.response.to.have.status(200); pm.expect(pm.response.json().success).true })"
    items = [
        {
            "name": name,
            "item": [
                {
                    "name": operation,
                    "event": [{"listen": "test", "script": {"exec": [check]}}],
                    "request": {
                        "method": "POST",
                        "url": f"{url}/track/{operation}",
                        "header": [
                            {"key": "Authorization", "value": f"Bearer {TOKEN}"},
                            {"key": "Content-Type", "value": "application/json"},
                        ],
                        "body": {"mode": "raw", "raw": json.dumps(body)},
                    },
                }
                for operation, body in chain
            ],
        }
        for name, chain in chains()
    ]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    path = folder / "workload.postman_collection.json"
    path.write_text(json.dumps({"info": {"name": "workload", "schema": schema}, "item": items}), encoding="utf-8")
    return path
