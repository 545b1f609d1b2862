"""A WebSub hub on the loopback interface: takes notices, fetches the feed itself, and hands it to its subscribers.

Small, and a hub all the same: it reads topic and hub from the feed a notice names (W3C WebSub, section 4), and gives
subscribers the bytes that are live then (section 7).
"""

from __future__ import annotations

import contextlib
import http.server
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Hub:
    """What the hub was told, and what it made of it.

    Attributes:
        url: of the hub.
        status: what it answers to a notice.
        words: the body of an answer that is a refusal.
        delay_s: how long it thinks before it answers.
        fetch: how it gets a topic's bytes; None where it is not to look.
        posts: forms as they came, newest last.
        handed_on: topic and bytes, as subscribers got them.
    """

    url: str = ""
    status: int = 204
    words: bytes = b""
    delay_s: float = 0.0
    fetch: Callable[[str], bytes] | None = None
    posts: list[list[tuple[str, str]]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    handed_on: list[tuple[str, bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def take(self, form: list[tuple[str, str]]) -> None:
        """Note a notice, and distribute what it is about."""
        self.posts.append(form)
        if self.fetch is not None and ("hub.mode", "publish") in form:
            self.handed_on += [(topic, self.fetch(topic)) for name, topic in form if name == "hub.url"]

    @property
    def topics(self) -> list[str]:
        """Every feed it was told of, in order."""
        return [value for form in self.posts for name, value in form if name == "hub.url"]


@contextlib.contextmanager
def running() -> Iterator[Hub]:
    """Run a hub until the block ends."""
    hub = Hub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            hub.types.append(self.headers["Content-Type"])
            hub.over.wait(hub.delay_s)
            hub.take(urllib.parse.parse_qsl(body, strict_parsing=True))
            with contextlib.suppress(ConnectionError):
                self.send_response(hub.status)
                if 300 <= hub.status < 400:
                    self.send_header("Location", hub.url + "elsewhere")
                self.send_header("Content-Length", str(len(hub.words)))
                self.end_headers()
                self.wfile.write(hub.words)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
