"""What the story is told with: real servers, a real browser, and something that stands where a CDN would."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from publisher.adapters.s3 import S3Store
from tests.servers.s3 import aws_credentials, seaweed_server

__all__ = ["aws_credentials", "seaweed_server"]


@dataclass(frozen=True, slots=True)
class Front:
    """Serves a bucket the way a CDN does: `/dir/` is `/dir/index.html`, with the headers that were stored."""

    url: str


@contextmanager
def front(store: S3Store) -> Iterator[Front]:
    """Put a small CDN before a bucket, on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = unquote(urlsplit(self.path).path).lstrip("/")
            key = f"{key}index.html" if key == "" or key.endswith("/") else key
            found = store.get(key)
            status = 200 if found else 404
            found = found or store.get("404.html")
            body = found.body if found else b"nothing"
            self.send_response(status)
            for name, value in found.headers if found else ():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Front(url=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Start Debian's Chromium, and end it with the module: playwright has one driver a process at a time."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield started
        started.close()
