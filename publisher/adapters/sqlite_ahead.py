"""What an outbox knows about the next messages before their turn comes: read in one go, true while nobody writes.

To find the next message takes a dozen queries; to find the next two hundred takes three. What was read stays true
until somebody else commits to the file, somebody here writes outside the outbox, a moment comes at which something
else is due, or a message does not simply end; then it is thrown away. Nothing here claims anything.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from publisher.adapters.sqlite_subscribers import COLUMNS, subscriber_of
from publisher.model.delivery import Channel, Delivery, Outcome
from publisher.model.digest import ContentHash, Plain
from publisher.model.subscriber import Consent
from publisher.ports import Job
from publisher.records.archive import moment, stamp
from publisher.records.outbox import Row, attempt, due_together, message_id

MOST = 256
"""Messages looked ahead at most."""
_IS_OPEN = "let_go = 1 AND outcome IN ('owed', 'deferred')"
_NEXT = f"""
    SELECT recipient FROM delivery d
    WHERE {_IS_OPEN} AND due <= :now
      AND NOT EXISTS (SELECT 1 FROM job s WHERE s.recipient = d.recipient AND s.state IN ('sending', 'waiting'))
      AND NOT EXISTS (
          SELECT 1 FROM delivery e WHERE e.recipient = d.recipient AND e.outcome = 'deferred' AND e.due > :now)
    ORDER BY due, seq
"""  # noqa: S608 - a constant
NEXT_ONE = f"{_NEXT} LIMIT 1"
_ROWS = f"""
    SELECT recipient, seq, incident, update_key, revision, channel, locale, due, outcome, attempts, key FROM delivery
    WHERE recipient IN (SELECT value FROM json_each(?)) AND {_IS_OPEN} ORDER BY recipient, seq
"""  # noqa: S608 - a constant
_PEOPLE = f"SELECT {COLUMNS} FROM subscriber WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
_NEXT_EVENT = f"""
    SELECT min(at) FROM (
        SELECT min(until) AS at FROM job WHERE state = 'sending'
        UNION ALL SELECT min(until) FROM job WHERE state = 'waiting'
        UNION ALL SELECT min(due) FROM delivery WHERE {_IS_OPEN} AND due > ?)
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """A message that would be claimed next.

    Attributes:
        job: as it would be claimed.
        rows: the `seq` of its deliveries.
    """

    job: Job
    rows: tuple[int, ...]


class Ahead:
    """The next messages of an outbox, in the order in which they are claimed."""

    def __init__(self) -> None:
        self._next: deque[Next] = deque()
        self._words: dict[tuple[ContentHash, str], Plain] = {}
        self._depth = 1
        self._from = self._until = ""
        self._seen = (0, 0)

    def known(self, db: sqlite3.Connection, now: datetime) -> bool:
        """Say whether the next message is known: then nothing that waits, or was left lying, goes before it.

        Args:
            db: in a writing transaction, so that nobody else commits meanwhile.
            now: the present.
        """
        if self._next and not (self._seen == _state(db) and self._from <= stamp(now) < self._until):
            self.forget()
        return bool(self._next)

    def take(self, db: sqlite3.Connection, now: datetime, held: str) -> Next | None:
        """Give the next message, if there is one; the caller claims it, until `held`, in the same transaction."""
        if not self._next:
            self._fill(db, now, stamp(now))
        if not self._next:
            return None
        self._until = min(self._until, held)
        return self._next.popleft()

    def claimed(self, db: sqlite3.Connection) -> None:
        """Note that the message just taken was claimed, in the transaction in which it was taken."""
        self._seen = self._seen[0], db.total_changes

    @contextmanager
    def writing(self, db: sqlite3.Connection) -> Iterator[None]:
        """Say that what the block writes, in a writing transaction, changes nothing for the messages that are next."""
        before = _state(db)
        yield
        if before == self._seen:
            # nobody else can have committed meanwhile
            self._seen = before[0], db.total_changes

    def forget(self) -> None:
        """Throw away what was read: it may not be true any more. Look less far ahead, as long as this goes on."""
        self._next.clear()
        self._depth = 1

    def words(self, db: sqlite3.Connection, revision: ContentHash, locale: str) -> Plain:
        """Give frozen words; the same ones are the same object."""
        found = self._words.get((revision, locale))
        if found is None:
            row = db.execute("SELECT plain FROM words WHERE revision = ? AND locale = ?", (revision, locale)).fetchone()
            found = json.loads(row[0])
            if len(self._words) >= MOST:
                self._words.clear()
            self._words[revision, locale] = found
        return found

    def _fill(self, db: sqlite3.Connection, now: datetime, at: str) -> None:
        names: dict[str, None] = {}
        for (name,) in db.execute(_NEXT, {"now": at}):
            names[str(name)] = None
            if len(names) >= self._depth:
                break
        self._depth = min(self._depth * 4, MOST)
        if not names:
            return
        wanted = json.dumps(list(names))
        people = {someone.id: someone for someone in map(subscriber_of, db.execute(_PEOPLE, (wanted,)))}
        rows = {
            name: tuple(found)
            for name, found in groupby(db.execute(_ROWS, (wanted,)).fetchall(), lambda row: str(row[0]))
        }
        for name in names:
            if people[name].consent is not Consent.CONFIRMED:
                # Whoever left is somebody else's to deal with, and until then nobody behind them is next.
                break
            keys = {int(row[1]): str(row[10]) for row in rows[name]}
            chosen = due_together([row_of(row[1:10], name) for row in rows[name]], now)
            deliveries = tuple(row.delivery for row in chosen)
            self._next.append(
                Next(
                    job=Job(
                        id=message_id(keys[row.seq] for row in chosen),
                        recipient=people[name],
                        deliveries=deliveries,
                        words=tuple(self.words(db, one.revision, one.locale) for one in deliveries),
                        attempt=attempt(chosen),
                    ),
                    rows=tuple(row.seq for row in chosen),
                )
            )
        self._from, self._until = at, str(db.execute(_NEXT_EVENT, (at,)).fetchone()[0] or "~")
        self._seen = _state(db)


def _state(db: sqlite3.Connection) -> tuple[int, int]:
    """Give what changes when anybody writes: another connection, or this one."""
    return int(db.execute("PRAGMA data_version").fetchone()[0]), db.total_changes


def row_of(columns: Sequence[str | int], recipient: str) -> Row:
    """Read `seq, incident, update_key, revision, channel, locale, due, outcome, attempts`."""
    seq, incident, update, revision, channel, locale, due, outcome, attempts = columns
    return Row(
        seq=int(seq),
        delivery=Delivery(
            incident=str(incident),
            update=str(update),
            revision=str(revision),
            channel=Channel(str(channel)),
            recipient=recipient,
            locale=str(locale),
            due=moment(str(due)),
            outcome=Outcome(str(outcome)),
        ),
        attempts=int(attempts),
    )
