"""The ledger in SQLite: releases, the archive's log, what is owed.

## What it promises
- `record` writes release, archive entry, wordings and owed rows in one transaction, and a second time nothing.
- Manifests stay for ever, bodies for the newest `keep_releases` releases only.
- Nobody is sent words that no page shows: what is mended before it was sent goes out mended, after its page is live.

## What it cannot do
- Prove to a stranger that the log was not rewritten as a whole: that needs a checkpoint kept elsewhere.

## How to try it by hand
    sqlite3 tidings.db 'SELECT seq, at, kind FROM archive'
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime

from publisher.adapters.sqlite import Database
from publisher.model.delivery import Channel, Delivery, Outcome
from publisher.model.digest import ContentHash, Plain, canonical_json
from publisher.model.errors import StorageError
from publisher.model.release import Release, Said
from publisher.ports import ArchiveEntry, Owed
from publisher.records import archive as log
from publisher.records.archive import moment, stamp
from publisher.records.ledger import fate, frozen, reworded, thawed

NO_TARGET = ""
"""Stands for a target's name where none could be reached."""
RETRACTED = "retracted"
REPLACED = "said anew before it was sent"
_UNSENT = "(outcome IN ('owed', 'deferred') OR (outcome = 'cancelled' AND why = ?))"
"""Rows whose words nobody was handed; the placeholder is RETRACTED."""
_PAGE = 500


class SqliteLedger:
    """The port `Ledger` on a `Database`.

    Args:
        database: an open one; shared with outbox and subscribers.
        keep_releases: how many releases keep their bodies, at least 1.
    """

    def __init__(self, database: Database, *, keep_releases: int = 10) -> None:
        self._database = database
        self._keep = max(1, keep_releases)

    def record(self, release: Release, owed: Owed) -> None:
        """Write release, archive entry and owed rows, all or nothing; the same release again changes nothing."""
        content = release.manifest.content
        with self._database.transaction() as db:
            if db.execute(
                "SELECT 1 FROM release WHERE generation = ? AND content = ?", (release.generation, content)
            ).fetchone():
                return
            row = db.execute(
                "INSERT INTO release (generation, content, frozen) VALUES (?, ?, ?)",
                (release.generation, content, zlib.compress(canonical_json(frozen(release)))),
            )
            seq = int(row.lastrowid or 0)
            self._keep_bodies(db, seq, release)
            known = _announced(db)
            db.executemany(
                "INSERT OR IGNORE INTO said (incident, update_key, revision, release) VALUES (?, ?, ?, ?)",
                [(said.incident, said.update, said.revision, seq) for said in release.said],
            )
            _owe(db, seq, owed)
            _mend(db, release)
            _append(db, log.RELEASE, log.release_body(release, owed, known=known), release.built)

    def _keep_bodies(self, db: sqlite3.Connection, seq: int, release: Release) -> None:
        wanted = {entry.sha256 for entry in release.manifest.entries.values()}
        for sha256 in sorted(wanted):
            if db.execute("SELECT 1 FROM body WHERE sha256 = ?", (sha256,)).fetchone():
                continue
            if sha256 not in release.bodies:
                raise StorageError(
                    f"Release {release.id} names bytes {sha256[:12]} that it does not carry.", "Build it again."
                )
            db.execute("INSERT INTO body (sha256, zlib) VALUES (?, ?)", (sha256, zlib.compress(release.bodies[sha256])))
        db.executemany(
            "INSERT INTO release_body (release, sha256) VALUES (?, ?)", [(seq, sha256) for sha256 in sorted(wanted)]
        )
        dropped = db.execute(
            "DELETE FROM release_body WHERE release NOT IN (SELECT seq FROM release ORDER BY seq DESC LIMIT ?)",
            (self._keep,),
        )
        if dropped.rowcount:
            db.execute("DELETE FROM body WHERE sha256 NOT IN (SELECT sha256 FROM release_body)")

    def releases(self, *, limit: int = 10) -> tuple[Release, ...]:
        """Give the newest releases that still have bodies, newest first. Bodies are read when they are asked for."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT frozen FROM release ORDER BY seq DESC LIMIT ?", (max(0, min(limit, self._keep)),)
            ).fetchall()
        found = []
        for (packed,) in rows:
            bare = thawed(json.loads(zlib.decompress(packed)), {})
            hashes = sorted({entry.sha256 for entry in bare.manifest.entries.values()})
            found.append(thawed(frozen(bare), Bodies(self._database, hashes)))
        return tuple(found)

    def live(self, target: str | None, generation: int, at: datetime) -> None:
        """Note that a target serves a generation, and let its messages go; `None`: no target could be reached."""
        with self._database.transaction() as db:
            noted = db.execute(
                "INSERT OR IGNORE INTO live (target, generation, at) VALUES (?, ?, ?)",
                (target or NO_TARGET, generation, stamp(at)),
            )
            if noted.rowcount:
                body: Plain = {"generation": generation} | ({"target": target} if target else {})
                _append(db, log.LIVE if target else log.UNPUBLISHED, body, at)
            row = db.execute(
                "SELECT seq, frozen FROM release WHERE generation = ? ORDER BY seq DESC LIMIT 1", (generation,)
            ).fetchone()
            if row:
                highest = int(db.execute("SELECT max(generation) FROM live").fetchone()[0])
                release = thawed(json.loads(zlib.decompress(row[1])), {})
                _let_go(db, int(row[0]), release.said, newest=generation >= highest)

    def announced(self) -> frozenset[tuple[str, str, ContentHash]]:
        """Give (incident, update, revision) of every wording recorded so far."""
        with self._database.reading() as db:
            return _announced(db)

    def append(self, kind: str, body: Plain, at: datetime) -> ArchiveEntry:
        """Add to the archive."""
        with self._database.transaction() as db:
            return _append(db, kind, body, at)

    def archive(self, *, after: int = 0) -> Iterator[ArchiveEntry]:
        """Read the archive in order, a page at a time, so that a long one fits into memory."""
        while True:
            with self._database.reading() as db:
                rows = db.execute(
                    "SELECT seq, at, kind, body, link FROM archive WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)
                ).fetchall()
            for row in rows:
                yield _entry(row)
            if len(rows) < _PAGE:
                return
            after = int(rows[-1][0])


class Bodies(Mapping[ContentHash, bytes]):
    """A release's bodies, read from the database one by one; safe from several threads."""

    def __init__(self, database: Database, hashes: Sequence[ContentHash]) -> None:
        self._database = database
        self._hashes = dict.fromkeys(hashes)

    def __getitem__(self, sha256: ContentHash) -> bytes:
        if sha256 not in self._hashes:
            raise KeyError(sha256)
        with self._database.reading() as db:
            row = db.execute("SELECT zlib FROM body WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise StorageError(
                f"The bytes {sha256[:12]} of an old release were pruned meanwhile.", "Take a newer release."
            )
        return zlib.decompress(row[0])

    def __iter__(self) -> Iterator[ContentHash]:
        return iter(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def _announced(db: sqlite3.Connection) -> frozenset[tuple[str, str, ContentHash]]:
    return frozenset(
        (str(incident), str(update), str(revision))
        for incident, update, revision in db.execute("SELECT incident, update_key, revision FROM said")
    )


def _owe(db: sqlite3.Connection, seq: int, owed: Owed) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO words (revision, locale, plain) VALUES (?, ?, ?)",
        [
            (revision, locale, canonical_json(plain).decode())
            for (revision, locale), plain in sorted((owed.words or {}).items())
        ],
    )
    db.executemany(
        "INSERT INTO delivery (key, release, incident, update_key, revision, channel, recipient, locale, due, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        [
            (
                delivery.key,
                seq,
                delivery.incident,
                delivery.update,
                delivery.revision,
                str(delivery.channel),
                delivery.recipient,
                delivery.locale,
                stamp(delivery.due),
                str(delivery.outcome),
            )
            for delivery in owed.deliveries
        ],
    )


def _mend(db: sqlite3.Connection, release: Release) -> None:
    """Give words that were mended before they were sent to those who wait for them.

    Such a row waits until the mended words are live. Where a correction was just owed to the same reader, it replaces
    the row. Words nobody ever was owed (a rollback to before the first mail) cannot be given: those rows stay as they
    are, and `_let_go` withdraws them while a page without their words is live.
    """
    waiting = [
        Said(incident=str(incident), update=str(update), revision=str(revision))
        for incident, update, revision in db.execute(
            f"SELECT DISTINCT incident, update_key, revision FROM delivery WHERE {_UNSENT}",  # noqa: S608 - a constant
            (RETRACTED,),
        )
    ]
    for old, new in sorted(reworded(waiting, release.said).items(), key=lambda pair: astuple(pair[0])):
        rows = db.execute(
            "SELECT seq, channel, recipient, locale, due FROM delivery d WHERE incident = ? AND update_key = ?"  # noqa: S608 - a constant
            f" AND revision = ? AND {_UNSENT}"
            " AND EXISTS (SELECT 1 FROM words w WHERE w.revision = ? AND w.locale = d.locale)",
            (*astuple(old), RETRACTED, new.revision),
        ).fetchall()
        for seq, channel, recipient, locale, due in rows:
            key = Delivery(
                incident=new.incident,
                update=new.update,
                revision=new.revision,
                channel=Channel(str(channel)),
                recipient=str(recipient),
                locale=str(locale),
                due=moment(str(due)),
            ).key
            if db.execute("SELECT 1 FROM delivery WHERE key = ?", (key,)).fetchone():
                db.execute(
                    "UPDATE delivery SET outcome = ?, why = ? WHERE seq = ?", (str(Outcome.CANCELLED), REPLACED, seq)
                )
            else:
                db.execute(
                    "UPDATE delivery SET revision = ?, key = ?, let_go = 0 WHERE seq = ?", (new.revision, key, seq)
                )


def _let_go(db: sqlite3.Connection, seq: int, carried: Sequence[Said], *, newest: bool) -> None:
    waiting = frozenset(
        Said(incident=str(incident), update=str(update), revision=str(revision))
        for incident, update, revision in db.execute(
            f"SELECT DISTINCT incident, update_key, revision FROM delivery WHERE release <= ? AND {_UNSENT}",  # noqa: S608 - a constant
            (seq, RETRACTED),
        )
    )
    decided = fate(waiting, carried, newest=newest)
    db.executemany(
        "UPDATE delivery SET let_go = 1, outcome = iif(outcome = 'cancelled', 'owed', outcome), why = ''"
        " WHERE incident = ? AND update_key = ? AND revision = ? AND release <= ?"
        " AND ((outcome IN ('owed', 'deferred') AND let_go = 0) OR (outcome = 'cancelled' AND why = ?))",
        [(*astuple(said), seq, RETRACTED) for said in decided.go],
    )
    db.executemany(
        "UPDATE delivery SET outcome = ?, why = ? WHERE incident = ? AND update_key = ? AND revision = ?"
        " AND release <= ? AND outcome IN ('owed', 'deferred')",
        [(str(Outcome.CANCELLED), RETRACTED, *astuple(said), seq) for said in decided.withdrawn],
    )


def _append(db: sqlite3.Connection, kind: str, body: Plain, at: datetime) -> ArchiveEntry:
    row = db.execute("SELECT seq, at, kind, body, link FROM archive ORDER BY seq DESC LIMIT 1").fetchone()
    entry = log.chained(_entry(row) if row else None, at=at, kind=kind, body=body)
    db.execute(
        "INSERT INTO archive (seq, at, kind, body, link) VALUES (?, ?, ?, ?, ?)",
        (entry.seq, stamp(entry.at), entry.kind, canonical_json(entry.body).decode(), entry.link),
    )
    return entry


def _entry(row: tuple[int, str, str, str, str]) -> ArchiveEntry:
    seq, at, kind, body, link = row
    return ArchiveEntry(seq=seq, at=moment(at), kind=kind, body=json.loads(body), link=link)
