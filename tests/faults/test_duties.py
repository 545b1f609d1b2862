"""T94: clocks that run survive kills, jumps of the clock, another host and a rewritten git history: none lost, none reset."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ledger import SqliteLedger
from publisher.cli.main import cli
from publisher.model.duty import Event
from publisher.model.occurrence import Occurrences
from publisher.obligations.standing import OPEN, State, standings
from publisher.ports import ArchiveEntry
from publisher.records.archive import verify
from publisher.records.events import EVENT, SUBMISSION, all_occurrences, record_event
from tests.faults import duty_worker
from tests.unit.obligations import kit

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
JUMPS = (timedelta(0), timedelta(days=3650), timedelta(days=-3650), timedelta(minutes=-10))
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.duty_worker"])


def depth(ordinary: int, nightly: int) -> int:
    return nightly if os.environ.get("TIDINGS_TEST_DEPTH") == "nightly" else ordinary


def entries(path: Path) -> list[ArchiveEntry]:
    database = Database(path)
    try:
        return list(SqliteLedger(database).archive())
    finally:
        database.close()


def dues(record: Occurrences, now: datetime) -> dict[str, datetime | None]:
    policy = kit.obligations("eu-gdpr", "eu-nis2", "eu-dora", "eu-cra")
    found = standings(kit.incident(), policy, record, site_zone="UTC", now=now)
    # overdue first, whatever the clock says
    states = [one.state for one in found]
    assert states == sorted(states, key=list(State).index)
    return {one.owed.id: one.due for one in found if one.state in OPEN}


def killed(path: Path, *, first: int, now: datetime, statement: int | None, after_s: float) -> list[int]:
    """Let a worker work, kill it, and give the numbers it said were recorded."""
    hearing, telling = _CONTEXT.Pipe(duplex=False)
    how = {"first": first, "now": now, "statement": statement}
    process = _CONTEXT.Process(target=duty_worker.work, args=(path, telling), kwargs=how)
    process.start()
    telling.close()
    told: list[int] = []
    if statement is None:
        told.append(hearing.recv())
        time.sleep(after_s)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    try:
        while True:
            told.append(hearing.recv())
    except EOFError:
        hearing.close()
    process.join(timeout=30)
    assert process.exitcode == -signal.SIGKILL
    return told


@pytest.mark.timeout(900)
def test_no_kill_jump_or_move_loses_or_resets_a_clock(tmp_path: Path) -> None:
    chance = random.Random(94)
    path = tmp_path / "host-0" / "state.db"
    anchor = {}
    database = Database(path)
    for number in range(4):
        record_event(
            SqliteLedger(database), incident=f"i-{number}", event=Event.AWARENESS, scope=None,
            at=NOW - timedelta(days=7000), by="first", now=NOW,
        )  # fmt: skip
    database.close()
    for name, record in all_occurrences(entries(path)).items():
        anchor[name] = dues(record, NOW)
    acknowledged: set[int] = set()
    first = 1
    for kill in range(depth(25, 300)):
        statement = chance.randrange(3, 90) if kill % 2 else None
        now = NOW + JUMPS[kill % len(JUMPS)]
        acknowledged |= set(killed(path, first=first, now=now, statement=statement, after_s=chance.uniform(0, 0.02)))
        if kill % 5 == 4:
            moved = tmp_path / f"host-{kill}"
            shutil.copytree(path.parent, moved)
            shutil.rmtree(path.parent)
            path = moved / "state.db"
        log = entries(path)
        assert verify(log) == ()
        numbers = [int(str(e.body["by"])[1:]) for e in log if isinstance(e.body, dict) and str(e.body["by"]) != "first"]
        assert acknowledged <= set(numbers), "an acknowledged entry was lost"
        assert len(numbers) == len(set(numbers))
        assert len(set(numbers) - acknowledged) <= kill + 1, "at most one entry a kill stands there unannounced"
        assert {e.kind for e in log} <= {EVENT, SUBMISSION}
        first = max([0, *numbers]) + 1
        for name, record in all_occurrences(log).items():
            assert dues(record, now).items() <= {**anchor[name], **_next_steps(record, now)}.items(), (
                "a clock was reset"
            )
            assert anchor[name].keys() - dues(record, now).keys() <= {"eu-nis2/notification"}, "a clock was lost"
    assert len(acknowledged) > 25


def _next_steps(record: Occurrences, now: datetime) -> dict[str, datetime | None]:
    """Give the one clock that a submission may add."""
    found = dues(record, now)
    return {"eu-nis2/final-report": found["eu-nis2/final-report"]} if "eu-nis2/final-report" in found else {}


def test_the_test_sees_a_lost_and_a_reset_clock() -> None:
    """The positive control: without the first event, or with it moved, the deadlines differ."""
    whole = kit.record("awareness 2026-11-20T10:00; awareness 2026-11-20T11:00")
    lost = Occurrences(events=whole.events[1:])
    assert dues(whole, NOW) != dues(lost, NOW)
    assert dues(whole, NOW) != dues(Occurrences(), NOW)


def test_a_rewritten_git_history_changes_no_clock(tmp_path: Path) -> None:
    house = tmp_path / "house"
    files = {
        "mkdocs.yml": "site_name: A\nsite_url: https://a.example/\nplugins: [tidings]\n",
        "policy/components.yml": "components:\n  checkout: {name: Checkout}\n",
        "policy/obligations.yml": "house: {name: A, roles: [controller]}\nregimes:\n  eu-gdpr: {by: A, on: 2026-06-01}\n",
        "incidents/2026-11-20-cards.md": "---\ntitle: Cards\ncategory: outage\nseverity: sev2\ncomponents: {checkout: partial_outage}\n"
        "started: 2026-11-20T09:00:00Z\npersonal_data: true\n---\n\n## 2026-11-20 10:00 UTC · Investigating\n\nSome fail.\n",
    }
    for name, text in files.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(text, encoding="utf-8")

    def git(*words: str) -> None:
        settings = ["-c", "user.name=A", "-c", "user.email=a@a.example", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *settings, *words], cwd=house, check=True, capture_output=True, timeout=30)

    def tidings(*words: str) -> str:
        options = ["--root", str(house), "--now", NOW.isoformat()]
        return CliRunner().invoke(cli, [*options, *words], catch_exceptions=False, standalone_mode=False).stdout

    git("init", "-q", "-b", "main")
    git("add", "incidents", "policy", "mkdocs.yml")
    git("commit", "-q", "-m", "first")
    tidings("obligations", "cards", "--record", "awareness", "--at", "2026-11-20T10:00:00Z", "--by", "Ines Marques")
    before = json.loads(tidings("obligations", "cards", "--format", "json"))
    git("commit", "-q", "--amend", "-m", "again", "--date", "2020-01-01T00:00:00Z")
    git("checkout", "-q", "--orphan", "other")
    git("commit", "-q", "-m", "another history")
    git("branch", "-q", "-D", "main")
    git("reflog", "expire", "--expire=now", "--all")
    git("gc", "-q", "--prune=now")
    assert json.loads(tidings("obligations", "cards", "--format", "json")) == before
    assert [one["due"] for one in before["duties"] if one["due"]] == ["2026-11-23T10:00:00+00:00"]
