"""A fault proxy on the loopback interface: passes HTTP on, and breaks what a test tells it to.

Every request gets a number, from 0. A rule looks at it and says what happens to it. What was passed on is recorded, with the
server's answer, so a test can see the order in which things reached the store.
"""

from __future__ import annotations

import enum
import http.client
import http.server
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Fault(enum.Enum):
    """What can happen to a request."""

    NONE = "none"
    ERROR_500 = "500 InternalError"
    ERROR_503 = "503 SlowDown"
    DENIED = "403 AccessDenied"
    CONFLICT = "409 ConditionalRequestConflict"
    PRECONDITION = "412 PreconditionFailed"
    TIMEOUT_BEFORE = "no answer, not applied"
    TIMEOUT_AFTER = "no answer, applied"
    RESET_BEFORE = "connection reset, not applied"
    RESET_AFTER = "connection reset, applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that came by.

    Attributes:
        number: from 0.
        key: decoded path below the bucket.
        query: as sent.
        conditional: whether it named a condition.
        status: the server's answer; None when it never got there.
    """

    number: int
    method: str
    key: str
    query: str
    conditional: bool
    fault: Fault
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as a rule sees it, before anything happened."""

    number: int
    method: str
    key: str
    conditional: bool


Rule = Callable[[Asked], Fault]


class FaultProxy:
    """The proxy.

    Args:
        port: of the server behind it, on 127.0.0.1.
        hang_s: how long a request without answer hangs before the connection is closed.
    """

    def __init__(self, port: int, *, hang_s: float = 1.0) -> None:
        self._behind = port
        self._hang_s = hang_s
        self._lock = threading.Lock()
        self._number = 0
        self._seen: list[Seen] = []
        self.rule: Rule = lambda _asked: Fault.NONE
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                proxy._handle(self)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the names http.server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay quiet."""

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """Clients that go away are what this is about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Give its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Give what came by, in the order in which the server had done it."""
        with self._lock:
            return tuple(self._seen)

    def reset(self, rule: Rule | None = None) -> None:
        """Forget what came by and count from 0 again, maybe with another rule."""
        with self._lock:
            self._number = 0
            self._seen = []
            self.rule = rule or (lambda _asked: Fault.NONE)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        path, _, query = handler.path.partition("?")
        key = urllib.parse.unquote(path.lstrip("/")).partition("/")[2]
        conditional = "If-Match" in handler.headers or "If-None-Match" in handler.headers
        with self._lock:
            number, self._number = self._number, self._number + 1
            rule = self.rule
        asked = Asked(number=number, method=handler.command, key=key, conditional=conditional)
        fault = rule(asked)
        if fault in (Fault.NONE, Fault.TIMEOUT_AFTER, Fault.RESET_AFTER):
            status, headers, answer = self._pass_on(handler, body)
            # before the answer: what the client does next must come after this
            self._record(asked, query, fault, status)
            if fault is Fault.NONE:
                self._answer(handler, status, headers, answer)
                return
        else:
            self._record(asked, query, fault, None)
        self._break(handler, fault)

    def _record(self, asked: Asked, query: str, fault: Fault, status: int | None) -> None:
        seen = Seen(
            number=asked.number,
            method=asked.method,
            key=asked.key,
            query=query,
            conditional=asked.conditional,
            fault=fault,
            status=status,
        )
        with self._lock:
            self._seen.append(seen)

    def _break(self, handler: http.server.BaseHTTPRequestHandler, fault: Fault) -> None:
        match fault:
            case Fault.TIMEOUT_BEFORE | Fault.TIMEOUT_AFTER:
                time.sleep(self._hang_s)
            case Fault.RESET_BEFORE | Fault.RESET_AFTER:
                # closing with this set sends RST instead of FIN
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case _:
                code, _, word = fault.value.partition(" ")
                text = f"<?xml version='1.0'?><Error><Code>{word}</Code><Message>told to</Message></Error>".encode()
                self._answer(handler, int(code), [("Content-Type", "application/xml")], text)
                return
        handler.close_connection = True
        handler.connection.close()

    def _pass_on(
        self, handler: http.server.BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        behind = http.client.HTTPConnection("127.0.0.1", self._behind, timeout=30)
        try:
            behind.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    behind.putheader(name, value)
            behind.endheaders(body)
            answer = behind.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            behind.close()

    def _answer(
        self, handler: http.server.BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


@contextmanager
def fault_proxy(port: int, *, hang_s: float = 1.0) -> Iterator[FaultProxy]:
    """Put a proxy before a server for the length of a block."""
    proxy = FaultProxy(port, hang_s=hang_s)
    try:
        yield proxy
    finally:
        proxy.close()


def only(number: int, fault: Fault) -> Rule:
    """Break one request."""
    return lambda asked: fault if asked.number == number else Fault.NONE
