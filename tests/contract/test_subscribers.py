"""What every list of subscribers promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_subscribers import SqliteSubscribers
from publisher.model.errors import RefusedError, StorageError
from publisher.model.incident import Severity
from publisher.model.subscriber import Consent, Frequency, Wishes
from publisher.records.subscribers import confirm, subscribe, suppress, unsubscribe
from tests.contract.books import KINDS, Book, book, minutes
from tests.unit.deliver.samples import NOW, subscriber


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as opened:
        yield opened


def test_what_is_added_comes_back_whole(store: Book) -> None:
    ann = replace(
        subscriber("ann", components=("checkout", "search"), severity=Severity.SEV2, maintenance=False, locale="pt-BR"),
        ended=minutes(-1),
        source="import:old.csv",
    )
    assert store.subscribers.add(ann) == ann
    assert store.subscribers.find(address="ann@example.org") == ann
    assert store.subscribers.find(token=ann.token) == ann
    assert list(store.subscribers.all()) == [ann]


def test_an_address_is_known_however_it_is_written(store: Book) -> None:
    ann = store.subscribers.add(subscriber("ann"))
    for written in ("Ann@Example.ORG", " ann@example.org ", "ANN@example.org"):
        assert store.subscribers.find(address=written) == ann
        assert store.subscribers.add(subscriber("other", address=written)) == ann
    assert len(list(store.subscribers.all())) == 1


@pytest.mark.parametrize("there", list(Consent))
@pytest.mark.parametrize("added", list(Consent))
def test_adding_a_known_address_changes_nothing(store: Book, there: Consent, added: Consent) -> None:
    ann = store.subscribers.add(subscriber("ann", consent=there))
    assert store.subscribers.add(subscriber("twin", address=ann.address, consent=added)) == ann
    assert store.subscribers.find(address=ann.address) == ann


def test_strangers_are_not_found(store: Book) -> None:
    store.subscribers.add(subscriber("ann"))
    assert store.subscribers.find(address="bob@example.org") is None
    assert store.subscribers.find() is None
    for token in ("", "x", subscriber("ann").token[:-1], "\ud800", "' OR 1=1 --"):
        assert store.subscribers.find(token=token) is None


def test_wishes_and_consent_are_saved(store: Book) -> None:
    ann = store.subscribers.add(subscriber("ann"))
    changed = replace(
        ann,
        wishes=Wishes(components=("search",), frequency=Frequency.WEEKLY, locale="ar"),
        consent=Consent.UNSUBSCRIBED,
        ended=NOW,
        token="another-token-0123456789",
    )
    store.subscribers.save(changed)
    assert store.subscribers.find(token="another-token-0123456789") == changed
    assert store.subscribers.find(token=ann.token) is None


def test_saving_a_stranger_is_refused(store: Book) -> None:
    with pytest.raises(RefusedError, match="Nobody"):
        store.subscribers.save(subscriber("ann"))


@pytest.mark.parametrize("consent", [Consent.PENDING, Consent.CONFIRMED, Consent.UNSUBSCRIBED])
def test_a_suppression_is_never_lifted(store: Book, consent: Consent) -> None:
    ann = store.subscribers.add(subscriber("ann", consent=Consent.SUPPRESSED))
    with pytest.raises(RefusedError, match="suppressed"):
        store.subscribers.save(replace(ann, consent=consent))
    with pytest.raises(StorageError, match="never lifted"), store.database.transaction() as db:
        db.execute("UPDATE subscriber SET consent = ?", (str(consent),))
    assert store.subscribers.find(address=ann.address) == ann


def test_everyone_comes_sorted_by_id_however_many(store: Book) -> None:
    with store.database.transaction():
        for number in range(2500):
            store.subscribers.add(subscriber(f"{number * 7919 % 2500:05}"))
    ids = [s.id for s in store.subscribers.all()]
    assert len(ids) == 2500
    assert ids == sorted(ids)


def test_tokens_are_looked_up_by_digest(tmp_path: Path) -> None:
    """The index a look-up walks holds digests: its time says nothing of a token."""
    with book("file", tmp_path) as store:
        store.subscribers.add(subscriber("ann"))
        with store.database.reading() as db:
            plan = db.execute("EXPLAIN QUERY PLAN SELECT id FROM subscriber WHERE token_digest = 'x'").fetchall()
            indexed = {
                row[2]
                for (index,) in db.execute("SELECT name FROM pragma_index_list('subscriber')").fetchall()
                for row in db.execute("SELECT * FROM pragma_index_info(?)", (index,)).fetchall()
            }
    assert any("INDEX" in row[3] for row in plan)
    assert "token" not in indexed


def test_a_file_without_the_table_says_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "tidings.db")
    database.close()
    with sqlite3.connect(tmp_path / "tidings.db") as db:
        db.execute("DROP TABLE delivery")
        db.execute("DROP TABLE job")
        db.execute("DROP TABLE subscriber")
    db.close()
    database = Database(tmp_path / "tidings.db")
    with pytest.raises(StorageError, match="could not be read"):
        list(SqliteSubscribers(database).all())
    database.close()


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from("scuxi"), st.sampled_from(["ann@example.org", "Ann@EXAMPLE.org", "b@x.org"])))
)
def test_nobody_is_written_to_after_suppression_whatever_happens(steps: list[tuple[str, str]]) -> None:
    """T36 in small: subscribe, confirm, unsubscribe, suppress and import in any order."""
    with book("memory", Path()) as store:
        suppressed: set[str] = set()
        for number, (step, address) in enumerate(steps):
            someone = store.subscribers.find(address=address)
            known = address.casefold()
            try:
                if step == "s":
                    subscribe(store.subscribers, address, now=minutes(number))
                elif step == "i":
                    store.subscribers.add(subscriber(f"imported-{number}", address=address))
                elif someone and step == "c":
                    confirm(store.subscribers, someone.token, now=minutes(number))
                elif someone and step == "u":
                    unsubscribe(store.subscribers, someone.token, now=minutes(number))
                elif someone:
                    suppress(store.subscribers, someone, now=minutes(number))
                    suppressed.add(known)
            except RefusedError:
                pass
            now_there = store.subscribers.find(address=address)
            if known in suppressed:
                assert now_there is not None
                assert now_there.consent is Consent.SUPPRESSED
