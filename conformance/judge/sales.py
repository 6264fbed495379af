"""One customer's sales: which charge is which, and what each was worth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.findings import Severity
from conformance.judge.sent import number
from conformance.judge.values import distance

if TYPE_CHECKING:
    from conformance.findings import Finding
    from conformance.judge.journey import Setting
    from conformance.judge.sent import Sent

_AT_ONCE = 120.0
_SOON = 600.0
_HOUR = 3600.0
_KEPT = 50
_TIMES = 20
_LARGE = 1000
_PRICE_ENDINGS = frozenset({99, 95, 49, 50, 0, 90})


class Sales:
    """The sales of one customer in time order."""

    def __init__(self, setting: Setting) -> None:
        self._teller = setting.teller
        self._whole = not setting.teller.tells("amount-fraction")
        self.invoices: dict[str, Sent] = {}
        self._latest: list[Sent] = []
        self._without_invoice: dict[str, list[Sent]] = {}

    def repeated(self, sent: Sent) -> list[Finding]:
        """What is to be said of a sale that was sent before in the same words."""
        if sent.invoice:
            return []
        before = self._without_invoice.setdefault(sent.key, [])
        if not before:
            before.extend(each for each in self._latest if each.key == sent.key)
        found: list[Finding] = []
        last = before[-1] if before else None
        if last and not last.refused and sent.time - last.time <= _SOON:
            found = self._teller.at("sale-retried-without-invoice", sent, *before[-5:], count=len(before) + 1)
        before.append(sent)
        del before[:-_KEPT]
        return found

    def take(self, sent: Sent) -> list[Finding]:
        """What is to be said of a sale that was not sent before in these words."""
        found = self._of_invoice(sent) + self._of_new_invoice(sent) + self._of_unit(sent)
        if not sent.refused:
            self._latest.append(sent)
            del self._latest[:-_KEPT]
            if sent.invoice:
                self.invoices.setdefault(sent.invoice, sent)
        return found

    def _of_invoice(self, sent: Sent) -> list[Finding]:
        first = self.invoices.get(sent.invoice or "")
        if first is None:
            return []
        before, after = _worth(first), _worth(sent)
        if before is None or after is None or before == after:
            return []
        return self._teller.at(
            "invoice-amount-changed", sent, first, first=sent.invoice, before=_money(first), after=_money(sent)
        )

    def _of_new_invoice(self, sent: Sent) -> list[Finding]:
        if not sent.invoice or sent.invoice in self.invoices:
            return []
        for before in reversed(self._latest):
            if before.invoice and before.invoice != sent.invoice and _is_same_charge(before, sent):
                return self._teller.at(
                    "invoice-changed",
                    sent,
                    before,
                    severity=None if _is_certain(before, sent) else Severity.WARNING,
                    distance=distance(sent.time - before.time),
                    first=before.invoice,
                    second=sent.invoice,
                )
        return []

    def _of_unit(self, sent: Sent) -> list[Finding]:
        amount = number(sent.value("amount"))
        if amount is None or not self._whole or not sent.text("currency"):
            return []
        for before in self._latest:
            other = number(before.value("amount"))
            if other is None or before.text("currency") != sent.text("currency"):
                continue
            certainty = _mixed(amount, other)
            if certainty is not None:
                severity = None if certainty else Severity.NOTE
                return self._teller.at(
                    "amounts-mixed",
                    sent,
                    before,
                    severity=severity,
                    before=_plain(other),
                    after=_plain(amount),
                    currency=sent.text("currency"),
                )
        return []


def _is_same_charge(before: Sent, sent: Sent) -> bool:
    """Whether two sales under different invoices are one charge."""
    stamp = sent.names.get("timestamp", "")
    ignored = {sent.names["invoice"], stamp}
    if any(sent.body.get(key) != before.body.get(key) for key in {*sent.body, *before.body} - ignored):
        return False
    if _worth(sent) is None:
        return False
    stamped = sent.body.get(stamp)
    if stamped is not None and stamped == before.body.get(stamp):
        return True
    gap = sent.time - before.time
    if sent.stamped is not None and before.stamped is not None:
        gap = max(gap, abs(sent.stamped - before.stamped))
    if before.failed:
        return gap <= _SOON
    return gap <= (_HOUR if (sent.invoice or "").startswith(before.invoice or "\0") else _AT_ONCE)


def _is_certain(before: Sent, sent: Sent) -> bool:
    """Whether it cannot have been two purchases at once: a retry, one moment, or an invoice made out of the other."""
    if before.failed or (sent.invoice or "").startswith(before.invoice or "\0"):
        return True
    stamp = sent.names.get("timestamp", "")
    return sent.body.get(stamp) is not None and sent.body.get(stamp) == before.body.get(stamp)


def _mixed(one: Decimal, other: Decimal) -> bool | None:
    """Whether one amount counts cents and the other does not: True, perhaps (False), or None for no."""
    small, large = sorted((one, other))
    if small == small.to_integral_value() or large != large.to_integral_value():
        return None
    if large == small * 100:
        return True
    likely = large >= _LARGE and large >= small * _TIMES and int(large) % 100 in _PRICE_ENDINGS - {0}
    return False if likely else None


def _worth(sent: Sent) -> tuple[Decimal, str] | None:
    amount = number(sent.value("amount"))
    return None if amount is None else (amount.normalize(), (sent.text("currency") or "").upper())


def _money(sent: Sent) -> str:
    amount = number(sent.value("amount"))
    return f"{_plain(amount or Decimal(0))} {sent.text('currency') or ''}".strip()


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
