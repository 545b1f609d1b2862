"""What every ledger promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ledger import SqliteLedger
from publisher.model.delivery import Outcome, Receipt
from publisher.model.errors import StorageError
from publisher.ports import Owed
from publisher.records.archive import verify
from publisher.records.ledger import release_words
from tests.contract.books import KINDS, Book, book, minutes, owed, said, tell
from tests.unit.deliver.samples import NOW, release, subscriber


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path, keep_releases=3) as opened:
        opened.subscribers.add(subscriber("ann"))
        opened.subscribers.add(subscriber("ben"))
        yield opened


def test_a_release_comes_back_whole(store: Book) -> None:
    made = replace(release(4, [said("u1")], pages={"index.html": b"home", "a/b.txt": b""}), rollback_of=2, source=None)
    store.ledger.record(made, Owed())
    (back,) = store.ledger.releases()
    assert back == made
    assert dict(back.bodies) == dict(made.bodies)
    assert back.id == made.id


def test_the_same_release_a_second_time_changes_nothing(store: Book) -> None:
    made, rows = release(1, [said("u1")]), owed([said("u1")], ["id-ann"])
    store.ledger.record(made, rows)
    before = (list(store.ledger.archive()), store.outbox.counts(), store.ledger.releases())
    store.ledger.record(made, rows)
    store.ledger.record(made, owed([said("u1"), said("u2")], ["id-ann", "id-ben"]))
    assert (list(store.ledger.archive()), store.outbox.counts(), store.ledger.releases()) == before


def test_two_publishers_may_have_tried_for_the_same_generation(store: Book) -> None:
    store.ledger.record(release(5, pages={"index.html": b"loser"}), Owed())
    store.ledger.record(release(5, pages={"index.html": b"winner"}), Owed())
    assert [sorted(r.bodies.values()) for r in store.ledger.releases()] == [[b"winner"], [b"loser"]]


def test_newest_first_and_only_the_newest_keep_their_bodies(store: Book) -> None:
    for generation in range(1, 6):
        store.ledger.record(
            release(generation, pages={"same.css": b"same", "index.html": f"body {generation}".encode()}), Owed()
        )
    kept = store.ledger.releases()
    assert [r.generation for r in kept] == [5, 4, 3]
    assert [r.generation for r in store.ledger.releases(limit=1)] == [5]
    assert [sorted(r.bodies.values()) for r in kept] == [[f"body {g}".encode(), b"same"] for g in (5, 4, 3)]
    with store.database.reading() as db:
        assert db.execute("SELECT count(*) FROM body").fetchone() == (4,)
        assert db.execute("SELECT count(*) FROM release").fetchone() == (5,)
    assert len(list(store.ledger.archive())) == 5, "the archive never shrinks"


def test_bodies_pruned_meanwhile_say_so(store: Book) -> None:
    store.ledger.record(release(1), Owed())
    (old,) = store.ledger.releases()
    for generation in range(2, 6):
        store.ledger.record(release(generation), Owed())
    with pytest.raises(StorageError, match="pruned"):
        next(iter(old.bodies.values()))


def test_a_release_without_its_bytes_is_refused_and_leaves_no_trace(store: Book) -> None:
    with pytest.raises(StorageError, match="does not carry"):
        store.ledger.record(replace(release(1, [said("u1")]), bodies={}), owed([said("u1")], ["id-ann"]))
    assert store.ledger.releases() == ()
    assert store.ledger.announced() == frozenset()
    assert list(store.ledger.archive()) == []


def test_rows_for_a_stranger_are_refused_and_leave_no_trace(store: Book) -> None:
    with pytest.raises(StorageError, match="refused"):
        store.ledger.record(release(1, [said("u1")]), owed([said("u1")], ["id-ann", "nobody"]))
    assert (store.ledger.releases(), store.outbox.counts(), list(store.ledger.archive())) == ((), {}, [])


def test_every_wording_ever_recorded_is_announced(store: Book) -> None:
    store.ledger.record(release(1, [said("u1")]), Owed())
    store.ledger.record(release(2, [said("u1", words="other"), said("u2")]), Owed())
    store.ledger.record(release(3, []), Owed())
    assert store.ledger.announced() == {
        (s.incident, s.update, s.revision) for s in (said("u1"), said("u1", words="other"), said("u2"))
    }


def test_nothing_goes_before_a_target_is_live(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], live=False)
    assert store.outbox.claim(NOW, worker="w", lease_s=60) is None
    store.ledger.live("local", 1, NOW)
    assert store.outbox.claim(NOW, worker="w", lease_s=60) is not None


def test_words_go_when_no_target_can_be_reached_and_the_archive_says_so(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], live=False)
    release_words(store.ledger, 1, NOW)
    assert store.outbox.claim(NOW, worker="w", lease_s=60) is not None
    assert [entry.kind for entry in store.ledger.archive()] == ["release", "unpublished"]


def test_words_of_a_generation_that_never_got_live_go_with_the_next(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], live=False)
    tell(store, 2, [said("u2")], ["id-ann"], carried=[said("u1")])
    job = store.outbox.claim(NOW, worker="w", lease_s=60)
    assert job is not None
    assert [d.update for d in job.deliveries] == ["u1", "u2"]


def revisions(store: Book, at: datetime = NOW) -> list[str]:
    """Claim what is due and name its wordings."""
    job = store.outbox.claim(at, worker="w", lease_s=60)
    return [] if job is None else [delivery.revision for delivery in job.deliveries]


def test_words_mended_before_they_were_sent_go_out_mended(store: Book) -> None:
    """A silent mending of a wording that was never sent neither loses the update nor sends the old words."""
    tell(store, 1, [said("u1")], ["id-ann"], live=False)
    mended = said("u1", words="mended")
    tell(store, 2, [said("u2")], ["id-ann"], mended=[mended])
    assert revisions(store) == [mended.revision, said("u2").revision]
    assert store.outbox.counts() == {Outcome.SENDING: 2}


def test_a_digest_that_waits_says_what_the_page_says_once_that_is_live(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], due=minutes(60))
    mended = said("u1", words="mended")
    tell(store, 2, [], [], mended=[mended], live=False)
    assert revisions(store, minutes(61)) == [], "no page shows the mended words yet"
    store.ledger.live("local", 2, NOW)
    assert revisions(store, minutes(61)) == [mended.revision]


def test_words_put_back_before_they_were_sent_go_out_as_they_were(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], due=minutes(60))
    tell(store, 2, [], [], mended=[said("u1", words="mended")], live=False)
    tell(store, 3, [], [], carried=[said("u1")])
    assert revisions(store, minutes(61)) == [said("u1").revision]


def test_a_correction_takes_the_place_of_words_that_still_wait(store: Book) -> None:
    """Who was sent the old words gets the correction; who was not, gets one message, not two."""
    tell(store, 1, [said("u1")], ["id-ann"])
    job = store.outbox.claim(NOW, worker="w", lease_s=60)
    assert job is not None
    store.outbox.settle(job, Receipt(outcome=Outcome.ACCEPTED, at=NOW))
    store.ledger.record(release(2, [said("u1"), said("u3")]), owed([said("u3")], ["id-ben"], due=minutes(60)))
    store.ledger.live("local", 2, NOW)
    corrected = [said("u1", words="no"), said("u3", words="no")]
    tell(store, 3, corrected, ["id-ann", "id-ben"], due=minutes(60))
    assert revisions(store, minutes(61)) == [said.revision for said in corrected]
    assert revisions(store, minutes(61)) == [said.revision for said in corrected]
    assert store.outbox.counts() == {Outcome.ACCEPTED: 1, Outcome.SENDING: 4, Outcome.CANCELLED: 1}


def test_words_that_no_page_shows_are_not_sent(store: Book) -> None:
    """A rollback to a wording nobody was owed withholds the newer one; it goes when a page shows it again."""
    tell(store, 1, [], [], carried=[said("u1", words="oldest")])
    tell(store, 2, [said("u1")], ["id-ann"], due=minutes(60))
    tell(store, 3, [], [], carried=[said("u1", words="oldest")])
    assert store.outbox.counts() == {Outcome.CANCELLED: 1}
    assert revisions(store, minutes(61)) == []
    tell(store, 4, [], [], carried=[said("u1")])
    assert revisions(store, minutes(61)) == [said("u1").revision]


def test_what_is_under_way_or_in_doubt_keeps_its_words(store: Book) -> None:
    """A message that may have gone out is repeated as it was, or the reader would see two different ones."""
    tell(store, 1, [said("u1")], ["id-ann"])
    assert revisions(store) == [said("u1").revision]
    tell(store, 2, [], [], mended=[said("u1", words="mended")])
    assert revisions(store, minutes(2)) == [said("u1").revision]


def test_words_retracted_before_they_were_sent_are_cancelled_and_come_back_with_the_words(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"], due=minutes(60))
    tell(store, 2, [], [])
    assert store.outbox.counts() == {Outcome.CANCELLED: 1}
    assert store.outbox.claim(minutes(61), worker="w", lease_s=60) is None
    tell(store, 3, [], [], carried=[said("u1")])
    assert store.outbox.counts() == {Outcome.OWED: 1}
    assert store.outbox.claim(minutes(61), worker="w", lease_s=60) is not None


def test_a_target_that_comes_late_with_an_older_generation_withdraws_nothing(store: Book) -> None:
    tell(store, 1, [], [])
    tell(store, 2, [said("u1")], ["id-ann"], due=minutes(60))
    store.ledger.live("other", 1, NOW)
    assert store.outbox.counts() == {Outcome.OWED: 1}


def test_noting_a_live_target_again_changes_nothing(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann"])
    before = list(store.ledger.archive())
    store.ledger.live("local", 1, minutes(5))
    assert list(store.ledger.archive()) == before
    store.ledger.live("other", 1, minutes(5))
    assert [e.kind for e in store.ledger.archive()] == ["release", "live", "live"]


def test_a_generation_that_another_machine_recorded_may_be_live(store: Book) -> None:
    store.ledger.live("local", 9, NOW)
    assert [e.body for e in store.ledger.archive()] == [{"generation": 9, "target": "local"}]


def test_the_archive_is_a_chain_from_one_without_gaps(store: Book) -> None:
    for number in range(1, 8):
        entry = store.ledger.append("note", {"n": number, "text": "ü\u2028"}, minutes(number))
        assert entry.seq == number
    entries = list(store.ledger.archive())
    assert [e.seq for e in entries] == list(range(1, 8))
    assert verify(entries) == ()
    assert [e.seq for e in store.ledger.archive(after=5)] == [6, 7]


def test_the_archive_orders_by_sequence_when_the_clock_goes_back(store: Book) -> None:
    store.ledger.append("note", 1, minutes(60))
    store.ledger.append("note", 2, minutes(-60))
    entries = list(store.ledger.archive())
    assert [e.body for e in entries] == [1, 2]
    assert verify(entries) == ()


def test_the_archive_keeps_words_and_no_names(store: Book) -> None:
    tell(store, 1, [said("u1")], ["id-ann", "id-ben"])
    body = next(iter(store.ledger.archive())).body
    assert isinstance(body, dict)
    assert body["owed"] == {"email": 2}
    assert body["words"] == [{"revision": said("u1").revision, "locale": "en", "words": {"update": "u1"}}]
    assert "ann" not in str(body)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archive SET body = '{}' WHERE seq = 1",
        "DELETE FROM archive WHERE seq = 2",
        "DELETE FROM archive",
        "INSERT OR REPLACE INTO archive (seq, at, kind, body, link) VALUES (1, 'x', 'x', 'x', 'x')",
        "INSERT INTO archive (seq, at, kind, body, link) VALUES (99, 'x', 'x', 'x', 'x')",
        "REPLACE INTO archive (seq, at, kind, body, link) SELECT 1, at, kind, body, link FROM archive WHERE seq = 2",
    ],
)
def test_the_archives_table_refuses_to_change(store: Book, statement: str) -> None:
    store.ledger.append("note", 1, NOW)
    store.ledger.append("note", 2, NOW)
    before = list(store.ledger.archive())
    with pytest.raises(StorageError, match="append-only"), store.database.transaction() as db:
        db.execute(statement)
    assert list(store.ledger.archive()) == before


def test_what_one_process_writes_another_reads(tmp_path: Path) -> None:
    with book("file", tmp_path) as one, book("file", tmp_path) as other:
        one.subscribers.add(subscriber("ann"))
        tell(one, 1, [said("u1")], ["id-ann"])
        assert other.ledger.announced() == one.ledger.announced()
        assert other.outbox.claim(NOW, worker="other", lease_s=60) is not None
        assert one.outbox.claim(NOW, worker="one", lease_s=60) is None


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tidings.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cats (name TEXT)")
    db.close()
    with pytest.raises(StorageError, match="something else"):
        Database(path)


def test_a_file_of_a_newer_tidings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tidings.db"
    Database(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StorageError, match="newer"):
        Database(path)


def test_a_damaged_file_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "tidings.db"
    path.write_bytes(b"this is no database at all, but long enough to be read as the head of one" * 20)
    with pytest.raises(StorageError, match="damaged"):
        Database(path)


def test_a_locked_file_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "tidings.db"
    Database(path).close()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        mine = Database(path, busy_s=0.05)
        with pytest.raises(StorageError, match="in use"):
            SqliteLedger(mine).append("note", 1, NOW)
        mine.close()
        other.execute("ROLLBACK")
    other.close()


def test_a_full_disk_is_named_as_such_and_nothing_is_half_written(tmp_path: Path) -> None:
    with book("file", tmp_path) as store:
        store.ledger.record(release(1), Owed())
        with store.database.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            # the database may not grow any more: SQLite answers as it does on a full disk
            db.execute(f"PRAGMA max_page_count = {pages}")
        noise = bytes(range(256)) * 4
        big = release(2, [said("u1")], pages={f"{n}.bin": noise[n:] + bytes([n]) * 9000 for n in range(250)})
        with pytest.raises(StorageError, match="full"):
            store.ledger.record(big, Owed())
        assert [r.generation for r in store.ledger.releases()] == [1]
        assert len(list(store.ledger.archive())) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="folder"):
        Database(tmp_path / "file" / "tidings.db")
