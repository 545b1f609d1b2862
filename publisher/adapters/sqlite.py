"""One SQLite file that holds the ledger, the outbox and the list of subscribers.

## What it promises
- One transaction per method, durable when it returns (WAL, `synchronous=FULL`), but for those that say `lazily`: they
  are on disk with the next one. A killed process leaves all or nothing of either; only a machine that loses power can
  tell them apart.
- Safe for several processes on one machine and for several threads; writers wait for each other up to `busy_s` seconds.
- The archive's table refuses UPDATE and DELETE, and INSERT anywhere but at its end.
- A full disk, a locked or a damaged file is a `StorageError` that says so.

## What it cannot do
- Work on a network file system: SQLite's locks do not hold there.
- Keep somebody with write access to the file from rewriting it; the archive's chain shows that it was done.

## How to try it by hand
    sqlite3 tidings.db 'SELECT outcome, count(*) FROM delivery GROUP BY outcome'
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.adapters.sqlite_schema import APPLICATION_ID, STEPS, VERSION
from publisher.model.errors import StorageError


class Database:
    """An open file, one connection, one transaction at a time.

    Args:
        path: where the file is, made if it is not there; None keeps everything in memory, for drills.
        busy_s: how long to wait for another process, seconds.
    """

    def __init__(self, path: Path | None, *, busy_s: float = 30.0) -> None:
        self.name = str(path) if path else "memory"
        self._lock = threading.RLock()
        self._depth = 0
        self._lazy = False
        with told(self.name):
            if path is not None:
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise StorageError(
                        f"The folder of {self.name} cannot be made: {error.strerror}.",
                        "Check its path and permissions.",
                    ) from error
            self._connection = sqlite3.connect(
                str(path) if path else ":memory:", timeout=busy_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(in_memory=path is None)
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self, *, in_memory: bool) -> None:
        run = self._connection.execute
        if not in_memory:
            run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA trusted_schema = OFF")
        found = int(run("PRAGMA user_version").fetchone()[0])
        if found == VERSION:
            return
        with self.transaction():
            found = int(run("PRAGMA user_version").fetchone()[0])
            if found > VERSION:
                raise StorageError(
                    f"{self.name} was written by a newer Tidings (form {found}, this one knows {VERSION}).",
                    "Update Tidings on this machine.",
                )
            if found == 0:
                if run("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    raise StorageError(
                        f"{self.name} is a database of something else.", "Name another file for the ledger."
                    )
                run(f"PRAGMA application_id = {APPLICATION_ID}")
            for step in STEPS[found:]:
                for statement in step:
                    run(statement)
            run(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self, *, lazily: bool = False) -> Iterator[sqlite3.Connection]:
        """Run the block as one writing transaction: committed at its end, undone when it raises.

        Args:
            lazily: do not wait for the disk; the next transaction that does, or closing, brings this one along, because
                they stand in one file in their order.
        """
        with self._lock, told(self.name):
            if self._depth:
                yield self._connection
                return
            run = self._connection.execute
            if lazily is not self._lazy:
                run(f"PRAGMA synchronous = {'NORMAL' if lazily else 'FULL'}")
                self._lazy = lazily
            try:
                run("BEGIN IMMEDIATE")
                self._depth = 1
                yield self._connection
                run("COMMIT")
            finally:
                # the block failed, or the commit itself
                if self._connection.in_transaction:
                    run("ROLLBACK")
                self._depth = 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run the block with the connection, for queries only."""
        with self._lock, told(self.name):
            yield self._connection

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        with self._lock:
            self._connection.close()


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, in words."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(name, error) from error


def _in_words(name: str, error: sqlite3.Error) -> StorageError:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE")):
        return StorageError(f"The disk that holds {name} is full or refuses writing.", "Free space, then run it again.")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(
            f"{name} is in use by another process that does not let go.", "Wait for it, then run again."
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StorageError(
            f"{name} is damaged or is not a ledger.", "Restore it from a backup, or move it away to begin a new one."
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return StorageError(f"{name} cannot be opened for writing.", "Check its path and permissions.")
    if code.startswith("SQLITE_CONSTRAINT"):
        return StorageError(f"{name} refused what it was given: {error}.", "Report this: it should not happen.")
    return StorageError(f"{name} could not be read or written: {error}.", "Check the disk, then run it again.")
