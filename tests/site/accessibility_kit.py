"""What the tests of accessibility share: which pages, a server, what is cut off."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

INCIDENT = "incidents/2026-11-20-card-payments-eu/"
PAGES = (
    "",
    "calm.html",
    INCIDENT,
    "incidents/2026-11-22-reports-database-upgrade/",
    "components/checkout/",
    "history/",
    "history/2026-11/",
    "maintenance/",
    "subscribe/",
    "404.html",
    "accessibility/",
    "lite/",
    "embed/",
)
"""One of each type; `calm.html` is the home page of the same company on a good day."""
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (640, 160, 1280, 384)
"""CSS pixels; see the module's docstring."""
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}
UNFRAMED = ("lite/", "embed/")
"""Pages without the theme, complete by themselves."""
SEVEN = ("en", "de", "fr", "es", "ja", "ar", "he")


def pages_of(locale: str) -> tuple[str, ...]:
    """Give a language's addresses; the page for unknown addresses is one for all."""
    return PAGES if locale == "en" else tuple(f"{locale}/{path}" for path in PAGES if path != "404.html")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def opened(browser: Browser, width: int = 1280, **options: Any) -> BrowserContext:
    return browser.new_context(**{"viewport": {"width": width, "height": 800}, **options})


def wide(page: Page, width: int, height: int = 800) -> None:
    page.set_viewport_size({"width": width, "height": height})


CUT = """() => {
    const wide = document.documentElement, out = [];
    if (wide.scrollWidth > wide.clientWidth) out.push(`scrolls: ${wide.scrollWidth} in ${wide.clientWidth}`);
    const hides = new Set(["hidden", "clip"]);
    for (const node of document.querySelectorAll("body *")) {
        if (!node.textContent.trim() || !node.checkVisibility() || node.closest("[aria-hidden=true], .td-hidden, .md-skip")) continue;
        const style = getComputedStyle(node);
        if (hides.has(style.overflowX) && node.scrollWidth > node.clientWidth + 1 && node.clientWidth)
            out.push(`cut: ${node.className || node.tagName} ${node.scrollWidth} in ${node.clientWidth}`);
        if (hides.has(style.overflowY) && node.scrollHeight > node.clientHeight + 1 && node.clientHeight > 1)
            out.push(`cut: ${node.className || node.tagName} ${node.scrollHeight} high in ${node.clientHeight}`);
    }
    return out;
}"""
"""What a reader cannot reach by scrolling in one direction: a page wider than its window, a box that hides its text."""


def write_locale(root: Path, locale: str) -> None:
    """Add a language of the company's own to a copy of the example, as yet without words."""
    (root / "locale").mkdir()
    header = f'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    (root / "locale" / f"{locale}.po").write_text(header, encoding="utf-8")
