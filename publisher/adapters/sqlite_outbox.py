"""The outbox in SQLite: messages claimed, sent, settled.

## What it promises
- A claim is committed as `sending` before it is returned; it is one worker's until it is settled or its lease ends.
- A claim whose lease ended comes back with the same id, marked doubtful, before anything newer for that recipient.
- Rows of somebody who left are cancelled when their turn comes, in the transaction that would have claimed them.

## What it cannot do
- Know whether a dead worker's message went out: that is the transport's or a person's to say.

## How to try it by hand
    sqlite3 tidings.db "SELECT id, state, attempt, doubtful FROM job WHERE state <> 'done'"
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_subscribers import COLUMNS, subscriber_of
from publisher.model.delivery import Channel, Delivery, Outcome, Receipt
from publisher.model.digest import Plain
from publisher.model.errors import ConflictError, RefusedError
from publisher.model.subscriber import Consent
from publisher.ports import Job
from publisher.records.archive import moment, stamp
from publisher.records.outbox import Row, attempt, due_together, message_id

_OPEN = "SELECT seq, incident, update_key, revision, channel, recipient, locale, due, outcome, attempts FROM delivery"
_NEXT_JOB = """
    SELECT id, recipient, attempt, doubtful FROM job j
    WHERE state = 'waiting' AND until <= :now
      AND NOT EXISTS (SELECT 1 FROM job s WHERE s.recipient = j.recipient AND s.state = 'sending')
    ORDER BY until, id LIMIT 1
"""
_NEXT_RECIPIENT = """
    SELECT recipient FROM delivery d
    WHERE let_go = 1 AND outcome IN ('owed', 'deferred') AND due <= :now
      AND NOT EXISTS (SELECT 1 FROM job s WHERE s.recipient = d.recipient AND s.state IN ('sending', 'waiting'))
      AND NOT EXISTS (
          SELECT 1 FROM delivery e WHERE e.recipient = d.recipient AND e.outcome = 'deferred' AND e.due > :now)
    ORDER BY due, seq LIMIT 1
"""
LEFT = "the recipient left"


class SqliteOutbox:
    """The port `Outbox` on a `Database` that also holds the ledger and the subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: datetime, *, worker: str, lease_s: float) -> Job | None:
        """Take the next message that is due, or None. Per recipient, messages come in order."""
        with self._database.transaction() as db:
            _expire(db, now)
            held = stamp(now + timedelta(seconds=lease_s))
            while True:
                found = _next_waiting(db, now, worker, held)
                if found is None:
                    found = _next_new(db, now, worker, held)
                if found is None or isinstance(found, Job):
                    return found

    def settle(self, job: Job, receipt: Receipt, *, due: datetime | None = None) -> None:
        """Write down what became of it; `due` says when to try a deferred one again, or one that is in doubt.

        Raises:
            ConflictError: the lease ended and somebody else took the message over; nothing was written.
        """
        again = receipt.outcome in {Outcome.DEFERRED, Outcome.IN_DOUBT} and due is not None
        with self._database.transaction() as db:
            row = db.execute("SELECT state, attempt, doubtful FROM job WHERE id = ?", (job.id,)).fetchone()
            if row is None or row[0] not in {"sending", "waiting"} or row[1] != job.attempt:
                raise ConflictError(
                    f"Message {job.id} was taken over by another worker before this one was done with it.",
                    "Give workers a longer lease.",
                )
            doubtful = bool(row[2]) if row[0] == "sending" else job.doubtful
            until = stamp(due or receipt.at)
            outcome = receipt.outcome
            if outcome is Outcome.OWED:
                _hand_back(db, job, receipt, doubtful=doubtful)
                return
            if outcome is Outcome.DEFERRED and doubtful:
                # The refusal speaks for this attempt; an earlier one may have gone out. Same rows, same name, always.
                outcome = Outcome.IN_DOUBT
            if outcome is Outcome.DEFERRED:
                _rows(db, job.id, outcome, until, receipt, detach=True)
                db.execute("DELETE FROM job WHERE id = ?", (job.id,))
                return
            state = "done"
            if outcome is Outcome.IN_DOUBT:
                state, doubtful = ("waiting" if again else "parked"), True
            db.execute(
                "UPDATE job SET state = ?, doubtful = ?, until = ?, outcome = ?, provider_id = ?, detail = ?"
                " WHERE id = ?",
                (state, int(doubtful), until, str(outcome), receipt.provider_id, receipt.detail, job.id),
            )
            _rows(db, job.id, outcome, None, receipt, detach=False)

    def counts(self) -> Mapping[Outcome, int]:
        """Count delivery rows by outcome."""
        with self._database.reading() as db:
            found = dict(db.execute("SELECT outcome, count(*) FROM delivery GROUP BY outcome").fetchall())
        return {outcome: int(found[str(outcome)]) for outcome in Outcome if str(outcome) in found}

    def parked(self) -> tuple[Job, ...]:
        """Give the messages that wait for a person's decision: in doubt under the policy `hold`."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT id, recipient, attempt, doubtful FROM job WHERE state = 'parked' ORDER BY until, id"
            ).fetchall()
            return tuple(_job(db, *row) for row in rows)

    def decide(self, job_id: str, *, resend: bool) -> None:
        """Carry out a person's decision on a parked message.

        Raises:
            RefusedError: no message of that name waits for a decision.
        """
        state, outcome = ("waiting", Outcome.IN_DOUBT) if resend else ("done", Outcome.CANCELLED)
        with self._database.transaction() as db:
            done = db.execute(
                "UPDATE job SET state = ?, doubtful = 0, outcome = ? WHERE id = ? AND state = 'parked'",
                (state, str(outcome), job_id),
            )
            if not done.rowcount:
                raise RefusedError(
                    f"No message {job_id} waits for a decision.", "List those that do with: tidings status"
                )
            if not resend:
                db.execute(
                    "UPDATE delivery SET outcome = ?, why = 'decided by a person' WHERE job = ?", (str(outcome), job_id)
                )


def _hand_back(db: sqlite3.Connection, job: Job, receipt: Receipt, *, doubtful: bool) -> None:
    """Undo a claim that came to nothing: the transport was out of order, so the attempt does not count."""
    db.execute("UPDATE delivery SET attempts = max(0, attempts - 1) WHERE job = ?", (job.id,))
    if doubtful:
        db.execute(
            "UPDATE job SET state = 'waiting', attempt = max(1, attempt - 1), until = ?, outcome = 'in_doubt'"
            " WHERE id = ?",
            (stamp(receipt.at), job.id),
        )
        _rows(db, job.id, Outcome.IN_DOUBT, None, receipt, detach=False)
        return
    _rows(db, job.id, Outcome.OWED, None, receipt, detach=True)
    db.execute("DELETE FROM job WHERE id = ?", (job.id,))


def _expire(db: sqlite3.Connection, now: datetime) -> None:
    ended = [
        str(row[0])
        for row in db.execute("SELECT id FROM job WHERE state = 'sending' AND until <= ?", (stamp(now),)).fetchall()
    ]
    for job_id in ended:
        db.execute("UPDATE job SET state = 'waiting', doubtful = 1, outcome = 'in_doubt' WHERE id = ?", (job_id,))
        db.execute("UPDATE delivery SET outcome = 'in_doubt', why = 'a worker died' WHERE job = ?", (job_id,))


def _next_waiting(db: sqlite3.Connection, now: datetime, worker: str, held: str) -> Job | bool | None:
    """Claim a message again; True when one was cancelled instead, None when there is none."""
    row = db.execute(_NEXT_JOB, {"now": stamp(now)}).fetchone()
    if row is None:
        return None
    job = _job(db, str(row[0]), str(row[1]), int(row[2]) + 1, int(row[3]))
    if job.recipient.consent is not Consent.CONFIRMED:
        db.execute("UPDATE job SET state = 'done', outcome = 'cancelled', detail = ? WHERE id = ?", (LEFT, job.id))
        db.execute("UPDATE delivery SET outcome = 'cancelled', why = ? WHERE job = ?", (LEFT, job.id))
        return True
    db.execute(
        "UPDATE job SET state = 'sending', attempt = ?, worker = ?, until = ?, outcome = 'sending' WHERE id = ?",
        (job.attempt, worker, held, job.id),
    )
    _sending(db, job)
    return job


def _next_new(db: sqlite3.Connection, now: datetime, worker: str, held: str) -> Job | bool | None:
    """Claim what is due for the next recipient; True when rows were cancelled instead, None when nothing is due."""
    found = db.execute(_NEXT_RECIPIENT, {"now": stamp(now)}).fetchone()
    if found is None:
        return None
    recipient = str(found[0])
    someone = subscriber_of(db.execute(f"SELECT {COLUMNS} FROM subscriber WHERE id = ?", (recipient,)).fetchone())  # noqa: S608 - a constant
    if someone.consent is not Consent.CONFIRMED:
        db.execute(
            "UPDATE delivery SET outcome = 'cancelled', why = ?, settled = ?"
            " WHERE recipient = ? AND outcome IN ('owed', 'deferred')",
            (LEFT, stamp(now), recipient),
        )
        return True
    rows = [
        _row(row)
        for row in db.execute(
            f"{_OPEN} WHERE recipient = ? AND let_go = 1 AND outcome IN ('owed', 'deferred') ORDER BY seq", (recipient,)
        ).fetchall()
    ]
    chosen = due_together(rows, now)
    job_id = message_id(row.delivery.key for row in chosen)
    db.execute(
        "INSERT INTO job (id, recipient, state, attempt, doubtful, worker, until, outcome)"
        " VALUES (?, ?, 'sending', ?, 0, ?, ?, 'sending')",
        (job_id, recipient, attempt(chosen), worker, held),
    )
    db.executemany("UPDATE delivery SET job = ? WHERE seq = ?", [(job_id, row.seq) for row in chosen])
    job = _job(db, job_id, recipient, attempt(chosen), 0)
    _sending(db, job)
    return job


def _sending(db: sqlite3.Connection, job: Job) -> None:
    db.execute("UPDATE delivery SET outcome = 'sending', attempts = ? WHERE job = ?", (job.attempt, job.id))


def _rows(
    db: sqlite3.Connection, job_id: str, outcome: Outcome, until: str | None, receipt: Receipt, *, detach: bool
) -> None:
    db.execute(
        "UPDATE delivery SET outcome = ?, due = coalesce(?, due), why = ?, settled = ?, job = iif(?, NULL, job)"
        " WHERE job = ?",
        (str(outcome), until, receipt.detail, stamp(receipt.at), int(detach), job_id),
    )


def _job(db: sqlite3.Connection, job_id: str, recipient: str, attempt: int, doubtful: int) -> Job:
    deliveries = tuple(
        _row(row).delivery for row in db.execute(f"{_OPEN} WHERE job = ? ORDER BY seq", (job_id,)).fetchall()
    )
    return Job(
        id=job_id,
        recipient=subscriber_of(
            db.execute(f"SELECT {COLUMNS} FROM subscriber WHERE id = ?", (recipient,)).fetchone()  # noqa: S608 - a constant
        ),
        deliveries=deliveries,
        words=tuple(_words(db, delivery) for delivery in deliveries),
        attempt=attempt,
        doubtful=bool(doubtful),
    )


def _words(db: sqlite3.Connection, delivery: Delivery) -> Plain:
    row = db.execute(
        "SELECT plain FROM words WHERE revision = ? AND locale = ?", (delivery.revision, delivery.locale)
    ).fetchone()
    plain: Plain = json.loads(row[0])
    return plain


def _row(row: Sequence[str | int]) -> Row:
    seq, incident, update, revision, channel, recipient, locale, due, outcome, attempts = row
    return Row(
        seq=int(seq),
        delivery=Delivery(
            incident=str(incident),
            update=str(update),
            revision=str(revision),
            channel=Channel(str(channel)),
            recipient=str(recipient),
            locale=str(locale),
            due=moment(str(due)),
            outcome=Outcome(str(outcome)),
        ),
        attempts=int(attempts),
    )
