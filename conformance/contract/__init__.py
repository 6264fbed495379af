"""The contract of a platform: a folder of data, loaded once."""

from conformance.contract.profile import Authentication, Profile, load_profile, shipped_profiles
from conformance.contract.requirements import Answers, Level, Requirement, Source

__all__ = [
    "Answers",
    "Authentication",
    "Level",
    "Profile",
    "Requirement",
    "Source",
    "load_profile",
    "shipped_profiles",
]
