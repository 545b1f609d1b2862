"""A process that works on a ledger until it is killed: at a named point, at a numbered SQL statement, or from outside.

Run it through a forkserver that has it imported already: hundreds are started, and each would import for a second.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from publisher.adapters.clock import SystemClock
from publisher.adapters.smtp import SmtpServer, SmtpTransport
from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ledger import SqliteLedger
from publisher.adapters.sqlite_outbox import SqliteOutbox
from publisher.adapters.sqlite_subscribers import SqliteSubscribers
from publisher.deliver.messages import deliver_due
from publisher.model.delivery import Envelope, Receipt
from publisher.ports import Job
from tests.contract.books import owed, said
from tests.unit.deliver.samples import EMAIL, NOW, SITE, release

POINTS = ("claimed", "before-send", "after-send", "before-settle", "after-settle", "held")
"""`held`: when two messages of a claim are through, the third is about to go and the others are held."""
LEASE_S = 0.05


def die() -> None:
    """Go the way a machine goes: at once."""
    os.kill(os.getpid(), signal.SIGKILL)


class FatalOutbox(SqliteOutbox):
    """An outbox whose process dies around one of its calls."""

    point = ""
    settled = 0

    def claim(
        self, now: datetime, *, worker: str, lease_s: float, most: int = 1, held: Sequence[str] = ()
    ) -> Job | None:
        job = super().claim(now, worker=worker, lease_s=lease_s, most=most, held=held)
        if job and self.point == "claimed":
            die()
        return job

    def settle(self, job: Job, receipt: Receipt, *, due: datetime | None = None) -> Job | None:
        if self.point == "before-settle":
            die()
        then = super().settle(job, receipt, due=due)
        self.settled += 1
        if self.point == "after-settle" or (self.point == "held" and self.settled == 2):
            die()
        return then


class FatalTransport(SmtpTransport):
    """A transport whose process dies around its call."""

    point = ""

    def send(self, envelope: Envelope) -> Receipt:
        if self.point == "before-send":
            die()
        receipt = super().send(envelope)
        if self.point == "after-send":
            die()
        return receipt


def deliver(database: Path, port: int, in_doubt: str, point: str) -> None:
    """Deliver what is due until the end, or until the point is reached."""
    opened = Database(database)
    outbox = FatalOutbox(opened)
    transport = FatalTransport(SmtpServer(host="127.0.0.1", port=port, timeout_s=10), clock=SystemClock())
    outbox.point = transport.point = point
    deliver_due(
        outbox,
        SqliteSubscribers(opened),
        transport,
        site=SITE,
        policy=replace(EMAIL, in_doubt=in_doubt),
        clock=SystemClock(),
        worker=uuid.uuid4().hex,
        lease_s=LEASE_S if point else 30.0,
    )
    transport.close()


def record(database: Path, generation: int, statement: int) -> None:
    """Record a release and let it go, dying before SQL statement number `statement`; leave word how many there were."""
    opened = Database(database)
    count = 0

    def trace(_: str) -> None:
        nonlocal count
        count += 1
        if count == statement:
            die()

    with opened.reading() as db:
        assert isinstance(db, sqlite3.Connection)
        db.set_trace_callback(trace)
    ledger = SqliteLedger(opened)
    words = said(f"u{generation}")
    carried = [said(f"u{n}") for n in range(1, generation)]
    ledger.record(release(generation, [*carried, words]), owed([words], ["id-ann", "id-ben"]))
    ledger.live("local", generation, NOW)
    counted(database).write_text(str(count))


def counted(database: Path) -> Path:
    """Say where `record` leaves the number of its statements."""
    return database.with_suffix(".statements")
