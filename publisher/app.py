"""The composition root: the only place that picks adapters.

Everything above it (commands, the MkDocs plugin) asks here for a pipeline that is wired up; everything below it takes
what it is handed. Adapters are imported where they are picked, so that a command pays only for those it uses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.model.digest import ContentHash, digest, sha256
from publisher.model.errors import UsageError
from publisher.model.history import History
from publisher.model.policy import EmailPolicy, Policy, Target
from publisher.model.release import Release
from publisher.model.site import Site
from publisher.model.subscriber import Subscriber
from publisher.ports import Hub, Ledger, MailTransport, Memory, ObjectStore, Outbox, Sources, Subscribers

if TYPE_CHECKING:
    from publisher.approving import Agreement
    from publisher.building import Built, Content
    from publisher.inside import Inside
    from publisher.model.approval import Signed
    from publisher.model.incident import Incident
    from publisher.model.people import Person
    from publisher.recall.state import State

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
    from publisher.adapters.worktree import WorkTree  # noqa: PLC0415

    return WorkTree(root)


def read_site(root: Path) -> Site:
    """Read what `mkdocs.yml` says of the site; stand-ins where it says nothing or nothing good."""
    from publisher.load.catalogues import ROOT, with_catalogues  # noqa: PLC0415
    from publisher.load.roots import MAX_SOURCE_BYTES  # noqa: PLC0415
    from publisher.load.site import PATH, load_site  # noqa: PLC0415

    files, _ = sources(root).read(roots=(PATH, ROOT), max_bytes=MAX_SOURCE_BYTES)
    site, _ = load_site(next((file for file in files if file.path == PATH), None))
    return with_catalogues(site, [file for file in files if file.path != PATH])[0]


def read_policy(root: Path) -> Policy:
    """Read the policy; defaults where it says nothing. What is wrong with it is `check`'s to say."""
    from publisher.load.policy import ROOT, load_policy  # noqa: PLC0415
    from publisher.load.roots import MAX_SOURCE_BYTES  # noqa: PLC0415

    files, _ = sources(root).read(roots=(ROOT,), max_bytes=MAX_SOURCE_BYTES)
    return load_policy(files)[0]


def site_clock(root: Path) -> datetime | None:
    """Give the demonstration clock of `mkdocs.yml`, if it has one. Known by the file's bytes: every run asks."""
    from publisher.adapters.installed import identity  # noqa: PLC0415
    from publisher.load.roots import MAX_SOURCE_BYTES, SITE  # noqa: PLC0415
    from publisher.recall.codec import pack, unpack  # noqa: PLC0415

    files, _ = sources(root).read(roots=(SITE,), max_bytes=MAX_SOURCE_BYTES)
    kept, name = memory(root, of="clock-1"), digest([identity(), *(sha256(file.body) for file in files)])
    try:
        known = unpack(kept.get(name) or b"")
    except ValueError:
        known = None
    if isinstance(known, tuple) and len(known) == 1 and isinstance(known[0], datetime | None):
        return known[0]
    clock = read_site(root).clock
    kept.put(name, pack((clock,)))
    kept.keep([name])
    return clock


def remembered(root: Path) -> State:
    """Give what earlier runs of this very program worked out for a repository."""
    from publisher.adapters.installed import identity  # noqa: PLC0415
    from publisher.recall.state import State  # noqa: PLC0415

    return State(memory(root), code=identity())


def memory(root: Path, *, of: str = "build-1") -> Memory:
    """Give a place for disposable state: what is known of the sources, or `folders-1`, what was written to which."""
    from publisher.adapters.folder_memory import FolderMemory  # noqa: PLC0415

    return FolderMemory(cache_folder(root) / of)


def read_content(
    root: Path, *, now: datetime, commit: str | None = None, state: State | None = None, named: bool = True
) -> Content:
    """Read and check everything public, as far as it changed.

    Args:
        root: the repository.
        now: the run's moment.
        commit: read what it holds instead of the files as they lie.
        state: what is remembered, where the caller keeps it at hand; read from the cache unless given.
        named: whether anybody will ask which commit was read.
    """
    from publisher import building  # noqa: PLC0415

    state = state or remembered(root)
    content = building.read(sources(root, commit=commit), now=now, state=state, named=named)
    state.save()
    return content


def look_inside(
    root: Path,
    history: History,
    ledger: Ledger,
    *,
    now: datetime,
    commit: str | None = None,
    thoroughly: bool = False,
) -> Inside:
    """Weigh what only colleagues may read: see `publisher.inside`. The public build never comes here.

    Args:
        root: the repository.
        history: what would go out.
        ledger: holds what is on record.
        now: the run's moment.
        commit: read what it holds instead of the files as they lie.
        thoroughly: whether every open incident's duties are looked at.
    """
    from publisher import inside  # noqa: PLC0415 - see the module's docstring
    from publisher.load.roots import INTERNAL, MAX_SOURCE_BYTES  # noqa: PLC0415

    files, _ = sources(root, commit=commit).read(roots=(INTERNAL,), max_bytes=MAX_SOURCE_BYTES)
    return inside.look_inside(history, files, ledger.archive(), now=now, thoroughly=thoroughly)


def agreement(root: Path, history: History, ledger: Ledger, *, now: datetime, commit: str | None = None) -> Agreement:
    """Say who has to agree and who did: see `publisher.approving`. The public build never comes here.

    Args:
        root: the repository.
        history: what would go out.
        ledger: holds what was received.
        now: the run's moment.
        commit: take approvals and authors from what it holds instead of the files as they lie.
    """
    from publisher import approving  # noqa: PLC0415 - see the module's docstring

    entries = tuple(ledger.archive())
    if not any(one.approvals.asks for one in approving.standing_rules(history, entries)):
        return approving.Agreement()
    from publisher.adapters import git, ssh  # noqa: PLC0415
    from publisher.load.roots import INTERNAL, MAX_SOURCE_BYTES  # noqa: PLC0415

    def holds(signed: Signed, person: Person) -> str | None:
        said = signed.statement
        for key in person.keys:
            if key.counts(now) and ssh.holds(said.text, signed.signature, person=person.id, keys=[key.line]):
                return key.line
        return None

    def authors(incident: Incident) -> Collection[str]:
        paths = sorted({place.path for place in incident.places.values()} | {incident.place.path})
        return git.authors(root, [path for path in paths if path], commit=commit)

    files, _ = sources(root, commit=commit).read(roots=(INTERNAL,), max_bytes=MAX_SOURCE_BYTES)
    return approving.agreement(history, files, entries, holds=holds, authors=authors, now=now)


def build(
    root: Path, *, now: datetime, commit: str | None = None, state: State | None = None, named: bool = True
) -> Built:
    """Read, check and render the site. What blocks is in `findings`; with any of those the pages hold stand-ins.

    Args:
        root: the repository.
        now: the run's moment.
        commit: build what it holds instead of the files as they lie.
        state: what is remembered, where the caller keeps it at hand.
        named: whether anybody will ask which commit was read.
    """
    from publisher import building  # noqa: PLC0415
    from publisher.adapters.shelf import Shelf  # noqa: PLC0415
    from publisher.site.frames import load_frames  # noqa: PLC0415

    state = state or remembered(root)
    content = building.read(sources(root, commit=commit), now=now, state=state, named=named)
    frames = load_frames(root, content.history.site, cache=cache_folder(root))
    built = building.build(content, frames, now=now, pictures=Shelf(cache_folder(root) / "pictures-1"))
    state.save()
    return built


def unpublished(built: Built) -> Release:
    """Freeze a build that goes nowhere: generation 0, and no record of what it says."""
    from publisher.release.bundle import bundle  # noqa: PLC0415

    return bundle(
        built.artifacts,
        generation=0,
        parent=0,
        built=built.now,
        source=built.content.source,
    )


def cache_folder(root: Path) -> Path:
    """Say where disposable state is kept: `TIDINGS_CACHE`, or `.tidings/cache` in the repository."""
    return Path(os.environ.get("TIDINGS_CACHE") or root / STATE / "cache")


def manifests(root: Path) -> MutableMapping[ContentHash, bytes]:
    """Give the memory of what lies on targets, by hash: a publish reads what is not there. Disposable."""
    from publisher.adapters.shelf import Shelf  # noqa: PLC0415

    # the shards of one large site are a thousand of each kind; those of two releases have room
    return Shelf(cache_folder(root) / "manifests-2", most=4000)


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


def hub(site: Site) -> Hub | None:
    """Give the hub that hears of changed feeds; None where the site names none."""
    if site.websub is None:
        return None
    from publisher.adapters.websub import WebSubHub  # noqa: PLC0415

    return WebSubHub(site.websub)


def mail_transport(root: Path, email: EmailPolicy) -> MailTransport:
    """Give the way mail leaves. SMTP's user and password come from the environment, never from a file."""
    from publisher.adapters.clock import SystemClock  # noqa: PLC0415

    clock = SystemClock()
    if email.transport == "files":
        from publisher.adapters.maildir import FolderTransport  # noqa: PLC0415

        return FolderTransport(root / email.path, clock=clock)
    if email.transport == "smtp":
        from publisher.adapters.smtp import SmtpServer, SmtpTransport  # noqa: PLC0415

        server = SmtpServer(
            host=email.host,
            port=email.port,
            security=email.security,
            user=os.environ.get("TIDINGS_SMTP_USER"),
            password=os.environ.get("TIDINGS_SMTP_PASSWORD"),
            timeout_s=email.timeout_s,
        )
        return SmtpTransport(server, clock=clock)
    if email.transport == "ses":
        from publisher.adapters.ses import SesTransport  # noqa: PLC0415

        return SesTransport(clock=clock, region=email.region, endpoint=email.endpoint, timeout_s=email.timeout_s)
    raise UsageError(f"There is no mail transport '{email.transport}'.", "Use files, smtp or ses.")


def confirmation_sender(root: Path, policy: Policy, site: Site) -> Callable[[Subscriber, datetime], None]:
    """Give a way to send the one mail that an unconfirmed subscriber gets."""
    from publisher.model.delivery import Outcome  # noqa: PLC0415
    from publisher.model.errors import RefusedError  # noqa: PLC0415
    from publisher.render.mail import render_confirmation  # noqa: PLC0415

    def send(someone: Subscriber, now: datetime) -> None:
        envelope = render_confirmation(someone, site=site, policy=policy.email, now=now)
        transport = mail_transport(root, policy.email)
        try:
            receipt = transport.send(envelope)
        finally:
            transport.close()
        if receipt.outcome not in {Outcome.ACCEPTED, Outcome.DELIVERED}:
            raise RefusedError(f"The confirmation was not taken: {receipt.detail}", "Ask again later.")

    return send
