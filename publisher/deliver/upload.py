"""Bring a release to one target whose lease is held: groups in order, pointer last, removals after that.

    bodies → assets → pages → feeds → manifest → front pages → pointer → removals

- A group is complete before the next begins. Any failure stops all that would follow, removals first of all.
- Live paths are written on the condition that they still hold the version we know, so a write that arrives late finds
  something else there and fails.
- The pointer is written on the condition that it is the one read under this lease, with a higher generation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from publisher.deliver.lease import Lease
from publisher.deliver.live import Live, read_pointer
from publisher.model.digest import ContentHash
from publisher.model.errors import ConflictError, OutsideError, SupersededError
from publisher.model.release import Entry, Group, Manifest, Release
from publisher.ports import Headers, ObjectStore, Version
from publisher.release.changes import Change
from publisher.release.pointer import POINTER, Pointer, object_key, point_at, render_manifest, render_pointer

PARALLEL = 8
"""Uploads at once, per target."""
OBJECT_HEADERS: Headers = (
    ("cache-control", "public, max-age=31536000, immutable"),
    # never a page of its own: an old wording must not be found under its hash by a browser or a search engine
    ("content-type", "application/octet-stream"),
)
MANIFEST_HEADERS: Headers = (
    ("cache-control", "public, max-age=31536000, immutable"),
    ("content-type", "application/json"),
)
POINTER_HEADERS: Headers = (
    ("cache-control", "public, max-age=5, stale-if-error=86400"),
    ("content-type", "application/json"),
)
_TRIES = 4

Progress = Callable[[str, int, int], None]
"""Told (target, writes done, writes to do) as a publish goes on; called from several threads."""


@dataclass(slots=True, kw_only=True)
class Upload:
    """One release on its way to one target.

    Attributes:
        live: what the target serves, read under the lease.
        changes: what differs, unsure paths included.
        versions: live path → version it has, as far as known; kept up to date.
        second_url: for the pointer.
    """

    store: ObjectStore
    lease: Lease
    release: Release
    live: Live | None
    changes: Sequence[Change]
    versions: dict[str, Version] = field(default_factory=dict)
    second_url: str | None = None
    progress: Progress | None = None
    done: int = 0
    total: int = 0
    touched: set[str] = field(default_factory=set)
    """Live paths that were or may have been changed."""

    def run(self) -> Pointer:
        """Write everything up to and including the pointer; remove nothing.

        Raises:
            SupersededError: another publisher took over.
            OutsideError: a write failed; nothing after it was begun.
        """
        writes = [change for change in self.changes if change.entry is not None]
        bodies = self._missing_bodies()
        self.total = len(bodies) + len(writes) + 2
        self._all([partial(self._put_body, sha) for sha in bodies])
        for group in (Group.ASSETS, Group.PAGES, Group.FEEDS):
            self._put_group(writes, group)
        previous = (self.live.pointer.manifest, self.live.pointer.sha256) if self.live else None
        manifest = render_manifest(self.release, previous=previous)
        pointer = point_at(self.release, manifest, second_url=self.second_url)
        self.lease.keep()
        self.store.put(pointer.manifest, manifest, MANIFEST_HEADERS)
        self._count()
        self._put_group(writes, Group.FRONT)
        self.lease.confirm()
        self._flip(pointer)
        self._count()
        return pointer

    def remove(self) -> None:
        """Remove live paths that are no more. Only after `run` came back."""
        gone = [change.path for change in self.changes if change.entry is None]
        if not gone:
            return
        self.lease.confirm()
        with self.lease.changing(gone):
            self.touched.update(gone)
            self.store.delete(gone)
        for path in gone:
            self.versions.pop(path, None)

    def _missing_bodies(self) -> list[ContentHash]:
        there = used(self.live.manifest) if self.live else frozenset()
        return sorted(used(self.release.manifest) - there)

    def _put_body(self, sha: ContentHash) -> None:
        self.lease.keep()
        self.store.put(object_key(sha), self.release.bodies[sha], OBJECT_HEADERS)

    def _put_group(self, writes: Iterable[Change], group: Group) -> None:
        mine = [(change.path, change.entry) for change in writes if change.entry and change.entry.group is group]
        if mine:
            self.lease.confirm()
            self._all([partial(self._put_live, path, entry) for path, entry in mine])

    def _put_live(self, path: str, entry: Entry) -> None:
        body = self.release.bodies[entry.sha256]
        known = path in self.versions or (self.live is not None and path not in self.live.manifest.entries)
        expected = self.versions.get(path) if known else self._version_of(path)
        for _ in range(_TRIES):
            with self.lease.changing([path]):
                self.touched.add(path)
                try:
                    self.versions[path] = self.store.put_if(path, body, entry.headers, expected=expected)
                except ConflictError:
                    pass
                else:
                    return
            # what we knew was old, or somebody is writing who should not: see whose turn it is
            self.lease.confirm()
            expected = self._version_of(path)
        raise ConflictError(
            f"{path} on {self.store.name} keeps being changed by somebody else.",
            "Find out who writes there besides us.",
        )

    def _version_of(self, path: str) -> Version | None:
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


def used(manifest: Manifest) -> frozenset[ContentHash]:
    """Give every body a manifest needs: as served, and unstamped for a rollback."""
    return frozenset(sha for entry in manifest.entries.values() for sha in (entry.sha256, entry.unstamped))
