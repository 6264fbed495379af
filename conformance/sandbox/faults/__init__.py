"""The catalogue of planted faults: realistic defects, by which it is measured what the suites catch."""

from __future__ import annotations

import difflib

from conformance.errors import UsageError
from conformance.sandbox.faults.deferred import DEFERRED
from conformance.sandbox.faults.dub_deferred import DUB_DEFERRED
from conformance.sandbox.faults.dub_leads import DUB_LEADS
from conformance.sandbox.faults.dub_sales import DUB_SALES
from conformance.sandbox.faults.dub_webhooks import DUB_WEBHOOKS
from conformance.sandbox.faults.duplicates import DUPLICATES
from conformance.sandbox.faults.edges import EDGES
from conformance.sandbox.faults.fault import Fault
from conformance.sandbox.faults.fields import FIELDS
from conformance.sandbox.faults.hostile import HOSTILE
from conformance.sandbox.faults.limits import LIMITS
from conformance.sandbox.faults.mismatches import MISMATCHES
from conformance.sandbox.faults.non_deferred import NON_DEFERRED
from conformance.sandbox.faults.races import RACES
from conformance.sandbox.faults.repeats import REPEATS
from conformance.sandbox.faults.requests import REQUESTS
from conformance.sandbox.faults.resends import RESENDS
from conformance.sandbox.faults.retries import RETRIES
from conformance.sandbox.faults.sales import SALES
from conformance.sandbox.faults.texts import TEXTS
from conformance.sandbox.faults.tokens import TOKENS
from conformance.sandbox.faults.under_load import UNDER_LOAD

__all__ = ["FAULTS", "UNDER_LOAD", "Fault", "fault_named", "faults_of", "faults_under_load"]

FAULTS: tuple[Fault, ...] = (
    *(*NON_DEFERRED, *DEFERRED, *MISMATCHES, *RESENDS),
    *(*SALES, *DUPLICATES, *REPEATS, *RETRIES, *RACES),
    *(*FIELDS, *LIMITS, *TEXTS, *REQUESTS),
    *(*TOKENS, *EDGES, *HOSTILE),
    *(*DUB_LEADS, *DUB_DEFERRED, *DUB_SALES, *DUB_WEBHOOKS),
)


def faults_of(profile: str) -> tuple[Fault, ...]:
    """The faults of this profile's sandbox that the suites have to catch."""
    return tuple(fault for fault in FAULTS if profile in fault.profiles)


def faults_under_load(profile: str) -> tuple[Fault, ...]:
    """The faults of this profile's sandbox that only `trackproof load` can meet."""
    return tuple(fault for fault in UNDER_LOAD if profile in fault.profiles)


def fault_named(name: str, profile: str) -> Fault:
    """The fault of this name; raises UsageError when there is none for this profile."""
    known = {fault.name: fault for fault in (*faults_of(profile), *faults_under_load(profile))}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"the sandbox of the profile {profile} has no fault {name!r}",
            f"{hint}`trackproof sandbox --list-faults` lists them.",
        )
    return known[name]
