"""Drawn bodies made fit to be sent: with ids of the run's own namespace, and tidied to what no platform may refuse."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.generated.marks import RAW
from conformance.target.target import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.contract import Profile
    from conformance.engine.names import Name

_PLAIN = re.compile(r"[\w@.+-]{1,64}", re.ASCII)
_LONGEST_NAME = 60
_LONGEST_FLAVOUR = 24
_LARGEST_AMOUNT = 900_000
_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF")
_KNOWN_EVENTS = {"lead": "signup_started", "sale": "purchase_completed"}
# Of scripts with and without letter case, to the right and to the left, on and outside the basic plane.
_SCRIPTS = "éßøжЯΩ中文ひカ한अกعשლẞ𠮷𐐀🦄€№"
_SIGNS = "#?&%+<>=;:@$!'\"\\|~^`[]{}()"
_IDS = ("customer", "invoice")
_PLAINEST: dict[str, dict[str, Any]] = {
    "lead": {"click": "id_123", "customer": "user_42", "event": "signup_started"},
    "sale": {
        "click": "id_123",
        "customer": "user_42",
        "event": "purchase_completed",
        "invoice": "inv_987",
        "amount": 4999,
        "currency": "USD",
    },
}
_STAMP = re.compile(r"\d{4}-(\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, eq=False)
class Template:
    """A body as it was drawn: JSON in `value`, or `raw` bytes; ids in it stand for those of whoever sends it."""

    operation: str
    value: Any = None
    raw: bytes | None = None

    @cached_property
    def key(self) -> tuple[str, str]:
        """The same for the same template."""
        text = repr(self.raw) if self.raw is not None else json.dumps(self.value, sort_keys=True)
        return self.operation, text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def unmarked(operation: str, kind: str, value: Any) -> Template:
    """The template of a body that was marked on its way here."""
    return Template(operation, raw=base64.b64decode(value)) if kind == RAW else Template(operation, value)


def templates(profile: Profile, operation: str, drawn: list[tuple[str, Any]]) -> list[Template]:
    """Templates of what was drawn; what is valid comes in a tidied form too, and with each of its oddities alone."""
    made: dict[Template, None] = {}
    for kind, value in drawn:
        known = value if kind == RAW else _without_further_names(profile, operation, value)
        template = unmarked(operation, kind, known)
        made.setdefault(template)
        if template.raw is None and not profile.schemas.problems(operation, template.value):
            tidy = tidied(profile, operation, template.value)
            for further in (tidy, *oddities(profile, operation, template.value, tidy)):
                made.setdefault(Template(operation, further))
    return list(made)


def realised(template: Template, profile: Profile, name: Name, click: str) -> Any:
    """The body that is sent: a JSON value, or bytes.

    Texts that stand for an external id, an invoice, a click, an address or a picture are those of this customer.
    """
    if template.raw is not None:
        return template.raw
    if not isinstance(template.value, dict):
        return template.value
    body = dict(template.value)
    words = {wire: word for word, wire in profile.fields[template.operation].items()}
    for wire, value in body.items():
        if not isinstance(value, str) or is_blank(value):
            continue
        match words.get(wire):
            case "customer":
                body[wire] = _own(name.customer, value)
            case "invoice":
                body[wire] = _own(name.invoice(), value)
            case "click":
                body[wire] = click
            case "email" if "@" in value.strip("@") and " " not in value:
                body[wire] = name.email
            case "avatar":
                body[wire] = name.avatar
    return body


def is_blank(text: str) -> bool:
    """Nothing but what is white space in every language that a platform may be written in."""
    return not text.strip(" \t\r\n")


def wire(body: Any) -> bytes:
    """What goes over the wire for a realised body."""
    return body if isinstance(body, bytes) else encode(body)


def _own(own: str, drawn: str) -> str:
    """An id from the run's namespace that keeps what is odd about the drawn one."""
    return own if _PLAIN.fullmatch(drawn) else f"{own}{drawn}."


def _without_further_names(profile: Profile, operation: str, value: Any) -> Any:
    """Without fields that the contract knows and we have no word for: one could name somebody else's customer."""
    if not isinstance(value, dict):
        return value
    words = profile.fields[operation].values()
    strange = _properties(profile.schemas.documents[operation]) - set(words)
    return {key: entry for key, entry in value.items() if key not in strange}


def _properties(schema: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        properties = schema.get("properties")
        found |= set(properties) if isinstance(properties, dict) else set()
        for entry in schema.values():
            found |= _properties(entry)
    elif isinstance(schema, list):
        for entry in schema:
            found |= _properties(entry)
    return found


# --- tidied -----------------------------------------------------------------------------------------------------------


def tidied(profile: Profile, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A valid body within the bounds in which every platform has to accept it, as odd as it can be there."""
    words = {wire: word for word, wire in profile.fields[operation].items()}
    tidy: dict[str, Any] = {}
    for number, (wire_name, value) in enumerate(body.items()):
        if wire_name not in words:
            tidy[f"x-further-{number}"] = value
        elif value is None:
            tidy[wire_name] = None
        elif (kept := _tidy(words[wire_name], value, operation)) is not None:
            tidy[wire_name] = kept
    return tidy


def oddities(
    profile: Profile, operation: str, body: Mapping[str, Any], tidy: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The plainest event with one oddity of a body at a time: its nulls, its further fields, a strange text."""
    fields = profile.fields[operation]
    plain = {fields[word]: value for word, value in _PLAINEST[operation].items() if word in fields}
    mode = fields.get("mode", "")
    if tidy.get(mode) is not None:
        plain[mode] = tidy[mode]
    further = {name: value for name, value in tidy.items() if name not in fields.values()}
    nulls = {name: None for name, value in tidy.items() if value is None}
    odd = [{**plain, **more} for more in (further, nulls) if more]
    strange = next((text for text in _texts(body) if not text.isascii()), None)
    if strange is not None:
        texts = {"name": written(strange, _SCRIPTS), **dict.fromkeys(_IDS, written(strange, _SCRIPTS + _SIGNS))}
        texts = {word: text[:_LONGEST_FLAVOUR].strip() or "0" for word, text in texts.items()}
        odd += [{**plain, fields[word]: text} for word, text in texts.items() if word in fields]
    yield from odd


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for entry in [*value, *(value.values() if isinstance(value, dict) else ())]:
            yield from _texts(entry)


def _tidy(word: str, value: Any, operation: str) -> Any:  # noqa: PLR0911 - one for each kind
    match word:
        case "customer" | "invoice":
            if _PLAIN.fullmatch(value):
                return value
            return written(value, _SCRIPTS + _SIGNS)[:_LONGEST_FLAVOUR].strip() or "0"
        case "event":
            return written(value, "")[:_LONGEST_NAME].strip() or _KNOWN_EVENTS[operation]
        case "name":
            return written(value, _SCRIPTS)[:_LONGEST_NAME].strip() or None
        case "timestamp":
            return _STAMP.sub(r"2024-\1\2\3", value) if _STAMP.fullmatch(value) else None
        case "amount":
            return 1 + abs(int(min(max(value, -1e15), 1e15))) % _LARGEST_AMOUNT
        case "currency":
            return _CURRENCIES[sum(map(ord, value)) % len(_CURRENCIES)]
        case _:
            return value


def written(text: str, letters: str) -> str:
    """The text as people could have written it: what is no printable ASCII is one of these letters, or nothing."""
    characters = (
        character if " " <= character <= "~" else letters[ord(character) % len(letters)] if letters else ""
        for character in text
        if character != "/"
    )
    return " ".join("".join(characters).split())
