"""The handlers of docs/readback.md run as they are written, show trackproof's customers, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "readback.md").read_text(encoding="utf-8")
# id, token, switched on → status
ASKED = [
    ("tp-run-1-Cu.", "secret", True, 200),
    (" TP-RÜN/1 ", "secret", True, 200),
    ("tp-unknown", "secret", True, 404),
    ("user_42", "secret", True, 404),
    ("tp-run-1-Cu.", "another", True, 401),
    ("tp-run-1-Cu.", "", True, 401),
    ("tp-run-1-Cu.", "secret", False, 404),
]
KNOWN = ("tp-run-1-Cu.", " TP-RÜN/1 ", "user_42")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


JAVASCRIPT = """
const asked = JSON.parse(process.argv[1]), known = JSON.parse(process.argv[2]);
(async () => {
  const told = [];
  for (const [id, token, on] of asked) {
    const res = { code: 200, json(body) { told.push([this.code, body]); } };
    res.status = (code) => Object.assign(res, { code });
    const req = { params: { id }, get: () => `Bearer ${token}` };
    const find = async (id) => known.includes(id) ? { customerExternalId: id } : undefined;
    await readback(find, "secret", on)(req, res, (error) => { throw error; });
  }
  console.log(JSON.stringify(told));
})();
"""


@pytest.mark.outside
def test_the_express_handler() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    cases = json.dumps([case[:3] for case in ASKED])
    ended = subprocess.run(  # noqa: S603 - our own page
        [node, "-e", block("js") + JAVASCRIPT, cases, json.dumps(KNOWN)], capture_output=True, text=True, check=True
    )
    told = json.loads(ended.stdout)
    assert [code for code, _ in told] == [case[3] for case in ASKED]
    assert [body.get("customerExternalId") for _, body in told[:2]] == [case[0] for case in ASKED[:2]]
    assert "customerExternalId" not in json.dumps(told[2:])


def test_the_django_view(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: dict[str, Any] = {"JsonResponse": lambda body, status=200: SimpleNamespace(body=body, status=status)}
    for name, contents in {"http": answers, "views.decorators.http": {"require_GET": lambda view: view}}.items():
        module = ModuleType(f"django.{name}")
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in ("django", "django.views", "django.views.decorators"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    names: dict[str, Any] = {}
    exec(block("py"), names)  # noqa: S102 - the example that readers copy
    for external_id, token, on, status in ASKED:
        view = names["make_readback"](
            lambda one: {"customerExternalId": one} if one in KNOWN else None, "secret", enabled=on
        )
        answer = view(SimpleNamespace(headers={"Authorization": f"Bearer {token}"}), external_id)
        assert answer.status == status
        assert ("customerExternalId" in answer.body) is (status == 200)
    assert view(SimpleNamespace(headers={}), KNOWN[0]).status == 401


def test_the_view_in_sql_shows_what_the_read_back_contract_asks_for() -> None:
    # SQLite has the same functions by other names, and forgets that a subquery is JSON.
    view = block("sql").replace("json_build_object", "json_object").replace("json_agg", "json_group_array")
    view = view.replace("coalesce((", "json((").replace(", '[]'::json)", ")")
    books = sqlite3.connect(":memory:")
    books.executescript(
        """
        CREATE TABLE customers (id, external_id, click_id, name, email, avatar);
        CREATE TABLE leads (customer_id, event_name, click_id, confirmed_at, happened_at);
        CREATE TABLE sales (customer_id, invoice_id, event_name, amount, currency, click_id, happened_at);
        INSERT INTO customers VALUES (1, 'tp-a-Cu.', 'c1', 'N', NULL, NULL), (2, 'user_42', 'c2', 'Real', 'x', NULL),
          (3, ' TP-B', NULL, NULL, NULL, NULL);
        INSERT INTO leads VALUES (1, 'signup', 'c1', 'now', NULL), (1, 'trial', 'c1', NULL, NULL),
          (3, 'x', NULL, NULL, NULL);
        INSERT INTO sales VALUES (1, 'inv', 'purchase', 4999, 'USD', 'c1', NULL);
        """
    )
    books.executescript(view)
    pages = {
        name: json.loads(page) for name, page in books.execute("SELECT external_id, page FROM trackproof_readback")
    }
    assert set(pages) == {"tp-a-Cu.", " TP-B"}
    assert [lead["status"] for lead in pages["tp-a-Cu."]["leads"]] == ["confirmed", "pending"]
    assert pages["tp-a-Cu."]["sales"] == [
        {
            "invoiceId": "inv",
            "eventName": "purchase",
            "amount": 4999,
            "currency": "USD",
            "clickId": "c1",
            "timestamp": None,
        }
    ]
    assert (pages[" TP-B"]["leads"][0]["status"], pages[" TP-B"]["sales"]) == ("unlinked", [])


CUSTOMERS = """<?php
declare(strict_types=1);
function find_customer(string $id): ?array {
    return in_array($id, json_decode(getenv('KNOWN')), true) ? ['customerExternalId' => $id] : null;
}
require __DIR__ . '/handler.php';
"""


@contextlib.contextmanager
def served_by_php(php: str, folder: Path, *, switch: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    variables = {"TRACKING_TOKEN": "secret", "READBACK": switch, "KNOWN": json.dumps(KNOWN)}
    server = subprocess.Popen(  # noqa: S603 - our own page
        [php, "-S", address, "router.php"], cwd=folder, env=os.environ | variables, stderr=subprocess.PIPE, text=True
    )
    with server:
        try:
            assert server.stderr is not None
            assert "started" in server.stderr.readline()
            yield f"http://{address}/readback/customers/"
        finally:
            server.kill()


@pytest.mark.outside
def test_the_php_handler(tmp_path: Path) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("php is not installed")
    (tmp_path / "handler.php").write_text(block("php"), encoding="utf-8")
    (tmp_path / "router.php").write_text(CUSTOMERS, encoding="utf-8")
    with (
        served_by_php(php, tmp_path, switch="on") as on,
        served_by_php(php, tmp_path, switch="") as off,
        httpx.Client() as client,
    ):
        for external_id, token, switched_on, status in ASKED:
            url = (on if switched_on else off) + quote(external_id, safe="")
            answer = client.get(url, headers={"Authorization": f"Bearer {token}".strip()})
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
            assert answer.json().get("customerExternalId") == (external_id if status == 200 else None)
        assert client.get(on + quote(KNOWN[0])).status_code == 401


def test_the_wsgi_application() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102 - the example that readers copy

    def asked(external_id: str, authorization: str, **further: Any) -> tuple[int, Any]:
        said: list[str] = []
        find = {one: {"customerExternalId": one} for one in KNOWN}.get
        application = names["make_readback"](find, **{"token": "secret", "enabled": True, **further})
        path = f"/readback/customers/{external_id}".encode().decode("latin-1")
        environ = {"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization}
        (body,) = application(environ, lambda status, _headers: said.append(status))
        return int(said[0].split()[0]), json.loads(body)

    for external_id, token, on, status in ASKED:
        code, body = asked(external_id, f"Bearer {token}", enabled=on)
        assert (code, body.get("customerExternalId")) == (status, external_id if status == 200 else None)
    # A token that nobody set lets nobody in.
    assert asked(KNOWN[0], "Bearer ", token="")[0] == 401
    assert asked(KNOWN[0], "Bearer None", token=None)[0] == 401
