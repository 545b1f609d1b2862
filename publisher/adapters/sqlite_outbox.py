"""The outbox in SQLite: messages claimed, sent, settled.

## What it promises
- A claim is committed as `sending`, on disk, before it is returned; it is one worker's until it is settled or its lease
  ends. What is settled is on disk with the next claim at the latest.
- A claim whose lease ended comes back with the same id, marked doubtful, before anything newer for that recipient.
- Rows of somebody who left are cancelled when their turn comes, in the transaction that would have claimed them.

## What it cannot do
- Know whether a dead worker's message went out: that is the transport's or a person's to say.

## How to try it by hand
    sqlite3 tidings.db "SELECT id, state, attempt, doubtful FROM job WHERE state <> 'done'"
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ahead import NEXT_ONE, Ahead, Next, row_of
from publisher.adapters.sqlite_subscribers import COLUMNS, subscriber_of
from publisher.model.delivery import FINAL, Outcome, Receipt
from publisher.model.errors import ConflictError, RefusedError
from publisher.model.subscriber import Consent
from publisher.ports import Job
from publisher.records.archive import stamp

_ROW = "SELECT seq, incident, update_key, revision, channel, locale, due, outcome, attempts FROM delivery"
_NEXT_JOB = """
    SELECT id, recipient, attempt, doubtful FROM job j
    WHERE state = 'waiting' AND until <= :now
      AND NOT EXISTS (SELECT 1 FROM job s WHERE s.recipient = j.recipient AND s.state = 'sending')
    ORDER BY until, id LIMIT 1
"""
LEFT = "the recipient left"


class SqliteOutbox:
    """The port `Outbox` on a `Database` that also holds the ledger and the subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ahead = Ahead()

    def claim(self, now: datetime, *, worker: str, lease_s: float) -> Job | None:
        """Take the next message that is due, or None. Per recipient, messages come in order."""
        with self._database.transaction() as db:
            held = stamp(now + timedelta(seconds=lease_s))
            while True:
                if not self._ahead.known(db, now):
                    _expire(db, now)
                    found = self._next_waiting(db, now, worker, held)
                    if isinstance(found, Job):
                        return found
                    if found:
                        continue
                upcoming = self._ahead.take(db, now, held)
                if upcoming is not None:
                    _claim_new(db, upcoming, worker, held)
                    self._ahead.claimed(db)
                    return upcoming.job
                if not _cancel_one(db, now):
                    return None

    def settle(self, job: Job, receipt: Receipt, *, due: datetime | None = None) -> None:
        """Write down what became of it; `due` says when to try a deferred one again, or one that is in doubt.

        Raises:
            ConflictError: the lease ended and somebody else took the message over; nothing was written.
        """
        again = receipt.outcome in {Outcome.DEFERRED, Outcome.IN_DOUBT} and due is not None
        # The next claim is on disk before its message goes, and this with it: power lost before that leaves this one
        # message in doubt, as it would while it is sent.
        with self._database.transaction(lazily=True) as db:
            if receipt.outcome in FINAL:
                with self._ahead.writing(db):
                    _end(db, job, receipt)
                return
            row = db.execute("SELECT state, attempt, doubtful FROM job WHERE id = ?", (job.id,)).fetchone()
            if row is None or row[0] not in {"sending", "waiting"} or row[1] != job.attempt:
                raise _taken_over(job)
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
            return tuple(self._job(db, *row) for row in rows)

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

    def _next_waiting(self, db: sqlite3.Connection, now: datetime, worker: str, held: str) -> Job | bool:
        """Claim a message again; True when one was cancelled instead, False when there is none."""
        row = db.execute(_NEXT_JOB, {"now": stamp(now)}).fetchone()
        if row is None:
            return False
        job = self._job(db, str(row[0]), str(row[1]), int(row[2]) + 1, int(row[3]))
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

    def _job(self, db: sqlite3.Connection, job_id: str, recipient: str, attempt: int, doubtful: int) -> Job:
        deliveries = tuple(
            row_of(row, recipient).delivery
            for row in db.execute(f"{_ROW} WHERE job = ? ORDER BY seq", (job_id,)).fetchall()
        )
        return Job(
            id=job_id,
            recipient=subscriber_of(
                db.execute(f"SELECT {COLUMNS} FROM subscriber WHERE id = ?", (recipient,)).fetchone()  # noqa: S608 - a constant
            ),
            deliveries=deliveries,
            words=tuple(self._ahead.words(db, one.revision, one.locale) for one in deliveries),
            attempt=attempt,
            doubtful=bool(doubtful),
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


def _claim_new(db: sqlite3.Connection, upcoming: Next, worker: str, held: str) -> None:
    """Write a message down as under way."""
    job = upcoming.job
    db.execute(
        "INSERT INTO job (id, recipient, state, attempt, doubtful, worker, until, outcome)"
        " VALUES (?, ?, 'sending', ?, 0, ?, ?, 'sending')",
        (job.id, job.recipient.id, job.attempt, worker, held),
    )
    for seq in upcoming.rows:
        db.execute(
            "UPDATE delivery SET job = ?, outcome = 'sending', attempts = ? WHERE seq = ?", (job.id, job.attempt, seq)
        )


def _cancel_one(db: sqlite3.Connection, now: datetime) -> bool:
    """Cancel what the next recipient is owed, who left; False when nobody is next."""
    found = db.execute(NEXT_ONE, {"now": stamp(now)}).fetchone()
    if found is None:
        return False
    db.execute(
        "UPDATE delivery SET outcome = 'cancelled', why = ?, settled = ?"
        " WHERE recipient = ? AND outcome IN ('owed', 'deferred')",
        (LEFT, stamp(now), str(found[0])),
    )
    return True


def _end(db: sqlite3.Connection, job: Job, receipt: Receipt) -> None:
    """Write down a message's end."""
    done = db.execute(
        "UPDATE job SET state = 'done', doubtful = iif(state = 'sending', doubtful, ?), until = ?, outcome = ?,"
        " provider_id = ?, detail = ? WHERE id = ? AND state IN ('sending', 'waiting') AND attempt = ?",
        (
            int(job.doubtful),
            stamp(receipt.at),
            str(receipt.outcome),
            receipt.provider_id,
            receipt.detail,
            job.id,
            job.attempt,
        ),
    )
    if not done.rowcount:
        raise _taken_over(job)
    # fewer columns than `_rows`: those that are not named need no look at their indexes
    db.execute(
        "UPDATE delivery SET outcome = ?, why = ?, settled = ? WHERE job = ?",
        (str(receipt.outcome), receipt.detail, stamp(receipt.at), job.id),
    )


def _taken_over(job: Job) -> ConflictError:
    return ConflictError(
        f"Message {job.id} was taken over by another worker before this one was done with it.",
        "Give workers a longer lease.",
    )


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
