"""Refusals as Dub words them: a code that belongs to a status, a message, and where to read about it."""

from __future__ import annotations

from conformance.sandbox.answers import Answer, json_answer

STATUS = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "unprocessable_entity": 422,
    "rate_limit_exceeded": 429,
    "internal_server_error": 500,
}
_CODES = {status: code for code, status in STATUS.items()}
_METHOD_NOT_ALLOWED = 405
_SERVER_ERROR = 500
_DOCUMENTS = "https://dub.co/docs/api-reference/errors#"


class Refused(Exception):
    """A request is refused; `code` says how, the text why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def answer(self, *headers: tuple[bytes, bytes]) -> Answer:
        """The refusal as an answer."""
        return error(self.code, str(self), *headers)


def error(code: str, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    """An error answer; the page about a code has a hyphen for its first underscore only."""
    document = {"error": {"code": code, "message": message, "doc_url": _DOCUMENTS + code.replace("_", "-", 1)}}
    return json_answer(STATUS[code], document, *headers)


def refusal(status: int, message: str, *headers: tuple[bytes, bytes]) -> Answer:
    """An error answer by its status; one that no code belongs to becomes the nearest that has one.

    Only a method that is not allowed keeps its status, and says nothing, as the platform's own framework does.
    """
    if status == _METHOD_NOT_ALLOWED:
        return Answer(status, (*headers, (b"content-length", b"0")), b"")
    fallback = "internal_server_error" if status >= _SERVER_ERROR else "bad_request"
    return error(_CODES.get(status, fallback), message, *headers)
