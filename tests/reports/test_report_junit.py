"""junit.xml: well-formed whatever a target sends, and every verdict in the place where pipelines look for it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from report_data import WAIVED, assembled, hostile, realistic
from report_strategies import results as any_results
from report_strategies import with_surrogates

from conformance.reports.junit import junit
from conformance.results import Results, Verdict

ELEMENT = {
    Verdict.PASSED: None,
    Verdict.WARNED: None,
    Verdict.FAILED: "failure",
    Verdict.ERRORED: "error",
    Verdict.INCONCLUSIVE: "skipped",
    Verdict.WAIVED: "skipped",
}


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode("utf-8"))  # noqa: S314 - our own writing; it has no entities to expand


@settings(deadline=None)
@given(any_results)
def test_it_parses_whatever_the_results_are(results: Results) -> None:
    root = parsed(junit(results))
    named = [case.get("name") for case in root.iter("testcase") if case.get("classname") != "run"]
    assert sorted(map(str, named)) == sorted(scenario.id for scenario in results.scenarios)


@settings(deadline=None)
@given(with_surrogates)
def test_it_parses_whatever_characters_a_target_sends(text: str) -> None:
    parsed(junit(hostile(text)))


# Element: attributes and children that the schema of Jenkins (junit-10.xsd) has for it; properties of a single case are
# beyond it, and known to whoever reads pytest's files.
KNOWN: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        {"properties", "testcase"},
    ),
    "testcase": (
        {"name", "classname", "time"},
        {"properties", "skipped", "error", "failure", "system-out"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


@settings(max_examples=20, deadline=None)
@given(any_results)
def test_nothing_is_in_it_that_a_strict_reader_does_not_know(results: Results) -> None:
    for element in parsed(junit(results)).iter():
        attributes, children = KNOWN[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children


def test_hostile_text_is_text_and_control_characters_are_named() -> None:
    root = parsed(junit(hostile()))
    failure = next(root.iter("failure"))
    assert "<script>" in str(failure.text)
    assert "]]>" in str(failure.text)
    assert "[NUL][SOH][BEL][ESC][31m[CR]" in str(failure.text)
    assert not list(root.iter("script"))


def test_a_suite_is_a_testsuite_and_a_scenario_a_testcase() -> None:
    results = realistic()
    root = parsed(junit(results))
    assert [suite.get("name") for suite in root] == list(dict.fromkeys(each.suite for each in results.scenarios))
    cases = {str(case.get("name")): case for case in root.iter("testcase")}
    for scenario in results.scenarios:
        case = cases[scenario.id]
        assert case.get("classname") == scenario.suite
        found = {child.tag for child in case} & {"failure", "error", "skipped"}
        assert found == {ELEMENT[scenario.verdict]} - {None}


def test_the_counts_of_a_suite_are_those_of_its_cases() -> None:
    root = parsed(junit(realistic()))
    for suite in [*root, root]:
        for attribute, tag in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            if (suite.tag, tag) != ("testsuites", "skipped"):
                assert int(str(suite.get(attribute))) == len(list(suite.iter(tag)))
        assert int(str(suite.get("tests"))) == len(list(suite.iter("testcase")))


def test_a_failure_says_what_was_expected_what_came_and_how_to_run_it_again() -> None:
    failure = next(parsed(junit(realistic())).iter("failure"))
    assert "no lead attributed to click id_8Jk2mQ" in str(failure.get("message"))
    text = str(failure.text)
    assert "actual:   1 confirmed lead attributed to click id_8Jk2mQ" in text
    assert "blame:    target" in text
    assert "trackproof run https://staging.example.com/api --scenario mismatched-external-id/" in text


def test_an_inconclusive_case_is_skipped_with_its_reason_and_the_option() -> None:
    root = parsed(junit(realistic()))
    skipped = next(each for each in root.iter("skipped") if each.get("type") == "inconclusive")
    assert "no short link is known" in str(skipped.get("message"))
    assert "--short-link" in str(skipped.text)


def test_a_waived_case_is_skipped_and_says_who_answers_for_it_until_when() -> None:
    skipped = next(each for each in parsed(junit(realistic(40))).iter("skipped") if each.get("type") == "waived")
    assert skipped.get("message") == f"waived: validation.bad-email: {WAIVED.removeprefix('waived: ')}"
    assert f"note:     {WAIVED}" in str(skipped.text)


def test_what_passed_on_its_second_try_tells_both_answers() -> None:
    first, *others = realistic().scenarios
    checks = tuple(replace(each, flaky=True, note="first try: reset") for each in first.checks)
    root = parsed(junit(assembled((replace(first, checks=checks), *others))))
    told = str(next(each for each in root.iter("testcase") if each.get("name") == first.id).findtext("system-out"))
    assert told.startswith("passed on the second try only\n")
    assert "actual:   200" in told
    assert "note:     first try: reset" in told


def test_a_warned_case_passes_and_tells_what_was_seen() -> None:
    results = realistic()
    warned = {scenario.id for scenario in results.scenarios if scenario.verdict is Verdict.WARNED}
    told = [case for case in parsed(junit(results)).iter("testcase") if case.find("system-out") is not None]
    assert {case.get("name") for case in told} == warned
    assert warned


def test_properties_carry_verdict_profile_target_and_requirements() -> None:
    suite = parsed(junit(realistic()))[0]
    properties = {(each.get("name"), each.get("value")) for each in suite.iter("property")}
    assert {
        ("profile", "cutmeshort"),
        ("target", "https://staging.example.com/api"),
        ("verdict", "passed"),
        ("requirement", "non-deferred.accepted"),
    } <= properties


def test_a_run_that_only_a_waiver_out_of_date_breaks_has_a_failure() -> None:
    green = tuple(each for each in realistic().scenarios if each.verdict is Verdict.PASSED)
    stale = assembled(green, verdict="nonconformant", why="A waiver is out of date.")
    root = parsed(junit(stale))
    assert [each.get("message") for each in root.iter("failure")] == ["A waiver is out of date."]
    assert (root.get("failures"), root.get("errors")) == ("1", "0")
    assert int(str(root.get("tests"))) == len(green) + 1


def test_a_run_that_was_stopped_or_judged_nothing_is_an_error_and_no_empty_success() -> None:
    for results in (assembled((), why="nothing was selected"), assembled((), stopped="the token was refused")):
        root = parsed(junit(results))
        error = next(root.iter("error"))
        assert error.get("message") in ("nothing was selected", "the token was refused")
        assert root.get("errors") == "1"
