"""The tables. A change of form is a new version and a step that takes the old one there."""

from __future__ import annotations

APPLICATION_ID = 0x54494431
"""`TID1`, so that `file` knows what it looks at."""

_FIRST: tuple[str, ...] = (
    """
    CREATE TABLE release (
        seq INTEGER PRIMARY KEY,
        generation INTEGER NOT NULL,
        content TEXT NOT NULL,
        frozen BLOB NOT NULL,
        UNIQUE (generation, content)
    ) STRICT
    """,
    "CREATE TABLE body (sha256 TEXT PRIMARY KEY, zlib BLOB NOT NULL) STRICT",
    """
    CREATE TABLE release_body (
        release INTEGER NOT NULL REFERENCES release (seq),
        sha256 TEXT NOT NULL REFERENCES body (sha256),
        PRIMARY KEY (release, sha256)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX release_body_sha256 ON release_body (sha256)",
    """
    CREATE TABLE said (
        incident TEXT NOT NULL,
        update_key TEXT NOT NULL,
        revision TEXT NOT NULL,
        release INTEGER NOT NULL REFERENCES release (seq),
        PRIMARY KEY (incident, update_key, revision)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE live (
        target TEXT NOT NULL,
        generation INTEGER NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (target, generation)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE archive (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        link TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER archive_no_update BEFORE UPDATE ON archive
    BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END
    """,
    """
    CREATE TRIGGER archive_no_delete BEFORE DELETE ON archive
    BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END
    """,
    """
    CREATE TRIGGER archive_at_the_end BEFORE INSERT ON archive
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM archive)
    BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END
    """,
    """
    CREATE TABLE words (
        revision TEXT NOT NULL,
        locale TEXT NOT NULL,
        plain TEXT NOT NULL,
        PRIMARY KEY (revision, locale)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE subscriber (
        id TEXT PRIMARY KEY,
        address TEXT NOT NULL,
        known_as TEXT NOT NULL UNIQUE,
        token TEXT NOT NULL,
        token_digest TEXT NOT NULL UNIQUE,
        consent TEXT NOT NULL CHECK (consent IN ('pending', 'confirmed', 'unsubscribed', 'suppressed')),
        wishes TEXT NOT NULL,
        asked TEXT NOT NULL,
        confirmed TEXT,
        ended TEXT,
        source TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER suppressed_for_good BEFORE UPDATE OF consent ON subscriber
    WHEN OLD.consent = 'suppressed' AND NEW.consent <> 'suppressed'
    BEGIN SELECT RAISE(ABORT, 'a suppression is never lifted'); END
    """,
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY,
        recipient TEXT NOT NULL REFERENCES subscriber (id),
        state TEXT NOT NULL CHECK (state IN ('sending', 'waiting', 'parked', 'done')),
        attempt INTEGER NOT NULL,
        doubtful INTEGER NOT NULL CHECK (doubtful IN (0, 1)),
        worker TEXT NOT NULL,
        until TEXT NOT NULL,
        outcome TEXT NOT NULL,
        provider_id TEXT,
        detail TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX job_open ON job (state, until)",
    "CREATE INDEX job_recipient ON job (recipient, state)",
    """
    CREATE TABLE delivery (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        release INTEGER NOT NULL REFERENCES release (seq),
        incident TEXT NOT NULL,
        update_key TEXT NOT NULL,
        revision TEXT NOT NULL,
        channel TEXT NOT NULL,
        recipient TEXT NOT NULL REFERENCES subscriber (id),
        locale TEXT NOT NULL,
        due TEXT NOT NULL,
        outcome TEXT NOT NULL,
        why TEXT NOT NULL DEFAULT '',
        let_go INTEGER NOT NULL DEFAULT 0 CHECK (let_go IN (0, 1)),
        attempts INTEGER NOT NULL DEFAULT 0,
        job TEXT REFERENCES job (id),
        settled TEXT,
        FOREIGN KEY (revision, locale) REFERENCES words (revision, locale)
    ) STRICT
    """,
    """
    CREATE INDEX delivery_due ON delivery (due, seq)
    WHERE let_go = 1 AND outcome IN ('owed', 'deferred')
    """,
    "CREATE INDEX delivery_recipient ON delivery (recipient, outcome, due)",
    "CREATE INDEX delivery_job ON delivery (job) WHERE job IS NOT NULL",
    "CREATE INDEX delivery_said ON delivery (incident, update_key)",
)
"""`known_as` is the address as it is compared: casefolded whole."""

_CLAIMS: tuple[str, ...] = (
    # AUTOINCREMENT: a number is never used twice, so that a late worker does not take another's claim for its own.
    """
    CREATE TABLE claim (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        worker TEXT NOT NULL,
        boot TEXT,
        until TEXT NOT NULL,
        current TEXT
    ) STRICT
    """,
    """
    CREATE TABLE receipt (
        job TEXT PRIMARY KEY,
        claim INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        at TEXT NOT NULL,
        provider_id TEXT,
        detail TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE job ADD COLUMN claim INTEGER",
    # Each message that was under way had a claim of its own, and that was on disk.
    """
    INSERT INTO claim (seq, worker, boot, until, current)
    SELECT rowid, worker, NULL, until, id FROM job WHERE state = 'sending'
    """,
    "UPDATE job SET claim = rowid WHERE state = 'sending'",
    # What is done is out of the way: these stay as small as what is open. SQLite uses a partial index only where the
    # query repeats its very condition.
    "DROP INDEX job_open",
    "DROP INDEX job_recipient",
    "DROP INDEX delivery_recipient",
    "CREATE INDEX job_open ON job (state, until) WHERE state <> 'done'",
    "CREATE INDEX job_recipient ON job (recipient) WHERE state <> 'done'",
    "CREATE INDEX delivery_recipient ON delivery (recipient, due) WHERE outcome IN ('owed', 'deferred')",
)
"""A claim holds several messages; `current` is the one under way, `boot` NULL where each step waited for the disk.
A receipt is a message's end until its claim is through."""

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _CLAIMS)
"""Statements that lead from each version to the next, from nothing to the first."""
VERSION = len(STEPS)
