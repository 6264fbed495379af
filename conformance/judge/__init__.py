"""The judge: reads recorded tracking calls, and says what in them costs attribution."""

from conformance.findings import Judgement
from conformance.judge.calls import Call
from conformance.judge.live import LiveJudge
from conformance.judge.recording import judge_calls

__all__ = ["Call", "Judgement", "LiveJudge", "judge_calls"]
