"""The probe gives an answer whatever the other side does, and in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from publisher.adapters.http_probe import ask, ipv6_addresses


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept one connection and let `talk` answer it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                try:
                    talk(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x?y=1"
        thread.join(timeout=10)


def test_a_redirect_is_an_answer_and_names_come_lower_case() -> None:
    raw = b"HTTP/1.1 301 Moved\r\nLocation: /y\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"
    with speaking(lambda c: c.sendall(raw)) as url:
        found = ask(url)
    assert (found.status, found.header("location"), found.header("x-a"), found.header("x-b")) == (
        301,
        "/y",
        "1, 2",
        None,
    )


def test_who_drips_is_not_waited_for() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with speaking(drip) as url:
        found = ask(url, timeout_s=0.5)
        took = time.monotonic() - began
    assert found.status == 0
    assert "no answer within 0.5 seconds" in str(found.error)
    assert took < 3


def test_a_body_without_end_is_cut() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 10_000)

    with speaking(pour) as url:
        found = ask(url, max_bytes=50_000)
    assert (found.status, len(found.body), found.whole) == (200, 50_000, False)


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_nonsense_is_an_answer_too(raw: bytes) -> None:
    with speaking(lambda c: c.sendall(raw)) as url:
        found = ask(url, timeout_s=5)
    assert found.status in {0, 200}
    assert found.status == 200 or found.error is not None


def test_who_speaks_no_tls_is_told() -> None:
    with speaking(lambda c: c.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")) as url:
        found = ask(url.replace("http:", "https:"), timeout_s=5)
    assert found.error is not None
    assert found.status == 0


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/", "http://", "x", "http://[::1", "http://127.0.0.1:99999/"]
)
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert ask(url).error is not None


def test_addresses_of_a_name_that_does_not_exist() -> None:
    assert ipv6_addresses("name.invalid") == ()
    assert ipv6_addresses("::1") == ("::1",)
