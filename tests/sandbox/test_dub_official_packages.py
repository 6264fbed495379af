"""The official packages, unchanged, against a sandbox that plays Dub: what they send is taken, what they read fits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from dub import Dub
from dub.models import errors
from dub_talk import DUB, visited

from conformance.sandbox.server import EmbeddedSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("TRACKPROOF_NODE_MODULES") or HERE.parents[1] / "node_modules")
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(DUB) as sandbox:
        yield sandbox


@pytest.fixture
def package(running: EmbeddedSandbox) -> Iterator[Any]:
    with Dub(token=running.token, server_url=running.url) as client:
        yield client


@pytest.fixture
def click(running: EmbeddedSandbox) -> str:
    return visited(httpx.get(running.short_link, trust_env=False))


def lead(click: str, customer: str, **fields: Any) -> Any:
    return {"click_id": click, "event_name": "Sign up", "customer_external_id": customer, **fields}


def test_every_embedded_sandbox_has_a_key_of_its_own_that_begins_as_keys_do() -> None:
    with EmbeddedSandbox(DUB) as one, EmbeddedSandbox(DUB) as two:
        assert one.token != two.token
        assert all(sandbox.token.startswith("dub_") for sandbox in (one, two))
        headers = {"Authorization": f"Bearer {one.token}"}
        assert httpx.get(f"{two.url}/customers", headers=headers, trust_env=False).status_code == 401


def test_the_python_package_sends_a_lead_and_sees_a_repeat(package: Any, click: str) -> None:
    assert version("dub") == "0.39.0"
    first = package.track.lead(request=lead(click, "py-1", customer_name="Ada", customer_email="a@example.com"))
    assert (first.click.id, first.link.key, first.customer.name) == (click, "demo", "Ada")
    assert package.track.lead(request=lead(click, "py-1")).link is None


def test_the_python_package_sends_a_deferred_lead_and_a_sale(package: Any, click: str) -> None:
    event_1 = package.track.lead(request=lead(click, "py-2", mode="deferred", customer_name="Bob"))
    event_2 = package.track.lead(request=lead("", "py-2"))
    assert event_1 == event_2
    sent = {"customer_external_id": "py-2", "amount": 1580, "currency": "jpy", "invoice_id": "py-inv"}
    sale = package.track.sale(request=sent)
    assert (sale.sale.amount, sale.sale.currency, sale.customer.external_id) == (1059, "usd", "py-2")
    assert package.track.sale(request={**sent, "amount": 5}) == sale
    unknown = package.track.sale(request={"customer_external_id": "py-nobody", "amount": 5})
    assert (unknown.customer, unknown.sale) == (None, None)


def test_the_python_package_reads_customers_and_events(package: Any, click: str) -> None:
    package.track.lead(request=lead(click, "py/3", metadata={"plan": "pro"}))
    package.track.sale(request={"customer_external_id": "py/3", "amount": 900})
    (listed,) = package.customers.list(request={"external_id": "py/3", "include_expanded_fields": True}).result
    assert package.customers.get(request={"id": "ext_py/3"}).id == listed.id
    assert (listed.sale_amount, listed.link.key) == (900, "demo")
    found = {
        kind: package.events.list(request={"event": kind, "interval": "24h", "customer_id": listed.id})
        for kind in ("clicks", "leads", "sales")
    }
    assert [[event.click.id for event in events] for events in found.values()] == [[click]] * 3
    assert (found["leads"][0].metadata, found["sales"][0].sale.amount) == ({"plan": "pro"}, 900)
    assert package.customers.delete(id="ext_py/3").id == listed.id


def test_the_python_package_raises_its_own_errors(running: EmbeddedSandbox, package: Any, click: str) -> None:
    with pytest.raises(errors.BadRequest) as bad:
        package.track.lead(request=lead("", "py-nobody"))
    assert bad.value.data.error.code == "bad_request"
    with pytest.raises(errors.NotFound):
        package.track.lead(request=lead("made-up", "py-4"))
    with pytest.raises(errors.UnprocessableEntity):
        package.track.lead(request=lead(click, "py-4", event_name=""))
    with Dub(token="dub_wrong", server_url=running.url) as stranger, pytest.raises(errors.Unauthorized):
        stranger.customers.get(request={"id": "ext_py-1"})


@pytest.mark.outside
@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not (MODULES / "dub").is_dir(), reason=f"the npm package dub is not in {MODULES.name}")
def test_the_npm_package_sends_and_reads_a_whole_journey(running: EmbeddedSandbox, click: str) -> None:
    entry = (MODULES / "dub" / "dist" / "esm" / "index.js").as_uri()
    done = subprocess.run(  # noqa: S603 - our own script
        [NODE or "", str(HERE / "dub_sdk.mjs"), entry, running.url, running.token, click],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["lead"]["click"]["id"], said["lead"]["customer"]["name"]) == (click, "Ada")
    assert said["again"]["link"] is None
    assert said["event1"] == said["event2"]
    assert said["sale"] == said["saleAgain"]
    assert (said["sale"]["sale"]["amount"], said["sale"]["sale"]["currency"]) == (1059, "usd")
    assert (said["unknown"]["customer"], said["unknown"]["sale"]) == (None, None)
    assert [customer["id"] for customer in said["customers"]] == [said["customer"]["id"]]
    for kind in ("leads", "sales", "clicks"):
        assert said[kind][0]["click"]["id"] == click
    assert said["badRequest"] == {"name": "BadRequest", "status": 400, "code": "bad_request"}
    assert said["unauthorized"] == {"name": "Unauthorized", "status": 401, "code": "unauthorized"}
    assert said["notFound"] == {"name": "NotFound", "status": 404, "code": "not_found"}
    assert said["unprocessable"] == {"name": "UnprocessableEntity", "status": 422, "code": "unprocessable_entity"}
    assert said["removed"]["id"].startswith("cus_")
