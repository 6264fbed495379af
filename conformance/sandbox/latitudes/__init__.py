"""Lawful variations: one for each question on which the documents are silent or disagree.

They are the faults' counterpart. A suite that goes red on one of them asks for more than anybody promised.
"""

from __future__ import annotations

from conformance.sandbox.latitudes.answers import ANSWERS
from conformance.sandbox.latitudes.dub import DUBS
from conformance.sandbox.latitudes.latitude import Latitude
from conformance.sandbox.latitudes.records import RECORDS
from conformance.sandbox.latitudes.statuses import STATUSES

__all__ = ["LATITUDES", "Latitude", "latitudes_of"]

LATITUDES: tuple[Latitude, ...] = (*STATUSES, *ANSWERS, *RECORDS, *DUBS)


def latitudes_of(profile: str) -> tuple[Latitude, ...]:
    """The latitudes that the sandbox of this profile can take."""
    return tuple(latitude for latitude in LATITUDES if profile in latitude.profiles)
