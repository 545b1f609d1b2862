"""The outbox in SQLite: messages claimed, sent, settled.

## What it promises
- A claim is on disk before it is returned; what it holds is one worker's until it is settled or the lease ends. Each
  settling renews the lease.
- A message is marked as under way before it is returned: the first by the claim, each further one by the settling of
  the one before, in one transaction.
- After a kill, only what was under way is in doubt. It comes back with the same id, marked doubtful, before anything
  newer for that recipient; what was held comes back as if nobody had claimed it.
- After a power loss, settlings that were not on disk are unknown: what the claim held and no settling speaks of is in
  doubt, all of it. A claim of one message leaves no more in doubt than a kill. Where the system does not name its
  runs, each settling that marks a message waits for the disk, and no claim does.
- Rows of somebody who left are cancelled when their turn comes, in the transaction that would have marked them; when
  a release was recorded or went live meanwhile, what is held goes back and is looked at anew.

## What it cannot do
- Know whether a dead worker's message went out: that is the transport's or a person's to say.

## How to try it by hand
    sqlite3 tidings.db "SELECT id, state, attempt, doubtful FROM job WHERE state <> 'done'"
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.adapters import sqlite_claims as claims
from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_due import Due, Next
from publisher.model.delivery import FINAL, Outcome, Receipt
from publisher.model.errors import ConflictError, RefusedError
from publisher.model.subscriber import Consent
from publisher.ports import Job
from publisher.records.archive import stamp

_COUNTS = """
    SELECT coalesce(r.outcome, d.outcome) AS known, count(*) FROM delivery d LEFT JOIN receipt r ON r.job = d.job
    GROUP BY known
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A claim as its worker knows it.

    Attributes:
        seq: its number on disk.
        exact: whether each step waits for the disk.
        lease: how long it lasts from each step on.
        words: see `claims.words_known`, when it was made.
        held: messages that are not under way yet, in order.
    """

    seq: int
    exact: bool
    lease: timedelta
    words: int
    held: tuple[Job, ...]


class SqliteOutbox:
    """The port `Outbox` on a `Database` that also holds the ledger and the subscribers.

    Args:
        database: an open one.
        boot: name of the machine's present run; None: nothing names it.
    """

    def __init__(self, database: Database, *, boot: str | None = claims.THIS_BOOT) -> None:
        self._database = database
        self._boot = boot
        self._due = Due()
        self._claims: dict[str, _Claim] = {}

    def claim(
        self, now: datetime, *, worker: str, lease_s: float, most: int = 1, held: Sequence[str] = ()
    ) -> Job | None:
        """Take up to `most` messages that are due and give the first, or None. Per recipient, they come in order."""
        exact = self._boot is None
        lease = timedelta(seconds=lease_s)
        until = now + lease
        with self._database.transaction() as db:
            claims.expire(db, now, boot=self._boot)
            again, found = self._next(db, now, most, held)
            jobs = (again,) if again else tuple(one.job for one in found)
            if not jobs:
                return None
            seq = claims.open_claim(db, worker, current=jobs[0].id, until=until, boot=self._boot)
            if again:
                claims.take_again(db, again, worker, seq, until)
            else:
                claims.take_new(db, found, worker, seq, until)
            words = claims.words_known(db)
        self._claims[jobs[0].id] = _Claim(seq=seq, exact=exact, lease=lease, words=words, held=jobs[1:])
        return jobs[0]

    def _next(
        self, db: sqlite3.Connection, now: datetime, most: int, held: Sequence[str]
    ) -> tuple[Job | None, tuple[Next, ...]]:
        """Find what is claimed next: a message that waits to be sent again, or new ones. Cancel what has no reader."""
        while (again := self._due.again(db, now)) is not None:
            if again.recipient.consent is Consent.CONFIRMED:
                return again, ()
            claims.cancel(db, again.id)
        while found := self._due.new(db, now, most=most, held=held):
            for one in found:
                if one.left:
                    claims.cancel_owed(db, one.job.recipient.id, now)
            there = tuple(one for one in found if not one.left)
            if there:
                return None, there
        return None, ()

    def settle(self, job: Job, receipt: Receipt, *, due: datetime | None = None) -> Job | None:
        """Write down what became of it, and give the next message of the same claim, which is under way now.

        `due` says when to try a deferred one again, or one that is in doubt.

        Raises:
            ConflictError: the lease ended and somebody else took the message over; nothing was written.
        """
        claim = self._claims.pop(job.id, None)
        if claim is None:
            with self._database.transaction(lazily=True) as db:
                _write(db, job, receipt, due)
            return None
        # The last of a claim need not wait: the next claim waits, and until it is on disk nothing of it goes.
        with self._database.transaction(lazily=not (claim.exact and claim.held)) as db:
            held = claim.held
            until = receipt.at + claim.lease
            then, held = (held[0], held[1:]) if held else (None, ())
            if not claims.step(db, claim.seq, done=job.id, then=then.id if then else None, until=until):
                _write(db, job, receipt, due)
                return None
            if then is not None:
                then, held = _still(db, claim, then, held, stop=receipt.outcome is Outcome.OWED)
            if then is None or receipt.outcome not in FINAL:
                _write(db, job, receipt, due)
            else:
                claims.end(db, claim.seq, job, receipt)
            if then is None:
                claims.close_claim(db, claim.seq)
        if then is not None:
            self._claims[then.id] = replace(claim, held=held)
        return then

    def counts(self) -> Mapping[Outcome, int]:
        """Count delivery rows by outcome."""
        with self._database.reading() as db:
            found = dict(db.execute(_COUNTS).fetchall())
        return {outcome: int(found[str(outcome)]) for outcome in Outcome if str(outcome) in found}

    def parked(self) -> tuple[Job, ...]:
        """Give the messages that wait for a person's decision: in doubt under the policy `hold`."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT id, recipient, attempt, doubtful FROM job WHERE state = 'parked' AND state <> 'done'"
                " ORDER BY until, id"
            ).fetchall()
            return tuple(
                self._due.job(db, str(name), str(recipient), attempt=int(attempt), doubtful=bool(doubtful))
                for name, recipient, attempt, doubtful in rows
            )

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


def _still(
    db: sqlite3.Connection, claim: _Claim, then: Job, held: tuple[Job, ...], *, stop: bool
) -> tuple[Job | None, tuple[Job, ...]]:
    """Give the first held message that may go, and those behind it; give back or cancel what may not."""
    first = then
    while not stop:
        stands, there = claims.may_go(db, then.recipient.id, claim.words)
        stop = not stands
        if stop:
            break
        if there:
            if then is not first:
                claims.step_over(db, claim.seq, then.id)
            return then, held
        claims.cancel(db, then.id)
        if not held:
            return None, ()
        then, held = held[0], held[1:]
    for one in (then, *held):
        claims.give_back(db, one.id)
    return None, ()


def _write(db: sqlite3.Connection, job: Job, receipt: Receipt, due: datetime | None) -> None:
    """Write down what became of a message, in its own rows."""
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
        again = receipt.outcome in {Outcome.DEFERRED, Outcome.IN_DOUBT} and due is not None
        state, doubtful = ("waiting" if again else "parked"), True
    db.execute(
        "UPDATE job SET state = ?, doubtful = ?, until = ?, outcome = ?, provider_id = ?, detail = ? WHERE id = ?",
        (state, int(doubtful), until, str(outcome), receipt.provider_id, receipt.detail, job.id),
    )
    _rows(db, job.id, outcome, None, receipt, detach=False)


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


def _rows(
    db: sqlite3.Connection, job_id: str, outcome: Outcome, until: str | None, receipt: Receipt, *, detach: bool
) -> None:
    db.execute(
        "UPDATE delivery SET outcome = ?, due = coalesce(?, due), why = ?, settled = ?, job = iif(?, NULL, job)"
        " WHERE job = ?",
        (str(outcome), until, receipt.detail, stamp(receipt.at), int(detach), job_id),
    )
