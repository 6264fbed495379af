"""Whether an answer names a customer of this run who has nothing to do with the request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.engine.journey import Journey
    from conformance.target.messages import Answer


_HINTS = "x-trackproof-"


def stranger_in(answer: Answer, journey: Journey) -> str | None:
    """The stem of a customer whom the answer names, though neither the request nor the journey does; None if nobody."""
    request = answer.request
    asked = f"{request.url} {request.body.decode('utf-8', 'replace')}" if request else ""
    known = {stem.lower() for stem in _stems(asked, journey)} | {journey.name.stem.lower()}
    shown = " ".join([answer.text, *header_values(answer)])
    return next((stem for stem in _stems(shown, journey) if stem.lower() not in known), None)


def header_values(answer: Answer) -> list[str]:
    """What the headers of an answer show, but for the hints of a sandbox: whoever sends to one is told of others."""
    return [value for name, value in answer.headers.items() if not name.lower().startswith(_HINTS)]


def _stems(text: str, journey: Journey) -> list[str]:
    return re.findall(rf"tp-{re.escape(journey.play.names.run)}-[a-z0-9]{{4}}", text, re.IGNORECASE)
