"""Every outside thing the pipeline touches, in our words. Adapters keep these promises; `tests/contract` checks each.

No method returns or raises a vendor's type: adapters raise `OutsideError` and its children, with the library's error as
the cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from publisher.model.delivery import Delivery, Envelope, Outcome, Receipt
from publisher.model.digest import ContentHash, Plain
from publisher.model.finding import Finding
from publisher.model.release import Release
from publisher.model.subscriber import Subscriber

Version: TypeAlias = str
"""Opaque; changes whenever an object's bytes do. On S3, the ETag."""

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Clock(Protocol):
    """Time for waiting and for measuring, not for content: content's `now` is asked once per run."""

    def now(self) -> datetime:
        """Give the present, aware, UTC."""

    def monotonic(self) -> float:
        """Give seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of the repository. `body` is the bytes, at most the size the reader was told to accept."""

    path: str
    body: bytes


Mark: TypeAlias = tuple[int, ...] | str | None
"""Says of a file's bytes, without reading them, that they are the same as before; None says nothing."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One file that was looked at.

    Attributes:
        mark: as long as it is equal and not None, so are the bytes.
        sha256: of the bytes.
    """

    mark: Mark
    sha256: ContentHash


class Sources(Protocol):
    """The repository's files, at one commit or as they lie in a folder. Never follows a link."""

    def look(
        self, *, roots: Sequence[str], max_bytes: int, known: Mapping[str, Sight]
    ) -> tuple[Mapping[str, Sight], tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Look at all regular files at or below `roots`; read those whose bytes may not be the known ones.

        Args:
            roots: as for `read`.
            max_bytes: as for `read`.
            known: what an earlier look of the same roots saw, whole; empty for none.

        Returns:
            Every file that `read` would give, those that had to be read, and the findings `read` would give.
        """

    def read(self, *, roots: Sequence[str], max_bytes: int) -> tuple[tuple[SourceFile, ...], tuple[Finding, ...]]:
        """Read all regular files at or below `roots`.

        What is not a plain, readable file of at most `max_bytes` bytes with a safe name becomes a finding instead:
        links, devices, pipes, hard links from elsewhere, names that leave the folder, twins by case or Unicode form.
        Nothing outside `roots` is opened. Sorted by path.
        """

    def revision(self) -> str | None:
        """Name the commit the files are from; None when they are not committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as a store holds it. Headers are those it was put with, lower-case, sorted."""

    body: bytes
    version: Version
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """The bytes an object is thought to hold, by their hashes, where its version is not known.

    A store whose versions are made from bytes makes one from this. With any other it is never right, which costs the
    caller a read and no more: it stands for a version, and for nothing else.
    """

    sha256: ContentHash
    md5: str


class ObjectStore(Protocol):
    """A place that serves objects by key: a bucket or a folder. Keys are POSIX paths without leading slash.

    A put is atomic: readers find the old object or the new, whole. Safe for use by several threads.
    """

    @property
    def name(self) -> str:
        """Say which place this is, for people: `s3://bucket/prefix`, `folder out/site`. No secrets."""

    def get(self, key: str, *, span: tuple[int, int] | None = None) -> StoredObject | None:
        """Read an object; None when there is none.

        Args:
            key: of the object.
            span: (offset, length) of the bytes wanted, length at least 1; what lies beyond the end is left out.
        """

    def put(self, key: str, body: bytes, headers: Headers) -> Version:
        """Write an object, whatever was there."""

    def put_if(self, key: str, body: bytes, headers: Headers, *, expected: Version | Holds | None) -> Version:
        """Write an object if its version is still `expected` (None: there is none yet).

        Raises:
            ConflictError: it is not. Nothing was written. When an answer was lost and the object now holds exactly
                `body`, that is success, not conflict.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""

    def list(self, prefix: str) -> Iterator[str]:
        """Give the keys that begin with `prefix`, sorted."""


class Hub(Protocol):
    """Somebody who tells the subscribers of our feeds that there is news (W3C WebSub)."""

    @property
    def name(self) -> str:
        """Say which hub this is, for people. No secrets."""

    def tell(self, topics: Sequence[str]) -> None:
        """Say that the feeds at these addresses have changed. Saying it twice does no harm.

        Raises:
            OutsideError: the hub did not take it. Some topics may have been taken.
        """


class MailTransport(Protocol):
    """Takes one message for one recipient and says what became of it."""

    @property
    def name(self) -> str:
        """Say which transport this is, for people."""

    @property
    def idempotent(self) -> bool:
        """Whether sending an envelope with the same message id twice reaches the recipient once."""

    def send(self, envelope: Envelope) -> Receipt:
        """Send. Answers about this message become a receipt; `in_doubt` where the answer was lost after the data.

        Raises:
            OutsideError: the transport itself is out of order; nothing was handed over.
        """

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A release's words and who is to hear them: written with it in one transaction.

    Attributes:
        deliveries: one row per update, recipient and channel.
        words: (revision, locale) → what was said, as plain data (`render.view.MailUpdate`), frozen now so that a digest
            sent later says what was approved.
    """

    deliveries: tuple[Delivery, ...] = ()
    words: Mapping[tuple[ContentHash, str], Plain] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveEntry:
    """One line of the append-only record. `seq` from 1 without gaps; `link` hashes this entry with the one before."""

    seq: int
    at: datetime
    kind: str
    body: Plain
    link: ContentHash


class Ledger(Protocol):
    """Working state: releases, what is owed, what was done. One transaction per method."""

    def record(self, release: Release, owed: Owed) -> None:
        """Write release, archive entry and owed rows, all or nothing; the same release again changes nothing."""

    def releases(self, *, limit: int = 10) -> tuple[Release, ...]:
        """Give the newest releases, newest first, with bodies."""

    def live(self, target: str | None, generation: int, at: datetime) -> None:
        """Note that a target serves a generation, and let its messages go. A second call changes nothing.

        `None` instead of a target: no target could be reached, and the messages go all the same. Words of earlier
        generations that this one still carries go too; of those it no longer carries, what was not sent is cancelled.
        """

    def announced(self) -> frozenset[tuple[str, str, ContentHash]]:
        """Give (incident, update, revision) of every wording recorded so far."""

    def append(self, kind: str, body: Plain, at: datetime) -> ArchiveEntry:
        """Add to the archive."""

    def archive(self, *, after: int = 0) -> Iterator[ArchiveEntry]:
        """Read the archive in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed message: the rows it will settle, for one recipient.

    Attributes:
        id: stable; Message-ID and resend identity come from it.
        attempt: from 1.
        doubtful: an earlier attempt may have gone out.
    """

    id: str
    recipient: Subscriber
    deliveries: tuple[Delivery, ...]
    words: tuple[Plain, ...]
    attempt: int = 1
    doubtful: bool = False


class Outbox(Protocol):
    """Messages on their way. Claims are exclusive; what a dead worker had under way comes back as doubtful."""

    def claim(
        self, now: datetime, *, worker: str, lease_s: float, most: int = 1, held: Sequence[str] = ()
    ) -> Job | None:
        """Take messages that are due, and give the first, which is under way from now on; None when nothing is due.

        Per recipient, messages come in order, and a claim holds one at most.

        Args:
            now: the present.
            worker: whose claim it is.
            lease_s: how long it is this worker's, seconds, from now and from each settling.
            most: how many messages it holds at most; `settle` gives the others, one by one.
            held: incidents about which nothing new is sent now; what is owed about others goes.
        """

    def settle(self, job: Job, receipt: Receipt, *, due: datetime | None = None) -> Job | None:
        """Write down what became of it, and give the next message of its claim, which is under way from now on.

        None when the claim is through, or when what it still held went back to be claimed anew.

        Args:
            job: as claimed.
            receipt: the transport's answer; `owed` hands the job back untried, due as before, and the whole claim.
            due: when to try a deferred one again, or one in doubt; in doubt without it waits for a person.

        Raises:
            ConflictError: the lease ended and somebody else took the message over. Nothing was written.
        """

    def counts(self) -> Mapping[Outcome, int]:
        """Count delivery rows by outcome."""

    def parked(self) -> tuple[Job, ...]:
        """Give the messages that wait for a person's decision: in doubt under the policy `hold`."""

    def decide(self, job_id: str, *, resend: bool) -> None:
        """Carry out a person's decision on a parked message."""


class Subscribers(Protocol):
    """The list of recipients."""

    def add(self, subscriber: Subscriber) -> Subscriber:
        """Add or, for a known address, give the one that is there; never lowers consent, never lifts a suppression."""

    def find(self, *, address: str | None = None, token: str | None = None) -> Subscriber | None:
        """Find by address or token, in constant time for tokens."""

    def save(self, subscriber: Subscriber) -> None:
        """Store changed wishes or consent."""

    def all(self) -> Iterator[Subscriber]:
        """Give everyone, sorted by id."""


class Memory(Protocol):
    """Disposable state: everything in it can be worked out again, and nothing breaks when it is gone.

    Several processes may use one memory at once. What cannot be written is not kept, and that is no error.
    """

    def get(self, name: str) -> bytes | None:
        """Read what was put under a name, whole and undamaged; None otherwise."""

    def put(self, name: str, body: bytes) -> None:
        """Keep bytes under a name, whole or not at all."""

    def keep(self, names: Iterable[str]) -> None:
        """Forget all others, as long as nobody can be reading them."""
