"""Finding and passing on, in Chromium, under the policy that hosts are given: search, pictures, checked copies."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from publisher import app
from publisher.hosting.policy import headers
from publisher.hosting.survey import kind_of, survey
from publisher.model.digest import sha256
from publisher.model.release import Artifact
from tests.site.workspace import EXAMPLE, NOW, copy_example, parsed

pytestmark = pytest.mark.chromium

AXE = EXAMPLE / "node_modules" / "axe-core" / "axe.min.js"
Files = Mapping[str, Artifact]


@contextmanager
def serving(files: Files) -> Iterator[str]:
    """Serve artifacts with the headers a host is told to send."""
    site = survey(files.values(), locales=("en", "de", "ar"), pointer_cache="no-cache")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            found = files.get(path + "index.html" if path.endswith("/") or not path else path)
            body = found.body if found else b""
            self.send_response(200 if found else 404)
            if found:
                self.send_header("content-type", dict(found.headers)["content-type"])
                for name, value in headers(kind_of(path), site, secure=False):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@functools.cache
def site() -> Files:
    return {artifact.path: artifact for artifact in app.build(EXAMPLE, now=NOW).artifacts}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(site()) as url:
        yield url


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield started
        started.close()


def listened(reader: BrowserContext) -> tuple[Page, list[str], list[str]]:
    """Open a tab; give it with what it asks for and what the browser complains about."""
    page = reader.new_page()
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    return page, asked, told


@pytest.mark.parametrize(
    ("tree", "typed", "title"),
    [
        ("", "CARD payments", "Card payments failing in the EU"),
        ("de/", "kartenzahlungen eu", "Kartenzahlungen in der EU schlagen fehl"),
        # without the sign for a doubled letter, which the title has
        ("ar/", "تعذر الدفع بالبطاقة", "تعذّر الدفع بالبطاقة في الاتحاد الأوروبي"),
    ],
)
def test_a_reader_finds_an_incident(browser: Browser, address: str, tree: str, typed: str, title: str) -> None:
    with browser.new_context() as reader:
        page, asked, told = listened(reader)
        page.goto(f"{address}{tree}search/")
        assert not [url for url in asked if url.endswith(".json") and "release" not in url], (
            "nothing before it is wanted"
        )
        box = page.get_by_role("searchbox")
        box.focus()
        box.press_sequentially(typed)
        found = page.locator(".td-found a")
        expect(found.first).to_have_text(title)
        expect(page.locator(".td-search [role=status]")).to_contain_text(str(found.count()))
        assert [url.removeprefix(f"{address}{tree}search/") for url in asked if "/search/2" in url] == [
            "2026.json",
            "2025.json",
        ]
        assert all(url.startswith(address) for url in asked)
        assert page.url.startswith(f"{address}{tree}search/?q=")
        box.fill("zzzz-nothing")
        expect(found).to_have_count(0)
        expect(page.locator(".td-search [role=status]")).not_to_be_empty()
        page.goto(f"{address}{tree}search/?q={typed}")
        expect(found.first).to_have_text(title)
        found.first.click()
        page.wait_for_url(f"{address}{tree}incidents/2026-11-20-card-payments-eu/")
        assert told == []


def test_search_takes_words_for_words(browser: Browser, address: str) -> None:
    """What is typed is neither a pattern nor markup, and a broken index is said in words."""
    with browser.new_context() as reader:
        page, _, told = listened(reader)
        page.goto(f"{address}search/?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20.*")
        expect(page.locator(".td-search [role=status]")).to_have_text("Nothing found.")
        page.get_by_role("searchbox").fill("e")
        expect(page.locator(".td-found li").first).to_be_visible()
        assert page.locator(".td-found li").count() <= 50
        assert told == []
        page.route("**/search/*.json", lambda route: route.fulfill(status=503))
        page.goto(f"{address}search/?q=card")
        expect(page.locator(".td-search [role=status]")).to_contain_text("cannot be used right now")


@pytest.mark.npm
def test_answers_are_accessible_in_light_and_dark_and_on_a_phone(browser: Browser, address: str) -> None:
    wanted: tuple[tuple[Literal["light", "dark"], int, str], ...] = (("light", 1280, ""), ("dark", 320, "ar/"))
    for scheme, width, tree in wanted:
        with browser.new_context(
            bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 700}
        ) as reader:
            page = reader.new_page()
            page.goto(f"{address}{tree}search/?q=2026")
            expect(page.locator(".td-found li").first).to_be_visible()
            page.add_script_tag(path=AXE)
            found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })")
            assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_script_the_search_leads_to_the_history(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as reader:
        page = reader.new_page()
        page.goto(f"{address}search/")
        assert page.get_by_role("searchbox").count() == 0
        page.get_by_role("link", name="The whole history, month by month").click()
        page.wait_for_url(f"{address}history/")
        page.get_by_role("link", name="Search", exact=True).first.click()
        page.wait_for_url(f"{address}search/")


def test_pictures_are_what_they_should_be_to_a_browser(browser: Browser, address: str) -> None:
    """Size, the state's colour, a margin all around, no point see-through; in three languages."""
    with browser.new_context() as reader:
        page, _, told = listened(reader)
        for tree in ("", "de/", "ar/"):
            body = site()[f"{tree}incidents/2026-11-20-card-payments-eu/index.html"].body
            (name,) = parsed(body).xpath("//meta[@property='og:image']/@content")
            page.goto(f"{address}{tree}incidents/2026-11-20-card-payments-eu/")
            seen = page.evaluate(
                """async (path) => {
                  const image = new Image();
                  image.src = path;
                  await image.decode();
                  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
                  const pen = canvas.getContext("2d");
                  pen.drawImage(image, 0, 0);
                  const { data } = pen.getImageData(0, 0, image.width, image.height);
                  let dark = 0, clear = 0, left = 0, right = 0;
                  for (let i = 0; i < data.length; i += 4) {
                    const x = (i / 4) % image.width, y = Math.floor(i / 4 / image.width);
                    if (data[i + 3] !== 255) clear += 1;
                    if (y < 470 && data[i] < 100) { dark += 1; if (x < 75) left += 1; if (x > 1125) right += 1; }
                  }
                  return { size: [image.width, image.height], dark, clear, left, right,
                    top: [...data.slice(0, 3)], band: [...data.slice(-4, -1)] };
                }""",
                name.replace("https://status.northwind.example/", "/"),
            )
            assert seen["size"] == [1200, 630]
            assert seen["band"] == [0xB5, 0x47, 0x08]
            assert seen["top"] == [255, 255, 255]
            assert seen["dark"] > 5000, "there are words"
            assert (seen["clear"], seen["left"], seen["right"]) == (0, 0, 0)
        assert told == [], "the block of facts needs no exception from the policy"


def give(route: Route, script: bytes, page: bytes) -> None:
    """Answer as a shop does that keeps a copy of the script."""
    copy = "vendor" in route.request.url
    route.fulfill(content_type="text/javascript" if copy else "text/html", body=script if copy else page)


def test_a_copy_of_the_banner_that_was_changed_is_refused(browser: Browser, address: str) -> None:
    """As docs/how-to/embed.md says: a site may keep a copy and let browsers check it."""
    script = site()["embed.js"].body
    seal = base64.b64encode(bytes.fromhex(sha256(script))).decode()
    page_body = (
        f'<!doctype html><title>Shop</title><script src="/vendor/embed.js" data-from="{address}"'
        f' integrity="sha256-{seal}" defer></script><p>Shop</p>'
    ).encode()
    with browser.new_context() as reader:
        for body, shown in ((script, 1), (script + b"\n", 0)):
            page, _, told = listened(reader)
            page.route("http://localhost:9/**", functools.partial(give, script=body, page=page_body))
            with page.expect_response("**/vendor/embed.js"):
                page.goto("http://localhost:9/")
            page.wait_for_timeout(300)
            expect(page.locator("body > *:not(p):not(script)")).to_have_count(shown)
            assert any("integrity" in line for line in told) is not bool(shown)
            page.close()


def test_our_search_script_changed_on_its_way_does_not_run(browser: Browser, address: str) -> None:
    with browser.new_context() as reader:
        page, _, told = listened(reader)
        (path,) = [path for path in site() if path.startswith("assets/search.")]
        changed = site()[path].body + b"document.title='taken'"
        page.route(f"**/{path}", lambda route: route.fulfill(body=changed, content_type="text/javascript"))
        page.goto(f"{address}search/")
        assert any("integrity" in line for line in told)
        assert page.title() != "taken"
        assert page.get_by_role("searchbox").count() == 0, "what is left is the page as it is without scripts"


def test_a_made_up_house_is_on_every_page_and_in_what_others_show(tmp_path: Path) -> None:
    root = copy_example(tmp_path / "repository")
    (root / "site_src" / "sign.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    config = root / "mkdocs.yml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["site_name"] = "Contoso status"
    options = settings["plugins"][0]["tidings"]
    options["locales"] = ["en"]
    options["brand"] = {
        "company": "Contoso & Söhne",
        "logo": "sign.svg",
        "contact": "help@contoso.example",
        "links": {"Contoso": "https://contoso.example/"},
        "colours": {"part": "#7a1fa2"},
    }
    options["robots"] = {"index": False}
    for file in (root / "site_src").glob("*.*.md"):
        file.unlink()
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    made = {artifact.path: artifact for artifact in app.build(root, now=NOW).artifacts}
    assert made["robots.txt"].body == b"User-agent: *\nDisallow: /\n"
    assert "sitemap.xml" not in made
    for path, artifact in made.items():
        if not path.endswith(".html"):
            continue
        page = parsed(artifact.body)
        robots = page.xpath("//meta[@name='robots']/@content")
        assert robots == ["noindex"], path
        if path.startswith(("embed/", "lite/")):
            continue
        assert page.xpath("//header//img[contains(@src, 'sign.svg')]"), path
        assert page.xpath("//footer//a[@href='https://contoso.example/']"), path
        assert page.xpath("//footer//a[@href='mailto:help@contoso.example']"), path
        if path != "404.html":
            assert page.xpath("//meta[@property='og:site_name']/@content") == ["Contoso status"], path
            assert page.xpath("//meta[@property='og:image:alt']/@content")[0].startswith("Contoso & Söhne"), path
    assert b'"logo":"https://status.northwind.example/sign.svg"' in made["index.html"].body
    sheet = next(a.body for path, a in made.items() if path.startswith("assets/tidings.") and path.endswith(".css"))
    assert b"--td-part:#7a1fa2" in sheet
