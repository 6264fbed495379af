"""The doctor: whether a target can be judged at all, in five seconds; nothing is scored."""

from conformance.doctor.examination import examine, examine_readback
from conformance.doctor.finding import Finding, State, exit_code

__all__ = ["Finding", "State", "examine", "examine_readback", "exit_code"]
