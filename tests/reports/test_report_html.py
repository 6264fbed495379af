"""report.html as text: self-contained, strictly guarded, and without a tag that is not ours."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given, settings
from report_data import HOSTILE, assembled, hostile, realistic
from report_strategies import results as any_results
from report_strategies import with_surrogates

from conformance.reports.html_report import LARGEST, html
from conformance.reports.overview import breaches
from conformance.reports.text import UNSEEN_IN_LINES
from conformance.results import Exchange, Results, TargetInfo, Verdict

TEMPLATES = files("conformance.reports") / "templates"
OWN = {
    "style": (TEMPLATES / "report.css").read_text(encoding="utf-8").strip(),
    "script": (TEMPLATES / "report.js").read_text(encoding="utf-8").strip(),
}
TAGS = set(re.findall(r"<([a-z][a-z0-9]*)", (TEMPLATES / "report.html.j2").read_text(encoding="utf-8"))) | {
    "i",
    "text",
    "line",
}
VOID = {"meta", "input", "col"}
SHAPES = {"path", "circle", "line", "rect", "use"}


class Page(HTMLParser):
    """What is in a page: its tags in order, its attributes, its scripts; and whether every tag is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.parts: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.opened and self.opened[-1] in ("script", "style"):
            self.parts.setdefault(self.opened[-1], []).append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def real() -> str:
    return html(realistic())


def assert_harmless(page: Page) -> None:
    assert set(page.tags) <= TAGS
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert {tag: "".join(parts) for tag, parts in page.parts.items()} == OWN
    names = {name for _, name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action")]
    assert all(link.startswith("#") or re.match("https?://", link) for link in page.values("href"))


@settings(deadline=None, max_examples=60)
@given(with_surrogates)
def test_whatever_a_target_sends_no_tag_of_it_is_a_tag(text: str) -> None:
    assert_harmless(Page(html(hostile(text))))


@settings(deadline=None, max_examples=60)
@given(any_results)
def test_any_results_make_a_page(results: Results) -> None:
    assert_harmless(Page(html(results)))


def test_hostile_text_is_shown_as_text() -> None:
    page = Page(html(hostile()))
    assert_harmless(page)
    said = "".join(page.texts)
    assert said.count("<script>window.__pwned = 1; alert(1)</script>") > 10
    assert "javascript:alert" in said
    assert "{{ 7*7 }}" in said


def test_nothing_in_the_page_is_invisible() -> None:
    text = html(hostile(HOSTILE + "\ud800"))
    assert not UNSEEN_IN_LINES.search(text)
    assert "[U+202E]" in text
    assert "[NUL]" in text


def test_style_and_script_are_allowed_by_their_hash_and_nothing_else_is(real: str) -> None:
    page = Page(real)
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives.pop("default-src") == "'none'"
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256("".join(page.parts[tag]).encode()).digest()).decode()
        assert directives.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert set(directives.values()) == {"'none'"}
    assert "no-referrer" in page.values("content")


def test_every_id_is_there_once_and_every_inner_link_leads_somewhere(real: str) -> None:
    page = Page(real)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    inner = {link[1:] for link in page.values("href") if link.startswith("#")}
    assert inner <= set(ids)


def test_it_opens_with_verdict_sentence_target_profile_run_and_counts(real: str) -> None:
    said = " ".join("".join(Page(real).texts[3:]).split())
    opening = said[: said.index("What is broken")]
    for part in (
        "nonconformant",
        "2 MUST requirements are broken",
        "https://staging.example.com/api",
        "cutmeshort, revision 2026-04-10",
        "7f3k",
        "8231",
        "8.9 s, 1106 requests",
        "38 requirements",
        "140 scenarios",
    ):
        assert part in opening


def test_what_is_broken_is_told_with_the_command_that_repeats_it(real: str) -> None:
    broken = real[real.index('id="broken"') : real.index('id="unjudged"')]
    assert broken.count('<article class="breach failed">') == 2
    for part in (
        "exactly 1 sale with invoice tp-7f3k-0042-inv",
        "2 sales: 4999 USD and 4999 USD",
        "trackproof run https://staging.example.com/api --scenario duplicate-sale/",
        "--seed 8231",
        "<dt>blame</dt><dd>target</dd>",
    ):
        assert part in broken


def test_a_scenario_that_broke_a_requirement_twice_is_named_once() -> None:
    results = realistic()
    twice = tuple(replace(one, checks=one.checks * 2) for one in results.scenarios)
    found = breaches(replace(results, scenarios=twice), Verdict.FAILED)

    assert any(len(breach.found) > len(breach.scenarios) for breach in found)
    assert all(len({one.id for one in breach.scenarios}) == len(breach.scenarios) for breach in found)


def test_what_a_failing_run_was_of_is_folded_so_that_what_is_broken_comes_first(real: str) -> None:
    assert '<details class="about"><summary>' in real
    assert '<details class="about" open>' in html(assembled(()))


def test_what_could_not_be_judged_names_the_option(real: str) -> None:
    unjudged = real[real.index('id="unjudged"') : real.index('id="filter"')]
    assert "<h3>Give <code>--short-link</code></h3>" in unjudged
    assert 'href="#click-capture.fresh-id"' in unjudged


def test_the_matrix_has_every_requirement_with_verdict_level_and_page(real: str) -> None:
    results = realistic()
    for requirement in results.requirements:
        start = real.index(f'<tr id="{requirement.id}"')
        row = real[start : real.index("</tr>", start)]
        assert f'data-verdict="{requirement.verdict}"' in row
        assert requirement.level in row
        assert (
            '<a href="https://docs.example.com/docs/leads" rel="noopener noreferrer">Track lead conversions</a>' in row
        )


def test_a_page_that_is_no_web_address_is_no_link() -> None:
    requirement = replace(realistic(1).requirements[0], source="a page", url="javascript:alert(1)")
    text = html(replace(realistic(1), requirements=(requirement,)))
    assert "<span>a page</span>" in text
    assert "javascript:" not in text


def test_polls_are_folded_and_the_last_is_shown(real: str) -> None:
    assert "read 3 times, the last is shown" in real
    assert "404 → 200" in real


def test_the_token_stands_as_a_variable(real: str) -> None:
    assert '-H "Authorization: Bearer $TOKEN"' in real


def test_an_embedded_sandbox_is_named_so() -> None:
    results = replace(realistic(3), target=TargetInfo("http://127.0.0.1:4711", embedded=True))
    text = html(results)
    assert "the embedded sandbox" in text
    assert "trackproof run sandbox --scenario" in text


def test_a_run_that_was_cut_or_stopped_says_so() -> None:
    results = realistic(3)
    cut = html(replace(results, verdict="cut", run=replace(results.run, complete=False)))
    assert "This run was cut short." in cut
    assert "Stopped before it began:</strong> the token was refused" in html(
        assembled((), verdict="inconclusive", stopped="the token was refused")
    )


def test_a_green_run_has_nothing_broken() -> None:
    green = tuple(each for each in realistic().scenarios if each.verdict is Verdict.PASSED)
    text = html(assembled(green, verdict="conformant", why="Everything that was asked was as it must be."))
    assert 'id="broken"' not in text
    assert 'id="unjudged"' not in text
    assert 'class="top conformant"' in text


def test_a_full_run_stays_under_three_megabytes(real: str) -> None:
    assert len(real.encode()) < 3_000_000


def test_the_largest_bodies_and_headers_do_not_make_the_page_larger() -> None:
    def swollen(number: int, exchange: Exchange) -> Exchange:
        body, headers = '<&"\x00' * 1024, {f"x-{name}": "y" * 400 for name in range(50)}
        request = replace(exchange.request, url=f"{exchange.request.url}{number}", body=body)
        answer = exchange.response and replace(exchange.response, body=body, headers=headers)
        return replace(exchange, request=request, response=answer)

    results = realistic()
    scenarios = tuple(
        replace(each, exchanges=tuple(swollen(n, exchange) for n, exchange in enumerate(each.exchanges)))
        for each in results.scenarios
    )
    text = html(replace(results, scenarios=scenarios))
    assert len(text.encode()) <= LARGEST
    assert "Requests and answers are in results.json" in text
    assert "results.json has what was stored" in text
