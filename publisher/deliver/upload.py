"""Bring a release to one target whose lease is held: groups in order, pointer last, removals after that.

    pack of new bodies and manifest → assets → pages → feeds → front pages → pointer → removals

- A group is complete before the next begins. Any failure stops all that would follow, removals first of all.
- Live paths are written on the condition that they still hold the version we know, so a write that arrives late finds
  something else there and fails.
- The pointer is written on the condition that it is the one read under this lease, with a higher generation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from publisher.deliver.lease import Lease
from publisher.deliver.live import Live
from publisher.deliver.reading import PARALLEL, read_pointer
from publisher.model.digest import sha256
from publisher.model.errors import ConflictError, OutsideError, SupersededError
from publisher.model.release import Entry, Group, Release
from publisher.ports import Headers, Holds, ObjectStore, Version
from publisher.release.changes import Change
from publisher.release.packing import Kept, Packed, Packing
from publisher.release.pointer import OBJECTS, POINTER, RELEASES, Pointer, point_at, render_pointer

PACK_HEADERS: Headers = (
    ("cache-control", "public, max-age=31536000, immutable"),
    # never a page of its own: an old wording must not be found in a pack by a browser or a search engine
    ("content-type", "application/octet-stream"),
)
POINTER_HEADERS: Headers = (
    ("cache-control", "public, max-age=5, stale-if-error=86400"),
    ("content-type", "application/json"),
)
_TRIES = 4

Progress = Callable[[str, int, int], None]
"""Told (target, writes done, writes to do) as a publish goes on; called from several threads."""


Older = Callable[[frozenset[str]], Kept]
"""Says what the manifest tells of older releases, given the older objects that the new one still needs."""


@dataclass(slots=True, kw_only=True)
class Upload:
    """One release on its way to one target.

    Attributes:
        live: what the target serves, known under the lease.
        changes: what differs, unsure paths included.
        older: asked once the bodies are there.
        versions: live path → version it has, where the former protocol told.
        second_url: for the pointer.
    """

    store: ObjectStore
    lease: Lease
    release: Release
    live: Live | None
    changes: Sequence[Change]
    older: Older
    versions: Mapping[str, Version] = field(default_factory=dict)
    second_url: str | None = None
    progress: Progress | None = None
    done: int = 0
    total: int = 0
    touched: set[str] = field(default_factory=set)
    """Live paths that were or may have been changed."""
    misled: bool = False
    """Whether what we took for a version was none, though the bytes were as we thought: versions are read, then."""

    @property
    def gone(self) -> tuple[str, ...]:
        """Live paths that are no more."""
        return tuple(change.path for change in self.changes if change.entry is None)

    def run(self, *, more: Callable[[], bool]) -> Packed:
        """Write everything up to and including the pointer; remove nothing.

        Args:
            more: whether something is left to do after the pointer; else the pointer gives the lease back.

        Raises:
            SupersededError: another publisher took over.
            OutsideError: a write failed; nothing after it was begun.
        """
        writes = [change for change in self.changes if change.entry is not None]
        packing = Packing(self.release, self.live.record if self.live else None)
        self.total = len(writes) + 2
        for key, pack in packing.full():
            self.total += 1
            self._put_pack(key, pack)
        key, pack, packed = packing.last(self.older(packing.keys()))
        self._put_pack(key, pack)
        del pack
        for group in sorted(Group):
            self._put_group(writes, group)
        self.lease.keep()
        # nothing may renew the lease between this and the pointer
        given_back = None if more() else self.lease.given_back()
        self._flip(point_at(self.release, packed.root, second_url=self.second_url, lease=given_back))
        self._count()
        return packed

    def remove(self, keys: Sequence[str]) -> None:
        """Remove live paths that are no more, and older objects. Only after `run` came back."""
        gone = self.gone
        if not gone and not keys:
            return
        self.lease.confirm()
        # packs are named by no later release; assets may be
        paths = {*gone, *(key for key in keys if not key.startswith((OBJECTS, RELEASES)))}
        with self.lease.changing(paths):
            self.touched.update(paths)
            # packs last: after a run that was cut off they still say what there was
            self.store.delete((*sorted(paths), *(key for key in keys if key not in paths)))

    def _put_pack(self, key: str, pack: bytes) -> None:
        self.lease.keep()
        self.store.put(key, pack, PACK_HEADERS)
        self._count()

    def _put_group(self, writes: Iterable[Change], group: Group) -> None:
        mine = [(change.path, change.entry) for change in writes if change.entry and change.entry.group is group]
        if mine:
            self.lease.keep()
            self._all([partial(self._put_live, path, entry) for path, entry in mine])

    def _put_live(self, path: str, entry: Entry) -> None:
        body = self.release.bodies[entry.sha256]
        expected = self._expected(path)
        for _ in range(_TRIES):
            with self.lease.changing([path]):
                self.touched.add(path)
                try:
                    self.store.put_if(path, body, entry.headers, expected=expected)
                except ConflictError:
                    pass
                else:
                    return
            # what we knew was old, or somebody is writing who should not: see whose turn it is
            self.lease.confirm()
            there = self.store.get(path)
            if there is not None and isinstance(expected, Holds) and sha256(there.body) == expected.sha256:
                self.misled = True
            expected = None if there is None else there.version
        raise ConflictError(
            f"{path} on {self.store.name} keeps being changed by somebody else.",
            "Find out who writes there besides us.",
        )

    def _expected(self, path: str) -> Version | Holds | None:
        """Say what a path holds, without asking the store where that can be."""
        if path in self.versions:
            return self.versions[path]
        if self.live is None and self.lease.before is None:
            # nobody ever published here
            return None
        if self.live is not None:
            if (entry := self.live.manifest.entries.get(path)) is None:
                return None
            known = self.live.record.spots[entry.sha256].md5
            if known is not None and not self.misled:
                return Holds(sha256=entry.sha256, md5=known)
        there = self.store.get(path)
        return None if there is None else there.version

    def _flip(self, pointer: Pointer) -> None:
        expected = self.live.version if self.live else None
        try:
            self.store.put_if(POINTER, render_pointer(pointer), POINTER_HEADERS, expected=expected)
        except OutsideError as error:
            self._after_unclear_flip(pointer, error)

    def _after_unclear_flip(self, pointer: Pointer, error: OutsideError) -> None:
        """Find out what became of a pointer write that failed, or whose answer was lost."""
        try:
            found = read_pointer(self.store)
        except OutsideError:
            raise error from None
        if found is not None and found[0] == pointer:
            return
        if found is not None and found[0].generation >= pointer.generation:
            raise SupersededError(
                f"{self.store.name} already serves generation {found[0].generation}.",
                "Look at what is live; publish again if your change is not there.",
            ) from error
        raise error

    def _all(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run tasks a few at a time, keeping the lease. After a failure none is begun; those under way end first."""
        if not tasks:
            return
        with ThreadPoolExecutor(max_workers=min(PARALLEL, len(tasks))) as pool:
            futures = [pool.submit(self._counted, task) for task in tasks]
            try:
                self._await(futures)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        failures = [error for future in futures if not future.cancelled() and (error := future.exception()) is not None]
        if failures:
            worst = next((error for error in failures if isinstance(error, SupersededError)), failures[0])
            for other in failures:
                if other is not worst:
                    worst.add_note(str(other))
            raise worst

    def _await(self, futures: Sequence[Future[None]]) -> None:
        waiting: set[Future[None]] = set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=self.lease.renew_every_s, return_when=FIRST_EXCEPTION)
            if any(future.exception() is not None for future in done):
                return
            self.lease.keep()

    def _counted(self, task: Callable[[], None]) -> None:
        task()
        self._count()

    def _count(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.store.name, self.done, self.total)
