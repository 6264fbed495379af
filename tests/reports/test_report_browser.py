"""report.html in a browser: a hostile report runs nothing and calls nobody; filter, search and links work."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest
from report_data import hostile, realistic

from conformance.reports.html_report import html

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = [pytest.mark.outside, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page

DUPLICATE = "duplicate-sale/counted-once-sent-again-with-another-amount-020"
SHOWN = ".scenario:not([hidden])"
FITS = "document.documentElement.scrollWidth <= innerWidth"


@dataclass
class Seen:
    """What a page did besides showing itself."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    (made / "real.html").write_text(html(realistic()), encoding="utf-8")
    (made / "hostile.html").write_text(html(hostile()), encoding="utf-8")
    return made


@contextmanager
def opened(
    browser: Browser,
    address: str,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    script: bool = True,
) -> Iterator[tuple[Page, Seen]]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda message: seen.console.append(message.text))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))

    def dismissed(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    page.goto(address)
    yield page, seen
    context.close()


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    with opened(browser, (folder / "real.html").as_uri()) as (shown, seen):
        yield shown
        assert seen.errors == seen.console == []


def count(page: Page, selector: str) -> int:
    return page.locator(selector).count()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_hostile_report_runs_nothing_and_calls_nobody(browser: Browser, folder: Path, width: int) -> None:
    address = (folder / "hostile.html").as_uri()
    with opened(browser, address, width=width) as (page, seen):
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.fill("[name=text]", "<script>window.__pwned = 5</script>")
        page.fill("[name=text]", "")
        page.locator(".copy + button").first.click()
        page.wait_for_timeout(200)
        assert page.evaluate("window.__pwned") is None
        assert page.evaluate(FITS)
        assert count(page, "img, iframe, object, embed, base") == 0
        assert seen == Seen(requests=[address])


def test_the_guard_itself_stops_a_script_that_got_in(browser: Browser, folder: Path) -> None:
    planted = folder / "planted.html"
    text = html(realistic(3))
    planted.write_text(text.replace("<main", "<script>window.__pwned = 1</script><img src=x onerror=alert(1)><main"))
    with opened(browser, planted.as_uri()) as (page, seen):
        assert page.evaluate("window.__pwned") is None
        assert seen.dialogs == []
        assert any("Content Security Policy" in line for line in seen.console)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 390])
def test_it_fits_the_screen_with_everything_unfolded(
    browser: Browser, folder: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, (folder / "real.html").as_uri(), width=width, scheme=scheme) as (page, seen):
        page.click("#unfold")
        assert page.evaluate(FITS)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(ground) > 600) == (scheme == "light")
        assert seen.console == seen.errors == []


# Each mark and text of a verdict against what lies behind it, by the formula of WCAG.
CONTRAST = """() => {
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((n) => n / 255).map(
      (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll("body *")].filter((e) => e.getClientRects().length && !e.closest("svg"))
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)];
    }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(browser: Browser, folder: Path, scheme: Literal["light", "dark"]) -> None:
    with opened(browser, (folder / "real.html").as_uri(), scheme=scheme) as (page, _):
        page.locator(".scenario[data-verdict=failed] > summary").first.click()
        assert page.evaluate(CONTRAST) == []


def test_the_verdict_filter_leaves_only_that_verdict(page: Page) -> None:
    page.click("label.chip:has-text('failed')")
    assert {row.get_attribute("data-verdict") for row in page.locator(".item:not([hidden])").all()} == {"failed"}
    assert count(page, SHOWN) == 4
    assert page.inner_text("#shown") == "2 of 38 requirements and 4 of 140 scenarios shown"
    page.click("label.chip:has-text('warned')")
    assert count(page, SHOWN) == 8


def test_the_suite_filter_leaves_only_that_suite_and_its_heading(page: Page) -> None:
    page.select_option("[name=suite]", "race")
    assert {row.get_attribute("data-suite") for row in page.locator(SHOWN).all()} == {"race"}
    assert page.locator("#scenarios h3:visible").all_inner_texts() == ["race"]


def test_the_search_looks_into_bodies_and_wants_every_word(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("tp-7f3k-0020-c DUPLICATE")
    assert [row.get_attribute("id") for row in page.locator(SHOWN).all()] == [DUPLICATE]
    page.fill("[name=text]", "no such words anywhere")
    assert page.is_visible("#nothing")
    page.click("#clear")
    assert count(page, SHOWN) == 140


def test_the_filter_is_used_with_the_keyboard_alone(page: Page) -> None:
    page.focus("[name=verdict][value=errored]")
    page.keyboard.press("Space")
    assert count(page, SHOWN) == 2
    page.locator(f"{SHOWN} > summary").first.focus()
    page.keyboard.press("Enter")
    assert count(page, f"{SHOWN}[open]") == 1


def test_a_link_leads_to_what_the_filter_hides_and_unfolds_it(page: Page) -> None:
    page.select_option("[name=suite]", "race")
    page.locator(f"#broken a[href='#{DUPLICATE}']").first.click()
    scenario = page.locator(f"[id='{DUPLICATE}']")
    scenario.locator("summary").first.wait_for(state="visible")
    assert scenario.get_attribute("open") is not None
    assert scenario.evaluate("each => each.querySelector('summary') === document.activeElement")
    assert count(page, SHOWN) == 140


def test_an_address_with_a_scenario_opens_at_it(browser: Browser, folder: Path) -> None:
    with opened(browser, f"{(folder / 'real.html').as_uri()}#{DUPLICATE}") as (page, _):
        scenario = page.locator(f"[id='{DUPLICATE}']")
        assert scenario.get_attribute("open") is not None
        assert scenario.evaluate("each => each.getBoundingClientRect().top") < 900


def test_without_script_everything_can_still_be_read(browser: Browser, folder: Path) -> None:
    with opened(browser, (folder / "real.html").as_uri(), script=False) as (page, _):
        assert not page.is_visible("#filter")
        assert not page.is_visible("#unfold")
        page.locator(".scenario > summary").first.click()
        assert page.locator(".scenario .script").first.is_visible()


def test_the_copy_button_takes_the_command_as_it_is(browser: Browser, folder: Path) -> None:
    with opened(browser, (folder / "real.html").as_uri()) as (page, _):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator("footer .copy + button").click()
        page.locator("footer button:has-text('Copied')").wait_for()
        taken = page.evaluate("navigator.clipboard.readText()")
        assert taken == "trackproof run https://staging.example.com/api --seed 8231"


def test_a_screen_reader_is_told_verdicts_in_words(page: Page) -> None:
    tree = page.locator("body").aria_snapshot()
    assert '- heading "nonconformant" [level=1]' in tree
    assert "failed duplicate-sale.counted-once MUST" in tree
    assert '- searchbox "Search ids, words and bodies"' in tree
    assert '- combobox "Suite"' in tree
    assert '- checkbox "inconclusive"' in tree
