"""What a run found: verdicts, checks, exchanges. The engine writes it, the reports read it."""

from conformance.results.model import (
    Blame,
    Check,
    Exchange,
    Missing,
    ProfileInfo,
    RecordedRequest,
    RecordedResponse,
    RequirementResult,
    Results,
    RunInfo,
    ScenarioResult,
    TargetInfo,
)
from conformance.results.verdicts import Verdict

__all__ = [
    "Blame",
    "Check",
    "Exchange",
    "Missing",
    "ProfileInfo",
    "RecordedRequest",
    "RecordedResponse",
    "RequirementResult",
    "Results",
    "RunInfo",
    "ScenarioResult",
    "TargetInfo",
    "Verdict",
]
