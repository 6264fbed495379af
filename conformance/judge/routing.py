"""Tells whose a recorded line is, mostly without reading it as JSON: a customer's calls have to come together."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from conformance.judge.lines import call_of, value_of

if TYPE_CHECKING:
    from conformance.judge.examiner import Examiner
    from conformance.judge.lines import Line


class Router:
    """Sorts lines by customer into so many bags."""

    def __init__(self, examiner: Examiner, sources: tuple[str, ...], bags: int) -> None:
        self._examiner = examiner
        self._sources = sources
        self._bags = bags
        self._name = b'"' + examiner.profile.fields["lead"]["customer"].encode() + b'":'
        self._trims = "ids-are-trimmed" in examiner.profile.traits

    def bag(self, source: int, index: int, line: Line) -> int:
        """The number of the bag that this line belongs to."""
        customer = self._found(line) if isinstance(line, bytes) else None
        return self.bag_of(self._parsed(source, index, line) if customer is None else customer)

    def bag_of(self, customer: bytes) -> int:
        """The number of the bag of this customer's calls."""
        return zlib.crc32(customer.strip() if self._trims else customer) % self._bags

    def _found(self, line: bytes) -> bytes | None:
        """The customer's id where it stands once and needs no reading, else None."""
        name = self._name
        at = line.find(name)
        if at < 0 or line.find(name, at + 1) >= 0:
            return None
        start = at + len(name)
        if line[start : start + 1] != b'"':
            start += 1
            if line[start : start + 1] != b'"':
                return None
        start += 1
        customer = line[start : line.find(b'"', start)]
        return None if b"\\" in customer or not customer else customer

    def _parsed(self, source: int, index: int, line: Line) -> bytes:
        raw, _ = value_of(line)
        if raw is None:
            return b""
        call = call_of(raw, self._sources[source], index)
        endpoint = self._examiner.endpoint(call)
        sent = None if endpoint is None else self._examiner.sent(call, endpoint)
        return b"" if sent is None else sent.customer.encode("utf-8", "surrogatepass")
