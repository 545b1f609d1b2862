"""Claims of several messages: what each of them promises, what a kill leaves, and what a loss of power does.

A killed worker leaves what it wrote, synced or not: here another outbox on the same file, in the same run of the
machine. A loss of power is one that may have lost what was not synced: a copy of the file as it was at the last sync,
read in another run of the machine.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_claims import this_boot
from publisher.adapters.sqlite_outbox import SqliteOutbox
from publisher.adapters.sqlite_schema import STEPS, VERSION
from publisher.model.delivery import Outcome, Receipt
from publisher.model.errors import ConflictError
from publisher.model.subscriber import Consent
from publisher.ports import Job
from tests.contract.books import Book, book, minutes, said, tell
from tests.unit.deliver.samples import NOW, subscriber

LIVES = 60 if os.environ.get("TIDINGS_TEST_DEPTH") == "nightly" else 6
STEPS_OF_A_LIFE = 80
SIX = ["a", "b", "c", "d", "e", "f"]
TAKEN = Receipt(outcome=Outcome.ACCEPTED, at=NOW, detail="so it was", provider_id="p1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Book]:
    """Six readers, one update each."""
    with six(tmp_path) as opened:
        yield opened


@contextmanager
def six(folder: Path) -> Iterator[Book]:
    with book("file", folder) as opened:
        with opened.database.transaction():
            for name in SIX:
                opened.subscribers.add(subscriber(name))
        tell(opened, 1, [said("u1")], [f"id-{name}" for name in SIX])
        yield opened


def first(outbox: SqliteOutbox, at: float = 0, *, most: int = 64) -> Job:
    job = outbox.claim(minutes(at), worker="w", lease_s=60, most=most)
    assert job is not None
    return job


def following(outbox: SqliteOutbox, job: Job) -> Job:
    then = outbox.settle(job, TAKEN)
    assert then is not None
    return then


def all_of(outbox: SqliteOutbox, at: float) -> list[Job]:
    """Claim and send everything that is due."""
    out = []
    while (job := outbox.claim(minutes(at), worker="x", lease_s=60, most=64)) is not None:
        while job is not None:
            out.append(job)
            job = outbox.settle(job, replace(TAKEN, at=minutes(at)))
    return out


def test_a_claim_gives_its_messages_one_by_one_and_nobody_else_gets_them(store: Book) -> None:
    mine, theirs = SqliteOutbox(store.database), SqliteOutbox(store.database)
    job = first(mine, most=4)
    assert store.outbox.counts() == {Outcome.SENDING: 4, Outcome.OWED: 2}
    other = first(theirs)
    seen = [job.recipient.id]
    for _ in range(3):
        job = following(mine, job)
        seen.append(job.recipient.id)
    assert mine.settle(job, TAKEN) is None
    assert sorted([*seen, other.recipient.id, following(theirs, other).recipient.id]) == [f"id-{n}" for n in SIX]
    assert store.outbox.counts() == {Outcome.ACCEPTED: 5, Outcome.SENDING: 1}


def test_counts_know_an_end_before_the_claim_is_through(store: Book) -> None:
    outbox = SqliteOutbox(store.database)
    following(outbox, following(outbox, first(outbox)))
    assert SqliteOutbox(store.database).counts() == {Outcome.ACCEPTED: 2, Outcome.SENDING: 4}


def test_killed_with_a_claim_in_hand_only_what_was_under_way_is_in_doubt(store: Book) -> None:
    job = first(SqliteOutbox(store.database))
    back = all_of(SqliteOutbox(store.database), 2)
    assert [(one.id, one.attempt) for one in back if one.doubtful] == [(job.id, 2)]
    assert [one.attempt for one in back if not one.doubtful] == [1] * 5, "as if nobody had claimed them"
    assert store.outbox.counts() == {Outcome.ACCEPTED: 6}


@pytest.mark.parametrize("boot", ["monday", None])
def test_killed_amid_a_claim_what_was_settled_stays_so(store: Book, boot: str | None) -> None:
    dead = SqliteOutbox(store.database, boot=boot)
    one = first(dead)
    two = following(dead, one)
    three = following(dead, two)
    back = all_of(SqliteOutbox(store.database, boot=boot), 2)
    assert len(back) == 4
    assert [job.id for job in back if job.doubtful] == [three.id]
    assert {one.id, two.id}.isdisjoint(job.id for job in back)
    assert store.outbox.counts() == {Outcome.ACCEPTED: 6}
    with store.database.reading() as db:
        kept = db.execute("SELECT outcome, provider_id, detail FROM job WHERE id = ?", (two.id,)).fetchone()
        assert kept == ("accepted", "p1", "so it was")
        assert db.execute("SELECT count(*) FROM claim").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM receipt").fetchone() == (0,)


def power_lost(store: Book, folder: Path, *, keep: int | None = None) -> Database:
    """Copy the file as another run of the machine finds it: of the log, so many bytes."""
    source = Path(store.database.name)
    shutil.copy(source, folder / "after.db")
    log = source.with_name(source.name + "-wal").read_bytes()
    (folder / "after.db-wal").write_bytes(log if keep is None else log[:keep])
    return Database(folder / "after.db")


def size_of_log(store: Book) -> int:
    return Path(store.database.name + "-wal").stat().st_size


def test_after_a_loss_of_power_all_that_is_uncertain_is_in_doubt_and_nothing_forgotten(
    store: Book, tmp_path: Path
) -> None:
    """The last settlings were not on disk: what they said is gone, and who they spoke of may have been sent it."""
    before = SqliteOutbox(store.database, boot="monday")
    job = first(before)
    synced = size_of_log(store)
    gone = [job, two := following(before, job), following(before, two)]
    assert size_of_log(store) > synced, "the control: there is something to lose"
    after = power_lost(store, tmp_path, keep=synced)
    with ExitStack() as stack:
        stack.callback(after.close)
        outbox = SqliteOutbox(after, boot="tuesday")
        assert outbox.counts() == {Outcome.SENDING: 6}
        back = all_of(outbox, 2)
        assert len(back) == 6
        assert all(one.doubtful for one in back), "those that were never sent too: nobody can tell"
        assert {one.id for one in gone} <= {one.id for one in back}, "with the same names"
        assert outbox.counts() == {Outcome.ACCEPTED: 6}


def test_after_a_loss_of_power_what_reached_the_disk_is_known(store: Book, tmp_path: Path) -> None:
    before = SqliteOutbox(store.database, boot="monday")
    one = first(before)
    two = following(before, one)
    after = power_lost(store, tmp_path)
    with ExitStack() as stack:
        stack.callback(after.close)
        back = all_of(SqliteOutbox(after, boot="tuesday"), 2)
        assert one.id not in {job.id for job in back}
        assert two.id in {job.id for job in back}
        assert [job.doubtful for job in back] == [True] * 5


def test_where_the_machines_runs_have_no_names_what_was_under_way_is_known_all_the_same(
    store: Book, tmp_path: Path
) -> None:
    """Each settling was on disk before the next message went."""
    before = SqliteOutbox(store.database, boot=None)
    one = first(before)
    two = following(before, one)
    after = power_lost(store, tmp_path)
    with ExitStack() as stack:
        stack.callback(after.close)
        back = all_of(SqliteOutbox(after, boot="tuesday"), 2)
        assert [job.id for job in back if job.doubtful] == [two.id]
        assert len(back) == 5


@pytest.mark.parametrize(("boot", "waits"), [("monday", 0), (None, 5)])
def test_settling_waits_for_the_disk_only_where_it_must(store: Book, boot: str | None, waits: int) -> None:
    """A claim always waits; the settling of its last message never does, for the next claim will."""
    outbox = SqliteOutbox(store.database, boot=boot)
    with store.database.reading() as db:
        assert isinstance(db, sqlite3.Connection)
        job: Job | None = first(outbox)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        waited = 0
        while job is not None:
            job = outbox.settle(job, TAKEN)
            waited += db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert waited == waits
    assert outbox.counts() == {Outcome.ACCEPTED: 6}


def test_a_claim_of_one_is_known_after_a_loss_of_power(store: Book, tmp_path: Path) -> None:
    """What the policy `hold` does: nothing is under way, or may have been, that the disk does not know of."""
    before = SqliteOutbox(store.database, boot="monday")
    before.settle(first(before, most=1), TAKEN)
    two = first(before, most=1)
    synced = size_of_log(store)
    before.settle(two, TAKEN)
    after = power_lost(store, tmp_path, keep=synced)
    with ExitStack() as stack:
        stack.callback(after.close)
        back = all_of(SqliteOutbox(after, boot="tuesday"), 2)
        assert [job.id for job in back if job.doubtful] == [two.id]
        assert len(back) == 5


def test_each_settling_renews_the_lease(store: Book) -> None:
    outbox = SqliteOutbox(store.database)
    job: Job | None = first(outbox)
    other = SqliteOutbox(store.database)
    for minute in (0.9, 1.8, 2.7):
        assert job is not None
        job = outbox.settle(job, replace(TAKEN, at=minutes(minute)))
        assert other.claim(minutes(minute + 0.9), worker="b", lease_s=60) is None
    assert other.claim(minutes(3.8), worker="b", lease_s=60) is not None


def test_a_late_worker_is_told_and_sends_no_more(store: Book) -> None:
    late = SqliteOutbox(store.database)
    job = first(late)
    then = following(late, job)
    assert len(all_of(SqliteOutbox(store.database), 5)) == 5
    with pytest.raises(ConflictError, match="taken over"):
        late.settle(then, TAKEN)
    assert store.outbox.counts() == {Outcome.ACCEPTED: 6}


def test_a_late_worker_may_still_settle_what_nobody_sent_again_and_gets_no_other(store: Book) -> None:
    late, other = SqliteOutbox(store.database), SqliteOutbox(store.database)
    job = first(late)
    again = other.claim(minutes(2), worker="b", lease_s=60)
    assert again is not None
    assert again.id == job.id, "what is in doubt goes first"
    other.settle(again, Receipt(outcome=Outcome.OWED, at=minutes(2)))
    assert late.settle(job, TAKEN) is None
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.OWED: 5}


def test_what_was_held_goes_back_with_what_could_not_be_tried(store: Book) -> None:
    outbox = SqliteOutbox(store.database)
    job = following(outbox, first(outbox))
    assert outbox.settle(job, Receipt(outcome=Outcome.OWED, at=NOW, detail="the server is out of order")) is None
    assert outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.OWED: 5}
    assert [one.attempt for one in all_of(SqliteOutbox(store.database), 0)] == [1] * 5


@pytest.mark.parametrize("outcome", [Outcome.DEFERRED, Outcome.IN_DOUBT, Outcome.REJECTED, Outcome.FAILED])
def test_whatever_becomes_of_one_the_next_one_goes(store: Book, outcome: Outcome) -> None:
    outbox = SqliteOutbox(store.database)
    job: Job | None = first(outbox)
    assert job is not None
    job = outbox.settle(job, Receipt(outcome=outcome, at=NOW), due=minutes(5))
    count = 1
    while job is not None:
        count += 1
        job = outbox.settle(job, TAKEN)
    assert count == 6
    assert outbox.counts() == {Outcome.ACCEPTED: 5, outcome: 1}


@pytest.mark.parametrize("names", ["b", "bc", "bcdef", "f", "ce"])
def test_who_leaves_while_their_message_is_held_gets_nothing(store: Book, names: str) -> None:
    outbox = SqliteOutbox(store.database)
    job: Job | None = first(outbox)
    for name in names:
        store.subscribers.save(replace(subscriber(name), consent=Consent.UNSUBSCRIBED, ended=NOW))
    got = []
    while job is not None:
        got.append(job.recipient.id)
        job = outbox.settle(job, TAKEN)
    assert got == [f"id-{name}" for name in SIX if name not in names]
    assert outbox.counts() == {Outcome.ACCEPTED: 6 - len(names), Outcome.CANCELLED: len(names)}
    with store.database.reading() as db:
        assert db.execute("SELECT count(*) FROM claim").fetchone() == (0,)


def test_what_is_retracted_while_it_is_held_is_not_sent(store: Book) -> None:
    outbox = SqliteOutbox(store.database)
    job = following(outbox, first(outbox))
    tell(store, 2, [said("u2")], ["id-a"])
    assert outbox.settle(job, TAKEN) is None, "what is held goes back and is looked at anew"
    assert outbox.counts() == {Outcome.ACCEPTED: 2, Outcome.OWED: 5}
    tell(store, 3, [], [], carried=[said("u2")])
    assert [[d.update for d in one.deliveries] for one in all_of(outbox, 0)] == [["u2"]]


def test_a_file_of_the_first_form_is_taken_along(tmp_path: Path) -> None:
    """A worker of the version before died with a message under way."""
    path = tmp_path / "tidings.db"
    with six(tmp_path) as where:
        job = first(SqliteOutbox(where.database), most=1)
        with where.database.transaction() as db:
            for name in ("job_open", "job_recipient", "delivery_recipient"):
                db.execute(f"DROP INDEX {name}")
            db.execute("ALTER TABLE job DROP COLUMN claim")
            db.execute("DROP TABLE claim")
            db.execute("DROP TABLE receipt")
            for statement in STEPS[0]:
                if any(f"INDEX {name} " in statement for name in ("job_open", "job_recipient", "delivery_recipient")):
                    db.execute(statement)
            db.execute("PRAGMA user_version = 1")
    database = Database(path)
    with ExitStack() as stack:
        stack.callback(database.close)
        with database.reading() as db:
            assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        outbox = SqliteOutbox(database)
        assert outbox.claim(NOW, worker="x", lease_s=600, most=64) is not None, "the other five"
        back = outbox.claim(minutes(2), worker="x", lease_s=60)
        assert back is not None
        assert (back.id, back.doubtful, back.attempt) == (job.id, True, 2)


def test_a_message_without_a_claim_is_in_doubt_when_its_time_is_over(store: Book) -> None:
    """A worker of the version before went on while the file was taken along."""
    job = first(SqliteOutbox(store.database), most=1)
    with store.database.transaction() as db:
        db.execute("UPDATE job SET claim = NULL")
        db.execute("DELETE FROM claim")
    back = all_of(SqliteOutbox(store.database), 2)
    assert [one.id for one in back if one.doubtful] == [job.id]
    assert len(back) == 6


def test_the_machines_run_has_a_name_or_none(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("8a5f0e5e-6d1c-4c0b-9e1b-6f4f1f2f3f4f\n")
    assert this_boot(tmp_path / "id") == "8a5f0e5e-6d1c-4c0b-9e1b-6f4f1f2f3f4f"
    (tmp_path / "empty").write_text("\n")
    assert this_boot(tmp_path / "empty") is None
    assert this_boot(tmp_path / "none") is None


def test_one_worker_alone_asks_rarely(tmp_path: Path) -> None:
    """Two hundred messages: what looks for the next ones runs a few times, and a message costs a few statements."""
    with book("file", tmp_path) as where:
        names = [f"q{number:03}" for number in range(200)]
        with where.database.transaction():
            for name in names:
                where.subscribers.add(subscriber(name))
        tell(where, 1, [said("u1")], [f"id-{name}" for name in names])
        outbox = SqliteOutbox(where.database)
        asked: list[str] = []
        with where.database.reading() as db:
            db.set_trace_callback(asked.append)
        assert len(all_of(outbox, 0)) == 200
        with where.database.reading() as db:
            db.set_trace_callback(None)
        assert outbox.counts() == {Outcome.ACCEPTED: 200}
        assert 4 <= len([statement for statement in asked if "ORDER BY due, seq" in statement]) <= 5
        assert len(asked) < 200 * 10


class Life:
    """Two workers on one file, and what the world outside knows: which messages were handed over, and who left."""

    def __init__(self, store: Book, dice: random.Random) -> None:
        self.store, self.dice, self.now = store, dice, NOW
        self.told = [said("u1")]
        self.boot = self.kills = self.powers = 0
        self.workers = [SqliteOutbox(store.database, boot="0") for _ in range(2)]
        self.under_way: dict[int, Job] = {}
        self.uncertain: set[str] = set()
        self.left: set[str] = set()

    def go(self, who: int) -> None:
        """Claim, or settle what is under way."""
        before = self.under_way.pop(who, None)
        if before is None:
            most = self.dice.choice([1, 3, 64])
            job = self.workers[who].claim(self.now, worker=f"{who}", lease_s=600, most=most)
        else:
            outcome = self.dice.choice([*[Outcome.ACCEPTED] * 7, Outcome.REJECTED, Outcome.DEFERRED])
            again = self.now + timedelta(seconds=30) if outcome is Outcome.DEFERRED else None
            job = self.workers[who].settle(before, Receipt(outcome=outcome, at=self.now), due=again)
        if job is not None:
            assert job.recipient.id not in self.left, "who left gets nothing"
            assert job.recipient.id not in {other.recipient.id for other in self.under_way.values()}, "one at a time"
            assert job.doubtful or job.id not in self.uncertain, "it may have gone out, and that is known"
            self.under_way[who] = job

    def tell(self) -> None:
        new = said(f"u{len(self.told) + 1}", f"2026-11-20-{self.dice.choice('ab')}")
        people = [f"id-{name}" for name in SIX if f"id-{name}" not in self.left]
        tell(self.store, len(self.told) + 1, [new], people, carried=self.told, due=self.now)
        self.told.append(new)

    def leave(self) -> None:
        name = self.dice.choice(SIX)
        if len(self.left) < 3 and f"id-{name}" not in {job.recipient.id for job in self.under_way.values()}:
            gone = replace(subscriber(name), consent=Consent.UNSUBSCRIBED, ended=self.now)
            self.store.subscribers.save(gone)
            self.left.add(f"id-{name}")

    def die(self, *, power: bool) -> None:
        """Kill one worker; or both, by the power, which here loses nothing that was written."""
        self.kills, self.powers, self.boot = self.kills + 1, self.powers + power, self.boot + power
        for who in (0, 1) if power else (self.dice.randrange(2),):
            if who in self.under_way:
                self.uncertain.add(self.under_way.pop(who).id)
            self.workers[who] = SqliteOutbox(self.store.database, boot=str(self.boot))

    def end(self) -> None:
        """Settle what is under way and send the rest."""
        self.now += timedelta(seconds=60)
        for who in (0, 1):
            while who in self.under_way:
                self.go(who)
        self.now += timedelta(days=1)
        assert {
            job.recipient.id for job in all_of(self.workers[0], (self.now - NOW) / timedelta(minutes=1))
        }.isdisjoint(self.left)


def test_random_lives_of_two_workers(tmp_path: Path) -> None:
    """Claims of any size, every answer, deaths, losses of power, news and people who leave: all the promises at once."""
    kills = powers = 0
    for seed in range(LIVES):
        dice = random.Random(seed)
        with six(tmp_path / str(seed)) as store:
            life = Life(store, dice)
            for _ in range(STEPS_OF_A_LIFE):
                life.now += timedelta(seconds=dice.choice([1, 1, 5]))
                match dice.choices(["go", "tell", "leave", "kill", "power"], weights=[60, 6, 1, 4, 2])[0]:
                    case "go":
                        life.go(dice.randrange(2))
                    case "tell":
                        life.tell()
                    case "leave":
                        life.leave()
                    case how:
                        life.die(power=how == "power")
            life.end()
            counts = store.outbox.counts()
            assert set(counts) <= {Outcome.ACCEPTED, Outcome.REJECTED, Outcome.CANCELLED}, "everything has an end"
            kills, powers = kills + life.kills, powers + life.powers
            with store.database.reading() as db:
                assert db.execute("SELECT count(*) FROM claim").fetchone() == (0,)
                assert db.execute("SELECT count(*) FROM receipt").fetchone() == (0,)
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert kills > LIVES
    assert powers > LIVES // 3, "the control: there were deaths"
