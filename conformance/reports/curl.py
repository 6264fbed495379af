"""A scenario's exchanges as a numbered POSIX shell script of curl calls, with `$TOKEN` in place of the secret.

Every byte of it is printable: what cannot be seen is written as an octal escape of printf.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reports.overview import duration
from conformance.reports.text import UNSEEN, UNSEEN_IN_LINES, one_line
from conformance.reports.transcript import Shown, body_bytes, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.results.model import RecordedRequest

_REDACTED = "Bearer [redacted]"
_CURLS_OWN = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent"}
)
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PLAIN = frozenset(range(0x20, 0x7F)) - {ord(sign) for sign in "\\%'"}


def script(sequence: Sequence[Shown], limit: int) -> str:
    """The whole sequence; calls that were in flight together are started together.

    A body longer than the limit is named and left out.
    """
    parts = []
    for group in side_by_side(sequence):
        together = len(group) > 1
        parts += [_step(each, limit, "" if not together else " &") for each in group]
        parts += ["wait"] * together
    if any("$TOKEN" in part for part in parts):
        parts.insert(0, ': "${TOKEN:?set TOKEN to the bearer token of the target}"')
    return "\n\n".join(parts)


def _step(each: Shown, limit: int, end: str) -> str:
    exchange = each.exchange
    repeated = f", {each.times} times" if each.times > 1 else ""
    heading = f"# {each.number}. {exchange.step}: {each.outcome} in {duration(exchange.seconds)}{repeated}"
    return "\n".join([one_line(heading), *_call(each.number, exchange.request, limit, end)])


def _call(number: int, request: RecordedRequest, limit: int, end: str) -> Iterator[str]:
    if not request.url.lower().startswith(("http://", "https://")):
        yield "# its address is none that curl can be given"
        return
    words = [f"curl -sS -i{_globs(request.url)}{_method(request)} {_word(request.url)}"]
    words += [f"-H {header}" for header in _headers(request)]
    feed = ""
    if request.body:
        if request.body_truncated or len(request.body) > limit:
            yield f"# results.json has the body ({len(request.body)} characters); save it as body-{number} first"
            words.append(f"--data-binary @body-{number}")
        elif request.body_base64 or request.body.startswith("@") or UNSEEN_IN_LINES.search(request.body):
            feed = f"printf '{_octal(body_bytes(request))}' | "
            words.append("--data-binary @-")
        else:
            words.append(f"--data-binary {_quoted(request.body)}")
    yield feed + " \\\n  ".join(words) + end


def _globs(url: str) -> str:
    literal = " -g" if any(sign in url for sign in "[]{}") else ""
    return literal + (" --path-as-is" if "/." in url else "")


def _method(request: RecordedRequest) -> str:
    match request.method, bool(request.body):
        case ("GET", False) | ("POST", True):
            return ""
        case "HEAD", _:
            return " --head"
        case method, _:
            return f" -X {_word(method)}"


def _headers(request: RecordedRequest) -> Iterator[str]:
    names = set()
    for name, value in request.headers.items():
        names.add(name.lower())
        if name.lower() in _CURLS_OWN or not _FIELD_NAME.fullmatch(name):
            continue
        if value.startswith(_REDACTED) and name.lower() == "authorization":
            yield '"Authorization: Bearer $TOKEN"'
        elif value:
            yield _word(f"{name}: {value}")
        else:
            yield _word(f"{name};")
    # Left to itself, curl would call every body a form.
    if request.body and "content-type" not in names:
        yield "'Content-Type:'"


def _word(text: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII) and not text.startswith("-"):
        return text
    return f"\"$(printf '{_octal(text.encode('utf-8', 'surrogatepass'))}')\"" if UNSEEN.search(text) else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _octal(data: bytes) -> str:
    escaped = "".join(chr(byte) if byte in _PLAIN else "%%" if byte == ord("%") else f"\\{byte:03o}" for byte in data)
    # A format that begins with a dash would be taken for an option.
    return f"\\055{escaped[1:]}" if escaped.startswith("-") else escaped
