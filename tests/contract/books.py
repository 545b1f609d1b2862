"""Ledger, outbox and subscribers on every database they run on, with a release and its rows at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ledger import SqliteLedger
from publisher.adapters.sqlite_outbox import SqliteOutbox
from publisher.adapters.sqlite_subscribers import SqliteSubscribers
from publisher.model.delivery import Channel, Delivery
from publisher.model.digest import sha256
from publisher.model.release import Said
from publisher.ports import Ledger, Outbox, Owed, Subscribers
from tests.unit.deliver.samples import NOW, release

KINDS = ("file", "memory")


@dataclass(frozen=True, slots=True)
class Book:
    """One store, through its three ports."""

    ledger: Ledger
    outbox: Outbox
    subscribers: Subscribers
    database: Database


@contextmanager
def book(kind: str, folder: Path, *, keep_releases: int = 10) -> Iterator[Book]:
    """Open a store; `file` again in the same folder gives the same one."""
    database = Database(folder / "tidings.db" if kind == "file" else None)
    try:
        yield Book(
            SqliteLedger(database, keep_releases=keep_releases),
            SqliteOutbox(database),
            SqliteSubscribers(database),
            database,
        )
    finally:
        database.close()


def said(update: str, incident: str = "2026-11-20-pay", words: str = "") -> Said:
    """Name a wording."""
    return Said(incident=incident, update=update, revision=sha256(f"{incident}{update}{words}".encode()))


def owed(saids: Iterable[Said], recipients: Iterable[str], *, due: datetime = NOW, locale: str = "en") -> Owed:
    """Owe wordings to people by mail."""
    told = tuple(saids)
    return Owed(
        deliveries=tuple(
            Delivery(
                incident=s.incident,
                update=s.update,
                revision=s.revision,
                channel=Channel.EMAIL,
                recipient=recipient,
                locale=locale,
                due=due,
            )
            for s in told
            for recipient in recipients
        ),
        words={(s.revision, locale): {"update": s.update} for s in told},
    )


def tell(
    where: Book,
    generation: int,
    new: Iterable[Said],
    recipients: Iterable[str],
    *,
    carried: Iterable[Said] = (),
    mended: Iterable[Said] = (),
    due: datetime = NOW,
    live: bool = True,
) -> None:
    """Record a release that says something new, carries what was said, mends words silently; and let it go."""
    told, again = tuple(new), tuple(mended)
    rows, words = owed(told, recipients, due=due), owed(again, ()).words or {}
    rows = replace(rows, words={**(rows.words or {}), **words})
    where.ledger.record(release(generation, (*carried, *again, *told)), rows)
    if live:
        where.ledger.live("local", generation, NOW)


def minutes(count: float) -> datetime:
    """Give a moment after NOW."""
    return NOW + timedelta(minutes=count)
