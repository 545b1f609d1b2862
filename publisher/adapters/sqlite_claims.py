"""Claims on disk: which messages a worker holds, which of them is under way, and what a dead worker leaves.

A claim is one row for several messages; `current` is the one that was handed to the transport, or is about to be. Ends
of messages stand in `receipt`, a few bytes each, until the claim is through; then they are written to their rows in one
go. Whoever finds a claim whose lease ended knows exactly what was under way, if what the worker wrote last is there:

- after a kill it is, for the operating system has it;
- after a power loss it is, if the worker waited for the disk at each step (`boot` is NULL);
- else it need not be, and a machine that was started anew (another `boot`) calls everything not ended in doubt.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from publisher.adapters.sqlite_due import Next
from publisher.model.delivery import Receipt
from publisher.model.subscriber import Consent
from publisher.ports import Job
from publisher.records.archive import stamp

_BOOT = Path("/proc/sys/kernel/random/boot_id")
LEFT = "the recipient left"


def this_boot(path: Path = _BOOT) -> str | None:
    """Name the machine's present run, from its start until it goes down; None where nothing says (see random(4))."""
    try:
        return path.read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


THIS_BOOT = this_boot()


def open_claim(db: sqlite3.Connection, worker: str, *, current: str, until: datetime, boot: str | None) -> int:
    """Begin a claim and give its number.

    Args:
        db: in a writing transaction that waits for the disk.
        worker: whose.
        current: the message that goes to the transport first.
        until: when its lease ends.
        boot: the machine's present run; None when each step of this claim waits for the disk.
    """
    made = db.execute(
        "INSERT INTO claim (worker, boot, until, current) VALUES (?, ?, ?, ?)", (worker, boot, stamp(until), current)
    )
    return int(made.lastrowid or 0)


def take_new(db: sqlite3.Connection, found: tuple[Next, ...], worker: str, seq: int, until: datetime) -> None:
    """Write messages down as part of a claim."""
    held = stamp(until)
    db.executemany(
        "INSERT INTO job (id, recipient, state, attempt, doubtful, worker, until, outcome, claim)"
        " VALUES (?, ?, 'sending', ?, 0, ?, ?, 'sending', ?)",
        [(one.job.id, one.job.recipient.id, one.job.attempt, worker, held, seq) for one in found],
    )
    db.executemany(
        "UPDATE delivery SET job = ?, outcome = 'sending', attempts = ? WHERE seq = ?",
        [(one.job.id, one.job.attempt, row) for one in found for row in one.rows],
    )


def take_again(db: sqlite3.Connection, job: Job, worker: str, seq: int, until: datetime) -> None:
    """Write a message that waited down as the one of a claim."""
    db.execute(
        "UPDATE job SET state = 'sending', attempt = ?, worker = ?, until = ?, outcome = 'sending', claim = ?"
        " WHERE id = ?",
        (job.attempt, worker, stamp(until), seq, job.id),
    )
    db.execute("UPDATE delivery SET outcome = 'sending', attempts = ? WHERE job = ?", (job.attempt, job.id))


def step(db: sqlite3.Connection, seq: int, *, done: str, then: str | None, until: datetime) -> bool:
    """Say that another message is under way now, and renew the lease; False when the claim was taken over."""
    stepped = db.execute(
        "UPDATE claim SET current = ?, until = max(until, ?) WHERE seq = ? AND current = ?",
        (then, stamp(until), seq, done),
    )
    return bool(stepped.rowcount)


def step_over(db: sqlite3.Connection, seq: int, then: str) -> None:
    """Say that a later message than the one of `step` is under way, in the same transaction."""
    db.execute("UPDATE claim SET current = ? WHERE seq = ?", (then, seq))


def end(db: sqlite3.Connection, seq: int, job: Job, receipt: Receipt) -> None:
    """Note a message's end, in the claim it belongs to; that nobody took it over, the caller knows."""
    db.execute(
        "INSERT INTO receipt (job, claim, outcome, at, provider_id, detail) VALUES (?, ?, ?, ?, ?, ?)",
        (job.id, seq, receipt.outcome.value, stamp(receipt.at), receipt.provider_id, receipt.detail),
    )


def close_claim(db: sqlite3.Connection, seq: int) -> None:
    """End a claim: the noted ends go to the rows they speak of."""
    ends = db.execute("SELECT at, outcome, provider_id, detail, job FROM receipt WHERE claim = ?", (seq,)).fetchall()
    if ends:
        db.executemany(
            "UPDATE job SET state = 'done', until = ?, outcome = ?, provider_id = ?, detail = ? WHERE id = ?", ends
        )
        db.executemany("UPDATE delivery SET settled = ?, outcome = ?, why = ? WHERE job = ?",
            [(at, outcome, detail, job) for at, outcome, _, detail, job in ends])  # fmt: skip
        db.execute("DELETE FROM receipt WHERE claim = ?", (seq,))
    db.execute("DELETE FROM claim WHERE seq = ?", (seq,))


def expire(db: sqlite3.Connection, now: datetime, *, boot: str | None) -> None:
    """Take back what is left of claims whose lease ended."""
    ended = db.execute("SELECT seq, boot, current FROM claim WHERE until <= ?", (stamp(now),)).fetchall()
    for seq, made, current in ended:
        close_claim(db, seq)
        known = made is None or made == boot
        left = db.execute(
            "SELECT id FROM job WHERE state = 'sending' AND state <> 'done' AND claim = ?", (seq,)
        ).fetchall()
        for (job_id,) in left:
            if known and job_id != current:
                give_back(db, job_id)
                continue
            _in_doubt(db, job_id)
    # A worker of the version before may still run while this one takes its file along: it makes no claims.
    alone = db.execute(
        "SELECT id FROM job WHERE state = 'sending' AND state <> 'done' AND until <= ? AND claim IS NULL",
        (stamp(now),),
    ).fetchall()
    for (job_id,) in alone:
        _in_doubt(db, job_id)


def _in_doubt(db: sqlite3.Connection, job_id: str) -> None:
    db.execute("UPDATE job SET state = 'waiting', doubtful = 1, outcome = 'in_doubt' WHERE id = ?", (job_id,))
    db.execute("UPDATE delivery SET outcome = 'in_doubt', why = 'a worker died' WHERE job = ?", (job_id,))


def give_back(db: sqlite3.Connection, job_id: str) -> None:
    """Undo the claim of a message that was new and never under way: its rows are owed as before."""
    db.execute(
        "UPDATE delivery SET outcome = 'owed', attempts = max(0, attempts - 1), job = NULL WHERE job = ?", (job_id,)
    )
    db.execute("DELETE FROM job WHERE id = ?", (job_id,))


def cancel(db: sqlite3.Connection, job_id: str) -> None:
    """Give up a message whose recipient left."""
    db.execute("UPDATE job SET state = 'done', outcome = 'cancelled', detail = ? WHERE id = ?", (LEFT, job_id))
    db.execute("UPDATE delivery SET outcome = 'cancelled', why = ? WHERE job = ?", (LEFT, job_id))


def cancel_owed(db: sqlite3.Connection, recipient: str, now: datetime) -> None:
    """Cancel all that somebody who left is owed."""
    db.execute(
        "UPDATE delivery SET outcome = 'cancelled', why = ?, settled = ?"
        " WHERE recipient = ? AND outcome IN ('owed', 'deferred')",
        (LEFT, stamp(now), recipient),
    )


def words_known(db: sqlite3.Connection) -> int:
    """Give a number that grows with every release on record or live: what is owed may be other words then."""
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM archive").fetchone()[0])


def may_go(db: sqlite3.Connection, recipient: str, known: int) -> tuple[bool, bool]:
    """Look once more, before a message that was held goes: (its words stand, its recipient is still there)."""
    row = db.execute(
        "SELECT consent, (SELECT max(seq) FROM archive) FROM subscriber WHERE id = ?", (recipient,)
    ).fetchone()
    return (row[1] or 0) == known, row[0] == Consent.CONFIRMED.value
