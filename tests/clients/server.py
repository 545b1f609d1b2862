"""Serve artifacts over HTTP the way a bucket does: the headers they carry, and a real 404."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from publisher.model.release import BUILT_TOKEN, GENERATION_TOKEN, Artifact


@contextlib.contextmanager
def serving(artifacts: Mapping[str, Artifact]) -> Iterator[tuple[str, list[str]]]:
    """Give the address and the list of paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            asked.append(path)
            artifact = artifacts.get(path)
            self.send_response(200 if artifact else 404)
            body = b""
            if artifact:
                body = artifact.body.replace(GENERATION_TOKEN, b"1").replace(BUILT_TOKEN, b"2026-11-20T15:00:00Z")
                for name, value in artifact.headers:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
