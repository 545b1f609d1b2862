"""Pages on a loopback server, and a browser that tells everything they try."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact

Headers = Mapping[str, str]
WATCH = "addEventListener('securitypolicyviolation', e => (window.__refused ??= []).push(`${e.violatedDirective} ${e.blockedURI}`))"


@dataclass
class Host:
    """A server of files in memory.

    Attributes:
        files: path → (type, bytes).
        headers: what is said besides, for a path.
        asked: paths, in order.
    """

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    headers: Callable[[str], Headers] = lambda _path: {}
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def take(self, artifacts: Iterable[Artifact]) -> None:
        """Serve these, as the seventh release."""
        for artifact in artifacts:
            body = artifact.body.replace(GENERATION_TOKEN, b"7").replace(BUILT_TOKEN, b"2026-11-20T15:00:00Z")
            self.files[artifact.path] = (dict(artifact.headers)["content-type"], body)

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = urlsplit(request.path).path.lstrip("/")
        path += "index.html" if path.endswith("/") or not path else ""
        self.asked.append(path)
        found = self.files.get(path)
        # browsers ask for an icon of their own accord
        request.send_response(200 if found else 204 if path == "favicon.ico" else 404)
        kind, body = found or ("text/plain", b"")
        for name, value in {"content-type": kind, "content-length": str(len(body)), **self.headers(path)}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def hosting(host: Host) -> Iterator[Host]:
    """Let a host answer while the block lasts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Browsers leave before the end; that is theirs to decide."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that knows no host but this machine."""
    found = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ::1, EXCLUDE localhost",
            ],
        )
        yield started
        started.close()


@dataclass
class Seen:
    """What a page did.

    Attributes:
        outside: requests to another host than the page's.
        dialogs: what it opened before the reader.
        problems: what the browser complained about.
    """

    outside: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def watch(page: Page, *homes: str) -> Seen:
    """Note what a page does from here on; only these addresses are its own."""
    seen = Seen()

    def dialog(shown: Dialog) -> None:
        seen.dialogs.append(shown.message)
        shown.dismiss()

    page.on("dialog", dialog)
    page.on("request", lambda r: None if r.url.startswith((*homes, "data:")) else seen.outside.append(r.url))
    page.on("console", lambda m: seen.problems.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    return seen
