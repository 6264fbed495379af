"""Judges an answer by what a requirement allows; pure, and without a word about transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.engine.matchers import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract import Answers, Profile
    from conformance.target.messages import Answer


def allowed(answers: Answers, profile: Profile) -> tuple[str, Callable[[Answer], Found]]:
    """What a requirement's data allows: the words for it, and the function that judges an answer by it."""
    accepted = answers.body == "accepted"
    expected = f"{answers} with a JSON object that does not say it failed" if accepted else str(answers)

    def judge(answer: Answer) -> Found:
        if not answers.allow_status(answer.status):
            return Found(holds=False, actual=str(answer))
        wrong = says_failure(answer, profile) if accepted else denies_itself(answer, profile)
        if wrong:
            return Found(holds=False, actual=f"{answer} ({wrong})")
        return Found(holds=True, actual=str(answer))

    return expected, judge


def says_failure(answer: Answer, profile: Profile) -> str | None:
    """Why a success answer's body is none: no JSON object, or a flag in it that says false; None when it is fine."""
    if not isinstance(answer.json, dict):
        return "the body is no JSON object"
    return denies_itself(answer, profile)


def denies_itself(answer: Answer, profile: Profile) -> str | None:
    """The flag with which a success answer says that it is none: that is no lawful way to refuse."""
    if not answer.taken or not isinstance(answer.json, dict):
        return None
    false = next((flag for flag in profile.success_flags if _is_false(answer.json.get(flag))), None)
    return f"{false} says false" if false else None


def _is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def at(answer: Answer, path: str) -> Any:
    """What stands at a dotted path of a JSON answer; None when it is not there."""
    return within(answer.json, path)


def within(value: Any, path: str) -> Any:
    """What stands at a dotted path of a JSON value; None when it is not there."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def has(answer: Answer, path: str) -> bool:
    """Whether the last name of a dotted path is there at all, with null or with more."""
    above, _, name = path.rpartition(".")
    parent = at(answer, above) if above else answer.json
    return isinstance(parent, dict) and name in parent


def media_type(answer: Answer) -> str:
    """The media type of an answer without its parameters, in lower case; empty when there is none."""
    value = next((value for name, value in answer.headers.items() if name.lower() == "content-type"), "")
    return value.partition(";")[0].strip().lower()


_MESSAGE_KEYS = (
    "message",
    "error",
    "errors",
    "detail",
    "details",
    "title",
    "reason",
    "description",
    "msg",
    "errorMessage",
)


def message_of(document: Any) -> str | None:
    """The message in an error document, wherever platforms put it.

    Under a key that says so any text is one; under another only text with a blank in it, which is more than a code.
    """
    if isinstance(document, dict):
        named = (_text_of(document[key]) or message_of(document[key]) for key in _MESSAGE_KEYS if key in document)
        sentences = (text for text in map(_text_of, document.values()) if text and " " in text)
        return next((found for found in named if found), None) or next(sentences, None)
    if isinstance(document, list):
        return next((found for entry in document if (found := _text_of(entry) or message_of(entry))), None)
    return None


def _text_of(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
