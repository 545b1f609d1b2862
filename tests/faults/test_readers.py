"""Readers in bad places: no scripts, no style, a slow line, old proxies, a file on disk, a host that stands alone."""

from __future__ import annotations

import functools
import http.client
import http.server
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, Request, Route

from publisher import app
from publisher.adapters.clock import SystemClock
from publisher.adapters.folder import FolderStore
from publisher.cli.main import cli
from publisher.deliver.site import next_generation, publish_all, survey
from publisher.model.policy import PagePolicy
from publisher.release.bundle import bundle
from tests.faults.pages_kit import WATCH, chromium, watch
from tests.servers import nginx
from tests.site.workspace import EXAMPLE, NOW

pytestmark = [pytest.mark.chromium, pytest.mark.nginx]

INCIDENT = "incidents/2026-11-20-card-payments-eu/"
SENTENCE = "Some card payments in the EU are being declined"
SECOND = "https://northwind-status.example/"
PAGES = (
    "", INCIDENT, "incidents/2026-11-22-reports-database-upgrade/", "history/", "history/2026-11/", "components/checkout/",
    "maintenance/", "subscribe/", "about/", "lite/", "embed/", "lost/", "ar/", "de/history/",
)  # fmt: skip
"""One of every kind."""


@dataclass(frozen=True)
class Standing:
    """The example site, published to a folder, behind nginx on both families and behind an old proxy.

    Attributes:
        folder: that nginx serves.
        port: nginx's.
        proxy: address of the proxy before it.
    """

    folder: Path
    port: int
    proxy: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


class Stripping(http.server.BaseHTTPRequestHandler):
    """An HTTP/1.1 proxy of the worst kind: passes on neither validators nor packed bodies, cookies or unknown headers."""

    protocol_version = "HTTP/1.1"
    behind = 0

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=20)
        connection.request("GET", self.path, headers={"Host": "status.northwind.example", "Connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.send_response_only(answer.status)
        for name in ("Content-Type", "Location"):
            if value := answer.getheader(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def stripping(port: int) -> Iterator[str]:
    handler = type("Handler", (Stripping,), {"behind": port})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    top = tmp_path_factory.mktemp("readers")
    built = app.build(EXAMPLE, now=NOW)
    store = FolderStore(top / "site")
    standings = survey([store])
    release = bundle(built.artifacts, generation=next_generation(standings), parent=0, built=NOW)
    [receipt] = publish_all(release, standings, policy=PagePolicy(), clock=SystemClock(), second_url=SECOND)
    assert receipt.good
    port = nginx.free_port()
    words = ["--root", str(EXAMPLE), "-q", "hosting", "nginx", "--site-root", str(top / "site"), "--port", str(port)]
    configuration = CliRunner().invoke(cli, words, catch_exceptions=False).stdout
    with nginx.running(top / "nginx", configuration, port=port), stripping(port) as proxy:
        yield Standing(folder=top / "site", port=port, proxy=proxy)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def words_of(page: Page) -> str:
    return " ".join(page.locator("body").inner_text().split())


def test_t23_each_page_is_complete_while_all_other_hosts_are_away(browser: Browser, standing: Standing) -> None:
    """T23: nothing is asked of another host, nothing is missing, and the second address is told."""
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        failed: list[str] = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.on("response", lambda r: failed.append(r.url) if r.status >= 400 and "/lost/" not in r.url else None)
        seen = watch(page, standing.url)
        for path in PAGES:
            page.goto(standing.url + path, wait_until="networkidle")
            assert page.locator("h1").first.inner_text().strip(), path
            if path != "embed/":
                assert "northwind-status.example" in page.locator(f'a[href="{SECOND}"]:visible').inner_text(), path
            assert page.evaluate("window.__refused ?? []") == [], path
        # the browser fetches what the page names, wherever it is: the control of the watch
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/x.png'}))")
        page.wait_for_timeout(50)
        assert seen.outside == ["https://elsewhere.example/x.png"]
        assert [url for url in failed if "elsewhere" not in url] == []


NAKED = "for (const s of document.querySelectorAll('link[rel~=stylesheet], style')) s.remove()"


def test_t86_without_scripts_and_style_the_first_lines_say_it(browser: Browser, standing: Standing) -> None:
    """T86: state, since when, latest words, and what is affected, in the first 25 lines of a text browser."""
    with browser.new_context(java_script_enabled=False, viewport={"width": 640, "height": 900}) as context:
        page = context.new_page()
        page.route("**/*.css", lambda route: route.abort())
        for path in ("", "lite/", "de/", "ar/"):
            page.goto(standing.url + path)
            lines = [line for line in page.locator("body").inner_text().splitlines() if line.strip()]
            first = " ".join(lines[:25])
            assert re.search(r"13:52|14:52", first), (path, lines[:25])
            if path in {"", "lite/"}:
                assert SENTENCE in first, lines[:25]
                assert "We write again by" in first or "We will tell you more by" in first
                assert "Some customers in the EU" in first or "declined" in first.partition(SENTENCE)[2], lines[:25]
        page.goto(f"{standing.url}{INCIDENT}")
        lines = [line for line in page.locator("body").inner_text().splitlines() if line.strip()]
        assert any("15:" in line or "14:" in line for line in lines[:25])
        page.goto(f"{standing.url}status.txt")
        assert SENTENCE in " ".join(page.locator("body").inner_text().splitlines()[:25])


def test_t86_no_colour_stands_without_its_word(browser: Browser, standing: Standing) -> None:
    """T86: in grey, each state is a word or a sign of its own, and each day of a bar is listed in words."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(standing.url)
        states = page.locator("main .td-state").all_text_contents()
        assert len(states) > 10
        assert all(len(text.strip()) > 2 for text in states)
        rows = page.locator(".td-comp").all()
        for row in rows:
            if row.locator(".td-bar i:is(.maint, .deg, .part, .major)").count():
                assert row.locator("details.td-days li").count() >= 1, row.inner_text()
        signs = set(page.locator("main .td-state > svg").evaluate_all("all => all.map(one => one.innerHTML)"))
        assert len(signs) >= 3, "different states have different signs"


def note(asked: list[str], request: Request) -> None:
    if request.url.startswith("http"):
        asked.append(request.url)


def test_t87_a_slow_line_gets_the_light_page_at_once(browser: Browser, standing: Standing) -> None:
    """T87: 400 kbit/s with 400 ms of delay; the light page and the home page are light, and drawn in time."""
    for path, requests, within_s, packed in (("lite/", 1, 2.5, 10), ("", 7, 4.0, 30)):
        with browser.new_context(viewport={"width": 375, "height": 800}) as context:
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            speed = 400_000 / 8
            session.send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 400, "downloadThroughput": speed, "uploadThroughput": speed},
            )
            asked: list[str] = []
            page.on("request", functools.partial(note, asked))
            page.goto(standing.url + path, wait_until="load")
            painted = page.evaluate(
                """() => new Promise(done => {
                    const known = performance.getEntriesByName('first-contentful-paint');
                    if (known.length) return done(known[0].startTime);
                    new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(e => done(e.startTime)))
                        .observe({type: 'paint', buffered: true});
                })"""
            )
            size = page.evaluate("performance.getEntriesByType('navigation')[0].transferSize")
            print(f"/{path}: {len(asked)} requests, {size} bytes, painted after {painted:.0f} ms")
            assert len(asked) <= requests, asked
            assert size <= packed * 1024
            assert 400 < painted <= within_s * 1000


def answer_scripts(page: Page, body: bytes) -> None:
    """Let something on the way answer for every script."""

    def fulfil(route: Route) -> None:
        route.fulfill(body=body, content_type="text/javascript")

    page.route("**/*.js", fulfil)


def test_t88_a_script_that_was_tampered_with_is_refused(browser: Browser, standing: Standing) -> None:
    """T88: a byte more than was published, and the browser does not run it; the page stands without."""
    for path, name in (("", "tidings"), ("about/", "javascripts/bundle")):
        for more in (b"", b"\ndocument.title = 'taken'"):
            with browser.new_context() as context:
                page = context.new_page()
                seen = watch(page, standing.url)
                [file] = standing.folder.glob(f"assets/{name}.*.js")
                answer_scripts(page, file.read_bytes() + more)
                page.goto(standing.url + path, wait_until="load")
                refused = [text for text in seen.problems if "integrity" in text]
                assert bool(refused) is bool(more), (path, seen.problems)
                assert page.title() != "taken"
                assert page.locator("h1").first.is_visible()
                assert (page.locator("html.no-js").count() == 1) is bool(more)


def test_t89_behind_a_proxy_that_strips_everything(browser: Browser, standing: Standing) -> None:
    """T89: HTTP/1.1, no validators, no packing, no policy; scripts work, and a page says its age."""
    with browser.new_context(timezone_id="America/New_York") as context:
        page = context.new_page()
        seen = watch(page, standing.proxy)
        for path in PAGES:
            answer = page.goto(standing.proxy + path, wait_until="load")
            assert answer is not None
            assert not {"etag", "content-security-policy", "content-encoding"} & set(answer.headers)
            assert page.locator("h1").first.inner_text().strip(), path
        # one page is lost, and one names no icon
        assert [text for text in seen.problems if "404 (Not Found)" not in text] == []
        page.goto(standing.proxy)
        page.locator(".td-zone", has_text="America/New_York").wait_for()
        assert page.locator(".td-stamp time").get_attribute("datetime") == "2026-11-20T15:04:10Z"
        assert seen.outside == []


def test_t89_on_a_listener_of_ipv6_alone(browser: Browser, standing: Standing, tmp_path: Path) -> None:
    """T89: no address of the fourth version anywhere."""
    port = nginx.free_port()
    configuration = (standing.folder.parent / "nginx" / "site.conf").read_text(encoding="utf-8")
    six = re.sub(rf"^\s*listen {standing.port}\b.*\n", "", configuration, flags=re.MULTILINE)
    assert six != configuration
    six = six.replace(f"[::]:{standing.port}", f"[::]:{port} ipv6only=on").replace(
        "ipv6only=on ipv6only=on", "ipv6only=on"
    )
    with nginx.running(tmp_path / "nginx", six, port=port, hosts=["::1"]), browser.new_context() as context:
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        page = context.new_page()
        seen = watch(page, f"http://[::1]:{port}/")
        for path in ("", INCIDENT, "lite/", "about/"):
            page.goto(f"http://[::1]:{port}/{path}", wait_until="load")
            assert page.locator("h1").first.inner_text().strip()
        assert (seen.outside, seen.problems) == ([], [])


def test_t89_saved_to_disk(browser: Browser, standing: Standing, tmp_path: Path) -> None:
    """T89: the folder opened as files, and one page alone as a browser saves it; both say of when they are."""
    alone = tmp_path / "saved.html"
    shutil.copy(standing.folder / "lite" / "index.html", alone)
    with browser.new_context() as context:
        page = context.new_page()
        seen = watch(page, "file://")
        for path in ("index.html", f"{INCIDENT}index.html", "ar/index.html", "about/index.html"):
            page.goto((standing.folder / path).as_uri(), wait_until="load")
            assert page.locator("h1").first.is_visible(), path
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(252, 251, 249)", path
            if path == "index.html":
                assert "2026-11-20T15:04:10Z" in words_of(page), "when it was built"
        page.goto(alone.as_uri())
        assert SENTENCE in words_of(page)
        assert "As of 20 November 2026" in words_of(page)
        assert seen.outside == []
        # browsers cannot check what a file is; they leave our script out, and nothing else
        assert {text.split(":")[0] for text in seen.problems} <= {"Subresource Integrity"}
