"""What may be broken in a run: the waivers of trackproof.toml, and with `--ratchet` the failures of an earlier run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.waiver_entries import in_force
from conformance.errors import UsageError
from conformance.results.files import read_results
from conformance.results.waivers import KnownFailures, Waivers, failures_of
from conformance.suites import all_scenarios

if TYPE_CHECKING:
    from conformance.cli.settings import Settings
    from conformance.contract import Profile


def allowed(settings: Settings, profile: Profile, *, elsewhere: bool = False) -> Waivers:
    """What is allowed to be broken; raises UsageError for a waiver or a results file that cannot be used.

    With `elsewhere` the run leaves the configured target for the sandbox, of which the waivers say nothing.
    """
    today = datetime.now(UTC).date()
    entries = in_force(settings.waivers, all_scenarios(), profile, today) if settings.waivers else ()
    return Waivers(() if elsewhere else entries, _known(settings, profile))


def _known(settings: Settings, profile: Profile) -> KnownFailures:
    name = settings["ratchet"]
    if not name:
        return KnownFailures("")
    results = read_results(Path(name))
    if results.profile.name != profile.name:
        raise UsageError(
            f"{name} is of the profile {results.profile.name}, and this run judges {profile.name}",
            "Give --ratchet the results of an earlier run with this profile.",
        )
    return failures_of(results, name)
