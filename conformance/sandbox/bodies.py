"""Reads the body of a request: never more than the limit is kept, and JSON is taken by the letter."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive

LARGEST_BODY = 256 * 1024
# So much is read and thrown away, so that a client that sends before it reads still gets its answer.
_DRAINED = 4 * 1024 * 1024


class TooLarge(Exception):
    """The body is larger than the limit."""


class HungUp(Exception):
    """The client left before the body was complete."""


class NoJson(Exception):
    """The body is no JSON object; the text says why."""


async def read_body(receive: Receive, announced: bytes | None, *, waits: bool) -> bytes:
    """The whole body.

    `announced` is the Content-Length; `waits` says that the client sends nothing before it is told to go on.
    Raises TooLarge or HungUp.
    """
    if waits and announced is not None and announced.isdigit() and int(announced) > LARGEST_BODY:
        raise TooLarge
    message = await receive()
    if message["type"] == "http.disconnect":
        raise HungUp
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > LARGEST_BODY:
            raise TooLarge
        return body
    return await _read_rest(receive, [body])


async def _read_rest(receive: Receive, chunks: list[bytes]) -> bytes:
    size = len(chunks[0])
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        elif size > _DRAINED or not message.get("more_body", False):
            raise TooLarge
        if not message.get("more_body", False):
            return b"".join(chunks)


def parse_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body, numbers with a fraction as Decimal; raises NoJson."""
    document = parse_json(body)
    if not isinstance(document, dict):
        raise NoJson("The body must be a JSON object.")
    return document


def parse_json(body: bytes) -> Any:
    """The JSON value in a body, numbers with a fraction as Decimal; raises NoJson."""
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise NoJson("The body is not UTF-8.") from None
    except RecursionError:
        raise NoJson("The body is nested too deeply.") from None
    except (ValueError, ArithmeticError):
        raise NoJson("The body is not JSON.") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
