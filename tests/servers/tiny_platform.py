"""The platform of tests/profiles/tiny: its own names, a key in a header, and one defect on demand."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

KEY = "tiny-key"


class TinyPlatform:
    """A context manager; `counts_twice` plants the defect that a repeated order counts again."""

    def __init__(self, *, counts_twice: bool = False) -> None:
        self.counts_twice = counts_twice
        self.users: dict[str, dict[str, Any]] = {}
        self.orders: set[str] = set()
        platform, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with lock:
                    self.say(*platform.take(self.path, self.headers.get("X-Api-Key"), body))

            def do_GET(self) -> None:
                with lock:
                    self.say(*platform.show(unquote(self.path.rpartition("/")[2])))

            def say(self, status: int, document: dict[str, Any]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, key: str | None, body: bytes) -> tuple[int, dict[str, Any]]:
        if key != KEY:
            return 401, {"why": "no key"}
        event = json.loads(body)
        user = self.users.get(event["uid"])
        if path == "/v1/orders":
            if event["orderNo"] in self.orders and not self.counts_twice:
                return 200, {"ok": True}
            self.orders.add(event["orderNo"])
            user = self.users.setdefault(event["uid"], blank(event.get("ref")))
            user["sales"].append(event)
        elif event.get("ref") and user is None:
            user = self.users[event["uid"]] = blank(event["ref"])
            user.update(name=event.get("fullName"), mail=event.get("mail"), what=event["what"])
            user["state"] = "pending" if event.get("when") == "later" else "confirmed"
        elif not event.get("ref") and user is not None and user["state"] == "pending":
            user["state"] = "confirmed"
        elif not event.get("ref") and user is None:
            return 404, {"why": "nobody by that name"}
        return 200, {"ok": True}

    def show(self, uid: str) -> tuple[int, dict[str, Any]]:
        user = self.users.get(uid)
        if user is None:
            return 404, {"why": "nobody by that name"}
        lead = {"eventName": user["what"], "status": user["state"], "clickId": user["ref"], "timestamp": None}
        sales = [
            {
                "invoiceId": sale["orderNo"],
                "eventName": sale.get("what"),
                "amount": sale["total"],
                "currency": sale["unit"],
                "clickId": user["ref"],
                "timestamp": None,
            }
            for sale in user["sales"]
        ]
        return 200, {
            "customerExternalId": uid,
            "clickId": user["ref"],
            "name": user["name"],
            "email": user["mail"],
            "avatar": None,
            "leads": [lead] if user["state"] else [],
            "sales": sales,
        }


def blank(ref: str | None) -> dict[str, Any]:
    return {"ref": ref, "name": None, "mail": None, "what": None, "state": "", "sales": []}
