"""The same story told otherwise, in ways that must make no difference: other order, retries, other spelling of JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.generated.moves import Move, Story

if TYPE_CHECKING:
    from collections.abc import Mapping


def one_after_the_other(story: Story) -> Story:
    """Each customer's whole way, before the next one's; nothing at the same moment."""
    ordered = sorted(story, key=lambda move: move.who)
    return tuple(replace(move, at_once=False) for move in ordered)


def mixes_customers(story: Story) -> bool:
    """Whether customers have something in common, so that their order may matter."""
    owners: dict[int, set[int]] = {}
    for move in story:
        if move.act == "sale":
            owners.setdefault(move.invoice, set()).add(move.who)
    return any(len(who) > 1 for who in owners.values())


def retried(story: Story) -> Story:
    """Every step twice, byte for byte."""
    plain = (replace(move, at_once=False) for move in story)
    return tuple(told for move in plain for told in (move, Move("again", move.who)))


def reordered(body: Mapping[str, Any]) -> bytes:
    """The fields of a body from the last to the first."""
    return json.dumps(dict(reversed([*body.items()])), separators=(",", ":"), ensure_ascii=False).encode()


def respelt(body: Mapping[str, Any]) -> bytes:
    """The same JSON with white space wherever it may stand, and every letter of a text as an escape."""
    fields = (f"\r\n\t {_escaped(name)} :\n {_value(value)} " for name, value in body.items())
    return (" \n{" + ",".join(fields) + "\t}\r\n ").encode()


def _value(value: Any) -> str:
    return _escaped(value) if isinstance(value, str) else json.dumps(value)


def _escaped(text: str) -> str:
    units = text.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)) + '"'
