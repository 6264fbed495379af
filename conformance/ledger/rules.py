"""The choices that the documents leave to a platform, read from a profile's `[rules]`."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ResentClick(enum.StrEnum):
    """What becomes of a follow-up that carries a click id although event 1 did."""

    REFUSE = "refuse"
    IGNORE = "ignore"
    CONFIRM = "confirm"


class RepeatedInvoice(enum.StrEnum):
    """What becomes of a sale whose invoice id is recorded already."""

    IGNORE = "ignore"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rules:
    """One platform's choices; in none of them is anything counted twice."""

    resent_click: ResentClick = ResentClick.REFUSE
    repeated_invoice: RepeatedInvoice = RepeatedInvoice.IGNORE

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Rules:
        """The rules that a profile chose; raises ContractError for a rule or a choice that does not exist."""
        choices = {"resent_click": ResentClick, "repeated_invoice": RepeatedInvoice}
        rules: dict[str, Any] = {}
        for name, value in chosen.items():
            if name not in choices:
                raise ContractError(f"there is no rule {name!r}", f"The rules are {', '.join(choices)}.")
            try:
                rules[name] = choices[name](value)
            except ValueError:
                raise ContractError(
                    f"the rule {name} cannot be {value!r}", f"Choose one of {', '.join(choices[name])}."
                ) from None
        return cls(**rules)
