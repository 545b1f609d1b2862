"""A writer sees every save, keeps the last good page, and hears of each problem in the browser."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.adapters.preview_server import Screen
from publisher.cli.preview import Studio
from publisher.cli.preview_mail import mail_pages
from publisher.load.history import load_history
from publisher.model.errors import RefusedError
from publisher.model.finding import Finding, Level, Place
from publisher.model.release import BUILT_TOKEN, Artifact, Group
from publisher.pipeline import Built, Content
from publisher.ports import SourceFile
from publisher.render.views import project_all

NOW = datetime(2026, 11, 20, 15, 4, 10, tzinfo=UTC)
SITE = b"""site_name: Example status
site_url: https://example.com/status/
plugins:
  - tidings:
      locales: [en, de]
"""
COMPONENTS = b"components:\n  checkout: {name: Checkout}\n"
INCIDENT = """---
title: Card payments fail
category: outage
severity: sev2
components: {{checkout: partial_outage}}
started: 2026-11-20T13:52:00Z
---

## 2026-11-20 14:05 UTC · Investigating

{words}
"""
BAD = Finding(
    code="TID102",
    level=Level.ERROR,
    place=Place(path="incidents/x.md", line=4, col=3),
    what="No component is called 'chekout'.",
    fix="Did you mean 'checkout'?",
)


def built(words: str = "Some card payments fail.", *findings: Finding, now: datetime = NOW) -> Built:
    """Build a small site by hand: real history and views, one page."""
    files = (
        SourceFile(path="incidents/2026-11-20-cards.md", body=INCIDENT.format(words=words).encode()),
        SourceFile(path="mkdocs.yml", body=SITE),
        SourceFile(path="policy/components.yml", body=COMPONENTS),
    )
    history, problems = load_history(files)
    assert [str(p) for p in problems if p.level is Level.ERROR] == []
    page = Artifact(
        path="index.html",
        body=f"<html><body><p>{words}</p>".encode() + BUILT_TOKEN + b"</body></html>",
        headers=(("content-type", "text/html; charset=utf-8"),),
        group=Group.FRONT,
        stamped=True,
    )
    return Built(
        content=Content(history=history, findings=findings, source=None),
        views=project_all(history, now=now),
        artifacts=(page,),
        now=now,
    )


class Room:
    """A studio whose repository is whatever the test says next."""

    def __init__(self) -> None:
        self.next: Built | Exception = built()
        self.shown: list[Screen] = []
        self.now = NOW
        self.studio = Studio(self.build, now=lambda: self.now, show=self.shown.append)

    def build(self, now: datetime) -> Built:
        if isinstance(self.next, Exception):
            raise self.next
        return replace(self.next, now=now)

    def page(self) -> str:
        return self.shown[-1].pages["index.html"].body.decode()


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_save_is_shown_under_a_new_revision(room: Room) -> None:
    room.studio.rebuild()
    room.next = built("It works again.")
    attempt = room.studio.rebuild()
    assert [s.revision for s in room.shown] == [1, 2]
    assert "It works again." in room.page()
    assert (attempt.kept, attempt.error) == (False, None)


def test_nothing_changed_shows_nothing_new(room: Room) -> None:
    """Pages must not reload while somebody reads, only because the clock ticks."""
    room.studio.rebuild()
    for minute in range(1, 4):
        room.now = NOW + timedelta(minutes=minute)
        room.studio.rebuild()
    assert len(room.shown) == 1


def test_a_broken_text_keeps_the_last_good_page_and_says_what_to_mend(room: Room) -> None:
    room.studio.rebuild()
    room.next = built("Broken.", BAD)
    attempt = room.studio.rebuild()
    assert attempt.kept
    assert "Some card payments fail." in room.page()
    assert room.shown[-1].revision == 1, "open pages must not reload: they would lose the place"
    assert list(room.shown[-1].problems) == [
        {"level": "error", "where": "incidents/x.md:4:3", "code": "TID102", "what": BAD.what, "fix": BAD.fix}
    ]
    room.next = built("Mended.")
    room.studio.rebuild()
    assert "Mended." in room.page()
    assert not room.shown[-1].problems


def test_a_warning_is_told_and_does_not_hold_the_page_back(room: Room) -> None:
    room.next = built("New words.", replace(BAD, level=Level.WARNING), replace(BAD, level=Level.NOTE))
    room.studio.rebuild()
    assert "New words." in room.page()
    assert [p["level"] for p in room.shown[-1].problems] == ["warning"]


def test_a_repository_that_is_broken_from_the_start_shows_what_there_is(room: Room) -> None:
    room.next = built("Half of it.", BAD)
    attempt = room.studio.rebuild()
    assert "Half of it." in room.page()
    assert not attempt.kept
    room.next = built("Another half.", BAD)
    room.studio.rebuild()
    assert "Another half." in room.page(), "there is no good page yet that could be kept"


def test_a_build_that_cannot_even_start_shows_why(room: Room) -> None:
    room.next = RefusedError("mkdocs.yml is missing.", "Run tidings init.")
    room.studio.rebuild()
    assert "Nothing to show yet" in room.page()
    assert room.shown[-1].problems[0]["what"] == "mkdocs.yml is missing."
    assert room.shown[-1].problems[0]["fix"] == "Run tidings init."


def test_a_fault_of_ours_does_not_take_the_window_away(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    room.studio.rebuild()
    room.next = ZeroDivisionError("division by zero")
    attempt = room.studio.rebuild()
    assert attempt.error is not None
    assert "ZeroDivisionError" in attempt.error.cause
    assert "Traceback" in capsys.readouterr().err
    assert "Some card payments fail." in room.page()


def test_the_sites_own_path_is_known(room: Room) -> None:
    room.studio.rebuild()
    assert room.shown[-1].base == "/status/"


def test_mails_are_shown_in_every_language_as_page_and_text() -> None:
    made = built()
    update = made.views["en"].incidents[0].updates[0]
    pages = mail_pages(made)
    index = pages["_preview/mail/index.html"].body.decode()
    for locale in ("en", "de"):
        assert "Some card payments fail." in pages[f"_preview/mail/{locale}/{update.id}.html"].body.decode()
        text = pages[f"_preview/mail/{locale}/{update.id}.txt"].body.decode()
        assert text.startswith("Subject: ")
        assert "Some card payments fail." in text
        assert f'href="{locale}/{update.id}.html"' in index
        assert f"_preview/mail/{locale}/digest.html" in pages
    assert index.count("the next publish sends it") == 2


@pytest.mark.parametrize("why", ["told before", "too old"])
def test_mails_that_will_not_go_out_say_so(why: str) -> None:
    made = built(now=NOW + timedelta(days=2)) if why == "too old" else built()
    said = {(s.incident, s.update, s.revision) for s in made.said} if why == "told before" else set()
    index = mail_pages(made, said)["_preview/mail/index.html"].body.decode()
    assert "the next publish sends it" not in index
    assert index.count("not sent") == 2


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a small repository of its own, with the files of the examples above."""
    (tmp_path / "incidents").mkdir()
    (tmp_path / "policy").mkdir()
    (tmp_path / "site_src").mkdir()
    (tmp_path / "mkdocs.yml").write_bytes(b"docs_dir: site_src\ntheme: {name: material}\n" + SITE)
    (tmp_path / "policy" / "components.yml").write_bytes(COMPONENTS)
    (tmp_path / "site_src" / "index.md").write_text("# Status\n")
    (tmp_path / "incidents" / "2026-11-20-cards.md").write_text(INCIDENT.format(words="Some card payments fail."))
    return tmp_path


@pytest.fixture
def address(repository: Path) -> Iterator[str]:
    """Start the real command on a free port and give its address."""
    command = [
        sys.executable,
        "-m",
        "publisher",
        "--root",
        str(repository),
        "--now",
        NOW.isoformat(),
        "preview",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        line = running.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", line), line
        yield line
        # not SIGINT: a shell's background jobs ignore it, and so would all their children
        running.send_signal(signal.SIGTERM)
        try:
            assert running.wait(timeout=20) == 0
        finally:
            running.kill()


@contextmanager
def connect(address: str, path: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    try:
        yield answer
    finally:
        answer.close()
        connection.close()


def text_of(address: str, path: str) -> str:
    with connect(address, path) as answer:
        return answer.read().decode()


def next_screen(events: http.client.HTTPResponse) -> dict[str, object]:
    while True:
        line = events.readline().decode()
        assert line, "the stream ended"
        if line.startswith("data:"):
            found: dict[str, object] = json.loads(line.removeprefix("data:"))
            return found


def test_a_saved_file_reaches_the_open_page(repository: Path, address: str) -> None:
    """The whole command: save, event, page; break, banner, old page; mend."""
    page = "/incidents/2026-11-20-cards/"
    source = repository / "incidents" / "2026-11-20-cards.md"
    assert "Some card payments fail." in text_of(address, page)
    with connect(address, "/_preview/events") as events:
        assert next_screen(events)["revision"] == 1

        source.write_text(INCIDENT.format(words="Card payments work again in half of the shops."))
        assert next_screen(events)["revision"] == 2
        assert "work again in half" in text_of(address, page)
        assert "work again in half" in text_of(address, "/history.atom")
        first = re.search(r'href="(en/[a-z0-9]+\.html)"', text_of(address, "/_preview/mail/"))
        assert first is not None
        assert "work again in half" in text_of(address, f"/_preview/mail/{first[1]}")

        source.write_text(INCIDENT.format(words="Broken.").replace("checkout", "chekout"))
        broken = next_screen(events)
        assert broken["revision"] == 2
        assert "chekout" in json.dumps(broken["problems"])
        assert "work again in half" in text_of(address, page)

        scratch = source.with_suffix(".new")
        scratch.write_text(INCIDENT.format(words="All is well."))
        scratch.replace(source)
        assert next_screen(events) == {"revision": 3, "problems": []}
        assert "All is well." in text_of(address, page)
