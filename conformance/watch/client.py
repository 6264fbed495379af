"""What a test has in hand of a sandbox: a base URL of its own, what arrived there, and what the judge says of it."""

from __future__ import annotations

import json
import re
import secrets
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

Event = dict[str, Any]
_LONGEST_NAME = 80
_SPARE = 10.0
_SEVERITIES = ("error", "warning", "note")
# The machine's own proxy settings are for other hosts than this one.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class NotArrived(AssertionError):
    """No such event arrived in time; the text says what came nearest."""


class NotClean(AssertionError):
    """The judge found something in what was sent, or nothing was sent."""


class TrackingSandbox:
    """A sandbox of one test's own: a namespace that begins empty, on a platform that keeps its contract.

    `url` is the base URL to point your code at, `token` a bearer token that is let in, `short_link` a link that gives
    each visit a fresh click id in its Location.
    """

    def __init__(self, origin: str, name: str, token: str) -> None:
        self.name = name
        self.url = f"{origin}/ns/{quote(name, safe='')}"
        self.token = token
        self._own = f"{origin}/_/ns/{quote(name, safe='')}"

    def __repr__(self) -> str:
        return f"<TrackingSandbox {self.url}>"

    def __str__(self) -> str:
        return self.url

    @property
    def base_url(self) -> str:
        """The same as `url`."""
        return self.url

    @property
    def short_link(self) -> str:
        """A short link: each visit gives out a fresh click id."""
        return f"{self.url}/l/demo"

    def click(self) -> str:
        """A fresh click id, as a visitor of the short link would bring it."""
        request = urllib.request.Request(self.short_link, headers={"Accept": "*/*"})  # noqa: S310 - our own http URL
        try:
            _no_redirect.open(request, timeout=_SPARE)
        except urllib.error.HTTPError as redirect:
            with redirect:
                return str(redirect.headers["Location"]).rpartition("=")[2]
        raise NotArrived(f"{self.short_link} gave out no click id")

    def wait_for(self, timeout: float = 5.0, **fields: Any) -> Event:
        """The event with these fields, as soon as it has arrived; raises NotArrived after `timeout` seconds.

        Fields go by their names on the wire: `wait_for(customerExternalId="user_42", eventName="sign_up")`.
        """
        wanted = {name: _text(value) for name, value in fields.items()}
        query = urlencode({**wanted, "timeout": f"{timeout:g}"})
        status, answer = self._ask(f"wait?{query}", timeout=timeout)
        if status == 200:  # noqa: PLR2004 - HTTP's word for yes
            event: Event = answer["event"]
            return event
        raise NotArrived(_missed(wanted, timeout, answer))

    @property
    def events(self) -> list[Event]:
        """Every event that has arrived, in order: `operation`, `body`, `status`, `outcome` and more."""
        found: list[Event] = self._ask("events")[1]["events"]
        return found

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What the judge says of it: `id`, `severity`, `customer`, `message`, `remedy` and more."""
        found: list[dict[str, Any]] = self._ask("findings")[1]["findings"]
        return found

    def assert_clean(self, fail_on: Literal["error", "warning", "note"] = "warning") -> None:
        """Raises NotClean when the judge found something as bad as that or worse, or when nothing arrived at all."""
        answer = self._ask("findings")[1]
        worse = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1]
        found = [finding for finding in answer["findings"] if finding["severity"] in worse]
        if found:
            raise NotClean(_findings(found))
        if not answer["summary"]["calls"]:
            raise NotClean(f"Nothing was sent to {self.url}, so nothing could be judged.")

    def reset(self) -> None:
        """Forgets everything, so that the namespace is as it was at the beginning."""
        self._ask("", method="DELETE")

    def _ask(self, what: str, *, method: str = "GET", timeout: float = 0.0) -> tuple[int, Any]:
        address = f"{self._own}/{what}".rstrip("/")
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(address, method=method, headers=headers)  # noqa: S310 - our own http URL
        try:
            with _open(request, timeout=timeout + _SPARE) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code == 408:  # noqa: PLR2004 - HTTP's word for too late
                    return 408, json.loads(refusal.read())
                raise


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follows no redirect."""


_no_redirect = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


def namespace_for(test: str) -> str:
    """A name for the namespace of one test, as no other test, process or run has."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-.")[-_LONGEST_NAME:]
    return f"{plain or 'test'}-{secrets.token_hex(4)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _missed(wanted: Mapping[str, str], timeout: float, answer: Mapping[str, Any]) -> str:
    asked = ", ".join(f"{name}={value!r}" for name, value in wanted.items()) or "any event"
    lines = [f"No event with {asked} arrived within {timeout:g} s."]
    nearest = answer["nearest"]
    if nearest is None:
        return f"{lines[0]} Nothing has arrived at all."
    lines.append(f"The nearest was a {nearest['operation']}, answered {nearest['status']}: {nearest['sentence']}")
    lines += [f"  {miss['field']}: expected {miss['expected']!r}, was {miss['actual']!r}" for miss in answer["differs"]]
    lines.append(f"  its body: {json.dumps(nearest['body'], ensure_ascii=False)}")
    return "\n".join(lines)


def _findings(found: list[dict[str, Any]]) -> str:
    count = f"{len(found)} finding" + "s" * (len(found) > 1)
    lines = [f"{count} in what was sent to the tracking platform:"]
    for finding in found:
        whose = f" (customer {finding['customer']!r})" if finding["customer"] else ""
        lines += ["", f"{finding['severity']} {finding['id']}{whose}", f"  {finding['message']}"]
        if finding["remedy"]:
            lines.append(f"  Remedy: {finding['remedy']}")
    return "\n".join(lines)
