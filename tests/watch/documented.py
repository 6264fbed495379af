"""The examples of docs/integrators.md, and a shop whose code they test."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "integrators.md"

PYTHON_SHOP = """
import json
import urllib.request


def send(base_url, token, **body):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{base_url}/track/lead", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).close()


def sign_up(customer, click, *, base_url, token):
    send(base_url, token, customerExternalId=customer, clickId=click, eventName="signup_started", mode="deferred")


def verify_email(customer, *, base_url, token):
    send(base_url, token, customerExternalId=customer, eventName="email_verified")
"""

JAVASCRIPT_SHOP = """
const send = ({ url, token }, body) => fetch(`${url}/track/lead`, {
  method: "POST",
  headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
exports.signUp = (customerExternalId, clickId, at) =>
  send(at, { customerExternalId, clickId, eventName: "signup_started", mode: "deferred" });
exports.verifyEmail = (customerExternalId, at) => send(at, { customerExternalId, eventName: "email_verified" });
"""


def example(name: str) -> str:
    """The block of the page that stands under this file name."""
    found = re.search(
        rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found is not None, f"docs/integrators.md has no {name}"
    return found.group(1)
