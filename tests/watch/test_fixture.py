"""The fixture `tracking_sandbox` in somebody else's suite: each test has its own, also where several run at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from documented import PYTHON_SHOP, example

from conformance.watch.client import NotArrived, NotClean, TrackingSandbox, namespace_for

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import json
import urllib.request

import pytest


def send(sandbox, what, **body):
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{sandbox.url}/track/{what}", json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).close()


@pytest.mark.parametrize("number", range(4))
def test_clean(tracking_sandbox, number):
    send(tracking_sandbox, "lead", clickId=tracking_sandbox.click(), eventName="sign_up", customerExternalId="user_42")
    assert tracking_sandbox.wait_for(customerExternalId="user_42")["outcome"] == "confirmed"
    assert len(tracking_sandbox.events) == 1
    tracking_sandbox.assert_clean()


def test_found(tracking_sandbox):
    send(tracking_sandbox, "lead", eventName="sign_up", customerExternalId="user_42", clientId="x")
    tracking_sandbox.assert_clean(fail_on="note")


def test_missed(tracking_sandbox):
    send(tracking_sandbox, "lead", clickId=tracking_sandbox.click(), eventName="sign_up", customerExternalId="User_42")
    tracking_sandbox.wait_for(timeout=0, customerExternalId="user_42")
"""


def test_it_works_as_documented_in_a_suite_that_runs_in_several_processes(tmp_path: Path) -> None:
    files = {"test_own.py": SUITE, "test_checkout.py": example("test_checkout.py"), "shop.py": PYTHON_SHOP}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    # By the names of their entry points, without whatever else is installed: that takes as long again in each process.
    words = [sys.executable, "-m", "pytest", "-p", "trackproof", "-p", "xdist", "-n", "2", "-q", "."]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(  # noqa: S603 - our own words
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "2 failed, 5 passed" in done.stdout, done.stdout + done.stderr
    assert "No event with customerExternalId='user_42' arrived within 0 s." in done.stdout
    assert "customerExternalId: expected 'user_42', was 'User_42'" in done.stdout
    assert "Remedy: " in done.stdout


def lead(sandbox: TrackingSandbox, **body: Any) -> int:
    sent = {"eventName": "sign_up", "customerExternalId": "ada", **body}
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    return httpx.post(f"{sandbox.url}/track/lead", json=sent, headers=headers, trust_env=False).status_code


def test_a_test_begins_with_nothing(tracking_sandbox: TrackingSandbox) -> None:
    assert (tracking_sandbox.events, tracking_sandbox.findings) == ([], [])
    assert str(tracking_sandbox) == tracking_sandbox.base_url == tracking_sandbox.url


def test_nothing_sent_is_not_clean(tracking_sandbox: TrackingSandbox) -> None:
    with pytest.raises(NotClean, match="Nothing was sent to http"):
        tracking_sandbox.assert_clean()


def test_what_is_wrong_is_told_with_customer_and_remedy(tracking_sandbox: TrackingSandbox) -> None:
    lead(tracking_sandbox, clickId="undefined")
    with pytest.raises(NotClean) as caught:
        tracking_sandbox.assert_clean()
    text = str(caught.value)
    assert "error click-invented (customer 'ada')" in text
    assert "  Remedy: " in text
    assert tracking_sandbox.findings[0]["id"] == "click-invented"


def test_a_warning_passes_where_only_errors_fail(tracking_sandbox: TrackingSandbox) -> None:
    lead(tracking_sandbox, clickId=tracking_sandbox.click(), timestamp="2026-01-01T10:00:00")
    assert [finding["severity"] for finding in tracking_sandbox.findings] == ["warning"]
    tracking_sandbox.assert_clean(fail_on="error")
    with pytest.raises(NotClean):
        tracking_sandbox.assert_clean()


def test_waiting_ends_as_soon_as_the_event_arrives(tracking_sandbox: TrackingSandbox) -> None:
    sender = threading.Timer(0.05, lead, (tracking_sandbox,), {"clickId": tracking_sandbox.click(), "flag": True})
    sender.start()
    assert tracking_sandbox.wait_for(30, customerExternalId="ada", flag=True)["body"]["eventName"] == "sign_up"
    sender.join()


def test_where_nothing_arrived_at_all_that_is_said(tracking_sandbox: TrackingSandbox) -> None:
    with pytest.raises(NotArrived, match=r"any event arrived within 0 s\. Nothing has arrived at all\."):
        tracking_sandbox.wait_for(0)


def test_it_can_be_emptied_within_a_test(tracking_sandbox: TrackingSandbox) -> None:
    lead(tracking_sandbox, clickId=tracking_sandbox.click())
    tracking_sandbox.reset()
    assert tracking_sandbox.events == []


def test_every_test_has_a_name_of_its_own_that_a_url_can_carry() -> None:
    names = {namespace_for("test_x[a/b?c ü]") for _ in range(20)}
    assert len(names) == 20
    assert all(name.startswith("test_x-a-b-c") for name in names)
    assert len(namespace_for("x" * 500)) < 128
    assert namespace_for("[]").startswith("test-")
