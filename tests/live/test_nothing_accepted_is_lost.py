"""With a file, what was answered is there afterwards: after a kill under load, and after an orderly end."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import random
import sqlite3
import threading
import time
from base64 import b64encode
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from killed_sandbox import serve_from
from live_talk import PROFILE, Talk, judging, wrong_event_2

from conformance.contract import load_profile
from conformance.errors import UsageError
from conformance.sandbox import Limits, create_app
from conformance.sandbox.database import Database

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20
SENDERS = 4
LOADED_ONCE = ["conformance.sandbox.server", "conformance.sandbox.database", "conformance.watch.bench", "httpx"]
HEADERS = {"Authorization": "Bearer a-token-of-mine", "Content-Type": "application/json"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


def opened(file: Path, **options: int) -> tuple[Talk, Database]:
    database = Database(file)
    return Talk(create_app(PROFILE, kit=judging(database=database), limits=Limits(**options))), database


def send_until_it_ends(url: str, base: str, name: str, answered: list[str]) -> None:
    """Sends sale after sale; notes each that is answered 2xx."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    with closing(connection):
        for number in range(10_000):
            invoice = f"{name}-{number}"
            body = {"eventName": "p", "customerExternalId": name, "invoiceId": invoice, "amount": 5, "currency": "USD"}
            try:
                connection.request("POST", f"{base}/track/sale", json.dumps(body), HEADERS)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                answered.append(invoice)


def test_what_was_answered_is_there_after_each_of_many_kills_under_load(file: Path) -> None:
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(LOADED_ONCE)
    answered: list[str] = []
    chance = random.Random(5)  # noqa: S311 - when to kill
    for round_ in range(KILLS):
        here, there = forks.Pipe(duplex=False)
        process = forks.Process(target=serve_from, args=(file, there), daemon=True)
        process.start()
        url = here.recv()
        senders = [
            threading.Thread(target=send_until_it_ends, args=(url, f"/ns/{round_}", f"{round_}-{sender}", answered))
            for sender in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        time.sleep(0.02 + chance.random() * 0.08)
        process.kill()
        process.join()
        for sender in senders:
            sender.join()
    talk, database = opened(file)
    kept = {event["body"]["invoiceId"] for name in range(KILLS) for event in talk.events(str(name))}
    assert len(answered) > KILLS
    assert set(answered) - kept == set()
    customer = answered[0].rpartition("-")[0]
    recorded = Talk(talk.app, f"/ns/{customer.partition('-')[0]}").recorded(customer)["sales"]
    sold = {invoice for invoice in answered if invoice.startswith(f"{customer}-")}
    assert {sale["invoiceId"] for sale in recorded} >= sold
    database.close()


def test_a_sandbox_that_is_started_again_knows_what_it_knew(file: Path) -> None:
    talk, database = opened(file)
    other = Talk(talk.app, "/ns/a b")
    wrong_event_2(talk)
    talk.lead(eventName="verified")
    talk.sale()
    pending = other.click()
    other.lead(clickId=pending, mode="deferred", customerName="Zoë")
    before = [talk.recorded(), other.recorded(), talk.events(), talk.found(), other.events("a b")]
    database.close()

    talk, database = opened(file)
    other = Talk(talk.app, "/ns/a b")
    assert before == [talk.recorded(), other.recorded(), talk.events(), talk.found(), other.events("a b")]
    other.lead(clickId="")
    assert other.recorded()["leads"][0]["clickId"] == pending
    assert talk.sale().json()["data"].startswith("A sale with this invoice id is recorded already")
    database.close()


def test_a_namespace_that_had_to_go_for_want_of_memory_comes_back_from_the_file(file: Path) -> None:
    talk, database = opened(file, namespaces=1)
    for name in ("one", "two", "three"):
        Talk(talk.app, f"/ns/{name}").sale(invoiceId=name)
    for name in ("one", "two"):
        assert Talk(talk.app, f"/ns/{name}").recorded()["sales"][0]["invoiceId"] == name
    database.close()


def test_a_namespace_that_began_anew_is_gone_from_the_file_too(file: Path) -> None:
    talk, database = opened(file)
    talk.sale()
    talk.ask("DELETE", "/_/ns/default")
    database.close()
    talk, database = opened(file)
    assert (talk.events(), talk.recorded().get("sales")) == ([], None)
    database.close()


def test_no_token_is_in_the_file_nor_in_anything_that_is_served(file: Path) -> None:
    token = "sk+canary/4711=zebra"
    written = [quote(token, safe=""), *(b64encode(f"{before}{token}:".encode()).decode() for before in ("", "a", "ab"))]
    talk, database = opened(file)
    for text in (token, *written):
        body = {"eventName": f"e {text}", "customerExternalId": text, "token": text, "x": [text], text: text}
        headers = {"X-Other": text, "Cookie": f"s={text}"}
        talk.ask("POST", f"/track/lead?token={text}&q={quote(text)}", token=token, json=body, headers=headers)
        talk.ask("POST", "/track/lead", token=token, content=f"customerExternalId={quote(text, safe='')}")
    served = [
        talk.ask("GET", f"/_/ns/default/{what}").content
        for what in ("events", "findings", "exchanges.har", "report.html")
    ]
    database.close()
    for data in (*served, *(part.read_bytes() for part in file.parent.iterdir())):
        for text in (token, *(text.rstrip("=")[4:-4] for text in written)):
            assert text.encode() not in data


def test_the_other_platform_is_remembered_too_with_its_clicks_and_its_browsers(file: Path) -> None:
    def dub(database: Database) -> Talk:
        return Talk(create_app(load_profile("dub"), kit=judging(database=database)))

    database = Database(file)
    talk = dub(database)
    click = talk.click()
    body = {"clickId": click, "eventName": "Sign up", "customerExternalId": "ada"}
    assert talk.ask("POST", "/track/lead", token="dub_secret", json=body).status_code == 200
    visit = {"domain": "sandbox", "key": "demo"}
    second = talk.ask("POST", "/track/click", token="dub_pk_secret", json=visit).json()["clickId"]
    assert talk.ask("POST", "/track/lead", token="dub_secret", json={**body, "customerExternalId": "eve"}).is_success
    known, gone = talk.ask("GET", "/customers?sortOrder=asc", token="dub_secret").json()
    assert talk.ask("DELETE", f"/customers/{gone['id']}", token="dub_secret").is_success
    database.close()
    database = Database(file)
    talk = dub(database)
    # With the ids that it had, by which a client may know it.
    assert talk.ask("GET", "/customers", token="dub_secret").json() == [known]
    body = {"clickId": second, "eventName": "Sign up", "customerExternalId": "bob"}
    assert talk.ask("POST", "/track/lead", token="dub_secret", json=body).status_code == 200
    database.close()


def test_what_can_no_longer_be_kept_is_not_accepted(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    talk, database = opened(file)
    assert talk.sale().status_code == 200
    database._writing.execute("PRAGMA query_only = 1")
    answer = talk.sale(invoiceId="inv-2")
    assert (answer.status_code, answer.json()["statusCode"]) == (503, 503)
    assert "cannot be written to" in caplog.text
    database.close()


@pytest.mark.parametrize("what", ["in use", "no file of ours", "another format", "no folder"])
def test_a_file_that_cannot_be_used_is_refused(file: Path, what: str) -> None:
    if what == "no folder":
        file = file / "deeper.db"
    elif what == "no file of ours":
        file.write_text("something else, long enough to be taken for a header of a file" * 10)
    elif what == "another format":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA user_version = 77")
            connection.execute("CREATE TABLE theirs (x)")
    if what != "in use":
        with pytest.raises(UsageError, match=r"cannot be used as the sandbox's file"):
            Database(file)
        return
    database = Database(file)
    with pytest.raises(UsageError, match="in use by another sandbox"):
        Database(file)
    database.close()
