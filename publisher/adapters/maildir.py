"""Mail as files: one `.eml` a message in a folder, for demonstrations, drills and the curious.

## What it promises
- The file's name comes from the message id: the same message written twice is one file, so it is idempotent.
- A file is whole or not there.

## What it cannot do
- Reach anybody.

## How to try it by hand
    tidings deliver     then open out/mail/*.eml with a mail program
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from publisher.model.delivery import Envelope, Outcome, Receipt
from publisher.model.digest import short_id
from publisher.model.errors import StorageError
from publisher.ports import Clock

_PLAIN = re.compile(r"[^A-Za-z0-9.@_-]")


class FolderTransport:
    """The port `MailTransport` on a folder.

    Args:
        folder: made when the first message is written.
        clock: for the time of receipts.
    """

    idempotent = True

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    @property
    def name(self) -> str:
        """Say which folder this is."""
        return f"files in {self._folder}"

    def send(self, envelope: Envelope) -> Receipt:
        """Write one message.

        Raises:
            StorageError: the folder cannot be written to.
        """
        path = self._folder / file_name(envelope.message_id)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".draft-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(envelope.wire)
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StorageError(
                f"A mail could not be written to {self._folder}: {error.strerror or error}.",
                "Check the folder and the disk.",
            ) from error
        return Receipt(outcome=Outcome.ACCEPTED, at=self._clock.now(), provider_id=path.name, detail="written")

    def close(self) -> None:
        """Nothing is held."""


def file_name(message_id: str) -> str:
    """Give the file's name of a message: readable, safe on every file system, one for each message id."""
    return f"{_PLAIN.sub('-', message_id)[:60].strip('.')}-{short_id('file', message_id, length=6)}.eml"


class MemoryTransport:
    """The port `MailTransport` in memory, for drills and tests: keeps the newest of each message id."""

    idempotent = True
    name = "memory"

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self.sent: dict[str, Envelope] = {}

    def send(self, envelope: Envelope) -> Receipt:
        """Keep one message."""
        self.sent[envelope.message_id] = envelope
        return Receipt(outcome=Outcome.ACCEPTED, at=self._clock.now(), provider_id=envelope.message_id, detail="kept")

    def close(self) -> None:
        """Nothing is held."""
