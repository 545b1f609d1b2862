"""4.6: what waits, what passes, and that it goes out together afterwards; T74: not a byte changes while a hold lasts."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from publisher import app
from publisher.cli.main import cli
from publisher.holding import waiting
from publisher.model.errors import TidingsError
from publisher.model.hold import Holds, HoldWindow

INC = "2026-11-20-card-payments"
SITE = "site_name: A\nsite_url: https://a.example/\ndocs_dir: site_src\nplugins:\n  - tidings:\n      locales: [en]\n      time_zone: Europe/Berlin\n"
CHANNELS = """page:
  targets: {primary: {kind: folder, path: out/site}}
email: {enabled: true, transport: files, path: out/mail, sender: status@a.example, sender_name: A, unsubscribe_url: 'https://a.example/u/{token}'}
"""
INCIDENT = """---
title: Card payments failing
category: outage
severity: sev2
components: {checkout: partial_outage}
started: 2026-11-20T13:52:00Z
---

## 2026-11-20 14:05 UTC · Investigating

Some cards are declined.
"""
BEGUN = "2026-11-20T14:10:00Z"
HOLD = ("--for", "30m", "--why", "We are moving traffic.", "--by", "Ines Marques")


@pytest.fixture(autouse=True, scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Frames are made once for all houses: they are alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDINGS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def house(tmp_path: Path) -> Path:
    files = {
        "mkdocs.yml": SITE,
        "policy/components.yml": "components:\n  checkout: {name: Checkout}\n  search: {name: Search}\n",
        "policy/channels.yml": CHANNELS,
        f"incidents/{INC}.md": INCIDENT,
        "site_src/help.md": "# Help\n",
    }
    for path, text in files.items():
        write(tmp_path, path, text)
    assert run(tmp_path, "audience", "add", "reader@example.org", now="2026-11-20T10:00:00Z").exception is None
    with sqlite3.connect(tmp_path / ".tidings" / "state.db") as db:
        (token,) = db.execute("SELECT token FROM subscriber").fetchone()
    assert run(tmp_path, "audience", "confirm", token, now="2026-11-20T10:01:00Z").exception is None
    assert publish(tmp_path) == 0
    return tmp_path


def write(house: Path, path: str, text: str) -> None:
    (house / path).parent.mkdir(parents=True, exist_ok=True)
    (house / path).write_text(text, encoding="utf-8")


def say(house: Path, at: str, status: str, words: str, *, name: str = INC) -> None:
    file = house / "incidents" / f"{name}.md"
    file.write_text(f"{file.read_text()}\n## {at.replace('T', ' ')[:16]} UTC · {status}\n\n{words}\n")


def run(house: Path, *words: str, now: str = BEGUN) -> Result:
    return CliRunner().invoke(cli, ["--root", str(house), "--now", now, *words], standalone_mode=False)


def publish(house: Path, *words: str, now: str = BEGUN) -> int:
    result = run(house, "publish", *words, now=now)
    assert result.exception is None, result.exception
    return int(result.return_value)


def hold(house: Path, *words: str, now: str = BEGUN) -> list[dict[str, object]]:
    result = run(house, "hold", *words, "--format", "json", now=now)
    assert result.exception is None, result.exception
    found: list[dict[str, object]] = json.loads(result.stdout)["holds"]
    return found


def site(house: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in (house / "out" / "site").rglob("*") if one.is_file()}


def mails(house: Path) -> list[str]:
    return sorted(one.name for one in (house / "out" / "mail").rglob("*") if one.is_file())


def text_of(house: Path, name: str) -> str:
    [file] = [one for one in (house / "out" / "mail").rglob(name) if one.is_file()]
    return file.read_text(encoding="utf-8", errors="replace").replace("=\n", "")


def test_t74_while_everything_is_held_not_a_byte_changes_and_then_all_goes_together(house: Path) -> None:
    before, sent = site(house), mails(house)
    hold(house, *HOLD)
    for minute, status, words in ((15, "Identified", "We know why."), (25, "Monitoring", "It is mended.")):
        at = f"2026-11-20T14:{minute}:00Z"
        say(house, at, status, words)
        result = run(house, "publish", now=at)
        assert result.return_value == 0
        assert "Held until 2026-11-20 14:40 UTC: We are moving traffic." in result.stdout
        assert run(house, "deliver", now=at).exception is None
        assert (site(house), mails(house)) == (before, sent)
    assert publish(house, now="2026-11-20T14:39:59Z") == 0
    assert (site(house), mails(house)) == (before, sent)
    assert publish(house, now="2026-11-20T14:40:00Z") == 0
    page = next(body for path, body in site(house).items() if path.endswith(f"{INC}/index.html")).decode()
    assert page.index("It is mended.") < page.index("We know why.") < page.index("Some cards are declined.")
    [mail] = sorted(set(mails(house)) - set(sent))
    words = text_of(house, mail)
    assert "We know why." in words
    assert "It is mended." in words


@pytest.mark.parametrize("seed", range(3))
def test_t74_windows_of_policy_hold_at_their_very_edges(house: Path, seed: int) -> None:
    """Whole seconds around both edges; the windows lie around the end of summer time, 25 October 2026, 01:00 UTC."""
    dice = random.Random(seed)
    begins = datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(minutes=dice.randrange(180))
    ends = begins + timedelta(minutes=dice.randrange(1, 180))
    zone = timedelta(hours=dice.choice((0, 1, 2, -5)))
    offset = f"{'-' if zone < timedelta() else '+'}{abs(zone) // timedelta(hours=1):02d}:00"
    first, last = ((moment + zone).strftime("%Y-%m-%dT%H:%M:%S") + offset for moment in (begins, ends))
    write(house, "policy/holds.yml", f"windows: {{move: {{from: {first}, until: {last}, why: Moving.}}}}\n")
    write(
        house, "incidents/2026-10-24-search.md", INCIDENT.replace("2026-11-20", "2026-10-24").replace("Card", "Search")
    )
    before = site(house)
    for moment, held in ((begins, True), (ends - timedelta(seconds=1), True), (begins - timedelta(seconds=1), False)):
        result = run(house, "publish", "--dry-run", now=moment.isoformat())
        assert ("Held until" in result.stdout) is held, (moment, result.stdout)
    assert publish(house, now=(ends - timedelta(seconds=1)).isoformat()) == 0
    assert site(house) == before
    assert publish(house, now=ends.isoformat()) == 0
    assert site(house) != before


def test_t74_a_hundred_windows_hold_from_their_first_second_to_their_last(house: Path) -> None:
    """The same without a site around it, in zones on both sides of a clock change."""
    dice = random.Random(74)
    history = app.read_content(house, now=datetime(2026, 11, 20, tzinfo=UTC)).history
    for _ in range(100):
        begins = datetime(2026, 10, 24, 12, tzinfo=UTC) + timedelta(seconds=dice.randrange(86_400))
        ends = begins + timedelta(seconds=dice.randrange(1, 86_400))
        window = HoldWindow(name="w", why="x", begins=begins.astimezone(ZoneInfo("Europe/Berlin")), ends=ends)
        held = replace(history, policy=replace(history.policy, holds=Holds(windows=(window,))))
        second = timedelta(seconds=1)
        for moment, waits in ((begins - second, False), (begins, True), (ends - second, True), (ends, False)):
            for zone in ("UTC", "Europe/Berlin", "America/New_York"):
                found = waiting(held, (), now=moment.astimezone(ZoneInfo(zone)))
                assert (found.page is not None) is waits
                assert (found.held == (INC,)) is waits


def test_mail_about_one_incident_waits_and_about_others_goes(house: Path) -> None:
    sent = mails(house)
    hold(house, INC, *HOLD)
    say(house, "2026-11-20T14:15:00Z", "Identified", "We know why.")
    write(
        house, "incidents/2026-11-20-search.md", INCIDENT.replace("Card payments", "Search").replace("cards", "words")
    )
    assert publish(house, now="2026-11-20T14:15:00Z") == 0
    [mail] = sorted(set(mails(house)) - set(sent))
    assert "Some words are declined." in text_of(house, mail)
    assert "We know why." not in text_of(house, mail)
    assert any(b"We know why." in body for body in site(house).values()), "the page goes on"
    run(house, "deliver", now="2026-11-20T14:30:00Z")
    assert len(mails(house)) == len(sent) + 1
    run(house, "deliver", now="2026-11-20T14:40:00Z")
    assert len(mails(house)) == len(sent) + 2


def test_a_hold_is_ended_by_name_and_survives_restarts(house: Path) -> None:
    [one] = hold(house, *HOLD)
    number = str(one["entry"])
    assert hold(house, now="2026-11-20T14:20:00Z") == [one], "another process reads the same log"
    say(house, "2026-11-20T14:15:00Z", "Identified", "We know why.")
    before = site(house)
    assert publish(house, now="2026-11-20T14:16:00Z") == 0
    assert site(house) == before
    for words in (["--end", number], ["--end", "999", "--by", "Ines"], ["--end", number, "--why", "x", "--by", "I"]):
        assert isinstance(run(house, "hold", *words).exception, Exception), words
    assert hold(house, "--end", number, "--by", "Amal Haddad", now="2026-11-20T14:20:00Z") == []
    assert isinstance(
        run(house, "hold", "--end", number, "--by", "Amal", now="2026-11-20T14:21:00Z").exception, TidingsError
    )
    assert publish(house, now="2026-11-20T14:21:00Z") == 0
    assert site(house) != before


@pytest.mark.parametrize("passes", ["severities: [sev2]", "statuses: [resolved]"])
def test_what_policy_lets_pass_never_waits(house: Path, passes: str) -> None:
    write(house, "policy/holds.yml", f"passes: {{{passes}}}\n")
    sent = mails(house)
    hold(house, *HOLD)
    say(house, "2026-11-20T14:15:00Z", "Resolved", "All cards work.")
    assert publish(house, now="2026-11-20T14:15:00Z") == 0
    assert any(b"All cards work." in body for body in site(house).values())
    assert len(mails(house)) == len(sent) + 1


def test_mail_can_wait_for_a_state_to_end(house: Path) -> None:
    write(house, "policy/holds.yml", "mail_waits: {early: {statuses: [investigating], why: Too little is known.}}\n")
    write(house, "incidents/2026-11-20-search.md", INCIDENT.replace("Card payments", "Search"))
    sent = mails(house)
    assert publish(house, now="2026-11-20T14:15:00Z") == 0
    assert mails(house) == sent
    say(house, "2026-11-20T14:20:00Z", "Identified", "We know why.", name="2026-11-20-search")
    assert publish(house, now="2026-11-20T14:20:00Z") == 0
    [mail] = sorted(set(mails(house)) - set(sent))
    assert "Some cards are declined." in text_of(house, mail)
    assert "We know why." in text_of(house, mail)


def test_held_and_passed_are_on_the_record_once(house: Path) -> None:
    hold(house, *HOLD)
    say(house, "2026-11-20T14:15:00Z", "Identified", "We know why.")
    for minute in (15, 16, 17):
        publish(house, now=f"2026-11-20T14:{minute}:00Z")
    publish(house, "--dry-run", now="2026-11-20T14:18:00Z")
    with sqlite3.connect(house / ".tidings" / "state.db") as db:
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM archive ORDER BY seq")]
    assert kinds.count("held") == 1
    assert kinds.count("hold") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--for", "30m", "--by", "Ines"],
        ["--for", "30m", "--why", "x"],
        ["--why", "x", "--by", "Ines"],
        ["--for", "soon", "--why", "x", "--by", "Ines"],
        ["--for", "30m", "--until", "2026-11-21T00:00:00Z", "--why", "x", "--by", "Ines"],
        ["--until", "2026-11-20T14:00:00Z", "--why", "x", "--by", "Ines"],
        [INC, "--for", "30m", "--channel", "page", "--why", "x", "--by", "Ines"],
        ["2026-11-20-nothing", "--for", "30m", "--why", "x", "--by", "Ines"],
    ],
)
def test_a_hold_that_cannot_be_is_refused_and_not_on_record(house: Path, words: list[str]) -> None:
    assert run(house, "hold", *words).exception is not None
    assert hold(house) == []


def test_a_window_that_ends_before_it_begins_is_told(house: Path) -> None:
    write(
        house, "policy/holds.yml", "windows: {a: {from: 2026-11-21T00:00:00Z, until: 2026-11-20T00:00:00Z, why: x}}\n"
    )
    result = run(house, "check")
    assert result.return_value == 1
    assert "policy/holds.yml:1:43: TID770" in result.stdout
