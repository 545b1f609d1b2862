"""Which messages are due next, in the order in which they are claimed. Reads only; claims nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
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

_WORDS_KEPT = 256
_IS_OPEN = "let_go = 1 AND outcome IN ('owed', 'deferred')"
# The conditions of partial indexes are repeated word for word: SQLite uses them only then.
NEXT = f"""
    SELECT recipient FROM delivery d
    WHERE {_IS_OPEN} AND due <= :now
      AND incident NOT IN (SELECT value FROM json_each(:held))
      AND NOT EXISTS (
          SELECT 1 FROM job s
          WHERE s.recipient = d.recipient AND s.state <> 'done' AND s.state IN ('sending', 'waiting'))
      AND NOT EXISTS (
          SELECT 1 FROM delivery e
          WHERE e.recipient = d.recipient AND e.due > :now AND e.outcome IN ('owed', 'deferred')
            AND e.outcome = 'deferred')
    ORDER BY due, seq
"""  # noqa: S608 - a constant
NEXT_AGAIN = """
    SELECT id, recipient, attempt, doubtful FROM job j
    WHERE state = 'waiting' AND state <> 'done' AND until <= :now
      AND NOT EXISTS (
          SELECT 1 FROM job s WHERE s.recipient = j.recipient AND s.state <> 'done' AND s.state = 'sending')
    ORDER BY until, id LIMIT 1
"""
_COLUMNS = "seq, incident, update_key, revision, channel, locale, due, outcome, attempts"
_ROWS = f"""
    SELECT recipient, {_COLUMNS}, key FROM delivery
    WHERE recipient IN (SELECT value FROM json_each(?)) AND {_IS_OPEN} ORDER BY recipient, seq
"""  # noqa: S608 - a constant
_ROWS_OF_JOB = f"SELECT {_COLUMNS} FROM delivery WHERE job = ? ORDER BY seq"  # noqa: S608 - a constant
_PEOPLE = f"SELECT {COLUMNS} FROM subscriber WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
_PERSON = f"SELECT {COLUMNS} FROM subscriber WHERE id = ?"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What somebody is owed next.

    Attributes:
        job: as it would be claimed.
        rows: the `seq` of its deliveries.
    """

    job: Job
    rows: tuple[int, ...]

    @property
    def left(self) -> bool:
        """Whether the recipient left, so that nothing is sent."""
        return self.job.recipient.consent is not Consent.CONFIRMED


class Due:
    """Reads what is due. Frozen words are kept, so that the same ones are the same object."""

    def __init__(self) -> None:
        self._words: dict[tuple[ContentHash, str], Plain] = {}

    def new(self, db: sqlite3.Connection, now: datetime, *, most: int, held: Sequence[str] = ()) -> tuple[Next, ...]:
        """Give what the next recipients are owed, each of them once: `most` at most.

        Args:
            db: in a transaction.
            now: the present.
            most: messages at most.
            held: incidents about which nothing goes now.
        """
        names: dict[str, None] = {}
        for (name,) in db.execute(NEXT, {"now": stamp(now), "held": json.dumps(list(held))}):
            names[str(name)] = None
            if len(names) >= most:
                break
        if not names:
            return ()
        wanted = json.dumps(list(names))
        people = {someone.id: someone for someone in map(subscriber_of, db.execute(_PEOPLE, (wanted,)))}
        quiet = frozenset(held)
        going = (row for row in db.execute(_ROWS, (wanted,)) if row[2] not in quiet)
        rows = {name: tuple(found) for name, found in groupby(going, lambda row: str(row[0]))}
        found = []
        for name in names:
            keys = {int(row[1]): str(row[10]) for row in rows[name]}
            chosen = due_together([_row_of(row[1:10], name) for row in rows[name]], now)
            deliveries = tuple(row.delivery for row in chosen)
            job = Job(
                id=message_id(keys[row.seq] for row in chosen),
                recipient=people[name],
                deliveries=deliveries,
                words=tuple(self._said(db, one) for one in deliveries),
                attempt=attempt(chosen),
            )
            found.append(Next(job=job, rows=tuple(row.seq for row in chosen)))
        return tuple(found)

    def again(self, db: sqlite3.Connection, now: datetime) -> Job | None:
        """Give the next message that waits to be sent again, as it would be claimed."""
        row = db.execute(NEXT_AGAIN, {"now": stamp(now)}).fetchone()
        if row is None:
            return None
        return self.job(db, str(row[0]), str(row[1]), attempt=int(row[2]) + 1, doubtful=bool(row[3]))

    def job(self, db: sqlite3.Connection, job_id: str, recipient: str, *, attempt: int, doubtful: bool) -> Job:
        """Read a message that has rows."""
        deliveries = tuple(_row_of(row, recipient).delivery for row in db.execute(_ROWS_OF_JOB, (job_id,)).fetchall())
        return Job(
            id=job_id,
            recipient=subscriber_of(db.execute(_PERSON, (recipient,)).fetchone()),
            deliveries=deliveries,
            words=tuple(self._said(db, one) for one in deliveries),
            attempt=attempt,
            doubtful=doubtful,
        )

    def _said(self, db: sqlite3.Connection, delivery: Delivery) -> Plain:
        name = delivery.revision, delivery.locale
        found = self._words.get(name)
        if found is None:
            row = db.execute("SELECT plain FROM words WHERE revision = ? AND locale = ?", name).fetchone()
            found = json.loads(row[0])
            if len(self._words) >= _WORDS_KEPT:
                self._words.clear()
            self._words[name] = found
        return found


def _row_of(columns: Sequence[str | int], recipient: str) -> Row:
    """Read `_COLUMNS`."""
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
