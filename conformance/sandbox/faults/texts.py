"""Defects with what should be taken as it is: texts, ids, times, fields that are null or unknown."""

from __future__ import annotations

import html
import re

from conformance.sandbox.faults.fault import BOTH, CUTMESHORT, Fault
from conformance.sandbox.faults.wire import Sent, instead, refusal, text_becomes

_OFFSET = re.compile(r"[+-]\d\d:\d\d$")
_EVENT_FIELDS = {"clickId", "customerExternalId", "eventName", "timestamp", "customerName", "customerEmail"}
_LEAD_FIELDS = {"mode", "customerAvatar", "eventQuantity", "metadata", "externalId", "customerId"}
_SALE_FIELDS = {"amount", "currency", "invoiceId", "paymentProcessor", "leadEventName"}
# What the harness adds to make a body large or deep is judged by other requirements.
_KNOWN = _EVENT_FIELDS | _LEAD_FIELDS | _SALE_FIELDS | {"note", "deep"}
_BASIC = 0x10000
_LONG_FOR_SOME = 64


def _has_unknown_field(sent: Sent) -> bool:
    return sent.posted and not set(sent.body) <= _KNOWN


def _has_milliseconds(sent: Sent) -> bool:
    return "." in str(sent.body.get("timestamp"))


def _has_null_address(sent: Sent) -> bool:
    return sent.is_plain_lead and "customerEmail" in sent.body and sent.body["customerEmail"] is None


def _beyond_ascii(sent: Sent) -> bool:
    name = sent.body.get("customerName")
    return isinstance(name, str) and not name.isascii()


def _has_offset(sent: Sent) -> bool:
    return _OFFSET.search(str(sent.body.get("timestamp"))) is not None


def _as_local(moment: str) -> str:
    return moment[:-1] + "-05:00" if moment.endswith("Z") else moment


TEXTS: tuple[Fault, ...] = (
    Fault(
        "null-refused",
        "An e-mail address that is null is refused.",
        BOTH,
        "validation.null-optionals-accepted",
        instead(_has_null_address, refusal(422, "customerEmail must be text")),
    ),
    Fault(
        "unknown-fields-refused",
        "Fields that are not in the contract are refused.",
        BOTH,
        "validation.unknown-fields-ignored",
        instead(_has_unknown_field, refusal(400, "unknown field")),
    ),
    Fault(
        "milliseconds-refused",
        "A timestamp with a fraction of a second is refused.",
        CUTMESHORT,
        "validation.timestamps-accepted",
        instead(_has_milliseconds, refusal(422, "timestamp is invalid")),
    ),
    Fault(
        "offset-ignored",
        "The offset of a timestamp is cut off, and the rest taken as UTC.",
        CUTMESHORT,
        "validation.timestamp-same-instant",
        text_becomes("timestamp", lambda moment: _OFFSET.sub("Z", moment)),
    ),
    Fault(
        "offset-refused",
        "A timestamp that does not end in Z is refused.",
        CUTMESHORT,
        "validation.timestamps-accepted",
        instead(_has_offset, refusal(422, "timestamp is invalid")),
    ),
    Fault(
        "utc-taken-for-local-time",
        "The Z of a timestamp is cut off, and the rest taken for the time at which the server stands.",
        CUTMESHORT,
        "validation.timestamp-same-instant",
        text_becomes("timestamp", _as_local),
    ),
    Fault(
        "names-beyond-ascii-refused",
        "A customer's name with characters beyond ASCII is refused.",
        BOTH,
        "validation.any-script-accepted",
        instead(_beyond_ascii, refusal(422, "customerName has characters that are not allowed")),
    ),
    Fault(
        "emoji-become-question-marks",
        "Characters of four bytes in a customer's name become question marks.",
        BOTH,
        "validation.any-script-unchanged",
        text_becomes("customerName", lambda name: "".join("?" if ord(sign) >= _BASIC else sign for sign in name)),
    ),
    Fault(
        "ids-with-brackets-refused",
        "Ids with brackets or quotes are refused, lest they be markup.",
        BOTH,
        "validation.ids-accepted",
        instead(lambda sent: any(sign in sent.customer for sign in '[]{}<>"'), refusal(400, "invalid id")),
    ),
    Fault(
        "ids-escaped",
        "Ids and names are stored as they would stand in a web page.",
        BOTH,
        "validation.ids-unchanged",
        text_becomes("customerExternalId", html.escape) | text_becomes("customerName", html.escape),
        also=("validation.any-script-unchanged",),
    ),
    Fault(
        "ids-lose-backslashes",
        "Backslashes in an id are taken for signs that escape, and dropped.",
        BOTH,
        "validation.ids-unchanged",
        text_becomes("customerExternalId", lambda own: own.replace("\\", "")),
    ),
    Fault(
        "ids-beyond-ascii-refused",
        "An id with characters beyond ASCII is refused.",
        BOTH,
        "validation.ids-accepted",
        instead(lambda sent: not sent.customer.isascii(), refusal(400, "invalid id")),
    ),
    Fault(
        "ids-of-more-than-64-refused",
        "An id of more than 64 characters is refused.",
        BOTH,
        "validation.ids-accepted",
        instead(lambda sent: len(sent.customer) > _LONG_FOR_SOME, refusal(400, "invalid id")),
    ),
    Fault(
        "ids-cut-at-200",
        "Ids are cut off after 200 characters.",
        CUTMESHORT,
        "validation.ids-unchanged",
        text_becomes("customerExternalId", lambda own: own[:200]),
        also=("mismatched-external-id.*",),
    ),
    Fault(
        "ids-with-slash-refused",
        "An id with a slash is refused.",
        CUTMESHORT,
        "validation.ids-with-slash",
        instead(lambda sent: "a/b" in sent.customer, refusal(400, "invalid id")),
    ),
    Fault(
        "plus-becomes-blank",
        "A plus sign in an id becomes a blank.",
        BOTH,
        "validation.ids-unchanged",
        text_becomes("customerExternalId", lambda own: own.replace("+", " ")),
        also=("mismatched-external-id.*", "non-deferred.customer-readable"),
    ),
    Fault(
        "blanks-collapsed",
        "Several blanks in a row become one, in names and in ids.",
        BOTH,
        "validation.any-script-unchanged",
        text_becomes("customerName", lambda name: re.sub(" +", " ", name))
        | text_becomes("customerExternalId", lambda own: re.sub(" +", " ", own)),
        also=("validation.ids-unchanged", "mismatched-external-id.*"),
    ),
)
