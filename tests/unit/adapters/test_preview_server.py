"""The preview's server: whole pages, one build at a time, for this machine alone."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest

from publisher.adapters.preview_server import Page, PreviewServer, Screen, admit_own, alive, own_pages
from publisher.model.errors import OutsideError

HTML = (("content-type", "text/html; charset=utf-8"),)
PROBLEM = {"level": "error", "where": "incidents/a.md:3:1", "code": "TID101", "what": "No.", "fix": "Do."}


def page(text: str) -> Page:
    return Page(body=f"<!doctype html><html><body><p>{text}</p></body></html>".encode(), headers=HTML)


@pytest.fixture
def server() -> Iterator[PreviewServer]:
    started = PreviewServer(port=0)
    started.show(
        Screen(
            revision=1,
            pages={
                **own_pages(),
                "index.html": page("home"),
                "incidents/a/index.html": page("a"),
                "404.html": page("nothing here"),
                "api/status.json": Page(
                    body=b"{}", headers=(("cache-control", "max-age=60"), ("content-type", "application/json"))
                ),
            },
            base="/status/",
        )
    )
    yield started
    started.close()


def ask(
    server: PreviewServer, path: str, *, method: str = "GET", host: str | None = None
) -> tuple[int, dict[str, str], str]:
    port = int(server.url.rstrip("/").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "home"),
        ("/index.html", 200, "home"),
        ("/?utm_source=mail", 200, "home"),
        ("/incidents/a/", 200, ">a<"),
        ("/status/incidents/a/", 200, ">a<"),
        ("/api/status.json", 200, "{}"),
        ("/nowhere", 404, "nothing here"),
        ("/../../etc/passwd", 404, "nothing here"),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, "nothing here"),
    ],
)
def test_addresses_find_their_pages(server: PreviewServer, path: str, status: int, text: str) -> None:
    found_status, headers, body = ask(server, path)
    assert (found_status, text in body) == (status, True)
    assert headers["cache-control"] == "no-store"


def test_a_folder_without_slash_leads_to_the_one_with(server: PreviewServer) -> None:
    status, headers, _ = ask(server, "/incidents/a")
    assert (status, headers["location"]) == (302, "/incidents/a/")
    status, headers, _ = ask(server, "//incidents/a")
    assert headers.get("location", "/incidents/a/") == "/incidents/a/"


def test_head_has_the_headers_and_no_body(server: PreviewServer) -> None:
    status, headers, body = ask(server, "/", method="HEAD")
    assert (status, body) == (200, "")
    assert int(headers["content-length"]) > 0


def test_html_gets_the_listening_script_and_nothing_else_does(server: PreviewServer) -> None:
    assert '<script src="/_preview/live.js" data-revision="1" defer></script></body>' in ask(server, "/")[2]
    assert ask(server, "/api/status.json")[2] == "{}"
    assert "EventSource" in ask(server, "/_preview/live.js")[2]


def test_a_foreign_host_name_is_refused(server: PreviewServer) -> None:
    """A page elsewhere could make its own name lead to this machine and read what is not published."""
    status, _, body = ask(server, "/", host="evil.example")
    assert (status, "home" in body) == (421, False)
    status, _, body = ask(server, "/_preview/events", host="evil.example:80")
    assert status == 421


@pytest.mark.parametrize("host", ["localhost:80", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
def test_this_machines_names_are_welcome(server: PreviewServer, host: str) -> None:
    assert ask(server, "/", host=host)[0] == 200


class Events:
    """Reads server-sent events."""

    def __init__(self, server: PreviewServer) -> None:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.request("GET", "/_preview/events")
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, object]:
        name = ""
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line.startswith("event:"):
                name = line.partition(": ")[2]
            elif line.startswith("data:") and name == "screen":
                found: dict[str, object] = json.loads(line.partition(": ")[2])
                return found


def test_open_pages_hear_of_each_build(server: PreviewServer) -> None:
    events = Events(server)
    assert events.answer.getheader("content-type") == "text/event-stream"
    assert events.next() == {"revision": 1, "problems": []}
    server.show(Screen(revision=2, pages={"index.html": page("new")}, problems=(PROBLEM,)))
    assert events.next() == {"revision": 2, "problems": [PROBLEM]}
    assert "new" in ask(server, "/")[2]


def test_closing_sends_readers_of_events_away() -> None:
    server = PreviewServer(port=0)
    events = Events(server)
    assert events.next()["revision"] == 0
    begun = time.monotonic()
    server.close()
    assert b"event:" not in events.answer.read(), "the end of the stream comes, not another screen"
    assert time.monotonic() - begun < 5


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OutsideError, match=f"Port {port} cannot be used") as caught:
            PreviewServer(port=port)
    assert "--port" in caught.value.next_step


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("default-src 'none'", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"),
        (
            "script-src 'sha256-x'; style-src 'self'; connect-src 'self'",
            "script-src 'sha256-x' 'self'; style-src 'self'; connect-src 'self'",
        ),
        ("img-src 'self'", "img-src 'self'"),
    ],
)
def test_a_content_policy_admits_the_preview_and_stays_as_strict_otherwise(before: str, after: str) -> None:
    assert admit_own(before) == after


def test_a_policy_in_the_page_itself_is_widened_too() -> None:
    body = (
        b'<html><head><meta http-equiv="Content-Security-Policy" content="script-src \'sha256-x\'"></head><body></body>'
    )
    assert b"script-src &#x27;sha256-x&#x27; &#x27;self&#x27;" in alive(Page(body=body, headers=HTML), 3).body
