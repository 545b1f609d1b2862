"""The list of subscribers in SQLite.

## What it promises
- One row an address, however it is written: compared casefolded, domains as IDNA.
- A suppression is never lifted: a trigger refuses it.
- Tokens are looked up by their digest, so that the time a look-up takes says nothing of a token.

## What it cannot do
- Forget somebody: erasure comes with the archive's per-person keys.

## How to try it by hand
    sqlite3 tidings.db 'SELECT consent, count(*) FROM subscriber GROUP BY consent'
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.adapters.sqlite import Database
from publisher.model.digest import canonical_json, sha256
from publisher.model.errors import RefusedError
from publisher.model.incident import Severity
from publisher.model.subscriber import Consent, Frequency, Subscriber, Wishes
from publisher.records.archive import moment, stamp

COLUMNS = "id, address, token, consent, wishes, asked, confirmed, ended, source"
_PAGE = 1000


class SqliteSubscribers:
    """The port `Subscribers` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subscriber: Subscriber) -> Subscriber:
        """Add or, for a known address, give the one that is there; never lowers consent, never lifts a suppression."""
        with self._database.transaction() as db:
            known = db.execute(
                f"SELECT {COLUMNS} FROM subscriber WHERE known_as = ?",  # noqa: S608 - a constant
                (known_as(subscriber.address),),
            ).fetchone()
            if known:
                return subscriber_of(known)
            db.execute(
                f"INSERT INTO subscriber ({COLUMNS}, known_as, token_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (*_values(subscriber), known_as(subscriber.address), sha256(subscriber.token.encode())),
            )
            return subscriber

    def find(self, *, address: str | None = None, token: str | None = None) -> Subscriber | None:
        """Find by address or token, in constant time for tokens."""
        if address is not None:
            column, value = "known_as", known_as(address)
        elif token:
            column, value = "token_digest", sha256(token.encode("utf-8", "replace"))
        else:
            return None
        with self._database.reading() as db:
            row = db.execute(f"SELECT {COLUMNS} FROM subscriber WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
        return subscriber_of(row) if row else None

    def save(self, subscriber: Subscriber) -> None:
        """Store changed wishes or consent.

        Raises:
            RefusedError: it would lift a suppression, or nobody with that id is there.
        """
        with self._database.transaction() as db:
            row = db.execute("SELECT consent FROM subscriber WHERE id = ?", (subscriber.id,)).fetchone()
            if row is None:
                raise RefusedError("Nobody with that id is on the list.", "Add them first.")
            if row[0] == Consent.SUPPRESSED and subscriber.consent is not Consent.SUPPRESSED:
                raise RefusedError(
                    "This address is suppressed: it bounced for good or complained.",
                    "Ask the person for another address.",
                )
            db.execute(
                "UPDATE subscriber SET consent = ?, wishes = ?, asked = ?, confirmed = ?, ended = ?, source = ?,"
                " token = ?, token_digest = ? WHERE id = ?",
                (*_values(subscriber)[3:], subscriber.token, sha256(subscriber.token.encode()), subscriber.id),
            )

    def all(self) -> Iterator[Subscriber]:
        """Give everyone, sorted by id."""
        after = ""
        while True:
            with self._database.reading() as db:
                rows = db.execute(
                    f"SELECT {COLUMNS} FROM subscriber WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608 - a constant
                    (after, _PAGE),
                ).fetchall()
            for row in rows:
                yield subscriber_of(row)
            if len(rows) < _PAGE:
                return
            after = str(rows[-1][0])


def known_as(address: str) -> str:
    """Give the form in which addresses are compared: whoever writes `Ann@` also reads `ann@`."""
    return address.strip().casefold()


def _values(subscriber: Subscriber) -> tuple[str | None, ...]:
    wishes = subscriber.wishes
    return (
        subscriber.id,
        subscriber.address,
        subscriber.token,
        str(subscriber.consent),
        canonical_json(
            {
                "components": list(wishes.components),
                "severity": str(wishes.severity),
                "maintenance": wishes.maintenance,
                "frequency": str(wishes.frequency),
                "locale": wishes.locale,
            }
        ).decode(),
        stamp(subscriber.asked),
        _optional(subscriber.confirmed),
        _optional(subscriber.ended),
        subscriber.source,
    )


def _optional(at: datetime | None) -> str | None:
    return stamp(at) if at else None


def subscriber_of(row: Sequence[str | None]) -> Subscriber:
    """Read a row of `COLUMNS`."""
    name, address, token, consent, wishes, asked, confirmed, ended, source = row
    return Subscriber(
        id=str(name),
        address=str(address),
        token=str(token),
        consent=Consent(str(consent)),
        wishes=_wishes(str(wishes)),
        asked=moment(str(asked)),
        confirmed=moment(confirmed) if confirmed else None,
        ended=moment(ended) if ended else None,
        source=str(source),
    )


@functools.lru_cache(maxsize=1024)
def _wishes(text: str) -> Wishes:
    """Read wishes; most people have the same ones."""
    wished = json.loads(text)
    return Wishes(
        components=tuple(wished["components"]),
        severity=Severity(wished["severity"]),
        maintenance=bool(wished["maintenance"]),
        frequency=Frequency(wished["frequency"]),
        locale=str(wished["locale"]),
    )
