"""What a target shows that it recorded."""

from conformance.evidence.choice import evidence_for, evidence_of_each
from conformance.evidence.observation import Evidence, Observation, Unreadable
from conformance.evidence.readback import ReadBack
from conformance.evidence.without import NoEvidence

__all__ = ["Evidence", "NoEvidence", "Observation", "ReadBack", "Unreadable", "evidence_for", "evidence_of_each"]
