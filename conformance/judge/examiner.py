"""Takes calls one by one, tells what each says by itself, and hands events on to their customers' journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.judge.endpoints import Endpoint, Endpoints
from conformance.judge.fields import Fields
from conformance.judge.journey import Journey, Setting
from conformance.judge.sent import Reader, Sent, read_body
from conformance.judge.teller import Teller
from conformance.judge.wire import Wire
from conformance.ledger import Rules
from conformance.ledger.rules import ResentClick

if TYPE_CHECKING:
    from conformance.contract import Profile
    from conformance.findings import Finding
    from conformance.judge.calls import Call

# What a client must not repeat; 404 is a moment's answer where a lead may be invisible to a sale for a while.
_FINAL = frozenset({400, 401, 403, 409, 422})


class Examiner:
    """The checks under one profile; it remembers nothing of any call."""

    def __init__(self, profile: Profile, *, whole: bool = False, foreign: tuple[str, ...] = ()) -> None:
        self.profile = profile
        self.teller = Teller(profile)
        self.foreign = foreign
        self.endpoints = Endpoints(profile, foreign)
        self.reader = Reader(profile)
        self.wire = Wire(profile, self.teller)
        self.fields = Fields(profile, self.teller)
        rules = Rules.of(profile.rules)
        lags = "wait-mode" in profile.traits
        self.setting = Setting(
            teller=self.teller,
            rules=rules,
            whole=whole,
            # Where packages name the default mode in every lead and event 2 has event 1's name, neither tells anything.
            same_name_follows=rules.resent_click is ResentClick.ACCEPT,
            final_statuses=_FINAL if lags else _FINAL | {404},
        )
        self._names = frozenset(name for fields in profile.fields.values() for name in fields.values())
        self._names |= {"customer_external_id", "event_name", "click_id", "invoice_id"}

    def endpoint(self, call: Call) -> Endpoint | None:
        """What the call's URL is, None when the call is nobody's event."""
        endpoint = self.endpoints.endpoint(call.url)
        if not (endpoint.operation or endpoint.right) or not self.wire.is_request(call):
            return None
        return endpoint

    def sent(self, call: Call, endpoint: Endpoint) -> Sent | None:
        """The event that the call carries; None when it is no tracking call after all."""
        if endpoint.operation:
            return self.reader.sent(call, endpoint, endpoint.operation)
        body, _ = read_body(call)
        if call.method.upper() in ("GET", "DELETE") or not (endpoint.known or self._names & set(body)):
            return None
        operation = "sale" if "sale" in endpoint.right else "lead"
        return self.reader.sent(call, endpoint, operation)

    def mistyped(self, sent: Sent) -> list[Finding]:
        """The finding of a call that went to a path that only looks right."""
        endpoint = sent.endpoint
        method = sent.call.method.upper()
        return self.teller.at("path-mistyped", sent, method=method, path=endpoint.path, right=endpoint.right)

    def journey(self) -> Journey:
        """A journey of which nothing is known yet."""
        return Journey(self.setting)

    def take(self, sent: Sent, journey: Journey | None, *, carries_tokens: bool) -> list[Finding]:
        """What is to be said of an event now; the journey is None when the event names no customer."""
        if sent.endpoint.right:
            return self.mistyped(sent)
        if found := self.wire.wrong_method(sent):
            return found
        found = self.wire.findings(sent, carries_tokens=carries_tokens)
        if journey is None:
            return found + self.fields.findings(sent)
        if not journey.is_known(sent):
            found += self.fields.findings(sent)
        if sent.shape == "form":
            return found
        return found + journey.take(sent)
