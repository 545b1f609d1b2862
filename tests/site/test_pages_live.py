"""A tab that stays open while somebody really publishes, and what readers of each language see."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, expect

from publisher.cli.main import cli
from publisher.render.artifacts import data_artifacts
from publisher.render.views import project_all
from publisher.site.fill import page_artifacts
from publisher.site.frames import load_frames
from tests.faults.pages_kit import Host, chromium, hosting, watch
from tests.site.workspace import EXAMPLE
from tests.unit.render.histories import NOW, SITE, busy

pytestmark = pytest.mark.chromium

BEGUN = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
FILES = {
    "mkdocs.yml": """site_name: Crumb status
site_url: https://status.crumb.example/
docs_dir: site_src
theme: {name: material}
plugins:
  - tidings: {locales: [en]}
""",
    "policy/components.yml": "components: {payments: {name: Card payments}}\n",
    "site_src/about.md": "# About\n\nBread.\n",
    "incidents/2026-11-20-cards.md": """---
title: Card payments fail
category: outage
severity: sev2
components: {payments: partial_outage}
started: 2026-11-20T14:00:00Z
---

## 2026-11-20 14:05 UTC · Investigating

Some card payments fail.
""",
}
NEWS = "\n## 2026-11-20 14:20 UTC · Resolved\n\nAll card payments work again.\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def publish(root: Path, now: str) -> None:
    done = CliRunner().invoke(
        cli, ["--root", str(root), "--now", now, "-q", "publish"], catch_exceptions=False, standalone_mode=False
    )
    assert done.return_value == 0, done.stderr


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def status(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A repository that was published once, and the address its folder is served at."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    publish(tmp_path, "2026-11-20T14:08:00Z")
    handler = functools.partial(_Quiet, directory=str(tmp_path / "out" / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_an_open_tab_hears_of_a_publish_within_a_minute(browser: Browser, status: tuple[Path, str]) -> None:
    root, url = status
    with browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB") as context:
        page = context.new_page()
        page.clock.install(time=BEGUN)
        seen = watch(page, url)
        page.goto(url)
        since = page.locator(".td-now time").first
        expect(since).to_have_text(re.compile(r"^23:00 (JST|GMT\+9) \(10 minutes ago\)$"))
        assert since.get_attribute("title") == "14:00 UTC"
        live = page.get_by_role("status")
        assert live.get_attribute("aria-live") in {None, "polite"}, "a status waits until the reader pauses"
        page.clock.run_for(61_000)
        page.wait_for_timeout(100)
        expect(live).to_be_empty()

        cards = root / "incidents/2026-11-20-cards.md"
        cards.write_text(cards.read_text(encoding="utf-8") + NEWS, encoding="utf-8")
        publish(root, "2026-11-20T14:21:00Z")
        before = page.evaluate("Date.now()")
        for _ in range(6):
            page.clock.run_for(10_000)
            page.wait_for_timeout(60)
            if live.inner_text():
                break
        expect(live).to_contain_text("There is news on this page.")
        assert page.evaluate("Date.now()") - before <= 60_500
        assert page.title().startswith("Everything works")
        assert "Card payments fail" in page.locator("h1").inner_text(), "nothing moves under the reader's eyes"
        live.get_by_role("link").click()
        expect(page.locator("h1")).to_have_text("Everything works.")
        assert (seen.outside, seen.problems, context.cookies()) == ([], [], [])


TONGUES = ("en", "de", "ar", "ja", "fr", "es")


@pytest.fixture(scope="module")
def babel() -> Iterator[Host]:
    """One of everything, in six languages; one incident is half translated into German, and was once into Arabic."""
    with hosting(Host()) as host:
        whole = busy(replace(SITE, locales=TONGUES, url=host.url))
        views = project_all(whole, now=NOW)
        host.take((*page_artifacts(views, load_frames(EXAMPLE, whole.site, cache=None)), *data_artifacts(views)))
        yield host


INCIDENT = "incidents/2026-11-20-payments/"
SAID = {
    "en": ("Major outage", "20 November 2026", "Components"),
    "de": ("Schwerer Ausfall", "20. November 2026", "Komponenten"),
    "ar": ("انقطاع كبير", "20 نوفمبر 2026", "المكوّنات"),
    "ja": ("重大な障害", "2026年11月20日", "コンポーネント"),
    "fr": ("Panne majeure", "20 novembre 2026", "Composants"),
    "es": ("Interrupción grave", "20 de noviembre de 2026", "Componentes"),
}


@pytest.mark.parametrize("locale", TONGUES)
def test_each_language_has_its_page_its_dates_and_honest_notices(browser: Browser, babel: Host, locale: str) -> None:
    tree = "" if locale == "en" else f"{locale}/"
    with browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        seen = watch(page, babel.url)
        page.goto(babel.url + tree)
        html = page.locator("html")
        assert html.get_attribute("lang") == locale
        assert html.get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
        words = page.locator("main").inner_text()
        for said in (SAID[locale][0], SAID[locale][2]):
            assert said in words
        feed = page.locator('link[type="application/atom+xml"]').first.get_attribute("href")
        assert feed is not None
        body = page.request.get(f"{babel.url}{tree}{feed.removeprefix('./')}").text()
        assert f'xml:lang="{locale}"' in body
        api = page.request.get(f"{babel.url}{tree}api/banner.json").json()
        assert api["locale"] == locale

        page.goto(f"{babel.url}{tree}{INCIDENT}")
        page_words = page.locator("main").inner_text()
        assert SAID[locale][1] in page_words
        assert not re.search("[٠-٩]", page_words), "CLDR's digits for Arabic at large"
        foreign = [one.inner_text() for one in page.locator("main [lang=en]").all()] if locale != "en" else []
        notices = page.locator("main .td-notice").count()
        match locale:
            case "en":
                assert notices == 0
            case "de":
                assert "Zahlungen schlagen fehl" in page_words
                assert any("Found it" in text for text in foreign), "what is not translated stands in English, marked"
                assert notices >= 1
            case _:
                assert any("Payments fail" in text for text in foreign)
                assert "قديم" not in page_words, "never words of an older source"
                assert notices >= 1
        for other in TONGUES:
            link = page.locator(f'a[hreflang="{other}"]').first
            if other != locale:
                expect(link).to_have_attribute("href", re.compile(INCIDENT))
        assert seen.problems == []
