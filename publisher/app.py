"""The composition root: the only place that picks adapters.

Everything above it (commands, the MkDocs plugin) asks here for a pipeline that is wired up; everything below it takes what
it is handed. Adapters are imported where they are picked, so that a command pays only for those it uses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher.model.errors import UsageError
from publisher.model.policy import EmailPolicy, Policy, Target
from publisher.model.site import Site
from publisher.ports import Ledger, MailTransport, ObjectStore, Outbox, Sources, Subscribers

STATE = Path(".tidings")
"""Working state, relative to the repository's root; never committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The ledger, what waits to go out, and who receives it; one database behind the three."""

    ledger: Ledger
    outbox: Outbox
    subscribers: Subscribers


def sources(root: Path, *, commit: str | None = None) -> Sources:
    """Give the repository's files: as they lie in the folder, or as a commit holds them."""
    if commit is not None:
        from publisher.adapters.git import GitSources  # noqa: PLC0415 - see the module's docstring

        return GitSources(root, commit)
    from publisher.adapters.worktree import WorktreeSources  # noqa: PLC0415

    return WorktreeSources(root)


def read_site(root: Path) -> Site:
    """Read what `mkdocs.yml` says of the site; stand-ins where it says nothing or nothing good."""
    from publisher.load.site import PATH, load_site  # noqa: PLC0415
    from publisher.pipeline import MAX_SOURCE_BYTES  # noqa: PLC0415

    files, _ = sources(root).read(roots=(PATH,), max_bytes=MAX_SOURCE_BYTES)
    return load_site(next(iter(files), None))[0]


def read_policy(root: Path) -> Policy:
    """Read the policy; defaults where it says nothing. What is wrong with it is `check`'s to say."""
    from publisher.load.policy import ROOT, load_policy  # noqa: PLC0415
    from publisher.pipeline import MAX_SOURCE_BYTES  # noqa: PLC0415

    files, _ = sources(root).read(roots=(ROOT,), max_bytes=MAX_SOURCE_BYTES)
    return load_policy(files)[0]


def site_clock(root: Path) -> datetime | None:
    """Give the demonstration clock of `mkdocs.yml`, if it has one."""
    return read_site(root).clock


def cache_folder(root: Path) -> Path:
    """Say where disposable state is kept: `TIDINGS_CACHE`, or `.tidings/cache` in the repository."""
    return Path(os.environ.get("TIDINGS_CACHE") or root / STATE / "cache")


def database_path(root: Path) -> Path:
    """Say where the ledger is kept: `TIDINGS_STATE`, or `.tidings/state.db` in the repository."""
    return Path(os.environ.get("TIDINGS_STATE") or root / STATE / "state.db")


def stores(root: Path, policy: Policy) -> dict[str, ObjectStore]:
    """Give every target of the policy by its name."""
    return {target.name: _store(root, target, timeout_s=policy.page.timeout_s) for target in policy.page.targets}


def _store(root: Path, target: Target, *, timeout_s: int) -> ObjectStore:
    if target.kind == "folder":
        from publisher.adapters.folder import FolderStore  # noqa: PLC0415

        return FolderStore(root / (target.path or "out/site"), name=target.path)
    if target.kind == "s3":
        from publisher.adapters.s3 import S3Store  # noqa: PLC0415

        if not target.bucket:
            raise UsageError(f"The target {target.name} has no bucket.", "Name one in policy/channels.yml.")
        return S3Store(
            target.bucket,
            prefix=target.prefix,
            endpoint=target.endpoint,
            region=target.region,
            profile=target.profile,
            timeout_s=timeout_s,
        )
    raise UsageError(f"The target {target.name} is of the unknown kind '{target.kind}'.", "Use folder or s3.")


@contextmanager
def records(root: Path, policy: Policy) -> Iterator[Records]:
    """Open the ledger and what lies beside it, and close it after the block."""
    from publisher.adapters.sqlite import Database  # noqa: PLC0415
    from publisher.adapters.sqlite_ledger import SqliteLedger  # noqa: PLC0415
    from publisher.adapters.sqlite_outbox import SqliteOutbox  # noqa: PLC0415
    from publisher.adapters.sqlite_subscribers import SqliteSubscribers  # noqa: PLC0415

    database = Database(database_path(root))
    try:
        yield Records(
            ledger=SqliteLedger(database, keep_releases=policy.page.keep_releases),
            outbox=SqliteOutbox(database),
            subscribers=SqliteSubscribers(database),
        )
    finally:
        database.close()


def mail_transport(root: Path, email: EmailPolicy) -> MailTransport:
    """Give the way mail leaves. SMTP's user and password come from the environment, never from a file."""
    if email.transport == "files":
        from publisher.adapters.maildir import MailFolder  # noqa: PLC0415

        return MailFolder(root / email.path, name=email.path)
    if email.transport == "smtp":
        from publisher.adapters.smtp import SmtpTransport  # noqa: PLC0415

        return SmtpTransport(
            email.host,
            email.port,
            security=email.security,
            user=os.environ.get("TIDINGS_SMTP_USER"),
            password=os.environ.get("TIDINGS_SMTP_PASSWORD"),
            timeout_s=email.timeout_s,
        )
    if email.transport == "ses":
        from publisher.adapters.ses import SesTransport  # noqa: PLC0415

        return SesTransport(region=email.region, endpoint=email.endpoint, timeout_s=email.timeout_s)
    raise UsageError(f"There is no mail transport '{email.transport}'.", "Use files, smtp or ses.")
