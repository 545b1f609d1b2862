"""The example site behind a real nginx, told what to do by `tidings hosting nginx`, looked at by programs and a browser."""

from __future__ import annotations

import functools
import http.client
import http.server
import json
import re
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from publisher import app
from publisher.adapters.clock import SystemClock
from publisher.adapters.folder import FolderStore
from publisher.cli.main import cli
from publisher.deliver.site import next_generation, publish_all
from publisher.deliver.site import survey as standings_of
from publisher.hosting.policy import WANTED
from publisher.hosting.survey import media
from publisher.model.digest import sha256
from publisher.model.policy import PagePolicy
from publisher.model.release import Manifest
from publisher.pipeline import Built
from publisher.release.bundle import bundle
from publisher.release.manifest import assemble, parse_root
from publisher.release.pack import take_apart
from publisher.release.pointer import RELEASES, parse_pointer
from tests.servers import nginx
from tests.site.workspace import EXAMPLE, NOW

pytestmark = pytest.mark.nginx

POLICY = PagePolicy(lease_ttl_s=10, keep_releases=3)


def tidings(*words: str) -> Result:
    """Run a command in this process, the way a shell would."""
    return CliRunner().invoke(cli, words, catch_exceptions=False, standalone_mode=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A site behind nginx: TLS on one port; on another plain HTTP, as from a balancer."""

    folder: Path
    manifest: Manifest
    built: Built
    port: int
    plain: int
    trust: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, host: str = "127.0.0.1") -> Reply:
        """Ask by TLS."""
        context = ssl.create_default_context(cafile=str(self.trust))
        connection = http.client.HTTPSConnection(host, self.port, timeout=20, context=context)
        return exchange(connection, path, headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        names = [name.lower() for name, _ in answer.getheaders()]
        assert len(names) == len(set(names)), f"{path}: a header is said twice: {names}"
        return Reply(status=answer.status, headers={n.lower(): v for n, v in answer.getheaders()}, body=answer.read())
    finally:
        connection.close()


def bring(built: Built, store: FolderStore) -> int:
    """Publish to a folder; gives the generation."""
    standings = standings_of([store])
    generation = next_generation(standings)
    release = bundle(built.artifacts, generation=generation, parent=generation - 1, built=datetime.now(UTC))  # noqa: TID251
    receipts = publish_all(release, standings, policy=POLICY, clock=SystemClock(), allow_shrink=True, wait_s=30)
    assert all(receipt.good for receipt in receipts), receipts
    return generation


def configuration(folder: Path, *words: str) -> str:
    done = tidings("--root", str(EXAMPLE), "-q", "hosting", "nginx", "--site-root", str(folder), *words)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    top = tmp_path_factory.mktemp("hosting")
    built = app.build(EXAMPLE, now=NOW)
    folder = top / "site"
    bring(built, FolderStore(folder))
    pointer = parse_pointer((folder / "release.json").read_bytes(), where="test")
    parts = take_apart((folder / pointer.root.key).read_bytes(), where="test")
    root = parse_root(parts[pointer.root.sha256], key=pointer.root.key)
    manifest = assemble(root, lambda blob: parts[blob.sha256]).release.manifest
    made = nginx.make_certificate(top)
    port, plain = nginx.free_port(), nginx.free_port()
    with_tls = configuration(
        folder, "--port", str(port), "--certificate", str(made.certificate), "--key", str(made.key)
    )
    # two files, each whole: the maps of one must not meet the other's
    by_balancer = configuration(folder, "--port", str(plain))
    # the redirect from port 80 needs rights that tests have not
    with_tls = re.sub(r"listen (\[::\]:)?80;", lambda m: f"listen {m[1] or ''}{nginx.free_port()};", with_tls)
    with (
        nginx.running(top / "tls", with_tls, port=port),
        nginx.running(top / "plain", by_balancer, port=plain),
    ):
        yield Served(folder=folder, manifest=manifest, built=built, port=port, plain=plain, trust=made.certificate)


@contextmanager
def python_serves(folder: Path) -> Iterator[str]:
    """Serve a folder by Python's own server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def address(path: str) -> str:
    return "/" + path.removesuffix("index.html")


def test_every_file_comes_as_the_release_says(served: Served) -> None:
    """Type, age and bytes of all: what the manifest promises, a folder behind nginx keeps."""
    context = ssl.create_default_context(cafile=str(served.trust))
    connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=20, context=context)
    for path, entry in served.manifest.entries.items():
        connection.request("GET", address(path))
        answer = connection.getresponse()
        body = answer.read()
        promised = dict(entry.headers)
        assert (answer.status, sha256(body)) == (200, entry.sha256), path
        assert answer.getheader("cache-control") == promised["cache-control"], path
        kind = answer.getheader("content-type") or ""
        assert media(kind) == media(promised["content-type"]), path
        if "charset" in promised["content-type"]:
            assert "charset=utf-8" in kind, path
    connection.close()
    assert len(served.manifest.entries) > 300


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_t88_all_eight_protections_on_every_kind_of_page(served: Served, host: str) -> None:
    """Fault T88: eight of eight, for found pages and lost ones."""
    for path in ("/", "/history/", "/incidents/2026-11-20-card-payments-eu/", "/ar/", "/about/", "/lost/", "/api/"):
        reply = served.get(path, host=host)
        for wanted in WANTED:
            if wanted.name == "frame-ancestors":
                assert "frame-ancestors 'none'" in reply.headers["content-security-policy"], path
            else:
                assert wanted.name.lower() in reply.headers, (path, wanted.name)
        policy = reply.headers["content-security-policy"]
        assert not re.search(r"\*|unsafe|https?:|nonce", policy), policy
        assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")


def test_the_doctor_finds_nothing_to_mend(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(served.trust))
    for host in ("127.0.0.1", "[::1]"):
        done = tidings("doctor", "--url", f"https://{host}:{served.port}/", "--format", "json")
        found = json.loads(done.stdout)
        bad = [x for x in found["checks"] if x["state"] != "ok"]
        assert bad == []
        assert done.return_value == 0
        subjects = {x["subject"]: x["what"] for x in found["checks"]}
        assert subjects["headers"] == "8 of 8 protections are there"
        assert "agree with release.json on 1" in subjects["generation"]
        assert {"pages", "cache", "unchanged", "404", "types", "sharing", "private", "slashes"} <= set(subjects)


def test_what_others_may_frame_and_read(served: Served) -> None:
    for path in ("/embed/", "/de/embed/", "/badge.svg", "/api/banner.json", "/embed.js", "/history.atom"):
        headers = served.get(path).headers
        assert "frame-ancestors" not in headers["content-security-policy"], path
        assert "x-frame-options" not in headers, path
        assert headers["cross-origin-resource-policy"] == "cross-origin", path
        assert headers.get("access-control-allow-origin") == (None if "embed/" in path else "*"), path
    for path in ("/", "/de/history/"):
        headers = served.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_the_publishers_own_files_are_not_there(served: Served) -> None:
    assert (served.folder / ".tidings" / "lease.json").is_file()
    for path in ("/.tidings/lease.json", "/.tidings/lock", "/.tidings/", "/.git/config", "/api/.hidden"):
        reply = served.get(path)
        assert reply.status == 404, path
        assert b"td-stamp" in reply.body, path
        assert "immutable" not in reply.headers["cache-control"]


def test_old_wordings_in_packs_are_no_pages_and_parts_of_packs_are_given(served: Served) -> None:
    pack = next((served.folder / RELEASES).iterdir())
    part = served.get(f"/{RELEASES}{pack.name}", {"Range": "bytes=5-104"})
    assert (part.status, part.body) == (206, pack.read_bytes()[5:105])
    reply = served.get(f"/{RELEASES}{pack.name}")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; base")
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_lost_slash_is_given_back_without_naming_a_host(served: Served) -> None:
    reply = served.get("/history")
    assert (reply.status, reply.headers["location"]) == (301, "/history/")


def test_t89_an_unchanged_page_answers_304(served: Served) -> None:
    for path in ("/", "/history.atom", "/api/status.json", "/release.json"):
        for coding in ({}, {"Accept-Encoding": "gzip"}):
            first = served.get(path, coding)
            again = served.get(path, {**coding, "If-None-Match": first.headers["etag"]})
            assert (first.status, again.status, again.body) == (200, 304, b""), path
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert "content-security-policy" in again.headers


def test_text_is_packed_and_pictures_of_points_are_not(served: Served) -> None:
    for path in ("/", "/history.atom", "/api/status.json", "/assets/" + asset(served, "tidings", "css")):
        reply = served.get(path, {"Accept-Encoding": "gzip"})
        assert (reply.headers.get("content-encoding"), reply.headers.get("vary")) == ("gzip", "Accept-Encoding"), path


def asset(served: Served, name: str, extension: str) -> str:
    found = [p for p in served.manifest.entries if re.fullmatch(rf"assets/{name}\.[0-9a-f]+\.{extension}", p)]
    assert len(found) == 1
    return found[0].removeprefix("assets/")


def test_hsts_is_said_to_those_who_came_by_https_alone(served: Served) -> None:
    def said(headers: Mapping[str, str]) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", served.plain, timeout=20)
        return exchange(connection, "/", headers).headers.get("strict-transport-security")

    assert said({}) is None
    assert said({"X-Forwarded-Proto": "http"}) is None
    assert said({"X-Forwarded-Proto": "https"}) == "max-age=31536000"


# ---------------------------------------------------------------------------------------------------------- browsers

WATCH = "addEventListener('securitypolicyviolation', e => (window.__refused ??= []).push(e.violatedDirective + ' ' + e.blockedURI))"


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


def problems(browser: Browser, url: str, *, act: bool = False) -> list[str]:
    """Open a page and use it; give what the browser complained about."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    if act:
        use(page)
    found += page.evaluate("window.__refused || []")
    context.close()
    return found


def use(page: Page) -> None:
    """Do what readers do: choose the dark, open what is closed."""
    switch = page.locator("[data-md-component=palette] label:visible")
    if switch.count():
        switch.first.click()
    for summary in page.locator("summary:visible").all()[:5]:
        summary.click()
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(100)


def kinds(served: Served) -> list[str]:
    """Give a page of each folder and depth, so that new kinds of pages are looked at too."""
    groups: dict[tuple[str, ...], str] = {}
    for path in served.manifest.entries:
        if path.endswith(".html"):
            parts = path.split("/")
            # German pages are the English ones in other words; Arabic ones are mirrored
            if parts[0] == "de":
                continue
            # the last folder is a name where there are many: incidents/<id>/, components/<id>/
            groups.setdefault((*parts[:-2][-2:], str(len(parts))) if len(parts) > 2 else (path,), path)
    return sorted(set(groups.values()))


@pytest.mark.chromium
def test_a_browser_refuses_nothing_of_any_kind_of_page(served: Served, browser: Browser) -> None:
    pages = kinds(served)
    assert {"index.html", "404.html", "about/index.html", "embed/index.html", "ar/index.html"} <= set(pages)
    for path in pages:
        assert problems(browser, f"https://127.0.0.1:{served.port}{address(path)}", act=True) == [], path


@pytest.mark.chromium
def test_badges_open_alone_and_for_others(served: Served, browser: Browser) -> None:
    for path in ("/badge.svg", "/badge/checkout.svg", "/de/badge.svg"):
        assert problems(browser, f"https://[::1]:{served.port}{path}") == [], path


@pytest.mark.chromium
def test_a_script_that_found_its_way_into_a_page_does_not_run(served: Served, browser: Browser) -> None:
    """The policy is what stops it: the same page without it runs the script."""
    page_body = served.get("/").body.replace(b"</main>", b"<script>document.title='taken'</script></main>", 1)
    policy = served.get("/").headers["content-security-policy"]
    url = f"https://127.0.0.1:{served.port}/"
    for headers, taken in (({"content-security-policy": policy}, False), ({}, True)):
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        answer(page, url, page_body, headers)
        page.goto(url, wait_until="load")
        assert (page.title() == "taken") is taken
        context.close()


def answer(page: Page, url: str, body: bytes, headers: dict[str, str]) -> None:
    """Let an address give these bytes in place of what a server has."""

    def fulfil(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)

    page.route(url, fulfil)


@pytest.mark.chromium
def test_only_the_embedded_page_may_stand_in_a_frame(served: Served, browser: Browser, tmp_path: Path) -> None:
    base = f"https://127.0.0.1:{served.port}"
    # another port is another origin
    with python_serves(tmp_path) as outside:
        for path, shown in (("/embed/", True), ("/ar/embed/", True), ("/", False), ("/lite/", False)):
            (tmp_path / "index.html").write_text(f"<!doctype html><iframe src='{base}{path}'></iframe>")
            address, headings, told = framed(browser, outside)
            assert (address == base + path) is shown, (path, told)
            assert headings == shown, path
            assert any("frame" in line.lower() for line in told) is not shown, told


def framed(browser: Browser, url: str) -> tuple[str, int, list[str]]:
    """Open a page with a frame; give the frame's address, its headings, and what the browser said."""
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    told: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        told.append(message.text)

    page.on("console", hear)
    page.goto(url, wait_until="load")
    frame = page.frames[1]
    found = (frame.url, frame.locator("main h1").count(), told)
    context.close()
    return found


# ------------------------------------------------------------------------------------------------------------- doctor


@pytest.fixture
def bare(served: Served) -> Iterator[str]:
    """The same folder behind a server that sets no headers and hides nothing."""
    with python_serves(served.folder) as url:
        yield url


def test_the_doctor_says_what_a_bare_server_lacks(bare: str) -> None:
    done = tidings("doctor", "--url", bare)
    assert done.return_value == 1
    text = done.stdout
    assert "0 of 8 protections are there" in text
    for wanted in WANTED:
        assert f"FAIL  headers      {wanted.name} is missing" in text
    assert "A script that found its way into a page would run" in text
    assert "`tidings hosting nginx`, `netlify` or `cloudfront` writes it" in text
    assert "/.tidings/lease.json is served" in text
    assert "no banner there" in text
    assert "Traceback" not in text


def test_the_doctor_ends_for_a_machine_too(bare: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "doctor", "--url", bare, "--format", "json"],
        cwd=EXAMPLE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    nobody = subprocess.run(
        [sys.executable, "-m", "publisher", "doctor", "--url", f"http://127.0.0.1:{nginx.free_port()}/"],
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert nobody.returncode == 1
    assert "does not answer: Connection refused" in nobody.stdout


def test_the_doctor_finds_a_tampered_page_and_asset(served: Served, tmp_path: Path) -> None:
    """A byte changed between publisher and reader: the pointer leads to the hash of what was said."""
    folder = tmp_path / "site"
    shutil.copytree(served.folder, folder)
    port = nginx.free_port()
    sheet = folder / "assets" / asset(served, "tidings", "css")
    with nginx.running(tmp_path / "nginx", configuration(folder, "--port", str(port)), port=port):
        sheet.write_bytes(sheet.read_bytes() + b"\n")
        home = folder / "index.html"
        home.write_bytes(home.read_bytes().replace(b"</body>", b"<script>track()</script></body>"))
        text = tidings("doctor", "--url", f"http://127.0.0.1:{port}/").stdout
    assert "index.html is not what was published" in text
    assert "index.html: browsers refuse 1 of" in text
    assert f"{sheet.name} is not what was published" in text


# ------------------------------------------------------------------------------------------------------ deploy/


def test_the_committed_examples_are_what_the_commands_say(tmp_path: Path) -> None:
    nginx_words = re.findall(r"--(site-root|certificate|key) (\S+)", (EXAMPLE / "deploy/write.sh").read_text())
    made = {
        "nginx/status.conf": ("nginx", *(word for name, value in nginx_words for word in (f"--{name}", value))),
        "cloudfront/template.yaml": ("cloudfront",),
        "s3/cors.json": ("s3-cors",),
    }
    for name, words in made.items():
        assert tidings("--root", str(EXAMPLE), "hosting", *words, "--out", str(tmp_path / name)).return_value == 0
    tidings("--root", str(EXAMPLE), "hosting", "netlify", "--out", str(tmp_path / "netlify"))
    for name in (*made, "netlify/_headers", "netlify/_redirects"):
        assert (tmp_path / name).read_text() == (EXAMPLE / "deploy" / name).read_text(), (
            f"deploy/{name} is behind; write it anew with deploy/write.sh"
        )


def test_the_template_is_accepted_by_cfn_lint() -> None:
    lint = Path(sys.executable).parent / "cfn-lint"
    template = EXAMPLE / "deploy/cloudfront/template.yaml"
    done = subprocess.run([lint, "--include-checks", "I", "--", template], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
