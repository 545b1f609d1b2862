"""What the pages' script adds for a reader, in Chromium: the reader's own zone, news, links to updates."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from publisher import app
from publisher.adapters.site_folder import write_site
from tests.site.workspace import EXAMPLE, NOW

pytestmark = pytest.mark.chromium

INCIDENT = "incidents/2026-11-20-card-payments-eu/"


class _Plain(http.server.SimpleHTTPRequestHandler):
    """An old proxy: HTTP/1.1, no validators, no caching headers; the policy of a strict host."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword not in {"Last-Modified", "ETag"}:
            super().send_header(keyword, value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages") / "site"
    write_site(made, app.unpublished(app.build(EXAMPLE, now=NOW)))
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Plain, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


def context(browser: Browser, zone: str, *, locale: str = "en-US") -> BrowserContext:
    return browser.new_context(timezone_id=zone, locale=locale, permissions=["clipboard-read", "clipboard-write"])


def at_the_time(page: Page) -> None:
    """Put the reader into the demonstration's present."""
    page.clock.install(time=NOW)


def test_times_are_told_in_the_readers_zone_with_the_pages_own_beside_them(browser: Browser, address: str) -> None:
    with context(browser, "America/New_York") as reader:
        page = reader.new_page()
        at_the_time(page)
        page.goto(address)
        since = page.locator(".td-now time").first
        assert since.get_attribute("datetime") == "2026-11-20T13:52:00Z"
        assert since.get_attribute("title") == "13:52 UTC"
        expect(since).to_have_text("08:52 GMT-5 (1 hour ago)")
        promised = page.locator(".td-now time").nth(1)
        expect(promised).to_have_text("10:05 GMT-5 (in 1 minute)")
        expect(page.locator(".td-zone")).to_have_text("Times are shown in your zone: America/New_York.")
        running = page.locator(".td-card--maint .td-span").first
        expect(running).to_have_text(re.compile(r"20 November 2026, 08:00\s?–\s?12:00 GMT-5 \(ends in 2 hours\)"))
        assert running.locator("time").get_attribute("title") == "Friday, 20 November 2026, 13:00 to 17:00 UTC"
        stamp = page.locator(".td-stamp time")
        expect(stamp).to_have_text("20 November 2026 at 10:04 GMT-5 (this minute)")
        planned = page.locator("#planned ~ article .td-span").first
        assert "begins in " in planned.inner_text()


def test_durations_run_on_while_the_page_is_open(browser: Browser, address: str) -> None:
    with context(browser, "Etc/UTC") as reader:
        page = reader.new_page()
        at_the_time(page)
        page.goto(address)
        promised = page.locator(".td-now time").nth(1)
        expect(promised).to_have_text("15:05 UTC (in 1 minute)")
        page.clock.run_for(180_000)
        expect(promised).to_have_text("15:05 UTC (2 minutes ago)")
        assert page.locator(".td-zone").is_hidden(), "who lives in the page's zone is told nothing new"
        assert promised.get_attribute("title") is None


def test_arabic_readers_get_arabic_words_and_the_pages_digits(browser: Browser, address: str) -> None:
    with context(browser, "Asia/Dubai", locale="ar") as reader:
        page = reader.new_page()
        at_the_time(page)
        page.goto(address + "ar/")
        since = page.locator(".td-now time").first
        assert since.inner_text().startswith("17:52")
        assert "قبل" in since.inner_text()
        assert not re.search("[٠-٩]", page.locator(".td").inner_text())
        expect(page.locator(".td-zone")).to_contain_text("Asia/Dubai")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_to_an_update_is_copied_and_leads_there(browser: Browser, address: str) -> None:
    with context(browser, "Etc/UTC") as reader:
        page = reader.new_page()
        page.goto(f"{address}{INCIDENT}#content")
        update = page.locator(".td-update").nth(1)
        button = update.get_by_role("button", name=re.compile("^Copy link: Investigating"))
        button.focus()
        page.keyboard.press("Enter")
        expect(update.locator(".td-copy")).to_have_text("Link copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{address}{INCIDENT}#{update.get_attribute('id')}"
        box = update.locator(".td-copy").bounding_box()
        assert box is not None
        assert box["height"] >= 24


@dataclass
class Host:
    """A host whose release and words a test turns on."""

    generation: int = 7
    up: bool = True
    words: tuple[str, str] | None = None
    asked: list[str] = field(default_factory=list)

    def release(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if self.up:
            route.fulfill(json={"generation": self.generation, "built": "2026-11-20T15:04:10Z"})
        else:
            route.abort()

    def page(self, route: Route) -> None:
        answer = route.fetch()
        body = answer.text()
        if self.words:
            assert self.words[0] in body
            body = body.replace(*self.words)
        route.fulfill(response=answer, body=body)


def watching(reader: BrowserContext, address: str, host: Host) -> Page:
    page = reader.new_page()
    at_the_time(page)
    page.route("**/release.json", host.release)
    page.route(address, host.page)
    page.goto(address)
    return page


def wait_a_minute(page: Page, host: Host, *, minutes: int = 1) -> None:
    """Let time pass until the page has asked once more, or `minutes` are over."""
    before = len(host.asked)
    for _ in range(minutes * 6):
        page.clock.run_for(10_000)
        page.wait_for_timeout(60)
        if len(host.asked) > before:
            break
    page.wait_for_timeout(200)


def test_an_open_tab_notices_news_says_so_and_reloads_only_when_asked(browser: Browser, address: str) -> None:
    host = Host()
    with context(browser, "Etc/UTC") as reader:
        page = watching(reader, address, host)
        wait_a_minute(page, host)
        assert host.asked == [f"{address}release.json"], "within a minute"
        live = page.get_by_role("status")
        expect(live).to_be_empty()

        host.generation = 8
        wait_a_minute(page, host)
        expect(live).to_be_empty()
        assert len(host.asked) == 2, "a release that changed other pages is no news here"

        closed = page.locator("details.td-group:not([open])").first.locator("> summary")
        closed.click()
        opened = page.locator("details[open]").count()
        host.generation = 9
        host.words = ("Some card payments in the EU are being declined", "All card payments work again")
        wait_a_minute(page, host)
        expect(live).to_contain_text("There is news on this page.")
        assert page.title().startswith("▲ All card payments work again"), "who has twenty tabs sees it in the tab"
        assert page.locator("details[open]").count() == opened, "nothing was reloaded"
        assert "being declined" in page.locator("h1").inner_text()
        live.get_by_role("link", name="Show the new state").click()
        expect(page.locator("h1")).to_have_text("All card payments work again.")


def test_a_tab_that_gets_no_answer_says_since_when_and_asks_less_often(browser: Browser, address: str) -> None:
    host = Host(up=False)
    with context(browser, "Etc/UTC") as reader:
        page = watching(reader, address, host)
        for _ in range(60):
            page.clock.run_for(20_000)
            page.wait_for_timeout(20)
        # In twenty minutes: after half to whole a minute, then doubling to ten minutes.
        assert 4 <= len(host.asked) <= 6
        live = page.get_by_role("status")
        expect(live).to_have_text("This page could not be brought up to date since 15:04 UTC.")
        host.up = True
        wait_a_minute(page, host, minutes=25)
        expect(live).to_be_empty()


def test_a_preview_without_releases_is_asked_once_and_then_left_alone(browser: Browser, address: str) -> None:
    with context(browser, "Etc/UTC") as reader:
        page = reader.new_page()
        at_the_time(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "release.json" in request.url else None)
        page.goto(address)
        for _ in range(30):
            page.clock.run_for(20_000)
            page.wait_for_timeout(10)
        assert len(asked) == 1


def test_the_script_keeps_no_cookie_and_no_storage_of_its_own(browser: Browser, address: str) -> None:
    with context(browser, "America/New_York") as reader:
        page = reader.new_page()
        page.goto(address)
        assert reader.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_page_saved_to_disk_is_styled_and_complete(browser: Browser, folder: Path) -> None:
    """Without its script alone: browsers run none from a file whose bytes they are to check first."""
    with context(browser, "Etc/UTC") as reader:
        page = reader.new_page()
        problems: list[str] = []
        page.on("requestfailed", lambda r: None if r.url.endswith(".js") else problems.append(r.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        for path in ("index.html", f"{INCIDENT}index.html", "ar/index.html", "lite/index.html"):
            page.goto((folder / path).as_uri())
            assert page.locator("h1").inner_text()
            if "lite" not in path:
                assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(252, 251, 249)"
        assert not problems


def test_days_in_trouble_are_read_by_keyboard_and_touch(browser: Browser, address: str) -> None:
    with browser.new_context(
        viewport={"width": 375, "height": 800}, has_touch=True, java_script_enabled=False
    ) as reader:
        page = reader.new_page()
        page.goto(address)
        days = page.locator(".td-comp", has_text="Checkout").first.locator("details.td-days")
        summary = days.locator("summary")
        box = summary.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        summary.tap()
        assert days.locator("li").first.inner_text().startswith("Fri 20 Nov: Partial outage")
        days.locator("a").first.tap()
        page.wait_for_url(f"**/{INCIDENT}")


def test_reader_colours_and_paper_keep_the_days_apart(browser: Browser, address: str) -> None:
    with browser.new_context(forced_colors="active") as reader:
        page = reader.new_page()
        page.goto(address)
        drawn = {
            kind: page.locator(f".td-bar i.{kind}").first.evaluate("node => getComputedStyle(node).backgroundImage")
            for kind in ("part", "maint")
        }
        calm = page.locator(".td-bar i:not([class])").first.evaluate("node => getComputedStyle(node).backgroundImage")
        assert len({*drawn.values(), calm}) == 3
        page.emulate_media(media="print", forced_colors="none")
        for gone in (".md-header", ".td-footer ul"):
            assert page.locator(gone).first.is_hidden()
        assert page.locator("details.td-group:not([open]) .td-comp").first.is_visible(), "folded parts are printed"


def test_each_state_has_its_own_sign_in_the_tab(browser: Browser, address: str) -> None:
    with browser.new_context() as reader:
        page = reader.new_page()
        seen: dict[str, str] = {}
        for path in ("", INCIDENT, "components/card-readers/", "maintenance/"):
            page.goto(address + path)
            icon = page.locator("link[rel=icon]").evaluate("node => node.href")
            assert page.request.get(icon).headers["content-type"] == "image/svg+xml"
            seen[path] = re.sub(r".*/state-(\w+)\..*", r"\1", icon)
        assert seen == {"": "part", INCIDENT: "part", "components/card-readers/": "ok", "maintenance/": "maint"}
