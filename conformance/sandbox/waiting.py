"""Waits for an event with given fields, so that a test need not sleep; on time-out it names the nearest miss."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.sandbox.store import Arrival, Namespace

_EXACT_DIGITS = 16
_LARGEST_EXPONENT = 300


@dataclass(frozen=True, slots=True)
class NearestMiss:
    """The event that agrees in most fields, the latest of several, and the fields in which it differs."""

    arrival: Arrival | None
    differs: tuple[dict[str, Any], ...]


async def wait_for(namespace: Namespace, wanted: Mapping[str, str], timeout: float) -> Arrival | NearestMiss:  # noqa: ASYNC109 - the answer of a time-out is ours
    """The latest event with these fields if it has come already, else the next one; a near miss after the time-out."""
    for arrival in reversed(namespace.arrivals):
        if not differences(arrival, wanted):
            return arrival
    found: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()

    def listen(arrival: Arrival) -> None:
        if not found.done() and not differences(arrival, wanted):
            found.set_result(arrival)

    namespace.listeners.add(listen)
    try:
        return await asyncio.wait_for(found, timeout)
    except TimeoutError:
        return nearest_miss(namespace, wanted)
    finally:
        namespace.listeners.discard(listen)


def nearest_miss(namespace: Namespace, wanted: Mapping[str, str]) -> NearestMiss:
    """The remembered event that differs least from what is wanted."""
    nearest = min(reversed(namespace.arrivals), key=lambda arrival: len(differences(arrival, wanted)), default=None)
    return NearestMiss(nearest, () if nearest is None else differences(nearest, wanted))


def differences(arrival: Arrival, wanted: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """The fields in which an event is not what is wanted."""
    return tuple(
        {"field": name, "expected": value, "actual": plain(arrival.body.get(name))}
        for name, value in wanted.items()
        if name not in arrival.body or not _same(arrival.body[name], value)
    )


def shown(arrival: Arrival) -> dict[str, Any]:
    """An event as a test is shown it."""
    return {
        "operation": arrival.operation,
        "body": plain(arrival.body),
        "received": arrival.received,
        "status": arrival.status,
        "outcome": arrival.outcome,
        "sentence": arrival.sentence,
    }


def plain(value: Any) -> Any:
    """A JSON value without Decimals."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, Decimal):
        return _number(value)
    return value


def _number(value: Decimal) -> int | float | str:
    if value.adjusted() > _LARGEST_EXPONENT:
        return str(value)
    return int(value) if value.adjusted() < _EXACT_DIGITS and value == value.to_integral_value() else float(value)


def _same(actual: Any, wanted: str) -> bool:
    if isinstance(actual, str):
        return actual == wanted
    if actual is None or isinstance(actual, bool):
        return {None: "null", True: "true", False: "false"}[actual] == wanted
    if isinstance(actual, int | Decimal):
        try:
            return Decimal(wanted) == actual
        except ArithmeticError:
            return False
    return False
