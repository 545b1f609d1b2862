"""What is live on a target: read before anything is decided, and again where somebody may have been there since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from publisher.deliver.lease import LeaseState, read_lease
from publisher.deliver.reading import Documents, read_pointer, read_record
from publisher.model.errors import OutsideError, StorageError
from publisher.model.release import Manifest
from publisher.ports import ObjectStore, Version
from publisher.release.manifest import Record
from publisher.release.pack import Blob
from publisher.release.pointer import Pointer

__all__ = ["Live", "Standing", "history", "next_generation", "read_live", "survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The release a target serves.

    Attributes:
        pointer: what `release.json` says.
        version: of the pointer, for the conditional write.
        record: what the manifest says.
    """

    pointer: Pointer
    version: Version
    record: Record

    @property
    def generation(self) -> int:
        """The live generation."""
        return self.pointer.generation

    @property
    def manifest(self) -> Manifest:
        """What is at each path."""
        return self.record.release.manifest

    @property
    def keys(self) -> frozenset[str]:
        """Every object that this release needs."""
        return self.record.keys | {self.pointer.root.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a target stood when it was looked at.

    Attributes:
        live: None when nothing was ever published there, or it could not be read.
        error: why it could not be read.
    """

    store: ObjectStore
    live: Live | None = None
    error: OutsideError | None = None
    _looks: list[tuple[LeaseState | None, Version | None]] = field(default_factory=list, compare=False, repr=False)

    @property
    def lease(self) -> LeaseState | None:
        """Who is publishing there; None when nobody ever did. Read when first asked for: most publishes need not.

        Raises:
            OutsideError: it cannot be read.
        """
        if not self._looks:
            self._looks.append(read_lease(self.store, pointer=self.live.pointer if self.live else None))
        return self._looks[0][0]

    @property
    def seen_lease(self) -> LeaseState | None:
        """The lease, if it was read."""
        return self._looks[0][0] if self._looks else None

    @property
    def lease_as_read(self) -> tuple[LeaseState | None, Version | None] | None:
        """The lease with its version; None if it was not read."""
        return self._looks[0] if self._looks else None

    @property
    def generation(self) -> int:
        """The live generation; 0 for none."""
        return self.live.generation if self.live else 0

    @property
    def highest(self) -> int:
        """The highest generation known to have been live there, also when its pointer was removed since."""
        return self.generation or (self.seen_lease.generation if self.seen_lease else 0)

    @property
    def manifest(self) -> Manifest:
        """What is live; empty for nothing."""
        return self.live.manifest if self.live else Manifest()

    @property
    def settled(self) -> bool:
        """Whether nobody is at work there and nobody left anything half done."""
        try:
            return self.lease is None or self.lease.settled
        except OutsideError:
            return False


def read_live(store: ObjectStore, *, known: Live | None = None, documents: Documents | None = None) -> Live | None:
    """Read what a target serves.

    Args:
        store: the target.
        known: an earlier answer: its manifest is not read again when the pointer still names it.
        documents: see `reading.read_record`.

    Raises:
        OutsideError: it cannot be read, or pointer and manifest do not fit together.
    """
    if (found := read_pointer(store)) is None:
        return None
    pointer, version = found
    if known is not None and known.pointer.root == pointer.root:
        return Live(pointer=pointer, version=version, record=known.record)
    return Live(pointer=pointer, version=version, record=read_record(store, pointer.root, documents=documents))


def history(
    store: ObjectStore, live: Live, *, limit: int, documents: Documents | None = None
) -> Iterator[tuple[Blob, Record]]:
    """Give the releases a target holds, newest first, with their roots. Ends where an older one is gone."""
    yield live.pointer.root, live.record
    known: Documents = {} if documents is None else documents
    older = list(live.record.kept)
    for _ in range(limit - 1):
        if not older:
            return
        _, root = older.pop()
        try:
            record = read_record(store, root, documents=known)
        except StorageError:
            return
        if live.record.former:
            # that protocol knew only the one before
            older = list(record.kept)
        yield root, record


def survey(stores: Sequence[ObjectStore], *, documents: Documents | None = None) -> tuple[Standing, ...]:
    """Look at all targets at once. One that cannot be read is an answer, not an exception.

    Args:
        stores: the targets.
        documents: parts of manifests that need not be read; what was read is added.
    """

    def look(store: ObjectStore) -> Standing:
        try:
            live = read_live(store, documents=documents)
            standing = Standing(store=store, live=live)
            if live is None or live.pointer.lease is None:
                # its pointer does not say whether the last publisher came to an end
                _ = standing.lease
        except OutsideError as error:
            return Standing(store=store, error=error)
        return standing

    with ThreadPoolExecutor(max_workers=max(len(stores), 1)) as pool:
        return tuple(pool.map(look, stores))


def next_generation(standings: Sequence[Standing], *, parent: int = 0) -> int:
    """Give the number of the next release: above every target's and the ledger's."""
    return max([parent, *(standing.highest for standing in standings)]) + 1
