"""What became of calls that failed or were refused: sent again, unchanged or changed, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.findings import Severity

if TYPE_CHECKING:
    from conformance.findings import Finding
    from conformance.judge.journey import Setting
    from conformance.judge.sent import Sent

_SOON = 600.0
_LATER = 3600.0
_TOKEN_STATUSES = (401, 403)
_CONFLICT = 409
_OK = 200


@dataclass(slots=True)
class _Attempts:
    """An event and how often it was sent, byte for byte or at least field for field; `refused` each time so far."""

    first: Sent
    last: Sent
    refused: bool
    count: int = 1


class Retries:
    """The events of one customer, each with its attempts."""

    def __init__(self, setting: Setting) -> None:
        self._teller = setting.teller
        self._final = setting.final_statuses
        self._attempts: dict[str, _Attempts] = {}
        self._open: dict[tuple[str, ...], Sent] = {}
        self._refused: dict[tuple[str, ...], Sent] = {}
        self.leads: list[Sent] = []

    def is_known(self, sent: Sent) -> bool:
        """Whether an equal event was taken before."""
        return sent.key in self._attempts

    def is_new(self, sent: Sent) -> bool:
        """Whether no equal event was taken before that may have been recorded."""
        attempts = self._attempts.get(sent.key)
        return attempts is None or (attempts.refused and not sent.refused)

    def take(self, sent: Sent) -> list[Finding]:
        """What is to be said of this attempt."""
        if sent.redirected:
            return []
        attempts = self._attempts.get(sent.key)
        found: list[Finding] = []
        if attempts is None:
            self._attempts[sent.key] = _Attempts(sent, sent, sent.refused)
            if sent.operation == "lead":
                self.leads.append(sent)
            found = self._changed(sent)
        else:
            found = self._again(attempts, sent)
            attempts.last = sent
            attempts.refused = attempts.refused and sent.refused
            attempts.count += 1
        self._settle(sent)
        return found

    def came_again(self, sent: Sent, after: float) -> bool:
        """Whether an equal event was sent after this moment."""
        attempts = self._attempts.get(sent.key)
        return attempts is not None and attempts.last.time >= after and attempts.last is not sent

    def finish(self, end: float, *, final: bool) -> list[Finding]:
        """The failures after which nothing came, and the refusals that stayed."""
        found: list[Finding] = []
        for sent in self._open.values():
            attempts = self._attempts[sent.key]
            if attempts.count == 1:
                late = final or end - sent.time >= _SOON
                severity = None if late else Severity.NOTE
                found += self._teller.at("not-retried", sent, severity=severity, status=_status(sent))
        for sent in self._refused.values():
            late = final or end - sent.time >= _SOON
            severity = None if late else Severity.NOTE
            if sent.call.status in _TOKEN_STATUSES:
                if not sent.explained:
                    found += self._teller.at("token-refused", sent, severity=severity, status=sent.call.status)
            elif not sent.explained and sent.call.status != _CONFLICT:
                found += self._teller.at("event-refused", sent, severity=severity, status=_status(sent))
        return found

    def _again(self, attempts: _Attempts, sent: Sent) -> list[Finding]:
        before = attempts.last
        if not before.refused or before.call.status not in self._final or sent.time - before.time > _LATER:
            return []
        if before.call.status in _TOKEN_STATUSES:
            # With another token it is another try, and where tokens were not recorded nobody knows.
            token = before.call.header("authorization")
            if not token or token != sent.call.header("authorization"):
                return []
        return self._teller.at("retry-after-refusal", sent, before, status=before.call.status)

    def _changed(self, sent: Sent) -> list[Finding]:
        before = self._open.get(_errand(sent))
        if before is None or sent.time - before.time > _SOON:
            return []
        differing = [key for key in {**before.body, **sent.body} if before.body.get(key) != sent.body.get(key)]
        if sent.operation == "sale" and sent.names["invoice"] in differing:
            return []  # told as a conversion under a new invoice, or no retry at all
        if sent.operation == "sale" and sent.names["amount"] in differing:
            return []  # told as an invoice with another amount
        if not differing:
            return []
        return self._teller.at(
            "retry-changed", sent, before, status=_status(before), field=", ".join(sorted(differing))
        )

    def _settle(self, sent: Sent) -> None:
        errand = _errand(sent)
        if sent.failed:
            self._open[errand] = sent
            return
        self._open.pop(errand, None)
        for other in [key for key, each in self._open.items() if _is_same_charge(sent, each)]:
            del self._open[other]
        if sent.refused:
            self._refused[errand] = sent
        else:
            self._refused.pop(errand, None)
            # A lead that was mended may carry another name, a sale another invoice.
            for other in [key for key, each in self._refused.items() if _mends(sent, each)]:
                del self._refused[other]


def _errand(sent: Sent) -> tuple[str, ...]:
    """What two attempts at one and the same thing have in common."""
    if sent.operation == "sale":
        return ("sale", sent.invoice or "", sent.event)
    kind = "event 1" if sent.deferred else ("with click" if sent.click else "follow-up")
    return ("lead", kind, sent.event)


def _is_same_charge(sent: Sent, failed: Sent) -> bool:
    """Whether a sale is a failed one under a new invoice, which is told as that."""
    if sent.operation != "sale" or failed.operation != "sale":
        return False
    ignored = {sent.names["invoice"], sent.names.get("timestamp")}
    return all(sent.body.get(key) == failed.body.get(key) for key in {*sent.body, *failed.body} - ignored)


def _mends(sent: Sent, refused: Sent) -> bool:
    if sent.operation != refused.operation or sent.time < refused.time:
        return False
    if sent.operation == "sale":
        return not refused.invoice or refused.invoice == sent.invoice
    return not refused.event or refused.event == sent.event or sent.deferred == refused.deferred


def _status(sent: Sent) -> str:
    if sent.denied and sent.call.status == _OK:
        return "200 and a body that says failure"
    return "no answer" if sent.call.status == 0 else str(sent.call.status)
