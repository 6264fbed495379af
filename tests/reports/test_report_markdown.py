"""summary.md: the verdict first, and nothing of a target becomes markup."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from markdown_it import MarkdownIt
from report_data import HOSTILE, hostile, realistic
from report_strategies import any_text, with_surrogates

from conformance.reports.markdown import code, prose, summary
from conformance.reports.text import clip, one_line
from conformance.results import TargetInfo

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"text", "softbreak", "code_inline", "strong_open", "strong_close"}


def inline(text: str) -> list[tuple[str, str]]:
    return [(each.type, each.content) for token in PARSER.parse(text) for each in token.children or ()]


def blocks(text: str) -> set[str]:
    return {token.type.removesuffix("_open") for token in PARSER.parse(text)}


def test_the_verdict_comes_first_and_what_is_broken_before_the_rest() -> None:
    text = summary(realistic())
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# ✕ trackproof: nonconformant",
        "## Broken",
        "## Harness or connection failed",
        "## Recommended, and not so",
        "## Waived",
        "## Could not be judged",
    ]
    assert text.startswith(headings[0])


def test_what_is_broken_shows_requirement_expected_and_actual_and_the_command() -> None:
    text = summary(realistic())
    broken = text[text.index("duplicate-sale.counted-once** (MUST)") :]
    assert "expected: `exactly 1 sale with invoice tp-7f3k-0042-inv`" in broken
    assert "actual: `2 sales: 4999 USD and 4999 USD`" in broken
    assert "`trackproof run https://staging.example.com/api --scenario duplicate-sale/" in broken


def test_what_could_not_be_judged_is_grouped_by_the_option_that_would_help() -> None:
    text = summary(realistic())
    assert text.count("Give `--short-link`") == 1
    assert "`click-capture.parameter-in-location` (MUST), `click-capture.fresh-id` (SHOULD)" in text


def test_the_embedded_sandbox_is_run_again_by_its_name() -> None:
    text = summary(replace(realistic(), target=TargetInfo("http://127.0.0.1:4711", embedded=True)))
    assert "`trackproof run sandbox --seed 8231`" in text
    assert "4711" not in text


@settings(deadline=None)
@given(with_surrogates | any_text)
@example(" ")
def test_nothing_that_a_target_says_becomes_markup(text: str) -> None:
    made = summary(hostile(text))
    assert {kind for kind, _ in inline(made)} <= HARMLESS
    assert not blocks(made) & {"html_block", "code_block", "fence", "blockquote", "hr", "ordered_list"}
    assert sum(token.type == "heading_open" for token in PARSER.parse(made)) == 6


@settings(deadline=None)
@given(with_surrogates | any_text)
def test_a_code_span_holds_the_text_as_it_is(text: str) -> None:
    shown = one_line(text)
    if shown.strip():
        assert inline(f"- {code(text)}") == [("code_inline", shown)]


@settings(deadline=None)
@given(with_surrogates | any_text)
def test_escaped_prose_reads_as_the_text(text: str) -> None:
    for line in (f"- {prose(text)}", f"{prose(text)} end"):
        assert {kind for kind, _ in inline(line)} <= {"text"}
    said = "".join(content for _, content in inline(f"- x{prose(text)}")).replace("@\u2060", "@")
    assert said.rstrip() == f"x{clip(one_line(text).strip(), 400) or '(blank)'}".rstrip()


def test_a_hostile_text_is_still_told() -> None:
    assert "[U+202E]evil" in summary(hostile())
    assert "\u202e" not in summary(hostile(HOSTILE))
