"""What users of another site see: the banner, the frame and the badges, in Chromium, across origins."""

from __future__ import annotations

import functools
import http.server
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from publisher.model.component import Impact
from publisher.model.history import History
from publisher.model.incident import Status
from publisher.render.artifacts import data_artifacts
from publisher.render.embed_script import BUDGET
from publisher.render.views import project_all
from tests.unit.render.histories import NOW, SITE, busy, history, incident, maintenance, minutes, update

pytestmark = pytest.mark.chromium

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
Made = dict[str, tuple[str, bytes]]


def made(whole: History, now: datetime = NOW) -> Made:
    artifacts = data_artifacts(project_all(whole, now=now))
    return {a.path: (dict(a.headers)["content-type"], a.body) for a in artifacts}


@functools.cache
def usual() -> Made:
    return made(busy())


@functools.cache
def quiet() -> Made:
    return made(history())


@dataclass
class Server:
    """Serves what it is given, with the same headers on everything."""

    files: Made = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    broken: bool = False
    url: str = ""

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0].lstrip("/")
        path += "index.html" if path.endswith("/") or not path else ""
        self.asked.append((path, dict(request.headers.items())))
        found = None if self.broken and path.endswith(".json") else self.files.get(path)
        # browsers ask for an icon of their own accord
        request.send_response(200 if found else 204 if path == "favicon.ico" else 404)
        content_type, body = found or ("text/plain", b"")
        for name, value in {"content-type": content_type, **self.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listener.server_port}/"
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(timeout=5)


@pytest.fixture
def status() -> Iterator[Server]:
    with serving(Server(files=dict(usual()), headers={"access-control-allow-origin": "*"})) as server:
        yield server


@pytest.fixture
def host(status: Server) -> Iterator[Server]:
    """An application with a policy as strict as they come: no style of others, no HTML made from text."""
    policy = (
        f"default-src 'none'; script-src {status.url}; connect-src {status.url}; style-src 'self'; img-src 'none';"
        " base-uri 'none'; require-trusted-types-for 'script'"
    )
    with serving(Server(headers={"content-security-policy": policy})) as server:
        yield server


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield started
        started.close()


def application(status: Server, options: str = "", *, lang: str = "en", script: str = "") -> Made:
    """Write an application's page, the script in its head or where `script` stands."""
    tag = f'<script src="{status.url}embed.js" {options}></script>'
    head, inside = (tag.replace("<script", "<script defer"), "") if not script else ("", tag)
    page = (
        f'<!doctype html><html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Till</title>'
        f'<link rel="stylesheet" href="/app.css">{head}</head><body>'
        f'<main><h1>Your till</h1>{inside}<p><input aria-label="Amount"></p>'
        f"<p>{'Takings of the day, and what was sold. ' * 30}</p></main></body></html>"
    )
    sheet = "body{margin:0;font-family:sans-serif;line-height:1.5}main{padding:1rem}p{margin:1rem 0;color:#333}"
    if "dark" in options:
        sheet += "body{background:#101114}h1,p{color:#ddd}"
    return {"index.html": ("text/html; charset=utf-8", page.encode()), "app.css": ("text/css", sheet.encode())}


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[tuple[BrowserContext, Page, list[str]]]:
    with browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}) as context:
        page = context.new_page()
        page.clock.install(time=NOW)
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        yield context, page, problems


def banner(page: Page) -> Locator:
    return page.get_by_role("region", name="How things stand now")


def with_news() -> History:
    """The same page after one more update of the open incident."""
    whole = busy()
    [first] = [i for i in whole.incidents if i.id.endswith("payments")]
    more = update(
        NOW - minutes(1), Status.UPDATE, "Half of it works again.", components={"payments": Impact.DEGRADED_PERFORMANCE}
    )
    changed = replace(first, updates=(*first.updates, more))
    return replace(whole, incidents=tuple(changed if i is first else i for i in whole.incidents))


def test_seen_dismissed_remembered_and_back_with_news(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (context, page, problems):
        page.goto(host.url)
        page.get_by_label("Amount").focus()
        expect(banner(page)).to_be_visible()
        words = page.get_by_role("status")
        expect(words).to_contain_text("Major outage Payments fail in the EU.")
        expect(words).to_contain_text("Found it <at last>.")
        expect(words).to_contain_text("We write again by 15:20 UTC")
        expect(words).to_contain_text("Under maintenance")
        assert page.evaluate("document.activeElement.ariaLabel") == "Amount", "focus stays where it was"
        address = words.get_by_role("link", name="Payments fail in the EU.").get_attribute("href")
        assert address is not None
        assert address.startswith("https://status.example.com/incidents/2026-11-20-payments/?utm_source=in_app&")

        page.get_by_role("button", name="Dismiss").click()
        expect(banner(page)).to_have_count(0)
        expect(page.get_by_role("button", name="Dismiss")).to_be_hidden()
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(words).to_be_empty()
        expect(page.locator("tidings-banner section")).to_have_css("display", "block")

        status.files = made(with_news())
        page.reload()
        expect(words).to_contain_text("Half of it works again.")
        expect(words).not_to_contain_text("Under maintenance")  # nothing new there since
        assert problems == []
        assert context.cookies() == []
    [asked] = [h for path, h in status.asked if path == "api/banner.json"][:1]
    assert "Referer" not in asked, "nobody learns from which page"


def until_asked(page: Page, status: Server) -> None:
    """Let a minute pass until it asks, and then no more: time that is let pass gives a slow answer up."""
    before = len(status.asked)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    with page.expect_response("**/api/banner.json"):
        for _ in range(32):
            page.clock.run_for(2_000)
            page.wait_for_timeout(20)
            if seen:
                break
    assert len(status.asked) == before + 1
    page.wait_for_load_state("networkidle")


def test_an_open_page_asks_once_a_minute_while_it_is_looked_at(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (_context, page, problems):
        page.goto(host.url)
        expect(page.get_by_role("status")).to_contain_text("Found it")
        count = len(status.asked)
        page.clock.run_for(50_000)
        assert len(status.asked) == count
        status.files = made(with_news())
        until_asked(page, status)
        expect(page.get_by_role("status")).to_contain_text("Half of it works again.")
        status.files = dict(quiet())
        until_asked(page, status)
        expect(banner(page)).to_have_count(0)
        assert problems == []


def test_a_hidden_page_asks_nothing_until_it_is_looked_at(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        page.add_init_script("window.away = true; Object.defineProperty(document, 'hidden', {get: () => away})")
        page.goto(host.url)
        page.clock.run_for(200_000)
        assert not [path for path, _ in status.asked if path.endswith(".json")]
        page.evaluate("away = false; document.dispatchEvent(new Event('visibilitychange'))")
        expect(banner(page)).to_be_visible()


def test_the_words_stay_while_one_of_their_links_has_the_focus(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        page.get_by_role("link", name="Payments fail in the EU.").focus()
        status.files = dict(quiet())
        until_asked(page, status)
        expect(page.get_by_role("link", name="Payments fail in the EU.")).to_be_focused()
        page.get_by_label("Amount").focus()
        for _ in range(5):  # a look that was under way when the focus moved still saw it
            until_asked(page, status)
            if not banner(page).count():
                break
        expect(banner(page)).to_have_count(0)


def test_the_keyboard_reaches_and_dismisses(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        expect(banner(page)).to_be_visible()
        for _ in range(3):
            page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Dismiss")).to_be_focused()
        page.keyboard.press("Enter")
        expect(banner(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("options", "seen", "unseen"),
    [
        pytest.param('data-components="reports"', "Planned work", "", id="reports lean on checkout, that on payments"),
        pytest.param('data-components="website, payments"', "Payments fail", "Planned work", id="one of two"),
        pytest.param('data-components="website"', "", "Payments", id="none of ours"),
    ],
)
def test_an_application_hears_of_its_components_alone(  # noqa: PLR0917
    browser: Browser, status: Server, host: Server, options: str, seen: str, unseen: str
) -> None:
    host.files = application(status, options)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        page.wait_for_load_state("networkidle")
        words = page.get_by_role("status")
        expect(words).to_contain_text(seen) if seen else expect(words).to_be_empty()
        if unseen:
            expect(words).not_to_contain_text(unseen)


@pytest.mark.parametrize(
    ("options", "lang", "direction", "said"),
    [
        ("", "de-AT", "ltr", "Zahlungen schlagen fehl."),
        ('data-locale="ar"', "en", "rtl", "انقطاع"),
        ('data-locale="xx"', "de", "ltr", "Zahlungen schlagen fehl."),
        ('data-locale="../../evil"', "pt", "ltr", "Payments fail in the EU."),
    ],
)
def test_the_banner_speaks_the_language_asked_for_else_the_pages(  # noqa: PLR0917
    browser: Browser, status: Server, host: Server, options: str, lang: str, direction: str, said: str
) -> None:
    host.files = application(status, options, lang=lang)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        expect(page.get_by_role("status")).to_contain_text(said)
        expect(page.locator("tidings-banner section")).to_have_css("direction", direction)


def hostile() -> History:
    name = replace(SITE, name=f"Status {EVIL}")
    told = [update(NOW - minutes(5), Status.INVESTIGATING, f"`{EVIL}` and {EVIL}")]
    return history(incident(NOW - minutes(9), told, title=EVIL, headline=EVIL), site=name)


def test_words_of_any_kind_are_words(browser: Browser, status: Server, host: Server) -> None:
    status.files = made(hostile())
    host.files = application(status)
    with opened(browser) as (_context, page, problems):
        page.goto(host.url)
        expect(page.get_by_role("status")).to_contain_text("<img src=x onerror=")
        assert page.locator("tidings-banner img").count() == 0
        assert page.title() == "Till"
        page.goto(f"{status.url}embed/")
        expect(page.get_by_role("heading")).to_contain_text("<img src=x onerror=")
        assert page.locator("img, script").count() == 0
        for path in ("badge.svg", "badge/payments.svg"):
            page.goto(status.url + path)
            assert page.locator("img, script").count() == 0
        assert problems == []


def test_an_address_that_is_none_is_not_followed(browser: Browser, status: Server, host: Server) -> None:
    kind, body = status.files["api/banner.json"]
    document = json.loads(body)
    document["items"][0]["url"] = "javascript:document.title='owned'"
    status.files["api/banner.json"] = (kind, json.dumps(document).encode())
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        link = page.get_by_role("link", name="Payments fail in the EU.")
        expect(link).to_have_attribute("href", status.url)


def break_answer(status: Server) -> None:
    status.broken = True


def refuse_access(status: Server) -> None:
    status.headers = {}


def spoil(status: Server) -> None:
    status.files["api/banner.json"] = ("application/json", b'{"items": 7')


@pytest.mark.parametrize("harm", [break_answer, refuse_access, spoil])
def test_nothing_is_shown_and_nothing_thrown_when_the_status_page_is_in_trouble(
    browser: Browser, status: Server, host: Server, harm: Callable[[Server], None]
) -> None:
    harm(status)
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        thrown: list[str] = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(host.url)
        page.wait_for_load_state("networkidle")
        assert [path for path, _ in status.asked if path.endswith(".json")], "it was asked"
        expect(page.get_by_role("status")).to_be_empty()
        box = page.locator("tidings-banner").bounding_box()
        assert box is not None
        assert box["height"] == 0
        assert thrown == []


def test_refused_storage_is_made_up_for_while_the_page_is_open(browser: Browser, status: Server, host: Server) -> None:
    host.files = application(status)
    with opened(browser) as (_context, page, problems):
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
        )
        page.goto(host.url)
        page.get_by_role("button", name="Dismiss").click()
        expect(banner(page)).to_have_count(0)
        until_asked(page, status)
        expect(banner(page)).to_have_count(0)
        assert problems == []


@pytest.mark.parametrize("position", ["top", "bottom", "inline"])
def test_it_stands_where_it_is_wanted(browser: Browser, status: Server, host: Server, position: str) -> None:
    host.files = application(status, f'data-position="{position}"', script="here" if position == "inline" else "")
    with opened(browser, viewport={"width": 320, "height": 640}) as (_context, page, problems):
        page.goto(host.url)
        expect(banner(page)).to_be_visible()
        box, heading = banner(page).bounding_box(), page.get_by_role("heading", name="Your till").bounding_box()
        assert box is not None
        assert heading is not None
        if position == "top":
            assert box["y"] == 0
            assert heading["y"] >= box["height"]
        elif position == "bottom":
            assert 600 < box["y"] + box["height"] <= 640
        else:
            assert box["y"] >= heading["y"] + heading["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        button = page.get_by_role("button", name="Dismiss").bounding_box()
        assert button is not None
        assert min(button["width"], button["height"]) >= 24
        assert problems == []


@pytest.mark.parametrize(("wish", "animated"), [("no-preference", "i"), ("reduce", "none")])
def test_nothing_moves_for_those_who_want_no_motion(
    browser: Browser, status: Server, host: Server, wish: str, animated: str
) -> None:
    host.files = application(status)
    with opened(browser, reduced_motion=wish) as (_context, page, _problems):
        page.goto(host.url)
        expect(banner(page)).to_have_css("animation-name", animated)


@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [
        ("auto", "light", False),
        ("auto", "dark", True),
        ("dark", "light", True),
        ("light", "dark", False),
    ],
)
def test_light_and_dark(browser: Browser, status: Server, host: Server, theme: str, scheme: str, *, dark: bool) -> None:
    host.files = application(status, f'data-theme="{theme}"')
    with opened(browser, color_scheme=scheme) as (_context, page, _problems):
        page.goto(host.url)
        expect(banner(page)).to_have_css("background-color", "rgb(22, 24, 28)" if dark else "rgb(255, 255, 255)")


def test_a_copy_on_ones_own_host_asks_the_status_page(browser: Browser, status: Server, host: Server) -> None:
    host.headers = {"content-security-policy": f"default-src 'none'; script-src 'self'; connect-src {status.url}"}
    host.files = application(status, f'data-from="{status.url}"')
    kind, page_body = host.files["index.html"]
    host.files["index.html"] = (kind, page_body.replace(status.url.encode() + b"embed.js", b"/embed.js"))
    host.files["embed.js"] = status.files["embed.js"]
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        expect(banner(page)).to_be_visible()


def test_the_script_is_small_whatever_languages_there_are() -> None:
    many = ("en", "de", "fr", "es", "ja", "ar", "pt-BR", "zh-Hans", "zh-Hant", "it")
    for locales in (SITE.locales, many):
        _kind, body = made(history(site=replace(SITE, locales=locales)))["embed.js"]
        assert len(body) <= BUDGET


def violations(page: Page) -> list[str]:
    """Ask axe-core for everything it knows, best practice too."""
    page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found["violations"]]


@pytest.mark.npm
@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_banner(
    browser: Browser, status: Server, host: Server, lang: str, scheme: str
) -> None:
    for position in ("top", "bottom", "inline"):
        options = f'data-position="{position}" data-theme="{scheme}"'
        host.files = application(status, options, lang=lang, script="here" if position == "inline" else "")
        with opened(browser, reduced_motion="reduce") as (_context, page, _problems):
            page.goto(host.url)
            expect(page.get_by_role("status")).not_to_be_empty()
            assert violations(page) == []


@pytest.mark.npm
@pytest.mark.parametrize("path", ["embed/", "de/embed/", "ar/embed/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_frame(browser: Browser, status: Server, path: str, scheme: str) -> None:
    for files in (usual(), quiet()):
        status.files = dict(files)
        with opened(browser, color_scheme=scheme) as (_context, page, problems):
            page.goto(status.url + path)
            assert violations(page) == []
            assert problems == []


def test_the_frame_says_all_without_scripts_even_in_a_sandbox(browser: Browser, status: Server, host: Server) -> None:
    host.headers = {"content-security-policy": f"default-src 'none'; frame-src {status.url}"}
    status.headers = {
        "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors *",
        "cross-origin-resource-policy": "cross-origin",
    }
    frame = f'<iframe title="Status" sandbox="allow-popups" src="{status.url}embed/" width="600" height="120"></iframe>'
    host.files = {"index.html": ("text/html", f"<!doctype html><title>Till</title>{frame}".encode())}
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("heading")).to_have_text("Major outage Payments fail in the EU.")
        expect(inside.get_by_text("We write again by 15:20 UTC")).to_be_visible()
        assert inside.get_by_role("heading").get_by_role("link").get_attribute("target") == "_blank"
        expect(inside.locator("main")).to_have_css("display", "flex")  # its sheet came, too


@pytest.mark.parametrize("locale", ["", "de/", "ar/"])
def test_a_badges_words_stay_in_their_boxes(browser: Browser, status: Server, locale: str) -> None:
    """With the typeface of this machine, and nothing stretched: the computed widths are near the real ones."""
    with opened(browser) as (_context, page, problems):
        for path in [p for p in status.files if p.startswith(f"{locale}badge") and p.endswith(".svg")]:
            page.goto(status.url + path)
            sizes: list[tuple[float, float]] = page.evaluate(
                """() => [...document.querySelectorAll('text')].map(t => {
                    const wanted = +t.getAttribute('textLength');
                    t.removeAttribute('textLength');
                    return [t.getComputedTextLength(), wanted];
                })"""
            )
            for real, wanted in sizes:
                if wanted:
                    assert 0.8 < wanted / real < 1.25, path
            boxes = page.evaluate(
                "[...document.querySelectorAll('text, .sign')].map(t => t.getBoundingClientRect().toJSON())"
            )
            boxes.sort(key=lambda box: float(box["left"]))
            assert boxes[0]["left"] >= 0
            assert boxes[-1]["right"] <= float(page.evaluate("document.documentElement.getAttribute('width')"))
            assert all(a["right"] <= b["left"] for a, b in itertools.pairwise(boxes)), path
        assert problems == []


def test_maintenance_is_told_while_it_lasts(browser: Browser, status: Server, host: Server) -> None:
    planned = [update(NOW - minutes(600), Status.SCHEDULED, "We will change a disk.")]
    status.files = made(history(maintenance(NOW - minutes(10), NOW + minutes(50), planned, title="Disk change")))
    host.files = application(status)
    with opened(browser) as (_context, page, _problems):
        page.goto(host.url)
        words = page.get_by_role("status")
        expect(words).to_contain_text("Under maintenance")
        expect(words).to_contain_text("14:50 to 15:50 UTC")
