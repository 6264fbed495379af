"""What the suite privacy takes for a stack trace, language by language, and what it does not."""

from __future__ import annotations

import pytest

from conformance.suites.privacy import STACK_TRACE

TRACES = {
    "python": 'Traceback (most recent call last):\n  File "/app/main.py", line 3, in track\nKeyError: 1',
    "node": "TypeError: x is not a function\n    at lead (/app/track.js:17:3)",
    "java": "java.lang.NullPointerException\n\tat com.acme.Track.lead(Track.java:17)",
    "dotnet": "System.NullReferenceException: x\n   at Acme.Track.Lead(String id) in C:\\app\\Track.cs:line 17",
    "dotnet-without-symbols": "System.NullReferenceException: x\n   at Acme.Track.Lead(String id)\n   at Acme.Run()",
    "php": "Uncaught TypeError in /var/www/html/track.php:17\nStack trace:\n#0 /var/www/html/index.php(3): track()",
    "go": "goroutine 1 [running]:\nmain.main()\n\t/app/main.go:17 +0x1d",
    "ruby": "/app/track.rb:17:in `lead': undefined method",
    "sql": "SQLSTATE[23000]: Integrity constraint violation",
}
REFUSALS = (
    "clickId is unknown at this workspace (see https://docs.example.com/errors)",
    "Unexpected end of JSON input at line 1 column 14",
    "amount must be a number; look at the example in /track/sale",
    "No customer at the given id (user_42)",
)


@pytest.mark.parametrize("language", TRACES)
def test_a_stack_trace_is_found(language: str) -> None:
    assert STACK_TRACE.search(TRACES[language])


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_in_plain_words_is_none(text: str) -> None:
    assert STACK_TRACE.search(text) is None
