"""The live page in a browser: a real package sends something wrong, and whoever looks sees it at once."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest
from cutmeshort.client import CMSClient
from cutmeshort.exceptions import ConflictException
from live_talk import PROFILE, TOKEN, judging

from conformance.sandbox.server import EmbeddedSandbox

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = [pytest.mark.outside, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

FITS = "document.documentElement.scrollWidth <= innerWidth"
SCRIPT = '<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>"\'`${window.__ran=1}</textarea>'


@dataclass
class Seen:
    """What a page did besides showing itself."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=options)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedSandbox]:
    with EmbeddedSandbox(PROFILE, any_token=True, kit=judging()) as sandbox:
        yield sandbox


@contextmanager
def opened(
    browser: Browser, url: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
) -> Iterator[tuple[Page, Seen]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, seen = context.new_page(), Seen()
    page.set_default_timeout(10_000)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.on("dialog", lambda dialog: seen.complaints.append(dialog.message))
    page.goto(url)
    page.wait_for_selector("[data-state=live]")
    yield page, seen
    context.close()


def clicked(base: str) -> str:
    return httpx.get(f"{base}/l/demo", trust_env=False).headers["location"].rpartition("=")[2]


def wrong_event_2(base: str, customer: str = "user_42") -> None:
    package: Any = CMSClient(token=TOKEN, host=base)
    click = clicked(base)
    package.track_lead("sign_up", customer, click_id=click, mode="deferred")
    with pytest.raises(ConflictException):
        package.track_lead("verified", customer, click_id=click)


def send(base: str, **body: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Header": SCRIPT}
    httpx.post(f"{base}/track/lead?q={SCRIPT}", json=body, headers=headers, trust_env=False)


def test_a_package_sends_a_wrong_event_2_and_the_finding_appears_with_its_remedy(
    browser: Browser, running: EmbeddedSandbox
) -> None:
    base = f"{running.url}/ns/finding"
    with opened(browser, f"{running.url}/?ns=finding") as (page, seen):
        assert page.is_visible("text=Nothing has arrived yet")
        wrong_event_2(base)
        page.locator(".call.error .brief").wait_for(timeout=1000)
        assert page.inner_text("#n-error") == "1"
        page.locator(".call.error summary").press("Enter")
        finding = page.get_by_role("region", name="Finding: error")
        assert "click-resent" in finding.inner_text()
        assert "Leave clickId out of every event after event 1." in finding.inner_text()
        finding.get_by_role("link").first.click()
        assert page.evaluate("document.activeElement.closest('details').open") is True

        page.get_by_role("button", name="user_42, 2 calls, error").click()
        assert page.locator("#journey li").all_text_contents() == [
            "click",
            "sign_up (deferred), clean",
            "verified, error",
        ]
        page.keyboard.press("/")
        page.keyboard.type("no such thing")
        assert page.is_visible("text=No call is like that.")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="with an error").click()
        assert page.locator(".call").count() == 1

        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy as curl").click()
        page.wait_for_selector("text=Copied")
        taken = page.evaluate("navigator.clipboard.readText()")
        assert taken.startswith(f"curl -sS -i '{base}/track/lead'")
        assert '-H "Authorization: Bearer $TOKEN"' in taken
        with page.expect_download() as download:
            page.get_by_role("link", name="HAR").click()
        assert len(json.loads(download.value.path().read_text(encoding="utf-8"))["log"]["entries"]) == 3

        page.get_by_role("button", name="Reset").click()
        page.get_by_role("dialog").get_by_role("button", name="Reset").click()
        page.wait_for_selector("text=Nothing has arrived yet")
        assert httpx.get(f"{running.url}/_/ns/finding/events", trust_env=False).json() == {"events": []}
        assert seen.complaints == []
        assert all(url.startswith(running.url) for url in seen.requests)


def test_what_only_the_end_could_tell_and_what_nobody_can_see_is_shown(
    browser: Browser, running: EmbeddedSandbox
) -> None:
    base = f"{running.url}/ns/open"
    send(base, clickId=clicked(base), eventName="sign_up", customerExternalId="ada ", mode="deferred")
    send(base, clickId=clicked(base), eventName="sign_up", customerExternalId="bo\u202eb\u200b")
    send(base, customerName="x" * 300_000)
    with opened(browser, f"{running.url}/?ns=open") as (page, seen):
        page.locator(".call.note .brief", has_text="has no event 2").wait_for()
        page.locator(".call.error .brief", has_text="too large").wait_for()
        page.get_by_role("button", name="ada␠, 1 call, note").click()
        assert page.locator(".call").count() == 2
        assert page.locator(".person bdi").all_text_contents() == ["bo\\u202eb\\u200b", "ada␠"]
        assert seen.complaints == []


def test_hostile_input_executes_nothing_and_the_page_still_fits(browser: Browser, running: EmbeddedSandbox) -> None:
    base = f"{running.url}/ns/%3Cscript%3Ewindow.__ran=1%3C%2Fscript%3E"
    names = ("eventName", "customerExternalId", "clickId", "mode", "timestamp", "customerName", SCRIPT)
    send(base, **{name: f"{SCRIPT}{name}" for name in names})
    send(base, eventName="x" * 3000, customerExternalId="y" * 3000, clickId="undefined", __proto__={"text": 1})
    send(base, eventName="x", customerExternalId="__proto__", clickId=clicked(base))
    wrong_event_2(base, SCRIPT)
    address = f"{running.url}/?ns=%3Cscript%3Ewindow.__ran=1%3C%2Fscript%3E"
    for width, scheme in ((1280, "dark"), (390, "light")):
        with opened(browser, address, width=width, scheme=scheme) as (page, seen):  # type: ignore[arg-type]
            page.wait_for_selector(".call")
            page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            page.locator(".person").first.evaluate("(each) => each.click()")
            page.get_by_role("button", name="All customers").click()
            page.fill("#search", SCRIPT)
            page.fill("#search", "")
            page.wait_for_function("document.querySelectorAll('.inside').length > 3")
            assert page.evaluate("window.__ran") is None
            assert page.locator("main img, main script, iframe").count() == 0
            assert page.evaluate(FITS)
            assert seen.complaints == []
            assert all(url.startswith(running.url) for url in seen.requests)
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            assert (sum(ground) > 600) == (scheme == "light")


def test_a_screen_reader_is_told_what_everything_is(browser: Browser, running: EmbeddedSandbox) -> None:
    wrong_event_2(f"{running.url}/ns/told")
    with opened(browser, f"{running.url}/?ns=told") as (page, _):
        page.wait_for_selector(".call")
        tree = page.locator("body").aria_snapshot()
        for part in (
            '- combobox "Namespace"',
            '- searchbox "Search ids, fields, findings"',
            '- button "2 calls" [pressed]',
            '- button "user_42, 2 calls, error"',
            '- region "Calls"',
            '- complementary "Customers"',
        ):
            assert part in tree, tree
