"""What goes to a target and what comes back, before any judgement."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def _is_no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(parse_constant=_is_no_json)


class Fault(enum.StrEnum):
    """What went wrong below HTTP; the codes of the rules of judging."""

    NO_ANSWER = "no-answer"
    DEADLINE = "deadline"
    TRUNCATED = "truncated"
    RESET = "reset"
    TOO_LARGE = "too-large"
    NOT_HTTP = "not-http"


@dataclass(frozen=True)
class Request:
    """One request, complete; `step` says in a few words what it is for."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    step: str


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    `status` is 0 when no HTTP answer began; `fault` is set when the answer is missing or incomplete; `rate_limited`
    when the target answered 429 until patience ended; `step` is the owner's key of what was sent (`non_deferred`,
    `event_1`, `event_2`, `sale`, or a free text); `sent` and `arrived` are on the run's monotonic clock, in seconds;
    `request` is what was sent, so that it can be sent again byte for byte.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""
    fault: Fault | None = None
    detail: str = ""
    rate_limited: bool = False
    step: str = ""
    sent: float = 0.0
    arrived: float = 0.0
    request: Request | None = field(default=None, repr=False)

    @property
    def began(self) -> bool:
        """Whether at least a status line came."""
        return self.status > 0

    @property
    def taken(self) -> bool:
        """Whether the target seems to have taken what was sent: any 2xx, so that set-up does not judge."""
        return self.fault is None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None when it is none; NaN and Infinity are none, although Python reads them."""
        try:
            return _JSON.decode(self.body.decode(json.detect_encoding(self.body), "surrogatepass"))
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become replacement characters."""
        return self.body.decode("utf-8", "replace")

    def __str__(self) -> str:
        if self.fault is not None:
            return f"{self.fault}: {self.detail}" if self.detail else str(self.fault)
        if self.rate_limited:
            return "429 until patience ended"
        text = " ".join(self.text.split())
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        return f"{self.status} {shown}".rstrip()


_SHOWN = 160
