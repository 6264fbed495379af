"""What the contract says of a body: who has to accept it, who has to refuse it, and by which requirement.

Judged by the profile's own schemas, whatever a generator meant a body to be; where no document says anything, either
answer is fine.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.generated.templates import is_blank

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract import Profile

FREE_VALID = "resilience.hostile-text"
FREE_INVALID = "validation.bad-format-no-server-error"

_EVENT = re.compile(r"[!-~]([ -~]{0,98}[!-~])?")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")
_STAMP = re.compile(r"202[0-5]-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)")
_LONGEST_NAME = 100
_LONGEST_ID = 100
_LARGEST_AMOUNT = 1_000_000


@dataclass(frozen=True)
class Meaning:
    """`accept` is the requirement that has it accepted, `refuse` are those that have it refused; else it is free.

    `problems` is how many ways there are in which it breaks the schema.
    """

    accept: str | None = None
    refuse: frozenset[str] = field(default_factory=frozenset)
    problems: int = 0

    @property
    def free(self) -> str:
        """The requirement that any answer but a server error fulfils."""
        return FREE_INVALID if self.problems else FREE_VALID


def meaning(profile: Profile, operation: str, body: Any) -> Meaning:
    """What the contract says of a body that is sent as it is: a JSON value, or bytes."""
    if isinstance(body, bytes):
        text = body.decode("utf-8", "replace")
        try:
            body = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return Meaning(refuse=_promised(profile, {"validation.malformed-json"}), problems=1)
        if "\ufffd" in text:
            return Meaning(problems=1)
    if not isinstance(body, dict):
        return Meaning(refuse=_promised(profile, {"validation.not-an-object"}), problems=1)
    problems = profile.schemas.problems(operation, body)
    if not problems:
        return Meaning(accept=_accepting(profile, operation, body))
    words = {wire: word for word, wire in profile.fields[operation].items()}
    found: set[str] = set()
    for problem in problems:
        place = problem.path.removeprefix("/").replace("~1", "/").replace("~0", "~")
        word = words.get(place)
        refusing = _REFUSING[operation].get(word or "")
        if refusing is not None:
            requirement = refusing(profile, problem.keyword, body.get(place, ...))
            found |= {requirement} if requirement else set()
    return Meaning(refuse=_promised(profile, found), problems=len(problems))


def _promised(profile: Profile, found: set[str]) -> frozenset[str]:
    return frozenset(requirement for requirement in found if profile.promises(requirement))


def _no_constant(name: str) -> None:
    raise ValueError(name)


# --- refused: each function says by which requirement, given the schema's keyword and the value (`...` is missing) ----


def _customer(operation: str) -> Callable[[Profile, str, Any], str | None]:
    def refusing(_: Profile, __: str, value: Any) -> str | None:
        missing = not isinstance(value, str) or is_blank(value)
        return f"validation.{operation}-without-customer" if missing else None

    return refusing


def _lead_event(_: Profile, keyword: str, value: Any) -> str | None:
    if isinstance(value, str) and not is_blank(value):
        return "validation.event-name-length" if keyword == "maxLength" else None
    if value is ... or value is None or isinstance(value, str):
        return "validation.lead-without-event-name"
    return "validation.lead-event-name-not-text"


def _mode(profile: Profile, _: str, value: Any) -> str | None:
    known = [*profile.modes.values(), None]
    is_known = any(type(value) is type(mode) and value == mode for mode in known)
    return None if is_known or value is ... else "validation.lead-mode-unknown"


def _email(_: Profile, keyword: str, value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return {"format": "validation.bad-email", "maxLength": "validation.detail-length"}.get(keyword)


def _name(_: Profile, keyword: str, value: Any) -> str | None:
    return "validation.detail-length" if keyword == "maxLength" and isinstance(value, str) else None


def _timestamp(_: Profile, keyword: str, value: Any) -> str | None:
    told = keyword == "format" and isinstance(value, str) and value.strip()
    return "validation.bad-timestamp" if told else None


def _quantity(_: Profile, __: str, value: Any) -> str | None:
    return "validation.event-quantity" if _is_number(value) else None


def _metadata(_: Profile, __: str, value: Any) -> str | None:
    return None if value is ... or isinstance(value, dict) else "validation.metadata-not-an-object"


def _sale_event(_: Profile, keyword: str, value: Any) -> str | None:
    if value is ... and keyword == "required":
        return "validation.sale-without-event-name"
    return "validation.sale-null-refused" if value is None else None


def _amount(_: Profile, keyword: str, value: Any) -> str | None:
    if value is ... or value is None:
        return "validation.sale-without-amount"
    if isinstance(value, str):
        return "validation.sale-amount-as-text"
    if not _is_number(value):
        return None
    return {"minimum": "validation.sale-negative-amount", "type": "validation.sale-amount-not-whole"}.get(keyword)


def _invoice(_: Profile, __: str, value: Any) -> str | None:
    if value is ... or value is None:
        return "validation.sale-without-invoice"
    return "validation.sale-empty-invoice" if value == "" else None


def _currency(profile: Profile, _: str, value: Any) -> str | None:
    if value is None and profile.promises("validation.sale-null-refused"):
        return "validation.sale-null-refused"
    if value is ... or value is None:
        return "validation.sale-without-currency"
    # Three letters of another alphabet are three letters, and of other types no page speaks.
    letters = isinstance(value, str) and len(value) == 3 and value.isalpha()  # noqa: PLR2004 - as the codes have
    told = (isinstance(value, str) and not letters) or _is_number(value)
    return "validation.sale-currency-not-three-letters" if told else None


def _processor(_: Profile, __: str, value: Any) -> str | None:
    if value is None:
        return "validation.sale-null-refused"
    return "validation.sale-processor-unknown" if isinstance(value, str) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_DETAILS: dict[str, Callable[[Profile, str, Any], str | None]] = {
    "email": _email,
    "name": _name,
    "timestamp": _timestamp,
    "metadata": _metadata,
}
_REFUSING: dict[str, dict[str, Callable[[Profile, str, Any], str | None]]] = {
    "lead": {
        **_DETAILS,
        "customer": _customer("lead"),
        "event": _lead_event,
        "mode": _mode,
        "quantity": _quantity,
    },
    "sale": {
        **_DETAILS,
        "customer": _customer("sale"),
        "event": _sale_event,
        "amount": _amount,
        "invoice": _invoice,
        "currency": _currency,
        "processor": _processor,
    },
}


# --- accepted: within bounds in which no document leaves a platform a reason to refuse --------------------------------


def _accepting(profile: Profile, operation: str, body: dict[str, Any]) -> str | None:
    words = {wire: word for word, wire in profile.fields[operation].items()}
    ours = {words[wire]: value for wire, value in body.items() if wire in words}
    further = [wire for wire in body if wire not in words]
    if not all(_FIELD.fullmatch(wire) for wire in further) or len(json.dumps(body)) > _LARGEST_BODY:
        return None
    if not all(_is_plain(word, value) for word, value in ours.items()):
        return None
    plain = _plain_lead(profile, ours) if operation == "lead" else _plain_sale(ours)
    if plain is None:
        return None
    if further:
        requirement = "validation.unknown-fields-ignored"
    elif None in ours.values():
        requirement = "validation.null-optionals-accepted"
    elif not all(_is_simple_id(ours[word]) for word in ("customer", "invoice") if word in ours):
        requirement = "validation.ids-accepted"
    elif not str(ours.get("name", "")).isascii():
        requirement = "validation.any-script-accepted"
    elif "timestamp" in ours:
        requirement = "validation.timestamps-accepted"
    else:
        requirement = plain
    return requirement if profile.promises(requirement) else None


_LARGEST_BODY = 4000


def _plain_lead(profile: Profile, ours: dict[str, Any]) -> str | None:
    mode = ours.get("mode")
    if not ours.get("click"):
        return None
    if "mode" in ours and mode is None and "mode-null-refused" in profile.traits:
        return None
    if mode == profile.modes["deferred"]:
        return "deferred.event-1-accepted"
    return "non-deferred.accepted" if mode is None else None


def _plain_sale(ours: dict[str, Any]) -> str | None:
    # A repeat cannot be told from another sale without an invoice; what it must be is another suite's business.
    return "sale.accepted" if ours.get("click") and ours.get("invoice") and ours.get("event") else None


def _is_plain(word: str, value: Any) -> bool:  # noqa: C901, PLR0911 - one for each kind
    if value is None:
        return word in ("timestamp", "name", "email", "avatar", "mode", "quantity", "metadata")
    match word:
        case "event":
            return _EVENT.fullmatch(value) is not None
        case "customer" | "invoice":
            return len(value) <= _LONGEST_ID and _is_written(value) and "/" not in value
        case "name":
            return 0 < len(value) <= _LONGEST_NAME and _is_written(value)
        case "timestamp":
            return _STAMP.fullmatch(value) is not None
        case "amount":
            return isinstance(value, int) and 0 < value < _LARGEST_AMOUNT
        case "currency":
            return value in ("USD", "EUR", "GBP", "JPY", "CHF")
        case "click":
            return value == "" or _is_simple_id(value)
        case "lead_event" | "metadata":
            return False
        case "processor":
            return value in ("stripe", "custom")
        case _:
            return True


def _is_written(text: str) -> bool:
    """Letters, digits, signs and single blanks, the same in every form of Unicode that platforms keep."""
    sane = all(unicodedata.category(character)[0] in "LNPS" or character == " " for character in text)
    return sane and text == " ".join(text.split()) and unicodedata.is_normalized("NFC", text)


def _is_simple_id(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._-]+", value) is not None
