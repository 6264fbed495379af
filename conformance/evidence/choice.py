"""Which source of evidence a run uses: read-back where it is given, else the profile's own."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from conformance.errors import ContractError
from conformance.evidence.dub import DubCustomers, DubEvidence
from conformance.evidence.readback import ReadBack
from conformance.evidence.without import NoEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.contract import Profile
    from conformance.evidence.observation import Evidence
    from conformance.target.target import Target

GROUP = "trackproof.evidence"


def evidence_for(profile: Profile, target: Target) -> Evidence:
    """The evidence of a run: an explicit read-back wins over the profile's own; without either there is none.

    Other sources are classes registered under the entry point group `trackproof.evidence`; they are made with the
    target as their only argument. Raises ContractError when the profile names one that nobody registered.
    """
    if target.options.readback:
        return ReadBack(target, target.options.readback)
    if profile.evidence == "readback":
        return NoEvidence()
    return _source(profile)(target)


def evidence_of_each(profile: Profile, target: Target) -> Evidence:
    """The same for whoever reads many customers, when nothing is sent any more: each is asked for by itself.

    A feed of everything that happened would have to be read too deep.
    """
    if profile.evidence == "dub" and not target.options.readback:
        return DubCustomers(target)
    return evidence_for(profile, target)


def _source(profile: Profile) -> Callable[[Target], Evidence]:
    if profile.evidence == "dub":
        return DubEvidence
    found = entry_points(group=GROUP, name=profile.evidence)
    if not found:
        raise ContractError(
            f"profile {profile.name} names the evidence {profile.evidence!r}, which is not installed",
            f"Install the package that registers it under the entry point group {GROUP}.",
        )
    source: Callable[[Target], Evidence] = next(iter(found)).load()
    return source
