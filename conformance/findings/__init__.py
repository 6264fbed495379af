"""Findings: the catalogue of what integrators do wrong, as data, and what the judge found of it."""

from conformance.findings.catalogue import Kind, catalogue, kinds_of
from conformance.findings.document import Broken, Judgement, findings_document, merged
from conformance.findings.model import EventRef, Finding, Severity
from conformance.findings.shorten import shortened

__all__ = [
    "Broken",
    "EventRef",
    "Finding",
    "Judgement",
    "Kind",
    "Severity",
    "catalogue",
    "findings_document",
    "kinds_of",
    "merged",
    "shortened",
]
