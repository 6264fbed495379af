"""The handlers of docs/readback.md run as they are written, show trackproof's customers, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

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


def test_the_php_handler_keeps_the_same_rules() -> None:
    for rule in ("hash_equals", "'tp-'", "getenv('READBACK') === 'on'", "rawurldecode", "answer(401"):
        assert rule in block("php")
    php = shutil.which("php")
    if php is not None:
        checked = subprocess.run([php, "-l"], input=block("php"), capture_output=True, text=True, check=False)  # noqa: S603
        assert checked.returncode == 0, checked.stdout
