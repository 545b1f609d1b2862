"""What is live on a target: read before anything is decided, and again once the lease is ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from publisher.deliver.lease import LeaseState, read_lease
from publisher.model.digest import ContentHash, sha256
from publisher.model.errors import OutsideError, StorageError
from publisher.model.release import Manifest
from publisher.ports import ObjectStore, Version
from publisher.release.pointer import POINTER, Pointer, Record, parse_manifest, parse_pointer


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a target stood when it was looked at.

    Attributes:
        live: None when nothing was ever published there, or it could not be read.
        lease: None when nobody ever published there.
        error: why it could not be read.
    """

    store: ObjectStore
    live: Live | None = None
    lease: LeaseState | None = None
    error: OutsideError | None = None

    @property
    def generation(self) -> int:
        """The live generation; 0 for none."""
        return self.live.generation if self.live else 0

    @property
    def highest(self) -> int:
        """The highest generation known to have been live there, also when its pointer was removed since."""
        memory = self.lease.memory if self.lease else None
        return max([self.generation, *(number for number, _ in memory.releases)] if memory else [self.generation])

    @property
    def manifest(self) -> Manifest:
        """What is live; empty for nothing."""
        return self.live.manifest if self.live else Manifest()

    @property
    def settled(self) -> bool:
        """Whether nobody is at work there and nobody left anything half done."""
        return self.lease is None or self.lease.settled


def read_pointer(store: ObjectStore) -> tuple[Pointer, Version] | None:
    """Read a target's pointer; None when nothing is live."""
    there = store.get(POINTER)
    return None if there is None else (parse_pointer(there.body, where=f"{POINTER} on {store.name}"), there.version)


def read_live(store: ObjectStore, *, known: Live | None = None) -> Live | None:
    """Read what a target serves.

    Args:
        store: the target.
        known: an earlier answer: its manifest is not read again when the pointer still names it.

    Raises:
        OutsideError: it cannot be read, or pointer and manifest do not fit together.
    """
    if (found := read_pointer(store)) is None:
        return None
    pointer, version = found
    if known is not None and known.pointer == pointer:
        return Live(pointer=pointer, version=version, record=known.record)
    return Live(pointer=pointer, version=version, record=read_record(store, pointer.manifest, pointer.sha256))


def read_record(store: ObjectStore, key: str, sha: ContentHash) -> Record:
    """Read a manifest and see that it is the one meant.

    Raises:
        StorageError: it is gone or has other bytes.
    """
    there = store.get(key)
    if there is None or sha256(there.body) != sha:
        raise StorageError(
            f"The manifest {key} on {store.name} is {'missing' if there is None else 'damaged'}.",
            "Remove release.json there; the next publish writes the whole site anew.",
        )
    return parse_manifest(there.body, where=f"{key} on {store.name}")


def history(store: ObjectStore, live: Live, *, limit: int) -> Iterator[tuple[str, Record]]:
    """Give the releases a target holds, newest first, with their manifests' keys. Ends where an older one is gone."""
    key, record = live.pointer.manifest, live.record
    for _ in range(limit - 1):
        yield key, record
        if record.previous is None:
            return
        key, sha = record.previous
        try:
            record = read_record(store, key, sha)
        except StorageError:
            return
    yield key, record


def survey(stores: Sequence[ObjectStore]) -> tuple[Standing, ...]:
    """Look at all targets at once. One that cannot be read is an answer, not an exception."""
    with ThreadPoolExecutor(max_workers=max(len(stores), 1)) as pool:
        return tuple(pool.map(_look, stores))


def next_generation(standings: Sequence[Standing], *, parent: int = 0) -> int:
    """Give the number of the next release: above every target's and the ledger's."""
    return max([parent, *(standing.highest for standing in standings)]) + 1


def _look(store: ObjectStore) -> Standing:
    try:
        lease, _ = read_lease(store)
        return Standing(store=store, live=read_live(store), lease=lease)
    except OutsideError as error:
        return Standing(store=store, error=error)
