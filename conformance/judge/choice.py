"""Chooses the profile under which a recording is judged: the one that is named, else the one whose hosts it has."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from conformance.contract import load_profile, shipped_profiles
from conformance.judge.endpoints import Endpoints
from conformance.judge.examiner import Examiner
from conformance.judge.lines import value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.contract import Profile
    from conformance.judge.lines import Item

_LOOKED_AT = 5_000
DEFAULT_PROFILE = "cutmeshort"


def chosen_examiner(profile: str | None, items: Iterable[Item]) -> Examiner:
    """The checks under the profile that is named, else under the one whose known hosts most of the first calls have."""
    votes = _votes(items)
    contract = load_profile(profile or _favourite(votes))
    # Whoever names a profile means its calls wherever they went, unless some went to its own hosts.
    return Examiner(contract, foreign=() if profile and not votes[contract.name] else _foreign(contract))


def _votes(items: Iterable[Item]) -> Counter[str]:
    """How many of the first calls went to the known hosts of each shipped profile."""
    endpoints = {name: Endpoints(load_profile(name)) for name in shipped_profiles()}
    votes: Counter[str] = Counter()
    for _, _, line in islice(items, _LOOKED_AT):
        raw, _ = value_of(line)
        if raw is None:
            continue
        for name, known in endpoints.items():
            endpoint = known.endpoint(raw["url"])
            votes[name] += endpoint.known and bool(endpoint.operation or endpoint.right)
    return votes


def _favourite(votes: Counter[str]) -> str:
    """The profile of most votes, else the default one."""
    best = max(votes, key=lambda name: (votes[name], name == DEFAULT_PROFILE), default=DEFAULT_PROFILE)
    return best if votes[best] else DEFAULT_PROFILE


def _foreign(contract: Profile) -> tuple[str, ...]:
    """The hosts of the other platforms, whose calls are not judged by this one's contract."""
    others = [load_profile(name) for name in shipped_profiles() if name != contract.name]
    return tuple(host for other in others for host in other.production_hosts)
