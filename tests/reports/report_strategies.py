"""Hypothesis strategies for results: every shape the model allows, with the text a hostile target would choose."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.contract.requirements import Level
from conformance.results import (
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
    Verdict,
)
from conformance.results.document import RUN_VERDICTS

_SPELLS = (
    "]]>",
    "<script>",
    "</script>",
    "-->",
    "`",
    "```",
    "\x00",
    "\r",
    "\u202e",
    "\ufffe",
    "'",
    '"',
    "&",
    "$(x)",
    "\\",
)

any_text = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(_SPELLS), max_size=6).map("".join))
# What no decoder yields, but a JSON escape does.
with_surrogates = st.text(st.characters(exclude_categories=()), max_size=20)
_maybe = st.none() | any_text
_ids = st.from_regex(r"[a-z]{1,8}[./][a-z0-9-]{1,12}", fullmatch=True)
_seconds = st.floats(0, 1e6)
_headers = st.dictionaries(any_text, any_text, max_size=3)
_checked = st.sampled_from([verdict for verdict in Verdict if verdict is not Verdict.UNTESTED])
_levels = st.sampled_from(Level)

_checks = st.builds(
    Check,
    requirement=_ids,
    level=_levels,
    verdict=_checked,
    expected=any_text,
    actual=any_text,
    blame=st.none() | st.sampled_from(Blame),
    code=_maybe,
    reason=_maybe,
    missing=st.none() | st.builds(Missing, option=any_text, hint=any_text),
    note=_maybe,
    flaky=st.booleans(),
)
_exchanges = st.builds(
    Exchange,
    request=st.builds(
        RecordedRequest,
        method=st.sampled_from(("GET", "POST", "BREW")),
        url=any_text,
        headers=_headers,
        body=any_text,
        body_base64=st.booleans(),
        body_truncated=st.booleans(),
    ),
    response=st.none()
    | st.builds(
        RecordedResponse,
        status=st.integers(0, 999),
        headers=_headers,
        body=any_text,
        reason=any_text,
        body_base64=st.booleans(),
        body_truncated=st.booleans(),
    ),
    started=_seconds,
    seconds=_seconds,
    step=st.sampled_from(("event 1", "read-back")) | any_text,
    fault=_maybe,
)
_scenarios = st.builds(
    ScenarioResult,
    id=_ids,
    suite=any_text,
    title=any_text,
    description=any_text,
    checks=st.lists(_checks, max_size=3).map(tuple),
    exchanges=st.lists(_exchanges, max_size=3).map(tuple),
    seconds=_seconds,
    attempts=st.integers(1, 3),
)
_requirements = st.builds(
    RequirementResult,
    id=_ids,
    suite=any_text,
    level=_levels,
    statement=any_text,
    source=any_text,
    url=any_text,
    costs=any_text,
    fix=any_text,
    latitude=any_text,
    verdict=st.sampled_from(Verdict),
    scenarios=st.lists(_ids, max_size=3).map(tuple),
    reason=_maybe,
)
results = st.builds(
    Results,
    tool_version=any_text,
    profile=st.builds(ProfileInfo, name=any_text, title=any_text, revision=any_text),
    target=st.builds(TargetInfo, url=any_text, embedded=st.booleans(), evidence=any_text, clicks=any_text),
    run=st.builds(
        RunInfo,
        id=any_text,
        seed=st.integers(),
        started=any_text,
        seconds=_seconds,
        requests=st.integers(0),
        complete=st.booleans(),
        created=st.lists(any_text, max_size=3).map(tuple),
    ),
    verdict=st.sampled_from(RUN_VERDICTS),
    why=any_text,
    requirements=st.lists(_requirements, max_size=3).map(tuple),
    scenarios=st.lists(_scenarios, max_size=3).map(tuple),
    stopped=_maybe,
    warnings=st.lists(any_text, max_size=2).map(tuple),
)
