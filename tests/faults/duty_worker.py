"""A process that puts events on record until it is killed: at a numbered SQL statement, or from outside.

Run it through a forkserver that has it imported already.
"""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from publisher.adapters.sqlite import Database
from publisher.adapters.sqlite_ledger import SqliteLedger
from publisher.model.duty import Event
from publisher.records.events import record_event, record_submission


def work(path: Path, told: Connection, *, first: int, now: datetime, statement: int | None) -> None:
    """Record until the end.

    Args:
        path: the ledger's file.
        told: to which the number of each entry is written once it was recorded.
        first: number to begin with.
        now: what this machine's clock says; it may be wrong by years.
        statement: SQL statement at which this process dies; None: until somebody kills it.
    """
    database = Database(path)
    if statement is not None:
        left = statement

        def count(_sql: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        database._connection.set_trace_callback(count)
    ledger = SqliteLedger(database)
    number = first
    while True:
        at = now - timedelta(days=1) + timedelta(seconds=number)
        if number % 3:
            record_event(
                ledger, incident=f"i-{number % 4}", event=Event.AWARENESS, scope=None, at=at, by=f"n{number}", now=now
            )
        else:
            record_submission(
                ledger, incident=f"i-{number % 4}", duty="eu-nis2/notification", at=at, by=f"n{number}", now=now
            )
        told.send(number)
        number += 1
