"""The record of what was sent and answered, redacted and capped before it is kept."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from conformance.results import Exchange, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.target.messages import Answer, Request
    from conformance.target.redaction import Redactor

BODY_CAP = 4096
_HEADER_CAP = 1024
_HEADERS_CAP = 40


class Transcript:
    """The exchanges of one scenario, in the order in which they were sent."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._exchanges: list[Exchange] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was recorded so far, in the order of sending."""
        return tuple(sorted(self._exchanges, key=lambda exchange: exchange.started))

    def add(self, request: Request, answer: Answer) -> Exchange:
        """Records one exchange; bodies are redacted first and cut to 4 KiB afterwards."""
        body, as_base64, cut = self._body(request.body)
        sent = RecordedRequest(
            method=request.method,
            url=self._redactor.text(request.url),
            headers=self._headers(request.headers),
            body=body,
            body_base64=as_base64,
            body_truncated=cut,
        )
        exchange = Exchange(
            request=sent,
            response=self._response(answer) if answer.began else None,
            started=round(answer.sent, 6),
            seconds=round(answer.arrived - answer.sent, 6),
            step=request.step,
            fault=str(answer.fault) if answer.fault else None,
        )
        self._exchanges.append(exchange)
        return exchange

    def take_over(self, exchanges: Iterable[Exchange]) -> None:
        """Adds exchanges that another transcript has recorded."""
        self._exchanges.extend(exchanges)

    def _response(self, answer: Answer) -> RecordedResponse:
        body, as_base64, cut = self._body(answer.body)
        return RecordedResponse(
            status=answer.status,
            headers=self._headers(answer.headers),
            body=body,
            reason=self._redactor.text(answer.reason)[:_HEADER_CAP],
            body_base64=as_base64,
            body_truncated=cut,
        )

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = list(headers.items())[:_HEADERS_CAP]
        return {self._redactor.text(name): self._redactor.header(name, value)[:_HEADER_CAP] for name, value in kept}

    def _beginning(self, body: bytes) -> bytes:
        """More than is kept of a body, without secrets; the whole of a large one would take long to search."""
        window = 4 * BODY_CAP + self._redactor.longest
        clean = self._redactor.body(body[:window])
        # Half a secret at the end of the window would not have been found.
        return clean[: len(clean) - self._redactor.longest] if len(body) > window else clean

    def _body(self, body: bytes) -> tuple[str, bool, bool]:
        clean = self._beginning(body)
        cut = len(clean) > BODY_CAP
        clean = clean[:BODY_CAP]
        try:
            return clean.decode("utf-8"), False, cut
        except UnicodeDecodeError as error:
            # A cut in the middle of a character is ours, not the target's.
            if cut and error.start >= BODY_CAP - 3:
                return clean[: error.start].decode("utf-8"), False, cut
            return base64.b64encode(clean).decode("ascii"), True, cut
