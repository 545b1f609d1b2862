"""Shows a site that exists only in memory, to one writer on this machine, and tells open pages when it changes.

What it promises: it answers on loopback alone, and only to requests that name this machine, so that no foreign page can
read unpublished words through a renamed host; a page is always whole, from one build; open pages hear of a new build
through server-sent events (WHATWG HTML, section 9.2).

What it cannot do: serve the world. It has no TLS, no limits, no cache.

How to try it by hand: `tidings preview`, then `curl -N http://127.0.0.1:8000/_preview/events`.
"""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from publisher.model.digest import Plain
from publisher.model.errors import OutsideError, UsageError
from publisher.ports import Headers

LOOPBACK = "127.0.0.1"
PREFIX = "/_preview/"
HEARTBEAT_S = 10.0
"""A comment is sent so often, so that a reader who went away is noticed."""

_HTML = "text/html"
_BODY_END = re.compile(rb"</body\s*>", re.IGNORECASE)
_META_POLICY = re.compile(
    rb"(<meta[^>]*http-equiv=[\"']?content-security-policy[\"']?[^>]*content=)(\"[^\"]*\"|'[^']*')", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One thing that can be asked for: bytes and headers."""

    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """All that is shown at one moment.

    Attributes:
        revision: grows whenever pages changed; open pages of an older one reload.
        pages: site path (`incidents/x/index.html`) → page. Those below `_preview/` are the preview's own.
        problems: what the banner says, plain data: `level`, `where`, `code`, `what`, `fix` each.
        base: path of the site's address, `/` or `/status/`: links may begin with it.
    """

    revision: int = 0
    pages: Mapping[str, Page] = field(default_factory=dict)
    problems: tuple[Mapping[str, str], ...] = ()
    base: str = "/"

    def event(self) -> bytes:
        """Write the server-sent event that describes this screen."""
        data: Plain = {"revision": self.revision, "problems": [dict(p) for p in self.problems]}
        return f"event: screen\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def admit_own(policy: str) -> str:
    """Let a content security policy admit the preview's own script, style and events, and change nothing else."""
    directives = {
        words[0].lower(): words[1:] for part in policy.split(";") if (words := part.split())
    }  # the first of equal names counts, says the standard; ours never repeat one
    fallback = directives.get("default-src")
    for name in ("script-src", "style-src", "connect-src"):
        sources = directives.get(name, fallback)
        if sources is not None and "'self'" not in sources and "*" not in sources:
            directives[name] = [*(s for s in sources if s != "'none'"), "'self'"]
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def alive(page: Page, revision: int) -> Page:
    """Give an HTML page the script that listens for the next build."""
    tag = (
        f'<link rel="stylesheet" href="{PREFIX}live.css">'
        f'<script src="{PREFIX}live.js" data-revision="{revision}" defer></script>'
    ).encode()
    body = _META_POLICY.sub(
        lambda m: m[1] + b'"' + html.escape(admit_own(html.unescape(m[2][1:-1].decode()))).encode() + b'"', page.body
    )
    ends = list(_BODY_END.finditer(body))
    at = ends[-1].start() if ends else len(body)
    headers = tuple((n, admit_own(v) if n == "content-security-policy" else v) for n, v in page.headers)
    return Page(body=body[:at] + tag + body[at:], headers=headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "tidings-preview"
    sys_version = ""
    preview: ClassVar[PreviewServer]

    def do_GET(self) -> None:
        self._answer(body_wanted=True)

    def do_HEAD(self) -> None:
        self._answer(body_wanted=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the terminal is for findings."""

    def _answer(self, *, body_wanted: bool) -> None:
        host = (self.headers.get("host") or "").rsplit(":", 1)[0].strip("[]").lower()
        if host not in {"localhost", LOOPBACK, "::1"}:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, b"The preview answers to this machine alone.\n", body_wanted)
            return
        path = unquote(urlsplit(self.path).path)
        if path == f"{PREFIX}events":
            self._events()
            return
        screen = self.preview.screen
        if path == "/favicon.ico" and "favicon.ico" not in screen.pages:
            # browsers ask for it unasked; an error in their console would look like a fault of the page
            self._send(HTTPStatus.NO_CONTENT, b"", body_wanted)
            return
        status, page = self._find(screen, path)
        if page is None:
            self._redirect(path + "/") if status is HTTPStatus.FOUND else self._send(
                status, b"Not there.\n", body_wanted
            )
            return
        kind = dict(page.headers).get("content-type", "")
        if kind.startswith(_HTML):
            page = alive(page, screen.revision)
        self._send(status, page.body, body_wanted, page.headers)

    def _find(self, screen: Screen, path: str) -> tuple[HTTPStatus, Page | None]:
        if screen.base != "/" and path.startswith(screen.base):
            path = path.removeprefix(screen.base.rstrip("/"))
        key = path.lstrip("/")
        if key in ("", "index.html") or key.endswith("/"):
            key = f"{key.removesuffix('index.html')}index.html"
        if key in screen.pages:
            return HTTPStatus.OK, screen.pages[key]
        if f"{key}/index.html" in screen.pages:
            return HTTPStatus.FOUND, None
        return HTTPStatus.NOT_FOUND, screen.pages.get("404.html")

    def _redirect(self, to: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        # one leading slash: `//host/` would lead elsewhere
        self.send_header("Location", "/" + to.lstrip("/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: HTTPStatus, body: bytes, body_wanted: bool, headers: Headers = ()) -> None:  # noqa: FBT001
        self.send_response(status)
        sent = {n: v for n, v in headers if n not in {"cache-control", "content-length", "content-encoding"}}
        for name, value in sent.items():
            self.send_header(name, value)
        if "content-type" not in sent:
            self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body_wanted:
            self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        seen: Screen | None = None
        try:
            while not self.preview.closing:
                screen = self.preview.next_screen(seen, HEARTBEAT_S)
                self.wfile.write(screen.event() if screen is not seen else b": still here\n\n")
                self.wfile.flush()
                seen = screen
        except OSError:
            return  # the reader went away


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of readers who went away in the middle of an answer."""


class PreviewServer:
    """Serves a `Screen` until it is closed. Safe to call from any thread.

    Args:
        port: 0 takes a free one; `url` says which.

    Raises:
        OutsideError: the port is taken.
    """

    def __init__(self, *, port: int) -> None:
        self._screen = Screen()
        self._changed = threading.Condition()
        self.closing = False
        handler = type("_BoundHandler", (_Handler,), {"preview": self})
        try:
            self._server = _Server((LOOPBACK, port), handler)
        except OverflowError as error:
            raise UsageError(f"{port} is not a port.", "Give one from 0 to 65535.") from error
        except OSError as error:
            raise OutsideError(
                f"Port {port} cannot be used here: {error.strerror}.", "Name another: tidings preview --port 0."
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="preview", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the site is, with the port really used; ends in `/`."""
        return f"http://{LOOPBACK}:{self._server.server_port}/"

    @property
    def screen(self) -> Screen:
        """What is shown now."""
        with self._changed:
            return self._screen

    def show(self, screen: Screen) -> None:
        """Show something else from now on, and tell every open page."""
        with self._changed:
            self._screen = screen
            self._changed.notify_all()

    def next_screen(self, seen: Screen | None, timeout_s: float) -> Screen:
        """Wait for a screen other than `seen`; give the present one after `timeout_s` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.closing or self._screen is not seen, timeout=timeout_s)
            return self._screen

    def close(self) -> None:
        """Stop serving; readers of events are sent away."""
        with self._changed:
            self.closing = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def own_pages() -> dict[str, Page]:
    """Give the script and style with which the preview enters pages."""
    folder = files("publisher.adapters") / "preview"
    return {
        "_preview/live.js": Page(
            body=(folder / "live.js").read_bytes(), headers=(("content-type", "text/javascript; charset=utf-8"),)
        ),
        "_preview/live.css": Page(
            body=(folder / "live.css").read_bytes(), headers=(("content-type", "text/css; charset=utf-8"),)
        ),
    }
