"""Payloads of leads and sales, built from our words for fields with the names that a profile gives them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.contract import Profile


class Absent(enum.Enum):
    """The value of a field that is left out, which is something else than null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


def payload(profile: Profile, operation: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a lead or a sale; fields that are ABSENT, or that the profile does not know, are left out."""
    names = profile.fields[operation]
    return {names[field]: value for field, value in fields.items() if value is not ABSENT and field in names}


def left_out(profile: Profile, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a lead with what the profile wants sent in place of those that are ABSENT."""
    return {field: profile.left_out.get(field, ABSENT) if value is ABSENT else value for field, value in fields.items()}


def changed(profile: Profile, operation: str, body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A body with some fields (our words) replaced, or taken out where the new value is ABSENT."""
    result = dict(body)
    for field, value in changes.items():
        name = profile.fields[operation].get(field)
        if name is None:
            continue
        if value is ABSENT:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def lead_payload(profile: Profile, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a lead from our words for its fields; `mode` is our word too, or one that no platform knows."""
    mode = fields.get("mode", ABSENT)
    mode = profile.modes.get(mode, mode) if isinstance(mode, str) else mode
    return payload(profile, "lead", left_out(profile, {"click": ABSENT, **fields, "mode": mode}))


def sale_payload(profile: Profile, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a sale; amount 4999, currency USD unless told otherwise."""
    defaults = {"event": "purchase_completed", "amount": 4999, "currency": "USD"}
    return payload(profile, "sale", {**defaults, **fields})


def before_a_sale(profile: Profile) -> str | Absent:
    """The mode of a lead that a sale follows at once, where the platform has one for that."""
    return "wait" if "wait" in profile.modes else ABSENT
