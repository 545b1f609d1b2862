"""What a writer sees in the browser while the site changes under it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from publisher.adapters.preview_server import Page, PreviewServer, Screen, own_pages

pytestmark = pytest.mark.chromium

ERROR = {
    "level": "error",
    "where": "incidents/2026-11-20-cards.md:6:14",
    "code": "TID110",
    "what": "No component is called '<b>chekout</b>'.",
    "fix": "Did you mean 'checkout'?",
}
STRICT = "default-src 'none'; script-src 'sha256-abc'; style-src 'self'"


def screen(words: str, revision: int, *problems: dict[str, str], policy: str | None = None) -> Screen:
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/html; charset=utf-8"),)
    headers += (("content-security-policy", policy),) if policy else ()
    page = Page(body=f"<!doctype html><html><body><h1>{words}</h1></body></html>".encode(), headers=headers)
    return Screen(revision=revision, pages={**own_pages(), "index.html": page}, problems=problems)


@pytest.fixture
def server() -> Iterator[PreviewServer]:
    started = PreviewServer(port=0)
    yield started
    started.close()


@pytest.mark.parametrize("policy", [None, STRICT], ids=["open", "strict"])
def test_the_open_page_follows_every_build(server: PreviewServer, browser: Browser, policy: str | None) -> None:
    """Reload on new pages; a banner, without reload, for what must be mended; both under a strict content policy."""
    server.show(screen("First", 1, policy=policy))
    page = browser.new_page()
    broken: list[str] = []
    page.on("console", lambda said: broken.append(said.text) if said.type == "error" else None)
    page.goto(server.url)
    banner = page.get_by_role("status", name="Preview")
    expect(page.get_by_role("heading")).to_have_text("First")
    expect(banner).to_be_hidden()

    server.show(screen("Second", 2, policy=policy))
    expect(page.get_by_role("heading")).to_have_text("Second")

    page.evaluate("document.body.dataset.kept = 'yes'")
    server.show(screen("Second", 2, ERROR, policy=policy))
    expect(banner).to_contain_text("1 to mend before this can be published")
    expect(banner).to_contain_text("incidents/2026-11-20-cards.md:6:14 TID110 No component is called '<b>chekout</b>'.")
    assert page.evaluate("document.body.dataset.kept") == "yes", "the page was not reloaded"

    server.show(screen("Third", 3, policy=policy))
    expect(page.get_by_role("heading")).to_have_text("Third")
    expect(banner).to_be_hidden()
    assert broken == []
    page.close()
