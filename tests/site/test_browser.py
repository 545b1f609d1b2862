"""What a reader sees, in Chromium."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from publisher import app
from publisher.adapters.site_folder import write_site
from publisher.render.views import project
from tests.site.workspace import EXAMPLE, NOW

pytestmark = pytest.mark.chromium

PAGES = (
    "",
    "incidents/2026-11-20-card-payments-eu/",
    "history/",
    "history/2026-11/",
    "components/checkout/",
    "maintenance/",
    "subscribe/",
    "about/",
    "404.html",
    "de/",
    "ar/",
    "ar/incidents/2026-11-20-card-payments-eu/",
    "ar/about/",
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser") / "site"
    write_site(folder, app.unpublished(app.build(EXAMPLE, now=NOW)))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
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
        started = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield started
        started.close()


@dataclass
class Seen:
    """What a page asked for, and what went wrong."""

    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def watch(page: Page) -> Seen:
    seen = Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("response", lambda r: seen.problems.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.on("console", lambda m: seen.problems.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    return seen


def opened(browser: Browser, **options: Any) -> BrowserContext:
    return browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_no_request_leaves_the_host_nothing_fails_and_nothing_overflows(
    browser: Browser, address: str, *, scripts: bool
) -> None:
    widths = (1280, 375)
    with opened(browser, java_script_enabled=scripts) as context:
        for number, path in enumerate(PAGES):
            page = context.new_page()
            seen = watch(page)
            # half of the pages are opened on a phone, the others become one
            for width in widths if number % 2 else widths[::-1]:
                page.set_viewport_size({"width": width, "height": 800})
                if page.url == "about:blank":
                    page.goto(address + path, wait_until="networkidle" if scripts else "load")
                box = page.locator("body").bounding_box()
                assert box is not None
                assert box["width"] <= width, path
                if scripts:
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert not [url for url in seen.requests if not url.startswith(address)], path
            assert not seen.problems, path
            page.close()


def test_a_worried_reader_sees_the_words_without_scripts(browser: Browser, address: str) -> None:
    history = app.build(EXAMPLE, now=NOW).history
    incident = project(history, locale="en", now=NOW).open_incidents[0]
    with opened(browser, java_script_enabled=False, viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        page.goto(address)
        assert page.locator("h1").inner_text() == incident.headline
        shown = " ".join(page.locator("article").first.inner_text().split())
        assert " ".join(incident.updates[0].words.text.split()) in shown
        heading = page.locator("h1").bounding_box()
        assert heading is not None
        assert heading["y"] + heading["height"] < 400, "the sentence stands above the fold of a small phone"


def test_a_phone_shows_forty_five_days_and_says_so(browser: Browser, address: str) -> None:
    for width, days in ((375, 45), (1280, 90)):
        with opened(browser, viewport={"width": width, "height": 800}) as context:
            page = context.new_page()
            page.goto(address)
            bar = page.locator(".td-bar").first
            assert bar.locator("i:visible").count() == days
            assert page.locator(".td-scale").first.inner_text().startswith(f"{days} days ago")


def test_groups_open_without_scripts(browser: Browser, address: str) -> None:
    with opened(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        closed = page.locator("details.td-group:not([open])").first
        assert closed.locator(".td-comp").first.is_hidden()
        name = closed.locator(".td-gname").inner_text()
        closed.locator("> summary").click()
        assert page.locator("details.td-group", has_text=name).locator(".td-comp").first.is_visible()


def colour(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


LIGHT, DARK = "rgb(252, 251, 249)", "rgb(19, 21, 25)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_systems_wish_decides_light_or_dark_with_and_without_scripts(
    browser: Browser, address: str, scheme: str
) -> None:
    for scripts in (True, False):
        with opened(browser, color_scheme=scheme, java_script_enabled=scripts) as context:
            page = context.new_page()
            page.goto(address)
            assert colour_of(page, scripts=scripts) == (LIGHT if scheme == "light" else DARK)


def colour_of(page: Page, *, scripts: bool) -> str:
    """Ask the browser, not the page, where the page may not run scripts: read the sheet's outcome from a picture's pixel."""
    if scripts:
        return colour(page)
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    body = session.send("DOM.querySelector", {"nodeId": root, "selector": "body"})["nodeId"]
    styles = session.send("CSS.getComputedStyleForNode", {"nodeId": body})["computedStyle"]
    return next(str(s["value"]) for s in styles if s["name"] == "background-color")


def test_a_choice_of_light_or_dark_is_kept_on_all_pages(browser: Browser, address: str) -> None:
    with opened(browser, color_scheme="light") as context:
        page = context.new_page()
        seen = watch(page)
        page.goto(address)
        for wanted in (LIGHT, DARK):
            page.locator("[data-md-component=palette] label:visible").click()
            assert colour(page) == wanted
        for path in ("history/", "about/", "ar/"):
            page.goto(address + path)
            page.wait_for_function("getComputedStyle(document.body).backgroundColor !== 'rgb(252, 251, 249)'")
            assert colour(page) == DARK, path
        page.goto(address)
        page.locator("[data-md-component=palette] label:visible").click()
        assert colour(page) == LIGHT, "the third choice is the system's"
        assert not seen.problems


def test_languages_lead_to_the_same_page(browser: Browser, address: str) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.goto(f"{address}incidents/2026-11-20-card-payments-eu/")
        page.locator("header .td-tongues a[hreflang=ar]").click()
        assert page.url == f"{address}ar/incidents/2026-11-20-card-payments-eu/"
        assert page.evaluate("document.dir || getComputedStyle(document.body).direction") == "rtl"
        page.locator("header .td-tongues a[hreflang=en]").click()
        assert page.url == f"{address}incidents/2026-11-20-card-payments-eu/"


def test_a_phone_reaches_every_page_through_the_drawer_without_scripts(browser: Browser, address: str) -> None:
    with opened(browser, java_script_enabled=False, viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name="Navigation").click()
        page.locator(".td-drawer a", has_text="History").click()
        assert page.url == f"{address}history/"


def test_the_first_tab_stop_skips_to_the_content(browser: Browser, address: str) -> None:
    with opened(browser) as context:
        page = context.new_page()
        page.goto(f"{address}history/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#content"


def test_what_a_phone_loads_is_small(browser: Browser, address: str, tmp_path: Path) -> None:
    """Uncompressed, cold: one page, sheets and a script of six kilobytes. The theme's script is not among them."""
    with opened(browser, viewport={"width": 375, "height": 800}) as context:
        page = context.new_page()
        sizes: dict[str, int] = {}
        page.on("response", lambda r: sizes.__setitem__(r.url.removeprefix(address), len(r.body())))
        page.goto(address, wait_until="networkidle")
        scripts = {url: size for url, size in sizes.items() if url.endswith(".js")}
        assert sum(scripts.values()) <= 6 * 1024, scripts
        assert len(sizes) <= 7, sizes
        assert sum(sizes.values()) < 330_000, sizes
